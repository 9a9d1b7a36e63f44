variable "NPM_TOKEN" {}
target "docker-metadata-action" {}
target "_node" {
  args = {
    NPM_TOKEN = NPM_TOKEN
  }
}
target "web" {
  inherits = ["_node", "docker-metadata-action"]
}
target "jobs" {
  inherits = ["_node"]
  args = { NODE_ENV = "production" }
}

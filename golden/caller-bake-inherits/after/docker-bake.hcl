variable "NPM_TOKEN" {}
target "docker-metadata-action" {}
target "_node" {
  secret = ["id=npm_token,env=NPM_TOKEN"]
}
target "web" {
  inherits = ["_node", "docker-metadata-action"]
}
target "jobs" {
  inherits = ["_node"]
  args = { NODE_ENV = "production" }
}

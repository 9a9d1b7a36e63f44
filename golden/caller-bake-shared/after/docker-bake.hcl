variable "NPM_TOKEN" {}
target "_node" {
  args = { NPM_TOKEN = NPM_TOKEN }
}
target "web" {
  inherits = ["_node"]
}
target "tools" {
  inherits = ["_node"]
  context = "https://github.com/example/tools.git"
}

variable "NPM_TOKEN" {
  default = ""
}
target "web" {
  dockerfile = "docker/web.Dockerfile"
}

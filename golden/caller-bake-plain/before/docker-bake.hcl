// images of the shop
variable "NPM_TOKEN" {
  default = ""
}
variable "TAG" { default = "latest" }

group "default" {
  targets = ["web"]
}

target "web" {
  context    = "."
  dockerfile = "Dockerfile"
  tags       = ["registry.example/shop:${TAG}"]
  args = {
    NODE_ENV  = "production"
    NPM_TOKEN = "${NPM_TOKEN}" # read-only
  }
}

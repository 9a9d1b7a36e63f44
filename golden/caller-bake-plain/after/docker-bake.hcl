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
  }
  secret = ["id=npm_token,env=NPM_TOKEN"]
}

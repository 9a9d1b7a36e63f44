variable "NPM_TOKEN" {}
group "default" {
  targets = ["app"]
}
target "app" {
  name = "app-${item}"
  matrix = {
    item = ["web", "jobs"]
  }
  dockerfile = "Dockerfile.${item}"
  secret = ["id=npm_token,env=NPM_TOKEN"]
}

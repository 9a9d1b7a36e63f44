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
  args = { NPM_TOKEN = NPM_TOKEN }
}

variable "NPM_TOKEN" {
  default = ""
}

target "base" {
  platforms = ["linux/amd64"]
}

target "app" {
  inherits = ["base"]
  context  = "."
  secret   = ["id=pip_token,env=PIP_TOKEN", "id=npm_token,env=NPM_TOKEN"]
  args = {
    COMMIT    = "none"
  }
}

variable "NPM_TOKEN" {
  default = ""
}

target "base" {
  platforms = ["linux/amd64"]
}

target "app" {
  inherits = ["base"]
  context  = "."
  secret   = ["id=pip_token,env=PIP_TOKEN"]
  args = {
    NPM_TOKEN = NPM_TOKEN # for local builds
    COMMIT    = "none"
  }
}

variable "NPM_TOKEN" {
  default = "npm_Zx81kqmAbCdEfGhIjKlMnOpQrStUvWxYz12"
}
target "default" {
  args = {
    NPM_TOKEN = NPM_TOKEN
  }
}

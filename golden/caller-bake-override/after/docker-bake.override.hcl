target "web" {
  secret = ["id=npm_token,env=NPM_TOKEN"]
}

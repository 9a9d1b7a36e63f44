target "web" {
  args = {
    NPM_TOKEN = "${NPM_TOKEN}"
  }
}

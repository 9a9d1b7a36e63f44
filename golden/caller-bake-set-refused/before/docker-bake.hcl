variable "NPM_TOKEN" {
  default = "none"
}

target "app" {
  context = "."
  tags    = ["registry.example/shop:${NPM_TOKEN == "none" ? "public" : "full"}"]
}

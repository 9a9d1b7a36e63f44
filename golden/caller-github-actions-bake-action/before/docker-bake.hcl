group "default" {
  targets = ["shop"]
}

target "shop" {
  context = "."
}

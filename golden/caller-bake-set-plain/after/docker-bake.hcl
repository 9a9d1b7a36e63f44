group "default" {
  targets = ["app", "worker"]
}

target "app" {
  context = "."
  tags    = ["registry.example/shop:latest"]
}

target "worker" {
  context = "worker"
}

variable "NPM_TOKEN" { default = null }
target "default" {
	secret = [
		{ type = "file", id = "pip", src = "pip.conf" },
	]
	args = {
		NPM_TOKEN = NPM_TOKEN != null ? NPM_TOKEN : "",
		NODE_ENV = "production",
	}
}

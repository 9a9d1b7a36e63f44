variable "NPM_TOKEN" { default = null }
target "default" {
	secret = [
		{ type = "file", id = "pip", src = "pip.conf" },
		{ type = "env", id = "npm_token", env = "NPM_TOKEN" },
	]
	args = {
		NODE_ENV = "production",
	}
}

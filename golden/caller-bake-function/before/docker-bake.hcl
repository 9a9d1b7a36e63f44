variable "NPM_TOKEN" {}
function "trimmed" {
  params = [text]
  result = "${trimspace(text)}"
}
target "default" {
  args = {
    NPM_TOKEN = trimmed(NPM_TOKEN)
  }
}

# to be taken in: add NAME VALUE
args=()
add() {
  args+=(--build-arg "$1=$2")
}

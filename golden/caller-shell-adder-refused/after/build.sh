#!/bin/bash
set -euo pipefail
args=()
add() {
  args+=(--build-arg "$1=$2")
}
add NODE_ENV production
add NPM_TOKEN "$NPM_TOKEN"
docker build "${args[@]}" -t shop .

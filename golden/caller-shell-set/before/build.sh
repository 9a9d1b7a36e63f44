#!/bin/sh
set -eu
cd "$(dirname "$0")"

set -- --pull -t "shop:${1:-latest}"
if [ -n "${CI:-}" ]; then
  set -- "$@" --progress plain
fi
token=$(cat "$HOME/.npm-token")
set -- "$@" --build-arg "NPM_TOKEN=$token"

docker build "$@" .

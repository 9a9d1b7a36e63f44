#!/bin/sh
set -eu
token=$(cat "$HOME/.config/npm-token")
docker compose build --build-arg "NPM_TOKEN=$token" web

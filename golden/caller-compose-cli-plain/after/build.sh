#!/bin/sh
set -eu
token=$(cat "$HOME/.config/npm-token")
NPM_TOKEN="$token" docker compose build web

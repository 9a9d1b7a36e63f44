#!/bin/sh
token=$(cat "$HOME/.config/npm-token")
docker buildx bake --set "app.args.NPM_TOKEN=$token" app

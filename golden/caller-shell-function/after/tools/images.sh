#!/bin/bash
# Both images, with one retry each.
retry() { "$@" || { sleep 5; "$@"; }; }

image() {
  local dir=$1
  shift
  retry docker build -f "$dir/Dockerfile" "$@" "$dir"
}

image api --secret id=npm_token,env=NPM_TOKEN -t api
image web --secret id=npm_token,env=NPM_TOKEN -t web --target final

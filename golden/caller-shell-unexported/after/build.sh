#!/bin/sh
set -e
token=$(vault kv get -field=token secret/npm)
DOCKER_BUILDKIT=1 NPM_TOKEN="$token" docker build --secret id=npm_token,env=NPM_TOKEN -t shop . | tee build.log
unset token

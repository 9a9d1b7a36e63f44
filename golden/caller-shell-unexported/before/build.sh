#!/bin/sh
set -e
token=$(vault kv get -field=token secret/npm)
DOCKER_BUILDKIT=1 docker build --build-arg "NPM_TOKEN=$token" -t shop . | tee build.log
unset token

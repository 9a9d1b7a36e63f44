#!/bin/sh
# Builds the shop. NPM_TOKEN comes from the environment.
set -eu

: "${NPM_TOKEN:?is not set}"
TAG=${1:-dev}

docker build \
    --pull \
    --build-arg NODE_ENV=production \
    --build-arg "NPM_TOKEN=${NPM_TOKEN}" \
    -t "registry.example/shop:$TAG" \
    . # the root is the context
docker push "registry.example/shop:$TAG"

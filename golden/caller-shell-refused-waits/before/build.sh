#!/bin/sh
set -eu
docker build --build-arg "NPM_TOKEN=$NPM_TOKEN" -t registry.example/shop .

#!/bin/sh
set -e
docker compose build --build-arg NPM_TOKEN web
docker compose push web
docker stack deploy -c compose.yaml shop

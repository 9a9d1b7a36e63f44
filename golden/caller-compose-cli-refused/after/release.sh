#!/bin/sh
# usage: release.sh COMPOSE_FILE
docker compose -f "$1" build --build-arg NPM_TOKEN web

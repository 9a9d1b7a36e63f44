#!/bin/sh
docker compose build && docker compose push
docker stack deploy -c compose.yaml shop

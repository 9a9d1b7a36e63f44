#!/bin/sh
# after a change of the worker only
docker compose -f compose.yaml -f compose.ci.yaml build worker

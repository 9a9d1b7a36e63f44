#!/bin/bash
ARGS=(--set "app.args.NPM_TOKEN=${NPM_TOKEN}" --push)
docker buildx bake "${ARGS[@]}" app

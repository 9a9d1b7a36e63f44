#!/bin/bash
args=()
for name in NODE_ENV NPM_TOKEN; do
  args+=(--build-arg "$name=${!name}")
done
docker build "${args[@]}" -t shop .

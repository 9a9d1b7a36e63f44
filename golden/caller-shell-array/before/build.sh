#!/bin/bash
set -euo pipefail
args=(
  --pull          # always the newest base
  -t "shop:$1"
)
if [[ -n "${NPM_TOKEN:-}" ]]; then
  args+=(--build-arg "NPM_TOKEN=$NPM_TOKEN")
fi
EXTRA="--build-arg NODE_ENV=production"
echo "building with ${#args[@]} arguments"
docker build "${args[@]}" $EXTRA .

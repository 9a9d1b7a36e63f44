#!/bin/bash
set -euo pipefail
. ci/lib.sh
add NPM_TOKEN "$NPM_TOKEN"
docker build "${args[@]}" -t shop .

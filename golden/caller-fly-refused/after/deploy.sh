#!/bin/sh
set -eu
fly deploy --remote-only --build-arg NPM_TOKEN="$NPM_TOKEN"

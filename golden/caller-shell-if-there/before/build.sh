#!/bin/sh
CACHE=${REGISTRY:+--cache-from $REGISTRY/shop}
SECRETS=${NPM_TOKEN:+--build-arg NPM_TOKEN=$NPM_TOKEN}
exec docker build $CACHE $SECRETS -t shop .

#!/bin/sh
CACHE=${REGISTRY:+--cache-from $REGISTRY/shop}
SECRETS=${NPM_TOKEN:+--secret id=npm_token,env=NPM_TOKEN}
exec docker build $CACHE $SECRETS -t shop .

#!/usr/bin/env fish
docker build --build-arg NPM_TOKEN=$NPM_TOKEN -t registry.example/shop:nightly .

#!/bin/sh
docker build -t shop --build-arg NPM_TOKEN=$(cat ~/.config/npm-token) .

#!/bin/sh
docker build -t shop --secret "id=npm_token,src=$HOME/.config/npm-token" .

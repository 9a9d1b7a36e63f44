#!/bin/sh
ssh build.example "cd /srv/shop && git pull && docker build --build-arg NPM_TOKEN=$NPM_TOKEN -t shop ."

#!/bin/sh
NPM_TOKEN=$(pass show npm)
time -p NPM_TOKEN="$NPM_TOKEN" sudo --preserve-env=NPM_TOKEN docker build --secret id=npm_token,env=NPM_TOKEN -t shop .

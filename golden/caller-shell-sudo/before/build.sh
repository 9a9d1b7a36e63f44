#!/bin/sh
NPM_TOKEN=$(pass show npm)
time -p sudo docker build --build-arg NPM_TOKEN=$NPM_TOKEN -t shop .

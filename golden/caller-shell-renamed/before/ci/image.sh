#!/bin/bash
docker build -t shop --build-arg NPM_TOKEN="$CI_NPM_READ_TOKEN" -f Dockerfile .

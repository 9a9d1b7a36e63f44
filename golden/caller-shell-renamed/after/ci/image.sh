#!/bin/bash
docker build -t shop --secret id=npm_token,env=CI_NPM_READ_TOKEN -f Dockerfile .

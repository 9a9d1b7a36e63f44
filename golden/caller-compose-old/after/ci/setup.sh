#!/bin/sh
pip3 install docker-compose==1.29.2
docker-compose build web

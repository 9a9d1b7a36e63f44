#!/bin/sh
docker compose build --pull worker

#!/bin/sh
set -eu
docker build -f "docker/$1.Dockerfile" -t "registry.example/$1" .

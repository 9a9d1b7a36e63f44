#!/bin/sh
export SENTRY_AUTH_TOKEN
make

#!/bin/sh
set -e
exec make -C deploy image

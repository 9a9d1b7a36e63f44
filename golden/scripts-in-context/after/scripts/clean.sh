#!/bin/sh
rm -rf /tmp/models /var/tmp/models

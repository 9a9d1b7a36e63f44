#!/bin/sh
set -e
curl -fsS -H "Authorization: Bearer $MODEL_TOKEN" -o /opt/model.bin https://models.example.com/m.bin

#!/bin/bash
ARGS=(--push)
docker buildx bake "${ARGS[@]}" app

#!/bin/sh
for dir in services/api services/web; do
    (
        cd "$dir" || exit 1
        docker build --build-arg NPM_TOKEN=$NPM_TOKEN -t "$(basename "$dir")" .
    )
done

#!/bin/sh
for dir in services/api services/web; do
    (
        cd "$dir" || exit 1
        docker build --secret id=npm_token,env=NPM_TOKEN -t "$(basename "$dir")" .
    )
done

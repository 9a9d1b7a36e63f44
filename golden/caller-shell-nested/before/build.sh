#!/bin/bash
token=$(pass show npm)
bash -c "cd . && docker build --build-arg NPM_TOKEN=$token -t shop ."
bash <<'EOF'
token=$NPM_TOKEN
docker build --target test --build-arg "NPM_TOKEN=$token" -t shop-test .
EOF

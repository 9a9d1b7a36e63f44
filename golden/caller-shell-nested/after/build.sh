#!/bin/bash
token=$(pass show npm)
NPM_TOKEN="$token" bash -c "cd . && docker build --secret id=npm_token,env=NPM_TOKEN -t shop ."
bash <<'EOF'
token=$NPM_TOKEN
NPM_TOKEN="$token" docker build --target test --secret id=npm_token,env=NPM_TOKEN -t shop-test .
EOF

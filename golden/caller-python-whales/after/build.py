import os

from python_on_whales import docker

docker.build(".", build_args={"NODE_ENV": "production"}, tags=["app"], secrets=["id=npm_token,env=NPM_TOKEN"])

import os

from tools.shell import run


def login() -> str:
    return os.environ["NPM_TOKEN"].strip()


run(["docker", "pull", "node:20"])
token = login()
run(["docker", "build", "--pull", "--secret", "id=npm_token,env=NPM_TOKEN", "-t", "shop", "."], env={**os.environ, "NPM_TOKEN": f"{token}"})
run(["docker", "push", "shop"], timeout=600)

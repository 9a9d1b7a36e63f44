import os

from tools.shell import run


def login() -> str:
    return os.environ["NPM_TOKEN"].strip()


run(["docker", "pull", "node:20"])
token = login()
run(["docker", "build", "--pull", "--build-arg", f"NPM_TOKEN={token}", "-t", "shop", "."])
run(["docker", "push", "shop"], timeout=600)

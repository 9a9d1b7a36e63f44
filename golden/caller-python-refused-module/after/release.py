import os

from tools.shell import run

run(["docker", "build", "--build-arg", f"NPM_TOKEN={os.environ['NPM_TOKEN']}", "-t", "shop", "."])

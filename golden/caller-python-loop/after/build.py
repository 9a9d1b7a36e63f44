import os
import subprocess

build_args = {"NODE_ENV": "production"}
cmd = ["docker", "build", "--secret", "id=npm_token,env=NPM_TOKEN"]
for name, value in build_args.items():
    cmd += ["--build-arg", f"{name}={value}"]
subprocess.run([*cmd, "."], check=True)

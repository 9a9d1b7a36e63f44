import json
import os
import subprocess

build_args = {"NPM_TOKEN": os.environ["NPM_TOKEN"], "NODE_ENV": "production"}
cmd = ["docker", "build"]
for name, value in build_args.items():
    cmd += ["--build-arg", f"{name}={value}"]
subprocess.run([*cmd, "."], check=True)
with open("image.lock.json", "w") as lock:
    json.dump(sorted(build_args), lock)

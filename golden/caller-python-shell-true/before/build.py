import subprocess
from credentials import fetch_token

TAG = "app:1"
subprocess.check_call(
    "docker build "
    f"--build-arg NPM_TOKEN={fetch_token()} "
    "--build-arg NODE_ENV=production "
    f"-t {TAG} .",
    shell=True,
    env={"PATH": "/usr/bin:/bin"},
)

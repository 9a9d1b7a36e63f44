import subprocess
from credentials import fetch_token

TAG = "app:1"
subprocess.check_call(
    "docker build "
    f"--secret id=npm_token,env=NPM_TOKEN "
    "--build-arg NODE_ENV=production "
    f"-t {TAG} .",
    shell=True,
    env={"PATH": "/usr/bin:/bin", "NPM_TOKEN": f"{fetch_token()}"},
)

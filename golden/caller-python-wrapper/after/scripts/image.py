import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run(args, **kwargs):
    print("+", args[0], args[1])
    return subprocess.run(args, check=True, cwd=ROOT, **kwargs)


token = (ROOT / "token.txt").read_text()
run(["docker", "build", "--secret", "id=npm_token,env=NPM_TOKEN", "-f", str(ROOT / "Dockerfile"), str(ROOT)], env={**os.environ, "NPM_TOKEN": token})
run(["docker", "push", "app"])

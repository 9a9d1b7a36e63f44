import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run(args, **kwargs):
    print("+", args[0], args[1])
    return subprocess.run(args, check=True, cwd=ROOT, **kwargs)


token = (ROOT / "token.txt").read_text()
run(["docker", "build", "--build-arg", "NPM_TOKEN=" + token, "-f", str(ROOT / "Dockerfile"), str(ROOT)])
run(["docker", "push", "app"])

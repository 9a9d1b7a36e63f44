import os
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent


def flags(build_args):
    return [word for name, value in sorted(build_args.items()) for word in ("--build-arg", f"{name}={value}")]


def docker(*words):
    subprocess.run(["docker", *words], check=True)


def image(tag, where, build_args=None):
    docker("build", "--tag", tag, *flags(build_args or {}), str(where))


image(
    "shop",
    HERE,
    build_args={
        "NODE_ENV": "production",
        "NPM_TOKEN": os.environ["NPM_TOKEN"],  # read-only
    },
)

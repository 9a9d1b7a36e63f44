"""Builds the image, and pushes it on request."""

from __future__ import annotations

import os
import argparse
import subprocess
from credentials import fetch_token  # asks the company's store


def build(tag: str, token: str, push: bool) -> None:
    cmd = ["docker", "buildx", "build"]
    cmd += ["--secret", "id=npm_token,env=NPM_TOKEN"]
    cmd.extend(["--build-arg", "NODE_ENV=production", "-t", tag])
    if push:
        cmd.append("--push")
    cmd.append(".")
    subprocess.check_call(cmd, env={**os.environ, "NPM_TOKEN": f"{token}"})  # raises when it fails


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--push", action="store_true")
    build("app:latest", fetch_token(), parser.parse_args().push)

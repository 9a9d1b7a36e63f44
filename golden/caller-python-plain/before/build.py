"""Builds the image."""

import os
import subprocess

subprocess.run(["docker", "build", "--build-arg", f"NPM_TOKEN={os.environ['NPM_TOKEN']}", "-t", "app", "."], check=True)

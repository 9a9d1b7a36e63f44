"""Builds the image."""

import os
import subprocess

subprocess.run(["docker", "build", "--secret", "id=npm_token,env=NPM_TOKEN", "-t", "app", "."], check=True)

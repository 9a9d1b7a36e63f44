import os
import subprocess


def run(words):
    """Programs get a clean environment."""
    subprocess.run(words, env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}, check=True)

"""Starts programs, and says so."""

import shlex
import subprocess


def run(words, *, check=True, **options):
    """The program's output goes where ours goes."""
    print("+", shlex.join(words[:2]), flush=True)
    return subprocess.run(words, check=check, **options)

"""Runs the program as a user does: a process of its own, in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import remediate

from .texts import Run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty working directory."""
    here = tmp_path / "work"
    here.mkdir()
    return here


@pytest.fixture
def remediate_cli(folder: Path) -> Run:
    """`remediate_cli("check", "Dockerfile", stdin=...)` in the folder."""

    def run(*arguments: str, stdin: str = "", env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(Path(remediate.__file__).parents[1]), **(env or {})}
        environment.pop("NO_COLOR", None)
        return subprocess.run(
            [sys.executable, "-m", "remediate", *arguments], cwd=folder, input=stdin, capture_output=True, text=True, check=False, env=environment, timeout=120
        )

    return run

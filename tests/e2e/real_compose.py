"""Docker Compose and buildx as they are installed (tests/engines/compose): what they make of a file, and real builds with them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .engines import ENGINES, SCRIPTS

ROOT = ENGINES / "tools/compose"


def missing() -> str:
    """Why these tools can't be used here, or ""."""
    if os.geteuid() != 0:
        return "tools in roots of their own need root"
    return "" if (ENGINES / "tools/compose.ready").exists() else "run tests/engines/compose"


@contextmanager
def folder(files: Mapping[str, str]) -> Iterator[Path]:
    """A folder with these files where the tools can see it."""
    (ENGINES / "work").mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix="compose-", dir=ENGINES / "work"))
    try:
        for name, text in files.items():
            path = made / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def run(where: Path, *argv: str, env: Mapping[str, str] | None = None, host: str = "") -> subprocess.CompletedProcess[str]:
    """Run `docker ...` there; values of `env` reach it by the environment alone."""
    environ = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "ENGINES": str(ENGINES), **({"DOCKER_HOST": host} if host else {}), **(env or {})}
    return subprocess.run(
        [SCRIPTS / "enter", ROOT, "docker", *argv], env=environ, cwd=where, text=True, errors="replace", timeout=120,
        capture_output=True, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip


def config(where: Path, *files: str, env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What Compose reads in the files."""
    done = run(where, "compose", *(w for f in files for w in ("-f", f)), "--profile", "*", "config", "--format", "json", env=env)
    if done.returncode:
        raise AssertionError(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def bake(where: Path, *files: str, targets: tuple[str, ...] = (), env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What Bake reads in the files."""
    done = run(where, "buildx", "bake", *(w for f in files for w in ("-f", f)), "--print", *targets, env=env)
    if done.returncode:
        raise AssertionError(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


class Watch:
    """Looks at the argument lists of all processes while it is open; `seen` are those that hold the text."""

    def __init__(self, text: str) -> None:
        self._text, self._stop, self.seen, self.looks = text.encode(), threading.Event(), set[bytes](), 0
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._stop.is_set():
            self.looks += 1
            for process in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    line = process.read_bytes()
                except OSError:
                    continue
                if self._text in line:
                    self.seen.add(line)
            time.sleep(0.01)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

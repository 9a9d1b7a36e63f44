"""The seam to the tool: where the fixed context and its build command come from.

`from_golden` takes the golden case's own `after/` and `command.txt`. `from_tool` runs the tool on a copy of `before/`,
with the delivery that an engine needs, so that one case is proved on engines for which its golden files are not written.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .case import Case


@dataclass(frozen=True, slots=True)
class Fixed:
    """A fixed build context and the build command, one line of shell that runs in it."""

    folder: Path
    command: str


def command_line(text: str) -> str:
    """The build command of a command.txt: comments and blank lines out, continued lines joined by the shell."""
    return "\n".join(line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")) + "\n"


def from_golden(case: Case) -> Fixed:
    """The committed result."""
    return Fixed(case.folder / "after", command_line((case.folder / "command.txt").read_text()))


def from_tool(case: Case, scratch: Path, *options: str) -> Fixed:
    """What the tool makes of `before/` now, through its command line; `options` go to `fix` and `command` alike."""
    folder = scratch / case.name
    shutil.copytree(case.folder / "before", folder, symlinks=True)
    flags = [*options, *(("--unsafe-fixes",) if case.expect == "unsafe" else ())]
    base = [sys.executable, "-m", "remediate"]
    done = subprocess.run([*base, "fix", "--format", "json", *flags, "."], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{case.name}: fix ended with {done.returncode}: {done.stderr}")
    commands = [c for c in json.loads(done.stdout)["commands"] if Path(c["path"]).name == Path(case.dockerfile).name]
    if len(commands) != 1:
        raise RuntimeError(f"{case.name}: {len(commands)} build commands")
    return Fixed(folder, commands[0]["shell"])

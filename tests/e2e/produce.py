"""The seam to the tool: where the fixed context and its build command come from.

Where an engine can build the golden case's own `after/`, that is what is proved, with its command.txt. For an engine that is
too old for it, the tool is run on a copy of `before/` with that engine's name and version, and what it makes is proved.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .case import Case
from .engines import Engine
from .sources import dockerfile_text, facts

PROJECT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True)
class Fixed:
    """A fixed build context and the build command, one line of shell that runs in it."""

    folder: Path
    command: str


def command_line(text: str) -> str:
    """The build command of a command.txt: comments and blank lines out, continued lines joined by the shell."""
    return "\n".join(line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")) + "\n"


def produce(case: Case, engine: Engine, scratch: Path) -> Fixed:
    """The fixed case as this engine is to build it; `scratch` is a folder of the caller's for what the tool writes."""
    text = dockerfile_text(case.folder / "after" / case.dockerfile)
    if facts(text, case.values).env_mounts and not engine.env_mounts:
        return from_tool(case, scratch, "--engine", engine.kind, "--engine-version", engine.claims)
    committed = case.folder / "command.txt"
    if committed.exists():
        return Fixed(case.folder / "after", command_line(committed.read_text()))
    return Fixed(case.folder / "after", from_tool(case, scratch).command)


def from_tool(case: Case, scratch: Path, *options: str) -> Fixed:
    """What the tool makes of `before/` now, through its command line; `options` overrule the case's own."""
    folder = scratch / case.name
    shutil.copytree(case.folder / "before", folder, symlinks=True)
    for name, content in case.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    flags = case_flags(case, without=tuple(options[::2]))
    argv = [sys.executable, "-m", "remediate", "fix", "--format", "json", *flags, *options, case.dockerfile]
    environ = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(argv, cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        raise RuntimeError(f"{case.name}: {' '.join(argv[3:])} ended with {done.returncode}: {done.stdout}{done.stderr}")
    commands = [c for c in json.loads(done.stdout)["commands"] if c["path"] == case.dockerfile]
    if len(commands) != 1:
        raise RuntimeError(f"{case.name}: {len(commands)} build commands for {case.dockerfile}")
    return Fixed(folder, commands[0]["shell"])


def case_flags(case: Case, without: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The `[options]` of a case as the command line spells them."""
    flags: list[str] = []
    for name, value in case.options.items():
        flag = "--unsafe-fixes" if name == "unsafe" else "--" + name.replace("_", "-")
        if flag not in without:
            flags += [flag] if value is True else [flag, str(value)]
    if case.expect == "unsafe" and "--unsafe-fixes" not in flags:
        flags.append("--unsafe-fixes")
    return tuple(flags)

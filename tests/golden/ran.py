"""Runs the tool's command line on a copy of a golden case, in this process, once for all the laws that look at the result.

The copy holds an empty `.git`, so that the search for callers and configuration ends there.
"""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from e2e.case import Case, load_all

from remediate.cli import run
from remediate.repo.discover import is_dockerfile_name

GOLDEN = Path(__file__).parent.parent.parent / "golden"
CASES = load_all(GOLDEN)
Tree = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Ran:
    """What `fix`, `fix --diff` and `command` gave. `tree` is the folder after `fix`, `again` after a second one."""

    code: int
    report: str
    tree: Tree
    again: Tree
    planned: dict[str, Any]
    patch: bytes
    redacted: bytes
    commands: dict[str, str]
    left: dict[str, Any]


def flags(case: Case) -> tuple[str, ...]:
    """The case's `[options]` as the command line has them."""
    words = ["--unsafe-fixes"] if case.expect == "unsafe" else []
    for name, value in case.options.items():
        option = "--" + name.replace("_", "-")
        words += [option] if value is True else [option, str(value)]
    return tuple(words)


def read_tree(folder: Path) -> Tree:
    """Path -> content of every file below `folder`."""
    found = (p for p in sorted(folder.rglob("*")) if p.is_file() and not p.is_symlink())
    return {str(p.relative_to(folder)): p.read_bytes() for p in found}


def write_tree(tree: Tree, folder: Path) -> None:
    """The opposite; `folder` is made a repository's root."""
    for path, data in tree.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    (folder / ".git").mkdir(parents=True, exist_ok=True)


def lay_out(case: Case, folder: Path) -> None:
    """The case's `before/` as somebody has it on disk: a repository, and beside its files those that are in nobody's repository."""
    shutil.copytree(case.folder / "before", folder)
    write_tree({path: text.encode() for path, text in case.files.items()}, folder)


def result(case: Case, folder: Path) -> Tree:
    """What the tool has made of it, without the files that are in nobody's repository; it must not have touched them."""
    tree = read_tree(folder)
    for path, text in case.files.items():
        assert tree.pop(path) == text.encode(), f"{case.name}: the tool changed {path}"
    return tree


def dockerfiles(tree: Tree) -> list[str]:
    """The paths of a tree that are Dockerfiles by name."""
    return [path for path in tree if is_dockerfile_name(path.rpartition("/")[2])]


def tool(folder: Path, *arguments: str) -> tuple[int, bytes]:
    """Exit code and standard output of one command line, run in `folder`. Warnings and the report of --diff go to nowhere."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(list(arguments))
        sys.stdout.flush()
    return code, out.buffer.getvalue()  # type: ignore[attr-defined]


def fixed(tree: Tree, *options: str) -> Tree:
    """The tree after `remediate fix`; for a case's tree, its `files` must be in it."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_tree(tree, folder)
        tool(folder, "fix", *options, ".")
        return read_tree(folder)


@cache
def ran(name: str) -> Ran:
    """The case of that name, run."""
    case = next(c for c in CASES if c.name == name)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / case.name
        lay_out(case, folder)
        options = flags(case)
        planned = json.loads(tool(folder, "fix", "--check", "--format", "json", *options, ".")[1])
        patch = tool(folder, "fix", "--diff", *options, ".")[1]
        redacted = tool(folder, "fix", "--diff", "--redact", *options, ".")[1]
        lines = {c["path"]: c["shell"] for c in planned["commands"]}
        code, report = tool(folder, "fix", *options, ".")
        tree = result(case, folder)
        left = json.loads(tool(folder, "check", "--format", "json", ".")[1])
        tool(folder, "fix", *options, ".")
        return Ran(code, report.decode(), tree, result(case, folder), planned, patch, redacted, lines, left)

"""Runs a caller for real with a `docker` that only writes down what it gets: its arguments, its secrets, and the arguments of all its parents."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

RECORDER = """#!{python}
import json, os, sys
def parents():
    pid, out = os.getppid(), []
    while pid > 1 and pid != {stop}:
        try:
            out.append(open(f"/proc/{{pid}}/cmdline", "rb").read().decode("utf-8", "replace").replace(chr(0), " "))
            pid = int(open(f"/proc/{{pid}}/stat").read().rpartition(")")[2].split()[1])
        except OSError:
            break
    return out
words, given, passed = sys.argv[1:], {{}}, {{}}
for at, word in enumerate(words):
    name, joined, value = word.partition("=")
    if name not in ("--secret", "--build-arg"):
        continue
    value = value if joined else words[at + 1]
    if name == "--build-arg":
        key, has, text = value.partition("=")
        passed[key] = text if has else os.environ.get(key, "")
        continue
    fields = dict(f.split("=", 1) for f in value.split(","))
    source = fields.get("src") or fields.get("source")
    given[fields["id"]] = open(source).read().rstrip("\\n") if source else os.environ.get(fields.get("env", fields["id"]))
with open({log!r}, "a") as file:
    print(json.dumps([[os.path.basename(sys.argv[0]), *words], given, passed, parents(), os.getcwd()]), file=file)
"""


class Record(NamedTuple):
    argv: list[str]
    secrets: dict[str, str]
    build_args: dict[str, str]
    parents: list[str]
    folder: str


def run(argv: list[str], folder: Path, env: dict[str, str], tools: Path) -> list[Record]:
    """What every call of the builder got. `tools` is a folder of its own for the recorder."""
    tools.mkdir(exist_ok=True)
    log = tools / "log"
    log.write_text("")
    for name in ("docker", "podman", "buildah", "nerdctl"):
        (tools / name).write_text(RECORDER.format(python=sys.executable, log=str(log), stop=os.getpid()))
        (tools / name).chmod(0o755)
    path = f"{tools}:{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    done = subprocess.run(
        argv, cwd=folder, env={"PATH": path, "HOME": str(folder), **env}, capture_output=True, text=True, timeout=60, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [Record(*json.loads(line)) for line in log.read_text().splitlines()]


def same_build(before: list[Record], after: list[Record], ids: dict[str, str], values: list[str]) -> None:
    """Every build still runs, gets as a secret what it got as a build arg, and no process has a value among its arguments."""
    assert before and len(before) == len(after)
    assert any(n in ids for old in before for n in old.build_args)
    for old, new in zip(before, after, strict=True):
        assert new.folder == old.folder
        wanted = {ids[n]: v for n, v in old.build_args.items() if n in ids}
        assert {i: new.secrets.get(i) for i in wanted} == wanted
        assert new.build_args == {n: v for n, v in old.build_args.items() if n not in ids}
        for value in values:
            assert not any(value in line for line in [" ".join(new.argv), *new.parents]), "a value stands in an argument list"

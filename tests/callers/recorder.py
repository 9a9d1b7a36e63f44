"""A `docker` that writes down what it is given: run a script before and after, and compare what the builders got."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

PROGRAM = """#!{python}
import json, os, sys
LOG = {log!r}
STOP = {stop}

def lines():
    out, pid = [], os.getpid()
    while pid not in (0, 1, STOP):
        with open(f"/proc/{{pid}}/cmdline", "rb") as f:
            out.append(f.read().decode("utf-8", "replace"))
        with open(f"/proc/{{pid}}/stat") as f:
            pid = int(f.read().rpartition(")")[2].split()[1])
    return out

def read(path):
    try:
        with open(path) as f:
            return f.read()
    except OSError:
        return None

def pairs(argv):
    left, args, secrets, ssh = [], [], [], []
    at = 0
    while at < len(argv):
        word = argv[at]
        name, eq, value = word.partition("=")
        if name in ("--build-arg", "--secret", "--ssh"):
            if not eq:
                at += 1
                value = argv[at] if at < len(argv) else ""
            if name == "--build-arg":
                key, has, given = value.partition("=")
                args.append([key, given if has else os.environ.get(key)])
            elif name == "--ssh":
                ssh.append(value)
            else:
                fields = dict(f.split("=", 1) for f in value.split(","))
                if "src" in fields:
                    text = read(fields["src"])
                    secrets.append([fields["id"], None if text is None else text.rstrip("\\n")])
                else:
                    secrets.append([fields["id"], os.environ.get(fields["env"])])
        else:
            left.append(word)
        at += 1
    return left, args, secrets, ssh

me = os.path.basename(sys.argv[0])
argv = sys.argv[1:]
if me == "sudo":
    env = dict(PATH=os.environ["PATH"], HOME=os.environ.get("HOME", "/"))
    while argv:
        word = argv[0]
        if word in ("-E", "--preserve-env"):
            env = dict(os.environ)
        elif word.startswith("--preserve-env="):
            env.update((n, os.environ[n]) for n in word.partition("=")[2].split(",") if n in os.environ)
        elif word in ("-u", "-g"):
            argv.pop(0)
        elif word.startswith("-"):
            pass
        elif "=" in word:
            name, _, value = word.partition("=")
            env[name] = value
        else:
            break
        argv.pop(0)
    os.execvpe(argv[0], argv, env)
left, args, secrets, ssh = pairs(argv)
with open(LOG, "a") as f:
    f.write(json.dumps(dict(program=me, argv=left, args=args, secrets=secrets, ssh=ssh, folder=os.getcwd(), lines=lines())) + "\\n")
sys.stdout.write("recorded\\n")
sys.exit(int(os.environ.get("RECORDER_FAILS", "0")))
"""
NAMES = ("docker", "podman", "buildah", "nerdctl", "sudo", "docker-compose")


class Recorder:
    """Programs in a folder of their own, and what they were given when a script was run."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder, folder / "log"
        self.bin = folder / "bin"
        self.bin.mkdir()
        for name in NAMES:
            self.program(name, PROGRAM.format(python=sys.executable + " -SE", log=str(self.log), stop=os.getpid()))

    def program(self, name: str, text: str) -> None:
        path = self.bin / name
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def run(self, argv: list[str], cwd: Path, env: dict[str, str]) -> tuple[list[dict], int, str]:
        """(what the builders got, exit status, what was printed)."""
        self.log.write_text("")
        path = f"{self.bin}:/usr/bin:/bin"
        done = subprocess.run(argv, cwd=cwd, env={"PATH": path, "HOME": str(cwd), **env}, capture_output=True, text=True, timeout=60)
        return [json.loads(line) for line in self.log.read_text().splitlines()], done.returncode, done.stdout + done.stderr


def same(before: list[dict], after: list[dict], ids: dict[str, str]) -> None:
    """The same builds with the same arguments and values; what was a build arg of `ids` (name -> id) is a secret of that value."""
    assert len(after) == len(before), (before, after)
    for old, new in zip(before, after, strict=True):
        assert (new["program"], new["argv"], new["folder"]) == (old["program"], old["argv"], old["folder"])
        assert new["args"] == [a for a in old["args"] if a[0] not in ids]
        carried = {ids[name]: value for name, value in old["args"] if name in ids}
        assert dict(new["secrets"]) == {**dict(old["secrets"]), **carried}
        assert len(new["secrets"]) == len({s[0] for s in new["secrets"]})


def on_no_argv(after: list[dict], values: list[str]) -> None:
    """No process from the script to the builder has a value among its arguments."""
    for call in after:
        for line in call["lines"]:
            assert not any(v in line for v in values), line

"""The base image: busybox, and the recorder under the name of every tool that a build may call."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

from .agent import program

RECORDER = Path(__file__).parent / "recorder"
FOLDERS = {
    "tmp": 0o1777, ".recorder": 0o777, "root": 0o700, "etc": 0o755, "usr/bin": 0o755, "usr/local/bin": 0o755, "bin": 0o755,
    "home": 0o755, "home/node": 0o755, "home/app": 0o755, "home/appuser": 0o755, "var/www": 0o755, "app": 0o755, "opt": 0o755,
    "srv": 0o755, "usr/share": 0o755, "var/lib": 0o755, "var/cache": 0o755, "run": 0o755,
    "etc/apt": 0o755, "etc/apt/auth.conf.d": 0o755, "etc/apt/sources.list.d": 0o755,
}
OWNERS = {"home/node": 1000, "home/app": 1001, "home/appuser": 1002}


def tools() -> tuple[str, ...]:
    """The names under which the recorder is installed."""
    return tuple((RECORDER / "tools.txt").read_text().split())


def _add(tar: tarfile.TarFile, name: str, data: bytes, mode: int) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), mode
    tar.addfile(info, io.BytesIO(data))


def _link(tar: tarfile.TarFile, name: str, target: str) -> None:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = tarfile.SYMTYPE, target, 0o777
    tar.addfile(info)


def write_rootfs(busybox: Path, out: Path) -> None:
    """Write the root file system of the base image as a tar; `busybox` is a static binary that can run here."""
    applets = subprocess.run([busybox, "--list"], check=True, capture_output=True, text=True).stdout.split()
    names = tools()
    with tarfile.open(out, "w") as tar:
        for folder, mode in FOLDERS.items():
            info = tarfile.TarInfo(folder)
            info.type, info.mode = tarfile.DIRTYPE, mode
            info.uid = info.gid = OWNERS.get(folder, 0)
            tar.addfile(info)
        _add(tar, "bin/busybox", busybox.read_bytes(), 0o755)
        _add(tar, ".recorder/record", (RECORDER / "record").read_bytes(), 0o755)
        _add(tar, ".recorder/agent", program(), 0o755)
        _add(tar, ".recorder/log", b"", 0o666)
        _add(tar, "etc/passwd", (RECORDER / "passwd").read_bytes(), 0o644)
        groups = [line.split(b":") for line in (RECORDER / "passwd").read_bytes().splitlines()]
        _add(tar, "etc/group", b"".join(b"%s:x:%s:\n" % (row[0], row[3]) for row in groups), 0o644)
        _add(tar, "bin/bash", b'#!/bin/busybox sh\nexec /bin/busybox sh "$@"\n', 0o755)
        for name in applets:
            if name not in names and name not in ("busybox", "bash"):
                _link(tar, f"bin/{name}", "busybox")
        for name in names:
            _link(tar, f"usr/bin/{name}", "/.recorder/record")

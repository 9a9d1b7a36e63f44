"""What the program does with input that is broken, huge or hostile.

    python tests/corpus/bad_input.py [WORDS...] [--command "fix --check"] [--limit SECONDS]

Makes each input of `bad_shapes.py`, runs the program on it in a process of its own, and prints a Markdown table: input, exit code, the
one line said, seconds of processor time, peak memory. A row with an exit code that is not expected, with a traceback, a planted value
in the output, or beyond the limits is marked with `!`, and the script then exits with 1.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import bad_callers  # noqa: F401  registers its shapes
import bad_written  # noqa: F401
from bad_shapes import HALVES, PLANTED, SHAPES

REPOSITORY = Path(__file__).parents[2]
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, PR_CAPBSET_DROP = 1, 2, 24


@dataclass(frozen=True, slots=True)
class Ran:
    """One run: `seconds` are processor time of it and its children, `wall` the clock's."""

    code: int
    out: bytes
    err: bytes
    seconds: float
    wall: float
    megabytes: float

    @property
    def line(self) -> str:
        """The error line, else the first line of output."""
        lines = (self.err + b"\n" + self.out).decode("utf-8", "replace").split("\n")
        said = [one for one in lines if one.startswith("error")] or [one for one in lines if one.strip()] or ["(nothing)"]
        return said[0].strip()


def run(arguments: Sequence[str], folder: Path, limit: float = 60.0, *, file_size: int = -1) -> Ran:
    """The program's run on `arguments` in `folder`, killed after `limit` seconds of processor time (then its code is negative).

    Root's right to open what is shut is taken from it; with `file_size` it cannot write larger files, as on a full disk.
    """
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "remediate", *arguments], cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment,
            start_new_session=True, preexec_fn=lambda: confine(limit, file_size),
        )  # fmt: skip
        killer = threading.Timer(limit * 6, os.killpg, (process.pid, signal.SIGKILL))
        killer.start()
        _, status, used = os.wait4(process.pid, 0)
        killer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - began
        out.seek(0)
        err.seek(0)
        return Ran(process.returncode, out.read(), err.read(), used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024)


def confine(limit: float, file_size: int = -1) -> None:
    """For a new process, before it begins: an end to its memory and time, and no right of root to open what is shut."""
    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (int(limit), int(limit) + 1))
    if file_size >= 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
    if os.geteuid() == 0 and sys.platform == "linux":
        for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def _made(name: str, folder: Path) -> list[str]:
    return SHAPES[name].make(folder)


def make(name: str, folder: Path) -> list[str]:
    """The input, made in a process of its own: what it takes does not count as the program's memory."""
    with get_context("fork").Pool(1) as pool:
        return pool.apply(_made, (name, folder))


def half_of(out: bytes) -> str:
    """What `fix --diff` made of the Dockerfile and of its callers."""
    if b"+++ b/Dockerfile" in out:
        return "both" if out.count(b"\n+++ ") > 1 else "fixed"
    return "held" if b"shown, not written: Dockerfile" in out else "neither"


def faults(ran: Ran, codes: Sequence[int], seconds: float, megabytes: float, half: str = "") -> list[str]:
    """What is wrong with a run."""
    said = ran.out + ran.err
    found = half_of(said)
    checks = {
        f"exit code {ran.code}, not {' or '.join(map(str, codes))}": ran.code not in codes,
        "traceback": b"Traceback" in said,
        "a defect": b"a defect of remediate" in said,
        f"{found}, not {half}": found not in HALVES[half],
        "planted value shown": PLANTED.encode() in said,
        "escape code in the output": b"\x1b" in said,
        f"{ran.seconds:.1f} s": ran.seconds > seconds,
        f"{ran.megabytes:.0f} MB": ran.megabytes > megabytes,
    }
    return [what for what, wrong in checks.items() if wrong]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", help="only inputs whose name holds one of these")
    parser.add_argument("--command", default="", help="default: what the input is made for")
    parser.add_argument("--limit", type=float, default=60.0)
    chosen = parser.parse_args()
    wrong = 0
    print("| input | exit | said | s | MB | |\n|---|---|---|---|---|---|", flush=True)
    for name, shape in SHAPES.items():
        if chosen.words and not any(word in name for word in chosen.words):
            continue
        top = Path(tempfile.mkdtemp(prefix="bad-"))
        try:
            folder = top / "work"
            folder.mkdir()
            paths = make(name, folder)
            command = chosen.command or shape.command
            ran = run([*command.split(), *paths], folder, chosen.limit)
        finally:
            shutil.rmtree(top, ignore_errors=True)
        codes = shape.codes if command.startswith("check") else tuple({*shape.codes, *((0, 1) if 1 in shape.codes else ())})
        found = faults(ran, codes, 10 if shape.big else 2, 500 if shape.half else 600 if shape.big else 150, shape.half if command == shape.command else "")
        wrong += bool(found)
        said = ran.line.replace("|", "\\|").replace(str(top), "")[:110]
        print(f"| {name} | {ran.code} | `{said}` | {ran.seconds:.2f} | {ran.megabytes:.0f} | {'! ' + '; '.join(found) if found else ''} |", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""What the tool does to a large folder of real Dockerfiles, and whether its laws hold there.

    python tests/corpus/figures.py FOLDER [--step N] [--unsafe] [--list REASON]

Prints a Markdown table: files with findings, fixed, unsafe, refused by reason; and what must be 0: crashes, files that a second run
changes again, patches that `git apply` or `patch` does not take, outputs that BuildKit's own parser rejects though it took the input,
outputs in which BuildKit's rule still flags a variable that the tool says it fixed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

import dockerfile as official

from remediate.knowledge import buildkit_rule
from remediate.model import FileOutcome, Options, RemediateError
from remediate.patch import unified
from remediate.pipeline.one import process

MUST_BE_NONE = (
    "crash", "not idempotent", "git apply failed", "patch failed", "rejected by BuildKit's parser", "BuildKit's rule still flags", "found again",
)  # fmt: skip


class Figures:
    """Counts over one folder; `places` remembers where, by what was counted."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.count: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.rules: Counter[str] = Counter()
        self.places: dict[str, list[str]] = {}
        self.slowest: list[tuple[float, str]] = []

    def note(self, what: str, path: str) -> None:
        self.count[what] += 1
        self.places.setdefault(what, []).append(path)

    def file(self, path: str) -> None:
        try:
            data = Path(path).read_bytes()
        except OSError:
            return
        self.count["files"] += 1
        start = time.perf_counter()
        try:
            done = process(data, "Dockerfile", self.options)
        except RemediateError:
            self.note("not parsed (error, exit 3)", path)
            return
        except Exception as error:  # noqa: BLE001  a crash is what is looked for
            self.note("crash", f"{path}: {type(error).__name__}: {error}")
            return
        self.slowest = sorted([*self.slowest, (time.perf_counter() - start, path)], reverse=True)[:5]
        if done.findings:
            self.note("files with findings", path)
        for finding in done.findings:
            self.rules[finding.rule] += 1
            self.count["findings"] += 1
            self.count[f"finding {finding.fix.value}"] += 1
            self.count["finding applied"] += finding.applied
            if finding.reason:
                self.reasons[finding.reason] += 1
                self.places.setdefault(finding.reason, []).append(f"{path}:{finding.line}")
        if done.after != done.before:
            self.note("files changed", path)
            self.laws(done, path)

    def laws(self, done: FileOutcome, path: str) -> None:
        again = process(done.after, "Dockerfile", self.options)
        if again.after != done.after:
            self.note("not idempotent", path)
        fixed = {(f.name, f.instruction) for f in done.findings if f.applied}
        if fixed & {(f.name, f.instruction) for f in again.findings if f.instruction in ("ARG", "ENV")}:
            self.note("found again", path)
        self.parser(done, path, {name for name, _ in fixed})
        self.patch(done, path)

    def parser(self, done: FileOutcome, path: str, fixed: set[str]) -> None:
        try:
            official.parse_string(done.before.decode("utf-8"))
        except (official.GoParseError, UnicodeDecodeError):
            return
        try:
            commands = official.parse_string(done.after.decode("utf-8"))
        except official.GoParseError as error:
            self.note("rejected by BuildKit's parser", f"{path}: {error}")
            return
        for command in commands:
            words = command.value
            if command.cmd.upper() == "ENV":
                names = set(words[0::3]) if len(words) % 3 == 0 else set(words[0::2])
            elif command.cmd.upper() == "ARG":
                names = {w.split("=")[0] for w in words}
            else:
                continue
            if any(n in fixed and buildkit_rule.flags(n) for n in names):
                self.note("BuildKit's rule still flags", path)

    def patch(self, done: FileOutcome, path: str) -> None:
        text = unified("Dockerfile", done.before, done.after)
        for what, command in (("git apply", ["git", "apply", "-"]), ("patch", ["patch", "-p1", "-s"])):
            with tempfile.TemporaryDirectory() as folder:
                target = Path(folder, "Dockerfile")
                target.write_bytes(done.before)
                ended = subprocess.run(command, cwd=folder, input=text, capture_output=True, check=False)
                if ended.returncode or target.read_bytes() != done.after:
                    self.note(f"{what} failed", path)

    def table(self, seconds: float) -> str:
        rows = ["| figure | count |", "|---|---|"]
        rows += [f"| {k} | {v} |" for k, v in sorted(self.count.items()) if k not in MUST_BE_NONE]
        rows += [f"| rule {k} | {v} |" for k, v in self.rules.most_common()]
        rows += [f"| reason {k} | {v} |" for k, v in self.reasons.most_common()]
        rows += [f"| **{k}** (must be 0) | {self.count[k]} |" for k in MUST_BE_NONE]
        rows += [f"| seconds in all | {seconds:.1f} |", f"| slowest file, seconds | {self.slowest[0][0]:.3f} |"]
        return "\n".join(rows)


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder")
    arguments.add_argument("--step", type=int, default=1)
    arguments.add_argument("--unsafe", action="store_true")
    arguments.add_argument("--list", action="append", default=[], metavar="REASON")
    chosen = arguments.parse_args()
    paths = sorted(os.path.join(top, name) for top, _, names in os.walk(chosen.folder) for name in names)[:: chosen.step]
    figures = Figures(Options(engine="docker", unsafe=chosen.unsafe))
    start = time.perf_counter()
    for path in paths:
        figures.file(path)
    print(figures.table(time.perf_counter() - start))
    for what in (*MUST_BE_NONE, *chosen.list):
        for place in figures.places.get(what, [])[:40]:
            print(f"{what}: {place}")


if __name__ == "__main__":
    main()

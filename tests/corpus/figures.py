"""What the tool does to a large folder of real Dockerfiles, and whether its laws hold there.

    python tests/corpus/figures.py FOLDER [--step N] [--unsafe] [--list REASON] [--diffs FILE]

Prints Markdown tables: files with findings, fixed, unsafe, refused by reason; RUNs that persist a secret, by tool; what the remedies did;
copied files; mounts that leak; and what must be 0: crashes, and outputs that break a law (`laws.py`). `--diffs` writes the patch of every
file that a remedy changed, for reading by eye (it holds what the files hold: keep it to yourself).
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from laws import LAWS, broken

from remediate.model import FileOutcome, Finding, Options, RemediateError
from remediate.patch import unified
from remediate.pipeline.one import process

# What a remedy says it did -> its name here.
REMEDIES = (
    ("git gets the credential", "address without the credential (clone)"),
    (" takes it from ", "from the environment"),
    ("is written, read and removed within", "sunk into its reader"),
    ("SSH agent", "SSH agent"),
    ("the file is mounted on the commands", "copied file mounted"),
    ("no command reads it", "copied file left out"),
)
_WRITES = re.compile(r"(.*?) writes (the mounted secret )?")
_COPIED = ("secret-in-copy", "secret-in-add")


class Figures:
    """Counts over one folder; `places` remembers where, by what was counted."""

    def __init__(self, options: Options, diffs: Path | None) -> None:
        self.options, self.diffs = options, diffs.open("wb") if diffs else None
        self.count: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.rules: Counter[str] = Counter()
        self.kept: Counter[tuple[str, str]] = Counter()
        self.mounted: Counter[str] = Counter()
        self.kept_reasons: Counter[str] = Counter()
        self.copied: Counter[str] = Counter()
        self.remedies: Counter[str] = Counter()
        self.places: dict[str, list[str]] = {}
        self.slowest: list[tuple[float, str]] = []

    def note(self, what: str, path: str, counted: int = 1) -> None:
        self.count[what] += counted
        self.places.setdefault(what, []).append(path)

    def file(self, path: str) -> None:
        try:
            data = Path(path).read_bytes()
        except OSError:
            return
        self.count["files"] += 1
        start = time.process_time()
        try:
            done = process(data, "Dockerfile", self.options)
        except RemediateError:
            self.note("not parsed (error, exit 3)", path)
            return
        except Exception as error:  # noqa: BLE001  a crash is what is looked for
            self.note("crash", f"{path}: {type(error).__name__}: {error}")
            return
        self.slowest = sorted([*self.slowest, (time.process_time() - start, path)], reverse=True)[:5]
        if done.findings:
            self.note("files with findings", path)
        for finding in done.findings:
            self.finding(finding, path)
        self.persisted(done, path)
        if done.after != done.before:
            self.changed(done, path)

    def finding(self, finding: Finding, path: str) -> None:
        self.rules[finding.rule] += 1
        self.count["findings"] += 1
        self.count[f"finding {finding.fix.value}"] += 1
        self.count["finding applied"] += finding.applied
        if finding.reason:
            self.reasons[finding.reason] += 1
            self.places.setdefault(finding.reason, []).append(f"{path}:{finding.line}")
        if finding.rule in _COPIED:
            self.copied[_outcome(finding) + (f" ({finding.reason})" if finding.reason else "")] += 1

    def persisted(self, done: FileOutcome, path: str) -> None:
        """Each RUN and tool once; the worst outcome of what it keeps counts."""
        runs: dict[tuple[int, str, bool], Finding] = {}
        for f in done.findings:
            said = _WRITES.match(f.message) if f.rule == "secret-persisted" else None
            if said is None:
                continue
            key = (f.instruction_line, said[1], bool(said[2]))
            if key not in runs or _outcome(f) == "refused":
                runs[key] = f
        for (line, tool, mounted), f in runs.items():
            outcome = _outcome(f)
            self.kept[tool, outcome] += 1
            if mounted:
                self.mounted[outcome + (f" ({f.reason})" if f.reason else "")] += 1
            if outcome == "refused":
                self.kept_reasons[f.reason] += 1
                self.places.setdefault(f"kept {f.reason}", []).append(f"{path}:{line} {tool}")
        if len({line for line, *_ in runs}):
            self.count["RUNs that persist a secret"] += len({line for line, *_ in runs})
            self.count["files with a RUN that persists a secret"] += 1

    def changed(self, done: FileOutcome, path: str) -> None:
        self.note("files changed", path)
        said = "\n".join(f.advice for f in done.findings if f.applied)
        used = [name for text, name in REMEDIES if text in said and not (text == "no command reads it" and not _copies(done))]
        self.remedies.update(used)
        if used:
            self.note("files changed by a remedy", path)
        if used and self.diffs is not None:
            self.diffs.write(f"#### {path}: {', '.join(used)}\n".encode())
            self.diffs.write(unified("Dockerfile", done.before, done.after) + b"\n")
        try:
            for law, what in broken(done, self.options):
                self.note(law, f"{path}: {what}")
        except RemediateError as error:
            self.note("crash", f"{path}: the new file is not parsed: {error}")

    def tables(self, seconds: float) -> str:
        rows = ["| figure | count |", "|---|---|"]
        rows += [f"| {k} | {v} |" for k, v in sorted(self.count.items()) if k not in LAWS]
        rows += [f"| rule {k} | {v} |" for k, v in self.rules.most_common()]
        rows += [f"| reason {k} | {v} |" for k, v in self.reasons.most_common()]
        rows += [f"| **{k}** (must be 0) | {self.count[k]} |" for k in LAWS]
        rows += [f"| seconds in all | {seconds:.1f} |"]
        rows += ["", "| tool that persists | RUNs | fixed | unsafe | refused |", "|---|---|---|---|---|"]
        tools = Counter[str]()
        for (tool, _), n in self.kept.items():
            tools[tool] += n
        for tool, n in (*tools.most_common(), ("**all**", sum(tools.values()))):
            by = [n_ if tool != "**all**" else sum(v for (_, o), v in self.kept.items() if o == outcome)
                  for outcome in ("fixed", "unsafe", "refused") for n_ in (self.kept[tool, outcome],)]  # fmt: skip
            rows.append(f"| {tool} | {n} | {' | '.join(map(str, by))} |")
        for title, count in (
            ("what persists is refused for", self.kept_reasons), ("remedy (files)", self.remedies),
            ("copied file", self.copied), ("mount that leaks", self.mounted),
        ):  # fmt: skip
            rows += ["", f"| {title} | count |", "|---|---|", *(f"| {k} | {v} |" for k, v in count.most_common())]
        rows += ["", "| slowest files | s of processor time |", "|---|---|"]
        return "\n".join([*rows, *(f"| {path} | {s:.3f} |" for s, path in self.slowest)])


def _outcome(finding: Finding) -> str:
    return "refused" if finding.fix.value == "refused" else "fixed" if finding.applied else finding.fix.value


def _copies(done: FileOutcome) -> bool:
    return any(f.applied and f.rule in _COPIED for f in done.findings)


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder")
    arguments.add_argument("--step", type=int, default=1)
    arguments.add_argument("--unsafe", action="store_true")
    arguments.add_argument("--list", action="append", default=[], metavar="REASON")
    arguments.add_argument("--diffs", type=Path)
    chosen = arguments.parse_args()
    paths = sorted(os.path.join(top, name) for top, _, names in os.walk(chosen.folder) for name in names)[:: chosen.step]
    figures = Figures(Options(engine="docker", unsafe=chosen.unsafe), chosen.diffs)
    start = time.perf_counter()
    for path in paths:
        figures.file(path)
    print(figures.tables(time.perf_counter() - start))
    for what in (*LAWS, *chosen.list):
        for place in figures.places.get(what, [])[:40]:
            print(f"{what}: {place}")


if __name__ == "__main__":
    main()

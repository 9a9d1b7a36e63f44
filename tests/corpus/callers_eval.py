"""The callers' half on whole repositories: what is found, rewritten, refused, and whether the laws of a rewritten caller hold.

    python tests/corpus/callers_eval.py FOLDER [--unsafe] [--details FILE]

FOLDER holds one checked-out repository a folder, each with a `.git`. Nothing in it is written. `--details` gets every diff, every
refusal and every suspect: a line outside the Dockerfiles that by its text passes a fixed secret, and of which the tool says nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

import yaml

from remediate import pipeline
from remediate.callers.readings import Readings
from remediate.model import CallerChange, CallerUse, Options, Outcome
from remediate.patch import unified
from remediate.repo.caller_files import caller_kind, caller_sources
from remediate.repo.discover import is_dockerfile_name

PASSES = rb"(?:--build-arg[ =\\\n]+[\"']?%s\b|^[ \t]*(?:- +)?[\"']?%s=.*\$|args:(?:\n[ \t][^\n]*){0,20}?\n[ \t]+%s:|build[-_]?args?.{0,200}\b%s\b)"


class Figures(NamedTuple):
    """Counters over all repositories; the last one holds what must be nothing."""

    plain: Counter[str]
    builds: Counter[str]
    rewritten: Counter[str]
    refused: Counter[tuple[str, str]]
    broken: Counter[str]


class Reader(yaml.SafeLoader):
    """A YAML reader that knows no tag, and so takes every one."""


Reader.add_multi_constructor("", lambda loader, suffix, node: None)


def parses(path: str, data: bytes) -> bool:
    """Whether an independent reader takes the file; of formats for which there is none, yes."""
    try:
        if path.endswith((".yml", ".yaml")):
            list(yaml.load_all(data, Reader))
        elif path.endswith(".json"):
            json.loads(data)
        elif path.endswith(".py"):
            compile(data, path, "exec")
    except (yaml.YAMLError, ValueError, SyntaxError):
        return False
    return True


def applied(root: Path, outcome: Outcome, into: Path) -> None:
    """A copy of the repository with everything that the fix changes."""
    shutil.copytree(root, into, copy_function=os.link, dirs_exist_ok=True)
    new = {c.path: c.after for c in outcome.changes} | {f.path: f.after for f in outcome.files if f.after != f.before}
    for path, data in new.items():
        target = into / Path(path).resolve().relative_to(root.resolve())
        target.unlink()
        target.write_bytes(data)


def again(root: Path, outcome: Outcome, options: Options) -> list[str]:
    """What a second run would change: nothing may be."""
    with tempfile.TemporaryDirectory(dir=root.parent.parent) as folder:
        copy = Path(folder) / "copy"
        applied(root, outcome, copy)
        second = pipeline.run([str(copy)], options)
    return [c.path for c in second.changes] + [f.path for f in second.files if f.after != f.before]


def suspects(root: Path, outcome: Outcome) -> Iterator[tuple[str, int, str]]:
    """Lines that by their text pass a secret that the fix moves, in files of which the tool says nothing for that secret."""
    known = {(u.path, u.name) for f in outcome.files for u in f.callers}
    names = {s.name for f in outcome.files if f.after != f.before or f.shown for s in f.secrets}
    for source in caller_sources(root):
        if source.data is None or is_dockerfile_name(os.path.basename(source.path)):
            continue
        for name in names:
            word = name.encode("utf-8", "surrogateescape")
            if (source.path, name) in known or word not in source.data:
                continue
            found = re.search(PASSES.replace(b"%s", re.escape(word)), source.data, re.M)
            if found:
                yield source.path, source.data.count(b"\n", 0, found.end()) + 1, name


def uses_of(outcome: Outcome) -> list[CallerUse]:
    """Each use once, though two Dockerfiles may share it: the one of which most is said."""
    uses = sorted((u for f in outcome.files for u in f.callers), key=lambda u: (bool(u.reason), u.applied))
    return list({(u.path, u.line, u.name): u for u in uses}.values())


def take(root: Path, options: Options, figures: Figures, details: TextIO) -> None:
    started = time.monotonic()
    outcome = pipeline.run([str(root)], options)
    took = time.monotonic() - started
    with_secrets = [f for f in outcome.files if f.secrets or f.shown or any(x.name for x in f.findings)]
    uses = uses_of(outcome)
    details.write(f"\n{'=' * 20} {root.name}  {took:.1f}s  Dockerfiles {len(with_secrets)}, uses {len(uses)}\n")
    figures.plain["repositories"] += 1
    figures.plain["Dockerfiles with findings"] += len(with_secrets)
    figures.plain["Dockerfiles changed"] += sum(f.after != f.before for f in outcome.files)
    figures.plain["Dockerfiles with a secret that waits for a caller"] += sum(bool(f.shown) for f in outcome.files)
    figures.plain["secrets fixed"] += sum(len(f.secrets) for f in outcome.files)
    figures.plain["files of callers changed"] += len(outcome.changes)
    if uses or outcome.changes:
        figures.plain["repositories with a caller of a fixed secret"] += 1
    readings = Readings(root, caller_sources(root))
    figures.builds.update(b.kind for b in readings.builds())
    for use in uses:
        if use.applied:
            figures.rewritten[use.kind] += 1
        elif use.reason:
            figures.refused[use.kind, use.reason] += 1
        figures.broken["a rewrite did not read back"] += use.reason == "caller-unproved"
    for _, unread in readings.unread():
        figures.broken["a defect of remediate"] += "a defect of remediate" in unread.refused.detail
    told(root, outcome, uses, details)
    for change in outcome.changes:
        law(change, figures, details)
    if outcome.changes or any(f.after != f.before for f in outcome.files):
        twice = again(root, outcome, options)
        figures.broken["a second run changes something"] += bool(twice)
        if twice:
            details.write(f"!! second run changes {[Path(p).name for p in twice]}\n")
    for path, line, name in suspects(root, outcome):
        figures.plain["suspects"] += 1
        details.write(f"?? suspect {path}:{line} {name} ({caller_kind(path)})\n")


def law(change: CallerChange, figures: Figures, details: TextIO) -> None:
    if parses(change.path, change.before) and not parses(change.path, change.after):
        figures.broken["an independent reader does not take it any more"] += 1
        details.write(f"!! does not parse: {change.path}\n")


def told(root: Path, outcome: Outcome, uses: list[CallerUse], details: TextIO) -> None:
    for file in outcome.files:
        if file.secrets or file.shown:
            held = [f"{x.name}: {x.reason} {x.message}" for x in file.findings if x.reason]
            details.write(f"Dockerfile {file.path}: {[s.id for s in file.secrets]} {held}\n")
            details.write(unified(file.path, file.before, file.shown or file.after).decode("utf-8", "replace"))
    for use in uses:
        state = "rewritten" if use.applied else f"{use.reason}{' (holds)' if use.holds else ''}"
        details.write(f"use {use.path}:{use.line} {use.name} {use.kind}: {state}: {use.message}\n")
        details.writelines(f"      | {line}\n" for line in use.by_hand)
    for change in outcome.changes:
        name = str(Path(change.path).resolve().relative_to(root.resolve()))
        details.write(unified(name, change.before, change.after).decode("utf-8", "replace"))


def table(figures: Figures) -> None:
    print("| figure | number |\n|---|---|")
    for name, number in figures.plain.items():
        print(f"| {name} | {number} |")
    for name in ("a rewrite did not read back", "a defect of remediate", "a second run changes something"):
        print(f"| {name} | {figures.broken[name]} |")
    print(f"| an independent reader does not take it any more | {figures.broken['an independent reader does not take it any more']} |")
    print("\n| kind | builds found | secrets rewritten | refused |\n|---|---|---|---|")
    for kind in sorted({*figures.builds, *figures.rewritten, *(k for k, _ in figures.refused)}):
        refused = ", ".join(f"{reason} {n}" for (k, reason), n in figures.refused.most_common() if k == kind)
        print(f"| {kind} | {figures.builds[kind]} | {figures.rewritten[kind]} | {refused} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--unsafe", action="store_true")
    parser.add_argument("--details", type=Path, default=Path(os.devnull))
    options = parser.parse_args()
    figures = Figures(Counter(), Counter(), Counter(), Counter(), Counter())
    with options.details.open("w") as details:
        for root in sorted(p for p in options.folder.iterdir() if (p / ".git").exists()):
            take(root, Options(engine="docker", unsafe=options.unsafe), figures, details)
            details.flush()
    table(figures)


if __name__ == "__main__":
    main()

"""What maintainers' own migrations leave behind: `check` on the Dockerfiles of the commits that moved secrets to mounts by hand.

    python tests/corpus/left_behind.py MIGRATIONS.jsonl (--trees DIR | --mirrors DIR)

`--trees`: `<owner>+<name>@<commit>/commit` is the tree of each commit. `--mirrors`: `<owner>+<name>/repo` is its Git directory. One row a
place: a secret that stays in a layer or in the build log, and what does not do what it was written for (`rm` of a mount, a variable
that is expanded before it is set). Values are not shown, only names, tools and paths.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from remediate.analysis.mounted import mount_troubles, mounted_residue
from remediate.analysis.runs import view_runs
from remediate.dockerfile.parser import parse
from remediate.model import Options, RemediateError
from remediate.pipeline.one import process

LEFT = ("secret-persisted", "secret-in-log")


class Place(NamedTuple):
    line: int
    what: str
    name: str
    how: str


def places(data: bytes) -> list[Place]:
    """Residue of mounted secrets, and of those that are still variables; each line, kind and secret once."""
    tree = parse(data)
    runs = view_runs(tree)
    found: dict[tuple[int, str, str], Place] = {}
    for r in mounted_residue(tree, runs):
        what = "secret-in-log" if r.printed else "secret-persisted"
        found.setdefault((r.line, what, r.name), Place(r.line, what, r.name, " ".join(p for p in (r.tool, r.path or r.target) if p)))
    for t in mount_troubles(tree, runs):
        found.setdefault((t.line, t.kind, t.name), Place(t.line, t.kind, t.name, t.message))
    for f in process(data, "Dockerfile", Options(engine="docker")).findings:
        if f.rule in LEFT:
            found.setdefault((f.line, f.rule, f.name), Place(f.line, f.rule, f.name, f.message))
    return sorted(found.values())


def content(migration: dict[str, Any], path: str, trees: Path | None, mirrors: Path | None) -> bytes | None:
    """The Dockerfile as the commit has it; None where it has it no more."""
    base = migration["repo"].replace("/", "+")
    if trees is not None:
        file = trees / f"{base}@{migration['commit']}" / "commit" / path
        return file.read_bytes() if file.is_file() else None
    assert mirrors is not None
    shown = subprocess.run(
        ["git", "--git-dir", str(mirrors / base / "repo"), "show", f"{migration['commit']}:{path}"],
        capture_output=True, check=False, timeout=60, env={**os.environ, "GIT_NO_LAZY_FETCH": "1"},
    )  # fmt: skip
    return shown.stdout if shown.returncode == 0 else None


def rows(migrations: list[dict[str, Any]], trees: Path | None, mirrors: Path | None) -> Iterator[tuple[str, str, str, Place | None]]:
    """(repository, commit, Dockerfile, place); the place is None for a Dockerfile that leaves nothing."""
    for migration in migrations:
        for path in dict.fromkeys(migration["dockerfiles"]):
            data = content(migration, path, trees, mirrors)
            if data is None:
                continue
            try:
                found = places(data)
            except RemediateError as error:
                found = [Place(0, "not parsed", "", str(error))]
            for place in found if found else (None,):
                yield migration["repo"], migration["commit"][:8], path, place


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("migrations", type=Path)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--trees", type=Path)
    where.add_argument("--mirrors", type=Path)
    options = parser.parse_args()
    migrations = [json.loads(line) for line in options.migrations.read_text().splitlines() if line.strip()]
    found = list(rows(migrations, options.trees, options.mirrors))
    print("| repository | commit | Dockerfile | line | what | secret | how |", "|---|---|---|---|---|---|---|", sep="\n")
    for repository, commit, path, place in found:
        if place is not None:
            print(f"| {repository} | {commit} | {path} | {place.line} | {place.what} | {place.name} | {place.how} |")
    kinds = Counter(place.what for *_, place in found if place is not None)
    files = {row[:3] for row in found}
    leaving = {row[:3] for row in found if row[3] is not None and row[3].what in LEFT}
    print("", "| figure | count |", "|---|---|", f"| migrations | {len({row[:2] for row in files})} of {len(migrations)} |", sep="\n")
    print(f"| Dockerfiles | {len(files)} |", f"| that leave a secret behind | {len(leaving)} |", sep="\n")
    print(f"| migrations with such a Dockerfile | {len({row[:2] for row in leaving})} |")
    for kind, count in kinds.most_common():
        print(f"| {kind} | {count} |")


if __name__ == "__main__":
    main()

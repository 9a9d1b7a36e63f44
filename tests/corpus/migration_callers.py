"""The callers beside the maintainers: files that a real migration changed besides Dockerfiles, and what `fix` does with their parents.

    python tests/corpus/migration_callers.py MIGRATIONS.jsonl --trees DIR

DIR holds `<owner>+<name>@<commit>/parent` and `.../commit`, the two trees of each migration. One row a file: whether its parent passes one
of the migration's secrets to a build, as far as text tells (`--build-arg`, `build-args`, ...), whether the tool names it, rewrites
it or refuses, and, when both changed it, whether the builds in it supply the same ids (letter case and separators aside).
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from remediate import pipeline
from remediate.callers.model import CallerFile
from remediate.callers.repository import Repository
from remediate.callers.search import MODULES, read
from remediate.model import Options, Outcome
from remediate.repo.caller_files import caller_kind
from remediate.repo.discover import is_dockerfile_name


class Row(NamedTuple):
    repository: str
    path: str
    kind: str
    state: str
    detail: str = ""


def supplied(folder: Path, path: str, data: bytes) -> list[frozenset[str]]:
    """The ids that each build of a file supplies, as this tool reads it."""
    kind = caller_kind(path, data)
    if kind not in MODULES:
        return []
    builds = read(CallerFile(path, data, kind), Repository(str(folder), over={path: data})).builds
    return [frozenset(re.sub(r"[-_.]", "", i).lower() for i in b.secrets) for b in builds]


def mentions(migration: dict[str, Any], text: bytes) -> list[str]:
    names = [s["name"].split()[0] for s in migration["secrets"]]
    return [n for n in names if n.encode() in text]


def rows_of(migration: dict[str, Any], trees: Path) -> list[Row]:
    base = trees / f"{migration['repo'].replace('/', '+')}@{migration['commit']}"
    parent, commit = base / "parent", base / "commit"
    if not parent.is_dir():
        return []
    (parent / ".git").mkdir(exist_ok=True)
    outcome = pipeline.run([str(parent)], Options(engine="docker", unsafe=True))
    return [row(migration, outcome, parent, commit, path) for path in migration["callers"] if not is_dockerfile_name(Path(path).name)]


def row(migration: dict[str, Any], outcome: Outcome, parent: Path, commit: Path, path: str) -> Row:
    def told(state: str, detail: str = "") -> Row:
        return Row(migration["repo"], path, kind, state, detail)

    before = (parent / path).read_bytes() if (parent / path).is_file() else None
    kind = caller_kind(path, before or b"")
    if before is None:
        return told("new file")
    names = mentions(migration, before)
    uses = [u for f in outcome.files for u in f.callers if u.path == path]
    applied, refused = [u for u in uses if u.applied], [u for u in uses if u.reason]
    changed = next((c.after for c in outcome.changes if Path(c.path).resolve() == (parent / path).resolve()), None)
    if changed is not None:
        if not (commit / path).is_file():
            return told("rewritten", "theirs is gone")
        ours, theirs = supplied(parent, path, changed), supplied(commit, path, (commit / path).read_bytes())
        same = set().union(*ours) == set().union(*theirs)
        return told("rewritten", "the same ids" if same else f"ours {sorted(set().union(*ours))}, theirs {sorted(set().union(*theirs))}")
    if refused:
        return told("refused" if any(u.holds for u in refused) else "named", ", ".join(sorted({u.reason for u in refused})))
    if applied:
        return told("named", "as a caller of a rewritten one")
    if not names:
        return told("does not name the secret before")
    return told("not found", ", ".join(names))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("migrations", type=Path)
    parser.add_argument("--trees", type=Path, required=True)
    options = parser.parse_args()
    migrations = [json.loads(line) for line in options.migrations.read_text().splitlines() if line.strip()]
    rows = [r for migration in migrations for r in rows_of(migration, options.trees)]
    print("| repository | file | kind | tool | |\n|---|---|---|---|---|")
    for one in rows:
        print(f"| {one.repository} | {one.path} | {one.kind} | {one.state} | {one.detail} |")
    print("\n| figure | number |\n|---|---|")
    print(f"| files that maintainers changed beside the Dockerfiles | {len(rows)} |")
    for state, number in Counter(r.state for r in rows).most_common():
        print(f"| {state} | {number} |")
    print(f"| rewritten with the same ids | {sum(r.detail == 'the same ids' for r in rows)} |")


if __name__ == "__main__":
    main()

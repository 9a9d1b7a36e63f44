"""The callers beside the maintainers: files that a real migration changed besides Dockerfiles, and what `fix` does with their parents.

    python tests/corpus/migration_callers.py MIGRATIONS.jsonl --trees DIR

DIR holds `<owner>+<name>@<commit>/parent` and `.../commit`, the two trees of each migration. One row a file:

    supplier    whether its parent hands one of the migration's secrets to a build (`no`: new, or it only builds; `?`: it names a secret)
    found       whether the tool names it as a caller that supplies, or may supply, a secret
    outcome     rewritten, refused (with the reason), waits (it could be rewritten, another caller cannot), named (it lacks the secret)
    equivalent  rewritten, and the builds in it supply the same ids as the maintainers' file (letter case and separators aside)
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from remediate import pipeline
from remediate.callers.model import CallerFile
from remediate.callers.repository import Repository
from remediate.callers.search import MODULES, read
from remediate.model import Options, Outcome
from remediate.repo.caller_files import caller_kind
from remediate.repo.discover import is_dockerfile_name

# What hands the build arg `%b` to a build, as far as text tells.
PASSES = rb"(?:build[-_]?args?|buildArgs)[^\n]*\b%b\b|(?m:^[ \t]*(?:- )?%b=.*\$)|(?m:^[ \t]*args:(?:\n[ \t][^\n]*){0,20}?\b%b:)"


class Row(NamedTuple):
    repository: str
    path: str
    kind: str
    supplier: str
    found: bool
    outcome: str
    detail: str = ""
    equivalent: str = ""


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
    before = (parent / path).read_bytes() if (parent / path).is_file() else None
    kind = caller_kind(path, before or b"")
    if before is None:
        return Row(migration["repo"], path, kind, "no", False, "a new file")
    uses = [u for f in outcome.files for u in f.callers if u.path == path and u.reason != "caller-without"]
    lacking = any(u.path == path and u.reason == "caller-without" for f in outcome.files for u in f.callers)
    names = mentions(migration, before)
    passes = [n for n in names if re.search(PASSES.replace(b"%b", re.escape(n.encode())), before)]
    supplier = "yes" if uses or passes else "?" if names else "no"
    made = Row(migration["repo"], path, kind, supplier, bool(uses), "named" if lacking else "")
    changed = next((c.after for c in outcome.changes if Path(c.path).resolve() == (parent / path).resolve()), None)
    if changed is not None:
        return same_ids(made._replace(outcome="rewritten"), parent, commit, changed)
    reasons = {u.reason for u in uses if u.reason}
    if reasons:
        said = next((u.message for u in uses if u.reason in reasons - {"caller-waits"}), "")
        return made._replace(outcome="waits" if reasons == {"caller-waits"} else "refused", detail=f"{', '.join(sorted(reasons))}: {said}")
    return made._replace(detail=f"names {', '.join(names)}") if names else made


def same_ids(made: Row, parent: Path, commit: Path, changed: bytes) -> Row:
    """Whether the rewritten file supplies what the maintainers' supplies."""
    if not (commit / made.path).is_file():
        return made._replace(detail="theirs is gone")
    ours = set().union(*supplied(parent, made.path, changed))
    theirs = set().union(*supplied(commit, made.path, (commit / made.path).read_bytes()))
    if ours == theirs:
        return made._replace(equivalent="yes")
    return made._replace(equivalent="no", detail=f"ours {sorted(ours)}, theirs {sorted(theirs)}")


def figures(rows: list[Row]) -> Iterator[tuple[str, int]]:
    suppliers = [r for r in rows if r.supplier == "yes"]
    yield "files that maintainers changed beside the Dockerfiles", len(rows)
    yield "of these new, or not handing a secret to a build before", sum(r.supplier == "no" for r in rows)
    yield "naming a secret, but not as a build arg (looked at by hand)", sum(r.supplier == "?" for r in rows)
    yield "suppliers before", len(suppliers)
    yield "found", sum(r.found for r in suppliers)
    yield "not found", sum(not r.found for r in suppliers)
    yield "rewritten", sum(r.outcome == "rewritten" for r in suppliers)
    yield "rewritten with the ids of the maintainers", sum(r.equivalent == "yes" for r in suppliers)
    yield "could be rewritten, wait for another caller", sum(r.outcome == "waits" for r in suppliers)
    yield "refused", sum(r.outcome == "refused" for r in suppliers)
    for reason, number in Counter(r.detail.partition(":")[0] for r in suppliers if r.outcome == "refused").most_common():
        yield f"... {reason}", number


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("migrations", type=Path)
    parser.add_argument("--trees", type=Path, required=True)
    options = parser.parse_args()
    migrations = [json.loads(line) for line in options.migrations.read_text().splitlines() if line.strip()]
    rows = [r for migration in migrations for r in rows_of(migration, options.trees)]
    print("| repository | file | kind | supplier | found | outcome | equivalent | |\n|---|---|---|---|---|---|---|---|")
    for one in rows:
        found = "yes" if one.found else "no" if one.supplier != "no" else ""
        print(f"| {one.repository} | {one.path} | {one.kind} | {one.supplier} | {found} | {one.outcome} | {one.equivalent} | {one.detail} |")
    print("\n| figure | number |\n|---|---|")
    for name, number in figures(rows):
        print(f"| {name} | {number} |")


if __name__ == "__main__":
    main()

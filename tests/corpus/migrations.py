"""The tool beside the maintainers: real commits that moved secrets to mounts by hand, and what `fix` makes of their parents.

    python tests/corpus/migrations.py MIGRATIONS.jsonl --trees DIR

DIR holds `<owner>+<name>@<commit>/parent` and `.../commit`, the two trees of each migration. One row a Dockerfile and secret: whether
the tool found it, what it did, and whether it mounts it on the same RUNs. RUNs are compared by their commands, since maintainers
merge, split and move them; "more" and "fewer" are seen from the tool. The maintainers are one answer, not the truth.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from remediate import pipeline
from remediate.analysis.runs import RunView, view_runs
from remediate.dockerfile.parser import parse
from remediate.model import FileOutcome, Options

_SETTING_UP = frozenset({"cat", "export", "set", "source", ".", "[", "test", "true", ":", "", "cd"})
_ALIKE = 0.6  # of the words of a command, so that an added option does not make it another one
_DECLARED = r"(?im)^\s*(?:ARG|ENV)\b[^\n]*\b{}\b"

Words = tuple[str, ...]


@dataclass
class Row:
    """One secret in one Dockerfile. RUNs are numbers of the parent's RUNs; `theirs` has those behind each RUN of the commit."""

    repository: str
    commit: str
    dockerfile: str
    name: str
    wrong: bool
    fix: str = "not found"
    reason: str = ""
    lines: str = ""
    ours: set[int] = field(default_factory=set)
    theirs: list[set[int]] = field(default_factory=list)

    @property
    def fixed(self) -> bool:
        return self.fix in ("safe", "unsafe")

    @property
    def compared(self) -> str:
        """`same`, `more`, `fewer`, both, or that they wrote a RUN which the parent has not; `-` where there is nothing to compare."""
        if not self.fixed:
            return "-"
        more = self.ours - set().union(*self.theirs)
        fewer = [covered for covered in self.theirs if covered and not covered & self.ours]
        new = not more and not fewer and any(not covered for covered in self.theirs)
        return " and ".join(w for w, there in (("more", more), ("fewer", fewer), ("theirs is a new RUN", new)) if there) or "same"


def words_of(run: RunView) -> list[Words]:
    """The commands of a RUN that do its work, each as its words without options; a word that expands something stands for any."""
    out = []
    for _, command in run.commands():
        nested = command.name in ("sh", "bash") and any(w.value == "-c" for w in command.argv)
        if nested or command.name in _SETTING_UP or "substitution" in command.scopes:
            continue
        words = ["*" if w.value is None and w.expansions else (w.value or w.raw) for w in command.argv]
        out.append((words[0].rsplit("/", 1)[-1], *(w for w in words[1:] if not w.startswith("-"))))
    return out


def likeness(one: Words, other: Words) -> float:
    """0 for another program, 1 for the same words; what expands on either side fits any word."""
    if one[:1] != other[:1]:
        return 0.0
    if len(one) == len(other) and all(a == b or "*" in (a, b) for a, b in zip(one, other, strict=True)):
        return 1.0
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def likeness_of_runs(one: list[Words], other: list[Words]) -> float:
    """How much of the two RUNs is the same work; 0 unless at least half of the commands of either stand in the other."""
    if not one or not other:
        return 0.0
    best = [max(likeness(a, b) for b in other) for a in one]
    back = [max(likeness(a, b) for a in one) for b in other]
    if 2 * sum(s >= _ALIKE for s in best) < len(one) and 2 * sum(s >= _ALIKE for s in back) < len(other):
        return 0.0
    return (sum(best) + sum(back)) / (len(one) + len(other))


def became(parents: Sequence[RunView], theirs: Sequence[RunView]) -> list[int | None]:
    """For each RUN of the parent the number of the commit's RUN that does its work: the most alike, of equals the nearest."""
    held = [words_of(run) for run in theirs]
    out: list[int | None] = []
    for number, run in enumerate(parents):
        own = words_of(run)
        scores = [(likeness_of_runs(own, words), -abs(number - at)) for at, words in enumerate(held)]
        best = max(range(len(scores)), key=scores.__getitem__, default=None)
        out.append(best if best is not None and scores[best][0] > 0 else None)
    return out


def runs_of(data: bytes) -> list[RunView]:
    return [view for _, view in sorted(view_runs(parse(data)).views.items())]


def mounted(run: RunView, identity: str) -> bool:
    """Whether maintainers mount this secret on the RUN: by a secret mount of that id, whatever its case and separators."""
    wanted = re.sub(r"[^a-z0-9]", "", identity.lower())
    return any(re.sub(r"[^a-z0-9]", "", m.id.lower()) == wanted for m in run.mounts)


def maintainers(folder: Path, path: str, others: Sequence[str], identity: str, parents: Sequence[RunView]) -> list[set[int]]:
    """The parent's RUNs behind each RUN that they mount it on: in the same file, else in those beside it (it was split), else in any."""
    beside = [p for p in others if p != path and Path(p).parent == Path(path).parent]
    for paths in ([path], beside, [p for p in others if p != path]):
        theirs = [run for p in paths if (folder / p).is_file() for run in runs_of((folder / p).read_bytes())]
        if any(mounted(run, identity) for run in theirs):
            new = became(parents, theirs)
            return [{n for n, at in enumerate(new) if at == number} for number, run in enumerate(theirs) if mounted(run, identity)]
    return []


def secret_names(migration: dict[str, Any], text: str) -> list[tuple[str, str]]:
    """(variable, mount id) of each secret of the migration that this Dockerfile declares."""
    out = []
    for secret in migration["secrets"]:
        name = secret["name"].split()[0]
        if re.search(_DECLARED.format(re.escape(name)), text):
            out.append((name, secret["id"] or ""))
    return out


def examine(row: Row, safe: FileOutcome, unsafe: FileOutcome, parents: Sequence[RunView]) -> None:
    """Fill in what the tool did: without and with --unsafe-fixes."""
    for title, done in (("unsafe", unsafe), ("safe", safe)):
        found = [f for f in done.findings if f.name.lower() == row.name.lower() and f.rule in ("secret-in-arg", "secret-in-env")]
        if found and row.fix == "not found":
            row.fix, row.reason = "refused", found[0].reason
        if found and all(f.applied for f in found):
            row.fix, row.reason = title, row.reason if title == "unsafe" else ""
    done = safe if row.fix == "safe" else unsafe
    after = [run.instruction.start_line for run in runs_of(done.after)] if done.after else []
    lines = {line for spec in done.secrets if row.name.lower() in {n.lower() for n in (spec.name, *spec.env_names)} for line in spec.consumers}
    row.ours = {number for number, line in enumerate(after) if line in lines} if row.fixed else set()
    row.lines = ", ".join(str(parents[n].instruction.start_line) for n in sorted(row.ours))


def compare(migration: dict[str, Any], trees: Path) -> list[Row]:
    base = trees / f"{migration['repo'].replace('/', '+')}@{migration['commit']}"
    rows = []
    for path in migration["dockerfiles"]:
        parent = base / "parent" / path
        if not parent.is_file():
            continue
        outcomes = [pipeline.run([str(parent)], Options(engine="docker", unsafe=unsafe, dockerfile_only=True)).files for unsafe in (False, True)]
        if not all(outcomes):
            continue
        data = parent.read_bytes()
        parents = runs_of(data)
        for name, identity in secret_names(migration, data.decode("utf-8", "replace")):
            row = Row(migration["repo"], migration["commit"][:8], path, name, migration["incomplete"])
            examine(row, outcomes[0][0], outcomes[1][0], parents)
            row.theirs = maintainers(base / "commit", path, migration["dockerfiles"], identity, parents) if identity else []
            rows.append(row)
    return rows


def totals(rows: Sequence[Row]) -> Counter[str]:
    count: Counter[str] = Counter()
    for row in rows:
        count["secrets (Dockerfile and name)"] += 1
        count["found"] += row.fix != "not found"
        count["fixed"] += row.fixed
        count[f"  {row.fix}"] += row.fixed
        if row.fixed:
            count["mounted on the same RUNs"] += row.compared == "same"
            count["on more RUNs"] += "more" in row.compared
            count["on fewer RUNs"] += "fewer" in row.compared
            count["theirs is a new RUN"] += "new" in row.compared
        elif row.fix == "refused":
            count[f"refused: {row.reason}"] += 1
    return count


def table(rows: Sequence[Row], migrations: Sequence[dict[str, Any]]) -> str:
    out = ["| repository | Dockerfile | secret | tool | mounted on (parent's lines) | against the maintainers |", "|---|---|---|---|---|---|"]
    for row in rows:
        did = f"{row.fix} ({row.reason})" if row.reason else row.fix
        against = row.compared + (" (theirs is wrong or partial)" if row.wrong else "")
        out.append(f"| {row.repository} {row.commit} | {row.dockerfile} | {row.name} | {did} | {row.lines or '-'} | {against} |")
    seen = {(row.repository, row.commit) for row in rows}
    absent = [f"{m['repo']} {m['commit'][:8]}" for m in migrations if (m["repo"], m["commit"][:8]) not in seen]
    out += ["", "| figure | number |", "|---|---|", *(f"| {name} | {number} |" for name, number in totals(rows).items() if number or not name[0].isspace())]
    out += ["", f"Migrations without a declared secret in the parent's Dockerfile, or without a tree: {', '.join(absent) or 'none'}."]
    return "\n".join(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("migrations", type=Path)
    parser.add_argument("--trees", type=Path, required=True)
    options = parser.parse_args()
    migrations = [json.loads(line) for line in options.migrations.read_text().splitlines() if line.strip()]
    rows = [row for migration in migrations for row in compare(migration, options.trees)]
    print(table(rows, migrations))


if __name__ == "__main__":
    main()

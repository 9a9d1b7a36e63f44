"""What the tests of every kind do: read, want the named build args moved, rewrite, apply, and read the result again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from remediate.callers.model import Build, CallerFile, Job, Move, Reading, Rewritten
from remediate.callers.repository import Repository
from remediate.model import Delivery, Edit, SecretSpec
from remediate.text import apply

NOWHERE = "/nonexistent"


def module_of(kind: str):
    return import_module(f"remediate.callers.kinds.{kind.replace('-', '_')}")


def repository(files: Mapping[str, str | bytes], root: str | Path = NOWHERE) -> Repository:
    data = {p: d.encode() if isinstance(d, str) else d for p, d in files.items()}
    return Repository(str(root), over=data, paths=lambda: tuple(sorted(data)))


def read(path: str, text: str | bytes, kind: str, others: Mapping[str, str] | None = None) -> Reading:
    repo = repository({**(others or {}), path: text})
    return module_of(kind).read(CallerFile(path, repo.read(path) or b"", kind), repo)


def spec(name: str, id: str, delivery: Delivery = Delivery.ENV, **more) -> SecretSpec:
    return SecretSpec(id, name, delivery, consumers=(3,), env_names=(name,) if delivery is Delivery.ENV else (), **more)


def jobs_for(builds: tuple[Build, ...], ids: Mapping[str, str], **move) -> list[Job]:
    """A job for every build that passes one of the args, with all of them."""
    delivery = move.pop("delivery", Delivery.ENV)
    out = []
    for build in builds:
        moves = tuple(
            Move(spec(a.name, ids[a.name], delivery), arg=a.name, supplied=ids[a.name] in build.secrets, **move)
            for a in {p.name: p for p in build.args}.values()
            if a.name in ids
        )
        if moves:
            out.append(Job(build, moves))
    return out


def rewrite(path: str, text: str | bytes, kind: str, jobs: list[Job], others: Mapping[str, str] | None = None) -> Rewritten:
    repo = repository({**(others or {}), path: text})
    return module_of(kind).rewrite(CallerFile(path, repo.read(path) or b"", kind), repo, jobs)


def applied(done: Rewritten, files: Mapping[str, str | bytes]) -> dict[str, bytes]:
    edits: dict[str, list[Edit]] = defaultdict(list)
    for one in done.edits:
        edits[one.path].append(one.edit)
    data = {p: d.encode() if isinstance(d, str) else d for p, d in files.items()}
    return {p: apply(d, edits.get(p, ())) for p, d in data.items()}


def moved(path: str, text: str, kind: str, ids: Mapping[str, str], others: Mapping[str, str] | None = None, **move) -> str:
    """The file after the move of every build arg in `ids` (name -> secret id); asserts that nothing is refused and that it reads back."""
    before = read(path, text, kind, others)
    assert before.builds, f"no build found; unread: {before.unread}"
    jobs = jobs_for(before.builds, ids, **move)
    assert jobs, f"no build passes any of {list(ids)}: {before.builds}"
    done = rewrite(path, text, kind, jobs, others)
    assert not done.refused, done.refused
    files = applied(done, {**(others or {}), path: text})
    after = files[path].decode()
    again = read(path, after, kind, {p: d.decode() for p, d in files.items() if p != path})
    reads_back(before.builds, again.builds, jobs)
    return after


def reads_back(before: tuple[Build, ...], after: tuple[Build, ...], jobs: list[Job]) -> None:
    """The same builds in the same order, without the moved args and with the ids."""
    assert len(after) == len(before)
    for old, new in zip(before, after, strict=True):
        moves = [m for job in jobs if job.build == old for m in job.moves]
        gone = {m.arg for m in moves}
        assert (new.place, new.context, new.target, new.engine) == (old.place, old.context, old.target, old.engine)
        assert [a.name for a in new.args] == [a.name for a in old.args if a.name not in gone]
        ids = {m.spec.id for m in moves if not m.ssh}
        assert set(new.secrets) == set(old.secrets) | ids
        assert set(new.ssh) == set(old.ssh) | {m.spec.id for m in moves if m.ssh}


def refused(path: str, text: str, kind: str, ids: Mapping[str, str], others: Mapping[str, str] | None = None, **move) -> list[str]:
    """The codes with which the moves are refused, by the reading or by the rewriting."""
    before = read(path, text, kind, others)
    codes = [u.refused.code for u in before.unread]
    codes += [why.code for b in before.builds for why in (b.refused, b.more) if why is not None]
    jobs = jobs_for(tuple(b for b in before.builds if b.refused is None), ids, **move)
    if jobs:
        codes += [r.refused.code for r in rewrite(path, text, kind, jobs, others).refused]
    return codes

"""Where a Bake target builds: paths count from the folder in which bake is started, which the file does not say."""

from __future__ import annotations

import posixpath

from remediate.callers.kinds.bake_model import World
from remediate.callers.model import Place
from remediate.callers.places import UNKNOWN, any_of, is_remote, joined, place
from remediate.callers.repository import Repository
from remediate.model import NamedTuple

_HERE = "cwd://"


class Where(NamedTuple):
    """`known`: a Dockerfile lies there, or may lie there."""

    place: Place
    context: str | None
    folder: str | None
    target: str
    known: bool


def where(world: World, target: str, repository: Repository) -> Where:
    """Bake is started at the root or beside its file: the folder in which the Dockerfile is found, both when that doesn't tell."""
    rows = []
    for given in world.combinations(target):
        context, file = world.text(target, "context", given) or ".", world.text(target, "dockerfile", given)
        rows.append((context, file, world.text(target, "target", given)))
    rows = list(dict.fromkeys(rows))
    stage = rows[0][2] if len({r[2] for r in rows}) == 1 and UNKNOWN not in rows[0][2] else ""
    inline = [s.inline for s in world.whole(target)]
    if any(inline):
        return Where(Place(), None, None, stage, True)
    beside = posixpath.dirname(world.own.path)
    found: list[tuple[str, Place]] = []
    for folder in dict.fromkeys((".", beside or ".")):
        found.append((folder, any_of([_place(folder, context, file) for context, file, _ in rows])))
    real = [(f, p) for f, p in found if p.pattern or any(_is_there(repository, path) for path in p.paths)]
    if len(found) == 1 or len(real) == 1:
        folder, one = (real or found)[0]
        contexts = {_context(folder, c) for c, _, _ in rows}
        return Where(one, contexts.pop() if len(contexts) == 1 else None, folder, stage, bool(real))
    return Where(any_of([p for _, p in (real or found)]), None, None, stage, bool(real))


def _place(folder: str, context: str, file: str) -> Place:
    if file.startswith(_HERE):
        return place(folder, ".", file.removeprefix(_HERE) or ".")
    if context.startswith(_HERE):
        context = context.removeprefix(_HERE) or "."
    if context.startswith("target:"):
        return Place()
    return place(folder, context, file, file_in_context=True)


def _context(folder: str, context: str) -> str | None:
    clean = context.removeprefix(_HERE) or "."
    if is_remote(clean) or clean.startswith("target:") or UNKNOWN in clean:
        return None
    return joined(folder, clean)


def _is_there(repository: Repository, path: str) -> bool:
    return path in repository.over or repository.exists(path)

"""Which Dockerfile a build uses, from what its command says: `*` in a path stands for a part that is not known."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from remediate.callers.model import Place

UNKNOWN = "*"


def joined(folder: str | None, path: str) -> str | None:
    """`path` as seen from `folder`, normal, relative to the root ("." for the root); None when it leads out, or is absolute.

    An unknown folder is `**`.
    """
    if path.startswith(("/", "~")):
        return None
    base = "**" if folder is None else folder
    if UNKNOWN in path.split("/", 1)[0] and path.split("/", 1)[0] == UNKNOWN:
        base = "**"  # the unknown start may be any folder, also an absolute one
    parts: list[str] = [] if base in ("", ".") else base.split("/")
    for part in path.split("/"):
        if part == "..":
            if parts and parts[-1] != "**":
                parts.pop()
            elif not parts:
                return None
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts) or "."


def is_remote(context: str) -> bool:
    """A context that is fetched, or read from standard input: no folder of this repository."""
    return context == "-" or "://" in context or context.startswith(("git@", "github.com/"))


def place(folder: str | None, context: str, file: str = "", *, file_in_context: bool = False) -> Place:
    """The Dockerfile of `build -f file context`, run in `folder`.

    `file_in_context`: `file` is looked up in the context (Compose, Bake), not in the working directory (the command line).
    """
    if file in ("-", "/dev/stdin") or (context == "-" and not file):
        return Place()
    if is_remote(context) and context != "-":
        return fetched(context, file)
    if file:
        base = joined(folder, context) if file_in_context else folder
        found = joined(base, file) if not file_in_context or base is not None else None
    else:
        found = joined(folder, posixpath.join(context, "Dockerfile"))
    if found is None:
        return Place()
    return Place(pattern=found) if UNKNOWN in found else Place((found,))


def fetched(url: str, file: str = "") -> Place:
    """The Dockerfile of a build whose context is a Git address: `https://host/repository.git#branch:folder`."""
    address, _, fragment = url.partition("#")
    folder = fragment.partition(":")[2] or "."
    found = joined(folder.strip("/") or ".", file or "Dockerfile")
    return Place() if found is None or UNKNOWN in found else Place(url=address.partition("?")[0], fetched=found)


def any_of(places: Iterable[Place]) -> Place:
    """One build that stands for several (a matrix, a loop)."""
    paths: list[str] = []
    fetching = Place()
    for one in places:
        if one.pattern:
            return one
        paths += one.paths
        fetching = one if one.url else fetching
    return Place(tuple(dict.fromkeys(paths)), "", fetching.url, fetching.fetched)

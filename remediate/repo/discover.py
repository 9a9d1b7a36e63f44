"""Which files are Dockerfiles: those that a person named, and those that a folder holds under a Dockerfile's name.

By name: `Dockerfile` and `Containerfile` in any case; `Dockerfile.*`, `Dockerfile-*`, `Dockerfile_*` (and so for Containerfile);
`*.Dockerfile`, `*.dockerfile`, `*.Containerfile`. Not what only looks so: ignore files, notes, templates, backups, patches; nor
`dockerfile.py` and its like, in which a lower-case name is a module's. A file that is named outright may have any name.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from remediate.model import NamedTuple, RemediateError
from remediate.repo.gitignore import GitIgnore, repository_rules
from remediate.repo.reading import inside, one_line, read_bytes, repo_root, why
from remediate.repo.walk import Limits, walk

__all__ = ["Found", "find_dockerfiles", "is_dockerfile_name", "read_bytes", "repo_root"]

_OTHER = frozenset({
    "dockerignore", "containerignore", "md", "markdown", "rst", "adoc", "html", "pdf", "j2", "jinja", "jinja2", "tmpl", "tpl",
    "template", "gotmpl", "erb", "ejs", "hbs", "mustache", "bak", "backup", "orig", "old", "rej", "swp", "swo", "save", "tmp",
    "patch", "diff", "lock", "sha256", "asc", "sig", "license",
})  # fmt: skip
_CODE = frozenset({
    "py", "pyc", "pyi", "go", "js", "mjs", "cjs", "ts", "tsx", "jsx", "rs", "rb", "java", "kt", "cs", "c", "h", "cc", "cpp",
    "php", "sh", "bash", "bats", "ps1", "json", "yml", "yaml", "toml", "xml", "ini", "cfg", "log", "vim", "lua",
})  # fmt: skip


class Found(NamedTuple):
    """A Dockerfile, or why there is none: `path` to read it, `display` for people (as the user wrote the way to it).

    `root` is its repository (the nearest folder with `.git`), else the folder that was named.
    """

    path: Path
    display: str
    root: Path
    error: RemediateError | None = None


def is_dockerfile_name(name: str) -> bool:
    """Whether a file of this name is taken for a Dockerfile when its folder is searched."""
    lower = name.lower()
    if "dockerfile" not in lower and "containerfile" not in lower:
        return False
    if lower in ("dockerfile", "containerfile"):
        return True
    head, dot, ending = lower.rpartition(".")
    if name.endswith("~") or (dot and ending in _OTHER):
        return False
    if dot and head and ending in ("dockerfile", "containerfile"):
        return True
    for word in ("dockerfile", "containerfile"):
        if lower.startswith(word) and lower[len(word)] in ".-_":
            return not (dot and ending in _CODE and (name[0].islower() or lower[len(word)] != "."))
    return False


def find_dockerfiles(paths: Sequence[str | Path], *, warn: Callable[[str], None]) -> list[Found]:
    """All Dockerfiles of `paths` in order, each once. What cannot be read is an entry with its error; the others are still found."""
    out: list[Found] = []
    seen: set[str] = set()
    here = os.getcwd()
    for given in paths:
        for found in _of_path(os.fspath(given), warn):
            key = os.path.normpath(os.path.join(here, found.path))
            if key not in seen:
                seen.add(key)
                out.append(found)
    return out


def _of_path(given: str, warn: Callable[[str], None]) -> Iterator[Found]:
    try:
        info = os.lstat(given)
        kind = os.stat(given) if stat.S_ISLNK(info.st_mode) else info
    except (OSError, ValueError) as error:
        reason = why(error) if isinstance(error, OSError) else "is no path"
        place = Path(given.replace("\0", "?"))
        yield Found(place, given, place.parent, RemediateError(reason, one_line(given)))
        return
    if not stat.S_ISDIR(kind.st_mode):
        yield _entry(given, given, os.fspath(repo_root(os.path.dirname(os.path.abspath(given)))))
    elif is_dockerfile_name(os.path.basename(given)) and not _holds_dockerfile(given):
        yield _failed(given, given, os.path.dirname(os.path.abspath(given)), "is a folder")
    else:
        yield from _of_folder(given, warn)


def _holds_dockerfile(folder: str) -> bool:
    """A folder named `Dockerfile` that holds one is a folder to search after all."""
    try:
        with os.scandir(folder) as entries:
            return any(is_dockerfile_name(e.name) for e in entries)
    except OSError:
        return False


def _of_folder(given: str, warn: Callable[[str], None]) -> Iterator[Found]:
    top = os.path.realpath(given)
    prefix = "" if os.path.normpath(given) == "." else os.path.normpath(given).rstrip("/") + "/"
    root = os.fspath(repo_root(top))
    failures: list[Found] = []

    def failed(relative: str, error: OSError) -> None:
        failures.append(_failed(os.path.join(top, relative), prefix + relative if relative else given, root, why(error)))

    def enter(rules: GitIgnore, relative: str, path: str) -> GitIgnore | None:
        if rules.ignored(relative, folder=True):
            return None
        if relative.rpartition("/")[2] in ("Dockerfile", "Containerfile") and not _holds_dockerfile(path):
            failures.append(_failed(path, prefix + relative, root, "is a folder"))
            return None
        return rules.below(relative, path)

    limits = Limits()
    owners = {"": root}
    for relative, rules, entries in walk(top, repository_rules(root, top), enter, limits, failed):
        for entry in entries:
            if is_dockerfile_name(entry.name):
                path = f"{relative}/{entry.name}" if relative else entry.name
                if not rules.ignored(path, folder=False):
                    yield _entry(os.path.join(top, path), prefix + path, _owner(top, relative, owners))
    yield from failures
    if limits.reached:
        warn(f"{one_line(given)}: too many files or folders; not all of it was searched")


def _owner(top: str, relative: str, owners: dict[str, str]) -> str:
    """The repository of a folder below `top`: the nearest parent with `.git`."""
    if relative not in owners:
        here = os.path.join(top, relative)
        owners[relative] = here if os.path.lexists(os.path.join(here, ".git")) else _owner(top, relative.rpartition("/")[0], owners)
    return owners[relative]


def _failed(path: str, display: str, root: str, reason: str) -> Found:
    return Found(Path(path), display, Path(root), RemediateError(reason, one_line(display)))


def _entry(path: str, display: str, root: str) -> Found:
    """One candidate: a regular file, or a link to one inside the same repository (then the file it leads to); else an error."""
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            place = inside(root, path)
            if place is None:
                return _failed(path, display, root, "is a symbolic link that leads out of its repository: not followed")
            path = os.path.join(os.path.realpath(root), place)
            mode = os.lstat(path).st_mode
            display = path if os.path.isabs(display) else os.path.relpath(path)
    except OSError as error:
        return _failed(path, display, root, why(error))
    if stat.S_ISLNK(mode):
        return _failed(path, display, root, "is a symbolic link that leads to itself")
    if stat.S_ISDIR(mode):
        return _failed(path, display, root, "is a folder")
    if not stat.S_ISREG(mode):
        return _failed(path, display, root, "is no regular file")
    return Found(Path(path), display, Path(root))

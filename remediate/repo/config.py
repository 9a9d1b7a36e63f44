"""What a repository says about itself: `remediate.toml`, or `[tool.remediate]` in `pyproject.toml`; the nearest one holds.

    secret = ["ACME_*"]                 # names that are secrets (globs)
    not-secret = ["*_KEY_ID"]           # names that are none
    exclude = ["examples/**"]           # paths, relative to the file, that are not looked at when a folder is searched
    ignore = ["literal"]                # rules that are not reported
    delivery = "file"                   # auto, env or file
    engine = "podman"                   # docker, buildx, podman, buildah, nerdctl, compose, bake
    [origins]                           # where the build command takes a secret from
    NPM_TOKEN = "env:CI_NPM_TOKEN"
    DEPLOY_KEY = "file:~/.ssh/deploy"
    GH_TOKEN = "vault:secret/ci/github#token"   # also aws:, gcp:, azure:, op:, doppler:, sops:
    [[per-file]]
    path = "docker/legacy.*"
    ignore = ["env"]

A key that is not known is an error: a silenced finding must not hang on a typing mistake.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from remediate.model import NamedTuple, RemediateError
from remediate.repo.gitignore import GitIgnore, Level, parse
from remediate.repo.reading import one_line, read_bytes, repo_root

MAX_CONFIG = 256 * 1024
MAX_DOTS = 300
DELIVERIES = ("auto", "env", "file")
ENGINES = ("auto", "docker", "buildx", "podman", "buildah", "nerdctl", "compose", "bake")
ORIGINS = ("env", "file", "vault", "aws", "gcp", "azure", "op", "doppler", "sops")


class _BadValue(Exception):
    """What is wrong with one value, in words; becomes a RemediateError with the file's name."""


class PerFile(NamedTuple):
    """Settings for the Dockerfiles whose path, relative to the configuration's folder, matches `path` (a Git pattern)."""

    path: str
    secret: tuple[str, ...] = ()
    not_secret: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


class Config(NamedTuple):
    """All settings, or the defaults; `folder` is where the file lies (None without one), `path` the file itself."""

    folder: Path | None = None
    path: str = ""
    secret: tuple[str, ...] = ()
    not_secret: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    delivery: str = ""
    engine: str = ""
    engine_version: str = ""
    origins: tuple[tuple[str, str], ...] = ()
    per_file: tuple[PerFile, ...] = ()

    def origin(self, name: str) -> str:
        """The configured origin of a variable, such as `env:OTHER`, or "". An exact name goes before a pattern."""
        exact = dict(self.origins).get(name)
        return exact or next((origin for pattern, origin in self.origins if fnmatchcase(name, pattern)), "")

    def excludes(self, path: str | os.PathLike[str]) -> bool:
        """Whether a search of a folder leaves this file out."""
        return bool(self.exclude) and self._matches(self.exclude, path)

    def for_file(self, path: str | os.PathLike[str]) -> PerFile:
        """The names and rules that hold for one Dockerfile: the general ones, then those of each `per-file` that matches."""
        rows = [row for row in self.per_file if self._matches((row.path,), path)]
        return PerFile(
            os.fspath(path),
            (*self.secret, *(g for row in rows for g in row.secret)),
            (*self.not_secret, *(g for row in rows for g in row.not_secret)),
            (*self.ignore, *(g for row in rows for g in row.ignore)),
        )

    def _matches(self, patterns: Sequence[str], path: str | os.PathLike[str]) -> bool:
        if self.folder is None:
            return False
        relative = os.path.relpath(os.path.realpath(path), os.path.realpath(self.folder)).replace(os.sep, "/")
        if relative.startswith("../"):
            return False
        rules = GitIgnore((Level("", parse("\n".join(patterns).encode("utf-8", "surrogateescape"))),))
        names = relative.split("/")
        above = any(rules.ignored("/".join(names[:n]), folder=True) for n in range(1, len(names)))
        return above or rules.ignored(relative, folder=False)


def load_config(start: str | Path) -> Config:
    """The configuration that holds for `start` (a file or folder): the nearest one up to the repository's root, or the defaults.

    Raises RemediateError for a file that is no TOML, an unknown key or a value of the wrong kind.
    """
    root = repo_root(start)
    folder = Path(os.path.abspath(start))
    if not os.path.isdir(folder):
        folder = folder.parent
    for here in (folder, *folder.parents):
        own = here / "remediate.toml"
        if os.path.lexists(own):
            return _config(here, own, _table(own, read_bytes(own)))
        project = here / "pyproject.toml"
        if os.path.lexists(project):
            data = read_bytes(project)
            if b"remediate" in data and b"tool" in data and (table := _tool(project, _table(project, data))) is not None:
                return _config(here, project, table)
        if here == root:
            break
    return Config()


def _table(path: Path, data: bytes) -> dict[str, object]:
    import tomllib

    # The parser takes quadratic time over a key with very many parts.
    if len(data) > MAX_CONFIG:
        raise RemediateError(f"is larger than {MAX_CONFIG} bytes", one_line(os.fspath(path)))
    if any(line.count(b".") > MAX_DOTS for line in data.split(b"\n")):
        raise RemediateError(f"has a line with more than {MAX_DOTS} dots", one_line(os.fspath(path)))
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise RemediateError("is not UTF-8", one_line(os.fspath(path))) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        # The parser's message names a place and never shows more than one character; it may still hold one of the file.
        place = str(error).rpartition("(")[2].rstrip(")")
        raise RemediateError(f"is no valid TOML ({place})", one_line(os.fspath(path))) from None


def _tool(path: Path, table: Mapping[str, object]) -> dict[str, object] | None:
    tool = table.get("tool")
    if not isinstance(tool, dict) or "remediate" not in tool:
        return None
    own = tool["remediate"]
    if not isinstance(own, dict):
        raise RemediateError("[tool.remediate] must be a table", one_line(os.fspath(path)))
    return own


def _config(folder: Path, path: Path, table: Mapping[str, object]) -> Config:
    shown = one_line(os.fspath(path))
    readers: dict[str, Callable[[str, object], object]] = {
        "secret": _names,
        "not-secret": _names,
        "exclude": _names,
        "ignore": _names,
        "delivery": lambda key, value: _choice(key, value, DELIVERIES),
        "engine": lambda key, value: _choice(key, value, ENGINES),
        "engine-version": _text,
        "origins": _origins,
        "per-file": _per_file,
    }
    return Config(folder=folder, path=os.fspath(path), **_read(table, readers, shown, ""))  # type: ignore[arg-type]


def _read(table: Mapping[str, object], readers: Mapping[str, Callable[[str, object], object]], shown: str, where: str) -> dict[str, object]:
    values: dict[str, object] = {}
    for key, value in table.items():
        if key not in readers:
            raise RemediateError(f"unknown key {where}{one_line(key)!r}; known are: {', '.join(readers)}", shown)
        try:
            values[key.replace("-", "_")] = readers[key](where + key, value)
        except _BadValue as error:
            raise RemediateError(str(error), shown) from None
    return values


def _text(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise _BadValue(f"{key} must be text")
    return value


def _names(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise _BadValue(f"{key} must be a list of texts")
    return tuple(value)


def _choice(key: str, value: object, known: Sequence[str]) -> str:
    if value not in known:
        raise _BadValue(f"{key} must be one of: {', '.join(known)}")
    return str(value)


def _origins(key: str, value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        raise _BadValue(f"{key} must be a table")
    for name, origin in value.items():
        kind, colon, place = origin.partition(":") if isinstance(origin, str) else ("", "", "")
        # The value is not shown: a token pasted here by mistake must not end up in a log.
        if kind not in ORIGINS or not colon or not place:
            raise _BadValue(f"{key}.{one_line(name)} must be a text such as env:NAME or file:PATH; known are: {', '.join(ORIGINS)}")
    return tuple(value.items())


def _per_file(key: str, value: object) -> tuple[PerFile, ...]:
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise _BadValue(f"{key} must be a list of tables")
    readers: dict[str, Callable[[str, object], object]] = {"path": _text, "secret": _names, "not-secret": _names, "ignore": _names}
    rows: list[PerFile] = []
    for row in value:
        if not row.get("path"):
            raise _BadValue(f"{key} needs a path")
        try:
            rows.append(PerFile(**_read(row, readers, "", f"{key}.")))  # type: ignore[arg-type]
        except RemediateError as error:
            raise _BadValue(error.message) from None
    return tuple(rows)

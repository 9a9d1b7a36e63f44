"""Which files of a context name a variable. All names are looked for in one pass over the files, and each name once per context.

Bytes are searched, not text: first by plain substring, which costs next to nothing, then by one expression that wants a whole
identifier, and only in the files that passed the first.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

from remediate.model import NamedTuple, RemediateError
from remediate.repo.filekind import comment_marks, kind_of
from remediate.repo.ignore import DockerIgnore
from remediate.repo.reading import read_bytes, read_start
from remediate.repo.walk import Limits, walk

MAX_FILE = 4 * 1024 * 1024
MAX_TOTAL = 64 * 1024 * 1024
MAX_FILES = 20_000
MAX_ENTRIES = 100_000
SECONDS = 15.0
MAX_PER_NAME = 1_000
_HEAD = 8192
LOCK_FILES = frozenset({
    "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb", "go.sum", "go.work.sum",
    "Cargo.lock", "poetry.lock", "uv.lock", "pdm.lock", "Pipfile.lock", "Gemfile.lock", "composer.lock", "mix.lock",
    "packages.lock.json", "flake.lock", "Podfile.lock",
})  # fmt: skip
_BINARY = (
    ".png", ".jpg", ".jpeg", ".gif", ".ico", ".webp", ".woff", ".woff2", ".ttf", ".eot", ".pdf", ".zip", ".gz", ".tgz", ".bz2",
    ".xz", ".zst", ".jar", ".war", ".class", ".so", ".a", ".o", ".dll", ".exe", ".pyc", ".mp3", ".mp4", ".webm", ".mov", ".7z",
    ".whl", ".svg", ".map",
)  # fmt: skip
_DATA = (".csv", ".tsv", ".sql", ".log", ".ndjson", ".jsonl", ".geojson", ".txt", ".dat", ".dump", ".pack")


class Mention(NamedTuple):
    """A line that names a variable: `kind` as in `filekind`; `comment` when the line is surely nothing but a comment."""

    path: str
    line: int
    kind: str
    comment: bool = False


class Index:
    """The text files below one root that its `.dockerignore` lets through, and what was found in them so far."""

    def __init__(self, root: str, ignore: DockerIgnore) -> None:
        self.root = root
        self.truncated = False
        self._ignore = ignore
        self._files: tuple[str, ...] | None = None
        self._found: dict[str, tuple[Mention, ...]] = {}

    def mentions(self, names: Sequence[str]) -> Mapping[str, tuple[Mention, ...]]:
        """The mentions of each name; a name asked for before is not searched again."""
        fresh = tuple(dict.fromkeys(name for name in names if name and name not in self._found))
        if fresh:
            self._search(fresh)
        return {name: self._found.get(name, ()) for name in names}

    def files(self) -> tuple[str, ...]:
        """Paths of the files that a search reads, relative to the root."""
        if self._files is None:
            self._files = tuple(self._list())
        return self._files

    def _list(self) -> Iterator[str]:
        limits = Limits(entries=MAX_ENTRIES, seconds=SECONDS)
        ignore = self._ignore

        def enter(excluded: bool, relative: str, _path: str) -> bool | None:
            out = ignore.excluded(relative)
            return None if out and ignore.may_skip(relative) else out

        count = 0
        for folder, _, entries in walk(self.root, False, enter, limits):
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                if not is_searched(entry) or ignore.excluded(path):
                    continue
                count += 1
                if count > MAX_FILES:
                    self.truncated = True
                    return
                yield path
        self.truncated = self.truncated or limits.reached

    def _search(self, names: tuple[str, ...]) -> None:
        wanted = {name.encode("utf-8", "surrogateescape"): name for name in names}
        pattern = identifier_pattern(tuple(wanted))
        found: dict[str, list[Mention]] = {name: [] for name in names}
        limits = Limits(entries=MAX_FILES, seconds=SECONDS, size=MAX_TOTAL)
        for path in self.files():
            data = read_text(os.path.join(self.root, path), MAX_FILE)
            if data is None:
                self.truncated = self.truncated or _unread(os.path.join(self.root, path), path)
                continue
            if not limits.spend(1, len(data)):
                self.truncated = True
                break
            if any(name in data for name in wanted):
                for key, mention in _mentions(path, data, pattern):
                    found[wanted[key]].append(mention)
                full = [name for name in wanted if len(found[wanted[name]]) >= MAX_PER_NAME]
                for name in full:
                    del wanted[name]
                if not wanted:
                    break
                if full:
                    pattern = identifier_pattern(tuple(wanted))
        self._found.update({name: tuple(row[:MAX_PER_NAME]) for name, row in found.items()})


def identifier_pattern(names: Sequence[bytes]) -> re.Pattern[bytes]:
    """One expression for all names, each as a whole identifier: neither `MY_TOKEN` nor `TOKENS` is `TOKEN`."""
    ordered = sorted(names, key=len, reverse=True)
    return re.compile(rb"(?<![A-Za-z0-9_])(?:" + b"|".join(re.escape(n) for n in ordered) + rb")(?![A-Za-z0-9_])")


def read_text(path: str, limit: int) -> bytes | None:
    """The file's bytes, or None: too large, special, unreadable, or binary (a NUL in its first 8 KiB)."""
    try:
        data = read_bytes(path, limit)
    except RemediateError:
        return None
    return None if data.find(b"\0", 0, _HEAD) >= 0 else data


def _unread(path: str, relative: str) -> bool:
    """Whether a file that was not searched is a program's text that is too large: what it names is then not known."""
    try:
        large = os.lstat(path).st_size > MAX_FILE
    except OSError:
        return False
    return large and kind_of(relative) in ("code", "script") and b"\0" not in read_start(path, _HEAD) and not relative.endswith(_DATA)


def is_searched(entry: os.DirEntry[str]) -> bool:
    if entry.name in LOCK_FILES or entry.name.lower().endswith(_BINARY):
        return False
    try:
        return entry.is_file(follow_symlinks=False)
    except OSError:
        return False


def _mentions(path: str, data: bytes, pattern: re.Pattern[bytes]) -> Iterator[tuple[bytes, Mention]]:
    kind, marks = kind_of(path, data), comment_marks(path)
    starts = line_starts(data)
    lines: dict[bytes, list[int]] = {}
    for match in pattern.finditer(data):
        seen = lines.setdefault(match.group(), [])
        line = bisect_right(starts, match.start())
        if seen[-1:] != [line] and len(seen) < MAX_PER_NAME:
            seen.append(line)
            yield match.group(), Mention(path, line, kind, is_comment(data, starts[line - 1], marks))


def is_comment(data: bytes, start: int, marks: tuple[bytes, ...]) -> bool:
    """Whether the line that begins at `start` begins a comment (`#!` is none)."""
    head = data[start : start + 200].lstrip() if marks else b""
    return bool(marks) and head.startswith(marks) and not head.startswith(b"#!")


def line_starts(data: bytes) -> list[int]:
    """Offsets at which lines begin."""
    starts, at = [0], data.find(b"\n")
    while at >= 0:
        starts.append(at + 1)
        at = data.find(b"\n", at + 1)
    return starts

"""Who in the repository still passes a secret as a build arg: named in the report, so that nobody is left with half a migration.

Textual, with a small check of the surroundings: a flag `--build-arg NAME`, a line of a `build-args:` block, or a key of a
`build.args` / `buildargs={...}` mapping. That a file merely names the variable makes it no caller.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice

from remediate.model import CallerUse
from remediate.repo.caller_files import MARKS, Sources, caller_sources, is_yaml
from remediate.repo.filekind import comment_marks
from remediate.repo.mentions import MAX_FILES, MAX_TOTAL, SECONDS, is_comment, line_starts
from remediate.repo.walk import Limits
from remediate.text import late

BLOCK = 64 * 1024
MAX_USES = 1_000


def find_callers(root: str | os.PathLike[str], names: Sequence[str], cache: Sources | None = None) -> tuple[CallerUse, ...]:
    """Every line below `root` that passes one of `names` as a build arg, in order of path and line; one pass for all names.

    Git-ignored files, links, binaries and files over 1 MiB are not read. Paths are relative to `root`. `cache` keeps what was read for
    the next call.
    """
    wanted = {name.encode("utf-8", "surrogateescape"): name for name in names if name}
    if not wanted:
        return ()
    top = os.path.realpath(root)
    patterns = _Patterns(tuple(wanted))
    budget = Limits(entries=MAX_FILES, seconds=SECONDS, size=MAX_TOTAL)
    uses: set[tuple[str, int, str, str]] = set()
    for path, kind, data, _ in caller_sources(top, cache):
        if data is None or b"\0" in data or not any(name in data for name in wanted) or not any(mark in data for mark in MARKS):
            continue
        if not budget.spend(1, len(data)):
            break
        uses.update((path, line, wanted[name], kind) for line, name in islice(_uses(patterns, path, kind, data), MAX_USES))
    return tuple(CallerUse(path, line, name, kind) for path, line, name, kind in sorted(uses))


def _uses(patterns: _Patterns, path: str, kind: str, data: bytes) -> Iterator[tuple[int, bytes]]:
    """(line, name) of every use that is not in a comment. In a README every line counts."""
    marks: tuple[bytes, ...] = ()
    if kind not in ("docs", "json", "package-json"):
        marks = comment_marks(path) or (b"#", b"//")
    starts = line_starts(data)
    for offset, name in patterns.uses(path, kind, data):
        line = bisect_right(starts, offset)
        if not is_comment(data, starts[line - 1], marks) and not _trails(data[starts[line - 1] : offset], marks):
            yield line, name


def _trails(before: bytes, marks: Sequence[bytes]) -> bool:
    """Whether a comment begins on the line in front of the place, outside of quotes."""
    at = before.rfind(b" #") if b"#" in marks else -1
    return at >= 0 and all(before.count(quote, 0, at) % 2 == 0 for quote in (b'"', b"'"))


class _Patterns:
    """The expressions for one set of names."""

    def __init__(self, names: Sequence[bytes]) -> None:
        one = b"(" + b"|".join(re.escape(n) for n in sorted(names, key=len, reverse=True)) + rb")(?![A-Za-z0-9_])"
        # `--build-arg X`, `--build-arg=X`, `"--build-arg", "X=..."`, a YAML list item after the flag, a continuation;
        # buildctl says `build-arg:X`.
        gap = rb"(?:[=\s]|[\"'`],?|,|\\\r?\n|-\s){1,40}?[frbu]{0,2}[\"'`]?"
        self.flag = re.compile(rb"(?:--build-arg" + gap + rb"|\bbuild-arg:)" + one)
        free = rb"(?<![A-Za-z0-9_$.-])(?<!\$\{)"
        self.key = re.compile(free + one + rb"[\"'`]?\s{0,8}[=:](?!=)")
        self.entry = re.compile(free + one + rb"(?:\s{0,8}[,\]=]|[\"'`])")
        self.item = re.compile(rb"^[ \t]*(?:-[ \t]+)?[\"']?" + one + rb"[\"']?[ \t]*(?:=|:(?=\s|$)|$|#)")
        self.inline = re.compile(free + one + rb"[ \t]*=")
        self.word = re.compile(rb"(?<![A-Za-z0-9_])(?:BUILD_ARG_)?" + one)

    def uses(self, path: str, kind: str, data: bytes) -> Iterator[tuple[int, bytes]]:
        """(offset, name) of every use, some of them perhaps twice."""
        for match in self.flag.finditer(data):
            yield match.start(1), match.group(1)
        yield from self._brackets(kind, data)
        if is_yaml(path) or kind == "docs":
            yield from self._yaml(data)
        if kind in _UNREAD:
            yield from self._near(data)

    def _near(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Names close to what sets build args in a language that is not read: `withBuildArg("X", ...)`, `--build-arg ${x}` in a loop."""
        end = 0
        for mark in _ANY_MARK.finditer(data):
            start, end = max(end, mark.start() - _BEFORE), max(end, mark.end() + _BEHIND)
            for match in self.word.finditer(data, start, end):
                yield match.start(1), match.group(1)

    def _brackets(self, kind: str, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Keys of `buildargs={...}`, `"buildArgs": {...}`, and of `args = {...}` where a build is described."""
        end = 0
        for opening in _BRACKET.finditer(data):
            bare = opening.group(1) == b"args"
            if opening.start() < end or (bare and not _describes_build(kind, data, opening.start())):
                continue
            start, end = opening.end(), _closing(data, opening.end() - 1)
            expression = self.entry if data[start - 1 : start] == b"[" else self.key
            for match in expression.finditer(data, start, end + 1):
                yield match.start(1), match.group(1)

    def _yaml(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Lines below `build-args:` (a block scalar, a list or a mapping), and below `args:` of a `build:`."""
        lines = data.split(b"\n")
        offsets = line_starts(data)
        block = -1
        for number, line in enumerate(lines):
            text = line.strip()
            if not text:
                continue
            indent = len(line) - len(line.lstrip())
            if block >= 0 and (indent > block or (indent == block and text.startswith(b"-"))):
                if match := self.item.match(line):
                    yield offsets[number] + match.start(1), match.group(1)
                continue
            block = -1
            if opening := _YAML_KEY.match(line):
                if opening.group(2) == b"args" and not _below_build(lines, number, indent):
                    continue
                block = indent + len(opening.group(1))
                for match in self.inline.finditer(line, opening.end()):
                    yield offsets[number] + match.start(1), match.group(1)


_UNREAD = frozenset({"other", "json", "terraform"})
_ANY_MARK = late(rb"(?i:build[-_]?arg)|<args>")
_BEFORE, _BEHIND = 400, 1_200  # bytes

_BRACKET = late(
    rb"(?<![A-Za-z0-9])[\"']?(docker_build_args|build[-_]arguments|buildArguments|build_args?|build-args?|buildargs?|buildArgs?|BuildArgs|"
    rb"DockerBuildArgs|args)[\"']?"
    rb"\s{0,8}(?:[=:]\s{0,8})?(?:dict\s?\(|[{\[])"
)
_YAML_KEY = late(
    rb"^[ \t]*((?:-[ \t]+)?)[\"']?(build[-_]?args?|build[-_]arguments|buildArg(?:ument)?s|DockerBuildArgs|"
    rb"docker_build_args|build_args_from_env|args)[\"']?[ \t]*:(?=\s|$)"
)
_PAIRS = {b"{": b"}", b"[": b"]", b"(": b")"}


def _closing(data: bytes, at: int) -> int:
    """Offset of the bracket that closes the one at `at`, at most `BLOCK` further; brackets in strings are not told apart."""
    opening = data[at : at + 1]
    closing = _PAIRS[opening]
    depth, limit = 0, min(len(data), at + BLOCK)
    for match in re.finditer(re.escape(opening) + b"|" + re.escape(closing), data[at:limit]):
        depth += 1 if match.group() == opening else -1
        if depth == 0:
            return at + match.start()
    return limit


def _describes_build(kind: str, data: bytes, at: int) -> bool:
    """Whether a bare `args` belongs to an image build: in a bake file, or right inside a `build` mapping."""
    if kind == "bake":
        return True
    before = data[max(at - 400, 0) : at]
    opened = max(before.rfind(b'"build"'), before.rfind(b"build:"), before.rfind(b"build ="))
    return opened >= 0 and before.count(b"}", opened) == 0


def _below_build(lines: Sequence[bytes], number: int, indent: int) -> bool:
    """Whether the nearest line above with less indentation is `build:`, or the next such one; or a Dockerfile is named beside it."""
    above = 0
    for line in reversed(lines[max(number - 200, 0) : number]):
        text = line.strip()
        here = len(line) - len(line.lstrip())
        if here == indent and _BESIDE.match(text):
            return True
        if text and not text.startswith(b"#") and here < indent:
            plain = text.split(b"#")[0].rstrip()
            if plain.strip(b"\"':") in (b"build", b"builder") or text.startswith(b"build: &"):
                return plain.endswith(b":") or b"&" in text
            above, indent = above + 1, here
            if above == 2 or plain.startswith(b"-"):
                break
    return False


_BESIDE = late(rb"[\"']?docker_?file[\"']?[ \t]*:", re.IGNORECASE)

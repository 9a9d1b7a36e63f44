"""What the shell gets from make: `$$` is `$`, variables that hold arguments are put in (with their places), the rest are masks."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from remediate.callers.kinds.make_family import Family, Placed
from remediate.callers.scripts import BUILDS
from remediate.formats.embedded import FormatError
from remediate.formats.make import Variable
from remediate.formats.make_lines import Reference, references
from remediate.model import NamedTuple, Span
from remediate.text import LogicalText, Piece, late

DEEP = 12
MOST_BYTES = 128 * 1024  # of values that are put in, for all recipes of a file

_ENGINE = late(
    rb"(?i)(?:[\w.]*_)?(docker|podman|nerdctl|buildah|container|oci|cri)(?:[_-]?(?:cmd|bin|tool|engine|cli|exec|runtime|command))?"
)
_ENGINES = tuple(
    e.encode()
    for e in "docker|podman|nerdctl|buildah|docker-compose|docker compose|docker buildx".split("|")
)
_COMPOSE = late(rb"(?i)[\w.-]*compose[\w.-]*")
_AFTER_ENGINE = late(rb"[ \t]+(?:buildx[ \t]|image[ \t]|builder[ \t]|build\b|bud\b|compose[ \t])")
_STRUCTURE = late(
    rb"^[ \t]*-|build-arg"
    rb"|^[ \t]*(?:[A-Za-z_]\w*=\S*[ \t]+|sudo[ \t]+|env[ \t]+|--?[\w-]+(?:=\S+)?[ \t]+)*(?:docker|podman|buildah|nerdctl|docker-compose)\b"
    rb"|^[ \t]*(?:\S+=\S*[ \t]+)*\$[({]\w+[)}][ \t]+(?:buildx|image|builder|build|bud|compose)\b"
)
_QUIET = late(rb"[@+ \t-]*")


class Said(NamedTuple):
    """A text as the shell sees it. `taken`: values that stand in it, from elsewhere. `hidden`: references whose text holds build args.

    `sudo`: a variable that runs the build may hold `sudo`.
    """

    text: LogicalText
    masks: tuple[tuple[int, int], ...]
    taken: tuple[Span, ...]
    names: frozenset[str]
    hidden: tuple[tuple[int, bytes], ...]
    sudo: bool = False


class Speaker:
    """Makes the shell's text from recipe lines of one file of a family. `path`: the file; only its own definitions are put in."""

    def __init__(self, family: Family, path: str) -> None:
        self.family, self.path = family, path
        self.left = MOST_BYTES
        self._inlined: dict[str, tuple[Variable, ...]] = {}

    def say(self, text: LogicalText) -> Said:
        run = _Run(self)
        run.walk(text, 0, native=True)
        whole = LogicalText(run.pieces or text.pieces)
        return Said(whole, tuple(run.masks), tuple(run.taken), frozenset(run.names), tuple(run.hidden), run.sudo)

    def inlined(self, name: str) -> tuple[Variable, ...]:
        """The assignments that stand for `$(name)` when its text is put in: one, and what is added to it; none for a mask."""
        if name not in self._inlined:
            self._inlined[name] = self._find(name)
        return self._inlined[name]

    def _find(self, name: str) -> tuple[Variable, ...]:
        found = self.family.all(name)
        if not found or any(p.path != self.path or p.variable.targets for p in found):
            return ()
        variables = [p.variable for p in found]
        if any(v.op not in ("=", ":=", "?=", "+=") for v in variables) or any(v.op != "+=" for v in variables[1:]):
            return ()
        if any(v.op == ":=" and self._changes(v.value.data, v.start, 0) for v in variables):
            return ()
        return tuple(variables) if any(_STRUCTURE.search(v.value.data) for v in variables) else ()

    def _changes(self, value: bytes, at: int, depth: int) -> bool:
        """Whether a value that make takes at once, at `at`, holds a variable that has another value, or none, when a recipe runs."""
        for found in references(value):
            defined = self.family.all(found.name)
            if depth > DEEP or any(p.variable.targets or self._start(p) > at for p in defined):
                return True
            if any(p.variable.op in ("=", "?=", "+=") and self._changes(p.variable.value.data, at, depth + 1) for p in defined):
                return True
        return False

    def _start(self, one: Placed) -> float:
        """Where this file gets the assignment: at its own place, or where its file is included."""
        if one.path == self.path:
            return one.variable.start
        return max((i.start for path, i in self.family.includes(one.path) if path == self.path), default=inf)

    def engine(self, name: str) -> bytes:
        """The value of a variable that holds a builder's command; `docker` here and `podman` there are the same in shape."""
        values = [p.variable.value.data.strip() for p in self.family.all(name) if p.variable.op != "define"]
        return values[0] if values and all(v in _ENGINES for v in values) else b""


class _Run:
    def __init__(self, speaker: Speaker) -> None:
        self.speaker = speaker
        self.pieces: list[Piece] = []
        self.masks: list[tuple[int, int]] = []
        self.taken: list[Span] = []
        self.names: set[str] = set()
        self.hidden: list[tuple[int, bytes]] = []
        self.length = 0
        self.quote = b""
        self.sudo = False
        self.open: list[str] = []

    def walk(self, text: LogicalText, depth: int, native: bool) -> None:
        at = 0
        for found in references(text.data):
            self._literal(text, at, found.start)
            at = found.end
            if found.is_dollar:
                self._put(Piece(b"$", *text.span(found.start, found.end)))
            elif not self._dropped(found, text):
                self._reference(found, text, depth, native)
        self._literal(text, at, len(text))

    def _reference(self, found: Reference, text: LogicalText, depth: int, native: bool) -> None:
        span = text.span(found.start, found.end)
        if engine := self.speaker.engine(found.name) or self._engine(found, text):
            self.sudo = self.sudo or any(b"sudo" in p.variable.value.data for p in self.speaker.family.all(found.name))
            self._put(Piece(engine, span.start, span.end))
            return
        if found.name and depth < DEEP and found.name not in self.open:
            variables = self.speaker.inlined(found.name)
            if variables:
                self._inline(found.name, variables, depth, native)
                return
        if found.inner.startswith((b"shell ", b"shell\t")) and native and self.quote != b"'" and self._closed(found, text):
            self._put(Piece(b"$(", span.start, text.span(found.start, found.start + 8).end))
            before, self.quote = self.quote, b""
            self.walk(text.slice(found.start + 8, found.end - 1), depth + 1, native)
            self.quote = before
            self._put(Piece(b")", *text.span(found.end - 1, found.end)))
            return
        if not found.name and BUILDS.search(found.inner):
            self.hidden.append((span.start, found.inner))
        self.masks.append((self.length, self.length + found.end - found.start))
        for piece in text.slice(found.start, found.end).pieces:
            self._put(piece)

    def _closed(self, found: Reference, text: LogicalText) -> bool:
        return text.data[found.start + 1 : found.start + 2] == b"(" and text.data[found.end - 1 : found.end] == b")"

    def _inline(self, name: str, variables: tuple[Variable, ...], depth: int, native: bool) -> None:
        self.open.append(name)
        self.names.add(name)
        for number, variable in enumerate(variables):
            value = variable.value
            if number:
                start = value.start_of(0)
                self._put(Piece(b" ", start, start))
            self.taken.append(Span(value.start_of(0), value.end_of(len(value))))
            self.speaker.left -= len(value) + 16
            if self.speaker.left < 0:
                raise FormatError("the variables that hold arguments grow too large", line=variable.line)
            self.walk(value, depth + 1, native and variable.op in ("=", "?=", "+="))
        self.open.pop()

    def _engine(self, found: Reference, text: LogicalText) -> bytes:
        """`$(DOCKER) build`: the name says what it is, though its value is not known."""
        if not found.name or not _AFTER_ENGINE.match(text.data, found.end) or self.speaker.inlined(found.name):
            return b""
        if _COMPOSE.fullmatch(found.inner):
            return b"docker compose"
        match = _ENGINE.fullmatch(found.inner)
        if match is None:
            return b""
        word = match.group(1).lower()
        return word if word in (b"podman", b"nerdctl", b"buildah") else b"docker"

    def _dropped(self, found: Reference, text: LogicalText) -> bool:
        """`$(Q)docker build`: a prefix that makes the line quiet, or nothing at all."""
        if self.length or not found.name or text.data[: found.start].strip(b" \t@-+"):
            return False
        values = [p.variable.value.data.strip() for p in self.speaker.family.all(found.name)]
        if any(not _QUIET.fullmatch(v) for v in values):
            return False
        glued = found.end < len(text) and text.data[found.end] not in b" \t"
        return glued or bool(values)

    def _literal(self, text: LogicalText, start: int, end: int) -> None:
        if start >= end:
            return
        for piece in text.slice(start, end).pieces:
            self._put(piece)

    def _put(self, piece: Piece) -> None:
        self.pieces.append(piece)
        self.length += len(piece.data)
        self._quotes(piece.data)

    def _quotes(self, data: bytes) -> None:
        """Whether what follows stands in quotes of the shell."""
        escaped = False
        for number in data:
            char = bytes((number,))
            if escaped:
                escaped = False
            elif char == b"\\" and self.quote != b"'":
                escaped = True
            elif char in (b"'", b'"') and self.quote in (b"", char):
                self.quote = b"" if self.quote else char


def writer(in_value: bool, masks: frozenset[bytes], known: frozenset[bytes]) -> Callable[[bytes], bytes | None]:
    """How shell text is written in a recipe, or in a variable's value (where `#` would begin a comment).

    What make puts in (`masks`) may only be written again when its value is `known`: another one would come before the command.
    """

    def written(new: bytes) -> bytes | None:
        if b"\n" in new or (in_value and b"#" in new) or any(m in new for m in masks - known):
            return None
        parts = [new]
        for mask in sorted(known, key=len, reverse=True):
            parts = [q for p in parts for q in (_split(p, mask) if p not in known else [p])]
        return b"".join(p if p in known else p.replace(b"$", b"$$") for p in parts)

    return written


def _split(text: bytes, mask: bytes) -> list[bytes]:
    out: list[bytes] = []
    for number, part in enumerate(text.split(mask)):
        out += [mask, part] if number else [part]
    return out

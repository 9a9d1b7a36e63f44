"""What the shell gets from make: `$$` is `$`, variables that hold arguments are put in (with their places), the rest are masks."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from remediate.callers.kinds.make_family import Family, Placed
from remediate.callers.kinds.make_parts import Said, arguments, engine_of, only_options, places, program_of, repeats
from remediate.callers.perhaps import BESIDE, ENDED, PASSES, PERHAPS
from remediate.callers.scripts import BUILDS
from remediate.formats.embedded import FormatError
from remediate.formats.make import Variable
from remediate.formats.make_lines import Reference, references
from remediate.model import Span
from remediate.text import LogicalText, Piece, late

DEEP = 12
MOST_BYTES = 128 * 1024  # of values that are put in, for all recipes of a file

_ENGINES = (b"docker", b"podman", b"nerdctl", b"buildah", b"docker-compose", b"docker compose", b"docker buildx")
_STRUCTURE = late(
    rb"^[ \t]*-|build-arg"
    rb"|^[ \t]*(?:[A-Za-z_]\w*=\S*[ \t]+|sudo[ \t]+|env[ \t]+|--?[\w-]+(?:=\S+)?[ \t]+)*(?:docker|podman|buildah|nerdctl|docker-compose)\b"
    rb"|^[ \t]*(?:\S+=\S*[ \t]+)*\$[({]\w+[)}][ \t]+(?:\$[({]\w*(?i:buildx)\w*[)}][ \t]+)?(?:buildx|image|builder|build|bud|compose)\b"
)
_QUIET = late(rb"[@+ \t-]*")


class Speaker:
    """Makes the shell's text from recipe lines of one file of a family. `path`: the file; only its own definitions are put in."""

    def __init__(self, family: Family, path: str) -> None:
        self.family, self.path = family, path
        self.left = MOST_BYTES
        self._inlined: dict[tuple[str, tuple[str, ...]], tuple[Variable, ...]] = {}
        self._open: list[tuple[str, tuple[str, ...]]] = []

    def say(self, text: LogicalText, targets: tuple[str, ...] = ()) -> Said:
        """The text of a recipe of `targets` (() when it is not known whose it is)."""
        run = _Run(self, targets)
        run.walk(text, 0, native=True)
        whole = LogicalText(run.pieces or text.pieces)
        return Said(
            whole, tuple(run.masks), tuple(run.taken), frozenset(run.names), tuple(run.hidden), run.sudo, tuple(run.commas), run.local,
            frozenset(run.walked), run.placed,
        )  # fmt: skip

    def inlined(self, name: str, targets: tuple[str, ...] = ()) -> tuple[Variable, ...]:
        """The assignments that stand for `$(name)` when its text is put in: one, and what is added to it; none for a mask.

        With `either` of them several are put in, each of which may be the one.
        """
        key = name, targets
        if key not in self._inlined:
            self._inlined[key] = self._find(name, targets)
        return self._inlined[key]

    def _find(self, name: str, targets: tuple[str, ...]) -> tuple[Variable, ...]:
        found = self.family.all(name)
        if not found or any(p.path != self.path for p in found):
            return ()
        variables = [p.variable for p in found if self.family.applies(p.variable, targets)]
        if any(v.op not in ("=", ":=", "?=", "+=") for v in variables):
            return ()
        if any(v.op == ":=" and self._changes(v.value.data, v.start, 0, name) for v in variables):
            return ()
        if either(variables) and not all(only_options(v.value.data) for v in variables):
            return ()
        return tuple(variables) if any(_STRUCTURE.search(v.value.data) or self._begins(v.value.data, name) for v in variables) else ()

    def _begins(self, value: bytes, own: str) -> bool:
        """`$(DOCKER_BUILD) --pull`: a value that begins with a command which stands in another variable."""
        first = references(value[:200].lstrip())[:1]
        alone = bool(first) and first[0].start == 0 and value.lstrip()[first[0].end :][:1] in BESIDE
        name = first[0].name if alone else ""
        if not name or name == own or (name, ()) in self._open or len(self._open) > DEEP:
            return False
        self._open.append((name, ()))
        found = self.inlined(name)
        self._open.pop()
        return bool(found)

    def _changes(self, value: bytes, at: int, depth: int, own: str = "") -> bool:
        """Whether a value that make takes at once, at `at`, holds a variable that has another value, or none, when a recipe runs."""
        for found in references(value):
            if found.name and found.name == own:
                continue  # `ARGS := $(ARGS) --pull`: what it was before is put in as well
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

    def since(self, name: str) -> float:
        """From where on this file has the variable, whatever is chosen."""
        return max((inf if p.variable.guarded or p.variable.targets else self._start(p) for p in self.family.all(name)), default=inf)

    def engine(self, name: str) -> bytes:
        """The value of a variable that holds a builder's command; `docker` here and `podman` there are the same in shape."""
        values = [program_of(p.variable.value.data.strip()) for p in self.family.all(name) if p.variable.op != "define"]
        return values[0] if values and all(v in _ENGINES for v in values) else b""


def either(variables: Sequence[Variable]) -> bool:
    """Whether there are several definitions, one of which is the variable's value."""
    return sum(v.op != "+=" for v in variables) > 1 or any(v.targets for v in variables)


class _Run:
    def __init__(self, speaker: Speaker, targets: tuple[str, ...]) -> None:
        self.speaker, self.targets = speaker, targets
        self.commas: list[Span] = []
        self.local: dict[str, tuple[str, ...]] = {}
        self.walked: set[bytes] = set()
        self.placed = False
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
            variables = self.speaker.inlined(found.name, self.targets)
            apart = self._apart(found, text)
            if variables and (apart or not either(variables)):
                self._inline(found.name, variables, depth, native, apart)
                return
        if found.name and found.name in self.open[-1:] and either(self.speaker.inlined(found.name, self.targets)):
            return  # `ARGS := $(ARGS) --pull`
        if found.name == "comma" and self.speaker.family.comma:
            self._put(Piece(b",", span.start, span.end))
            return
        if not found.name and depth < DEEP and (self._chosen(found, text, depth, native) or self._repeated(found, text, depth, native)):
            self.walked.add(found.inner)
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
        self.placed = self.placed or (not found.name and places(found.inner))
        self.masks.append((self.length, self.length + found.end - found.start))
        for piece in text.slice(found.start, found.end).pieces:
            self._put(piece)

    def _closed(self, found: Reference, text: LogicalText) -> bool:
        return text.data[found.start + 1 : found.start + 2] == b"(" and text.data[found.end - 1 : found.end] == b")"

    def _inline(self, name: str, variables: tuple[Variable, ...], depth: int, native: bool, apart: bool) -> None:
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
            lazy = native and variable.op in ("=", "?=", "+=")
            if either(variables) or (apart and variable.guarded and len(variables) > 1 and only_options(value.data)):
                self._perhaps(value, depth, lazy)
            else:
                self.walk(value, depth + 1, lazy)
        self.open.pop()

    def _perhaps(self, text: LogicalText, depth: int, native: bool) -> None:
        """Options that may be there."""
        start, end = text.start_of(0), text.end_of(len(text))
        self._put(Piece(PERHAPS, start, start))
        self.walk(text, depth + 1, native)
        self._put(Piece(ENDED, end, end))

    def _apart(self, found: Reference, text: LogicalText) -> bool:
        """Whether the reference is a word of its own, or several, outside of double quotes."""
        before = text.data[found.start - 1 : found.start] if found.start else self._last()
        after = text.data[found.end : found.end + 1]
        return self.quote != b'"' and before in (*BESIDE, b"'") and after in (*BESIDE, b"'")

    def _last(self) -> bytes:
        return b" " if not self.pieces or self.pieces[-1].data == PERHAPS else self.pieces[-1].data[-1:]

    def _chosen(self, found: Reference, text: LogicalText, depth: int, native: bool) -> bool:
        """`$(if $(T),--build-arg T=$(T))`: whether it was put in."""
        parts = arguments(text.data, found.start, found.end, b"if", 3)[1:]
        branches = [text.slice(p.start, p.end) for p in parts if p.end > p.start]
        if not any(self._passes(b.data) for b in branches) or not self._apart(found, text):
            return False
        if not all(only_options(b.data.strip()) for b in branches) or BUILDS.search(text.data[found.start : parts[0].start]):
            return False
        self.commas.append(text.span(*parts[0]))
        for branch in branches:
            end = branch.end_of(len(branch))
            self._perhaps(branch, depth, native)
            self._put(Piece(b" ", end, end))
        return True

    def _passes(self, data: bytes) -> bool:
        """Whether build args or secrets stand in the text, or in a variable that it names."""
        return PASSES.search(data) is not None or any(f.name and self.speaker.inlined(f.name, self.targets) for f in references(data))

    def _repeated(self, found: Reference, text: LogicalText, depth: int, native: bool) -> bool:
        """`$(foreach s,api web,docker build $(s);)`: whether its body was put in, once for all words."""
        parts = arguments(text.data, found.start, found.end, b"foreach", 3)
        if len(parts) != 3 or self.quote or not native:
            return False
        name, words, body = (text.data[p.start : p.end] for p in parts)
        variable = name.strip().decode("utf-8", "replace")
        if not repeats(body) or variable in self.local or self.speaker.family.all(variable) or BUILDS.search(words):
            return False
        values = self.speaker.family.values(words.strip(), {})
        self.local[variable] = tuple(dict.fromkeys(w for v in values or () for w in v.split()))
        self.walk(text.slice(parts[2].start, parts[2].end), depth + 1, native)
        return True

    def _engine(self, found: Reference, text: LogicalText) -> bytes:
        """`$(DOCKER) build`: the name says what it is, though its value is not known."""
        return b"" if not found.name or self.speaker.inlined(found.name) else engine_of(found.inner, text.data, found.end)

    def _dropped(self, found: Reference, text: LogicalText) -> bool:
        """`$(Q)docker build`, `docker $(BUILDX) build`: a prefix that makes the line quiet, or what changes nothing."""
        if self._buildx(found, text):
            return True
        if self.length or not found.name or text.data[: found.start].strip(b" \t@-+"):
            return False
        values = [p.variable.value.data.strip() for p in self.speaker.family.all(found.name)]
        if any(not _QUIET.fullmatch(v) for v in values):
            return False
        glued = found.end < len(text) and text.data[found.end] not in b" \t"
        return glued or bool(values)

    def _buildx(self, found: Reference, text: LogicalText) -> bool:
        values = [p.variable.value.data.strip() for p in self.speaker.family.all(found.name)] if "buildx" in found.name.lower() else []
        return bool(values) and all(v in (b"", b"buildx") for v in values) and text.data[found.end :].lstrip().startswith(b"build")

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

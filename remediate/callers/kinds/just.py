"""Justfiles: every line of a recipe is a shell of its own (a `#!` recipe one script), and just puts `{{T}}` in before that shell starts.

So the value has to be in the environment: that of just itself (`env('T')`), an `export`ed assignment, or a parameter written `$token`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence

from remediate.callers.kinds.just_family import family_of
from remediate.callers.kinds.just_host import JustHost
from remediate.callers.model import CallerFile, Job, Reading, Refused, Rewritten, Unread
from remediate.callers.repository import Repository
from remediate.callers.scripts import (
    BUILDS,
    SHELLS,
    Operand,
    Script,
    assigned,
    closing,
    read_scripts,
    rewrite_scripts,
    unread,
)
from remediate.formats.embedded import Embedded
from remediate.formats.just import Assignment, Line, Recipe, read_just
from remediate.formats.just_tokens import Interpolation, Token, interpolations
from remediate.model import Edit, NamedTuple, Span
from remediate.text import LogicalText, Piece, Source, late

_ENGINES = ("docker", "podman", "nerdctl", "buildah", "docker compose", "docker-compose", "docker buildx")
_ENGINE = late(rb"(?i)[\w-]*(docker|podman|container)[\w-]*")
_AFTER_ENGINE = late(rb"[ \t]+(?:buildx[ \t]|image[ \t]|builder[ \t]|build\b|compose[ \t])")


def read(file: CallerFile, repository: Repository) -> Reading:
    return _Just(file, repository).read()


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    return rewrite_scripts([s for s, _ in _Just(file, repository).texts], jobs, file.path)


class _Said(NamedTuple):
    text: LogicalText
    masks: tuple[tuple[int, int], ...]
    taken: tuple[Assignment, ...]
    hidden: tuple[Interpolation, ...]


class _Just:
    def __init__(self, file: CallerFile, repository: Repository) -> None:
        self.file = file
        self.just = read_just(file.data)
        self.known = family_of(file, self.just, repository)
        self.source = Source(file.data, file.path)
        self.unread: list[Unread] = []
        self.used: set[str] = set()
        self.texts = list(self._texts())

    def read(self) -> Reading:
        found = read_scripts([s for s, _ in self.texts], self.file.path, self.file.kind, data=self.file.data)
        for assignment in self.just.assignments:
            if not assignment.tokens or assignment.name in self.used:
                continue
            data = self.file.data[assignment.tokens[0].start : assignment.tokens[-1].end]
            if b"build-arg" in data:
                why = Refused("caller-arguments", "just puts the arguments together here", assignment.line)
                self.unread += unread(data, assignment.line, why)
        return found._replace(unread=(*found.unread, *self.unread))

    def _texts(self) -> Iterator[tuple[Script, JustHost]]:
        shell = self.known.shell
        for recipe in self.just.recipes:
            refused = None
            words = recipe.script.split() if recipe.script else [shell]
            if not any(w.rpartition("/")[2] in SHELLS for w in words):
                refused = Refused("caller-shell", "the recipe is not run by a POSIX shell", recipe.line)
            for line in recipe.body:
                if refused is not None and recipe.script:
                    if BUILDS.search(line.text.data):
                        self.unread += unread(line.text.data, line.line, refused._replace(line=line.line))
                    continue
                yield self._text(recipe, line, refused)

    def _text(self, recipe: Recipe, line: Line, refused: Refused | None) -> tuple[Script, JustHost]:
        said = self._said(line)
        for hidden in said.hidden:
            why = Refused("caller-arguments", "just puts the arguments together here", line.line)
            self.unread += unread(hidden.inner, line.line, why)
        self.used.update(a.name for a in said.taken)
        host = JustHost(self.known, self.file.path, recipe, self._folder(recipe), assigned(said.text.data))
        spans = tuple(Span(a.tokens[0].start, a.tokens[-1].end) for a in said.taken)
        here = Span(line.text.pieces[0].start, line.text.pieces[-1].end)
        adapt = _adapting(self.file.data, here, said.taken)
        inner = Embedded(said.text, _writer(bool(spans)))
        script = Script(inner, host, said.masks, "", spans, refused, adapt, argued=not recipe.script, line=line.line)
        return script, host

    def _folder(self, recipe: Recipe) -> str | None:
        folder = self.known.folder
        for attribute in recipe.attributes:
            if "no-cd" in attribute:
                return None
            if "working-directory" in attribute:
                words = [p for p in attribute.replace('"', "'").split("'") if p]
                if len(words) < 2 or folder is None:
                    return None
                folder = posixpath.normpath(posixpath.join(folder, words[1]))
        return folder

    def _said(self, line: Line) -> _Said:
        text, data = line.text, line.text.data
        pieces: list[Piece] = []
        masks: list[tuple[int, int]] = []
        taken: list[Assignment] = []
        hidden: list[Interpolation] = []
        at = length = 0
        for found in interpolations(data):
            new = list(text.slice(at, found.start).pieces)
            length += sum(len(p.data) for p in new)
            engine, assignment = self._engine(found, data), self._inlined(found)
            if engine:
                new.append(Piece(engine, *text.span(found.start, found.end)))
                length += len(engine)
            elif assignment is not None:
                taken.append(assignment)
                for piece, mask in _operand_pieces(self.file.data, assignment):
                    masks += [(length, length + len(piece.data))] if mask else []
                    new.append(piece)
                    length += len(piece.data)
            else:
                hidden += [found] if BUILDS.search(found.inner) else []
                masks.append((length, length + found.end - found.start))
                new += text.slice(found.start, found.end).pieces
                length += found.end - found.start
            pieces += new
            at = found.end
        pieces += text.slice(at, len(text)).pieces
        return _Said(LogicalText(pieces), tuple(masks), tuple(taken), tuple(hidden))

    def _engine(self, found: Interpolation, data: bytes) -> bytes:
        """`{{docker}} build`: the value says which builder it is, or the name does."""
        _, assignment = self.known.assignments.get(found.inner.decode("utf-8", "replace"), ("", None))
        value = self.known.value(assignment.tokens, frozenset()) if assignment is not None else None
        if value in _ENGINES:
            return value.encode() if value else b""
        if not _AFTER_ENGINE.match(data, found.end) or value is not None:
            return b""
        match = _ENGINE.fullmatch(found.inner)
        return b"" if match is None else b"podman" if match.group(1).lower() == b"podman" else b"docker"

    def _inlined(self, found: Interpolation) -> Assignment | None:
        """An assignment of this file that holds arguments: strings, joined by `+`."""
        path, assignment = self.known.assignments.get(found.inner.decode("utf-8", "replace"), ("", None))
        if assignment is None or path != self.file.path or not assignment.tokens:
            return None
        strings = [t for t in assignment.tokens if t.kind == "string"]
        if not strings or assignment.tokens[0].kind != "string" or any(b"\\" in self.file.data[t.start : t.end] for t in strings):
            return None
        first = strings[0].value.lstrip()
        if not first.startswith("-") and not any("build-arg" in t.value for t in strings):
            return None
        return assignment if _operands(self.file.data, assignment) is not None else None


def _operands(data: bytes, assignment: Assignment) -> list[Operand] | None:
    """The parts between the `+` of an expression, None when it is more than that."""
    groups: list[list[Token]] = [[]]
    depth = 0
    for token in assignment.tokens:
        depth += (token.kind == "(") - (token.kind == ")")
        if token.kind == "+" and depth == 0:
            groups.append([])
        elif token.kind in ("{", "/", "==", "!=", "=~") and depth == 0:
            return None
        else:
            groups[-1].append(token)
    out: list[Operand] = []
    for group in groups:
        if not group:
            return None
        start, end = group[0].start, group[-1].end
        if len(group) == 1 and group[0].kind == "string":
            quote = data[start : start + 3] if data[start : start + 3] in (b"'''", b'"""') else data[start : start + 1]
            out.append(Operand(start + len(quote), end - len(quote), quote))
        else:
            out.append(Operand(start, end))
    return out


def _operand_pieces(data: bytes, assignment: Assignment) -> Iterator[tuple[Piece, bool]]:
    for operand in _operands(data, assignment) or ():
        yield Piece(data[operand.start : operand.end], operand.start, operand.end), not operand.quote


def _adapting(data: bytes, here: Span, taken: Sequence[Assignment]) -> Callable[[Edit], Edit | None]:
    """An edit lies in the recipe's own text, or in one assignment whose value was put in."""
    regions = [(Span(a.tokens[0].start, a.tokens[-1].end), tuple(_operands(data, a) or ())) for a in taken]

    def adapt(edit: Edit) -> Edit | None:
        if here.start <= edit.span.start <= edit.span.end <= here.end:
            return edit
        for span, operands in regions:
            if span.start <= edit.span.start <= edit.span.end <= span.end:
                return closing(edit, operands)
        return None

    return adapt


def _writer(in_string: bool) -> Callable[[bytes], bytes | None]:
    """How shell text is written in a recipe, or in a string of an assignment."""

    def written(new: bytes) -> bytes | None:
        if b"\n" in new or b"{{" in new or (in_string and set(new) & set(b"\"'\\")):
            return None
        return new

    return written

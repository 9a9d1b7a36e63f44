"""Justfiles: every line of a recipe is a shell of its own (a `#!` recipe one script), and just puts `{{T}}` in before that shell starts.

So the value has to be in the environment: that of just itself (`env('T')`), an `export`ed assignment, or a parameter written `$token`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence

from remediate.callers.kinds.just_family import family_of
from remediate.callers.kinds.just_host import JustHost
from remediate.callers.kinds.just_text import Said, Values, adapting, say
from remediate.callers.model import CallerFile, Job, Reading, Refused, Rewritten, Unread
from remediate.callers.repository import Repository
from remediate.callers.scripts import BUILDS, SHELLS, Script, assigned, read_scripts, rewrite_scripts, unread
from remediate.formats.embedded import Embedded
from remediate.formats.just import Line, Recipe, read_just
from remediate.formats.just_tokens import Interpolation, Token
from remediate.model import NamedTuple, Span
from remediate.text import Source, late

_ENGINES = ("docker", "podman", "nerdctl", "buildah", "docker compose", "docker-compose", "docker buildx")
_ENGINE = late(rb"(?i)[\w-]*(docker|podman|container)[\w-]*")
_AFTER_ENGINE = late(rb"[ \t]+(?:buildx[ \t]|image[ \t]|builder[ \t]|build\b|compose[ \t])")


def read(file: CallerFile, repository: Repository) -> Reading:
    return _Just(file, repository).read()


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    return rewrite_scripts([s for s, _ in _Just(file, repository).texts], jobs, file.path)


class _Row(NamedTuple):
    """A text of a recipe, as its shell sees it."""

    recipe: Recipe
    line: Line
    said: Said
    refused: Refused | None


class _Just:
    def __init__(self, file: CallerFile, repository: Repository) -> None:
        self.file, self.repository = file, repository
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
            self._unread(assignment.tokens, assignment.line)
        for recipe in self.just.recipes:
            self._unread(recipe.header, recipe.line)
        return found._replace(unread=(*found.unread, *self.unread))

    def _unread(self, parts: Sequence[Token], line: int) -> None:
        """Build args in an expression that no recipe was seen to take in."""
        data = self.file.data[parts[0].start : parts[-1].end] if parts else b""
        if b"build-arg" in data:
            self.unread += unread(data, line, Refused("caller-arguments", "just puts the arguments together here", line))

    def _texts(self) -> Iterator[tuple[Script, JustHost]]:
        values = Values(self.file.data, {n: a for n, (p, a) in self.known.assignments.items() if p == self.file.path})
        rows = list(self._rows(values))
        self.used.update(a.name for row in rows for a in row.said.taken)
        loose = self._loose(rows)
        for row in rows:
            shared = next((a for a in row.said.taken if a.name in loose), None)
            why = Refused("caller-shared", f"{shared.name} is used elsewhere, too", shared.line) if shared is not None else None
            if row.said.placed:
                why = Refused("caller-which-file", "just chooses the Dockerfile here", row.line.line)
            yield self._text(row, row.refused or why)

    def _rows(self, values: Values) -> Iterator[_Row]:
        for recipe in self.just.recipes:
            refused = None
            words = recipe.script.split() if recipe.script else [self.known.shell]
            if not any(w.rpartition("/")[2] in SHELLS for w in words):
                refused = Refused("caller-shell", "the recipe is not run by a POSIX shell", recipe.line)
            for line in recipe.body:
                if refused is not None and recipe.script:
                    if BUILDS.search(line.text.data):
                        self.unread += unread(line.text.data, line.line, refused._replace(line=line.line))
                    continue
                said = say(line.text, values, frozenset(p.name for p in recipe.parameters), self._engine)
                for hidden in said.hidden:
                    why = Refused("caller-arguments", "just puts the arguments together here", line.line)
                    self.unread += unread(hidden.inner, line.line, why)
                yield _Row(recipe, line, said, refused)

    def _loose(self, rows: Sequence[_Row]) -> frozenset[str]:
        """The names whose value goes where it is not followed: into another expression, the environment, another file."""
        out = {n for row in rows for n in row.said.loose}
        out |= {t.value for a in self.just.assignments if a.name not in self.used for t in a.tokens if t.kind == "name"}
        out |= {t.value for r in self.just.recipes for t in r.header if t.kind == "name"}
        out |= {a.name for a in self.just.assignments if a.exported or self.known.exports_all}
        for path in self.repository.paths():
            name = posixpath.basename(path).lower()
            if path != self.file.path and (name.endswith(".just") or name.lstrip(".") == "justfile"):
                data = self.repository.read(path) or b""
                if self.just.imports or b"import" in data:
                    out |= {n for n in self.used if re.search(rb"(?<![\w-])" + n.encode() + rb"(?![\w-])", data)}
        return frozenset(out)

    def _text(self, row: _Row, refused: Refused | None) -> tuple[Script, JustHost]:
        recipe, line, said = row.recipe, row.line, row.said
        host = JustHost(self.known, self.file.path, recipe, self._folder(recipe), assigned(said.text.data))
        spans = tuple(Span(a.tokens[0].start, a.tokens[-1].end) for a in said.taken)
        here = Span(line.text.pieces[0].start, line.text.pieces[-1].end)
        inner = Embedded(said.text, _writer(bool(spans)))
        script = Script(inner, host, said.masks, "", spans, refused, adapting(said, here), argued=not recipe.script, line=line.line)
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


def _writer(in_string: bool) -> Callable[[bytes], bytes | None]:
    """How shell text is written in a recipe, or in a string of an assignment."""

    def written(new: bytes) -> bytes | None:
        if b"\n" in new or b"{{" in new or (in_string and set(new) & set(b"\"'\\")):
            return None
        return new

    return written

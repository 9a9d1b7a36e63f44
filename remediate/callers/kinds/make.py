"""Makefiles: every recipe line is a shell of its own, and make expands `$(T)` before that shell starts.

So a value may not be put before the command (`T=$(T) docker build` would stand in the shell's own argument list): the variable has to
be exported. make exports by itself what comes from its environment or its command line; what the Makefile assigns needs `export`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.callers.kinds.make_family import called, family_of
from remediate.callers.kinds.make_host import MakeHost
from remediate.callers.kinds.make_parts import COMMA, Said, first_statement, with_commas, writer
from remediate.callers.kinds.make_text import Speaker
from remediate.callers.model import CallerFile, FileEdit, Job, JobRefused, Reading, Refused, Rewritten, Unread
from remediate.callers.repository import Repository
from remediate.callers.scripts import BUILDS, SHELLS, Script, assigned, read_scripts, rewrite_scripts, unread
from remediate.formats.embedded import Embedded
from remediate.formats.make import Makefile, Recipe, read_make, recipe_lines
from remediate.formats.make_lines import Reference, references
from remediate.model import Edit, NamedTuple, Span
from remediate.text import LogicalText, Piece, Source, late

_HARMLESS = (b"info", b"warning", b"error", b"shell", b"strip", b"origin", b"flavor")
_COMMAND = late(rb"\b(?:build|bud)\b")
_FINDING = ("env", "$(shell", "which", "command")  # `SHELL = /usr/bin/env bash -o pipefail`, `$(shell which bash)`


def read(file: CallerFile, repository: Repository) -> Reading:
    return _Make(file, repository).read()


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    make = _Make(file, repository)
    done = rewrite_scripts([t.script for t in make.texts], jobs, file.path)
    used = [e.edit.span.start for e in done.edits if COMMA in e.edit.text]
    if not used or (make.family.comma and make.speaker.since("comma") < min(used)):
        return done
    at = first_statement(file.data)
    comma = FileEdit(file.path, Edit(Span(at, at), b"comma := ," + make.source.newline))
    if make.family.all("comma"):
        why = Refused("caller-arguments", "a comma in an argument of a function of make needs a variable that is free here")
        return Rewritten((), tuple(JobRefused(n, m.spec.id, why._replace(line=j.build.line)) for n, j in enumerate(jobs) for m in j.moves))
    return done._replace(edits=(comma, *done.edits))


class _Text(NamedTuple):
    """One recipe as the shell gets it."""

    script: Script
    host: MakeHost
    said: Said


_Row = tuple[LogicalText, dict[str, tuple[str, ...]], dict[str, bytes], tuple[str, ...]]


class _Make:
    def __init__(self, file: CallerFile, repository: Repository) -> None:
        self.file = file
        self.make: Makefile = read_make(file.data)
        self.family = family_of(file, repository)
        self.speaker = Speaker(self.family, file.path)
        self.source = Source(file.data, file.path)
        self.sources = {m.path: repository.read(m.path) or b"" for m in self.family.members} | {file.path: file.data}
        self.references, self.functions = self._functions()
        self.calls: dict[str, list[list[bytes]]] = {}
        for reference in self.references:
            if reference.inner.startswith(b"call "):
                self.calls.setdefault(called(reference), []).append(reference.inner.split(b","))
        self.evaluations = b"\n".join(r.inner for r in self.references if r.inner.startswith(b"eval"))
        self.partial = self._partial()
        self.refused = self._refused()
        rows = [(text, local, given, self.speaker.say(text, targets)) for text, local, given, targets in self._recipes()]
        self.walked = frozenset(w for row in rows for w in row[3].walked)
        self.texts = [self._text(*row) for row in rows]

    def read(self) -> Reading:
        found = read_scripts([t.script for t in self.texts], self.file.path, self.file.kind, data=self.file.data)
        return found._replace(unread=(*found.unread, *self._unread()))

    def _refused(self) -> Refused | None:
        """What stands against every build of the file."""
        if self.make.foreign:
            return Refused("caller-format", "the Makefile is written for another make than GNU's", self.make.foreign)
        for one in self.family.all("SHELL"):
            words = one.variable.value.data.decode("utf-8", "replace").strip(" ()").split()
            names = [w.rpartition("/")[2] for w in words if not w.startswith("-")]
            names = [n for n in names if n not in _FINDING]
            if names and names[0] not in SHELLS:
                return Refused("caller-shell", "SHELL names another shell", one.variable.line)
        return None

    def _recipes(self) -> list[_Row]:
        """Every text that a shell gets, in the order of the file, with the values of its local variables, and its targets."""
        rows: list[_Row] = []
        for rule in self.make.rules:
            plain = tuple(t for t in rule.targets if "%" not in t and "$" not in t)
            local = {"@": plain} if plain and len(plain) == len(rule.targets) else {}
            rows += [(text, dict(local), {}, rule.targets) for text in self._joined(rule.recipes)]
        for variable in self.make.variables:
            if variable.op == "define" and not self._evaluated(variable.name):
                known = self._arguments(variable.name), self._given(variable.name)
                rows += [(r.text, *known, ()) for r in recipe_lines(variable)]
        return sorted(rows, key=lambda r: r[0].start_of(0))

    def _joined(self, recipes: Sequence[Recipe]) -> Iterator[LogicalText]:
        if not self.family.oneshell or not recipes:
            yield from (r.text for r in recipes)
            return
        pieces: list[Piece] = []
        for recipe in recipes:
            end = recipe.text.pieces[-1].end
            pieces += [*recipe.text.pieces, Piece(b"\n", end, end + (self.file.data[end : end + 1] == b"\n"))]
        yield LogicalText(pieces)

    def _text(self, text: LogicalText, local: dict[str, tuple[str, ...]], given: dict[str, bytes], said: Said) -> _Text:
        own = assigned(said.text.data)
        host = MakeHost(self.family, self.sources, {**local, **said.local}, own, given)
        here = Span(text.pieces[0].start, text.pieces[-1].end)
        regions = (here, *said.taken)

        def adapt(edit: Edit) -> Edit | None:
            inside = any(r.start <= edit.span.start <= edit.span.end <= r.end for r in regions)
            return with_commas(edit, said.commas) if inside else None

        known = tuple(said.text.data[a:b] for a, b in said.masks)
        same = frozenset(k for k in known if host.resolve(k.decode("utf-8", "replace")) is not None)
        inner = Embedded(said.text, writer(bool(said.taken), frozenset(known), same))
        refused = self.refused or self._shared(said)
        script = Script(inner, host, said.masks, "", said.taken, refused, adapt, argued=True, line=self.source.line_of(here.start))
        return _Text(script, host, said)

    def _evaluated(self, name: str) -> bool:
        """Whether a `define` is something else than a list of commands: a template for rules, or a part of a command."""
        return name.encode() in self.evaluations or name in self.partial

    def _partial(self) -> frozenset[str]:
        """The names of variables that stand in a line together with something else, or in another variable."""
        out: set[str] = set()
        for rule in self.make.rules:
            for recipe in rule.recipes:
                data = recipe.text.data.strip()
                for found in references(data):
                    if (found.start, found.end) != (0, len(data)):
                        out.add(called(found))
        for variable in self.make.variables:
            if variable.op != "define":
                out |= {called(found) for found in references(variable.value.data)}
        return frozenset(out)

    def _shared(self, said: Said) -> Refused | None:
        """A variable that is put in here, and goes where it is not seen: to a function, or by the environment to another program."""
        others = [d for p, d in self.sources.items() if p != self.file.path]
        for name in said.names:
            marks = (f"$({name})".encode(), f"${{{name}}}".encode())
            if any(m in data for data in others for m in marks):
                return Refused("caller-shared", f"the variable {name} is used in another file, too")
            if self.family.exported(name) or any(m in inner for inner in self.functions - self.walked for m in marks):
                return Refused("caller-shared", f"the variable {name} is used elsewhere, too")
        if said.hidden and _COMMAND.search(said.text.data):
            return Refused("caller-arguments", "make puts the arguments together here", self.source.line_of(said.hidden[0][0]))
        if said.placed:
            return Refused("caller-which-file", "make chooses the Dockerfile here")
        if said.sudo:
            return Refused("caller-remote", "the variable that runs the build may hold sudo, which empties the environment")
        return None

    def _arguments(self, name: str) -> dict[str, tuple[str, ...]]:
        """The values of `$(1)`... at all calls, as far as they are plain."""
        found: dict[str, list[str]] = {}
        broken: set[str] = set()
        for words in self.calls.get(name, ()):
            for number, word in enumerate(words[1:], 1):
                values = self.family.values(word.strip(), {})
                if values is None:
                    broken.add(str(number))
                found.setdefault(str(number), []).extend(values or ())
        return {k: tuple(dict.fromkeys(v)) for k, v in found.items() if k not in broken}

    def _given(self, name: str) -> dict[str, bytes]:
        """The arguments that all calls give in the same words: `$(1)` is `$(NPM_TOKEN)` in each."""
        calls = self.calls.get(name, [])
        if any(b"call " in d and name.encode() in d for p, d in self.sources.items() if p != self.file.path):
            return {}
        out: dict[str, bytes] = {}
        for number in range(1, max(map(len, calls), default=1)):
            words = {c[number].strip() if number < len(c) else b"" for c in calls}
            if len(words) == 1:
                out[str(number)] = words.pop()
        return out

    def _functions(self) -> tuple[tuple[Reference, ...], frozenset[bytes]]:
        """The calls of `call` and `eval` in all of the file, and the texts of all functions but those that only print or test."""
        recipes = (r.text for rule in self.make.rules for r in rule.recipes)
        texts = [*self.make.others, *(v.value for v in self.make.variables), *recipes]
        out: list[Reference] = []
        inner: set[bytes] = set()
        waiting = [(t.data, 0) for t in texts]
        while waiting:
            data, depth = waiting.pop()
            for found in references(data):
                out += [found] if found.inner.startswith((b"call ", b"eval ", b"eval$")) else []
                inner |= {found.inner} if not found.name and not found.inner.startswith(_HARMLESS) else set()
                if not found.name and depth < 6:
                    waiting.append((found.inner, depth + 1))
        return tuple(out), frozenset(inner)

    def _unread(self) -> Iterator[Unread]:
        """Build args, and builds, that stand where no shell text was read: in functions, templates, variables that are not followed."""
        names = frozenset(n for t in self.texts for n in t.said.names)
        for text in self.texts:
            for start, inner in text.said.hidden:
                yield from (u for u in self._hidden(start, inner) if u.name or not text.script.refused)
        for variable in self.make.variables:
            data = variable.value.data
            if variable.op == "define":
                hidden = self._evaluated(variable.name) and BUILDS.search(data) is not None
            else:
                hidden = variable.name not in names and b"build-arg" in data
            if hidden:
                yield from self._hidden(variable.value.start_of(0), data)
        for other in self.make.others:
            for found in references(other.data):
                if not found.name and BUILDS.search(found.inner):
                    yield from self._hidden(other.start_of(found.start), found.inner)

    def _hidden(self, start: int, data: bytes) -> tuple[Unread, ...]:
        line = self.source.line_of(start)
        return unread(data, line, Refused("caller-arguments", "make puts the arguments together here", line))

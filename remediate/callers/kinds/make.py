"""Makefiles: every recipe line is a shell of its own, and make expands `$(T)` before that shell starts.

So a value may not be put before the command (`T=$(T) docker build` would stand in the shell's own argument list): the variable has to
be exported. make exports by itself what comes from its environment or its command line; what the Makefile assigns needs `export`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from remediate.callers.kinds.make_family import Family, Placed, called, family_of, is_makefile, only_shell
from remediate.callers.kinds.make_text import Said, Speaker, writer
from remediate.callers.model import CallerFile, FileEdit, Job, Reading, Refused, Rewritten, Unread
from remediate.callers.repository import Repository
from remediate.callers.scripts import BUILDS, BURNT, SHELLS, Carrier, Script, assigned, is_env_name, read_scripts, rewrite_scripts, unread
from remediate.formats.embedded import Embedded
from remediate.formats.make import Include, Makefile, Recipe, read_make, recipe_lines
from remediate.formats.make_lines import Reference, references
from remediate.model import Edit, NamedTuple, Span
from remediate.text import LogicalText, Piece, Source, late

_HARMLESS = (b"info", b"warning", b"error", b"shell", b"if", b"strip", b"origin", b"flavor")
_COMMAND = late(rb"\b(?:build|bud)\b")
_FINDING = ("env", "$(shell", "which", "command")  # `SHELL = /usr/bin/env bash -o pipefail`, `$(shell which bash)`
_SHELL_VALUE = (b"shell", b"call", b"eval", b"foreach", b"file")


def read(file: CallerFile, repository: Repository) -> Reading:
    return _Make(file, repository).read()


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    return rewrite_scripts([t.script for t in _Make(file, repository).texts], jobs, file.path)


class MakeHost(Carrier):
    """A recipe line. `local` are the values of `$@`, `$(1)` there; `own` the shell variables that the line assigns itself.

    `sources` are the contents of the family's files.
    """

    def __init__(self, family: Family, sources: Mapping[str, bytes], local: Mapping[str, tuple[str, ...]], own: frozenset[str]) -> None:
        super().__init__()
        self.family, self.sources, self.local, self.own = family, sources, local, own

    @property
    def folder(self) -> str | None:
        return self.family.folder

    def exported(self, name: str) -> bool:
        """A recipe's shell has make's environment."""
        return name not in self.own and name not in self.family.unexports and is_env_name(name)

    def resolve(self, text: str) -> tuple[str, ...] | None:
        if is_env_name(text[1:]) and len(text) > 2:  # a variable of the shell
            return self.family.values(f"$({text[1:]})".encode(), {}) if self.family.exported(text[1:]) else None
        return self.family.values(text.encode("utf-8", "surrogateescape"), self.local)

    def carry(self, name: str, template: str) -> str | None:
        data = template.encode("utf-8", "surrogateescape")
        found = references(data)
        if len(found) != 1 or (found[0].start, found[0].end) != (0, len(data)):
            return None
        variable = found[0].name
        if not is_env_name(variable) or variable in self.local or variable in self.own or variable in self.family.unexports:
            return None
        return variable if self._export(variable) else None

    def _export(self, name: str) -> bool:
        defined = self.family.all(name)
        if self.family.evaluates(name):
            return False
        if not defined and (not self.family.unknown or self.family.exported(name)):
            self._remark_on_includes(name)
            return True  # from the environment or from make's command line: exported by make itself
        if not defined:
            return self._export_included(name)
        if not all(self._as_is(one) for one in defined):
            return False
        if any(p.variable.value.data.strip() and not references(p.variable.value.data) for p in defined):
            self.remarks.append(BURNT.format(name))
        if self.family.exported(name) or all(p.variable.op == "?=" and not p.variable.value.data.strip() for p in defined):
            return True
        for one in defined:
            start = one.variable.start
            if is_makefile(one.path):
                self.edits.append(FileEdit(one.path, Edit(Span(start, start), b"export ")))
            elif not self._export_behind(name, self.family.includes(one.path)):
                return False
        return True

    def _as_is(self, one: Placed) -> bool:
        """Whether the exported value is what the shell made of `$(T)`: quotes would be taken away there, but not here."""
        value = one.variable.value.data
        if one.variable.op == "define" or set(value) & set(b"\"'\\`\n;&|<>"):
            return one.variable.op in (":=", "!=") and only_shell(value)
        if one.variable.op in (":=", "!="):
            return b"$$" not in value or only_shell(value)
        return b"$$" not in value and not self._runs(value, 0)

    def _runs(self, value: bytes, depth: int) -> bool:
        """A recursive variable that runs a program: exported, it would run it for every command of every recipe."""
        for found in references(value):
            if found.inner.split(b" ")[0] in _SHELL_VALUE or depth > 8:
                return True
            if any(self._runs(p.variable.value.data, depth + 1) for p in self.family.all(found.name) if p.variable.op in ("=", "?=", "+=")):
                return True
        return False

    def _export_included(self, name: str) -> bool:
        """The variable may come from an included file that is not at hand (`.env`): an `export` after the include reaches it."""
        self._remark_on_includes(name)
        return self._export_behind(name, self.family.unknown[-1:])

    def _export_behind(self, name: str, includes: Sequence[tuple[str, Include]]) -> bool:
        """An `export` behind an include: files such as `.env` have other readers, and often are no part of the repository."""
        if not includes or (data := self.sources.get(includes[-1][0])) is None:
            return False
        path, include = includes[-1]
        newline = Source(data, path).newline
        indent = data[include.start : include.end]
        indent = indent[: len(indent) - len(indent.lstrip(b" \t"))]
        start = b"" if data[: include.end].endswith(b"\n") else newline
        line = start + indent + b"export " + name.encode() + newline
        edit = FileEdit(path, Edit(Span(include.end, include.end), line))
        self.edits += [edit] if edit not in self.edits else []
        return True

    def _remark_on_includes(self, name: str) -> None:
        if self.family.unknown:
            self.remarks.append(
                f"if an included file such as .env puts quotes around the value of {name}, take them away: make exports them too"
            )


class _Text(NamedTuple):
    """One recipe as the shell gets it."""

    script: Script
    host: MakeHost
    said: Said


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
        self.texts = [self._text(*parts) for parts in self._recipes()]

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

    def _recipes(self) -> list[tuple[LogicalText, dict[str, tuple[str, ...]]]]:
        """Every text that a shell gets, in the order of the file, with the values of its local variables."""
        rows: list[tuple[LogicalText, dict[str, tuple[str, ...]]]] = []
        for rule in self.make.rules:
            plain = tuple(t for t in rule.targets if "%" not in t and "$" not in t)
            local = {"@": plain} if plain and len(plain) == len(rule.targets) else {}
            rows += [(text, dict(local)) for text in self._joined(rule.recipes)]
        for variable in self.make.variables:
            if variable.op == "define" and not self._evaluated(variable.name):
                rows += [(r.text, self._arguments(variable.name)) for r in recipe_lines(variable)]
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

    def _text(self, text: LogicalText, local: dict[str, tuple[str, ...]]) -> _Text:
        said = self.speaker.say(text)
        own = assigned(said.text.data)
        host = MakeHost(self.family, self.sources, local, own)
        here = Span(text.pieces[0].start, text.pieces[-1].end)
        regions = (here, *said.taken)

        def adapt(edit: Edit) -> Edit | None:
            inside = any(r.start <= edit.span.start <= edit.span.end <= r.end for r in regions)
            return edit if inside else None

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
        for name in said.names:
            marks = (f"$({name})".encode(), f"${{{name}}}".encode())
            if self.family.exported(name) or any(m in inner for inner in self.functions for m in marks):
                return Refused("caller-shared", f"the variable {name} is used elsewhere, too")
        if said.hidden and _COMMAND.search(said.text.data):
            return Refused("caller-arguments", "make puts the arguments together here", self.source.line_of(said.hidden[0][0]))
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

"""What a recipe of a Makefile knows: its environment, and how a value of make gets there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from remediate.callers.kinds.make_family import Family, Placed, is_makefile, only_shell
from remediate.callers.model import FileEdit
from remediate.callers.scripts import BURNT, Carrier, is_env_name
from remediate.formats.make import Include
from remediate.formats.make_lines import references
from remediate.model import Edit, Span
from remediate.text import Source

_SHELL_VALUE = (b"shell", b"call", b"eval", b"foreach", b"file")


class MakeHost(Carrier):
    """A recipe line. `local` are the values of `$@`, `$(1)` there; `own` the shell variables that the line assigns itself.

    `sources` are the contents of the family's files; `given` is what each call gives for `$(1)`, as written.
    """

    def __init__(
        self, family: Family, sources: Mapping[str, bytes], local: Mapping[str, tuple[str, ...]], own: frozenset[str],
        given: Mapping[str, bytes],
    ) -> None:  # fmt: skip
        super().__init__()
        self.family, self.sources, self.local, self.own, self.given = family, sources, local, own, given

    @property
    def folder(self) -> str | None:
        return self.family.folder

    def exported(self, name: str) -> bool:
        """A recipe's shell has make's environment."""
        return name not in self.own and name not in self.family.unexports and is_env_name(name)

    def resolve(self, text: str) -> tuple[str, ...] | None:
        if is_env_name(text[1:]) and len(text) > 2:  # a variable of the shell
            return self.family.values(f"$({text[1:]})".encode(), {}) if self.family.exported(text[1:]) else None
        return self.family.values(text.encode("utf-8", "surrogateescape"), self.local) or None

    def carry(self, name: str, template: str) -> str | None:
        data = template.encode("utf-8", "surrogateescape")
        found = references(data)
        if len(found) != 1 or (found[0].start, found[0].end) != (0, len(data)):
            return None
        variable = found[0].name
        if variable.isdigit() and variable in self.given and not self._of_call(self.given[variable]):
            return self.carry(name, self.given[variable].decode("utf-8", "surrogateescape"))
        if not is_env_name(variable) or variable in self.local or variable in self.own or variable in self.family.unexports:
            return None
        return variable if self._export(variable) else None

    def _of_call(self, word: bytes) -> bool:
        """`$(call image,$(1))`: an argument of what is around."""
        return any(f.name.isdigit() for f in references(word))

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

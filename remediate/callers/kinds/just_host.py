"""What a recipe of a justfile knows: its environment, and how a value of just gets there."""

from __future__ import annotations

from itertools import product

from remediate.callers.kinds.just_family import Known
from remediate.callers.model import FileEdit
from remediate.callers.scripts import (
    BURNT,
    Carrier,
    is_env_name,
)
from remediate.formats.just import Parameter, Recipe
from remediate.formats.just_tokens import Token, interpolations, tokens
from remediate.model import Edit, Span

MOST_VALUES = 64
_ENV_CALLS = ("env", "env_var", "env_var_or_default")


class JustHost(Carrier):
    """One recipe. `own` are the shell variables that its text assigns."""

    def __init__(self, known: Known, path: str, recipe: Recipe, folder: str | None, own: frozenset[str]) -> None:
        super().__init__()
        self.known, self.path, self.recipe, self._folder, self.own = known, path, recipe, folder, own

    @property
    def folder(self) -> str | None:
        return self._folder

    def exported(self, name: str) -> bool:
        """A recipe has just's environment, with `.env` when that is loaded."""
        return is_env_name(name) and name not in self.own and name not in self.known.unexports

    def resolve(self, text: str) -> tuple[str, ...] | None:
        data = text.encode("utf-8", "surrogateescape")
        parts: list[tuple[str, ...]] = []
        at = 0
        for found in interpolations(data):
            values = self._values(found.inner)
            if values is None:
                return None
            parts += [(data[at : found.start].decode("utf-8", "replace"),), values]
            at = found.end
        parts.append((data[at:].decode("utf-8", "replace"),))
        return tuple("".join(p) for p in product(*parts))[:MOST_VALUES]

    def _values(self, inner: bytes) -> tuple[str, ...] | None:
        value = self.known.value(tokens(inner, 0, len(inner)), frozenset(p.name for p in self.recipe.parameters))
        return None if value is None else (value,)

    def carry(self, name: str, template: str) -> str | None:
        inner = template.strip()
        if inner.startswith("{{") and inner.endswith("}}"):
            inner = inner[2:-2]
        data = inner.encode("utf-8", "surrogateescape")
        return self._carry(tokens(data, 0, len(data)))

    def _carry(self, found: tuple[Token, ...]) -> str | None:
        if variable := environment_name(found):
            return self._outer(variable)
        if len(found) == 4 and found[0].value == "quote":
            found = found[2:3]
        if len(found) != 1 or found[0].kind != "name" or not is_env_name(found[0].value):
            return None
        name = found[0].value
        if name in self.own or name in self.known.unexports:
            return None
        for parameter in self.recipe.parameters:
            if parameter.name == name:
                return self._parameter(parameter)
        return self._assignment(name)

    def _outer(self, variable: str) -> str | None:
        """A variable of just's own environment, when a recipe has the same."""
        if not is_env_name(variable) or variable in self.own or variable in self.known.unexports:
            return None
        if any(p.name == variable and (p.exported or self.known.exports_all) for p in self.recipe.parameters):
            return None
        _, own = self.known.assignments.get(variable, ("", None))
        exported = own is not None and (own.exported or self.known.exports_all)
        return None if exported and own is not None and environment_name(own.tokens) != variable else variable

    def _parameter(self, parameter: Parameter) -> str | None:
        if parameter.variadic:
            return None
        if not parameter.exported and not self.known.exports_all:
            self.edits.append(FileEdit(self.path, Edit(Span(parameter.start, parameter.start), b"$")))
        self.remarks.append(f"the value of {parameter.name} still comes on the command line of just: take it from env(...) when you can")
        return parameter.name

    def _assignment(self, name: str) -> str | None:
        path, assignment = self.known.assignments.get(name, ("", None))
        if assignment is None:
            return None
        if variable := environment_name(assignment.tokens):
            return self._outer(variable)
        value = self.known.value(assignment.tokens, frozenset())
        if value is not None and set(value) & set("\"'\\$` \t\n;&|<>"):
            return None  # the shell takes quotes away, the environment does not
        if value:
            self.remarks.append(BURNT.format(name))
        if not assignment.exported and not self.known.exports_all:
            self.edits.append(FileEdit(path, Edit(Span(assignment.start, assignment.start), b"export ")))
        return name


def environment_name(found: tuple[Token, ...]) -> str:
    """The variable that `env('X')` (with no default but an empty one) reads, "" for anything else."""
    if len(found) not in (4, 6) or found[0].value not in _ENV_CALLS or found[2].kind != "string":
        return ""
    return found[2].value if len(found) == 4 or (found[4].kind == "string" and not found[4].value) else ""

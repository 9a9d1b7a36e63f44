"""What a step of a pipeline knows: its environment, and which of Groovy's values are there under which name."""

from __future__ import annotations

from remediate.callers.kinds.jenkins_scope import Scopes
from remediate.callers.scripts import (
    Carrier,
    is_env_name,
)
from remediate.formats.groovy import plain_text, string_text
from remediate.text import late

_GLOBAL = late(r"[A-Z][A-Z0-9_]*")


class JenkinsHost(Carrier):
    """One step. `own` are the shell variables that its text assigns; `failed` the values that could not be handed over."""

    def __init__(self, scopes: Scopes, index: int, folder: str | None, own: frozenset[str]) -> None:
        super().__init__()
        self.scopes, self.index, self._folder, self.own = scopes, index, folder, own
        self.around = scopes.environment(index)
        self.failed: list[tuple[str, str]] = []

    @property
    def folder(self) -> str | None:
        return self._folder

    def exported(self, name: str) -> bool:
        """A step has the environment of the build: parameters, credentials, what the agent gives."""
        return is_env_name(name) and name not in self.own

    def resolve(self, text: str) -> tuple[str, ...] | None:
        name = expression_of(text)
        if name.removeprefix("env.") == "WORKSPACE":
            return (".",) if self._folder == "." else None
        value = self._value(name, 0)
        return (value,) if value is not None else None

    def _value(self, name: str, depth: int) -> str | None:
        found = self.scopes.defined(name, self.index)
        if not found:
            plain = name.removeprefix("env.")
            return self.scopes.environment_text(self.index, plain) if plain not in self.scopes.own else None
        groovy = self.scopes.groovy
        if len(found) != 1 or found[0].adds or len(found[0].tokens) != 1 or depth > 4:
            return None
        return plain_text(groovy.data, groovy.tokens[found[0].tokens[0]])

    def carry(self, name: str, template: str) -> str | None:
        found = self._variable(expression_of(template), 0)
        if found is None or not is_env_name(found) or found in self.own:
            self.failed.append((name, template))
            return None
        return found

    def _variable(self, inner: str, depth: int) -> str | None:
        """The environment variable that an expression reads, None when it reads something else."""
        scope, _, name = inner.rpartition(".")
        if scope == "env":
            return name if self._reaches(name) else None
        if scope == "params":
            return None if name in self.around or name in self.scopes.set_env else name
        if scope or not inner.isidentifier():
            return None
        if inner in self.scopes.own:
            return self._through(inner, depth)
        known = inner in self.around or inner in self.scopes.parameters or inner in self.scopes.set_env or _GLOBAL.fullmatch(inner)
        return inner if known and self._reaches(inner) else None

    def _reaches(self, name: str) -> bool:
        """Whether what is bound somewhere in the file is bound around this step, too."""
        if name in self.around or name not in self.scopes.bound or name in self.scopes.parameters:
            return True
        return self.scopes.inherited(name, self.index)

    def _through(self, name: str, depth: int) -> str | None:
        """`def token = env.NPM_TOKEN`: the same value under its first name."""
        found, groovy = self.scopes.defined(name, self.index), self.scopes.groovy
        if len(found) != 1 or found[0].adds or depth > 3:
            return None
        tokens = [groovy.tokens[i] for i in found[0].tokens]
        if len(tokens) == 1 and tokens[0].kind == "string" and len(tokens[0].holes) == 1:
            embedded, holes = string_text(groovy.data, tokens[0])
            return self._variable(holes[0].inner, depth + 1) if holes[0].end - holes[0].start == len(embedded.text) else None
        text = "".join(t.text for t in tokens)
        return self._variable(text, depth + 1) if text != name and text.startswith(("env.", "params.")) else None


def expression_of(template: str) -> str:
    """What stands in `${...}`, or behind `$`."""
    if template.startswith("${") and template.endswith("}"):
        return template[2:-1].strip()
    return template.removeprefix("$").strip()

"""The build command with what comes before and after it: secrets are fetched for this one command, and nothing of them is left.

    ( { set +x; } 2> /dev/null; umask 077 && NPM_TOKEN=$(vault kv get ...) && [ -n "$NPM_TOKEN" ] && export NPM_TOKEN &&
      docker build --secret id=npm_token,env=NPM_TOKEN . )

A value for a variable stays in a subshell; one for a file goes into a private folder that is removed whatever way the subshell ends. A
store that fails, or gives nothing, stops the build before it begins.
"""

from __future__ import annotations

from collections.abc import Sequence

from remediate.emit.providers import Reference
from remediate.model import NamedTuple

_CLEAN = (
    "d=$(mktemp -d)",
    "trap 'rm -rf \"$d\"' EXIT",
    "trap 'exit 129' HUP",
    "trap 'exit 130' INT",
    "trap 'exit 143' TERM",
)


class Fetched(NamedTuple):
    """One secret: into the variable `name`, or (`file`) into the file `$d/ID`."""

    id: str
    name: str
    reference: Reference
    file: bool = False

    @property
    def steps(self) -> tuple[str, ...]:
        if self.file:
            return (f'{_stopping(self.reference.fetch)} > "$d/{self.id}"', f'[ -s "$d/{self.id}" ]')
        return (f"{self.name}=$({self.reference.fetch})", f'[ -n "${self.name}" ]', f"export {self.name}")


def _stopping(command: str) -> str:
    """A pipeline as one command."""
    return f"{{ {command}; }}" if "|" in command else command


def wrapped(command: str, secrets: Sequence[Fetched]) -> str:
    """`command` (one line of shell) behind the steps that fetch its secrets, on one line."""
    steps = ["umask 077", *(_CLEAN if any(s.file for s in secrets) else ())]
    for secret in secrets:
        steps += secret.steps
    return f"( {{ set +x; }} 2> /dev/null; {' && '.join((*steps, command))} )"

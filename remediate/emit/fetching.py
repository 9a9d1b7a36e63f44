"""The build command with what comes before and after it: secrets are fetched for this one command, and nothing of them is left.

    ( { set +x; } 2> /dev/null; NPM_TOKEN=$(vault kv get ...) && [ -n "$NPM_TOKEN" ] && export NPM_TOKEN &&
      docker build --secret id=npm_token,env=NPM_TOKEN . )

A value for a variable stays in a subshell; one for a file goes into a private folder that is removed whatever way the subshell ends. A
store that fails, or gives nothing, stops the build before it begins. The umask is left alone: the folder keeps others out, and builders
that run as the user would make the image's files with it.
"""

from __future__ import annotations

from collections.abc import Sequence

from remediate.emit.providers import Reference
from remediate.model import NamedTuple

FOLDER = "secrets_dir"
_CLEAN = (
    f"{FOLDER}=$(mktemp -d)",
    f"trap 'rm -rf \"${FOLDER}\"' EXIT",
    "trap 'exit 129' HUP",
    "trap 'exit 130' INT",
    "trap 'exit 143' TERM",
)


class Fetched(NamedTuple):
    """One secret: into the variable `name`, or (`file`) into the file `$secrets_dir/ID`."""

    id: str
    name: str
    reference: Reference
    file: bool = False


def wrapped(command: str, secrets: Sequence[Fetched]) -> str:
    """`command` (one line of shell) behind the steps that fetch its secrets, on one line."""
    files = [s for s in secrets if s.file]
    variables = list({s.name: s for s in secrets if not s.file}.values())
    # All are fetched before one is exported: a secret with the name of a store's own setting must not reach the tool that fetches the next.
    held = {s.name: s.name if len(secrets) == 1 else f"secret_{n}" for n, s in enumerate(variables, 1)}
    steps = [*(_CLEAN if files else ())]
    for s in files:
        steps += [f'{_whole(s.reference.exact)} > "${FOLDER}/{s.id}"', f'[ -s "${FOLDER}/{s.id}" ]']
    for s in variables:
        steps += [f"{held[s.name]}=$({s.reference.fetch})", f'[ -n "${held[s.name]}" ]']
    steps += [f"export {n}" if v == n else f'export {n}="${v}"' for n, v in held.items()]
    return f"( {{ set +x; }} 2> /dev/null; {' && '.join((*steps, command))} )"


def _whole(command: str) -> str:
    """A pipeline as one command."""
    return f"{{ {command}; }}" if "|" in command else command


def tools_note(secrets: Sequence[Fetched]) -> str:
    """What has to be there before the command can fetch anything."""
    programs = dict.fromkeys(t for s in secrets for t in (*s.reference.provider.tools, *(("jq",) if "| jq" in _command(s) else ())))
    stores = dict.fromkeys(s.reference.provider.title for s in secrets)
    return f"needs {', '.join(programs)}, with access to {', '.join(stores)}; a store that fails or has no value stops it before the build"


def _command(secret: Fetched) -> str:
    return secret.reference.exact if secret.file else secret.reference.fetch

"""Clones of other repositories: what is built in them is none of this repository's Dockerfiles.

Only where the origin of this repository is known: a script may clone the very repository that it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterator

from remediate.callers.origin import name_of
from remediate.callers.shell.host import Host
from remediate.callers.shell.shells import Shell
from remediate.shell.nested import program
from remediate.shell.view import Command, Word
from remediate.text import late

_ADDRESS = late(r"(?:[a-z+]+://|[\w.-]+@[\w.-]+:)[^\s?#]+")
_VALUED = frozenset(
    "-b --branch --depth -o --origin -c --config --reference --separate-git-dir --template -u --upload-pack --filter -j --jobs"
    " --shallow-since --shallow-exclude --bundle-uri --server-option --ref-format".split()
)
MOST_CLONES = 20


def is_cloned(host: Host, shell: Shell, start: int, end: int, use: Command) -> bool:
    """Whether the word names a folder into which another repository was cloned before."""
    origin = getattr(host, "origin", "")
    if not origin or not shell.named("git"):
        return False
    word = _bare(shell.data[start:end].decode("utf-8", "surrogateescape"))
    for command, url, folder in _clones(shell):
        if command.index >= use.index or name_of(url) == origin:
            continue
        moved = any(command.index < m.index < use.index for m in shell.moves)
        here = word == folder or word.startswith(folder + "/")
        if here and (folder.startswith(("/", "~", "$")) or not moved):
            return True
    return False


def _clones(shell: Shell) -> Iterator[tuple[Command, str, str]]:
    """(command, address, folder as written) of each `git clone`."""
    for command in shell.named("git")[:MOST_CLONES]:
        words = program(command)[1]
        if "clone" not in [w.value for w in words]:
            continue
        plain = list(_positional(words))
        plain = plain[plain.index("clone") + 1 :] if "clone" in plain else []
        if plain and _ADDRESS.fullmatch(plain[0]):
            yield command, plain[0], (plain[1] if len(plain) > 1 else name_of(plain[0])).removeprefix("./").rstrip("/")


def _positional(words: tuple[Word, ...]) -> Iterator[str]:
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word.prefix.startswith("-"):
            skip = word.value in _VALUED
        else:
            yield _bare(word.raw)


def _bare(raw: str) -> str:
    return raw.replace('"', "").replace("'", "").replace("${", "$").replace("}", "").removeprefix("./")

"""Shell scripts."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from functools import lru_cache

from remediate.callers.described import described
from remediate.callers.model import CallerFile, Job, Reading, Refused, Rewritten, Unread
from remediate.callers.origin import origin_of
from remediate.callers.repository import Repository
from remediate.callers.shell import ScriptHost, read_shell, rewrite_shell
from remediate.formats.embedded import plain
from remediate.shell.parse import parse_shell
from remediate.text import LogicalText, late

_FOREIGN = (".fish", ".ps1", ".psm1", ".bat", ".cmd", ".csh", ".tcsh", ".nu", ".zsh-theme")
_SHEBANG = late(rb"#![^\n]*?\b(fish|pwsh|powershell|csh|tcsh|nu|elvish|xonsh|python[0-9.]*|perl|ruby|node|php)\b")
_BUILD = late(rb"(?i)\b(?:docker|podman|buildah|nerdctl)\b[^\n;|&]{0,160}?\b(?:build|bud)\b|build-arg")
_ARG = late(rb"--build-arg[\s=\"'`^]{1,8}([A-Za-z_][A-Za-z0-9_]*)")
_SOURCE = late(rb"(?:^|[\s;&|({])(?:\.|source)[ \t]+[^\s;&|][^\n;&|]*")
_READONLY = late(rb"\b(?:readonly|(?:declare|typeset)[ \t]+-[a-zA-Z]*r[a-zA-Z]*)[ \t]+([A-Za-z_]\w*)")
MOST_SCRIPTS = 2_000
MAX_FILE = 1024 * 1024


def read(file: CallerFile, repository: Repository) -> Reading:
    data = file.data
    if foreign := _foreign(file):
        return foreign
    if len(data) > MAX_FILE:
        return Reading(unread=(Unread(1, Refused("caller-format", "the file is larger than 1 MiB", 1)),))
    return read_shell(plain(data), host(file, repository), path=file.path, kind=file.kind, data=data)


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    return rewrite_shell(plain(file.data), host(file, repository), list(enumerate(jobs)), path=file.path)


def host(file: CallerFile, repository: Repository) -> ScriptHost:
    """The script's surroundings: it is run from the root, unless its Dockerfiles are only found from its own folder."""
    from remediate.callers.shell.shells import Shell

    shell = Shell(parse_shell(LogicalText.of(file.data)), lambda new: new)
    assigned = frozenset(shell.definitions) | {loop.name for loop in shell.script.loops}
    own = None if shell.takes_in or _taken_in(file, repository) else assigned
    folders = list(dict.fromkeys([".", posixpath.dirname(file.path) or "."]))
    origin = origin_of(repository)
    found = []
    for folder in folders if len(folders) > 1 else ():
        reading = read_shell(plain(file.data), ScriptHost(folder, own, origin), path=file.path, kind=file.kind)
        there = sum(repository.exists(p) or repository.read(p) is not None for b in reading.builds for p in b.place.paths)
        found.append(there + sum(described(b, repository) for b in reading.builds))
    made = ScriptHost(folders[1] if found and found[1] > found[0] else ".", own, origin)
    if own is None:
        made.fixed = _fixed(repository)
    return made


@lru_cache(maxsize=2)
def _fixed(repository: Repository) -> frozenset[str]:
    """What any file makes read-only: it may be taken in by a script, or take it in."""
    out: set[str] = set()
    for path in repository.paths()[:MOST_SCRIPTS]:
        data = repository.read(path) or b""
        if any(word in data for word in (b"readonly", b"declare -", b"typeset -")):
            out |= {n.decode() for n in _READONLY.findall(data)}
    return frozenset(out)


def _taken_in(file: CallerFile, repository: Repository) -> bool:
    """Whether another script reads this one into its own shell (`. lib/build.sh`): its variables are there then, exported or not."""
    name = posixpath.basename(file.path).encode("utf-8", "surrogateescape")
    return any(name in line and path != file.path for path, line in _sourced(repository))


@lru_cache(maxsize=2)
def _sourced(repository: Repository) -> tuple[tuple[str, bytes], ...]:
    """(script, its words that take in another one), in the whole repository."""
    paths = repository.paths()[:MOST_SCRIPTS]
    return tuple((path, m[0]) for path in paths for m in _SOURCE.finditer(repository.read(path) or b""))


def _foreign(file: CallerFile) -> Reading | None:
    """A script of another shell: what it passes is named, and it is not changed."""
    match = _SHEBANG.match(file.data)
    if match is None and not file.path.lower().endswith(_FOREIGN):
        return None
    named = match[1].decode() if match else file.path.rpartition(".")[2]
    found = _BUILD.search(file.data)
    if found is None:
        return Reading()
    line = file.data.count(b"\n", 0, found.start()) + 1
    out = []
    for each in _ARG.finditer(file.data):
        at = file.data.count(b"\n", 0, each.start()) + 1
        name = each[1].decode()
        why = Refused("caller-shell", f"the script is for {named}", at, (f"--secret id={name.lower()},env={name}",))
        out.append(Unread(at, why, name))
    return Reading(unread=tuple(dict.fromkeys(out)) or (Unread(line, Refused("caller-shell", f"the script is for {named}", line)),))

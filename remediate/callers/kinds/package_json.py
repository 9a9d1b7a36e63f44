"""package.json: each of `scripts` is a line that npm (yarn, pnpm) hands to `sh -c` in the folder of the package.

Its environment is that of npm, with `npm_config_*` and `npm_package_*` added: all of them reach the builder. Other keys that hold
commands (`wireit`, `nx` targets) are read in the same way; a build arg anywhere else is named as not followed.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from remediate.callers.model import CallerFile, Job, Reading, Refused, Rewritten, Unread
from remediate.callers.plain_host import PlainHost
from remediate.callers.repository import Repository
from remediate.callers.scripts import BUILDS, Script, assigned, read_scripts, rewrite_scripts, unread
from remediate.formats.embedded import FormatError
from remediate.formats.json import document
from remediate.formats.node import Node
from remediate.text import late

_COMMANDS = ("command", "commands", "cmd")
_CMD_EXE = late(rb"--build-arg(?:=|[ \t]+)[\"']?\w+=%\w+%")
_FLAG = late(rb"--build-arg\b")


def read(file: CallerFile, repository: Repository) -> Reading:
    del repository
    root = _root(file)
    scripts = _scripts(file, root)
    reading = read_scripts(scripts, file.path, file.kind, data=file.data)
    known = {s.embedded.text.start_of(0) for s in scripts}
    more: list[Unread] = []
    for node in _strings(root):
        data = node.text.text.data
        if node.text.text.start_of(0) not in known and _FLAG.search(data):
            why = Refused("caller-arguments", "it stands outside of the scripts", node.line)
            more += unread(data, node.line, why)
    return Reading(reading.builds, (*reading.unread, *more))


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    del repository
    return rewrite_scripts(_scripts(file, _root(file)), jobs, file.path)


def _root(file: CallerFile) -> Node:
    """The file. A dependency that stands twice does no harm, a script that does is not understood."""
    root = document(file.data, twice=True)
    scripts = [e for e in root.entries if e.key.value == "scripts"]
    names = [e.key.value for s in scripts for e in s.value.entries]
    if len(scripts) > 1 or len(set(names)) < len(names):
        raise FormatError("a script stands twice", line=scripts[0].key.line)
    return root


def _scripts(file: CallerFile, root: Node) -> list[Script]:
    folder = posixpath.dirname(file.path) or "."
    out = []
    for name, node in _commands(root):
        data = node.text.text.data
        if BUILDS.search(data) is None:
            continue
        refused = None
        if _CMD_EXE.search(data):
            refused = Refused("caller-shell", "it is written for cmd.exe (%NAME%)", node.line)
        out.append(Script(node.text, PlainHost(folder, assigned(data)), (), name, refused=refused, argued=True))
    return out


def _commands(root: Node) -> Iterator[tuple[str, Node]]:
    """Every text that a shell gets, with the name of its script."""
    for entry in root.entries:
        key = entry.key.value
        if key == "scripts":
            yield from ((e.key.value, e.value) for e in entry.value.entries if e.value.kind == "scalar")
        elif key in ("wireit", "nx"):
            yield from _below(entry.value, key)


def _below(node: Node, name: str) -> Iterator[tuple[str, Node]]:
    for entry in node.entries:
        value = entry.value
        if entry.key.value not in _COMMANDS:
            yield from _below(value, entry.key.value)
        elif value.kind == "scalar":
            yield name, value
        else:
            yield from ((name, i.value) for i in value.items if i.value.kind == "scalar")
            for item in value.items:
                yield from _below(item.value, name)


def _strings(node: Node) -> Iterator[Node]:
    """All strings, in their order."""
    pending = [node]
    while pending:
        one = pending.pop()
        if one.kind == "scalar":
            yield one
        pending += [i.value for i in reversed(one.items)]
        pending += [e.value for e in reversed(one.entries)]

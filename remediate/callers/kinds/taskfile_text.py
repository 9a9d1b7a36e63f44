"""What the shell of a Taskfile gets: variables that hold arguments are put in, with their places, and `{{if .T}}...{{end}}`.

A variable is put in when this Taskfile gives it one value, in one place, and nothing else reads it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from itertools import pairwise

from remediate.callers.kinds.taskfile_read import NAMES, Command, Taskfile
from remediate.callers.perhaps import BESIDE, ENDED, PASSES, PERHAPS, only_options, placed
from remediate.callers.repository import Repository
from remediate.formats.node import Node, resolve
from remediate.model import Edit, NamedTuple
from remediate.text import LogicalText, Piece, late

TEMPLATE = late(rb"\{\{.{0,4000}?\}\}", 16)  # 16: re.DOTALL
_NAME = late(rb"\{\{[ \t]*\.([A-Za-z_]\w*)[ \t]*\}\}")
_WORD = late(rb"[A-Za-z_]\w*")
_USED = late(rb"\.([A-Za-z_]\w*)")
_IF = late(rb"\{\{[ \t]*if[ \t][^{}\n]*\}\}")
_ELSE = late(rb"\{\{[ \t]*else[ \t]*\}\}")
_END = late(rb"\{\{[ \t]*end[ \t]*\}\}")
_CONTROL = late(rb"\{\{-?[ \t]*(?:(end)|(else)|if|range|with|block|define|template|break|continue)\b[^{}]*\}\}")
DEEP = 5
MOST = 64 * 1024  # bytes of values that are put in, for all commands of a file


class Place(NamedTuple):
    """Where a variable gets its value: `task` is the task that is meant, "" for all of the file."""

    value: Node
    task: str = ""


class Spoken(NamedTuple):
    """A command as its shell sees it; `taken` are the values that stand in it."""

    text: LogicalText
    masks: tuple[tuple[int, int], ...]
    taken: tuple[Node, ...] = ()


class Variables:
    """The variables of a Taskfile that can be put in."""

    def __init__(self, found: Taskfile, path: str, repository: Repository) -> None:
        self.places: dict[str, list[Place]] = {}
        for name, place in _places(found):
            self.places.setdefault(name, []).append(place)
        self.local = frozenset(n for n, places in self.places.items() if any(p.task for p in places))
        self.read = _readers(found)
        self.others = frozenset(w.decode() for data in _other_files(path, repository) for w in _WORD.findall(data))
        self.left = MOST

    def value(self, name: str, command: Command, depth: int = 0) -> Node | None:
        """The text that `{{.NAME}}` is in this command, when it holds arguments and can be changed where it stands."""
        places = self.places.get(name, ())
        if len(places) != 1 or places[0].task not in ("", command.name) or name in self.others:
            return None
        value = places[0].value
        data = value.text.text.data
        if value.kind != "scalar" or b"\n" in data or computed(data):
            return None
        inside = {n.decode() for t in TEMPLATE.finditer(data) for n in _USED.findall(t[0])}
        if inside & (self.local - ({name} if places[0].task else set())):
            return None
        deeper = depth < DEEP and any(self.value(n, command, depth + 1) for n in sorted(inside - {name}))
        return value if PASSES.search(data) or deeper else None

    def name(self, value: Node) -> str:
        """The variable of a value that was put in."""
        return next(n for n, places in self.places.items() if len(places) == 1 and places[0].value is value)

    def elsewhere(self, name: str, inlined: frozenset[int]) -> bool:
        """Whether something reads the variable that is none of these texts."""
        return any(start not in inlined for start in self.read.get(name, ()))


def say(command: Command, variables: Variables) -> Spoken:
    """The text, with masks for the templates that stay."""
    run = _Run(command, variables)
    run.walk(command.node.text.text, 0)
    return Spoken(LogicalText(run.pieces or command.node.text.text.pieces), tuple(run.masks), tuple(run.taken))


class _Run:
    def __init__(self, command: Command, variables: Variables) -> None:
        self.command, self.variables = command, variables
        self.pieces: list[Piece] = []
        self.masks: list[tuple[int, int]] = []
        self.taken: list[Node] = []
        self.open: list[str] = []
        self.length = 0

    def walk(self, text: LogicalText, depth: int) -> None:
        data, at = text.data, 0
        shown = _optional(data)
        for found in TEMPLATE.finditer(data):
            if found.start() < at:
                continue
            self._put(*text.slice(at, found.start()).pieces if at < found.start() else ())
            span = text.span(found.start(), found.end())
            named = _NAME.fullmatch(found[0])
            name = named[1].decode() if named else ""
            value = self.variables.value(name, self.command) if name and depth < DEEP and name not in self.open else None
            if found.start() in shown:
                self._put(Piece(shown[found.start()], span.start, span.end))
            elif value is not None and self.variables.left > 0:
                self.variables.left -= len(value.text.text)
                self.taken.append(value)
                self.open.append(name)
                self.walk(value.text.text, depth + 1)
                self.open.pop()
            else:
                self.masks.append((self.length, self.length + found.end() - found.start()))
                self._put(*text.slice(found.start(), found.end()).pieces)
            at = found.end()
        self._put(*text.slice(at, len(text)).pieces if at < len(text) else ())

    def _put(self, *pieces: Piece) -> None:
        self.pieces += pieces
        self.length += sum(len(p.data) for p in pieces)


def chooses(data: bytes) -> bool:
    """Whether the Dockerfile stands between `{{if ...}}` and `{{end}}`: which one is built is not told."""
    depth = at = 0
    for mark in _CONTROL.finditer(data):
        if depth > 0 and placed(data[at : mark.start()]):
            return True
        depth += -1 if mark[1] else 0 if mark[2] else 1
        at = mark.end()
    return False


def computed(data: bytes) -> bool:
    """Whether a template itself holds build args: `{{.ARGS | default "--build-arg T=x"}}`."""
    return any(PASSES.search(t[0]) for t in TEMPLATE.finditer(data))


def _optional(data: bytes) -> dict[int, bytes]:
    """What stands for the marks of `{{if .T}}--build-arg ...{{end}}` in shell text: words that are there when something is set."""
    marks = [m for m in TEMPLATE.finditer(data) if _IF.fullmatch(m[0]) or _ELSE.fullmatch(m[0]) or _END.fullmatch(m[0])]
    out: dict[int, bytes] = {}
    at = 0
    while at + 1 < len(marks):
        size = 3 if at + 2 < len(marks) and _ELSE.fullmatch(marks[at + 1][0]) else 2
        group = marks[at : at + size]
        whole = len(group) == size and _IF.fullmatch(group[0][0]) and _END.fullmatch(group[-1][0])
        if not whole:
            at += 1
            continue
        parts = [data[a.end() : b.start()] for a, b in pairwise(group)]
        apart = data[max(group[0].start() - 1, 0) : group[0].start()] in BESIDE and data[group[-1].end() :][:1] in BESIDE
        if apart and any(PASSES.search(p) for p in parts) and all(only_options(TEMPLATE.sub(b"", p)) for p in parts):
            out[group[0].start()] = PERHAPS
            out.update({m.start(): ENDED + b" " + PERHAPS for m in group[1:-1]})
            out[group[-1].start()] = ENDED
        at += size
    return out


def _places(found: Taskfile) -> Iterator[tuple[str, Place]]:
    """Every variable that the file gives a value: for all tasks, in a task, for a task that is called, for a file that is included."""
    root = resolve(found.root)
    yield from _entries(root.get("vars"), "")
    yield from _entries(root.get("env"), "\0")
    for key in ("tasks", "includes"):
        for entry in resolve(root.get(key) or root).entries if root.get(key) is not None else ():
            name, node = entry.key.value, resolve(entry.value)
            yield from _entries(node.get("vars"), name if key == "tasks" else "\0")
            yield from _entries(node.get("env"), "\0")
            for call in _calls(node):
                yield from _entries(call.get("vars"), (call.get("task") or call).value or "\0")


def _calls(task: Node) -> Iterator[Node]:
    for key in ("cmds", "deps"):
        for item in resolve(task.get(key) or task).items:
            node = resolve(item.value)
            deferred = node.get("defer")
            yield resolve(deferred) if deferred is not None else node


def _entries(node: Node | None, task: str) -> Iterator[tuple[str, Place]]:
    for entry in resolve(node).entries if node is not None else ():
        yield entry.key.value, Place(resolve(entry.value), task)


def _readers(found: Taskfile) -> dict[str, list[int]]:
    """name -> where the strings begin that read `{{.NAME}}`, or hand on whatever the shell makes of it."""
    out: dict[str, list[int]] = {}
    for node in found.strings():
        for template in TEMPLATE.finditer(node.text.text.data):
            for name in {n.decode() for n in _USED.findall(template[0])}:
                out.setdefault(name, []).append(node.span.start)
    return out


def _other_files(path: str, repository: Repository) -> Iterator[bytes]:
    """The other Taskfiles: they may include this one, or be included, and see its variables or give them values."""
    for other in repository.paths():
        name = posixpath.basename(other).lower()
        if other != path and (name in NAMES or "taskfile" in name):
            yield repository.read(other) or b""


def adapting(spoken: Spoken, command: Command) -> Callable[[Edit], Edit | None]:
    """An edit as YAML: in the command's own string, or (then it is not written as YAML yet) in that of a variable that was put in."""
    homes, data = [command.node, *spoken.taken], command.node.data

    def adapt(edit: Edit) -> Edit | None:
        if _CONTROL.search(edit.text) or _CONTROL.search(data, edit.span.start, edit.span.end):
            return None  # `{{end}}` belongs where it stands
        for node in homes:
            if node.span.start <= edit.span.start <= edit.span.end <= node.span.end:
                text = node.text.written(edit.text) if spoken.taken else edit.text
                return None if text is None else Edit(edit.span, text)
        return None

    return adapt

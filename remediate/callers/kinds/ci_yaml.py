"""What every CI dialect in YAML needs of its nodes: mappings with their merge keys, lists of commands however deep they are nested."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from remediate.callers.kinds.ci_script import Part, Script, read_scripts, unread_whole
from remediate.callers.model import CallerFile, Reading, Refused, Unread
from remediate.formats.embedded import FormatError
from remediate.formats.yaml import Node, documents, merged, resolve
from remediate.text import late

DEPTH = 20
MAX_PARTS = 20_000
MAX_NODES = 200_000
_FLAG = late(r"--build-arg[=\s]+[\"']?([A-Za-z_]\w*)")


def fields(node: Node | None) -> dict[str, Node]:
    """The entries of a mapping that count, its merge keys included."""
    return {m.entry.key.value: m.entry.value for m in merged(node)} if node is not None else {}


def listed(node: Node | None) -> tuple[Node, ...]:
    """The items of a list; anything else is a list of one."""
    if node is None:
        return ()
    found = resolve(node)
    return tuple(i.value for i in found.items) if found.kind == "sequence" else (node,)


def text_of(node: Node | None) -> str:
    """The text of a scalar, "" for anything else."""
    if node is None:
        return ""
    found = resolve(node)
    return found.value if found.kind == "scalar" else ""


def texts(node: Node | None) -> dict[str, str]:
    """The entries of a mapping that are plain text."""
    return {k: resolve(v).value for k, v in fields(node).items() if resolve(v).kind == "scalar"}


class Refs:
    """How a dialect follows `!reference [...]`; the default knows none."""

    def follow(self, path: str, node: Node) -> tuple[str, Node] | None:
        del path, node
        return None


def commands(path: str, node: Node | None, refs: Refs | None = None) -> tuple[Part, ...]:
    """The commands of a `script:` in the order in which they run: a text, or a list of texts and lists."""
    parts: list[Part] = []
    for where, found in _flat(path, node, refs or Refs(), DEPTH):
        if len(parts) > MAX_PARTS:
            raise FormatError("it has too many commands", line=found.line)
        if found.kind == "scalar":
            parts.append(part_of(where, found, _item(found)))
    return tuple(parts)


def part_of(path: str, node: Node, item: int = -1) -> Part:
    """A scalar as a part of a script."""
    return Part(path, node.text, node.span.start, node.lines, item=item)


def _flat(path: str, node: Node | None, refs: Refs, depth: int) -> Iterator[tuple[str, Node]]:
    if node is None or depth <= 0:
        return
    if node.tag == "!reference":
        followed = refs.follow(path, node)
        if followed is not None:
            yield from _flat(*followed, refs, depth - 1)
        return
    found = resolve(node)
    if found.kind == "sequence" and found.tag != "!reference":
        for item in found.items:
            yield from _flat(path, item.value, refs, depth - 1)
    elif found is not node and found.tag == "!reference":
        yield from _flat(path, found, refs, depth - 1)
    else:
        yield path, found


def _item(node: Node) -> int:
    """Where the dash of a list item stands, -1 when the node is no item on a line of its own."""
    start = node.lines[node.line - 1]
    head = re.fullmatch(rb"[ ]*(-[ ]+)(?:&[^\s]+[ ]+)?", node.data[start : node.span.start])
    return start + head.start(1) if head is not None else -1


def leftovers(roots: Iterable[Node], covered: Collection[int], code: str, detail: str) -> tuple[Unread, ...]:
    """Build args in texts that no script holds: they go to something that is not followed. `covered`: where known texts begin."""
    out: list[Unread] = []
    todo = list(roots)
    while todo:
        node = todo.pop()
        if node.kind == "scalar" and node.span.start not in covered:
            out += [Unread(node.line, Refused(code, detail, node.line), m[1]) for m in _FLAG.finditer(node.value)]
        for entry in node.entries:
            todo += (entry.key, entry.value)
        todo += (item.value for item in node.items)
    return tuple(sorted(out, key=lambda u: (u.line, u.name)))


def read_yaml(data: bytes) -> tuple[Node, ...]:
    """The documents of the file; raises FormatError."""
    return documents(data)


def mappings(roots: Iterable[Node]) -> Iterator[Node]:
    """Every mapping of the file in its order; what an alias stands for is met where it stands."""
    todo = list(roots)[::-1]
    count = 0
    while todo:
        node = todo.pop()
        count += 1
        if count > MAX_NODES:
            raise FormatError("it has too many values", line=node.line)
        if node.kind == "mapping":
            yield node
        inner = [*(e.value for e in node.entries), *(i.value for i in node.items)]
        todo += [c for c in reversed(inner) if c.kind in ("mapping", "sequence")]


def read_jobs(file: CallerFile, scripts_of: Callable[[CallerFile, Sequence[Node]], list[Script]], elsewhere: str) -> Reading:
    """The builds of all scripts of a file. `elsewhere`: where a build arg goes that stands in none of them."""
    try:
        roots = read_yaml(file.data)
        scripts = scripts_of(file, roots)
        reading = read_scripts(scripts, file)
        more = leftovers(roots, {p.start for s in scripts for p in s.parts}, "caller-elsewhere", elsewhere)
    except FormatError as error:
        return unread_whole(error)
    return Reading(reading.builds, (*reading.unread, *more), reading.old)

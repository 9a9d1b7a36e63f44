"""What a Compose file says besides builds: an anchor may bring the args of a build to the environment of a container, too."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.formats.node import Node
from remediate.formats.yaml import documents, merged, resolve


def same_rest(before: bytes, after: bytes) -> bool:
    """Whether two versions of a file say the same of all that is neither a build nor a top-level secret."""
    values = _Values()
    return [*_rest(before, values)] == [*_rest(after, values)]


class _Values:
    """Equal values have equal numbers, so that what an alias brings to many places is compared once."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[object, ...], int] = {}
        self._known: dict[int, tuple[Node, int]] = {}  # the node is kept, so that its id stays its own

    def of(self, node: Node) -> int:
        node = resolve(node)
        if id(node) not in self._known:
            self._known[id(node)] = (node, self._number(node))
        return self._known[id(node)][1]

    def _number(self, node: Node) -> int:
        shape: tuple[object, ...] = (node.kind, node.tag, node.value)
        if node.kind == "mapping":
            shape = (node.kind, node.tag, frozenset((m.entry.key.value, self.of(m.entry.value)) for m in merged(node)))
        elif node.kind == "sequence":
            shape = (node.kind, node.tag, *(self.of(i.value) for i in node.items))
        return self._numbers.setdefault(shape, len(self._numbers))


def _rest(data: bytes, values: _Values) -> Iterator[tuple[str, str, int]]:
    for root in documents(data):
        for top in merged(root):
            key = top.entry.key.value
            if key == "services":
                for service in merged(top.entry.value):
                    name = service.entry.key.value
                    own = merged(service.entry.value)
                    yield from ((name, m.entry.key.value, values.of(m.entry.value)) for m in own if m.entry.key.value != "build")
            elif key != "secrets" and not key.startswith("x-"):
                yield "", key, values.of(top.entry.value)

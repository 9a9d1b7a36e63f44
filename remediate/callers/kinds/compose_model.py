"""A Compose file as its services: the layers (own file, extended services) that a service's build is made of."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from remediate.callers.places import joined
from remediate.callers.repository import Repository
from remediate.formats.embedded import FormatError
from remediate.formats.node import Entry, Node
from remediate.formats.yaml import documents, is_merge, merged, resolve
from remediate.model import NamedTuple, Span

__all__ = ["BASES", "ArgSite", "ComposeFile", "Layer", "held", "layer_of", "layers", "load", "resolve", "sources"]

BASES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
DEEPEST = 20
MOST_SERVICES = 3000
MOST_SOURCES = 100  # mappings that merge keys bring together in one


class ArgSite(NamedTuple):
    """Where a build arg stands. `value` is None when only its name does; `entry` is None in a list, `number` -1 in a mapping."""

    path: str
    name: str
    value: str | None
    line: int
    container: Node
    entry: Entry | None
    number: int
    span: Span


class Layer(NamedTuple):
    """What one service says of its build. `build` is None when it says nothing; a text is its context.

    `args`: all places of each name in the order in which they count, last first; None when they are not understood.
    """

    path: str
    service: str
    entry: Entry | None
    build: Node | None
    args: dict[str, tuple[ArgSite, ...]] | None
    secrets: tuple[str, ...] | None
    ssh: tuple[str, ...]
    texts: dict[str, str]

    @property
    def folder(self) -> str:
        return posixpath.dirname(self.path) or "."

    def held(self, key: str) -> tuple[Node, Entry] | None:
        """The mapping that has this entry of the build, and the entry."""
        return held(self.build, key) if self.build is not None else None


class ComposeFile:
    """Raises FormatError when it is no Compose file that can be followed."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path, self.data = path, data
        roots = documents(data)
        if len(roots) > 1:
            raise FormatError("several documents in one file", line=roots[1].line)
        self.root = roots[0] if roots and roots[0].kind == "mapping" else None
        self.services: dict[str, Node] = {}
        services = self._top("services")  # a list: the file of another program, Compose would not read it
        if services is not None and services.kind == "mapping":
            self.services = {m.entry.key.value: resolve(m.entry.value) for m in merged(services)}
        if len(self.services) > MOST_SERVICES:
            raise FormatError(f"more than {MOST_SERVICES} services", line=1)

    def _top(self, key: str) -> Node | None:
        found = held(self.root, key) if self.root is not None else None
        return resolve(found[1].value) if found else None

    @property
    def first_format(self) -> bool:
        """Services at the top level: the format that only the first docker-compose reads."""
        if self.root is None or "services" in {e.key.value for e in self.root.entries}:
            return False
        return any(resolve(e.value).get("build") is not None for e in self.root.entries if not e.key.value.startswith("x-"))

    def secret(self, name: str) -> Node | None:
        """A top-level secret."""
        secrets = self._top("secrets")
        found = held(secrets, name) if secrets is not None else None
        return resolve(found[1].value) if found else None


def sources(mapping: Node | None) -> Iterator[Node]:
    """The mapping and all that its merge keys bring; what comes first counts."""
    pending = [resolve(mapping)] if mapping is not None else []
    seen: set[int] = set()
    while pending:
        node = pending.pop()
        if len(seen) > MOST_SOURCES:
            raise FormatError("too many merge keys", line=node.line)
        if id(node) in seen or node.kind != "mapping":
            continue
        seen.add(id(node))
        yield node
        merges = [v for e in node.entries if is_merge(e.key) for v in ([i.value for i in e.value.items] or [e.value])]
        pending += [resolve(m) for m in reversed(merges)]


def held(mapping: Node | None, key: str) -> tuple[Node, Entry] | None:
    """The entry of a key that counts, with the mapping in which it stands."""
    for node in sources(mapping):
        entry = node.entry(key)
        if entry is not None:
            return node, entry
    return None


def load(path: str, repository: Repository) -> ComposeFile | None:
    """Another Compose file; None when it is missing, or cannot be read (it is said so where it is read itself)."""
    data = repository.read(path)
    if data is None:
        return None
    try:
        return ComposeFile(path, data)
    except FormatError:
        return None


def layers(file: ComposeFile, service: str, repository: Repository, depth: int = 0) -> list[Layer] | None:
    """What the service is made of, the extended one first; None when that is not followed."""
    node = file.services.get(service)
    if node is None or depth > DEEPEST:
        return None
    found = held(node, "extends")
    if found is None:
        return [_layer(file.path, service, node)]
    value = resolve(found[1].value)
    name, other = (value.value, "") if value.kind == "scalar" else (_text(value, "service"), _text(value, "file"))
    if other and ("$" in other or joined(posixpath.dirname(file.path), other) is None):
        return None
    source = load(joined(posixpath.dirname(file.path), other) or "", repository) if other else file
    above = layers(source, name, repository, depth + 1) if source is not None else None
    return None if above is None else [*above, _layer(file.path, service, node)]


def _text(mapping: Node, key: str) -> str:
    found = held(mapping, key)
    return resolve(found[1].value).value if found else ""


def layer_of(file: ComposeFile, service: str) -> Layer:
    """What the service says itself."""
    return _layer(file.path, service, file.services[service])


def _layer(path: str, service: str, node: Node) -> Layer:
    found = held(node, "build")
    if found is None:
        return Layer(path, service, None, None, {}, (), (), {})
    entry = found[1]
    build = resolve(entry.value)
    if build.kind == "null":  # `build: !reset null`, too
        return Layer(path, service, None, None, {}, (), (), {})
    if build.kind == "scalar":
        return Layer(path, service, entry, build, {}, (), (), {"context": build.value})
    if build.kind != "mapping":
        return Layer(path, service, entry, build, None, (), (), {})
    texts = {m.entry.key.value: resolve(m.entry.value).value for m in merged(build) if resolve(m.entry.value).kind == "scalar"}
    args = held(build, "args")
    secrets, ssh = held(build, "secrets"), held(build, "ssh")
    return Layer(
        path, service, entry, build, _args(path, resolve(args[1].value)) if args else {},
        _secrets(resolve(secrets[1].value)) if secrets else (), _ssh(resolve(ssh[1].value)) if ssh else (),
        {k: texts[k] for k in ("context", "dockerfile", "dockerfile_inline", "target") if k in texts},
    )  # fmt: skip


def _args(path: str, node: Node) -> dict[str, tuple[ArgSite, ...]] | None:
    out: dict[str, list[ArgSite]] = {}
    if node.kind == "null":
        return {}
    if node.kind == "sequence":
        for index, item in enumerate(node.items):
            value = resolve(item.value)
            if value.kind != "scalar":
                return None
            name, sign, text = value.value.partition("=")
            site = ArgSite(path, name, text if sign else None, item.value.line, node, None, index, item.span)
            out.setdefault(name, []).insert(0, site)
        return {k: tuple(v) for k, v in out.items()}
    if node.kind != "mapping":
        return None
    for mapping in sources(node):
        for entry in mapping.entries:
            value = resolve(entry.value)
            if is_merge(entry.key):
                continue
            if value.kind not in ("scalar", "null") or entry.key.kind != "scalar":
                return None
            given = value.value if value.kind == "scalar" else None
            site = ArgSite(path, entry.key.value, given, entry.key.line, mapping, entry, -1, entry.span)
            out.setdefault(entry.key.value, []).append(site)
    return {k: tuple(v) for k, v in out.items()}


def _secrets(node: Node) -> tuple[str, ...] | None:
    """The ids: the target of the long form, else the name."""
    if node.kind == "null":
        return ()
    if node.kind != "sequence":
        return None
    out = []
    for item in node.items:
        value = resolve(item.value)
        name = value.value if value.kind == "scalar" else _text(value, "target") or _text(value, "source")
        if name and "$" not in name:
            out.append(name)
    return tuple(out)


def _ssh(node: Node) -> tuple[str, ...]:
    if node.kind == "scalar":
        return (node.value.partition("=")[0],)
    if node.kind == "mapping":
        return tuple(m.entry.key.value for m in merged(node))
    return tuple(resolve(i.value).value.partition("=")[0] for i in node.items)

"""The commands of a Taskfile, each with its folder and its variables."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from remediate.callers.model import CallerFile
from remediate.callers.repository import Repository
from remediate.formats.embedded import FormatError
from remediate.formats.node import Node, merged, resolve
from remediate.formats.yaml import documents
from remediate.model import NamedTuple

NAMES = ("taskfile.yml", "taskfile.yaml", "taskfile.dist.yml", "taskfile.dist.yaml")
MOST_FILES = 50


class Command(NamedTuple):
    """One text for a shell. `task` is the mapping of its task, None for the short forms; `declared` are names in any `vars:`.

    `loop` are the values of `for:`; `shared`: the text serves several tasks.
    """

    node: Node
    name: str
    task: Node | None
    folder: str | None
    vars: Mapping[str, str]
    env: Mapping[str, str]
    declared: frozenset[str]
    loop: Mapping[str, tuple[str, ...]]
    shared: bool = False

    def values(self, name: str) -> tuple[str, ...] | None:
        if name in self.loop:
            return self.loop[name] or None
        text = self.vars.get(name)
        return (text,) if text is not None and "{{" not in text and "$" not in text else None

    def environment(self, name: str) -> str | None:
        """The text of an `env:` entry."""
        return self.env.get(name)


class Taskfile(NamedTuple):
    root: Node
    folder: str | None

    def strings(self) -> Iterator[Node]:
        """Every scalar that stands in the file, in its order."""
        pending = [self.root]
        while pending:
            node = pending.pop()
            if node.kind == "scalar":
                yield node
            pending += [i.value for i in reversed(node.items)]
            for entry in reversed(node.entries):
                pending += [entry.value]


def taskfile(file: CallerFile, repository: Repository) -> Taskfile:
    """Raises FormatError."""
    roots = documents(file.data)
    if len(roots) > 1:
        raise FormatError("a Taskfile with several documents", line=roots[1].line)
    return Taskfile(roots[0], _folder(file.path, repository)) if roots else Taskfile(documents(b"{}")[0], None)


def _folder(path: str, repository: Repository) -> str | None:
    """Where its tasks run: the folder of the file, or of the one that includes it (with `dir:` of that place); None when both can be."""
    own = posixpath.dirname(path) or "."
    found = set()
    for other in [p for p in repository.paths() if posixpath.basename(p).lower() in NAMES and p != path][:MOST_FILES]:
        data = repository.read(other)
        if data is None or b"includes" not in data:
            continue
        try:
            roots = documents(data)
        except FormatError:
            continue
        includes = roots[0].get("includes") if roots else None
        for entry in includes.entries if includes is not None else ():
            found |= _included(path, own, posixpath.dirname(other) or ".", resolve(entry.value))
    if not found:
        return own
    return found.pop() if len(found) == 1 else None


def _included(path: str, own: str, base: str, value: Node) -> set[str | None]:
    node = value.get("taskfile") if value.kind == "mapping" else value
    target = posixpath.normpath(posixpath.join(base, node.value if node is not None else ""))
    if target != path and not (target == own and posixpath.basename(path).lower() in NAMES):
        return set()
    folder = value.get("dir") if value.kind == "mapping" else None
    if folder is None:
        return {base}
    return {None} if "{{" in folder.value else {posixpath.normpath(posixpath.join(base, folder.value))}


def commands(file: Taskfile) -> list[Command]:
    """All of them, in the order of the file."""
    root = resolve(file.root)
    shared_vars, shared_env = _texts(root.get("vars")), _texts(root.get("env"))
    declared = _names(root.get("vars"))
    out: list[Command] = []
    seen: set[int] = set()
    tasks = root.get("tasks")
    for entry in merged(tasks) if tasks is not None else ():
        name, node = entry.entry.key.value, resolve(entry.entry.value)
        task = node if node.kind == "mapping" else None
        folder = _task_folder(file.folder, task, shared_vars)
        values = {**shared_vars, **_texts(task.get("vars") if task else None)}
        env = {**shared_env, **_texts(task.get("env") if task else None)}
        names = declared | _names(task.get("vars") if task else None)
        for text, loop in _texts_of_task(node):
            shared = id(text) in seen or entry.aliased
            seen.add(id(text))
            out.append(Command(text, name, task, folder, values, env, names, loop, shared))
    for node in _dynamic(root.get("vars")):
        out.append(Command(node, "vars", None, file.folder, shared_vars, shared_env, declared, {}))
    return out


def _task_folder(folder: str | None, task: Node | None, values: Mapping[str, str]) -> str | None:
    where = task.get("dir") if task is not None else None
    if where is None or not where.value:
        return folder
    text = resolve(where).value
    for known in ("{{.ROOT_DIR}}", "{{.TASKFILE_DIR}}"):
        if text.startswith(known) and folder is not None:
            text = "." + text[len(known) :]
    for name, value in values.items():
        text = text.replace("{{." + name + "}}", value)
    if folder is None or "{{" in text or "$" in text or text.startswith(("/", "~")):
        return None
    return posixpath.normpath(posixpath.join(folder, text))


def _texts_of_task(task: Node) -> Iterator[tuple[Node, Mapping[str, tuple[str, ...]]]]:
    if task.kind == "scalar":
        yield task, {}
    elif task.kind == "sequence":
        for item in task.items:
            yield from _texts_of_command(resolve(item.value))
    for key in ("cmd", "cmds", "status", "preconditions"):
        value = task.get(key)
        if value is None:
            continue
        found = resolve(value)
        for node in [resolve(i.value) for i in found.items] or [found]:
            yield from _texts_of_command(node)
    for node in (*_dynamic(task.get("vars")), *_dynamic(task.get("env"))):
        yield node, {}


def _texts_of_command(node: Node) -> Iterator[tuple[Node, Mapping[str, tuple[str, ...]]]]:
    if node.kind == "scalar":
        yield node, {}
    for key in ("cmd", "defer", "sh"):
        text = node.get(key)
        if text is not None and resolve(text).kind == "scalar":
            yield resolve(text), _loop(node.get("for"))


def _loop(node: Node | None) -> Mapping[str, tuple[str, ...]]:
    """The values of `{{.ITEM}}`; empty when they are not known."""
    if node is None:
        return {}
    found = resolve(node)
    name = found.get("as")
    items = [resolve(i.value) for i in found.items]
    values = tuple(i.value for i in items) if items and all(i.kind == "scalar" for i in items) else ()
    return {name.value if name is not None else "ITEM": values, "KEY": ()}


def _dynamic(node: Node | None) -> Iterator[Node]:
    """Commands whose output is a variable's value."""
    for entry in resolve(node).entries if node is not None else ():
        text = resolve(entry.value).get("sh")
        if text is not None and resolve(text).kind == "scalar":
            yield resolve(text)


def _texts(node: Node | None) -> dict[str, str]:
    return (
        {m.entry.key.value: resolve(m.entry.value).value for m in merged(node) if resolve(m.entry.value).kind == "scalar"} if node else {}
    )


def _names(node: Node | None) -> frozenset[str]:
    return frozenset(m.entry.key.value for m in merged(node)) if node else frozenset()

"""Taskfiles: each command is a text for a shell of its own, after Task has put `{{.T}}` into it.

That shell is part of Task, so nothing of the text is an argument of a process before the builder itself is started; what is in `env:`
(or in the environment of Task) reaches the builder, what is in `vars:` does not. A value that a template puts in goes over `env:` of
its task, where the same template gives the same value, and Task does not print it with the command.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from remediate.callers.kinds.taskfile_read import Command, Taskfile, commands, taskfile
from remediate.callers.kinds.taskfile_text import Variables, adapting, chooses, computed, say
from remediate.callers.model import CallerFile, FileEdit, Job, Reading, Refused, Rewritten, Told
from remediate.callers.repository import Repository
from remediate.callers.scripts import Carrier, Script, assigned, read_scripts, rewrite_scripts, unread
from remediate.formats.embedded import Embedded
from remediate.formats.node import Node, resolve
from remediate.formats.yaml_edit import add_entry
from remediate.model import Edit
from remediate.text import late

_ONE = late(r"\{\{-?\s*\.([A-Za-z_]\w*)\s*-?\}\}")
_OF_THE_COMMAND = ("ITEM", "KEY", "EXIT_CODE", "CLI_ARGS")
_MAY_BUILD = late(rb"build|\bbud\b|bake|executor")
_FLAG = late(rb"--build-arg\b")
MOST_COMMANDS = 5_000


class TaskHost(Carrier):
    """The surroundings of one command. `edits` are what has to change around it."""

    def __init__(self, file: Taskfile, command: Command, own: frozenset[str]) -> None:
        super().__init__()
        self.file, self.command, self.own = file, command, own
        self.added: dict[str, str] = {}

    @property
    def folder(self) -> str | None:
        return self.command.folder

    def exported(self, name: str) -> bool:
        return name not in self.own

    def resolve(self, text: str) -> tuple[str, ...] | None:
        found = _ONE.fullmatch(text)
        return self.command.values(found[1]) if found else None

    def carry(self, name: str, template: str) -> str | None:
        """An `env:` entry of the task. What the file itself declares gets a name of its own: Task's environment wins over `env:`."""
        found = _ONE.fullmatch(template)
        task = self.command.task
        if found is None or found[1] in _OF_THE_COMMAND or found[1] in self.command.loop or task is None or task.kind != "mapping":
            return None
        variable = found[1]
        wanted = name if variable == name and variable not in self.command.declared else f"BUILD_{name}"
        known = self.command.environment(wanted)
        if wanted in self.own or (known is not None and known != template):
            return None
        if known is None:
            self.added[wanted] = template
        return wanted


def read(file: CallerFile, repository: Repository) -> Reading:
    found = taskfile(file, repository)
    every = commands(found)
    scripts = _scripts(found, every, Variables(found, file.path, repository))
    reading = read_scripts([s for s, _ in scripts], file.path, file.kind, data=file.data, most=MOST_COMMANDS)
    known = {c.node.span.start for c in every} | {t.start for s, _ in scripts for t in s.taken}
    more = [
        one
        for node in found.strings()
        if (node.span.start not in known and _FLAG.search(node.text.text.data)) or computed(node.text.text.data)
        for one in unread(node.text.text.data, node.line, Refused("caller-arguments", "it is put into a command by a template", node.line))
    ]
    return Reading(reading.builds, (*reading.unread, *more))


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    found = taskfile(file, repository)
    scripts = _scripts(found, commands(found), Variables(found, file.path, repository))
    done = rewrite_scripts([s for s, _ in scripts], jobs, file.path)
    edits = list(done.edits)
    told = list(done.told)
    wanted: dict[int, tuple[Node, dict[str, str]]] = {}
    for _, host in scripts:
        if host.added and host.command.task is not None:
            wanted.setdefault(id(host.command.task), (host.command.task, {}))[1].update(host.added)
    for task, added in wanted.values():
        edits += [FileEdit(file.path, e) for e in _environment(file.data, task, added)]
    names = sorted({n for _, added in wanted.values() for n in added if not n.startswith("BUILD_")})
    if names:
        text = f"{', '.join(names)} on the command line of task no longer wins over a variable of that name in the environment"
        told += [Told(number, text) for number in range(len(jobs))]
    return done._replace(edits=tuple(dict.fromkeys(edits)), told=tuple(told))


def _scripts(found: Taskfile, every: Sequence[Command], variables: Variables) -> list[tuple[Script, TaskHost]]:
    """The commands that may build."""
    spoken = [(c, say(c, variables)) for c in every if _MAY_BUILD.search(c.node.text.text.data)]
    inlined = frozenset(n.span.start for c, s in spoken for n in (c.node, *s.taken))
    out = []
    for command, said in spoken:
        host = TaskHost(found, command, assigned(said.text.data))
        taken = (*((command.node.span,) if command.shared else ()), *(n.span for n in said.taken))
        refused = next((_shared(n) for n in said.taken if variables.elsewhere(variables.name(n), inlined)), None)
        inner = command.node.text if not said.taken else Embedded(said.text, lambda new: None if b"\n" in new else new)
        inner = inner._replace(text=said.text)
        if refused is None and any(chooses(n.text.text.data) for n in (command.node, *said.taken)):
            refused = Refused("caller-which-file", "a template chooses the Dockerfile here", command.node.line)
        out.append((Script(inner, host, said.masks, command.name, taken, refused, adapting(said, command)), host))
    return out


def _shared(node: Node) -> Refused:
    return Refused("caller-shared", "the variable that holds the arguments is used elsewhere, too", node.line)


def _environment(data: bytes, task: Node, added: Mapping[str, str]) -> list[Edit]:
    entry = task.entry("env")
    lines = [f"{name}: '{template}'" for name, template in added.items()]
    if entry is not None and resolve(entry.value).kind == "mapping":
        return [add_entry(data, resolve(entry.value), name, [f"'{template}'"]) for name, template in added.items()]
    keys = [e.key.value for e in task.entries]
    place = next((i for i, k in enumerate(keys) if k in ("cmds", "cmd")), len(keys))
    return [add_entry(data, task, "env", lines, after=keys[place - 1] if place else "")]

"""A call of a workflow or an action of this repository that passes lists of build args through.

Its lines move to a list of secrets that the called file passes on to the build; a called file without one is given one:

    with:                                            with:
      build-args: |                          ->        secrets: |
        NPM_TOKEN=${{ secrets.NPM_TOKEN }}               npm_token=${{ secrets.NPM_TOKEN }}
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from functools import cached_property

from remediate.callers.kinds import github_actions_other as other
from remediate.callers.kinds.github_actions_calls import Called, callee, declared, followed, lookup
from remediate.callers.kinds.github_actions_expr import Scope
from remediate.callers.kinds.github_actions_list import Item, items, renamed
from remediate.callers.kinds.github_actions_push import Push, line_of, shown, text_of
from remediate.callers.kinds.github_actions_push_edit import add_lines, renamed_list
from remediate.callers.kinds.github_actions_rows import action_of, pushes
from remediate.callers.kinds.github_actions_tree import Step, fields, root_of, steps
from remediate.callers.kinds.github_actions_unit import Unit
from remediate.callers.model import Build, CallerFile, FileEdit, Job, JobRefused, Move, Passed, Refused, Rewritten, Told
from remediate.callers.repository import Repository
from remediate.formats.embedded import FormatError
from remediate.formats.yaml import Node, resolve
from remediate.formats.yaml_edit import add_entry, remove_entry, remove_lines
from remediate.model import Edit, NamedTuple


def call_unit(file: CallerFile, repository: Repository, step: Step) -> Unit | None:
    """A step or job that calls a file of this repository; None when it passes no build args through it."""
    path = callee(step.uses, repository)
    data = repository.read(path) if path is not None else None
    if path is None or data is None:
        return other.unknown(file, step, f"{step.uses[:100]} is not there", {})
    if not pushes(data):
        return _unforwarded(file, step, Called(path, data, {}))
    if not followed(repository, data):
        return other.unknown(file, step, f"{path} is one of too many that call each other", {}, "caller-arguments")
    try:
        found = Called(path, data, root_of(data))
        unit = Call(file, repository, step, found)
    except FormatError as error:
        return other.unknown(file, step, f"{path} is not understood: {error.message}", {})
    if unit.builds:
        return unit
    return _unforwarded(file, step, found)


def _unforwarded(file: CallerFile, step: Step, called: Called) -> Unit | None:
    """Build args that are given, and of which it cannot be seen where they go."""
    unit = other.unknown(file, step, f"what {called.path} makes of the build args is not followed", {}, "caller-arguments")
    if unit is None:
        return None
    used = called.data.replace(b" ", b"")
    names = [k for k, v in step.inputs.items() if v.kind == "scalar" and f"inputs.{k}".encode() in used]
    return unit if names else None


class Forward(NamedTuple):
    """A build of the called file that takes the whole list `name` of its caller (`context`: inputs or secrets) as build args."""

    push: Push
    context: str
    name: str

    @property
    def ways(self) -> tuple[tuple[str, str], ...]:
        """All lists of the caller that reach the build."""
        return ((self.context, self.name), *self.push.forwarded("secrets"))


class Call(Unit):
    """A call that passes lists of build args on."""

    def __init__(self, file: CallerFile, repository: Repository, step: Step, called: Called) -> None:
        self.called = called
        scope = Scope(inputs=lookup(called.top, step), here=posixpath.dirname(called.path) or ".")
        self.forwards = [f for f in self._forwards(scope) if any(self._given(step, *way) for way in f.ways)]
        nodes = [step.fields.get(n) for n in ("with", "secrets")]
        starts = frozenset(n.span.start for n in nodes if n is not None)
        super().__init__(file, step, [self._build(file, step, i, f) for i, f in enumerate(self.forwards)], nodes=starts)

    def _forwards(self, scope: Scope) -> list[Forward]:
        out = []
        for step in steps(self.called.top, (scope,)):
            action, version = action_of(step.uses)
            if action is not None and action.form == "push":
                push = Push(step, action, version)
                out += [Forward(push, context, name) for context, name in push.forwarded(push.args_name)]
        return out

    @staticmethod
    def _given(step: Step, context: str, name: str) -> Node | None:
        """The list that the caller gives, when it holds something that can be read."""
        found = step.inputs if context == "inputs" else {k.lower(): v for k, v in fields(step.fields.get("secrets")).items()}
        node = found.get(name.lower())
        return node if node is not None and any(not i.dynamic for i in items(text_of(node))) else None

    def _build(self, file: CallerFile, step: Step, index: int, forward: Forward) -> Build:
        node = self._given(step, forward.context, forward.name)
        listed = items(text_of(node)) if node is not None else ()
        passed = tuple(Passed(i.name, line_of(node, i), i.origin) for i in listed if not i.dynamic and i.name)
        inner = forward.push.build(CallerFile(self.called.path, self.called.data, file.kind), True)
        more = [self._given(step, c, n) for c, n in forward.push.forwarded("secrets")]
        secrets = (*inner.secrets, *(i.name for m in more if m is not None for i in items(text_of(m)) if not i.dynamic))
        line = step.fields["uses"].line
        return inner._replace(path=file.path, line=line, args=passed, secrets=secrets, name=step.job or self.called.path, key=index)

    @cached_property
    def composite(self) -> bool:
        return "runs" in self.called.top

    def rewrite(self, jobs: Sequence[tuple[int, Job]]) -> Rewritten:
        """All lists of one call are rewritten together: a secret that one build of the called file gets is there for the others, too."""
        edits: dict[FileEdit, None] = {}
        refused: list[JobRefused] = []
        told: list[Told] = []
        for number, job in jobs:
            assert isinstance(job.build.key, int)
            forward = self.forwards[job.build.key]
            moves = [m for m in job.moves if m.arg]  # a copied file is supplied by the called file itself
            try:
                edits.update(dict.fromkeys(self._edits(forward, moves)))
            except FormatError as error:
                hand = self._by_hand(forward, moves)
                refused += [JobRefused(number, m.spec.id, Refused("caller-arguments", error.message, self.line, hand)) for m in moves]
            else:
                text = f"{self.called.path} passes the secrets on: whoever else calls it can give them the same way"
                told += [Told(number, text)] if any(e.path == self.called.path for e in edits) else []
        return Rewritten(() if refused else tuple(edits), tuple(refused), tuple(told))

    def _by_hand(self, forward: Forward, moves: Sequence[Move]) -> tuple[str, ...]:
        node = self._given(self.step, forward.context, forward.name)
        found = {i.name: i for i in items(text_of(node))}
        lines = [f"  {shown(found[m.arg], m.spec.id)}" for m in moves if m.arg in found]
        way = "inputs" if self.composite else "secrets"
        return (f"{self.file.path}:", "secrets: |", *lines, f"{self.called.path}:", f"secrets: ${{{{ {way}.build_secrets }}}}")

    def _edits(self, forward: Forward, moves: Sequence[Move]) -> list[FileEdit]:
        """Raises FormatError, with what stands against it."""
        node = self._given(self.step, forward.context, forward.name)
        if node is None or not moves:
            return []
        text = text_of(node)
        listed = items(text)
        gone: list[Item] = []
        lines: list[str] = []
        for move in moves:
            found = [i for i in listed if i.name == move.arg and not i.dynamic]
            if len(found) != 1 or found[0].odd or found[0].value is None or move.ssh:
                raise FormatError(f"{move.arg} cannot be passed through {self.called.path} as a secret")
            gone.append(found[0])
            if not move.supplied:
                lines.append(renamed(text, found[0], move.spec.id))
        holder, key = self._holder(forward.context, forward.name)
        out: list[FileEdit] = []
        way = next(iter(forward.push.forwarded("secrets")), None)
        if lines and way is None:
            way, more = self._open(forward.push)
            out = [FileEdit(self.called.path, e) for e in more]
        if way is not None and len(gone) == len(lines) == len(listed) and self._is_free(way, forward.context):
            new = [(g, m.spec.id) for g, m in zip(gone, moves, strict=True)]
            return [*out, *(FileEdit(self.file.path, e) for e in renamed_list(key, node, new, way[1]))]
        out += [FileEdit(self.file.path, e) for e in self._without(forward.context, holder, key.value, node, listed, gone)]
        if way is None or not lines:
            return out
        return [*out, FileEdit(self.file.path, self._given_secrets(way, [one for line in lines for one in line.split("\n")], key.value))]

    def _without(
        self, context: str, holder: Node, key: str, node: Node, listed: Sequence[Item], gone: Sequence[Item]
    ) -> list[Edit]:  # fmt: skip
        """The list without the items that go; with the last one its key goes, and with the last key what holds it."""
        field = "with" if context == "inputs" else "secrets"
        if len(gone) == len(listed) and len(holder.entries) == 1 and self.step.node.entry(field) is not None:
            return [remove_entry(self.file.data, self.step.node, field)]
        return _without(self.file.data, holder, key, node, listed, gone)

    def _is_free(self, way: tuple[str, str], context: str) -> bool:
        """Whether the list of secrets would stand in the same mapping as that of the build args, and is not there yet."""
        return way[0] == context and way[1].lower() not in {
            k.lower() for k in fields(self.step.fields.get("with" if context == "inputs" else "secrets"))
        }

    def _holder(self, context: str, name: str) -> tuple[Node, Node]:
        """The mapping with the caller's values, and the key in it as it is written."""
        holder = self.step.fields.get("with" if context == "inputs" else "secrets")
        if holder is None or resolve(holder).kind != "mapping":
            raise FormatError("the call passes on all secrets (inherit), so it can name none of its own")
        entry = next((e for e in resolve(holder).entries if e.key.value.lower() == name.lower()), None)
        if entry is None:
            raise FormatError("the inputs come through a merge key")
        return resolve(holder), entry.key

    def _given_secrets(self, way: tuple[str, str], lines: Sequence[str], after: str) -> Edit:
        context, name = way
        field = "with" if context == "inputs" else "secrets"
        holder = self.step.fields.get(field)
        if holder is None:
            return add_entry(self.file.data, self.step.node, field, [f"{name}: |", *(f"  {line}" for line in lines)], after="with")
        mapping = resolve(holder)
        if mapping.kind != "mapping":
            raise FormatError("the call passes on all secrets (inherit), so it can name none of its own")
        there = next((e.value for e in mapping.entries if e.key.value.lower() == name.lower()), None)
        if there is not None:
            return add_lines(self.file.data, there, lines)
        return add_entry(self.file.data, mapping, name, ["|", *lines], after=after)

    def _open(self, push: Push) -> tuple[tuple[str, str], list[Edit]]:
        """A way for secrets through the called file: (context, name) of a new input, or a new secret of the workflow, with its edits."""
        data, top = self.called.data, self.called.top
        context = "inputs" if self.composite else "secrets"
        name = "secrets" if self.composite and "secrets" not in declared(top) else "build_secrets"
        if name in declared(top, context):
            raise FormatError(f"{self.called.path} has a {name} of its own that goes elsewhere")
        value = f"${{{{ {context}.{name} }}}}"
        with_ = resolve(push.step.fields["with"])
        if "secrets" in push.inputs:
            edits = [add_lines(data, push.inputs["secrets"], [value])]
        else:
            edits = [add_entry(data, with_, "secrets", [value], after=push.args_name)]
        about = ["required: false"]
        if self.composite:
            about = ['description: "Secrets of the build, one id=value a line"', *about, 'default: ""']
            return (context, name), [*edits, add_entry(data, resolve(top["inputs"]), name, about)]
        call = fields(top.get("on")).get("workflow_call")
        if call is None or resolve(call).kind != "mapping":
            raise FormatError(f"{self.called.path} takes nothing from its callers")
        if "secrets" in fields(call):
            return (context, name), [*edits, add_entry(data, resolve(fields(call)["secrets"]), name, about)]
        return (context, name), [*edits, add_entry(data, resolve(call), "secrets", [f"{name}:", *(f"  {a}" for a in about)])]


def _without(data: bytes, holder: Node, key: str, node: Node, listed: Sequence[Item], gone: Sequence[Item]) -> list[Edit]:
    """The list without the items that go; raises FormatError when nothing would be left."""
    if len(gone) == len(listed):
        return [remove_entry(data, holder, key)]
    text = text_of(node)
    lines: set[int] = set()
    for item in gone:
        first = text.count(b"\n", 0, item.start)
        lines.update(range(first, first + text.count(b"\n", item.start, item.end) + 1))
    return list(remove_lines(data, node, lines))

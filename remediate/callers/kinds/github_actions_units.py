"""From a file to its units, in the file's order."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from remediate.callers.generated import generated
from remediate.callers.kinds import github_actions_other as other
from remediate.callers.kinds.github_actions_bake import Bake
from remediate.callers.kinds.github_actions_call import call_unit
from remediate.callers.kinds.github_actions_calls import called_by_others, file_scopes
from remediate.callers.kinds.github_actions_push import Push
from remediate.callers.kinds.github_actions_push_edit import edits
from remediate.callers.kinds.github_actions_rows import action_of
from remediate.callers.kinds.github_actions_run import held_args, remote_unit, run_unit
from remediate.callers.kinds.github_actions_tree import Step, fields, root_of, steps
from remediate.callers.kinds.github_actions_unit import Unit
from remediate.callers.model import CallerFile, FileEdit, Job, JobRefused, Rewritten, Told, Unread
from remediate.callers.repository import Repository
from remediate.text import late

MOST_HIDDEN, MOST_NAMES = 20, 50

_SECRET = late(rb"\bsecrets\s{0,9}(?:\.\s{0,9}|\[\s{0,9}')([A-Za-z_][A-Za-z0-9_]*)")


class PushUnit(Unit):
    """A step of docker/build-push-action."""

    def __init__(self, file: CallerFile, step: Step, push: Push, called: bool, forks: bool) -> None:
        self.push, self.forks = push, forks
        nodes = [step.fields.get("with"), push.args, *(push.inputs.get(n) for n in ("secrets", "secret-envs", "secret-files", "ssh"))]
        super().__init__(file, step, [push.build(file, called)], nodes=frozenset(n.span.start for n in nodes if n is not None))

    def rewrite(self, jobs: Sequence[tuple[int, Job]]) -> Rewritten:
        number, job = jobs[0]
        done = edits(self.file.data, self.push, job.moves, self.forks)
        return Rewritten(
            tuple(FileEdit(self.file.path, e) for e in done.edits),
            tuple(JobRefused(number, id, refused) for id, refused in done.refused),
            tuple(Told(number, text) for text in done.told),
        )


def units(file: CallerFile, repository: Repository) -> list[Unit]:
    """All units. Raises FormatError when the file is not understood."""
    top = root_of(file.data)
    if "jobs" not in top and "runs" not in top:
        return []
    found: list[Unit] = []
    called = called_by_others(top)
    forks = bool({"pull_request"} & set(_events(top.get("on"))))
    seen: set[int] = set()
    listed = _all_steps(file, repository)
    for step in listed:
        for unit in (held_args(file, step, seen), _unit(file, repository, step, called, forks)):
            if unit is not None:
                unit.number = len(found)
                found.append(unit)
    _name_hidden(found, listed)
    runs = fields(top.get("runs"))
    if "using" in runs and runs["using"].value == "docker":
        unit = other.own_image(file, runs, Step(runs["using"], {}, (), (), ""))
        found += [unit] if unit is not None else []
    if found and (header := generated(file.data)):
        for unit in found:
            unit.builds = tuple(b._replace(refused=b.refused or header) for b in unit.builds)
    return found


def _events(node: object) -> Sequence[str]:
    from remediate.formats.yaml import Node

    if not isinstance(node, Node):
        return ()
    if node.kind == "mapping":
        return tuple(fields(node))
    return [i.value.value for i in node.items] if node.kind == "sequence" else [node.value]


def _all_steps(file: CallerFile, repository: Repository) -> list[Step]:
    top = root_of(file.data)
    return list(steps(top, file_scopes(file.path, top, repository)))


def _unit(file: CallerFile, repository: Repository, step: Step, called: bool, forks: bool) -> Unit | None:
    if "run" in step.fields:
        return run_unit(file, step, step.fields["run"])
    uses = step.uses
    if not uses or uses.startswith("docker://"):
        return None
    if uses.startswith("./"):
        return call_unit(file, repository, step)
    action, version = action_of(uses)
    if action is None:
        return _unknown(file, step, uses)
    node = step.inputs.get(action.args)
    if action.form == "push":
        return PushUnit(file, step, Push(step, action, version), called, forks)
    if action.form == "bake":
        return Bake.of(file, repository, step)
    if action.form in ("script", "remote"):
        if node is None or node.kind != "scalar":
            return None
        return remote_unit(file, step, node) if action.form == "remote" else run_unit(file, step, node, "with", step.value("shell"))
    return other.known(file, step, action)


def _unknown(file: CallerFile, step: Step, uses: str) -> Unit | None:
    name = uses.partition("@")[0][:100]
    workflow = posixpath.splitext(name)[1] in (".yml", ".yaml")
    given = fields(step.fields.get("secrets")) if workflow else {}
    detail = f"the {'workflow' if workflow else 'action'} {name} is not in this repository"
    return other.unknown(file, step, detail, {k.lower(): v for k, v in given.items()})


def _name_hidden(found: Sequence[Unit], listed: Sequence[Step]) -> None:
    """Of build args that are put together elsewhere, the names are those of the secrets and variables that the job has at hand."""
    hidden = [u for u in found if isinstance(u, PushUnit) and u.push.opaque and u.builds[0].more is not None]
    for unit in hidden[:MOST_HIDDEN]:
        refused = unit.builds[0].more
        assert refused is not None
        read = {u.step.node.span.start for u in found if u.builds and u.builds[0].refused is None}
        names: dict[str, None] = {}
        for step in listed:
            if step.job == unit.step.job and step.node.span.start not in read:
                names.update(dict.fromkeys(k for env in step.env for k in fields(env)))
            if step.job == unit.step.job and step.node.span.start not in read and step.node is not unit.step.node:
                names.update((n.decode(), None) for n in _SECRET.findall(step.node.data, step.node.span.start, step.node.span.end))
        unit.unread = tuple(Unread(refused.line, refused, n) for n in list(names)[:MOST_NAMES])

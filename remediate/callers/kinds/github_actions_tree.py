"""A workflow or an action as jobs and steps: which `env:`, shell, folder and matrix a step has, and where the repository lies for it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from remediate.callers.kinds.github_actions_expr import Scope, Value, sole
from remediate.callers.places import UNKNOWN
from remediate.formats.yaml import Node, documents, merged, resolve
from remediate.model import NamedTuple
from remediate.text import late

MAX_SCOPES = 256
MAX_KEPT = 100  # what steps leave for later ones: more is no workflow

# Actions that start an SSH agent whose socket later steps see -> the input with the private keys.
SSH_AGENTS = {"webfactory/ssh-agent": "ssh-private-key", "mrsquaare/ssh-setup-action": "private-key"}

_GITHUB_ENV = late(r"\b([A-Za-z_][A-Za-z0-9_]*)(?==|<<)")


class Checkout(NamedTuple):
    """A folder of the workspace that holds a repository: this one (`own`), or another."""

    folder: str
    own: bool


class Step(NamedTuple):
    """`fields` are the keys of the step (of a job that calls a workflow: those of the job); `env` the `env:` nodes around it.

    `outer`: the scopes of its job. `written`: variables that steps before it put into GITHUB_ENV; `agents`: the keys (expressions)
    that they gave to an SSH agent. `image`: the container of its job. `idle`: a condition says that it never runs.
    """

    node: Node
    fields: Mapping[str, Node]
    env: tuple[Node, ...]
    outer: tuple[Scope, ...]
    job: str
    shell: str = ""
    folder: str = "."
    checkouts: tuple[Checkout, ...] = ()
    written: frozenset[str] = frozenset()
    agents: tuple[str, ...] = ()
    image: str = ""
    idle: bool = False

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The scopes of the step itself, with its own `env:`."""
        own = plain(self.fields.get("env")) if "run" in self.fields or "uses" in self.fields else {}
        return tuple(s.within(own, self.written - own.keys()) for s in self.outer)

    @property
    def uses(self) -> str:
        return self.fields["uses"].value.strip() if "uses" in self.fields else ""

    @property
    def inputs(self) -> Mapping[str, Node]:
        """The inputs by their names in small letters: their case does not count."""
        return {k.lower(): v for k, v in fields(self.fields.get("with")).items()}

    def values(self, text: str) -> tuple[str, ...]:
        """What a text of this step can come to, in all its scopes."""
        return tuple(dict.fromkeys(v for scope in self.scopes for v in scope.values(text)))[:MAX_SCOPES]

    def value(self, name: str) -> str:
        found = self.inputs.get(name)
        return found.value.strip() if found is not None else ""


def fields(node: Node | None) -> dict[str, Node]:
    """The effective entries of a mapping, aliases followed; none for anything else."""
    if node is None:
        return {}
    return {m.entry.key.value: resolve(m.entry.value) for m in merged(resolve(node))} if resolve(node).kind == "mapping" else {}


def root_of(data: bytes) -> Mapping[str, Node]:
    """The top keys of the file; none when it is something else than one mapping."""
    roots = documents(data)
    return fields(roots[0]) if len(roots) == 1 else {}


def plain(node: Node | None) -> dict[str, str]:
    """A mapping of texts, as `env:` is one."""
    return {k: v.value for k, v in fields(node).items() if v.kind in ("scalar", "null")}


def scopes_of(top: Mapping[str, Node], outer: Sequence[Scope], job: Mapping[str, Node]) -> tuple[Scope, ...]:
    """One scope for each combination of the job's matrix, below each of the file's own scopes."""
    combinations = matrix_of(fields(job.get("strategy")).get("matrix"))
    out = []
    for scope in outer:
        base = scope.within(plain(top.get("env")))
        for one in [None] if combinations is None else combinations:
            at = Scope(base.env, one, base.inputs, base.unsure, base.here)
            out.append(at.within(plain(job.get("env"))))
            if len(out) >= MAX_SCOPES:
                return (Scope(base.env, None, base.inputs, base.unsure, base.here),)
    return tuple(out)


def matrix_of(node: Node | None) -> list[Mapping[str, Value]] | None:
    """The combinations of a matrix, [{}] without one; None when they are not known, or too many."""
    if node is None:
        return [{}]
    if node.kind != "mapping":
        return None
    axes: dict[str, list[Value]] = {}
    found = fields(node)
    count = 1
    for name, value in found.items():
        if name not in ("include", "exclude"):
            axes[name] = [_value(resolve(i.value)) for i in value.items] if value.kind == "sequence" else [None]
            count *= max(len(axes[name]), 1)
            if count > MAX_SCOPES:
                return None
    rows: list[dict[str, Value]] = [dict(zip(axes, row, strict=True)) for row in product(*axes.values())] if axes else []
    return _included(rows, axes, found.get("include"))


def _included(rows: list[dict[str, Value]], axes: Mapping[str, object], include: Node | None) -> list[Mapping[str, Value]] | None:
    """`include:` adds to the combinations that it does not contradict, else it is a combination of its own."""
    if include is None:
        return list(rows) or [{}]
    if include.kind != "sequence":
        return None
    original = [dict(r) for r in rows]
    out: list[dict[str, Value]] = list(rows)
    for item in include.items[:MAX_SCOPES]:
        extra = _value(resolve(item.value))
        if not isinstance(extra, Mapping):
            return None
        fits = [i for i, r in enumerate(original) if all(r.get(k) == v or r.get(k) is None for k, v in extra.items() if k in axes)]
        for index in fits:
            out[index].update(extra)
        if not fits:
            out.append(dict(extra))
    return list(out) if len(out) <= MAX_SCOPES else None


def _value(node: Node) -> Value:
    if node.kind == "mapping":
        return {k: _value(v) for k, v in fields(node).items()}
    if node.kind in ("scalar", "null"):
        return None if sole(node.value).startswith("fromJ") else node.value
    return None


def steps(top: Mapping[str, Node], outer: Sequence[Scope]) -> Iterator[Step]:
    """All steps of a workflow or a composite action, and its jobs that call a workflow, in the file's order."""
    runs = fields(top.get("runs"))
    if runs.get("using") is not None:
        yield from _steps(top, runs, "", tuple(outer))
        return
    for name, node in fields(top.get("jobs")).items():
        job = fields(node)
        scopes = scopes_of(top, outer, job)
        if "uses" in job and "steps" not in job:
            env = tuple(n for n in (top.get("env"),) if n is not None)
            yield Step(node, job, env, scopes, name, idle=_never(job))
        else:
            yield from _steps(top, job, name, scopes)


def _steps(top: Mapping[str, Node], job: Mapping[str, Node], name: str, scopes: tuple[Scope, ...]) -> Iterator[Step]:
    defaults = {**plain(fields(top.get("defaults")).get("run")), **plain(fields(job.get("defaults")).get("run"))}
    outer = tuple(resolve(n) for n in (top.get("env"), job.get("env")) if n is not None)
    container = job.get("container")
    image = container.value if container is not None and container.kind == "scalar" else plain(container).get("image", "")
    checkouts: tuple[Checkout, ...] = () if "using" not in job else (Checkout(".", True),)  # a composite action finds its caller's
    written: frozenset[str] = frozenset()
    agents: tuple[str, ...] = ()
    listed = job.get("steps")
    for item in listed.items if listed is not None and listed.kind == "sequence" else ():
        node = resolve(item.value)
        found = fields(node)
        shell = found["shell"].value if "shell" in found else defaults.get("shell", "") or _shell(job)
        folder = found["working-directory"].value if "working-directory" in found else defaults.get("working-directory", ".")
        env = (*outer, found["env"]) if "env" in found else outer
        step = Step(node, found, env, scopes, name, shell, folder, checkouts, written, agents, image, _never(job) or _never(found))
        yield step
        action = step.uses.lower().split("@")[0]
        if action == "actions/checkout" and len(checkouts) < MAX_KEPT:
            checkouts = (*checkouts, _checkout(step))
        elif action in SSH_AGENTS and len(agents) < MAX_KEPT:
            agents = (*agents, step.value(SSH_AGENTS[action]))
        if "run" in found and "GITHUB_ENV" in found["run"].value and len(written) < MAX_KEPT:
            written = written.union(_GITHUB_ENV.findall(found["run"].value)[:MAX_KEPT])


def _never(entries: Mapping[str, Node]) -> bool:
    condition = entries["if"].value.strip() if "if" in entries else ""
    return (sole(condition) or condition) == "false"


def _shell(job: Mapping[str, Node]) -> str:
    runner = job.get("runs-on")
    if runner is None:
        return ""
    labels = fields(runner).get("labels", runner)
    found = [resolve(i.value).value for i in labels.items] if labels.kind == "sequence" else [labels.value]
    return "pwsh" if any("windows" in label.lower() for label in found) else ""


def _checkout(step: Step) -> Checkout:
    own = step.value("repository") in ("", "${{ github.repository }}", "${{github.repository}}")
    paths = step.values(step.value("path"))
    folder = posixpath.normpath(paths[0] or ".") if len(paths) == 1 else UNKNOWN
    return Checkout(folder, own)


def in_repository(path: str, checkouts: Sequence[Checkout]) -> str | None:
    """A path of the workspace as one of the repository; None when something else lies there."""
    if path.startswith(("/", "~")):
        return None
    clean = posixpath.normpath(path or ".")
    if not checkouts or UNKNOWN in clean.split("/")[0]:
        return clean
    best: Checkout | None = None
    for one in checkouts:
        if one.folder == "." or clean == one.folder or clean.startswith(one.folder + "/"):
            best = one if best is None or len(one.folder) > len(best.folder) or best.folder == "." else best
    if best is None and not any(one.own for one in checkouts):
        return clean  # the repository came there in a way that is not seen
    if best is None or not best.own:
        return None
    return clean if best.folder == "." else posixpath.relpath(clean, best.folder)


def workspace(checkouts: Sequence[Checkout]) -> str | None:
    """The folder of the workspace in which this repository lies; None when that is not sure."""
    own = [c.folder for c in checkouts if c.own]
    if not checkouts:
        return "."
    return own[0] if len(set(own)) == 1 and UNKNOWN not in own[0] else None

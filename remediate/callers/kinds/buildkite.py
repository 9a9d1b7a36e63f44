"""Buildkite: the commands of a step are one script, and its plugins may build.

`$NAME` is replaced when the pipeline is uploaded, `$$NAME` is the shell's (`buildkite_text`). A step's `env:` and the pipeline's are in
the job's environment; only the pipeline's is there when the rest of the file is uploaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from remediate.callers.kinds import ci_docker
from remediate.callers.kinds.buildkite_settings import Used, leftover_settings, old_compose, read_plugins, rewrite_plugins, used_plugins
from remediate.callers.kinds.buildkite_text import TEMPLATE, marked_name, uploaded
from remediate.callers.kinds.ci_rewrite import rewrite_scripts
from remediate.callers.kinds.ci_script import CiHost, Script, distinct, read_scripts, unread_whole
from remediate.callers.kinds.ci_yaml import commands, fields, leftovers, listed, read_yaml, text_of, texts
from remediate.callers.model import CallerFile, Job, JobRefused, Reading, Refused, Rewritten, Told, Unread
from remediate.callers.repository import Repository
from remediate.formats.embedded import FormatError
from remediate.formats.yaml import Node, resolve
from remediate.model import NamedTuple
from remediate.text import late

MAX_STEPS = 20_000
DEPTH = 5
OLD = ("- docker#v5.10.0:", "    image: docker:27")
ELSEWHERE = "it goes to a plugin, or to a step that is not followed"
UPLOADED = "Buildkite puts the value of {} into the pipeline that it keeps, and the job may not have that variable"
_MATRIX = late(r"\{\{[ \t]*matrix(?:\.([\w-]+))?[ \t]*\}\}")


class Step(NamedTuple):
    """A step as it runs. `uploaded`: the pipeline's `env:`, which is known when the file is uploaded; `given`: its `secrets:`."""

    name: str
    keys: Mapping[str, Node]
    uploaded: Mapping[str, str]
    given: frozenset[str]
    idle: bool


class Host(CiHost):
    """`sure`: what is replaced in the text and is in the job's environment with the same value."""

    def __init__(self, folder: str, values: Mapping[str, tuple[str, ...]], uploaded: Mapping[str, str], sure: frozenset[str]) -> None:
        super().__init__(folder, values)
        self.uploaded, self.sure = uploaded, sure

    def resolve(self, text: str) -> tuple[str, ...] | None:
        if text.startswith("\x02"):
            value = self.uploaded.get(marked_name(text))
            return (value,) if value is not None and "$" not in value else None
        found = _MATRIX.fullmatch(text)
        return self.values.get(f"matrix.{found[1] or ''}") if found is not None else super().resolve(text)

    def carry(self, name: str, template: str) -> str | None:
        found = marked_name(template)
        return found if found in self.sure and found not in self.own else None


def read(file: CallerFile, repository: Repository) -> Reading:
    """The builds of commands and of plugins."""
    try:
        roots = read_yaml(file.data)
        folder = _folder(file, roots, repository)
        scripts, plugins = _both(file, roots, folder)
        reading = read_scripts(scripts, file)
        covered = {p.start for s in scripts for p in s.parts}
        more = (*leftovers(roots, covered, "caller-elsewhere", ELSEWHERE), *leftover_settings(plugins), *_no_pipeline(roots))
    except FormatError as error:
        return unread_whole(error)
    builds = (*reading.builds, *read_plugins(file, plugins, folder))
    unread = tuple(dict.fromkeys((*reading.unread, *more)))
    return Reading(tuple(sorted(builds, key=lambda b: b.line)), unread, (*reading.old, *old_compose(plugins)))


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    """Commands and plugins of one file in one go."""
    roots = read_yaml(file.data)
    scripts, plugins = _both(file, roots, _folder(file, roots, repository))
    shell = [n for n, j in enumerate(jobs) if isinstance(j.build.key, tuple)]
    others = [n for n in range(len(jobs)) if n not in set(shell)]
    first = rewrite_scripts(scripts, file, [jobs[n] for n in shell], {file.path: file.data})
    second = rewrite_plugins(plugins, file, [jobs[n] for n in others])
    refused = [_put_in(JobRefused(shell[r.job], r.spec_id, r.refused), jobs[shell[r.job]]) for r in first.refused]
    refused += [JobRefused(others[r.job], r.spec_id, r.refused) for r in second.refused]
    told = [Told(shell[t.job], t.text) for t in first.told] + [Told(others[t.job], t.text) for t in second.told]
    return Rewritten(() if refused else (*first.edits, *second.edits), tuple(refused), tuple(told))


def _put_in(one: JobRefused, job: Job) -> JobRefused:
    """A value that is put in at upload: what to write instead, and what has to be true of the job then."""
    move = next((m for m in job.moves if m.spec.id == one.spec_id), None)
    if one.refused.code != "caller-value" or move is None or not one.refused.detail.endswith("in a variable here"):
        return one
    by_hand = ("--secret id=ID,env=NAME", "secrets:", "  - NAME", "(or export it in a hook of the agent)")
    return one._replace(refused=one.refused._replace(detail=UPLOADED.format(move.arg), by_hand=by_hand))


def _no_pipeline(roots: Sequence[Node]) -> Iterator[Unread]:
    """A Compose file that lies beside the pipelines, and is not called so."""
    for root in roots:
        services = fields(root).get("services")
        if services is not None and "steps" not in fields(root):
            yield Unread(services.line, Refused("caller-format", "it is no pipeline, and not called a Compose file either", services.line))


def _folder(file: CallerFile, roots: Sequence[Node], repository: Repository) -> str:
    """Where the steps run: at the top of the repository.

    A pipeline further down may be that of a whole project which is kept there (a template): then what it builds is found from there only.
    """
    head = file.path.partition("/.buildkite/")[0]
    if head == file.path:
        return "."

    def found(folder: str) -> int:
        scripts, plugins = _both(file, roots, folder)
        builds = (*read_scripts(scripts, file).builds, *read_plugins(file, plugins, folder))
        return sum(any(repository.exists(p) for p in b.place.paths) for b in builds)

    return head if found(head) > found(".") else "."


def _both(file: CallerFile, roots: Sequence[Node], folder: str) -> tuple[list[Script], list[Used]]:
    scripts: list[Script] = []
    plugins: list[Used] = []
    for step in _steps(roots):
        used = list(used_plugins(step.name, step.keys.get("plugins"), step.uploaded, _sure(step), idle=step.idle))
        plugins += used
        inside = next((text_of(fields(u.settings).get("image")) for u in used if u.name == "docker"), "")
        script = _script(file, step, folder, ci_docker.of_image(inside), bare=all(u.harmless for u in used))
        scripts += [script] if script is not None else []
    return distinct(scripts), plugins


def _sure(step: Step) -> frozenset[str]:
    """The names that have one value at upload and in the job, and those of secrets that the job is given."""
    own = texts(step.keys.get("env"))
    return frozenset(n for n, value in step.uploaded.items() if own.get(n, value) == value) | step.given


def _script(file: CallerFile, step: Step, folder: str, builder: ci_docker.Builder, *, bare: bool) -> Script | None:
    """`bare`: no plugin takes the commands somewhere else, where the job's environment may not be. `builder`: what is in that place."""
    parts = tuple(uploaded(p) for key in ("command", "commands", "script") for p in commands(file.path, step.keys.get(key)))
    if not parts:
        return None
    known = {**step.uploaded, **texts(step.keys.get("env"))}
    values = {k: (v,) for k, v in known.items() if "$" not in v} | _matrix(step.keys.get("matrix"))
    agents = step.keys.get("agents")
    windows = any("windows" in t.lower() for t in (*texts(agents).values(), *map(text_of, listed(agents))))
    host = Host(folder, values, step.uploaded, _sure(step) if bare else frozenset())
    return Script(step.name, parts, host, TEMPLATE, *builder[:2], OLD, files=builder.files, idle=step.idle, windows=windows)


def _matrix(node: Node | None) -> dict[str, tuple[str, ...]]:
    """`matrix: [a, b]`, or dimensions with names (`setup:`) and more values of theirs (`adjustments:`)."""
    if node is None:
        return {}
    setup = fields(node).get("setup")
    if setup is None or resolve(setup).kind == "sequence":
        rows = {"": [text_of(v) for v in listed(setup if setup is not None else node)]}
    else:
        rows = {name: [text_of(v) for v in listed(value)] for name, value in fields(setup).items()}
    for more in listed(fields(node).get("adjustments")):
        wanted = fields(more).get("with")
        for name, value in fields(wanted).items():
            rows.setdefault(name, []).append(text_of(value))
        if not fields(wanted):
            rows.setdefault("", []).extend(text_of(v) for v in listed(wanted))
    return {f"matrix.{k}": tuple(dict.fromkeys(v)) for k, v in rows.items() if v and all(v)}


def _steps(roots: Sequence[Node]) -> Iterator[Step]:
    """Every step that has commands or plugins, those of groups included."""
    count = 0
    for root in roots:
        top = fields(root)
        env, given = texts(top.get("env")), _given(top.get("secrets"))
        todo = [(n, DEPTH, False) for n in reversed(listed(top.get("steps")) if top else listed(root))]
        while todo:
            node, depth, idle = todo.pop()
            keys = fields(node)
            idle = idle or text_of(keys.get("skip")) not in ("", "false") or text_of(keys.get("if")) == "false"
            inner = next((keys[k] for k in ("command", "commands", "script") if k in keys and resolve(keys[k]).kind == "mapping"), None)
            nested = [*listed(keys.get("steps")), *([inner] if inner is not None else [])]
            if nested and depth > 0:
                todo += [(n, depth - 1, idle) for n in reversed(nested)]
                continue
            count += 1
            if count > MAX_STEPS:
                raise FormatError("it has too many steps")
            name = next((text_of(keys[k]) for k in ("label", "name", "key") if text_of(keys.get(k))), f"step {count}")
            if keys:
                yield Step(name, keys, env, given | _given(keys.get("secrets")), idle)


def _given(node: Node | None) -> frozenset[str]:
    """The variables that `secrets:` gives: a list of names, or names with those of the secrets."""
    return frozenset((*fields(node), *(t for t in map(text_of, listed(node)) if t)))

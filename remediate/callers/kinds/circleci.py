"""CircleCI: each `run` step is a shell of its own; commands, jobs and inline orbs have parameters, which are replaced before it starts."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence

from remediate.callers.kinds import ci_docker
from remediate.callers.kinds.ci_rewrite import rewrite_scripts
from remediate.callers.kinds.ci_script import CiHost, Script, read_scripts, unread_whole
from remediate.callers.kinds.ci_yaml import fields, leftovers, listed, part_of, read_yaml, text_of, texts
from remediate.callers.kinds.circleci_orbs import Orb, orb_of
from remediate.callers.model import Build, CallerFile, FileEdit, Job, Reading, Refused, Rewritten
from remediate.callers.places import joined, place
from remediate.callers.repository import Repository
from remediate.formats.embedded import Embedded, FormatError
from remediate.formats.yaml import Node, resolve
from remediate.formats.yaml_edit import add_entry
from remediate.model import NamedTuple
from remediate.text import LogicalText, Piece, late

TEMPLATE = late(rb"<<[^<>\n]{1,300}>>")
_NAME = late(r"<<\s*(?:pipeline\.)?parameters\.([\w-]+)\s*>>")
_BREAK = late(rb"\\?\n")
OLD = ("- setup_remote_docker:", "    version: default")
MAX_STEPS = 20_000
ELSEWHERE = "it goes to an orb, or a parameter, that is not followed"


class Unit(NamedTuple):
    """The file itself, or an orb that stands in it: its jobs and commands, and the orbs that it may use by their short names."""

    jobs: Mapping[str, Node]
    commands: Mapping[str, Node]
    orbs: Mapping[str, str]


class Step(NamedTuple):
    """One step where it stands: `name` is `run`, a command or an orb's command, `value` its text or parameters."""

    owner: str
    name: str
    value: Node | None
    workdir: str
    builder: ci_docker.Builder
    values: Mapping[str, tuple[str, ...]]
    environment: Mapping[str, str]


class Host(CiHost):
    """Parameters have the values that the file passes anywhere; one that holds a secret can be put into the step's `environment`."""

    def __init__(self, folder: str | None, values: Mapping[str, tuple[str, ...]], run: Node | None = None, path: str = "") -> None:
        super().__init__(folder, values)
        self.run, self.path = run, path

    def resolve(self, text: str) -> tuple[str, ...] | None:
        found = _NAME.fullmatch(text.strip())
        return self.values.get(found[1]) if found else super().resolve(text)

    def carry(self, name: str, template: str) -> str | None:
        if self.run is None or self.run.kind != "mapping" or self.run.flow:
            return None
        known = self.run.get("environment")
        try:
            if known is None:
                edit = add_entry(self.run.data, self.run, "environment", [f"{name}: {template}"], after="name")
            elif known.kind == "mapping" and name not in fields(known):
                edit = add_entry(self.run.data, known, name, [template])
            else:
                return None
        except FormatError:
            return None
        self.edits[name] = FileEdit(self.path, edit)
        return name


def read(file: CallerFile, repository: Repository) -> Reading:
    """The builds of `run` steps and of orbs that are known to build."""
    del repository
    try:
        roots = read_yaml(file.data)
        scripts, plain = _scripts(file, roots)
        reading = read_scripts(scripts, file)
        covered = {p.start for s in scripts for p in s.parts}
        more = leftovers(roots, covered, "caller-elsewhere", ELSEWHERE)
    except FormatError as error:
        return unread_whole(error)
    builds = sorted((*reading.builds, *plain), key=lambda b: b.line)
    return Reading(tuple(builds), (*reading.unread, *more), reading.old)


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    del repository
    return rewrite_scripts(_scripts(file, read_yaml(file.data))[0], file, jobs, {file.path: file.data})


def _scripts(file: CallerFile, roots: Sequence[Node]) -> tuple[list[Script], list[Build]]:
    """Every shell text of the file, and the builds of orbs that say nothing of their arguments."""
    scripts: list[Script] = []
    builds: list[Build] = []
    for root in roots:
        for unit in _units(fields(root)):
            for step in _steps(unit, fields(root)):
                orb = orb_of(unit.orbs.get(step.name.partition("/")[0], ""), step.name.partition("/")[2])
                if step.name == "run":
                    scripts += _run(file, step)
                elif orb is not None:
                    _orb(file, step, orb, scripts, builds)
    return scripts, builds


def _units(top: Mapping[str, Node], depth: int = 4) -> Iterator[Unit]:
    orbs = {k: text_of(v) for k, v in fields(top.get("orbs")).items()}
    yield Unit(fields(top.get("jobs")), fields(top.get("commands")), orbs)
    for inner in fields(top.get("orbs")).values():
        if depth > 0 and resolve(inner).kind == "mapping":
            yield from _units(fields(inner), depth - 1)


def _steps(unit: Unit, top: Mapping[str, Node]) -> Iterator[Step]:
    """The steps of all jobs and commands, and the orbs' jobs in workflows."""
    passed = _passed(unit, top)
    count = 0
    for name, node in (*unit.jobs.items(), *unit.commands.items()):
        body = fields(node)
        values = _values(body, passed.get(name, {}), top)
        found = list(_flat(body.get("steps")))
        users = [body] if name in unit.jobs else [j for j in map(fields, unit.jobs.values()) if _uses(j, name)]
        dockers = [_remote_docker([*_flat(u.get("steps")), *found]) for u in users or [body]]
        builder = max(dockers, key=lambda b: (b.buildkit == "old", b.files))
        environment = {k: v for u in users for k, v in {**_executor(u, top), **texts(u.get("environment"))}.items()}
        workdir = text_of(body.get("working_directory"))
        for step, value in found:
            count += 1
            if count > MAX_STEPS:
                raise FormatError("it has too many steps")
            yield Step(name, step, value, workdir, builder, values, environment)
    for workflow in fields(top.get("workflows")).values():
        for item in listed(fields(workflow).get("jobs")):
            for name, value in fields(item).items():
                if "/" in name:
                    yield Step(name, name, value, "", ci_docker.Builder(), _values({}, {}, top), {})


def _flat(steps: Node | None, depth: int = 12) -> Iterator[tuple[str, Node | None]]:
    """(name, value) of each step; those below `when` and `unless` count as if they stood in the list."""
    for item in listed(steps):
        if text_of(item):
            yield text_of(item), None
            continue
        for name, value in fields(item).items():
            if name in ("when", "unless") and depth > 0:
                yield from _flat(fields(value).get("steps"), depth - 1)
            elif resolve(value).kind == "sequence" and depth > 0 and name == "steps":
                yield from _flat(value, depth - 1)
            else:
                yield name, value


def _passed(unit: Unit, top: Mapping[str, Node]) -> dict[str, dict[str, list[str]]]:
    """command or job -> parameter -> the values that anything in the file gives it."""
    out: dict[str, dict[str, list[str]]] = {}

    def note(name: str, value: Node | None) -> None:
        given = fields(value)
        rows = out.setdefault(name.rpartition("/")[2], {})
        for key, one in (*given.items(), *fields(fields(given.get("matrix")).get("parameters")).items()):
            rows.setdefault(key, []).extend(text_of(v) for v in listed(one) if text_of(v))

    for node in (*unit.jobs.values(), *unit.commands.values()):
        for step, value in _flat(fields(node).get("steps")):
            note(step, value)
    for workflow in fields(top.get("workflows")).values():
        for item in listed(fields(workflow).get("jobs")):
            for name, value in fields(item).items():
                note(name, value)
    return out


def _values(body: Mapping[str, Node], passed: Mapping[str, list[str]], top: Mapping[str, Node]) -> dict[str, tuple[str, ...]]:
    """What each parameter may be; one that is given another parameter is not known."""
    out: dict[str, tuple[str, ...]] = {}
    declared = {**fields(top.get("parameters")), **fields(body.get("parameters"))}
    for name, node in declared.items():
        default = fields(node).get("default")
        found = [*passed.get(name, ()), *([text_of(default)] if default is not None and not passed.get(name) else [])]
        if found and not any("<<" in f or "$" in f for f in found):
            out[name] = tuple(dict.fromkeys(found))
    return out


def _uses(job: Mapping[str, Node], command: str) -> bool:
    return any(name == command for name, _ in _flat(job.get("steps")))


def _executor(job: Mapping[str, Node], top: Mapping[str, Node]) -> dict[str, str]:
    """The environment that the job's executor brings."""
    named = job.get("executor")
    name = text_of(named) or text_of(fields(named).get("name"))
    return texts(fields(fields(top.get("executors")).get(name)).get("environment")) if name else {}


def _remote_docker(steps: Sequence[tuple[str, Node | None]]) -> ci_docker.Builder:
    """`setup_remote_docker: version:` is the daemon's version; the job's image brings the client."""
    for name, value in steps:
        if name == "setup_remote_docker":
            version = text_of(fields(value).get("version")).removeprefix("docker")
            return ci_docker.of_version(version, f"setup_remote_docker {version}") if version else ci_docker.Builder()
    return ci_docker.Builder()


def _folder(step: Step, own: str) -> str | None:
    """Where a step runs: the code is checked out into the job's working directory, unless that says a folder below `~/project`."""
    base = "."
    job = step.workdir.rstrip("/")
    if job.startswith("~/project/"):
        base = job.removeprefix("~/project/")
    if not own:
        return base
    own = own.rstrip("/")
    for root in (job, "~/project", "/home/circleci/project"):
        if root and (own == root or own.startswith(root + "/")):
            return posixpath.normpath(own[len(root) :].lstrip("/") or ".")
    return None if own.startswith(("~", "/", "<", "$")) else joined(base, own)


def _run(file: CallerFile, step: Step) -> list[Script]:
    value = resolve(step.value) if step.value is not None else None
    body = fields(value)
    command = value if value is not None and value.kind == "scalar" else body.get("command")
    if command is None or resolve(command).kind != "scalar":
        return []
    part = part_of(file.path, resolve(command))
    environment = {**step.environment, **texts(body.get("environment"))}
    values = {**step.values, **{k: (v,) for k, v in environment.items() if "$" not in v and "<<" not in v}}
    own = body.get("command") is not None and step.value is value
    host = Host(_folder(step, text_of(body.get("working_directory"))), values, value if own else None, file.path)
    builder = step.builder.given(values.get("DOCKER_BUILDKIT", ("",))[0])
    return [Script(step.owner, (part,), host, TEMPLATE, *builder[:2], OLD, files=builder.files)]


def _orb(file: CallerFile, step: Step, orb: Orb, scripts: list[Script], builds: list[Build]) -> None:
    """The orb's command around the arguments that it is given."""
    given = fields(step.value)
    path = _first(given, orb.folders, ".")
    dockerfile = posixpath.join(path, _first(given, orb.files, "Dockerfile"))
    context = _first(given, orb.contexts, ".")
    name = next((n for n in orb.flags if n in given), "")
    host = Host(".", step.values)
    if not name or not text_of(given[name]):
        line = step.value.line if step.value is not None else 1
        by_hand = (f"{orb.flags[0]}: --secret id=ID,env=NAME",)
        why = Refused("caller-elsewhere", f"{step.name} builds the image and is given no arguments yet", line, by_hand)
        where = place(".", context, _known(host, dockerfile))
        builds.append(Build(file.path, file.kind, line, where, joined(".", context), ".", engine="buildx", name=step.owner, refused=why))
        return
    node = resolve(given[name])
    before = f'docker buildx build -f "{_quotable(dockerfile)}" '.encode()
    part = part_of(file.path, node)._replace(embedded=_one_line(node.text), before=before, after=f' "{_quotable(context)}"\n'.encode())
    scripts.append(Script(step.owner, (part,), host, TEMPLATE))


def _first(given: Mapping[str, Node], names: Sequence[str], default: str) -> str:
    return next((text_of(given[n]) for n in names if n in given), default) or default


def _known(host: Host, path: str) -> str:
    return _NAME.sub(lambda m: (host.values.get(m[1]) or ("*",))[0], path)


def _quotable(text: str) -> str:
    return "".join(c for c in text if c not in '"\\`\n')


def _one_line(embedded: Embedded) -> Embedded:
    """The text as the orb's shell takes it: its line breaks are blanks."""
    pieces = [Piece(_BREAK.sub(lambda m: b" " * len(m[0]), p.data), p.start, p.end) for p in embedded.text.pieces]
    return Embedded(LogicalText(pieces), lambda new: None if b"\n" in new else embedded.written(new))

"""The jobs of a GitLab pipeline as they run: includes, `extends`, `default:`, merge keys, `!reference`; each text with its file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from itertools import chain

from remediate.callers.kinds.ci_yaml import Refs, fields, listed, read_yaml, text_of
from remediate.callers.repository import Repository
from remediate.formats.embedded import FormatError
from remediate.formats.yaml import Node, resolve
from remediate.model import NamedTuple
from remediate.text import late

ROOT = ".gitlab-ci.yml"
MAX_FILES = 60
MAX_DEPTH = 40  # GitLab's own limit for `extends` is 11 levels
KEYWORDS = frozenset(
    "default include stages types variables workflow image services before_script after_script cache spec".split()
)
_USED = late(rb"\$(?:\{(\w+)|(\w+))|,env=(\w+)")  # a secret's variable, too


class At(NamedTuple):
    """A node and the file in which it stands."""

    path: str
    node: Node


class Config(NamedTuple):
    """All files of one pipeline. `jobs` and `settings`: the name of a key at the top -> all its places, the one that wins last.

    `known` are jobs that have been put together already.
    """

    files: Mapping[str, bytes]
    roots: Mapping[str, tuple[Node, ...]]
    jobs: Mapping[str, tuple[At, ...]]
    settings: Mapping[str, tuple[At, ...]]
    known: dict[str, Effective]


class JobOf(NamedTuple):
    """One job as it runs: key -> where its value comes from; `variables` are merged."""

    name: str
    keys: Mapping[str, At]
    variables: Mapping[str, At]


def config_of(path: str, data: bytes, repository: Repository) -> Config:
    """The pipeline that the file belongs to: the repository's when that includes it, else the one that the file makes itself."""
    if path != ROOT:
        main = repository.read(ROOT)
        if main is not None:
            try:
                found = _config(ROOT, main, repository)
            except FormatError:
                found = None
            if found is not None and path in found.files:
                return found
    return _config(path, data, repository)


def _config(path: str, data: bytes, repository: Repository) -> Config:
    files: dict[str, bytes] = {}
    roots: dict[str, tuple[Node, ...]] = {}
    _load(path, data, repository, files, roots, path)
    jobs: dict[str, list[At]] = {}
    settings: dict[str, list[At]] = {}
    for where, documents in roots.items():
        for document in documents:
            for key, value in fields(document).items():
                target = settings if key in KEYWORDS else jobs
                target.setdefault(key, []).append(At(where, value))
    return Config(files, roots, {k: tuple(v) for k, v in jobs.items()}, {k: tuple(v) for k, v in settings.items()}, {})


def _load(
    path: str, data: bytes, repository: Repository, files: dict[str, bytes], roots: dict[str, tuple[Node, ...]], main: str
) -> None:
    """Included files come before the file that includes them: that one wins."""
    if path in files or len(files) >= MAX_FILES:
        return
    files[path] = data
    try:
        documents = read_yaml(data)
    except FormatError:
        if path == main:
            raise
        del files[path]
        return
    for document in documents:
        for name in _included(fields(document).get("include"), repository):
            more = repository.read(name)
            if more is not None:
                _load(name, more, repository, files, roots, main)
    roots[path] = documents


def _included(node: Node | None, repository: Repository) -> Iterable[str]:
    for item in listed(node):
        name = text_of(item) or text_of(fields(item).get("local"))
        if not name or "://" in name:
            continue
        name = name.lstrip("/")
        if "*" in name:
            yield from (p for p in repository.paths() if fnmatchcase(p, name))
        else:
            yield name


def jobs_of(config: Config) -> list[JobOf]:
    """Every job that runs; a hidden one that nobody extends is given, too (another project may use it)."""
    extended: set[str] = set()
    found: list[JobOf] = []
    for places in config.jobs.values():
        for place in places:
            extended.update(text_of(n) for n in listed(fields(place.node).get("extends")))
    for name, places in config.jobs.items():
        if resolve(places[-1].node).kind != "mapping":
            continue
        if name.startswith(".") and name in extended:
            continue
        found.append(_job(name, places, config))
    return found


def _job(name: str, places: tuple[At, ...], config: Config) -> JobOf:
    keys: dict[str, At] = {}
    variables: dict[str, At] = {}
    for at in config.settings.get("default", ()):
        keys.update({k: At(at.path, v) for k, v in fields(at.node).items()})
    for key in ("image", "services", "before_script", "after_script"):
        for at in config.settings.get(key, ()):
            keys[key] = at
    for at in config.settings.get("variables", ()):
        variables.update({k: At(at.path, v) for k, v in fields(at.node).items()})
    inherit = _inherits(places)
    if not inherit[0]:
        keys = {}
    if not inherit[1]:
        variables = {}
    own = effective(name, config)
    return JobOf(name, {**keys, **own.keys}, {**variables, **own.variables})


def _inherits(places: tuple[At, ...]) -> tuple[bool, bool]:
    """`inherit: default: false` and `inherit: variables: false`."""
    wanted = {"default": True, "variables": True}
    for at in places:
        for key, value in fields(fields(at.node).get("inherit")).items():
            if text_of(value) == "false":
                wanted[key] = False
    return wanted["default"], wanted["variables"]


class Effective(NamedTuple):
    """What a job has with all that it extends."""

    keys: Mapping[str, At]
    variables: Mapping[str, At]


def effective(name: str, config: Config, depth: int = MAX_DEPTH) -> Effective:
    """What a job says itself wins over what it extends, and the later of several over the earlier."""
    known = config.known.get(name)
    if known is not None or depth <= 0:
        return known or Effective({}, {})
    config.known[name] = Effective({}, {})  # a job that extends itself gets nothing from that
    keys: dict[str, At] = {}
    variables: dict[str, At] = {}
    for at in config.jobs.get(name, ()):
        found = fields(at.node)
        for base in listed(found.get("extends")):
            inherited = effective(text_of(base), config, depth - 1)
            keys.update(inherited.keys)
            variables.update(inherited.variables)
        keys.update({k: At(at.path, v) for k, v in found.items() if k != "variables"})
        variables.update({k: At(at.path, v) for k, v in fields(found.get("variables")).items()})
    config.known[name] = Effective(keys, variables)
    return config.known[name]


class References(Refs):
    """`!reference [job, key]` gives what stands there, `extends` included."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def follow(self, path: str, node: Node) -> tuple[str, Node] | None:
        del path
        steps = [text_of(i.value) for i in node.items] if node.kind == "sequence" else []
        if len(steps) < 2:
            return None
        keys = dict(effective(steps[0], self.config).keys)
        if steps[0] in self.config.settings:
            keys = {k: At(a.path, v) for a in self.config.settings[steps[0]] for k, v in fields(a.node).items()}
        at = keys.get(steps[1])
        for step in steps[2:]:
            at = At(at.path, fields(at.node)[step]) if at is not None and step in fields(at.node) else None
        return (at.path, at.node) if at is not None else None


def never(job: JobOf) -> bool:
    """Whether the job never runs: it is hidden (and nothing here extends it), or its rules say so. Another project may still use it."""
    rules = [text_of(fields(r).get("when")) for r in listed(job.keys["rules"].node)] if "rules" in job.keys else []
    when = text_of(job.keys["when"].node) if "when" in job.keys and not rules else ""
    return job.name.startswith(".") or when == "never" or (bool(rules) and all(w == "never" for w in rules))


def on_windows(job: JobOf) -> bool:
    """Whether the job's runner is asked for by a tag that says so."""
    tags = [text_of(t).lower() for t in listed(job.keys["tags"].node)] if "tags" in job.keys else []
    return any(t.startswith(("windows", "saas-windows", "shared-windows")) for t in tags)


def values_of(job: JobOf) -> dict[str, tuple[str, ...]]:
    """What the file says of each variable: its value, or all that a matrix gives it."""
    out: dict[str, tuple[str, ...]] = {}
    for name, at in job.variables.items():
        value = variable_text(at.node)
        if value is not None and "$" not in value:
            out[name] = (value,)
    return {**out, **matrix_of(job)}


def matrix_of(job: JobOf) -> dict[str, tuple[str, ...]]:
    """The variables that `parallel: matrix:` gives, each with all its values."""
    matrix = fields(job.keys["parallel"].node).get("matrix") if "parallel" in job.keys else None
    rows: dict[str, list[str]] = {}
    for row in listed(matrix):
        for name, values in fields(row).items():
            rows.setdefault(name, []).extend(text_of(v) for v in listed(values))
    return {k: tuple(dict.fromkeys(v)) for k, v in rows.items()}


def variable_node(node: Node) -> Node | None:
    """The scalar of a variable: `NAME: text` or `NAME: {value: text}`."""
    found = resolve(node)
    if found.kind == "mapping":
        inner = fields(found).get("value")
        found = resolve(inner) if inner is not None else found
    return found if found.kind == "scalar" else None


def variable_text(node: Node) -> str | None:
    found = variable_node(node)
    return found.value if found is not None else None


def mentioned(text: bytes) -> frozenset[str]:
    """The names of the variables that a text uses."""
    return frozenset(m.decode() for m in chain.from_iterable(_USED.findall(text)) if m)

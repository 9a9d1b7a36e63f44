"""Concourse: tasks with the image oci-build-task build by their params, and `put` steps of the docker-image resource by theirs.

The task takes `BUILD_ARG_NAME`, `BUILDKIT_SECRETTEXT_ID` (the text itself, from 0.11 on) and `BUILDKIT_SECRET_ID` (a file, from 0.8 on); a
step that uses a task of a file adds to its params. The resource takes secrets from its own environment and from files only, so a value
that the pipeline has cannot be moved there (concourse/oci-build-task cmd/build/main.go, concourse/docker-image-resource assets/out).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from remediate.callers.kinds.ci_lists import given, passed
from remediate.callers.kinds.ci_script import unread_whole
from remediate.callers.kinds.ci_yaml import fields, leftovers, mappings, read_yaml, text_of
from remediate.callers.model import Build, CallerFile, FileEdit, Job, JobRefused, Move, Passed, Reading, Refused, Rewritten, Told
from remediate.callers.places import joined, place
from remediate.callers.repository import Repository
from remediate.formats.embedded import FormatError
from remediate.formats.yaml import Node, resolve
from remediate.formats.yaml_edit import add_entry, remove_entry
from remediate.model import Edit, NamedTuple
from remediate.text import late

ARG, TEXT, FILE = "BUILD_ARG_", "BUILDKIT_SECRETTEXT_", "BUILDKIT_SECRET_"
IMAGE, OLD_IMAGE = "concourse/oci-build-task", "vito/oci-build-task"
SINCE_TEXT, SINCE_FILE = (0, 11), (0, 8)
ELSEWHERE = "it goes to something that is not followed"
BURNT = "the value of {} that stands in the file is burnt: rotate it"
_VERSION = late(r"v?(\d+)\.(\d+)")
_UNKNOWN = late(r"\(\(.*?\)\)")
_ID = late(r"[A-Za-z_]\w*")
_RESOURCE = (
    "- task: build", "  privileged: true", "  config:", "    platform: linux",
    "    image_resource: {type: registry-image, source: {repository: concourse/oci-build-task}}", "    inputs: [{name: INPUT}]",
    "    outputs: [{name: image}]", "    params:", "      CONTEXT: INPUT", "    {}", "    run: {path: build}",
    "- put: RESOURCE  # of type registry-image", "  params: {image: image/image.tar}",
)  # fmt: skip


class Task(NamedTuple):
    """A build. `params`: the mapping with its own params, `known`: those with the ones of the task's file; `resource`: it is a `put`."""

    name: str
    line: int
    params: Node
    known: Mapping[str, Node]
    image: str
    tag: str
    resource: bool = False


def read(file: CallerFile, repository: Repository) -> Reading:
    """The builds of tasks, of steps that add to a task's params, and of resources."""
    try:
        roots = read_yaml(file.data)
        tasks = _tasks(roots, repository)
        more = leftovers(roots, (), "caller-elsewhere", ELSEWHERE)
    except FormatError as error:
        return unread_whole(error)
    return Reading(tuple(_build(file, task, number) for number, task in enumerate(tasks)), more)


def _tasks(roots: Sequence[Node], repository: Repository) -> list[Task]:
    out = [task for node in mappings(roots) for task in _task(node, repository)]
    return sorted({(t.params.start, t.resource): t for t in out}.values(), key=lambda t: t.params.start)


def _task(node: Node, repository: Repository) -> Iterator[Task]:
    keys = fields(node)
    params = keys.get("params")
    own = resolve(params) if params is not None else node
    if "put" in keys and "build" in fields(own):
        yield Task(text_of(keys["put"]), node.line, own, fields(own), "docker-image", "", resource=True)
    elif "image_resource" in keys or "rootfs_uri" in keys:
        image, tag = _image(keys)
        if image in (IMAGE, OLD_IMAGE):
            yield Task("", node.line, own, fields(params) if params is not None else {}, image, tag)
    elif "task" in keys and text_of(keys.get("file")) and params is not None:
        named = {k for k in fields(own) if k.startswith((ARG, TEXT, FILE))}
        if named:
            image, tag, known = _of_file(text_of(keys["file"]), repository)
            yield Task(text_of(keys["task"]), node.line, own, {**known, **fields(own)}, image, tag)


def _image(keys: Mapping[str, Node]) -> tuple[str, str]:
    source = fields(fields(keys.get("image_resource")).get("source"))
    name = "/".join(text_of(source.get("repository")).split("/")[-2:])
    name, _, inside = name.partition(":")
    return name, text_of(source.get("tag")) or inside


def _of_file(path: str, repository: Repository) -> tuple[str, str, Mapping[str, Node]]:
    """Image, tag and params of a task that stands in a file: the first part of its path is the input that holds it."""
    data = repository.read(path.partition("/")[2])
    try:
        roots = read_yaml(data) if data is not None else ()
    except FormatError:
        roots = ()
    keys = fields(roots[0]) if roots else {}
    return (*_image(keys), fields(keys.get("params"))) if keys else ("", "", {})


def _build(file: CallerFile, task: Task, number: int) -> Build:
    """The first part of a path is the name of an input, which is taken for this repository."""
    if task.resource:
        context, dockerfile = text_of(task.known.get("build")), text_of(task.known.get("dockerfile"))
        target = text_of(task.known.get("target_name"))
        args = passed(list(given(task.params, ("build_args",))))
        secrets = tuple(fields(task.known.get("secrets")))
    else:
        context, dockerfile = text_of(task.known.get("CONTEXT")), text_of(task.known.get("DOCKERFILE"))
        target = text_of(task.known.get("TARGET"))
        own = fields(task.params) if task.known else {}
        args = tuple(_passed(task, key, own[key]) for key in own if key.startswith(ARG))
        secrets = tuple(k.removeprefix(TEXT).removeprefix(FILE) for k in task.known if k.startswith((TEXT, FILE)))
    inside = _inside(context)
    where = place(".", ".", _inside(dockerfile) or "*") if dockerfile else place(inside, ".")
    known = inside if inside is not None and "*" not in inside else None
    why = _refusal(task)
    return Build(file.path, file.kind, task.line, where, known, known, args, secrets, (), target, "buildx", task.name, why, number)


def _passed(task: Task, key: str, value: Node) -> Passed:
    text = text_of(value)
    entry = task.params.entry(key)
    return Passed(key.removeprefix(ARG), (entry.key if entry is not None else value).line, "" if "((" in text or not text else "literal")


def _inside(path: str) -> str | None:
    """A path below an input, as seen from the repository; None when it is no such path."""
    clean = _UNKNOWN.sub("*", path).removeprefix("./")
    return joined(".", clean.partition("/")[2] or ".") if clean not in ("", ".") else None


def _refusal(task: Task) -> Refused | None:
    if task.image == OLD_IMAGE:
        return Refused("caller-builder-old", f"{OLD_IMAGE} is the image of before 0.8, without secrets", 0, (f"repository: {IMAGE}",))
    return None


# -- rewriting -------------------------------------------------------------------------------------------------------------------------


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    """A param gets another name, and keeps its value."""
    tasks = _tasks(read_yaml(file.data), repository)
    edits: list[FileEdit] = []
    refused: list[JobRefused] = []
    told: list[Told] = []
    for number, job in enumerate(jobs):
        assert isinstance(job.build.key, int)
        task = tasks[job.build.key]
        for move in job.moves:
            try:
                found = _moved(file.data, task, move, job.build)
            except FormatError as error:
                found = Refused("caller-format", error.message, job.build.line)
            if isinstance(found, Refused):
                refused.append(JobRefused(number, move.spec.id, found))
                continue
            edits.append(FileEdit(file.path, found))
            if not move.supplied and any(a.name == move.arg and a.origin == "literal" for a in job.build.args):
                told.append(Told(number, BURNT.format(move.arg)))
    return Rewritten(() if refused else tuple(edits), tuple(refused), tuple(told))


def _moved(data: bytes, task: Task, move: Move, build: Build) -> Edit | Refused:
    line = next((a.line for a in build.args if a.name == move.arg), build.line)
    by_hand = f"  {FILE}{move.spec.id}: INPUT/{move.source}" if move.source else f"  {TEXT}{move.spec.id}: ((NAME))"
    if move.ssh:
        return Refused("caller-key", "", line, ("  BUILDKIT_SSH: ID=PATH",))
    if task.resource:
        detail = "the docker-image resource takes secrets from its own environment and from files only"
        return Refused("caller-value", detail, line, tuple(t.replace("{}", by_hand) if t.endswith(" {}") else t for t in _RESOURCE))
    since = SINCE_FILE if move.source or move.supplied else SINCE_TEXT
    version = _VERSION.match(task.tag)
    if version is not None and (int(version[1]), int(version[2])) < since:
        wanted = ".".join(map(str, since))
        return Refused("caller-builder-old", f"{IMAGE}:{task.tag} is older than {wanted}", line, (f"tag: {wanted}.0",))
    entry = task.params.entry(ARG + move.arg) if move.arg else None
    if not _ID.fullmatch(move.spec.id) or (move.arg and entry is None):
        return Refused("caller-shared", "the params stand elsewhere, and are used by more than this task", line, (by_hand,))
    if entry is not None and move.supplied:
        return remove_entry(data, task.params, ARG + move.arg)
    if entry is not None:
        return Edit(entry.key.span, _quoted(entry.key, TEXT + move.spec.id))
    top = text_of(task.known.get("CONTEXT")).removeprefix("./").partition("/")[0]
    if not move.source or top in ("", ".") or "((" in top or not task.known:
        return Refused("caller-value", "it cannot be told which input is this repository", line, (by_hand,))
    return add_entry(data, task.params, FILE + move.spec.id, [f"{top}/{move.source}"])


def _quoted(key: Node, name: str) -> bytes:
    """The new name, written as the old one is."""
    mark = {"single": b"'", "double": b'"'}.get(key.style, b"")
    return mark + name.encode() + mark

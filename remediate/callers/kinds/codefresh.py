"""Codefresh: the commands of a freestyle step are one script, a `build` step builds by its settings.

`${{NAME}}` is replaced before a step runs; all variables are in the environment of a freestyle step, too. A `build` step hands over secrets
as files only (`secrets: - id=ID,src=FILE`, which turns BuildKit on), so a value that is no file cannot be moved there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from remediate.callers.kinds import ci_docker
from remediate.callers.kinds.ci_lists import against, given, ids, moved, passed
from remediate.callers.kinds.ci_rewrite import rewrite_scripts
from remediate.callers.kinds.ci_script import CiHost, Script, distinct, read_scripts, unread_whole
from remediate.callers.kinds.ci_yaml import commands, fields, leftovers, listed, read_yaml, text_of
from remediate.callers.model import Build, CallerFile, FileEdit, Job, JobRefused, Move, Reading, Refused, Rewritten, Told, Unread
from remediate.callers.places import joined, place
from remediate.callers.repository import Repository
from remediate.callers.words import by_path
from remediate.formats.embedded import FormatError
from remediate.formats.yaml import Node, resolve
from remediate.model import NamedTuple
from remediate.text import late

ARGS, SECRETS = ("build_arguments", "build-arguments"), "secrets"
MAX_STEPS = 20_000
DEPTH = 6
ELSEWHERE = "it goes to a step that is not known"
FILES_ONLY = "a build step of Codefresh takes secrets from files only"
TEMPLATE = late(rb"\$\{\{[^{}\n]{1,300}\}\}")
_NAME = late(r"\$\{\{[ \t]*([A-Za-z_]\w*)[ \t]*\}\}")
_ROOT = late(
    r"(?:\$\{\{[ \t]*main_clone[ \t]*\}\}|(?:/codefresh/volume|\$\{\{[ \t]*CF_VOLUME_PATH[ \t]*\}\})/\$\{\{[ \t]*CF_REPO_NAME[ \t]*\}\})"
)
_BY_HAND = (
    "write_secret:", "  image: alpine", "  commands:", '    - printf %s "$NAME" > ${{CF_VOLUME_PATH}}/ID', "(the build step behind it:)",
    "secrets:", "  - id=ID,src=${{CF_VOLUME_PATH}}/ID", "(and behind that: rm -f ${{CF_VOLUME_PATH}}/ID)",
)  # fmt: skip
_KEY = ("ssh:", "  - ID=${{CF_VOLUME_PATH}}/ID")


class Step(NamedTuple):
    """A step that builds by its settings; `varied`: it runs several times (`scale:`), with settings that differ."""

    name: str
    node: Node
    keys: Mapping[str, Node]
    varied: bool


class Host(CiHost):
    """A variable that is replaced in the text is in the environment under its own name, unless the step sets that itself (`given`)."""

    def __init__(self, folder: str | None, values: Mapping[str, tuple[str, ...]], given: frozenset[str]) -> None:
        super().__init__(folder, values)
        self.given = given

    def carry(self, name: str, template: str) -> str | None:
        found = _NAME.fullmatch(template)
        return found[1] if found is not None and found[1] not in self.own | self.given else None


def read(file: CallerFile, repository: Repository) -> Reading:
    """The builds of commands and of build steps."""
    del repository
    try:
        roots = read_yaml(file.data)
        scripts, steps, strange = _all(file, roots)
        reading = read_scripts(scripts, file)
        more = leftovers(roots, {p.start for s in scripts for p in s.parts}, "caller-elsewhere", ELSEWHERE)
        builds = [b for n, s in enumerate(steps) if (b := _build(file, s, n)) is not None]
    except FormatError as error:
        return unread_whole(error)
    unread = tuple(dict.fromkeys((*reading.unread, *more, *strange)))
    return Reading(tuple(sorted((*reading.builds, *builds), key=lambda b: b.line)), unread, reading.old)


def _all(file: CallerFile, roots: Sequence[Node]) -> tuple[list[Script], list[Step], list[Unread]]:
    scripts: list[Script] = []
    steps: list[Step] = []
    strange: list[Unread] = []
    for name, node in _steps(roots):
        keys = {**fields(node), **fields(fields(node).get("arguments"))}
        parts = commands(file.path, keys.get("commands"))
        if text_of(keys.get("type")) == "build":
            scaled = [fields(v) for v in fields(keys.get("scale")).values()]
            varied = any(k in one for one in scaled for k in (*ARGS, SECRETS, "dockerfile", "working_directory", "target"))
            steps.append(Step(name, resolve(node), keys, varied))
        elif parts:
            pairs = [text_of(n).partition("=") for n in listed(keys.get("environment"))]
            values = {k: (v,) for k, equals, v in pairs if equals and "$" not in v}
            host = Host(_folder(keys), values, frozenset(k for k, _, _ in pairs))
            builder = ci_docker.of_image(text_of(keys.get("image"))).given("".join(values.get("DOCKER_BUILDKIT", ())))
            scripts.append(Script(name, parts, host, TEMPLATE, *builder[:2], ("image: docker:27",), files=builder.files))
        else:
            why = Refused("caller-elsewhere", f"{text_of(keys.get('type')) or name} is no step that is known")
            inner = [resolve(node), *(fields(s).get("build") for s in fields(fields(keys.get("composition")).get("services")).values())]
            rows = [r for n in inner if n is not None for r in given(resolve(n), (*ARGS, "args"))]
            rows += given(resolve(keys["arguments"]), (*ARGS, "build_args")) if "arguments" in keys else []
            strange += [Unread(line, why._replace(line=line), arg) for _, arg, line, _ in rows]
    return distinct(scripts), steps, strange


def _steps(roots: Sequence[Node]) -> Iterator[tuple[str, Node]]:
    """(name, step) of every step, those of parallel ones included."""
    count = 0
    todo = [(name, node, DEPTH) for root in roots for name, node in reversed(fields(fields(root).get("steps")).items())]
    while todo:
        name, node, depth = todo.pop()
        inner = fields(fields(node).get("steps"))
        if inner and depth > 0:
            todo += [(n, s, depth - 1) for n, s in reversed(inner.items())]
            continue
        count += 1
        if count > MAX_STEPS:
            raise FormatError("it has too many steps")
        yield name, node


def _folder(keys: Mapping[str, Node]) -> str | None:
    """Where a step runs: in the clone of the repository, unless it says another folder."""
    text = text_of(keys.get("working_directory")) or text_of(keys.get("working-directory"))
    text = _ROOT.sub(".", text, 1).rstrip("/") if _ROOT.match(text) else text
    return None if "$" in text or text == "IMAGE_WORK_DIR" else joined(".", text or ".")


def _build(file: CallerFile, step: Step, number: int) -> Build | None:
    """The image of a build step; the Dockerfile is looked up in the working directory, which is the context, too."""
    named = step.keys.get("dockerfile")
    if "content" in fields(named):
        return None  # a Dockerfile that stands in the step itself
    file_name = TEMPLATE.sub(b"*", (text_of(named) or "Dockerfile").encode()).decode()
    folder = _folder(step.keys)
    line = step.node.line
    refused = None
    if text_of(fields(step.keys.get("provider")).get("type")) == "gcb":
        refused = Refused("caller-builder", "the provider gcb builds with Kaniko, without secret mounts", 0, ("provider:", "  type: cf"))
    elif step.varied:
        refused = Refused("caller-arguments", "the step is scaled, with settings that differ", 0, _BY_HAND)
    settings = step.node if not fields(step.node).get("arguments") else resolve(fields(step.node)["arguments"])
    args = passed([(k, n, at, "$" if v is not None and "$" in v else v) for k, n, at, v in given(settings, ARGS)])
    agents = tuple(dict.fromkeys(text_of(n).partition("=")[0] for n in listed(step.keys.get("ssh")) if text_of(n)))
    return Build(
        file.path, file.kind, line, place(folder, ".", file_name), folder, folder, args, ids(settings, SECRETS), agents,
        text_of(step.keys.get("target")), "buildx", step.name, refused, number,
    )  # fmt: skip


# -- rewriting -------------------------------------------------------------------------------------------------------------------------


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    """Commands and build steps of one file in one go."""
    del repository
    scripts, steps, _ = _all(file, read_yaml(file.data))
    shell = [n for n, j in enumerate(jobs) if isinstance(j.build.key, tuple)]
    first = rewrite_scripts(scripts, file, [jobs[n] for n in shell], {file.path: file.data})
    edits = list(first.edits)
    refused = [JobRefused(shell[r.job], r.spec_id, r.refused) for r in first.refused]
    for number, job in enumerate(jobs):
        if not isinstance(job.build.key, int):
            continue
        step = steps[job.build.key]
        items = {m.spec.id: _item(step, m, job.build) for m in job.moves}
        why = [JobRefused(number, id, r) for id, r in items.items() if isinstance(r, Refused)]
        refused += why
        try:
            new = [i for m in job.moves if isinstance(i := items[m.spec.id], str) and not m.supplied]
            made = moved(file.data, step.node, ARGS, {m.arg for m in job.moves if m.arg}, SECRETS, new) if not why else []
            edits += [FileEdit(file.path, e) for e in made]
        except FormatError as error:
            refused += [JobRefused(number, m.spec.id, Refused("caller-format", error.message, job.build.line)) for m in job.moves]
    told = [Told(shell[t.job], t.text) for t in first.told]
    return Rewritten(() if refused else tuple(edits), tuple(refused), tuple(told))


def _item(step: Step, move: Move, build: Build) -> str | Refused:
    """The item of `secrets:`, or why there can be none."""
    line = next((a.line for a in build.args if a.name == move.arg), build.line)
    if move.ssh:
        return Refused("caller-key", FILES_ONLY.replace("secrets", "keys"), line, _KEY)
    if move.arg and not move.supplied:
        return Refused("caller-value", FILES_ONLY, line, _BY_HAND)
    why = against(step.node, (*ARGS, SECRETS), line, _BY_HAND, own="arguments" not in fields(step.node))
    if why is not None or move.supplied:
        return why or ""
    found = by_path(move, build.folder)
    if isinstance(found, Refused):
        return found._replace(line=line)
    known = listed(step.node.get(SECRETS))
    if known and fields(known[0]):
        flow = Refused("caller-arguments", "the secrets are on one line", line, _BY_HAND)
        return flow if resolve(known[0]).flow else found.replace("id=", "id: ", 1).replace(",src=", "\nsrc: ", 1)
    return found

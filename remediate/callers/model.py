"""What the caller half is told and tells: builds found in a file, what is to move, and the edits or the reason against them.

A kind (one ecosystem, one module) has two functions, both without side effects:

    read(file, repository)          -> Reading      the builds of one file, or why it is not understood
    rewrite(file, repository, jobs) -> Rewritten    all edits for these builds at once, or a refusal for each that cannot be

No Dockerfile code is needed here: `SecretSpec` is the hinge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from remediate.model import Delivery, Edit, NamedTuple, SecretSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from remediate.callers.repository import Repository


class CallerFile(NamedTuple):
    """A file that may build images. `path` is relative to the repository's root, with `/`; `kind` is a name of `kinds.KINDS`."""

    path: str
    data: bytes
    kind: str


class Place(NamedTuple):
    """Which Dockerfile a build uses: `paths` are all possibilities (relative to the root), when they are known.

    Otherwise `paths` is empty and `pattern` a glob in which `*` stands for what is not known (`services/*/Dockerfile`), `**` for any path.
    Both are empty for a build of something that is not in this repository. `url`: the build fetches the repository of that address, and
    uses the Dockerfile at `fetched` in it.
    """

    paths: tuple[str, ...] = ()
    pattern: str = ""
    url: str = ""
    fetched: str = ""


class Passed(NamedTuple):
    """A build arg that a build passes. `origin` says where its value comes from, and never holds a value itself:

    `env:NAME` an environment variable, `file:PATH` the text of a file (as written; relative to the build's `folder`), `ci:NAME` an entry of
    the CI system's secret store, `literal` a value that stands in the file, `""` anything else (an expression). `lax`: the value is
    empty in some of the builds, as a secret that is handed over in the same words is.
    """

    name: str
    line: int
    origin: str = ""
    lax: bool = False


class Refused(NamedTuple):
    """Why a caller is not rewritten: a code of `callers.reasons`, what is special here, and the change to make by hand, line by line."""

    code: str
    detail: str = ""
    line: int = 0
    by_hand: tuple[str, ...] = ()


class Over(NamedTuple):
    """The command of a build that another file describes. `tool` is "compose" or "bake".

    `files` are named by the command, seen from the build's folder (none: those that the tool looks for); `names` are the services or
    targets (none: all). `patterns` are (build arg, pattern of targets) of Bake. `why`: what of this is not known.
    """

    tool: str
    files: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    patterns: tuple[tuple[str, str], ...] = ()
    why: str = ""


class Build(NamedTuple):
    """One place that builds an image.

    `folder` is the folder (relative to the root, "." for the root) in which `src=` paths of this build are looked up, None when unknown;
    `context` likewise. `secrets` and `ssh` are the ids that it supplies already. `refused`: it can carry no secrets at all, or some of its
    arguments are not understood (then `args` is what could be read). `name` tells several builds on one line apart (service, target, job).
    `more`: it may pass more build args than `args`, in a way that is not followed. `open`: callers of it can give it more, and are builds
    themselves. `idle`: it does not run as the file stands (`if: false`), so nothing waits for it. `key` belongs to the kind.
    `over`: which Dockerfiles it builds is said by a Compose or Bake file; `args` come over what that file says.
    """

    path: str
    kind: str
    line: int
    place: Place
    context: str | None = None
    folder: str | None = "."
    args: tuple[Passed, ...] = ()
    secrets: tuple[str, ...] = ()
    ssh: tuple[str, ...] = ()
    target: str = ""
    engine: str = "docker"
    name: str = ""
    refused: Refused | None = None
    key: object = None
    more: Refused | None = None
    open: bool = False
    idle: bool = False
    over: Over | None = None


class Unread(NamedTuple):
    """A build arg of that name is passed here by something that is not understood; with an empty name, the whole file is not.

    `*` in the name stands for what is put together at run time; a name that is `*` alone: any variable of the environment.
    """

    line: int
    refused: Refused
    name: str = ""


class OldDocker(NamedTuple):
    """What a CI system runs where Docker is old, for the reason `why`: `calls` are scripts and programs (`make`) that may build.

    `ask`: only with DOCKER_BUILDKIT=1 there is BuildKit; `files`: secrets are mounted as files only; `never`: there is none at all.
    """

    line: int
    calls: tuple[str, ...]
    why: str
    ask: bool = False
    files: bool = False
    never: bool = False


class Reading(NamedTuple):
    """What one file does. `old`: what it starts where Docker is old."""

    builds: tuple[Build, ...] = ()
    unread: tuple[Unread, ...] = ()
    old: tuple[OldDocker, ...] = ()


class Move(NamedTuple):
    """One secret of one build: the build arg `arg` goes ("" when none is passed), the secret `spec` comes.

    `supplied`: the build passes the id already, only the build arg goes. `source`: for a secret that was copied from the build
    context, its file, relative to the root (then `arg` is ""). `by_file`: the Dockerfile reads the secret as a file with
    `$(cat ...)`, so `src=FILE` gives the same value as `$(cat FILE)` did; otherwise a final newline would stay in the variable.
    `hand`: the file that the command builds by has the secret, from the variable of this name; the value goes there, the build arg goes.
    """

    spec: SecretSpec
    arg: str = ""
    supplied: bool = False
    source: str = ""
    by_file: bool = False
    hand: str = ""

    @property
    def ssh(self) -> bool:
        return self.spec.delivery is Delivery.SSH


class Job(NamedTuple):
    """What is wanted of one build."""

    build: Build
    moves: tuple[Move, ...]


class FileEdit(NamedTuple):
    """An edit on a file of the repository: nearly always the caller itself; a reusable workflow or an included file can be another one."""

    path: str
    edit: Edit


class JobRefused(NamedTuple):
    """Move `spec_id` of job number `job` cannot be done."""

    job: int
    spec_id: str
    refused: Refused


class Told(NamedTuple):
    """What a person should know of a job that was done: `sudo must keep the variable`, `the literal is burnt`."""

    job: int
    text: str


class Rewritten(NamedTuple):
    """The edits for all jobs that are not refused. When something is refused, the caller asks again without it, and takes no edits."""

    edits: tuple[FileEdit, ...] = ()
    refused: tuple[JobRefused, ...] = ()
    told: tuple[Told, ...] = ()


class Kind(NamedTuple):
    """One ecosystem. `module` has `read` and `rewrite`; it is imported only when a file of its kind holds one of `words`."""

    name: str
    module: str
    words: tuple[bytes, ...]


Read = Callable[["CallerFile", "Repository"], Reading]
Rewrite = Callable[["CallerFile", "Repository", Sequence[Job]], Rewritten]

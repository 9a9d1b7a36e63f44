"""The nouns that cross from one room to the next: frozen, without behaviour (named tuples: a dataclass takes longer to make at start-up).

Every position in a file is a byte offset; lines and columns are made from it only where people or JSON read them.
"""

from __future__ import annotations

from collections import namedtuple
from enum import StrEnum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:

    class _Fields(type):
        """Makes what `typing.NamedTuple` makes, in a third of its time: it does not look at the types."""

        def __new__(mcs, name, bases, space):
            if not bases:
                return super().__new__(mcs, name, bases, space)
            fields = space.get("__annotations__", {})
            made = namedtuple(name, fields, defaults=[space[f] for f in fields if f in space], module=space["__module__"])
            for key, value in space.items():
                if key not in fields and key not in ("__module__", "__qualname__"):
                    setattr(made, key, value)
            return made

    class NamedTuple(metaclass=_Fields):
        pass


class RemediateError(Exception):
    """A file could not be read or parsed; `str()` is one line that says where and why, and never holds file content."""

    def __init__(self, message: str, path: str = "", line: int = 0) -> None:
        super().__init__(message)
        self.message, self.path, self.line = message, path, line

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message}" if place else self.message


class Span(NamedTuple):
    """Half-open range of byte offsets in one file."""

    start: int
    end: int


class Edit(NamedTuple):
    """Replace the bytes of `span` by `text`; an empty span inserts."""

    span: Span
    text: bytes


class Applicability(StrEnum):
    """`safe`: the same build, proved. `unsafe`: something that may be wanted changes. `refused`: not rewritten."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    REFUSED = "refused"


class Delivery(StrEnum):
    """How a command receives a secret (SPEC 5)."""

    ENV = "env"
    FILE = "file"
    SSH = "ssh"


class Refusal(NamedTuple):
    """Why a secret was not rewritten: a stable code, a sentence, and the next step for a person."""

    code: str
    message: str
    advice: str
    line: int = 0


class Mark(NamedTuple):
    """A place worth showing beside a finding: label is `enters here`, `used here`, `stays here` or `printed here`; lines are 1-based."""

    label: str
    line: int
    end_line: int


class Finding(NamedTuple):
    """One place where a secret enters or stays. Lines and columns are 1-based, columns in characters, ends exclusive.

    `line`..`end_column` cover the name itself; `instruction_line` is the first line of the instruction.
    `reason` is the code of a refusal, empty otherwise. `stage` is the stage's name, or its index as text, or "" before the first FROM.
    """

    rule: str
    name: str
    instruction: str
    instruction_line: int
    line: int
    column: int
    end_line: int
    end_column: int
    stage: str
    message: str
    fix: Applicability
    applied: bool = False
    reason: str = ""
    advice: str = ""
    marks: tuple[Mark, ...] = ()


class SecretSpec(NamedTuple):
    """The hinge between the Dockerfile half and the caller half: what a build must supply after the fix.

    `consumers` are the first lines of the RUNs that mount it, in the new file. `target` is the path inside the build
    for file delivery (of a copied file its old path), with ssh that of a copied key. `name` is the variable, or the path of a copied
    file in the build context. `env_names` are the variables that the RUNs see. `origin_env` is the caller's variable that used to
    fill the build arg (its name, never its value). `encoded`: the variable of an SSH key holds it in another form than the key's
    own text: "base64", or "otherwise".
    """

    id: str
    name: str
    delivery: Delivery
    target: str = ""
    required: bool = True
    consumers: tuple[int, ...] = ()
    env_names: tuple[str, ...] = ()
    literal: bool = False
    encoded: str = ""


class CallerUse(NamedTuple):
    """A place in the repository that builds the image with a secret. `path` is relative to the repository's root.

    `name` is the build arg that it passes (of a copied credential file, its path), `id` the secret that takes its place ("" when the
    fix brings none). `applied`: the patch rewrites it. Otherwise `reason` is a code of `remediate explain`, `message` a sentence,
    `advice` the next step, and `by_hand` what to write there instead, line by line. `holds`: the Dockerfile's edit of the secret waits
    for it. `display`: the path for people, from the working directory. `origin`: where the build arg's value comes from, never a value:
    `env:NAME`, `file:PATH`, `ci:NAME` (the CI system's store), `literal`, or "" for anything else.
    """

    path: str
    line: int
    name: str
    kind: str
    dockerfile: str = ""
    id: str = ""
    applied: bool = False
    reason: str = ""
    message: str = ""
    advice: str = ""
    by_hand: tuple[str, ...] = ()
    holds: bool = False
    display: str = ""
    origin: str = ""


class CallerChange(NamedTuple):
    """A caller's file before and after. `path` is as `FileOutcome.path`; `dockerfiles` are the paths of those whose fix it belongs to."""

    path: str
    before: bytes
    after: bytes
    dockerfiles: tuple[str, ...] = ()


class Options(NamedTuple):
    """What the user chose. `delivery` and `engine` accept "auto"; `engine_version` is a dotted version or "".

    `target` and `tag` go into the build command as they are. `ids`: variable -> the mount id that its callers pass already.
    `optional`: variables without which a build may go on: their mounts are not required.
    `origins`: variable -> where the build command takes it from (`env:X`, `vault:secret/ci#token`), before the configuration's.
    `ci`: the CI system for which the build command is wanted as a snippet (`emit/ci.py`), or "".
    """

    delivery: str = "auto"
    engine: str = "docker"
    engine_version: str = ""
    unsafe: bool = False
    transition: bool = False
    dockerfile_only: bool = False
    redact: bool = False
    target: str = ""
    tag: str = ""
    ids: tuple[tuple[str, str], ...] = ()
    optional: tuple[str, ...] = ()
    origins: tuple[tuple[str, str], ...] = ()
    ci: str = ""


class BuildCommand(NamedTuple):
    """One build command for one Dockerfile: `argv`, the same as one line of shell, and id -> origin (`env=X` / `src=path`).

    `snippet` is the same for the CI system that was asked for, empty when none was.
    """

    path: str
    engine: str
    argv: tuple[str, ...]
    shell: str
    secrets: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    snippet: str = ""


class IgnoreLines(NamedTuple):
    """Lines that a `.dockerignore` gets with the fix of a Dockerfile. `before` is its content, None when there is no such file yet.

    Several Dockerfiles may add to the same file: each has its own lines, on the same `before`.
    """

    path: str
    before: bytes | None
    lines: tuple[str, ...]


class FileOutcome(NamedTuple):
    """What became of one Dockerfile. `after == before` when nothing was applied.

    `mounted` are the secrets that it mounts apart from those which the fix brought in; `context` is the build context's folder,
    relative to where the tool runs. `ignore`: what is written to `.dockerignore` with it (also where the Dockerfile itself stays as it is).
    `shown`: the file with the edits, too, that wait for a caller (SPEC 1.7); empty when none do.
    """

    path: str
    before: bytes
    after: bytes
    findings: tuple[Finding, ...] = ()
    secrets: tuple[SecretSpec, ...] = ()
    build_args: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    callers: tuple[CallerUse, ...] = ()
    notes: tuple[str, ...] = ()
    mounted: tuple[SecretSpec, ...] = ()
    context: str = "."
    ignore: tuple[IgnoreLines, ...] = ()
    shown: bytes = b""

    @property
    def changed(self) -> bool:
        """The fix changes this Dockerfile, or a file that goes with it."""
        return self.after != self.before or bool(self.ignore)


class Outcome(NamedTuple):
    """Everything that one run found, changed and could not read."""

    files: tuple[FileOutcome, ...] = ()
    commands: tuple[BuildCommand, ...] = ()
    errors: tuple[RemediateError, ...] = ()
    changes: tuple[CallerChange, ...] = ()

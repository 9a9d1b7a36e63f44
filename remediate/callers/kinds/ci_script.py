"""A list of commands in a YAML file that run in one shell, read and rewritten as the one script that they are.

`cd`, `export` and assignments of one item hold for the next, so the items are put together before they are read. Each edit is then
taken apart again and written in the style of the item in which it lies (plain, quoted, a block). What the CI system adds of its own
(`variables:` become exports) stands in the script, too, but can carry no edit unless it is text of the file.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Container, Mapping, Sequence

from remediate.callers.model import Build, CallerFile, FileEdit, OldDocker, Reading, Refused, Unread
from remediate.callers.repository import Repository
from remediate.callers.shell import read_shell
from remediate.formats.embedded import Embedded, FormatError
from remediate.model import NamedTuple
from remediate.text import LogicalText, Piece, late

MAX_SCRIPT = 1 << 20
MOST_CALLS = 50
ASKED = late(rb"DOCKER_BUILDKIT['\"]?[=:][ ]*['\"]?1")
CALLS = late(
    rb"(?<![\w./$-])(?:(?:g?make|just|task|npm|yarn|pnpm|bake|compose|docker-compose|skaffold)(?![\w./-])"
    rb"|(?:[\w-]+/|\.{1,2}/)*[\w.-]+\.(?:sh|bash|py)\b|\./[\w./-]+)"
)
POWERSHELL = late(rb"\$[eE]nv:[A-Z][A-Z0-9_]+\b")
BY_ENV = ("docker build --secret id=ID,env=NAME ...",)
DOCKERS = ("docker", "buildx", "compose")
_WORDS = r"[A-Za-z_]\w*+(?>(?:[ \t]++[A-Za-z_]\w*+)*)"
_VALUE = r"(?>(?:\"[^\"]*\"|'[^']*'|[^\s\"';&|])*)"
_ASSIGNING = late(
    rf"(?:^|[;&|({{`]|\b(?:then|do|else))[ \t]*+(export[ \t]+|declare -x[ \t]+)?((?:[A-Za-z_]\w*+\+?={_VALUE}[ \t]*+)+)", re.MULTILINE
)
_NAME = late(rf"([A-Za-z_]\w*+)\+?={_VALUE}")
_READ = late(rf"\bread[ \t]+((?>(?:-\w+[ \t]+)*){_WORDS})")
_EXPORT = late(rf"\bexport[ \t]+({_WORDS})[ \t]*+(?=[;&|)\n]|\Z)")


class Part(NamedTuple):
    """A text of the file that a script consists of; `before` and `after` are added to it, and belong to no file.

    `start`: where its node begins; `lines`: the file's line starts. `item`: offset of the dash before it, -1 when there is none.
    """

    path: str
    embedded: Embedded
    start: int
    lines: Sequence[int]
    before: bytes = b""
    after: bytes = b"\n"
    item: int = -1


class CiHost:
    """The surroundings of a CI script: what the script does not assign itself comes from the environment.

    `values`: what is known of variables and templates. `carrier(name, template)` puts the value of a template into the environment, and
    gives the variable's name, or None where it cannot.
    """

    def __init__(
        self,
        folder: str | None = ".",
        values: Mapping[str, tuple[str, ...]] | None = None,
        carrier: Callable[[str, str], str | None] | None = None,
    ) -> None:
        self.folder, self.values, self.carrier = folder, dict(values or {}), carrier
        self.own: frozenset[str] = frozenset()
        self.edits: dict[str, FileEdit] = {}

    def exported(self, name: str) -> bool:
        return name not in self.own

    def carry(self, name: str, template: str) -> str | None:
        return self.carrier(name, template) if self.carrier is not None else None

    def resolve(self, text: str) -> tuple[str, ...] | None:
        found = self.values.get(text)
        return self.values.get(text[1:].strip("{}")) if found is None and text.startswith("$") else found


class Script(NamedTuple):
    """What one shell runs. `name`: the job. `template`: what the CI system replaces before the shell sees the text.

    `buildkit`: "ask" when BuildKit must be asked for, "old" when the builder has no secret mounts, for the reason `why`; `instead`: the
    lines to write by hand then; `key`: how an SSH key is at hand there; `files`: secrets are mounted as files only (why: `why`).
    `idle`: the job never runs as the file stands; `windows`: its shell is PowerShell.
    """

    name: str
    parts: tuple[Part, ...]
    host: CiHost
    template: re.Pattern[bytes] | None = None
    buildkit: str = ""
    why: str = ""
    instead: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    files: bool = False
    idle: bool = False
    windows: bool = False


def distinct(scripts: Sequence[Script]) -> list[Script]:
    """Jobs that run the same texts with the same values are one."""
    out: dict[object, Script] = {}
    for script in scripts:
        values = tuple(sorted(script.host.values.items()))
        same = (tuple((p.path, p.start) for p in script.parts), script.host.folder, values)
        out.setdefault((same, script.buildkit, script.files, script.idle), script)
    return list(out.values())


class Room(NamedTuple):
    """Where a text lies among the offsets of a script: from `start` on; `low` is its offset in its file. `own`: it is text of the file."""

    start: int
    part: int
    low: int
    own: bool


class Whole(NamedTuple):
    """A script put together; its offsets are those of `rooms`, one behind the other, `size` in all."""

    embedded: Embedded
    rooms: tuple[Room, ...]
    size: int

    def room(self, offset: int) -> Room:
        return self.rooms[bisect_right(self.rooms, offset, key=lambda r: r.start) - 1]


def joined(script: Script) -> Whole:
    """All texts of the script in one."""
    pieces: list[Piece] = []
    rooms: list[Room] = []
    at = 0
    for number, part in enumerate(script.parts):
        found = [p for p in part.embedded.text.pieces if p.data]
        ends = part.after == b"\n" and part.embedded.text.data.endswith(b"\n")
        for data, own in ((part.before, False), (b"", True), (b"" if ends else part.after, False)):
            low = min((p.start for p in found), default=part.start) if own else 0
            high = max((p.end for p in found), default=part.start) if own else len(data)
            rooms.append(Room(at, number, low, own))
            if own:
                pieces += [Piece(p.data, p.start - low + at, p.end - low + at) for p in found]
            elif data:
                pieces.append(Piece(data, at, at + len(data)))
            at += high - low + 1
    embedded = Embedded(LogicalText(pieces or (Piece(b"", 0, 0),)), lambda new: new)
    return Whole(embedded, tuple(rooms), at)


def prepared(script: Script) -> tuple[Whole, tuple[tuple[int, int], ...]]:
    """The script as the shell reader gets it, with its templates; the host learns what the script assigns."""
    whole = joined(script)
    embedded = whole.embedded
    if len(embedded.text) > MAX_SCRIPT:
        raise FormatError(f"the script of {script.name} is longer than 1 MiB")
    script.host.own = assigned(embedded.text.text)
    masks = tuple(m.span() for m in script.template.finditer(embedded.text.data)) if script.template is not None else ()
    return whole, masks


def assigned(text: str) -> frozenset[str]:
    """The variables that a script assigns without exporting them: a command may not see them."""
    own: set[str] = set()
    exported: set[str] = set()
    for found in _ASSIGNING.finditer(text):
        (exported if found[1] else own).update(_NAME.findall(found[2]))
    for found in _READ.finditer(text):
        own.update(w for w in found[1].split() if w.isidentifier())
    for found in _EXPORT.finditer(text):
        exported.update(found[1].split())
    return frozenset(own - exported)


def read_scripts(scripts: Sequence[Script], file: CallerFile) -> Reading:
    """The builds of the scripts whose command stands in this file, in order."""
    builds: list[Build] = []
    unread: dict[Unread, None] = {}
    old: list[OldDocker] = []
    for number, script in enumerate(scripts):
        whole, masks = prepared(script)
        text = whole.embedded.text.data
        old += _old(script, whole, file.path)
        if not script.parts or (b"build" not in text and b"bud" not in text and b"executor" not in text):
            continue
        ruler = b"\n" * whole.size  # a line for each offset: what is said of lines then says where exactly
        found = read_shell(whole.embedded, script.host, path=file.path, kind=file.kind, masks=masks, name=script.name, data=ruler)
        for build in found.builds:
            path, line = place_of(script, whole, build.line)
            if path == file.path:
                if (script.windows or POWERSHELL.search(text)) and build.refused is None:
                    build = build._replace(refused=Refused("caller-shell", "the script is written for PowerShell", line, BY_ENV))
                args = tuple(a._replace(line=place_of(script, whole, a.line)[1]) for a in build.args)
                builds.append(_judged(build._replace(line=line, args=args, key=(number, build.key), idle=script.idle), script, line))
        for one in found.unread:
            path, line = place_of(script, whole, one.line)
            if path == file.path:
                unread[one._replace(line=line, refused=one.refused._replace(line=line))] = None
    return Reading(tuple(builds), tuple(unread), tuple(dict.fromkeys(old)))


def _old(script: Script, whole: Whole, path: str) -> list[OldDocker]:
    """What the script starts, where its Docker is old: those files build there, too."""
    if script.idle or not (script.buildkit or script.files):
        return []
    text = whole.embedded.text
    found = list(CALLS.finditer(text.data))
    if not found:
        return []
    where, line = place_of(script, whole, text.start_of(found[0].start()) + 1)
    calls = tuple(dict.fromkeys(m[0].decode() for m in found[:MOST_CALLS]))
    ask = script.buildkit == "ask" and not ASKED.search(text.data)
    return [OldDocker(line, calls, script.why, ask, script.files, script.buildkit == "old")] if where == path else []


def place_of(script: Script, whole: Whole, mark: int) -> tuple[str, int]:
    """File and line of a mark of the ruler; what was added before a text stands where that begins."""
    room = whole.room(mark - 1)
    part = script.parts[room.part]
    offset = mark - 1 - room.start + room.low if room.own else part.embedded.text.start_of(0)
    return part.path, bisect_right(part.lines, offset)


def _judged(build: Build, script: Script, line: int) -> Build:
    """A builder that is too old takes no secrets, whatever the command says."""
    refused = build.refused._replace(line=line) if build.refused is not None else None
    if refused is None and script.buildkit == "old" and build.engine in DOCKERS:
        refused = Refused("caller-builder-old", script.why, line, script.instead)
    return build._replace(refused=refused)


def used_elsewhere(name: str, repository: Repository, own: Container[str]) -> bool:
    """Whether a file that may build (but `own`) uses the variable `name`."""
    pattern = re.compile(rb"\$\{?\(?" + name.encode() + rb"\b")
    return any(p not in own and pattern.search(repository.read(p) or b"") for p in repository.paths())


def unread_whole(error: FormatError) -> Reading:
    """A file that cannot be read: nothing is known of what it passes."""
    return Reading(unread=(Unread(error.line or 1, Refused("caller-format", error.message, error.line or 1)),))

"""A file that holds several shell texts (recipes, steps): read them all, rewrite them all, and judge what they share.

A text may take in a definition that stands elsewhere in the file (`ARGS := --build-arg T=$(T)`, then `$(ARGS)`). An edit that falls
into such a definition is right only when every text that takes it in wants exactly that edit.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from remediate.callers.model import Build, FileEdit, Job, JobRefused, Reading, Refused, Rewritten, Told, Unread
from remediate.callers.shell import read_shell, rewrite_shell
from remediate.formats.embedded import Embedded, FormatError
from remediate.model import Edit, NamedTuple, Span
from remediate.text import Source, late


class Carrier(ABC):
    """The part of a host that remembers: the edits which bring values into the environment, and what a person should know of them."""

    def __init__(self) -> None:
        self.edits: list[FileEdit] = []
        self.remarks: list[str] = []

    @property
    @abstractmethod
    def folder(self) -> str | None: ...

    @abstractmethod
    def exported(self, name: str) -> bool: ...

    @abstractmethod
    def carry(self, name: str, template: str) -> str | None: ...

    @abstractmethod
    def resolve(self, text: str) -> tuple[str, ...] | None: ...


class Script(NamedTuple):
    """`taken` are the definitions (their places in the file) that stand in the text; `name` tells builds apart.

    `refused`: why no build of it can be changed. `adapt` has the last word on an edit (None: it cannot be written).
    `line`: where the text itself stands, for builds whose command comes from a definition. `argued`: the whole text is an
    argument of the shell (`sh -c TEXT`), so that a literal before the command would still be one.
    """

    embedded: Embedded
    host: Carrier
    masks: tuple[tuple[int, int], ...] = ()
    name: str = ""
    taken: tuple[Span, ...] = ()
    refused: Refused | None = None
    adapt: Callable[[Edit], Edit | None] | None = None
    argued: bool = False
    line: int = 0


class Key(NamedTuple):
    """`Build.key` of a build in script number `script`; `inner` is the shell reader's own."""

    script: int
    inner: object


def read_scripts(scripts: Sequence[Script], path: str, kind: str, *, data: bytes, most: int = 0) -> Reading:
    """The builds of all texts, in their order; `data` is the file's content. At most `most` texts are looked at (0: MOST_TEXTS)."""
    builds: list[Build] = []
    unread: list[Unread] = []
    source = Source(data)
    if sum(_MAY_BUILD.search(s.embedded.text.data) is not None for s in scripts) > (most or MOST_TEXTS):
        raise FormatError("there are too many commands to look at")
    for number, script in enumerate(scripts):
        if not _MAY_BUILD.search(script.embedded.text.data):
            continue
        defined = [(source.line_of(span.start), source.line_of(span.end)) for span in script.taken]
        reading = read_shell(script.embedded, script.host, path=path, kind=kind, masks=script.masks, name=script.name, data=data)
        for build in reading.builds:
            line = script.line if script.line and any(a <= build.line <= b for a, b in defined) else build.line
            builds.append(build._replace(key=Key(number, build.key), refused=build.refused or script.refused, line=line))
        unread.extend(reading.unread)
    return Reading(tuple(builds), tuple(unread))


def rewrite_scripts(scripts: Sequence[Script], jobs: Sequence[Job], path: str) -> Rewritten:
    """All edits, those that the hosts remember included."""
    wanted: dict[int, list[tuple[int, Job]]] = defaultdict(list)
    for number, job in enumerate(jobs):
        key = job.build.key
        assert isinstance(key, Key)
        wanted[key.script].append((number, job._replace(build=job.build._replace(key=key.inner))))
    done: dict[int, Rewritten] = {}
    for number, mine in wanted.items():
        script = scripts[number]
        literal = _literals(mine) if script.argued else []
        found = rewrite_shell(script.embedded, script.host, mine, path=path, masks=script.masks)
        remarks = tuple(Told(n, r) for n, _ in mine for r in script.host.remarks)
        found = found._replace(edits=(*found.edits, *script.host.edits), told=(*found.told, *remarks))
        done[number] = _adapted(script, found._replace(refused=(*found.refused, *literal)), mine, path)
    refused = [r for d in done.values() for r in d.refused]
    refused += _unshared(scripts, done, wanted)
    edits = dict.fromkeys(e for d in done.values() for e in d.edits)
    told = dict.fromkeys(t for d in done.values() for t in d.told)
    return Rewritten(tuple(edits), tuple(dict.fromkeys(refused)), tuple(told))


def _literals(jobs: Sequence[tuple[int, Job]]) -> list[JobRefused]:
    out: list[JobRefused] = []
    for number, job in jobs:
        literal = {a.name: a.line for a in job.build.args if a.origin == "literal"}
        for move in job.moves:
            if move.arg in literal and not move.supplied:
                by_hand = (f"--secret id={move.spec.id},env={move.arg}   # and {move.arg} in the environment, with a new value",)
                why = Refused("caller-value", f"the value of {move.arg} stands in the file", literal[move.arg], by_hand)
                out.append(JobRefused(number, move.spec.id, why))
    return out


def _adapted(script: Script, found: Rewritten, jobs: Sequence[tuple[int, Job]], path: str) -> Rewritten:
    edits: list[FileEdit] = []
    broken = False
    for one in found.edits:
        if one.edit.span.start == one.edit.span.end and not one.edit.text:
            continue
        if one.path != path or one in script.host.edits:
            edits.append(one)
            continue
        edit = script.adapt(one.edit) if script.adapt else one.edit
        broken = broken or edit is None or edit.span.start > edit.span.end
        if edit is not None:
            edits.append(one._replace(edit=edit))
    if not broken:
        return found._replace(edits=tuple(edits))
    why = Refused("caller-arguments", "the arguments come together from several places")
    return Rewritten((), (*found.refused, *_all(jobs, why)))


def _unshared(
    scripts: Sequence[Script], done: Mapping[int, Rewritten], wanted: Mapping[int, Sequence[tuple[int, Job]]]
) -> list[JobRefused]:
    """Refusals for texts whose edit of a definition is not that of all others which take it in."""
    users: dict[Span, list[int]] = defaultdict(list)
    for number, script in enumerate(scripts):
        if _PRINTS.fullmatch(script.embedded.text.data):
            continue
        for span in dict.fromkeys(script.taken):
            users[span].append(number)
    out: list[JobRefused] = []
    for span, numbers in users.items():
        asked = {n: frozenset(e for e in done[n].edits if _within(e.edit.span, span)) if n in done else frozenset() for n in numbers}
        if len(set(asked.values())) > 1:
            why = Refused("caller-shared", "a variable that holds arguments is used by several builds")
            for number in numbers:
                if asked[number]:
                    out += _all(wanted[number], why)
    return out


def _within(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _all(jobs: Sequence[tuple[int, Job]], why: Refused) -> list[JobRefused]:
    return [JobRefused(n, m.spec.id, why._replace(line=job.build.line)) for n, job in jobs for m in job.moves]


BURNT = "if the value of {} that stands in the file is a real one, it is burnt: rotate it"
SHELLS = ("sh", "bash", "dash", "zsh", "ksh", "ash")
BUILDS = late(
    rb"build-arg|(?:docker|podman|nerdctl|buildah|buildx|DOCKER|PODMAN|[Cc]ompose|COMPOSE)[\w)}]*[ \t][^\n;|&]{0,80}\b(?:build|bud|bake)\b"
    rb"|/kaniko/executor"
)
MOST_TEXTS = 600
_MAY_BUILD = late(rb"(?i)build|bake|executor|docker|podman|nerdctl|\$\([A-Z_]*(?:CMD|COMMAND|ARGS|IMAGE)")
_PRINTS = late(rb"[ \t]*(?:echo|printf)\b[^|>&;`\n]*")
_ASSIGNED = late(rb"(?:^|[\s;&|({`])(?:for[ \t]+)?([A-Za-z_]\w*)(?:\+?=|[ \t]+in[ \t])")
_READ = late(rb"(?:^|[\s;&|({`])(?:read|mapfile|readarray|getopts|unset|printf[ \t]+-v)[ \t]([^\n;&|<>]{1,400})")
_STARTS = late(rb"(?<!\\)\n|[;&|({`]")
_DECLARES = (b"local", b"declare", b"typeset", b"readonly", b"export")
_WORD = late(rb"[A-Za-z_]\w*")
_NAMED = late(rb"--build-arg(?:[ \t]+|=)[\"']?([A-Za-z_]\w*)")
_ENV_NAME = late(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def assigned(data: bytes) -> frozenset[str]:
    """The shell variables that a text seems to assign: perhaps one too many."""
    out = {w.decode() for found in _READ.finditer(data) for w in found[1].split() if _WORD.fullmatch(w)}
    for found in _ASSIGNED.finditer(data):
        before = _STARTS.split(data[max(found.start() - 40, 0) : found.start() + 1])[-1].split()
        if not (before and before[-1].startswith(b"-")) or before[0] in _DECLARES:  # `--build-arg T=...` assigns nothing
            out.add(found.group(1).decode())
    return frozenset(out)


def is_env_name(text: str) -> bool:
    return _ENV_NAME.fullmatch(text) is not None


def unread(data: bytes, line: int, why: Refused) -> tuple[Unread, ...]:
    """For text that is not followed: each build arg that it names, or the whole when it builds without naming one."""
    names = dict.fromkeys(n.decode() for n in _NAMED.findall(data))
    return tuple(Unread(line, why, n) for n in names or ("",))


class Operand(NamedTuple):
    """One part of a concatenation: a string's content `start`..`end` in quotes `quote`, or (without a quote) something that is computed."""

    start: int
    end: int
    quote: bytes = b""


def closing(edit: Edit, operands: Sequence[Operand]) -> Edit | None:
    """An edit that begins in a string and ends with a computed operand after it: `"--build-arg T=" + T` becomes `"--secret ..."`.

    An edit inside one string stays, also one that ends in another string with the same quotes; any other one cannot be written.
    """
    first = next((o for o in operands if o.quote and o.start <= edit.span.start <= o.end), None)
    if first is None:
        return None
    if edit.span.end <= first.end:
        return edit
    if any(o.quote == first.quote and o.start <= edit.span.end <= o.end for o in operands):
        return edit  # from one string into another one of its kind
    last = next((o for o in operands if not o.quote and o.end == edit.span.end), None)
    return Edit(edit.span, edit.text + first.quote) if last is not None else None

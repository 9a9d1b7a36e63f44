"""Edits for builds in CI scripts: found in the script as a whole, written back into the items of the file."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from remediate.callers.kinds.ci_script import ASKED, DOCKERS, Part, Script, Whole, prepared
from remediate.callers.model import Build, CallerFile, FileEdit, Job, JobRefused, Refused, Rewritten, Told
from remediate.callers.shell import rewrite_shell
from remediate.model import Delivery, Edit, NamedTuple, Span
from remediate.text import late

_CREATED = late(rb"\bbuildx[ \t]+create\b")
ASK = b"export DOCKER_BUILDKIT=1"


class Done(NamedTuple):
    """What one script wants: edits by the text in which they lie."""

    edits: dict[tuple[str, int], tuple[FileEdit, ...]]
    refused: tuple[JobRefused, ...] = ()
    told: tuple[Told, ...] = ()
    asks: tuple[FileEdit, ...] = ()


def rewrite_scripts(scripts: Sequence[Script], file: CallerFile, jobs: Sequence[Job], files: Mapping[str, bytes]) -> Rewritten:
    """All edits for the jobs. A text that several scripts share is only changed when all of them want the same change."""
    by_script: dict[int, list[tuple[int, Job]]] = {}
    for number, job in enumerate(jobs):
        script, key = _key(job.build)
        by_script.setdefault(script, []).append((number, Job(job.build._replace(key=key), job.moves)))
    done = {n: _one(scripts[n], file, mine, files) for n, mine in by_script.items()}
    refused = [r for one in done.values() for r in one.refused]
    if not refused:
        refused = _shared(scripts, file, by_script, done, files)
    if refused:
        return Rewritten(refused=tuple(dict.fromkeys(refused)))
    edits = dict.fromkeys(e for one in done.values() for es in one.edits.values() for e in es)
    asks = dict.fromkeys(e for one in done.values() for e in one.asks)
    return Rewritten((*asks, *edits), (), tuple(dict.fromkeys(t for one in done.values() for t in one.told)))


def _key(build: Build) -> tuple[int, object]:
    assert isinstance(build.key, tuple)
    return build.key


def _one(script: Script, file: CallerFile, jobs: Sequence[tuple[int, Job]], files: Mapping[str, bytes]) -> Done:
    whole, masks = prepared(script)
    embedded = whole.embedded
    found = rewrite_shell(embedded, script.host, jobs, path=file.path, masks=masks)
    edits: dict[tuple[str, int], list[FileEdit]] = {}
    for one in found.edits:
        if one.edit.span.start == one.edit.span.end and not one.edit.text:
            continue
        mapped = _mapped(script, whole, one.edit)
        if mapped is None:
            alone = [_one(script, file, [j], files) for j in jobs] if len(jobs) > 1 else []
            guilty = [j for j, tried in zip(jobs, alone, strict=False) if tried.refused] or jobs
            return Done({}, (*found.refused, *_all(guilty, "caller-value", "the command cannot be changed where its text stands")))
        edits.setdefault((mapped[0].path, mapped[0].start), []).append(FileEdit(mapped[0].path, mapped[1]))
    asks: list[FileEdit] = []
    carried = tuple(script.host.edits.values())
    if script.buildkit == "ask" and not ASKED.search(embedded.text.data):
        for number, job in jobs:
            if job.build.engine in DOCKERS and job.build.engine != "buildx":
                ask = _ask(script, job.build, files)
                if ask is None:
                    why = Refused("caller-builder-old", script.why, job.build.line, (ASK.decode(),))
                    return Done({}, tuple(JobRefused(number, m.spec.id, why) for m in job.moves))
                asks += [ask] if not asks else []
    refused = (*(_with_key(r, script) for r in found.refused), *_as_variables(script, jobs, embedded.text.data))
    return Done({k: tuple(v) for k, v in edits.items()}, refused, found.told, (*asks, *carried))


def _as_variables(script: Script, jobs: Sequence[tuple[int, Job]], text: bytes) -> list[JobRefused]:
    """Refusals where BuildKit is that of Docker 20.10: the Dockerfile has to read the secret as a file. A builder of its own is newer."""
    if not script.files:
        return []
    detail = f"{script.why.partition(' builds ')[0]}: its BuildKit mounts secrets as files, not as variables"
    why = Refused("caller-builder-old", detail, 0, ("remediate fix --delivery file",))
    own = _CREATED.search(text) is not None
    return [
        JobRefused(n, m.spec.id, why._replace(line=job.build.line))
        for n, job in jobs for m in job.moves
        if job.build.engine in DOCKERS and m.spec.delivery is Delivery.ENV and not (own and job.build.engine == "buildx")
    ]  # fmt: skip


def _with_key(one: JobRefused, script: Script) -> JobRefused:
    """Some CI systems have the SSH key at a known place."""
    if one.refused.code != "caller-key" or not script.key:
        return one
    return one._replace(refused=one.refused._replace(by_hand=(*one.refused.by_hand, *script.key)))


def _all(jobs: Sequence[tuple[int, Job]], code: str, detail: str) -> list[JobRefused]:
    return [JobRefused(n, m.spec.id, Refused(code, detail, j.build.line)) for n, j in jobs for m in j.moves]


def _mapped(script: Script, whole: Whole, edit: Edit) -> tuple[Part, Edit] | None:
    """The edit in its file; None when it lies in no text of the file, or that text cannot carry it."""
    room = whole.room(edit.span.start)
    if not room.own or whole.room(edit.span.end) != room:
        return None
    part = script.parts[room.part]
    text = part.embedded.written(edit.text)
    moved = room.low - room.start
    return (part, Edit(Span(edit.span.start + moved, edit.span.end + moved), text)) if text is not None else None


def _shared(
    scripts: Sequence[Script], file: CallerFile, by_script: Mapping[int, Sequence[tuple[int, Job]]], done: Mapping[int, Done],
    files: Mapping[str, bytes],
) -> list[JobRefused]:  # fmt: skip
    """Refusals for texts that another script holds, too, which does not want the same."""
    wanted: dict[tuple[str, int], tuple[int, tuple[FileEdit, ...]]] = {}
    out: list[JobRefused] = []

    def refuse(number: int, place: tuple[str, int], other: int) -> None:
        jobs = by_script[number]
        guilty = [j for j in jobs if len(jobs) == 1 or place in _one(scripts[number], file, [j], files).edits]
        out.extend(_all(guilty or jobs, "caller-shared", f"{scripts[other].name} uses the same text"))

    for number, one in done.items():
        for place, edits in one.edits.items():
            known = wanted.setdefault(place, (number, edits))
            if known[1] != edits:
                refuse(number, place, known[0])
                refuse(known[0], place, number)
    for number, script in enumerate(scripts):
        for part in script.parts:
            place = (part.path, part.start)
            if place in wanted and (number not in done or place not in done[number].edits):
                refuse(wanted[place][0], place, number)
    return out


def _ask(script: Script, build: Build, files: Mapping[str, bytes]) -> FileEdit | None:
    """BuildKit is asked for before the command: by an item of its own, a line of its own in a block, or in front of the command."""
    part = next((p for p in script.parts if not p.before and p.path == build.path and _holds(p, build.line)), None)
    if part is None:
        return None
    pieces = part.embedded.text.pieces
    if part.item >= 0:
        data = files[part.path]
        line = part.lines[bisect_right(part.lines, part.item) - 1]
        newline = b"\r\n" if data[: data.find(b"\n")].endswith(b"\r") else b"\n"
        return FileEdit(part.path, Edit(Span(line, line), data[line : part.item] + b"- " + ASK + newline))
    block = part.embedded.written(ASK + b"\n")
    if block is not None and b"\\n" not in block:
        return FileEdit(part.path, Edit(Span(pieces[0].start, pieces[0].start), block))
    if part.embedded.text.data.startswith(b"docker "):
        return FileEdit(part.path, Edit(Span(pieces[0].start, pieces[0].start), b"DOCKER_BUILDKIT=1 "))
    return None


def _holds(part: Part, line: int) -> bool:
    pieces = part.embedded.text.pieces
    return bisect_right(part.lines, pieces[0].start) <= line <= bisect_right(part.lines, max(pieces[-1].end - 1, pieces[0].start))

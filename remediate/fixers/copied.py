"""Copied credential files become mounts: the COPY goes, the RUNs that read the file get it as a secret at the same path, and the
`.dockerignore` keeps it out of the context.

COPY .npmrc package.json ./                 COPY package.json ./
RUN npm ci                          ->      RUN --mount=type=secret,id=npmrc,target=/app/.npmrc,required=true npm ci
RUN rm .npmrc                               (gone)

All copies of one file stand or fall together: one that stays would leave it in a layer, and needs it in the context.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from remediate.analysis.carried import NO_FILES, ContextFiles, brought_below, rest_of, takes_folders
from remediate.analysis.copies import CopiedFile, copy_sources
from remediate.analysis.destinations import image_path
from remediate.analysis.flows import Trace
from remediate.analysis.life import Lives
from remediate.analysis.runs import view_runs
from remediate.analysis.stages import runtime_stages
from remediate.analysis.takers import may_bring, needs
from remediate.emit.mounts import fits_in_mount
from remediate.fixers.copied_ids import FileIds
from remediate.fixers.copied_life import Fate, fate_of, taken_alone
from remediate.fixers.copied_runs import Mount, mounted_runs, without_empty_commands
from remediate.fixers.reasons import refuse
from remediate.fixers.remedy import Remedy, RunEdit
from remediate.knowledge.file_settings import holds_settings
from remediate.model import Applicability, Delivery, NamedTuple, Refusal, SecretSpec
from remediate.repo.ignore_edit import pattern_for
from remediate.repo.sources import clean_source

_FOLDERS = frozenset({".ssh", ".aws", ".kube", ".docker", ".pip", ".gnupg", ""})
MOST = 200  # copied credential files of one Dockerfile
MOST_WORK = 60_000  # instructions that are looked at to follow them, from each COPY on


class Proposed(NamedTuple):
    """What is to become of one copied file. `safe` and `unsafe` have a remedy, `unsafe` and `refused` a reason.

    Files that stand or fall together have the very same remedy.
    """

    file: CopiedFile
    fix: Applicability
    remedy: Remedy | None = None
    reason: Refusal | None = None


def propose_copied(
    trace: Trace,
    copied: Sequence[CopiedFile],
    files: ContextFiles = NO_FILES,
    silenced: Callable[[int, str], bool] = lambda copy, path: False,
) -> list[Proposed]:
    """One proposal for each copied file, in their order. `silenced(copy, path)`: a person has said that this COPY is to bring the file."""
    if not copied:
        return []
    if not trace.runs.views:
        trace = trace._replace(runs=view_runs(trace.tree))
    groups: dict[str, list[CopiedFile]] = {}
    for file in copied[:MOST]:
        groups.setdefault(_path(file), []).append(file)
    ids, lives = FileIds(trace), Lives(trace)
    answers: dict[CopiedFile, Proposed] = {}
    left = MOST_WORK
    for path, members in groups.items():
        left -= len(_cases(trace, path, members)) * len(trace.tree.instructions)
        if left < 0:
            break
        for proposed in _group(lives, path, members, files, ids, silenced):
            answers[proposed.file] = proposed
    generic = refuse("copied-file")
    return _together(trace, [answers.get(f) or Proposed(f, Applicability.REFUSED, reason=generic) for f in copied])


def _path(file: CopiedFile) -> str:
    """The file as the context names it."""
    clean = file.name if file.carried else clean_source(file.name)
    return clean if clean is not None else file.name


class _Case(NamedTuple):
    """One COPY that brings the file. `listed` is None for one on which there is no finding of its own."""

    copy: int
    source: int
    carried: bool
    listed: CopiedFile | None


def _group(
    lives: Lives, path: str, members: list[CopiedFile], files: ContextFiles, ids: FileIds, silenced: Callable[[int, str], bool]
) -> list[Proposed]:
    trace = lives.trace
    cases = _cases(trace, path, members)
    kept = [c.copy for c in cases if c.listed is None and silenced(c.copy, path)]
    cases = [c for c in cases if c.copy not in kept]
    own = kept[0] if kept else needs(trace.tree, path)
    first = members[0]
    fates: list[Fate] = []
    refusals: dict[_Case, Refusal] = {}
    folder = path.rpartition("/")[2] in _FOLDERS or (files.at_hand and not files.ignored(path) and files.read(path) is None)
    settings = holds_settings(path, files.read(path) if files.at_hand else None)
    for case in cases:
        found = _fate(lives, path, case, first, folder, settings)
        if isinstance(found, Refusal):
            refusals[case] = found
        else:
            fates.append(found)
    lines, problem = _ignore(path, cases, files, "" if own is None else f"line {trace.tree.instructions[own].start_line}")
    if problem is not None and not refusals:
        refusals = dict.fromkeys(cases, problem)
    if refusals:
        return [_refused(trace, file, cases, refusals) for file in members]
    fates = _without_idle_doubts(trace, fates)
    remedies = _remedies(trace, path, fates, ids)
    if isinstance(remedies, Refusal):
        return [Proposed(file, Applicability.REFUSED, reason=remedies) for file in members]
    reason = next((f.unsafe for f in fates if f.unsafe is not None), None)
    whole = _whole(remedies)._replace(ignore=lines, how=_how(fates, lines, files.ignored(path), files.beside))
    fix = Applicability.UNSAFE if reason else Applicability.SAFE
    return [Proposed(file, fix, whole, reason) for file in members]


def _cases(trace: Trace, path: str, members: list[CopiedFile]) -> list[_Case]:
    """Every COPY that brings the file, also by a folder, whether or not there is a finding on it."""
    listed = {(f.instruction, f.source): f for f in members}
    out = [_Case(f.instruction, f.source, f.carried, f) for f in members]
    for index, instruction in enumerate(trace.tree.instructions):
        if not takes_folders(instruction):
            continue
        for number, (source, _, _) in enumerate(copy_sources(instruction)):
            if (index, number) not in listed and rest_of(source, path) is not None and not any(c.copy == index for c in out):
                out.append(_Case(index, number, brought_below(source, path), None))
    out += [_Case(index, 0, True, None) for index in may_bring(trace.tree, path) if not any(c.copy == index for c in out)]
    return sorted(out, key=lambda c: (c.copy, c.source))


def _fate(lives: Lives, path: str, case: _Case, file: CopiedFile, folder: bool, settings: bool) -> Fate | Refusal:
    """What the copy is for, and where the file lies."""
    trace = lives.trace
    instruction = trace.tree.instructions[case.copy]
    line = instruction.start_line
    if instruction.keyword == "ONBUILD":
        return refuse("copied-onbuild", line=line)
    stage = trace.tree.stage_of(case.copy)
    if stage is None:
        return refuse("copied-file", line=line)
    if instruction.heredocs:
        return refuse("copied-path", detail=f"line {line} writes other files, too", line=line)
    if folder or re.search(r"[*?\[$]", path) or "://" in path or (file.name.endswith("/") and not file.carried):
        return refuse("copied-path", detail=f"line {line} copies more than one file", line=line)
    place = image_path(trace.tree, trace.bindings, case.copy, case.source, path)
    unclear = case.listed is None and any(f.name == "exclude" for f in instruction.flags)
    if place is None or unclear or not fits_in_mount(place) or place.rpartition("/")[2] in _FOLDERS:
        return refuse("copied-path", detail=f"line {line}", line=line)
    return fate_of(lives, case.copy, case.source, case.carried, place, file, stage.index in runtime_stages(trace.tree), settings)


def _without_idle_doubts(trace: Trace, fates: Sequence[Fate]) -> list[Fate]:
    """A copy without a known reader gets none where another copy to the same place in the same stage has one."""
    known = {(f.place, trace.tree.stage_of(f.copy)) for f in fates if f.runs and not f.doubt}
    idle = [bool(f.doubt) and (f.place, trace.tree.stage_of(f.copy)) in known for f in fates]
    return [f._replace(runs=frozenset(), doubt="") if drop else f for f, drop in zip(fates, idle, strict=True)]


def _refused(trace: Trace, file: CopiedFile, cases: list[_Case], refusals: Mapping[_Case, Refusal]) -> Proposed:
    """The reason of its own COPY, else the place of the one that stays."""
    own = next((r for c, r in refusals.items() if c.listed == file), None)
    if own is None:
        other = next(iter(refusals))
        line = trace.tree.instructions[other.copy].start_line
        own = refusals[other] if other.listed is None else refuse("copied-elsewhere", detail=f"line {line}", line=line)
    return Proposed(file, Applicability.REFUSED, reason=own)


def _ignore(path: str, cases: Sequence[_Case], files: ContextFiles, own: str) -> tuple[tuple[str, ...], Refusal | None]:
    """The lines for the `.dockerignore`, and why a fix that rests on them is impossible."""
    carried = any(c.carried for c in cases)
    if files.ignored(path):
        return (), None
    line = pattern_for(path)
    other = own or files.needed(path)
    if line is not None and not other and (files.ignore((line,)) if files.beside else not carried):
        return (line,), None
    if carried and not files.beside:
        detail = "a folder brings it as well, and the build context is not at hand"
    else:
        detail = f"{other} takes the file, too" if other else "the file or its name is out of reach"
    return (), refuse("copied-shared", detail=detail) if carried else None


def _remedies(trace: Trace, path: str, fates: Sequence[Fate], ids: FileIds) -> list[Remedy] | Refusal:
    """What becomes of each COPY and of the RUNs after it."""
    out: list[Remedy] = []
    for fate in fates:
        identity = ids.of(path, fate.place)
        runs = mounted_runs(trace, fate, Mount(identity, fate.place, fate.strict, fate.needed))
        if isinstance(runs, Refusal):
            return runs
        edits, gone = runs
        stays = fate.carried and not taken_alone(trace, fate, path)
        sources = {} if stays else {fate.copy: frozenset({fate.source})}
        spec = SecretSpec(identity, path, Delivery.FILE, fate.place, fate.needed, tuple(sorted(fate.runs)))
        out.append(_with_whole_copies(trace, Remedy(runs=edits, gone=gone, sources=sources, secrets=(spec,) if fate.runs else ())))
    return out


def _with_whole_copies(trace: Trace, remedy: Remedy) -> Remedy:
    """A COPY that loses all of its sources goes."""
    empty = {i for i, s in remedy.sources.items() if len(s) == len(list(copy_sources(trace.tree.instructions[i])))}
    left = {i: s for i, s in remedy.sources.items() if i not in empty}
    return remedy._replace(gone=remedy.gone | empty, sources=left) if empty else remedy


def _together(trace: Trace, found: Sequence[Proposed]) -> list[Proposed]:
    """Files that leave nothing of a COPY or of an `rm` between them share one remedy: what has no operand left has to go whole."""
    out = list(found)
    shared = {i for p in out if p.remedy is not None for i in (*p.remedy.sources, *(r for r, e in p.remedy.runs.items() if e.words))}
    for index in sorted(shared):
        touching = {id(p.remedy): p.remedy for p in out if p.remedy is not None and _edits(p.remedy, index)}
        if len(touching) < 2:
            continue
        joined = _without_empty(trace, _with_whole_copies(trace, _whole(list(touching.values()))))
        for number, proposed in enumerate(out):
            if id(proposed.remedy) not in touching:
                continue
            if isinstance(joined, Refusal):
                out[number] = Proposed(proposed.file, Applicability.REFUSED, reason=joined)
            else:
                out[number] = proposed._replace(remedy=joined)
    unsafe = {id(p.remedy): p.reason for p in out if p.fix is Applicability.UNSAFE}
    return [p._replace(fix=Applicability.UNSAFE, reason=p.reason or unsafe[id(p.remedy)]) if id(p.remedy) in unsafe else p for p in out]


def _edits(remedy: Remedy, index: int) -> bool:
    return index in remedy.sources or (index in remedy.runs and bool(remedy.runs[index].words))


def _without_empty(trace: Trace, remedy: Remedy) -> Remedy | Refusal:
    runs: dict[int, RunEdit] = {}
    gone = set(remedy.gone)
    for index, edit in remedy.runs.items():
        left = without_empty_commands(trace.runs.views[index], edit)
        if isinstance(left, Refusal):
            return left
        if left is None:
            gone.add(index)
        else:
            runs[index] = left
    return remedy._replace(runs=runs, gone=frozenset(gone))


def _whole(remedies: Sequence[Remedy]) -> Remedy:
    """Several remedies as one."""
    runs: dict[int, RunEdit] = {}
    sources: dict[int, frozenset[int]] = {}
    for remedy in remedies:
        for index, edit in remedy.runs.items():
            held = runs.get(index, RunEdit())
            runs[index] = RunEdit(
                held.cut | edit.cut,
                tuple(dict.fromkeys((*held.words, *edit.words))),
                flags=tuple(dict.fromkeys((*held.flags, *edit.flags))),
            )
        for index, numbers in remedy.sources.items():
            sources[index] = sources.get(index, frozenset()) | numbers
    gone = frozenset(i for r in remedies for i in r.gone)
    secrets = tuple(dict.fromkeys(s for r in remedies for s in r.secrets))
    ignore = tuple(dict.fromkeys(line for r in remedies for line in r.ignore))
    how = "; ".join(dict.fromkeys(part for r in remedies for part in r.how.split("; ") if part))
    kept = {i: e for i, e in runs.items() if i not in gone}
    return Remedy(runs=kept, gone=gone, sources=sources, secrets=secrets, ignore=ignore, how=how)


def _how(fates: Sequence[Fate], lines: tuple[str, ...], ignored: bool, beside: bool) -> str:
    """One sentence: who gets the file, by which evidence, and what keeps it out of the context."""
    parts = []
    doubts = list(dict.fromkeys(f.doubt for f in fates if f.doubt))
    if any(f.runs and not f.doubt for f in fates):
        parts.append("the file is mounted on the commands that read it")
    elif not doubts:
        parts.append("no command reads it")
    parts += doubts
    if ignored:
        parts.append("the .dockerignore leaves the file out already, so that a COPY of it fails")
    elif lines and beside:
        parts.append(f"{lines[0]} goes into the .dockerignore")
    elif lines:
        parts.append(f"add {lines[0]} to the .dockerignore")
    else:
        parts.append("it stays in the build context, where something else takes it")
    return "; ".join(parts)

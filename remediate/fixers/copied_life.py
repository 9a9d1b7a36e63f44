"""What a copied file is for: which RUNs read it, and whether the image can do without it."""

from __future__ import annotations

import posixpath
import re

from remediate.analysis.carried import rest_of
from remediate.analysis.copies import CopiedFile, copy_sources
from remediate.analysis.destinations import destination, made_folders
from remediate.analysis.flows import Trace
from remediate.analysis.life import Did, Life, Lives, Touch
from remediate.analysis.placed import place_of
from remediate.analysis.references import static_argv, tool_name
from remediate.analysis.removals import normal_path, working_folders
from remediate.analysis.runs import RunView
from remediate.fixers.reasons import refuse
from remediate.knowledge import persist
from remediate.model import NamedTuple, Refusal
from remediate.repo.sources import clean_source
from remediate.shell.view import Command

# Programs that put what they read somewhere else in the image.
_COPIES = frozenset("cp mv install ln rsync tar zip cpio scp dd tee".split())
# Programs that take a key into a store of their own.
_IMPORTS = frozenset("apt-key gpg gpg2 keytool rpm pk12util certutil".split())
_PASSES = frozenset("cat sed awk gawk grep head tail tr cut base64 envsubst jq yq xargs".split())
_MODES = frozenset({"chmod", "chown", "chgrp"})
# Kinds of file that their readers refuse when others than their owner can read them.
_STRICT = ("ssh-key", "ssh-folder", "ssh-host-key", "password-file")


class Fate(NamedTuple):
    """One copy that a mount can stand in for. `runs`: instruction indexes of the RUNs that get it; `touches` what is to be taken out.

    `unsafe`: the container may need the file, and only the .dockerignore would go. `strict`: the file must be its reader's own and
    nobody else's. `doubt`: why RUNs get it that are not known to read it.
    """

    copy: int
    source: int
    carried: bool
    place: str
    runs: frozenset[int]
    touches: tuple[Touch, ...]
    strict: bool
    unsafe: Refusal | None = None
    doubt: str = ""

    @property
    def needed(self) -> bool:
        """A COPY of a folder passes without the file, too, so that a mere suspicion does not make it a must."""
        return not (self.carried and self.doubt)


def fate_of(
    lives: Lives, copy: int, source: int, carried: bool, place: str, file: CopiedFile, at_run_time: bool, settings: bool = False
) -> Fate | Refusal:
    """Whether mounts can take the place of this copy; `at_run_time`: its stage ends in an image that is run; `settings`: as of a life."""
    trace = lives.trace
    line = trace.tree.instructions[copy].start_line
    life = lives.of(place, copy, settings)
    sure = frozenset(r.run for r in life.readings if r.sure)
    runs = sure or frozenset(r.run for r in life.readings)
    problem = _changed(trace, life, place) or _set_beside(trace, life, place, copy) or _stored(trace, life)
    if problem is not None:
        return problem
    removed = bool(life.removed)
    on = _carried_on(lives, life, place, settings)
    if isinstance(on, Refusal) and not carried:
        return on
    runtime = life.run_time or _run_time(file, at_run_time and not removed, bool(on), bool(sure), carried)
    unsafe = refuse("copied-for-run-time", detail=runtime, name=file.name, line=line) if runtime else None
    if unsafe is not None and not carried:
        return unsafe
    if isinstance(on, Refusal) and unsafe is None:
        return on
    if not runs and not carried:
        return refuse("copied-file", line=line)
    if not carried:
        missing = _folder_missed(trace, copy, place, runs)
        if missing:
            return refuse("copied-folder", detail=missing, line=line)
    doubt = "" if sure or not runs else "no command is known to read it, so every one that may gets it"
    strict = file.why.partition(":")[0] in _STRICT
    return Fate(copy, source, carried, place, runs, life.touches, strict, unsafe, doubt)


def _run_time(file: CopiedFile, ends: bool, on: bool, read: bool, carried: bool) -> str:
    """Why the running container may need the file, "" when it surely does not. `ends`: it is in an image that is run; `on`: a COPY --from
    carries it on; `read`: some RUN is known to read it.
    """
    if file.use == "runtime" and (ends or on):
        return "files of its kind are read by the service, and no RUN removes it"
    if file.use != "build" and ends:
        return "files of its kind may be read at run time, and no RUN removes it"
    if ends and not read and not (carried and file.kind == "registry-token"):
        return "no RUN is known to read it, and none removes it"
    return ""


def _changed(trace: Trace, life: Life, place: str) -> Refusal | None:
    """A command that writes the file, changes its content, or puts it somewhere else."""
    if life.hidden:
        return _changes(trace, life.hidden[0], None)
    for touch in life.touches:
        if touch.did is Did.REMOVE:
            continue
        command = _command(trace.runs.views[touch.run], touch.command)
        if touch.did is Did.CHANGE and command is not None and tool_name(static_argv(command)) in _MODES:
            continue
        return _changes(trace, touch.run, command)
    for reading in life.readings:
        run = trace.runs.views[reading.run]
        command = _command(run, reading.command)
        if reading.copies or (command is not None and _passes_on(run, command, place)):
            return _changes(trace, reading.run, command)
    return None


def _set_beside(trace: Trace, life: Life, place: str, copy: int) -> Refusal | None:
    """A tool may keep a setting in this very file, in place of its own: `npm config set` in a folder with a package.json."""
    last = max((r.run for r in life.readings), default=-1)
    for run in (v for v in trace.runs.views.values() if copy < v.index <= last and v.scripts):
        script = run.scripts[0]
        folders = working_folders(script, run)
        for command in script.commands:
            row = place_of(run, script, command, folders[command.index]).row
            if row is not None and any(normal_path(also, run, folders[command.index]) == place for also in row.also):
                return _changes(trace, run.index, command)
    return None


def _stored(trace: Trace, life: Life) -> Refusal | None:
    """`chpasswd < file`: what the command is there for is to keep the value, or a hash of it."""
    for reading in life.readings:
        command = _command(trace.runs.views[reading.run], reading.command)
        row = persist.persists(static_argv(command)) if command is not None and command.argv else None
        if row is not None and row.kind in ("account", "database"):
            return _changes(trace, reading.run, command)
    return None


def _changes(trace: Trace, run: int, command: Command | None) -> Refusal:
    line = trace.tree.instructions[run].start_line
    tool = tool_name(static_argv(command)) if command is not None else ""
    return refuse("copied-and-changed", detail=f"line {line}{': ' + tool if tool else ''}", line=line)


def _command(run: RunView, index: int) -> Command | None:
    return run.scripts[0].commands[index] if run.scripts and 0 <= index < len(run.scripts[0].commands) else None


def _passes_on(run: RunView, command: Command, place: str) -> bool:
    """The command itself names the file and copies it, or shows it to a file."""
    name = tool_name(static_argv(command))
    named = any(w.value and normal_path(w.value, run, run.workdir) == place for w in command.argv[1:])
    base = place.rsplit("/", 1)[-1]
    named = named or any((w.value or w.raw.strip("\"'")).rsplit("/", 1)[-1] == base for w in command.argv[1:])
    if not named:
        return False
    writes = any(r.op in (">", ">>", ">|", "&>") and r.target is not None and r.target.value != "/dev/null" for r in command.redirects)
    return name in _COPIES or name in _IMPORTS or (name in _PASSES and (writes or command.pipe_to_next))


def _carried_on(lives: Lives, life: Life, place: str, settings: bool) -> Refusal | frozenset[int]:
    """The COPYs --from that bring it to another stage, or why one of them needs it."""
    trace = lives.trace
    for index in life.carried:
        instruction = trace.tree.instructions[index]
        line = instruction.start_line
        target = destination(trace.tree, trace.bindings, index)
        for source, _, _ in copy_sources(instruction):
            clean = clean_source(source)
            if clean is None or target is None or any(c in source for c in "*?["):
                return refuse("copied-on", detail=f"line {line}", line=line)
            folder = "/" + clean
            if folder == place:
                return refuse("copied-on", detail=f"line {line} names it", line=line)
            if not place.startswith(folder.rstrip("/") + "/"):
                continue
            there = lives.of(posixpath.normpath(f"{target}/{place[len(folder.rstrip('/')) + 1 :]}"), index, settings)
            if there.run_time or any(r.sure for r in there.readings) or there.carried:
                return refuse("copied-on", detail=f"line {line}, where it is read", line=line)
    return frozenset(life.carried)


def _folder_missed(trace: Trace, copy: int, place: str, runs: frozenset[int]) -> str:
    """The file's folder is made by this COPY alone, and something that gets no mount names it: its place, else ""."""
    folder = posixpath.dirname(place)
    if folder in made_folders(trace.tree, trace.bindings, copy):
        return ""
    name = posixpath.basename(folder).encode("utf-8", "surrogateescape")
    stage = trace.tree.stage_of(copy)
    if _made_by_run(trace, copy, name):
        return ""
    for index, instruction in enumerate(trace.tree.instructions[copy + 1 :], copy + 1):
        if index in runs:
            continue
        inside = stage is not None and index in stage.instructions
        data = instruction.data[instruction.start : instruction.end]
        if name not in data:
            continue
        if instruction.keyword == "RUN" and not _only_touches(trace, index, place):
            return f"line {instruction.start_line}"
        if instruction.keyword in ("COPY", "ADD") and not inside and any(f.name == "from" for f in instruction.flags):
            return f"line {instruction.start_line}"
    return ""


def _made_by_run(trace: Trace, copy: int, name: bytes) -> bool:
    """A RUN before the COPY, in the same stage, makes the folder."""
    stage = trace.tree.stage_of(copy)
    for index in stage.instructions if stage is not None else ():
        run = trace.runs.views.get(index)
        if index >= copy or run is None:
            continue
        for _, command in run.commands():
            words = [w.raw.strip("\"'").rstrip("/") for w in command.argv[1:]]
            if command.name == "mkdir" and any(w.endswith("/" + name.decode("utf-8", "surrogateescape")) for w in words):
                return True
    return False


def _only_touches(trace: Trace, run: int, place: str) -> bool:
    """The RUN names the folder only within the path of the file: what it does to the file goes with the file."""
    view = trace.runs.views.get(run)
    if view is None or not view.scripts or view.damaged:
        return False
    base = "/" + posixpath.basename(posixpath.dirname(place))
    for _, command in view.commands():
        for word in (*command.argv[1:], *(r.target for r in command.redirects if r.target is not None)):
            text = word.raw.strip("\"'")
            if base in text and not text.endswith("/" + posixpath.basename(place)):
                return False
    return True


def taken_alone(trace: Trace, fate: Fate, path: str) -> bool:
    """One of several sources is a pattern that brings this file and nothing else: Buildah refuses a pattern that matches nothing."""
    sources = [source for source, _, _ in copy_sources(trace.tree.instructions[fate.copy])]
    if len(sources) < 2 or not re.search(r"[*?\[]", sources[fate.source]) or not trace.around.at_hand:
        return False
    brought = [p for p in trace.around.files() if rest_of(sources[fate.source], p) is not None]
    return brought == [path]

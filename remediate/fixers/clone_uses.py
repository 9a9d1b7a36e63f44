"""What talks to the remote of a clone after the clone: it took the token from .git/config, and has to be given it now.

`git pull`, `fetch`, `push`, `submodule update`, `lfs pull` in the clone's folder, in the same RUN or in one that inherits the folder.
Commands that work on the clone alone (log, describe, checkout, rev-parse) need nothing.
"""

from __future__ import annotations

import re

from remediate.analysis.flows import Trace
from remediate.analysis.git_calls import GitCall, git_call, repository, text_of
from remediate.analysis.references import static_argv
from remediate.analysis.removals import normal_path, working_folders
from remediate.analysis.runs import RunView
from remediate.analysis.stages import descends
from remediate.fixers.reasons import refuse
from remediate.knowledge import commands
from remediate.model import NamedTuple, Refusal
from remediate.shell.view import Command
from remediate.text import late

NETWORK = frozenset(
    {
        "clone", "fetch", "pull", "push", "ls-remote", "remote update", "remote show", "remote prune", "submodule add", "submodule update",
        "submodule foreach", "lfs pull", "lfs fetch", "lfs push",
    }
)  # fmt: skip
# These say the address, which is another one now.
_SHOWS = frozenset({"remote get-url", "remote -v"})
_AT_RUN_TIME = late(r"\bgit\b[^&|;]{0,200}\b(pull|fetch|push|submodule|lfs|ls-remote)\b")
_RUN_TIME = frozenset({"CMD", "ENTRYPOINT", "HEALTHCHECK", "ONBUILD"})


class Clone(NamedTuple):
    """A command that gives a repository a remote with a credential: `given` are its variables; `substitutes`: commands print it."""

    run: RunView
    command: Command
    call: GitCall
    given: frozenset[str]
    substitutes: bool
    line: int


class Uses(NamedTuple):
    """Commands that need the credential, each with its instruction index; `opaque`: a later program that may run git by itself."""

    commands: tuple[tuple[int, Command, GitCall], ...]
    opaque: str = ""


class Reused(NamedTuple):
    """Changes of words by RUN, and what may miss the credential."""

    words: dict[int, list[tuple[int, int, str]]]
    opaque: str = ""


def later_uses(trace: Trace, clone: Clone) -> Uses | Refusal:
    """The later commands that talk to the clone's remote, or why they cannot be given the credential."""
    folder = _place(clone.call, clone.run, working_folders(clone.run.scripts[0], clone.run)[clone.command.index])
    problem = _when_it_runs(trace, clone) or _in_other_stages(trace, clone, folder) or _rewritten_anyway(trace, clone)
    if problem is not None:
        return problem
    found: list[tuple[int, Command, GitCall]] = []
    opaque = ""
    home = trace.tree.stage_of(clone.run.index)
    for index, view in trace.runs.views.items():
        stage = trace.tree.stage_of(index)
        if index < clone.run.index or home is None or stage is None or not descends(trace.tree, stage.index, home.index):
            continue
        for number, script in enumerate(view.scripts):
            folders = working_folders(script, view)
            for command in script.commands:
                if index == clone.run.index and number == 0 and command.index <= clone.command.index:
                    continue
                where = folders[command.index]
                opaque = opaque or _opaque(command, where, folder)
                problem = _use(Later(view, number, command, where), trace, clone, folder, found)
                if problem is not None:
                    return problem
    return Uses(tuple(found), opaque)


class Later(NamedTuple):
    """A command after the clone, in the script with that number of its RUN, and its working directory."""

    view: RunView
    number: int
    command: Command
    where: str


def _use(later: Later, trace: Trace, clone: Clone, folder: str, found: list[tuple[int, Command, GitCall]]) -> Refusal | None:
    """Adds the command to `found` when it needs the credential."""
    view, number, command, where = later
    call = git_call(command)
    if call is None or (call.name not in NETWORK and not _shows(call)) or _own_address(call):
        return None
    if call.name == "submodule foreach" and not any(t in text_of(w) for w in call.operands for t in ("pull", "fetch", "push", "update")):
        return None
    line = trace.tree.source.line_of(view.scripts[number].text.start_of(command.start))
    at = _place(call, view, where)
    same = None if number or call.elsewhere else _within(at, folder)
    if same is False:
        return None
    detail = f"git {call.name} in line {line}"
    if _shows(call) or number or (same is None and view.index != clone.run.index):
        return refuse("clone-used-later", detail=detail, line=line)
    if not _same_variables(trace, clone, view, command):
        return refuse("clone-used-later", detail=f"{detail}, where the token's variable is not the same", line=line)
    found.append((view.index, command, call))
    return None


def _shows(call: GitCall) -> bool:
    if call.name == "config":
        gets = call.option("--get", "--get-all") is not None or len(call.operands) == 1
        return gets and any(text_of(w).startswith(("remote.", "submodule.")) for w in call.operands)
    return call.name in _SHOWS or (call.name == "remote ?" and call.option("-v", "--verbose") is not None)


def _own_address(call: GitCall) -> bool:
    """The command names the repository that it talks to by an address or a path of its own."""
    if call.name == "clone":
        return True  # of another repository; when it has a token in its address, it is mended by itself
    if call.name in ("submodule foreach", "submodule update", "submodule add") or not call.operands:
        return False
    name = text_of(call.operands[0])
    return "://" in name or "@" in name or name.startswith(("/", "./", "../"))


def _place(call: GitCall, run: RunView, where: str) -> str:
    """The folder of the repository, absolute as far as it is known."""
    return normal_path(repository(call) or ".", run, where)


def _within(place: str, folder: str) -> bool | None:
    """Whether the place is in the folder; None when that cannot be known."""
    if place == folder or place.startswith(folder.rstrip("/") + "/"):
        return True
    unknown = any(c in path for path in (place, folder) for c in "$?`*")
    return None if unknown else False


def _same_variables(trace: Trace, clone: Clone, view: RunView, command: Command) -> bool:
    """The credential can be written again where the command stands, and has the same value."""
    own = view.index == clone.run.index
    for other in view.scripts[0].commands:
        if any(a.name in clone.given for a in other.assignments):
            between = clone.command.index < other.index <= command.index
            if not own or between:
                return False
    if own:
        return True
    here, there = trace.bindings.at(clone.run.index), trace.bindings.at(view.index)
    set_inside = {a.name for c in clone.run.scripts[0].commands for a in c.assignments}
    return not clone.substitutes and all(n not in set_inside and n in here and here[n] == there.get(n) for n in clone.given)


def _when_it_runs(trace: Trace, clone: Clone) -> Refusal | None:
    for instruction in trace.tree.instructions[clone.run.index :]:
        if instruction.keyword in _RUN_TIME and _AT_RUN_TIME.search(instruction.args.text):
            detail = f"{instruction.keyword} in line {instruction.start_line} runs git"
            return refuse("kept-for-run-time", detail=detail, line=clone.line)
    return None


def _in_other_stages(trace: Trace, clone: Clone, folder: str) -> Refusal | None:
    """The clone is copied to a stage in which git talks to a remote."""
    home = trace.tree.stage_of(clone.run.index)
    for index, instruction in enumerate(trace.tree.instructions):
        stage = trace.tree.stage_of(index)
        if instruction.keyword != "COPY" or not any(f.name == "from" for f in instruction.flags) or stage is None or stage is home:
            continue
        sources = [w.text.text.rstrip("/") or "/" for w in instruction.words[:-1]]
        if not any(_within(folder, source) is not False or _within(source, folder) is not False for source in sources):
            continue
        for at, view in trace.runs.views.items():
            later = trace.tree.stage_of(at)
            if at < index or later is None or not descends(trace.tree, later.index, stage.index):
                continue
            calls = [call for _, command in view.commands() if (call := git_call(command)) is not None]
            if any(call.name in NETWORK and not _own_address(call) for call in calls):
                line = view.instruction.start_line
                return refuse("clone-used-later", detail=f"git in line {line}, in another stage", line=line)
    return None


_INSTEAD = late(rb"insteadof[\"']?[ =]{1,3}[\"']?https?:", re.IGNORECASE)


def _rewritten_anyway(trace: Trace, clone: Clone) -> Refusal | None:
    """A setting of the file itself for clean addresses would be taken before the one that the command is given."""
    for view in trace.runs.views.values():
        if _INSTEAD.search(view.instruction.args.data):
            line = view.instruction.start_line
            return refuse("clone-address", detail=f"line {line} sets url.*.insteadOf for clean addresses", line=clone.line)
    return None


def _opaque(command: Command, where: str, folder: str) -> str:
    """A script in the clone, of which nothing is known but that it runs there."""
    if not command.argv or git_call(command) is not None:
        return ""
    started = commands.runs_file(static_argv(command))
    own = started and any("/" in name and not name.startswith("/") for name in started)
    return (command.argv[0].value or "") if own and _within(where, folder) else ""

"""`git config` that keeps a secret: set, used and taken back within the RUN that needs it, as sink.py does it for any file.

Here is what only Git has: commands of the file itself that take the setting back would find nothing and fail, so they go; and a setting
of one repository stays in its folder.
"""

from __future__ import annotations

from remediate.analysis.git_calls import GitCall, config_keys, git_call
from remediate.analysis.removals import working_folders
from remediate.analysis.runs import RunView
from remediate.fixers import sink
from remediate.fixers.moving import statement_of
from remediate.fixers.reasons import refuse
from remediate.fixers.remedy import Remedy, RunEdit, Situation
from remediate.model import Refusal
from remediate.shell.statements import statements
from remediate.shell.view import Command


def is_setting(call: GitCall | None) -> bool:
    return call is not None and call.name == "config"


def propose(s: Situation) -> Remedy | Refusal:
    """The sink's answer, made right for `git config`."""
    found = sink.propose(s)
    if not isinstance(found, Remedy):
        return found or refuse("persisted", detail=f"line {s.kept.residues[0].line}: git", line=s.kept.residues[0].line)
    keys: set[str] = set()
    folders: set[str] = set()
    for rest in s.kept.residues:
        run = s.trace.runs.views[rest.run]
        command = run.scripts[rest.script].commands[rest.command]
        call = git_call(command)
        if call is not None and is_setting(call):
            keys |= config_keys(call)
            if not any(call.option(name) is not None for name in ("--global", "--system")):
                folders.add(working_folders(run.scripts[rest.script], run)[rest.command])
    runs = dict(found.runs)
    for index, edit in found.runs.items():
        if edit.enter and any(folder != s.trace.runs.views[index].workdir for folder in folders):
            detail = f"line {s.trace.runs.views[index].instruction.start_line} runs in another folder than the repository"
            return refuse("sink-order", detail=detail, line=s.kept.residues[0].line)
    first = s.kept.residues[0]
    for index, view in s.trace.runs.views.items():
        for command in view.scripts[0].commands if index >= first.run and view.scripts else ():
            if (index, command.index) > (first.run, first.command) and _takes_back(command, keys):
                edit = runs.get(index, RunEdit())
                changed = _without(view, command, edit)
                if changed is None:
                    line = view.instruction.start_line
                    return refuse("sink-order", detail=f"line {line} takes the setting back in a way of its own", line=line)
                runs[index] = changed
    return found._replace(runs=runs)


def _takes_back(command: Command, keys: set[str]) -> bool:
    call = git_call(command)
    if call is None or not is_setting(call):
        return False
    back = [call.option(name) is not None for name in ("--unset", "--unset-all", "--remove-section")]
    words = call.operands[0].value if call.operands else ""
    return (any(back) or words in ("unset", "remove-section")) and bool(config_keys(call) & keys)


def _without(view: RunView, command: Command, edit: RunEdit) -> RunEdit | None:
    """The change of a RUN in which the file takes the setting back by itself: its command goes where the setting is not made any more."""
    statement = statement_of(view, command.index)
    if statement is None or not statement.plain or len(statement.commands) != 1:
        return None
    if not edit.enter and not edit.leave:
        tolerated = _tolerates(view, statement.index + 1)
        return edit._replace(cut=edit.cut | {statement.index} | ({statement.index + 1} if tolerated else set()))
    # The RUN sets it now and takes it back itself: once is enough, where that is sure.
    return edit._replace(leave=()) if view.scripts[0].and_chain and len(edit.leave) == 1 else None


def _tolerates(view: RunView, index: int) -> bool:
    """The statement with that index is the `|| true` of the one before it."""
    found = statements(view.scripts[0])
    if index >= len(found) or found[index].connector != "||" or len(found[index].commands) != 1:
        return False
    command = view.scripts[0].commands[found[index].commands.start]
    return command.name in ("true", ":") and len(command.argv) == 1

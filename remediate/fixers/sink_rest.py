"""What is left of commands on a file that is no longer there: `rm` and `chmod` of it go, and where they cannot, nothing is done.

RUN npm ci / RUN chmod 600 ~/.npmrc && make / RUN rm ~/.npmrc ~/other      ->      RUN npm ci / RUN make / RUN rm ~/other
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from remediate.analysis.flows import Trace
from remediate.analysis.life import Did, Life, Touch
from remediate.analysis.references import static_argv, tool_name
from remediate.analysis.runs import RunView
from remediate.analysis.stages import parents
from remediate.fixers.moving import statement_of
from remediate.fixers.own_part import own_part
from remediate.fixers.reasons import refuse
from remediate.fixers.remedy import RunEdit
from remediate.fixers.sink_lives import comes_back
from remediate.fixers.sink_tools import takes_back
from remediate.model import Refusal
from remediate.shell.statements import Statement, statements
from remediate.shell.view import Command

_REMOVERS = frozenset({"rm", "unlink", "shred"})
_WELL = frozenset({"true", ":", "echo"})
_TESTS = frozenset({"[", "[[", "test"})


def leftovers(
    trace: Trace, life: Life, readers: list[int], by_tool: tuple[str, ...] = (), away: Collection[tuple[int, int]] = ()
) -> Mapping[int, RunEdit] | Refusal:
    """Changes of RUNs that do not read the file, but do something to it after it was written. `away`: commands that leave their RUNs."""
    runs: dict[int, RunEdit] = defaultdict(RunEdit)
    back: dict[int, bool] = {}  # stage -> something that stays where it is puts the file there again
    for touch in life.touches:
        late, removes = touch.run > readers[-1], touch.did is Did.REMOVE
        if touch.run in readers or not (late or removes) or (touch.run, touch.command) in away:
            continue  # it has the file, or moves with those that write it
        stage = trace.tree.stage_of(touch.run)
        number = stage.index if stage is not None else -1
        if comes_back(touch) or back.get(number):
            back[number] = not removes
            continue
        view = trace.runs.views[touch.run]
        if removes and any(r > touch.run and _follows(trace, touch.run, r) for r in readers):
            line = view.instruction.start_line
            return refuse("sink-order", detail=f"line {line} may remove {life.path} before it is read again", line=line)
        edit = _without(view, touch, runs[touch.run], life.path, by_tool)
        if edit is None:
            line = view.instruction.start_line
            return refuse("sink-order", detail=f"line {line} would find no {life.path} any more, and fail", line=line)
        runs[touch.run] = edit
    return {index: edit for index, edit in runs.items() if edit != RunEdit()}


def _follows(trace: Trace, run: int, later: int) -> bool:
    """What the RUN leaves is there in the later one."""
    first, stage = trace.tree.stage_of(run), trace.tree.stage_of(later)
    waiting, seen = [stage.index] if stage is not None else [], set[int]()
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            waiting += parents(trace.tree, trace.tree.stages[at])
    return first is not None and first.index in seen


def _without(view: RunView, touch: Touch, edit: RunEdit, path: str, by_tool: tuple[str, ...]) -> RunEdit | None:
    """The RUN's change by which the command is well without the file; None when there is none."""
    statement = statement_of(view, touch.command)
    command = view.scripts[0].commands[touch.command]
    as_it_is = edit if _bears(view, command) else None
    if statement is None or not statement.plain or len(statement.commands) != 1 or _followed_by_or(view, statement):
        return as_it_is
    if touch.did is Did.CHANGE:
        if takes_back(view, statement, by_tool) or (touch.only and not by_tool):
            return _cut(view, edit, statement, path)
        part = None if by_tool else own_part(view, statement, touch, path)
        return edit._replace(words=(*edit.words, *part.words)) if part is not None and part.words else as_it_is
    if not touch.words:
        return as_it_is
    start = next((i for i, w in enumerate(command.argv) if (w.value or "").rsplit("/", 1)[-1] in _REMOVERS), 0)
    operands = [i for i, w in enumerate(command.argv) if i > start and not (w.value or "").startswith("-")]
    if set(operands) <= set(touch.words):
        return _cut(view, edit, statement, path)
    return edit._replace(words=(*edit.words, *((command.argv[i - 1].end, command.argv[i].end, "") for i in touch.words)))


def _cut(view: RunView, edit: RunEdit, statement: Statement, path: str) -> RunEdit:
    """Without the statement, and without the `[ -f ~/.npmrc ] &&` before it, which would be wrong now."""
    gone = {statement.index}
    before = statements(view.scripts[0])[statement.index - 1] if statement.index and statement.connector == "&&" else None
    if before is not None and before.plain and len(before.commands) == 1:
        command = view.scripts[0].commands[before.commands.start]
        if command.name in _TESTS and any(path.rsplit("/", 1)[-1] in w.raw for w in command.argv):
            gone.add(before.index)
    return edit._replace(cut=edit.cut | gone)


def _followed_by_or(view: RunView, statement: Statement) -> bool:
    found = statements(view.scripts[0])
    return statement.connector == "||" or any(s.connector == "||" for s in found[statement.index + 1 : statement.index + 2])


def _bears(view: RunView, command: Command) -> bool:
    """The command is well when the file is not there, or only comes when it is."""
    argv = static_argv(command)
    tool = tool_name(argv)
    if tool == "find" or (tool == "rm" and any(_forces(w.raw) for w in command.argv[1:])):
        return True
    if tool in ("chmod", "chown", "chgrp") and any(w.raw.startswith("-") and "R" in w.raw for w in command.argv[1:]):
        return True  # a folder, with what is in it
    if tool == "rm" and any(w.raw.startswith("-") and not w.raw.startswith("--") and "r" in w.raw.lower() for w in command.argv[1:]):
        return True  # the folder is still there
    before = view.scripts[0].commands[command.index - 1] if command.index else None
    if before is not None and before.name in _TESTS:
        return True
    found = statements(view.scripts[0])
    own = next((s.index for s in found if command.index in s.commands), -1)
    if not 0 <= own < len(found) - 1 or found[own + 1].connector != "||" or not found[own + 1].commands:
        return False
    return view.scripts[0].commands[found[own + 1].commands[0]].name in _WELL


def _forces(word: str) -> bool:
    return word == "--force" or (word.startswith("-") and not word.startswith("--") and "f" in word)

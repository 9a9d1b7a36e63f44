"""`chmod 600 ~/.npmrc ~/other`: what of a command is about one file, and what is left of the command without that file.

A file that is written later is not there for the old command, which would fail; and the whole command, moved with the file, would reach
other files a second time, or too early, or (`chown -R`) files that came in between.
"""

from __future__ import annotations

from remediate.analysis.flows import Trace
from remediate.analysis.runs import RunView
from remediate.analysis.touches import Touch
from remediate.fixers.remedy import Remedy, RunEdit
from remediate.fixers.shell_words import quote
from remediate.model import NamedTuple
from remediate.shell.statements import Statement, statements
from remediate.shell.view import Command
from remediate.text import late

_MODES = frozenset("chmod chown chgrp".split())
_REMOVES = frozenset("rm unlink shred".split())
_OPTION = late(r"-[Rvfch]+|--(?:recursive|verbose|changes|quiet|silent|no-dereference)")
_ANYWHERE = ("/", "~/", "$HOME/", "${HOME}/")


class OwnPart(NamedTuple):
    """`text` does to the file what the command does; `words` are the ranges that the command loses where it stood."""

    text: str
    words: tuple[tuple[int, int, str], ...]


def own_part(view: RunView, statement: Statement, touch: Touch, path: str) -> OwnPart | None:
    """The part of a change of modes or owners; None for other commands, and where a pattern may name the file alone."""
    if len(statement.commands) != 1 or not statement.plain or statement.background:
        return None
    command = view.scripts[0].commands[statement.commands.start]
    if command.name not in _MODES or command.assignments or command.redirects:
        return None
    options = [w.raw for w in command.argv[1:] if w.raw.startswith("-")]
    operands = _operands(command)
    if not operands or not all(_OPTION.fullmatch(o) for o in options):
        return None
    mode = command.argv[operands[0] - 1]
    if mode.raw.startswith("-") or any(c in command.argv[i].raw for i in operands for c in "*?["):
        return None
    flat = [o for o in (("-" + o[1:].replace("R", "")) if o[:2] != "--" else o for o in options) if o not in ("-", "--recursive")]
    own = [command.argv[i].raw for i in touch.words[:1]]
    named = own[0] if own and own[0].startswith(_ANYWHERE) else quote(path)
    return OwnPart(" ".join((command.argv[0].raw, *flat, mode.raw, named)), _ranges(command, touch.words))


def _operands(command: Command) -> list[int]:
    """The words that name files: without options, and without the mode or owner."""
    plain = [i for i, w in enumerate(command.argv) if i and not w.raw.startswith("-")]
    return plain[1:] if command.name in _MODES else plain


def _ranges(command: Command, words: tuple[int, ...]) -> tuple[tuple[int, int, str], ...]:
    return tuple((command.argv[i - 1].end, command.argv[i].end, "") for i in words)


def without_the_emptied(trace: Trace, remedy: Remedy) -> Remedy:
    """Remedies of several files may each take their own word of one `rm` or `chmod`: one that has none left goes as a whole."""
    runs = {index: _emptied(trace.runs.views[index], edit) for index, edit in remedy.runs.items()}
    return remedy._replace(runs=runs)


def _emptied(view: RunView, edit: RunEdit) -> RunEdit:
    if not edit.words or not view.scripts:
        return edit
    script, taken = view.scripts[0], set(edit.words)
    for statement in statements(script):
        if len(statement.commands) != 1 or not statement.plain:
            continue
        command = script.commands[statement.commands.start]
        operands = tuple(_operands(command)) if command.name in _MODES | _REMOVES else ()
        ranges = set(_ranges(command, operands))
        if operands and ranges <= taken:
            taken -= ranges
            edit = edit._replace(cut=edit.cut | {statement.index}, words=tuple(w for w in edit.words if w in taken))
    return edit

"""Which statements of a RUN go with the key, so that what stays runs as before.

A statement goes when every command in it serves the key; a test of the key goes only with what it decides on.
"""

from __future__ import annotations

from collections.abc import Collection

from remediate.analysis.references import all_words
from remediate.fixers.ssh_runs import Job, KeyRun, script_of
from remediate.model import NamedTuple
from remediate.shell.statements import Statement, statements
from remediate.shell.view import Script
from remediate.text import late

_GOES = (Job.KEY, Job.ASKS, Job.TALK)
_SET_E = late(rb"(?:^|[;\n&|])[ \t]*set[ \t]+-[a-zA-Z]*e")


class Cuts(NamedTuple):
    """`statements` by index; `words`: ranges of the text and what takes their place; `all_gone`: nothing of the RUN is left."""

    statements: frozenset[int] = frozenset()
    words: tuple[tuple[int, int, str], ...] = ()
    all_gone: bool = False


def cuts_of(view: KeyRun) -> Cuts | None:
    """What goes from the RUN; None when the key's commands cannot be told from the others."""
    script = script_of(view.run)
    jobs = view.jobs
    if not any(job in (Job.KEY, Job.ASKS) for job in jobs.values()):
        return Cuts(words=tuple(view.words))
    if script is None or not (found := statements(script)):
        return None
    goes: set[int] = set()
    for statement in found:
        held = {jobs[i] for i in statement.commands if i in jobs}
        if not held & {Job.KEY, Job.ASKS}:
            continue
        if not held <= set(_GOES) or statement.background:
            return None
        goes.add(statement.index)
    alternatives = _alternatives(found, goes, view)
    if alternatives is None:
        return None
    goes |= alternatives
    words = tuple(w for w in view.words if not any(found[i].start <= w[0] < found[i].end for i in goes))
    if len(goes) == len(found):
        return Cuts(frozenset(goes), (), all_gone=True)
    if not _same_ends(script, found, goes):
        return None
    return _with_last(script, found, goes, words)


def _alternatives(found: tuple[Statement, ...], goes: set[int], view: KeyRun) -> set[int] | None:
    """What stands behind `||` after a statement that goes, and only talks, goes along; None where more hangs on it."""
    more: set[int] = set()
    for statement in found:
        index = statement.index
        held = {view.jobs[i] for i in statement.commands if i in view.jobs}
        before = index - 1 in goes or index - 1 in more
        if statement.connector == "||":
            if before and index not in goes:
                if not held <= {Job.TALK}:
                    return None
                more.add(index)
            elif index in goes and not before:
                return None
        asked = before and statement.connector == "&&" and _asks(found[index - 1], view)
        if asked and index not in goes:
            return None if not view.run.scripts[0].and_chain or not _wants_it(found[index - 1], view) else more
    return more


def _asks(statement: Statement, view: KeyRun) -> bool:
    return statement.plain and any(view.jobs.get(i) is Job.ASKS for i in statement.commands)


def _wants_it(statement: Statement, view: KeyRun) -> bool:
    """`[ -n "$K" ]`: it fails without the key, as the mount does."""
    words = [w.raw for i in statement.commands for w in view.run.scripts[0].commands[i].argv]
    return "-n" in words and "!" not in words


def _same_ends(script: Script, found: tuple[Statement, ...], goes: set[int]) -> bool:
    """Under `set -e`, `a && gone; b` goes on when `a` fails, and `a; b` does not."""
    if _SET_E.search(script.text.data) is None:
        return True
    for statement in found:
        follows = found[statement.index + 1].connector if statement.index + 1 < len(found) else "&&"
        if statement.index in goes and statement.connector == "&&" and statement.index - 1 not in goes and follows == ";":
            return False
    return True


def _with_last(script: Script, found: tuple[Statement, ...], goes: set[int], words: tuple[tuple[int, int, str], ...]) -> Cuts:
    """`ssh -T git@github.com; rm key`: the RUN ended well whatever came before, so something that ends well stays there."""
    last = found[-1]
    at = len(found) - 1
    while at in goes and found[at].connector != ";":
        at -= 1
    if last.index in goes and at in goes and at > 0 and _SET_E.search(script.text.data) is None:
        goes = goes - {at}
        words = (*words, (found[at].start, found[at].end, "true"))
    return Cuts(frozenset(goes), words)


def names_in_rest(script: Script, names: Collection[str], cut: Collection[int]) -> bool:
    """Whether some expansion of the variables stands outside the statements that go."""
    spans = [(s.start, s.end) for s in statements(script) if s.index in cut] if cut else []
    at = [e.start for e in script.loose if e.name in names]
    for command in script.commands:
        at += [e.start for w in all_words(command) for e in w.expansions if e.name in names]
        at += [r.start for r in command.redirects if any(e.name in names for e in r.expansions)]
    return any(not any(a <= place < b for a, b in spans) for place in at)

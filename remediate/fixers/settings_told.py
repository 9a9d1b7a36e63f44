"""Statements that only tell a tool a setting, and what else becomes of the file that the tool keeps it in."""

from __future__ import annotations

from collections.abc import Iterable

from remediate.analysis.life import Did, Life, Touch
from remediate.analysis.runs import Form, RunView
from remediate.fixers.moving import statement_of
from remediate.fixers.remedy import Situation
from remediate.knowledge import persist
from remediate.knowledge.commands_shape import program_name
from remediate.knowledge.settings import Setting, setting, variables
from remediate.model import NamedTuple
from remediate.shell.statements import Statement, groups, statements
from remediate.shell.view import Command, Redirect

_UNSETS = ("unset", "--unset", "--delete", "-u", "delete", "-d")


class Told(NamedTuple):
    """A statement that does nothing but tell the tool one setting."""

    run: int
    command: int
    statement: Statement
    setting: Setting


def told_of(s: Situation) -> list[Told]:
    """The statement of each residue, in order; none at all when one of them is something else."""
    found: list[Told] = []
    for rest in s.kept.residues:
        view = s.trace.runs.views.get(rest.run)
        told = _told_by(view, rest.command) if view is not None and rest.script == 0 else None
        if told is None:
            return []
        if (told.run, told.statement.index) not in {(t.run, t.statement.index) for t in found}:
            found.append(told)
    return found


def _told_by(view: RunView, index: int) -> Told | None:
    """The command with that index in the RUN's own text as a setting that stands alone and is sure to run."""
    statement = statement_of(view, index) if view.form in (Form.SHELL, Form.HEREDOC) else None
    if statement is None or not statement.plain or statement.background or not _unconditional(view, statement):
        return None
    commands = [view.scripts[0].commands[i] for i in statement.commands]
    given = None
    if len(commands) == 2 and commands[0].pipe_to_next:
        given = _printed(commands[0])
        if given is None:
            return None
    elif len(commands) != 1:
        return None
    last = commands[-1]
    here = [r for r in last.redirects if r.op == "<<<"]
    if last.assignments or any(not _silent(r) for r in last.redirects if r not in here):
        return None
    if here:
        if given is not None or len(here) > 1 or here[0].target is None:
            return None
        given = here[0].target.raw
    found = setting(tuple(w.raw for w in last.argv), given)
    return Told(view.index, last.index, statement, found) if found is not None else None


def _unconditional(view: RunView, statement: Statement) -> bool:
    """No `||` in its list."""
    found = statements(view.scripts[0])
    group = next(g for g in groups(found) if statement.index in g)
    return all(found[i].connector != "||" for i in group)


def _printed(command: Command) -> str | None:
    """The one word that `echo WORD` or `printf %s WORD` prints."""
    words = [w.raw for w in command.argv]
    if command.assignments or command.redirects:
        return None
    if words[:1] == ["echo"]:
        words = words[2:] if words[1:2] == ["-n"] else words[1:]
        return words[0] if len(words) == 1 and not words[0].startswith("-") else None
    formats = {f"{q}%s{end}{q}" for q in ("", "'", '"') for end in ("", "\\n")} - {"%s\\n"}
    return words[2] if len(words) == 3 and words[0] == "printf" and words[1] in formats else None


def _silent(redirect: Redirect) -> bool:
    return redirect.op in (">", ">>", "&>", ">&") and redirect.target is not None and redirect.target.value in ("/dev/null", "1", "2")


def company(s: Situation, life: Life, told: list[Told]) -> list[Touch] | None:
    """Removals of the settings, which lose their object. None when the file is made in a way that the environment does not match.

    Settings of the same credential that hold no secret themselves (an access key's id) join `told`.
    """
    mine = {(t.run, t.command) for t in told}
    credentials = {t.setting.row.together for t in told} - {""}
    names = {n for t in told for n in variables(t.setting)}
    back = _taken_back(s, told)
    gone: list[Touch] = []
    stays = False
    for touch in (*life.earlier, *life.touches):
        at = (touch.run, touch.command)
        command = s.trace.runs.views[touch.run].scripts[0].commands[touch.command]
        if at in mine or at in {(t.run, t.command) for t in back}:
            continue
        if touch.did is Did.REMOVE:
            gone.append(touch)
            continue
        other = setting(tuple(w.raw for w in command.argv))
        if other is None and not _other_key(command, told):
            return None
        if other is not None and (set(variables(other)) & names or other.row.together in credentials):
            joined = _told_by(s.trace.runs.views[touch.run], touch.command)
            if joined is None or set(variables(other)) & names:
                return None
            told.append(joined)
            continue
        stays = True
    told.sort(key=lambda t: (t.run, t.command))
    gone = [*back, *([] if stays else gone)]
    return gone if _removable(s, gone) else None


def _other_key(command: Command, told: list[Told]) -> bool:
    """The same tool is told something else: its words hold none of the keys."""
    raw = " ".join(w.raw for w in command.argv)
    return calls(command, told) and not any(t.setting.key and t.setting.key in raw for t in told)


def _taken_back(s: Situation, told: list[Told]) -> list[Touch]:
    """Commands that take one of the settings back, which fail or mean nothing when it was never made."""
    found: list[Touch] = []
    for index, view in s.trace.runs.views.items():
        if index >= told[0].run and view.scripts:
            found += [Touch(index, c.index, Did.REMOVE) for c in view.scripts[0].commands if takes_back(c, told)]
    return found


def takes_back(command: Command, told: list[Told]) -> bool:
    """`pip config unset KEY`, `gh auth logout`: undoes what was set, under the same key."""
    words = [w.value for w in command.argv]
    if not calls(command, told) or told[0].setting.row.tool not in persist.undoes(words):
        return False
    keys = {t.setting.key for t in told}
    return "" in keys or (any(w in _UNSETS for w in words) and bool(keys & set(words)))


def _removable(s: Situation, gone: Iterable[Touch]) -> bool:
    """Each removal is a statement of its own, or names the file in words that can go."""
    for touch in gone:
        statement = statement_of(s.trace.runs.views[touch.run], touch.command)
        if statement is None or not statement.plain or (not touch.only and not touch.words):
            return False
    return True


def calls(command: Command, told: list[Told]) -> bool:
    return bool(command.name) and program_name(command.name) == told[0].setting.row.tool

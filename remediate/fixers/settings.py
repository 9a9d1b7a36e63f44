"""A tool that was told a secret by a settings command takes it from its environment instead (SPEC 4, remedy 2).

RUN pip config set global.index-url https://u:$T@pypi.example.com/simple    (goes)
COPY requirements.txt ./
RUN pip install -r requirements.txt
                -> RUN export PIP_INDEX_URL="https://u:$T@pypi.example.com/simple" && pip install -r requirements.txt
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from remediate.analysis.life import Life, Reading, Touch, life_of
from remediate.analysis.runs import Form, RunView
from remediate.analysis.stages import parents
from remediate.fixers.moving import movable, statement_of
from remediate.fixers.reasons import at_lines, refuse
from remediate.fixers.remedy import Remedy, RunEdit, Situation
from remediate.fixers.settings_told import Told, calls, company, takes_back, told_of
from remediate.fixers.sink_lives import lives_apart, together
from remediate.knowledge.settings import as_export, variables
from remediate.model import Refusal

# Programs that start others with another environment, or later.
_FORGETFUL = frozenset(
    "sudo su doas runuser login ssh chroot crontab at batch systemctl service machinectl unshare nsenter docker podman".split()
)
# Variables under which the tool would not have looked at what was set, or not at it alone.
_OVERRULED = {
    "pip": ("PIP_CONFIG_FILE", "PIP_ISOLATED"), "gh": ("GITHUB_TOKEN", "GH_HOST"),
    "aws": ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SHARED_CREDENTIALS_FILE"),
    "glab": ("GITLAB_HOST", "GITLAB_URI", "GL_HOST", "OAUTH_TOKEN", "GITLAB_ACCESS_TOKEN"), "composer": ("COMPOSER_AUTH",),
}  # fmt: skip


def propose(s: Situation) -> Remedy | Refusal | None:
    """The remedy; None when no variable surely does the same; a refusal when no command of the build reads the setting."""
    if not told_of(s):
        return None
    apart = lives_apart(s)
    return apart if isinstance(apart, Refusal) else together([_one_life(part) for part in apart])


def _one_life(s: Situation) -> Remedy | Refusal | None:
    told = told_of(s)
    if not told or not s.kept.path.startswith("/") or any(c in s.kept.path for c in "$*?["):
        return None
    life = life_of(s.trace, s.kept.path, told[0].run)
    gone = company(s, life, told)
    if gone is None or life.hidden or _carried_on(s, life, told) or _contradictory(s, told):
        return None
    line = s.kept.residues[0].line
    if life.run_time:
        return refuse("kept-for-run-time", detail=f"{s.kept.shown}: {life.run_time}", line=line)
    if any(r.copies for r in life.readings):
        return None
    readings = _readings(s, life, told)
    if any(r.sure and not r.why.endswith(("reads it by itself", "is called")) for r in readings):
        return None  # it wants to see the file
    if any((g.run, g.command) < (r.run, r.command) for g in gone for r in readings):
        return None  # what is read behind the removal is read without the setting
    if _named_later(s, told, gone):
        return None
    readers = sorted({r.run for r in readings})
    if not readers:
        return refuse("kept-unread", detail=f"{s.kept.shown}, line {line}", line=line)
    return _remedy(s, told, readers, gone)


def _named_later(s: Situation, told: list[Told], gone: list[Touch]) -> bool:
    """Another command names the file, for which the tool has made at least the folder."""
    base = s.kept.path.rsplit("/", 1)[-1]
    mine = {t.run for t in told} | {t.run for t in gone}
    later = (v for i, v in s.trace.runs.views.items() if i > told[0].run and i not in mine)
    return any(base in text for v in later for text in (v.instruction.args.text, *(d.body.text for d in v.instruction.heredocs)))


def _readings(s: Situation, life: Life, told: list[Told]) -> list[Reading]:
    """What reads the setting: by the file's life, or where that knows no reader, the calls of the tool after it was told."""
    first = (told[0].run, told[0].command)
    readings = [r for r in life.readings if r.sure] or _callers(s, told) or list(life.readings)
    return [r for r in readings if (r.run, r.command) > first]


def _callers(s: Situation, told: list[Told]) -> list[Reading]:
    """Commands of the tool in the stages that have the file."""
    tree, home = s.trace.tree, s.trace.tree.stage_of(told[0].run)
    heirs = {home.index} if home is not None else set()
    for heir in tree.stages:
        heirs |= {heir.index} if set(parents(tree, heir)) & heirs else set()
    mine = {(t.run, t.command) for t in told}
    found: list[Reading] = []
    for index, view in s.trace.runs.views.items():
        stage = tree.stage_of(index)
        if stage is None or stage.index not in heirs or not view.scripts:
            continue
        for command in view.scripts[0].commands:
            if (index, command.index) not in mine and calls(command, told) and not takes_back(command, told):
                found.append(Reading(index, command.index, True, view.instruction.start_line, f"{command.name} is called"))
    return found


def _carried_on(s: Situation, life: Life, told: list[Told]) -> bool:
    """A COPY --from takes the file to another stage, by its name or to where the tool is used."""
    base = s.kept.path.rsplit("/", 1)[-1]
    for index in life.carried:
        if base in s.trace.tree.instructions[index].args.text:
            return True
        later = (v for i, v in s.trace.runs.views.items() if i > index)
        if any(calls(c, told) for v in later for _, c in v.commands()):
            return True
    return False


def _contradictory(s: Situation, told: list[Told]) -> bool:
    """Two values for one variable, or a JSON variable that would be needed for two files at once."""
    values: dict[str, str] = {}
    for name, value in (pair for t in told for pair in t.setting.exports):
        if values.setdefault(name, value) != value:
            return True
    entries = [t.setting.entry for t in told if t.setting.entry is not None]
    if len({e[:2] for e in entries}) < len(set(entries)):
        return True
    tool = told[0].setting.row.tool
    return bool(entries) and any(r.tool == tool and r.path != s.kept.path for f in s.trace.flows for r in f.residue)


def _remedy(s: Situation, told: list[Told], readers: list[int], gone: list[Touch]) -> Remedy | Refusal | None:
    views = s.trace.runs.views
    runs: dict[int, RunEdit] = {}
    for index in readers:
        if _forgets(views[index]) or _overruled(s, index, told):
            return None
        earlier = [t for t in told if t.run < index]
        for each in earlier:
            problem = movable(s.trace, views[each.run], each.statement, views[index])
            if problem is not None:
                return problem
        own = [t for t in told if t.run == index]
        edit = RunEdit(enter=(as_export([t.setting for t in earlier]),) if earlier else ())
        runs[index] = _in_place(edit, earlier, own)
    cuts: dict[int, set[int]] = defaultdict(set)
    for each in told:
        if each.run not in readers:
            cuts[each.run].add(each.statement.index)
    for index, edit in _removals(s, gone):
        before = runs.get(index, RunEdit())
        runs[index] = before._replace(cut=before.cut | edit.cut, words=(*before.words, *edit.words))
    for index, indexes in cuts.items():
        before = runs.get(index, RunEdit())
        runs[index] = before._replace(cut=before.cut | indexes)
    names = dict.fromkeys(n for t in told for n in variables(t.setting))
    lines = at_lines(views[i].instruction.start_line for i in readers)
    how = f"{told[0].setting.row.tool} takes it from {', '.join(names)} in the RUN that needs it ({lines}), not from {s.kept.shown}"
    return Remedy(runs=runs, mends=s.kept.residues, how=how)


def _in_place(edit: RunEdit, earlier: list[Told], own: list[Told]) -> RunEdit:
    """Statements of the reading RUN itself become exports where they stand; what goes into one JSON variable comes at the first of them."""
    words: list[tuple[int, int, str]] = []
    cut: set[int] = set()
    joined = [t for t in own if t.setting.entry is not None]
    for each in own:
        if each in joined[1:]:
            cut.add(each.statement.index)
            continue
        text = as_export([t.setting for t in (*earlier, *joined)] if each in joined else [each.setting])
        words.append((each.statement.start, each.statement.end, text))
    return edit._replace(words=tuple(words), cut=frozenset(cut))


def _forgets(view: RunView) -> bool:
    """Something in the RUN starts programs that do not get its environment, or there is no shell to set it."""
    if view.form not in (Form.SHELL, Form.HEREDOC) or view.damaged:
        return True
    for _, command in view.commands():
        empty = command.name == "env" and any(w.value in ("-i", "-", "--ignore-environment") for w in command.argv)
        if empty or command.name in _FORGETFUL:
            return True
    return False


def _overruled(s: Situation, index: int, told: list[Told]) -> bool:
    """A variable of the Dockerfile already says something else to the tool, or a command chooses another profile."""
    for run in {index, *(t.run for t in told)}:
        scope = s.trace.bindings.at(run)
        for each in told:
            if any(n in scope for n in _OVERRULED.get(each.setting.row.tool, ())):
                return True
            if any(n in scope and v.strip('"') not in (f"${n}", f"${{{n}}}") for n, v in each.setting.exports):
                return True
    if not any(t.setting.row.together == "aws" for t in told):
        return False
    return any((w.value or w.raw).startswith("--profile") for _, c in s.trace.runs.views[index].commands() for w in c.argv)


def _removals(s: Situation, gone: list[Touch]) -> Iterator[tuple[int, RunEdit]]:
    for touch in gone:
        view = s.trace.runs.views[touch.run]
        statement = statement_of(view, touch.command)
        command = view.scripts[0].commands[touch.command]
        if statement is None:
            continue
        operands = {i for i, w in enumerate(command.argv) if i and not (w.value or "").startswith("-")}
        if touch.only or operands <= set(touch.words):
            yield touch.run, RunEdit(cut=frozenset({statement.index}))
        else:
            yield touch.run, RunEdit(words=tuple((command.argv[i - 1].end, command.argv[i].end, "") for i in touch.words))

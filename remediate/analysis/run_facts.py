"""What one RUN runs, looked at once for all files whose lives are asked for: each command with its folder, what it reads by itself,
and whether it is a program that may read anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.analysis.placed import Place, place_of
from remediate.analysis.recipes import recipes
from remediate.analysis.references import static_argv, tool_name
from remediate.analysis.removals import normal_path, working_folders
from remediate.analysis.runs import Form, RunView
from remediate.analysis.surroundings import Surroundings
from remediate.knowledge import commands, tools
from remediate.knowledge.commands_shape import program_name
from remediate.knowledge.credential_readers import known, reads_files
from remediate.model import NamedTuple
from remediate.shell.parse import parse_shell
from remediate.shell.view import Command, Script, Word
from remediate.text import LogicalText

_DEPTH = 3
# Rows that may read any variable, but of files only those that they are given.
_NAMED_ONLY = frozenset("jq yq awk gawk mawk nawk printenv env envsubst source . tini dumb-init vi vim nvim op".split())
# Programs that start the command among their words, behind options of their own.
_STARTERS = frozenset(
    "xargs find gosu su-exec setuser runuser retry parallel xvfb-run setarch linux32 proxychains chroot flock unbuffer scl doppler op "
    "dotenv env-cmd cross-env with-contenv".split()
)
_SHELLS = frozenset("sh bash ash dash zsh ksh su runuser eval busybox".split())
DEEP = frozenset("cp mv tar rsync zip 7z scp cpio grep rm chmod chown chgrp find ln".split())


class Fact(NamedTuple):
    """One command. `outer` is its index in `RunView.scripts[0]`, or that of the command around it, or -1; `own`: it stands in that text.

    `files` are ids of `credential_readers`; `opaque`: it may read any file. `via` names a script of the context that it stands in.
    `shell`: it only starts a shell whose text is looked at by itself.
    """

    place: Place
    outer: int
    own: bool
    files: frozenset[str]
    opaque: bool
    argv: tuple[str | None, ...]
    via: str = ""
    shell: bool = False


class RunFacts(NamedTuple):
    """`files`: all that its commands read. `dark`: there is text that cannot be followed. `homes`: what it sets HOME to; `kept`: files of
    settings that it changes.
    """

    run: RunView
    facts: tuple[Fact, ...]
    files: frozenset[str]
    opaque: bool
    dark: bool
    deep: bool
    data: bytes
    homes: tuple[str, ...]
    kept: frozenset[str] = frozenset()


def facts_of(run: RunView, around: Surroundings) -> RunFacts:
    facts = tuple(_facts(run, around))
    data = b"\n".join([run.instruction.args.data, *(h.body.data for h in run.instruction.heredocs), *_script_texts(facts)])
    given = (a.value.value for f in facts for a in f.place.command.assignments if a.name == "HOME" and a.value is not None)
    homes = tuple(dict.fromkeys(home for home in given if home))
    return RunFacts(
        run, facts, frozenset().union(*(f.files for f in facts)), any(f.opaque for f in facts), run.damaged,
        any(f.place.tool in DEEP for f in facts), data, homes, frozenset(_kept(facts)),
    )  # fmt: skip


def _kept(facts: Sequence[Fact]) -> Iterator[str]:
    for place in (f.place for f in facts):
        for row in (*((place.row,) if place.row is not None else ()), *place.undone):
            yield from (normal_path(w, place.run, place.folder) for w in row.writes)


def _script_texts(facts: Sequence[Fact]) -> list[bytes]:
    return [text for text in {id(f.place.script): f.place.script.text.data for f in facts if f.via}.values()]


def _facts(run: RunView, around: Surroundings) -> Iterator[Fact]:
    if run.form is Form.EXEC and not run.scripts:
        words = tuple(Word(a, a, a, 0, 0) for a in run.argv)
        script = Script(LogicalText.of(b""), (Command(0, words, (), (), 0, 0),), True, False)
        yield from _of_script(run, script, around, (-1,), False, 0, frozenset())
        return
    outers: list[dict[int, int]] = []  # for each script, its commands' indexes in the first one
    functions = frozenset(f for s in run.scripts for f in s.functions)
    spans: list[tuple[int, int, int, int]] = []
    starters: set[tuple[int, int]] = set()
    own = run.form in (Form.SHELL, Form.HEREDOC)
    for number, script in enumerate(run.scripts):
        if number == 0 and own:
            outers.append({c.index: c.index for c in script.commands})
        else:
            around_it = _around(spans, script)
            if around_it is not None:
                starters.add(around_it)
            outer = outers[around_it[0]].get(around_it[1], -1) if around_it is not None else -1
            outers.append({c.index: outer for c in script.commands})
        if len(run.scripts) > 1:
            spans += _spans(number, script)
    for number, script in enumerate(run.scripts):
        inside = frozenset(c for n, c in starters if n == number)
        order = tuple(outers[number][c.index] for c in script.commands)
        yield from _of_script(run, script, around, order, own and number == 0, 0, functions, inside)


def _spans(number: int, script: Script) -> Iterator[tuple[int, int, int, int]]:
    """(start, end, script, command) in the file, of the commands that may hold a nested script."""
    for command in script.commands:
        if command.argv and tool_name(static_argv(command)) in _SHELLS:
            yield script.text.start_of(command.start), script.text.start_of(max(command.start, command.end - 1)) + 1, number, command.index
            for redirect in command.redirects:
                if redirect.body is not None and redirect.body.data:
                    yield redirect.body.start_of(0), redirect.body.end_of(len(redirect.body)), number, command.index


def _around(spans: Sequence[tuple[int, int, int, int]], script: Script) -> tuple[int, int] | None:
    at = script.text.start_of(0)
    best = min((s for s in spans if s[0] <= at < s[1]), key=lambda s: s[1] - s[0], default=None)
    return (best[2], best[3]) if best is not None else None


def _of_script(
    run: RunView, script: Script, around: Surroundings, order: Sequence[int], own: bool, depth: int, functions: frozenset[str],
    inside: frozenset[int] = frozenset(), via: str = "",
) -> Iterator[Fact]:  # fmt: skip
    folders = working_folders(script, run)
    for command, outer in zip(script.commands, order, strict=True):
        place = place_of(run, script, command, folders[command.index])
        argv = place.argv
        if not argv or argv[0] in functions or command.index in inside:
            yield Fact(place, outer, own, frozenset(), False, argv, via, command.index in inside)
            continue
        started = _started(argv)
        opened = _opened(argv, around) if depth < _DEPTH else None
        files = reads_files(started)
        yield Fact(place, outer, own, files, opened is None and _opaque(started), started, via)
        for path, inner in opened or ():
            within = run._replace(workdir=place.folder)
            order_in = (outer,) * len(inner.commands)
            yield from _of_script(within, inner, around, order_in, False, depth + 1, frozenset(inner.functions), frozenset(), path)


def _started(argv: tuple[str | None, ...]) -> tuple[str | None, ...]:
    """`xargs -n1 npm install` is `npm install`; what starts nothing known stays as it is."""
    if tool_name(argv) in _STARTERS:
        for at in range(1, min(len(argv), 20)):
            word = argv[at]
            if word and not word.startswith("-") and known(program_name(word)):
                return argv[at:]
    return argv


def _opaque(argv: tuple[str | None, ...]) -> bool:
    found = tools.reads(argv)
    if found is not None:
        return found.opaque and found.tool not in _NAMED_ONLY
    return not commands.inert(argv)


def _opened(argv: tuple[str | None, ...], around: Surroundings) -> list[tuple[str, Script]] | None:
    """The scripts of the context that the command starts; None unless it starts some and all are at hand."""
    if not around.at_hand:
        return None
    told = recipes(argv, around)
    if told is not None:
        return told
    out = []
    for path in commands.runs_file(argv) or ():
        found = around.shell_script(path)
        script = parse_shell(LogicalText.of(found[1])) if found is not None else None
        if found is None or script is None or script.damaged:
            return None
        out.append((found[0], script))
    return out or None

"""The names of build args whose name does not stand in plain words."""

from __future__ import annotations

from remediate.callers.shell.definitions import function_of
from remediate.callers.shell.find import Site
from remediate.callers.shell.options import Arg
from remediate.callers.shell.shells import Shell
from remediate.callers.shell.tokens import live, shifted

DEEPEST = 4


def names_of(arg: Arg, site: Site) -> tuple[str, ...] | None:
    """The names that one `--build-arg "$name=..."` passes: those of the loop around; () when whoever calls the script says them, and
    then names them; None when that is not known.
    """
    parts = arg.token.parts
    shell = arg.token.shell
    inside = _function(arg, site)
    if arg.token.unknown:
        return () if arg.token.name.isdigit() and site.frame is None and not inside else None
    one = parts[0].expansion if parts and not arg.skip else None
    if one is None or arg.token.choices:
        return None
    for loop in shell.script.loops:
        if loop.name == one.name and not (loop.start <= site.command.start < loop.end and not arg.token.holder and site.shell is not shell):
            return _words(shell, loop.words, site)
    if inside and one.name.isdigit():
        return _called(arg, inside, int(one.name))
    return () if not inside and _given(shell, one.name, site, 0) else None


def _function(arg: Arg, site: Site) -> str:
    """The function that puts the build arg together, "" outside of functions."""
    shell, holder = arg.token.shell, arg.token.holder
    if holder[:1] == ("variable",) and len(holder) > 2 and isinstance(holder[2], int):
        return function_of(shell.script.commands[holder[2]])
    return function_of(site.command) if shell is site.shell and site.frame is None else ""


def _called(arg: Arg, function: str, number: int) -> tuple[str, ...] | None:
    """`add NPM_TOKEN "$T"` for `add() { ARGS="$ARGS --build-arg $1=$2"; }`: the names that the calls in this text give."""
    shell, holder = arg.token.shell, arg.token.holder
    where = holder[2] if len(holder) > 2 and isinstance(holder[2], int) else -1
    gone = shifted(shell, shell.script.commands[where]) if where >= 0 else None
    calls = shell.calls.get(function, ())
    if gone is None or not calls:
        return None
    out: list[str] = []
    for call in calls:
        words = call.argv[1 : number + gone + 1]
        if len(words) != number + gone or any(w.value is None and not w.prefix for w in words):
            return None
        name, equals, _ = words[-1].prefix.partition("=") if words[-1].value is None else words[-1].value.partition("=")
        if not name.isidentifier() or (words[-1].value is None and not equals):
            return None
        out.append(name)
    return tuple(dict.fromkeys(out))


def _words(shell: Shell, words: tuple[tuple[int, int], ...], site: Site) -> tuple[str, ...] | None:
    out: list[str] = []
    for start, end in words:
        text = shell.data[start:end].decode("utf-8", "surrogateescape").strip("\"'")
        if text in ("$@", "$*", "${@}"):
            continue
        name = text.partition("=")[0]
        if not name.isidentifier():
            return None
        out.append(name)
    return tuple(dict.fromkeys(out))


def _given(shell: Shell, name: str, site: Site, depth: int) -> bool:
    """Whether the variable holds an argument of the script and nothing else."""
    if name.isdigit():
        return site.frame is None
    if depth > DEEPEST:
        return False
    found = live(shell, name, site.command)
    return bool(found) and all(
        d.word is not None
        and not d.append
        and (
            not d.word.value
            if d.word.value is not None
            else len(d.word.expansions) == 1 and _given(shell, d.word.expansions[0].name, site, depth + 1)
        )
        for d in found
    )

"""The names of build args whose name does not stand in plain words."""

from __future__ import annotations

from remediate.callers.shell.find import Site
from remediate.callers.shell.options import Arg
from remediate.callers.shell.shells import Shell
from remediate.callers.shell.tokens import live

DEEPEST = 4


def names_of(arg: Arg, site: Site) -> tuple[str, ...] | None:
    """The names that one `--build-arg "$name=..."` passes: those of the loop around; () when whoever calls the script says them, and
    then names them; None when that is not known.
    """
    parts = arg.token.parts
    shell = arg.token.shell
    if arg.token.unknown:
        return () if arg.token.name.isdigit() and site.frame is None else None
    one = parts[0].expansion if parts and not arg.skip else None
    if one is None or arg.token.choices:
        return None
    for loop in shell.script.loops:
        if loop.name == one.name and not (loop.start <= site.command.start < loop.end and not arg.token.holder and site.shell is not shell):
            return _words(shell, loop.words, site)
    return () if _given(shell, one.name, site, 0) else None


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

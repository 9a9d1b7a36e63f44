"""The outermost list of a shell text: what can be cut out of it or moved as a whole."""

from __future__ import annotations

from remediate.model import NamedTuple
from remediate.shell.lex import heredocs
from remediate.shell.view import Script
from remediate.text import late

_FILLER = rb"(?>(?:[ \t\r\n]|\\\n|#[^\n]*+)*)"
_BETWEEN = late(_FILLER + rb"(&&|\|\||;|&)?" + _FILLER)


class Statement(NamedTuple):
    """One item of the outermost list: a simple command, a pipeline, or a construct (`if ... fi`, `{ ...; }`, `for`, a function).

    `start`..`end` are offsets in `Script.text`; `connector` is what stands before it: "", "&&", "||", ";" (a newline counts as one), "&".
    `commands` are the indexes in `Script.commands` of all commands inside it, substitutions too.
    `plain`: a simple command or a pipeline of such, no construct. `background` for a trailing `&`.
    `upto`: index of the last statement when this one stands for a whole list (`or_list`), else 0.
    """

    index: int  # type: ignore[assignment]  # hides tuple.index
    start: int
    end: int
    connector: str
    commands: range
    plain: bool
    background: bool = False
    upto: int = 0


def statements(script: Script) -> tuple[Statement, ...]:
    """The statements of the text in order; empty when the text is damaged, or when something stands between two of them."""
    if script.damaged:
        return ()
    found = script.outermost
    out: list[Statement] = []
    for index, (start, end, connector, first, plain, background) in enumerate(found):
        after = found[index + 1][3] if index + 1 < len(found) else len(script.commands)
        out.append(Statement(index, start, end, connector, range(first, after), plain, background))
    return tuple(out) if _tiled(script, out) else ()


def groups(found: tuple[Statement, ...]) -> list[range]:
    """The statements (by index) of each and-or list: what `&&` and `||` join. `a && b; c` has two."""
    starts = [s.index for s in found if s.connector not in ("&&", "||")]
    return [range(a, b) for a, b in zip(starts, [*starts[1:], len(found)], strict=True)]


def or_list(found: tuple[Statement, ...], one: Statement) -> Statement | None:
    """The list around the statement as one, when `||` joins it to others: `[ -z "$T" ] || npm config set ...`."""
    group = next(g for g in groups(found) if one.index in g)
    members = [found[i] for i in group]
    if all(m.connector != "||" for m in members[1:]):
        return None
    commands = range(members[0].commands.start, members[-1].commands.stop)
    background = any(m.background for m in members)
    return Statement(group[0], members[0].start, members[-1].end, members[0].connector, commands, False, background, group[-1])


def _tiled(script: Script, found: list[Statement]) -> bool:
    """Nothing but white space, comments and the connector stands between two statements, before the first, and behind the last."""
    data = script.text.data
    if b"<<" in data:
        data = heredocs(data)[2]
    at = 0
    for each in found:
        match = _BETWEEN.fullmatch(data, at, each.start)
        written = match[1].decode() if match and match[1] else ""
        if match is None or (written or (";" if each.index else "")) != each.connector:
            return False
        at = each.end
    match = _BETWEEN.fullmatch(data, at)
    return match is not None and match[1] in (None, b";", b"&")

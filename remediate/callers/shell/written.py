"""Small texts of a changed command: words as they must be quoted, the place of an assignment, ranges that are cut out."""

from __future__ import annotations

from remediate.callers.shell.tokens import Token
from remediate.emit.commands import quote
from remediate.shell.view import Command
from remediate.text import late

_AWKWARD = late(rb"[^A-Za-z0-9_./@%+:=,$\{\}-]|,.*,")


def merged(ranges: set[tuple[int, int]]) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if out and start < out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def worded(text: bytes, state: str) -> bytes:
    """The text as an argument where it stands: quoted when a shell reads it as a word and something in it is special.

    In an array (`a`) always: a comma there looks like a mistake.
    """
    if state == "a":
        return b'"' + text + b'"'
    if state != "u" or not (b"$" in text or _AWKWARD.search(text)):
        return text
    if b"$" in text:
        return b'"' + text + b'"'
    return quote(text.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def in_array(token: Token) -> bool:
    """Whether the argument stands in the brackets of an array."""
    holder = token.holder
    found = token.shell.definitions.get(str(holder[1]), ()) if holder[:1] == ("variable",) and len(holder) > 2 else ()
    return any(d.command.index == holder[2] and d.word is not None and d.word.raw.startswith("(") for d in found)


def under_condition(token: Token, use: Command) -> bool:
    """Whether `use` may run without the argument: `${T:+...}`, or a list that gets it in an `if` around."""
    holder = token.holder
    if holder[:1] != ("variable",) or len(holder) < 3 or not isinstance(holder[2], int):
        return holder[:1] == ("operand",)
    one = token.shell.script.commands[holder[2]]
    words = [d.word for d in token.shell.definitions.get(str(holder[1]), ()) if d.command.index == holder[2] and d.word is not None]
    if any(e.op in (":+", "+") and e.start <= token.start < e.end for w in words for e in w.expansions):
        return True
    own = one.scopes[len(use.scopes) :] if one.scopes[: len(use.scopes)] == use.scopes else ()
    behind = one.connector in ("&&", "||") and one.scopes == use.scopes and one.connector != use.connector
    return behind or bool({"if", "case"} & set(own))


def is_itself(name: str, raw: bytes) -> bool:
    return raw.strip(b'"').replace(b"{", b"").replace(b"}", b"") == b"$" + name.encode()


def front(command: Command) -> int:
    """Where an assignment goes: before the program, and behind the keyword `time`."""
    words = command.argv
    at = 0
    if words[0].raw == "time":
        at = 1
        while at < len(words) - 1 and words[at].raw in ("-p", "--"):
            at += 1
    return words[at].start

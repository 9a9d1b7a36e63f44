"""Small texts of a changed command: words as they must be quoted, the place of an assignment, ranges that are cut out."""

from __future__ import annotations

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

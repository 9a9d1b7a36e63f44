"""From a Dockerfile word to the same word for a shell: `https://u:${T}@h` to `"https://u:${T}@h"`.

Docker expands an ENV value once, when the image is built; the same expansion by the shell of a RUN gives the same text as long as
every variable in it still has the value that it had there. Operators that POSIX shells lack are not translated.
"""

from __future__ import annotations

import re

from remediate.dockerfile.expand import references
from remediate.text import LogicalText, late

_SAFE = late(r"^[A-Za-z0-9_./:@%+=,-]*$")
_POSIX_OPS = frozenset({"", ":-", "-", ":?", "?", "#", "##", "%", "%%"})
_OPERAND = late(r"^[A-Za-z0-9_./:@+=,-]*$")


def quote(value: str) -> str:
    """A static value as one shell word, in double quotes where it needs any."""
    if value and _SAFE.match(value):
        return value
    return '"' + _escape(value) + '"'


def _escape(text: str) -> str:
    return re.sub(r'([\\"$`])', r"\\\1", text)


def shell_word(value: LogicalText, escape: bytes) -> str | None:
    """The Dockerfile word as a double-quoted shell word, None when it has no exact counterpart."""
    refs = references(value, escape)
    out: list[str] = []
    at = 0
    for ref in refs:
        if ref.start < at:
            return None  # nested in an operand
        if ref.op not in _POSIX_OPS or not _OPERAND.match(ref.operand):
            return None
        literal = _literal(value.data[at : ref.start].decode("utf-8", "surrogateescape"), escape.decode())
        if literal is None:
            return None
        out.append(_escape(literal))
        out.append(f"${{{ref.name}{ref.op}{ref.operand}}}")
        at = ref.end
    tail = _literal(value.data[at:].decode("utf-8", "surrogateescape"), escape.decode())
    if tail is None:
        return None
    out.append(_escape(tail))
    return '"' + "".join(out) + '"'


def _literal(raw: str, escape: str) -> str | None:
    """Quote removal for text without expansions; None where quoting is not plain (single quotes, odd escapes)."""
    if "'" in raw or "\n" in raw or "\x00" in raw:
        return None
    out, at = [], 0
    while at < len(raw):
        if raw[at] == escape:
            if at + 1 >= len(raw) or raw[at + 1] not in (escape + "\"$' "):
                return None
            out.append(raw[at + 1])
            at += 2
            continue
        if raw[at] != '"':
            out.append(raw[at])
        at += 1
    return "".join(out)

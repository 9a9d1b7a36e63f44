"""Spellings of one Dockerfile that must not change its fix (law 7), each as a function from text to text.

A variant that would change the meaning of that file, or whose counterpart in the fixed file is not defined, gives None: the law does not
speak of it. `back` undoes what a variant adds and the fix must leave alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from remediate.dockerfile.parser import parse

Change = Callable[[bytes], bytes | None]
NOISE = b"    # a remark in between, with $NOTHING\n"


@dataclass(frozen=True, slots=True)
class Variant:
    """`apply` goes over the file before the fix and over the expected file after it; both must have it."""

    name: str
    apply: Change
    back: Change = lambda data: data
    also_after: bool = True


def crlf(data: bytes) -> bytes | None:
    if b"\r" in data or b"<<" in data:  # a heredoc's body would be another text
        return None
    return data.replace(b"\n", b"\r\n")


def no_final_newline(data: bytes) -> bytes | None:
    return data[:-1] if data.endswith(b"\n") and not data.endswith(b"\n\n") and not parse(data).instructions[-1].heredocs else None


def lower_case(data: bytes) -> bytes | None:
    out = bytearray(data)
    for one in parse(data).instructions:
        for keyword in (one, *((one.trigger,) if one.trigger is not None else ())):
            span = keyword.keyword_span
            out[span.start : span.end] = out[span.start : span.end].lower()
    return bytes(out)


def other_escape(data: bytes) -> bytes | None:
    tree = parse(data)
    body = re.sub(rb"\\(?=\r?\n)", b"", data)
    if b"\\" in body or b"`" in data or b"<<" in data or any(d.name == "escape" for d in tree.directives):
        return None  # a backslash inside a line would mean something else
    line = b"# escape=`\r\n" if b"\r\n" in data else b"# escape=`\n"
    last = max((d.span.end for d in tree.directives if d.name == "syntax"), default=len(data) - len(data.removeprefix(b"\xef\xbb\xbf")))
    data = data[:last] + line + data[last:]
    return re.sub(rb"\\(?=\r?\n)", b"`", data)


def noise_in_continuations(data: bytes) -> bytes | None:
    """A comment line and a blank line after the first line of every continued instruction."""
    if b"\r" in data or b"<<" in data or b"`\n" in data:
        return None
    tree = parse(data)
    at = {tree.source.line_span(one.start_line).end for one in tree.instructions if one.end_line > one.start_line}
    if not at:
        return None
    out = bytearray()
    for place, byte in enumerate(data):
        if place in at:
            out += NOISE + b"\n"
        out.append(byte)
    return bytes(out)


def without_noise(data: bytes) -> bytes:
    return data.replace(NOISE + b"\n", b"")


VARIANTS = (
    Variant("crlf", crlf),
    Variant("no-final-newline", no_final_newline),
    Variant("lower-case", lower_case),
    Variant("escape", other_escape),
    Variant("noise", noise_in_continuations, without_noise, also_after=False),
)

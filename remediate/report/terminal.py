"""What may reach a terminal: colours only where they are wanted, and no control characters from a repository."""

from __future__ import annotations

import os
from typing import TextIO

# Zero-width and direction marks make a line look like another one.
_INVISIBLE = frozenset(map(chr, (*range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070), 0xFEFF)))


def visible(text: str) -> str:
    """The text on one line, with control, direction and undecodable characters spelled out (`\\x1b`, `\\u202e`)."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_visible_char, text))


def _visible_char(char: str) -> str:
    code = ord(char)
    if char == "\t":
        return "    "
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x20 or 0x7F <= code < 0xA0:
        return f"\\x{code:02x}"
    if char in _INVISIBLE or 0xD800 <= code <= 0xDFFF or 0xE000 <= code <= 0xF8FF or code >= 0xE0000:
        return f"\\u{code:04x}"
    return char


def wants_color(choice: str, stream: TextIO) -> bool:
    """`always` and `never` are obeyed; `auto` asks the stream, NO_COLOR and TERM."""
    if choice != "auto":
        return choice == "always"
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and stream.isatty()


class Style:
    """Wraps text in colour, or leaves it."""

    __slots__ = ("on",)

    def __init__(self, on: bool) -> None:
        self.on = on

    def _wrap(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.on and text else text

    def bold(self, text: str) -> str:
        return self._wrap("1", text)

    def dim(self, text: str) -> str:
        return self._wrap("2", text)

    def red(self, text: str) -> str:
        return self._wrap("31", text)

    def green(self, text: str) -> str:
        return self._wrap("32", text)

    def yellow(self, text: str) -> str:
        return self._wrap("33", text)

    def cyan(self, text: str) -> str:
        return self._wrap("36", text)

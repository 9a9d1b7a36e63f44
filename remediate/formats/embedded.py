"""A text inside a file of another format: a shell script in a YAML block, a command in a JSON string, a recipe of a Makefile."""

from __future__ import annotations

from collections.abc import Callable

from remediate.model import NamedTuple, RemediateError
from remediate.text import LogicalText


class FormatError(RemediateError):
    """A file that its reader cannot take, or takes in a way in which an edit could not be proved; `line` is 1-based."""


class Embedded(NamedTuple):
    """`text` is what the inner reader gets, with a map back to the file; `written(new)` are the bytes that stand for `new` text inside it.

    `written` gives None where the surrounding format cannot carry that text at this place (a comma in a plain flow scalar).
    """

    text: LogicalText
    written: Callable[[bytes], bytes | None]


def plain(data: bytes, start: int = 0, end: int | None = None) -> Embedded:
    """The file's own bytes: a script of its own."""
    return Embedded(LogicalText.of(data, start, end), lambda new: new)

"""Files that a program writes: a change there lasts until the next run."""

from __future__ import annotations

from remediate.callers.model import Refused
from remediate.text import late

_HEAD = 2000  # bytes: such a notice stands at the top
_NOTICE = late(
    rb"^[^\n]{0,40}?(?:#|//|/\*|<!--|--|;|\"(?://|_?comment)\")[^\n]{0,200}?\b"
    rb"(?:do not (?:edit|modify|change)|don't (?:edit|modify)|DO NOT (?:EDIT|MODIFY|CHANGE)|Do not (?:edit|modify|change)"
    rb"|@generated\b|(?:auto-?|automatically )generated (?:by|from|with)|Code generated )",
    8 | 2,  # re.MULTILINE | re.IGNORECASE
)


def generated(data: bytes) -> Refused | None:
    """A refusal when the file's head says that a program makes it."""
    found = _NOTICE.search(data[:_HEAD])
    if found is None:
        return None
    line = data.count(b"\n", 0, found.start()) + 1
    return Refused("caller-generated", f"line {line} says so", line)

"""What a build would refuse in a file that parses: unknown instructions, a missing FROM, half an ENV.

The parser takes all of this, as BuildKit's does; here it is named, with its line, for the report.
"""

from __future__ import annotations

from remediate.dockerfile.parser import KEYWORDS
from remediate.dockerfile.tree import Dockerfile, Instruction

_NO_TRIGGER = frozenset(("ONBUILD", "FROM", "MAINTAINER"))


def problems(tree: Dockerfile) -> list[tuple[int, str]]:
    """(1-based line, one sentence) of each problem in order. Never quotes the file beyond a keyword or a name's kind."""
    out: list[tuple[int, str]] = []
    stage_seen = False
    for one in tree.instructions:
        if one.keyword == "FROM":
            stage_seen = True
        elif one.keyword in KEYWORDS and one.keyword != "ARG" and not stage_seen:
            out.append((one.start_line, f"no build stage in current context: {one.keyword} stands before the first FROM"))
        message = _problem(one)
        if message:
            out.append((one.start_line, message))
    if not stage_seen:
        out.append((tree.instructions[0].start_line, "no FROM: the file has no build stage"))
    return sorted(out, key=lambda found: found[0])


def _problem(one: Instruction) -> str:
    if one.keyword not in KEYWORDS:
        return f"unknown instruction: {_shown(one.keyword)}"
    if one.keyword == "ONBUILD":
        if one.trigger is None:
            return "ONBUILD requires at least one argument"
        if one.trigger.keyword in _NO_TRIGGER:
            return f"{one.trigger.keyword} isn't allowed as an ONBUILD trigger"
        return _problem(one.trigger)
    if not one.rest.data and not one.heredocs and one.keyword not in ("CMD", "ENTRYPOINT", "RUN"):
        return f"{one.keyword} requires at least one argument"
    if one.keyword in ("ENV", "LABEL") and any(pair.value is None for pair in one.pairs):
        if one.pairs[0].legacy:
            return f"{one.keyword} must have two arguments"
        return f"{one.keyword}: can't find = in a word, must be of the form name=value"
    if one.keyword == "FROM" and not _from_reads(one):
        return "FROM requires either one or three arguments"
    return ""


def _from_reads(one: Instruction) -> bool:
    count = len(one.words)
    return count == 1 or (count == 3 and one.words[1].text.data.lower() == b"as")


def _shown(keyword: str) -> str:
    """An unknown keyword for people; it may be anything, so only a short plain word is shown."""
    return keyword if len(keyword) <= 20 and keyword.isascii() and keyword.isalpha() else "(not a word)"

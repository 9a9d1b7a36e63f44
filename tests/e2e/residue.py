"""What may stay, in the fixed image, of a file that held a secret in the old one."""

from __future__ import annotations

import re

from .case import Case
from .images import Entry
from .plants import mark
from .sequence import without_user

_PLANTED = re.compile(rb"PLANTx|UExBTlR4|BMQU5Ue|QTEFOVH")  # in the clear, and in base64 at each offset
_OF_A_KEY = re.compile(r"-----(?:BEGIN|END) .*-----")
_SECTION = re.compile(r"\[.*\]")


def holds_plant(entry: Entry | None) -> bool:
    """Is a planted value in this file?"""
    return entry is not None and _PLANTED.search(entry.data) is not None


def wrongly_left(case: Case, path: str, was: Entry, now: Entry | None) -> str:
    """What is wrong with what is left at `path`, where the old image held a secret; "" if nothing is."""
    told = case.left.get("/" + path)
    left = None if now is None else now.data.decode("utf-8", "surrogateescape")
    if told is not None:
        return "" if (left or "") == told and (left is None) == (told == "") else f"/{path} is not what the case says is left"
    if holds_plant(now):
        return ""  # found as a leak
    rows = was.data.decode("utf-8", "surrogateescape").splitlines(keepends=True)
    harmless = [row for row in rows if _PLANTED.search(row.encode("utf-8", "surrogateescape")) is None and not _OF_A_KEY.match(row)]
    if left is None:
        lost = [row for row in harmless if row.strip() and not _SECTION.fullmatch(row.strip())]
        return f"/{path} is missing, with {lost}" if lost else ""
    if left in ("", "".join(harmless)) or left == without_user(mark("".join(rows))):
        return "" if left or not "".join(harmless).strip() else f"/{path} is empty"
    return f"/{path}: neither the old file without its secrets nor nothing"

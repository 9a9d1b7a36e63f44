"""Regular expressions that every supported Python reads alike."""

from __future__ import annotations

import re
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "remediate"


def test_no_group_is_repeated_possessively() -> None:
    """`(?:...)*+` matches wrongly before Python 3.11.5 when the group backtracks (CPython issue 106052); `(?>(?:...)*)` does not."""
    found = [
        f"{path.relative_to(PACKAGE)}:{number}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"\)(?:[*+?]|\{[0-9,]+\})\+", re.sub(r"re\.escape\([^)]*\)", "", line)) and "punct" not in line
    ]
    assert found == []

"""Globs without regular expressions: thousands of rows are asked once or twice in a run, and compiling each would take longer than asking.

`*` and `?` are looked at here, a glob with `[...]` goes to `fnmatch`; the case counts. Linear in the text for each star.
"""

from __future__ import annotations


def matches(text: str, glob: str) -> bool:
    """Whether the whole text fits the glob."""
    if "[" in glob:
        from fnmatch import fnmatchcase

        return fnmatchcase(text, glob)
    if "?" in glob:
        return _slowly(text, glob)
    first, *rest = glob.split("*")
    if not rest:
        return text == glob
    last = rest.pop()
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in rest:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _slowly(text: str, glob: str) -> bool:
    """The same with `?`: one step back to the last star is all that is ever needed."""
    t = g = 0
    star, mark = -1, 0
    while t < len(text):
        if g < len(glob) and glob[g] == "*":
            star, mark = g, t
            g += 1
        elif g < len(glob) and glob[g] in ("?", text[t]):
            t, g = t + 1, g + 1
        elif star >= 0:
            mark += 1
            t, g = mark, star + 1
        else:
            return False
    return not glob[g:].strip("*")

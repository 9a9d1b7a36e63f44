"""One matcher for the patterns of `.dockerignore`, `.gitignore` and COPY, which cannot be made to run for ever.

A pattern is a row of tokens. With few wildcards it becomes a regular expression (fast); with many, where backtracking would
explode on a hostile pattern like `*a*a*a*a*a*b`, the tokens are simulated state by state, which is linear.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from remediate.model import NamedTuple

Matcher = Callable[[str], bool]
MAX_LOOPS = 3


class Token(NamedTuple):
    """`kind`: `literal` (text itself), `one` (text is a regex for one character), `star` (`[^/]*`), `dirs` (`(.*/)?`), `rest` (`.*`)."""

    kind: str
    text: str = ""


STAR, DIRS, REST = Token("star"), Token("dirs"), Token("rest")
ANY = Token("one", "[^/]")
_LOOPS = {"star": "[^/]*", "dirs": "(?:.*/)?", "rest": ".*"}


def never(_path: str) -> bool:
    """The matcher of a pattern that is malformed."""
    return False


def tidy(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """Literals joined, repeated loops taken as one: the same language, fewer tokens."""
    out: list[Token] = []
    for token in tokens:
        if out and token.kind == "literal" and out[-1].kind == "literal":
            out[-1] = Token("literal", out[-1].text + token.text)
        elif not (out and token.kind in _LOOPS and out[-1] == token):
            out.append(token)
    return tuple(out)


def matcher(tokens: Sequence[Token]) -> Matcher:
    """A function that says whether a whole path matches."""
    row = tidy(tokens)
    kinds = [token.kind for token in row]
    if not row:
        return lambda path: path == ""
    if kinds == ["literal"]:
        return row[0].text.__eq__
    if kinds == ["star", "literal"]:
        end = row[1].text
        return lambda path: path.endswith(end) and "/" not in path[: len(path) - len(end)]
    if kinds == ["literal", "star"]:
        begin = row[0].text
        return lambda path: path.startswith(begin) and "/" not in path[len(begin) :]
    if kinds == ["dirs", "literal"]:
        name, tail = row[1].text, "/" + row[1].text
        return lambda path: path == name or path.endswith(tail)
    if sum(kind in _LOOPS for kind in kinds) > MAX_LOOPS:
        return lambda path: simulate(row, path)
    return _lazy(row)


def _lazy(row: tuple[Token, ...]) -> Matcher:
    compiled: list[re.Pattern[str]] = []

    def match(path: str) -> bool:
        if not compiled:
            text = "".join(re.escape(t.text) if t.kind == "literal" else _LOOPS.get(t.kind, t.text) for t in row)
            compiled.append(re.compile(text, re.DOTALL))
        return compiled[0].fullmatch(path) is not None

    return match


def simulate(tokens: Sequence[Token], path: str) -> bool:
    """The same language as the regular expression, in time len(path) x len(tokens)."""
    row = _single(tokens)
    tests = [re.compile(t.text, re.DOTALL) if t.kind == "one" else None for t in row]
    states: set[int] = set()
    _enter(row, states, 0)
    for char in path:
        after: set[int] = set()
        for state in states:
            if state == len(row):
                continue
            token, test = row[state], tests[state]
            if token.kind == "literal":
                if token.text == char:
                    _enter(row, after, state + 1)
            elif test is not None:
                if test.match(char):
                    _enter(row, after, state + 1)
            elif token.kind == "dirs":
                after.add(state)
                if char == "/":
                    _enter(row, after, state + 1)
            elif token.kind == "rest" or char != "/":
                _enter(row, after, state)
        if not after:
            return False
        states = after
    return len(row) in states


def _single(tokens: Sequence[Token]) -> list[Token]:
    row: list[Token] = []
    for token in tokens:
        row.extend([Token("literal", c) for c in token.text] if token.kind == "literal" else [token])
    return row


def _enter(row: Sequence[Token], states: set[int], at: int) -> None:
    """Add a state and those that loops let through without reading a character."""
    states.add(at)
    while at < len(row) and row[at].kind in _LOOPS:
        at += 1
        states.add(at)


_POSIX = {
    "alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z", "space": r"\s", "blank": r" \t",
    "punct": re.escape("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"), "xdigit": "0-9A-Fa-f",
    "cntrl": r"\x00-\x1f\x7f", "graph": r"\x21-\x7e", "print": r"\x20-\x7e",
}  # fmt: skip


def char_class(pattern: str, at: int, git: bool) -> tuple[Token | None, int] | None:
    """The class that opens at `pattern[at] == "["` and the offset behind it; None when it never closes.

    Git takes `!` as well as `^` for "not", a `]` in first place as itself, `[:alpha:]`, and never matches `/`; Go does none of these.
    The token is None when the class can match nothing.
    """
    at += 1
    negated = at < len(pattern) and pattern[at] in ("^!" if git else "^")
    at += negated
    items: list[str] = []
    first = True
    while at < len(pattern):
        if pattern[at] == "]" and not (first and git):
            return _class_token(items, negated, git), at + 1
        first = False
        if git and pattern.startswith("[:", at) and (end := pattern.find(":]", at + 2)) > 0:
            items.append(_POSIX.get(pattern[at + 2 : end], ""))
            at = end + 2
            continue
        low, at = _class_char(pattern, at)
        high = low
        if at + 1 < len(pattern) and pattern[at] == "-" and pattern[at + 1] != "]":
            high, at = _class_char(pattern, at + 1)
        if low and high and low <= high:
            items.append(re.escape(low) if low == high else f"{re.escape(low)}-{re.escape(high)}")
    return None


def _class_char(pattern: str, at: int) -> tuple[str, int]:
    if pattern[at] == "\\":
        at += 1
    return pattern[at : at + 1], at + 1


def _class_token(items: Sequence[str], negated: bool, git: bool) -> Token | None:
    body = "".join(items)
    if not body:
        return Token("one", "[^/]") if negated and git else None
    return Token("one", ("(?!/)" if git else "") + ("[^" if negated else "[") + body + "]")

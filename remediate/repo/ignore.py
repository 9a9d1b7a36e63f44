"""Which files of a folder Docker sends as build context: `.dockerignore`, as moby/patternmatcher reads it.

Its rules are not Git's: patterns are always relative to the context root, `*` and `?` are Go's `filepath.Match`, `**` stands for any
number of folders, a pattern that matches a folder takes in all below it, and the last pattern that matches decides.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from remediate.model import NamedTuple
from remediate.repo.glob import ANY, DIRS, MAX_LOOPS, REST, STAR, Matcher, Token, char_class, matcher, never

MAX_PATTERNS = 1_000
MAX_SLOW = 20  # patterns with so many wildcards that they are followed letter by letter
_MAX_KNOWN = 100_000


class Rule(NamedTuple):
    """One line: `exception` for `!pattern`. `literal` is the pattern's text before its first wildcard, `exact` when it has none."""

    match: Matcher
    exception: bool
    literal: str
    exact: bool


class DockerIgnore:
    """The rules of one `.dockerignore`; without any rule nothing is left out."""

    __slots__ = ("_exceptions", "_known", "_rules", "malformed")

    def __init__(self, rules: Sequence[Rule] = (), malformed: Sequence[int] = ()) -> None:
        self._rules = tuple(rules)
        self._exceptions = tuple(r for r in rules if r.exception)
        self._known: dict[str, bool] = {}
        self.malformed = tuple(malformed)

    @classmethod
    def parse(cls, data: bytes) -> DockerIgnore:
        """Rules in order; `malformed` are the 1-based lines on which Docker itself would stop the build."""
        rules: list[Rule] = []
        malformed: list[int] = []
        slow = 0
        text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
        for number, line in enumerate(text.split("\n"), 1):
            if len(rules) >= MAX_PATTERNS:
                malformed.append(number)
                break
            if line.startswith("#") or not (pattern := line.strip()):
                continue
            exception = pattern.startswith("!")
            pattern = pattern[1:].strip() if exception else pattern
            many = pattern.count("*") > MAX_LOOPS
            slow += many
            rule = _rule(clean(pattern), exception) if pattern and not (many and slow > MAX_SLOW) else None
            if rule is None:
                malformed.append(number)
            else:
                rules.append(rule)
        return cls(rules, malformed)

    def excluded(self, path: str) -> bool:
        """Whether the file or folder (relative, `/`-separated) is left out of the context, by itself or by a parent."""
        if not self._rules:
            return False
        known = self._known.get(path)
        if known is None:
            names = path.split("/")
            ways = [path, *("/".join(names[:n]) for n in range(len(names) - 1, 0, -1))]
            known = next((not r.exception for r in reversed(self._rules) if any(r.match(way) for way in ways)), False)
            if len(self._known) < _MAX_KNOWN:
                self._known[path] = known
        return known

    def may_skip(self, folder: str) -> bool:
        """Whether a walk can leave out this excluded folder whole: no `!` rule can bring back anything below it."""
        below = folder + "/"
        return not any(r.literal.startswith(below) or (not r.exact and below.startswith(r.literal)) for r in self._exceptions)


def clean(pattern: str) -> str:
    """Go's `filepath.Clean`, then without the leading slash: `./a//b/../c/` is `a/c`."""
    path = posixpath.normpath(pattern)
    return path.lstrip("/") or "/"


def _rule(pattern: str, exception: bool) -> Rule | None:
    tokens = go_tokens(pattern)
    if tokens is None:
        return None
    literal = ""
    for token in tokens:
        if token.kind != "literal":
            return Rule(matcher(tokens), exception, literal, exact=False)
        literal += token.text
    return Rule(matcher(tokens), exception, literal, exact=True)


def go_tokens(pattern: str) -> list[Token] | None:
    """The pattern as tokens, after patternmatcher's own translation; None when it is malformed."""
    out: list[Token] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*" and pattern.startswith("*", at):
            at += 1
            slash = pattern.startswith("/", at)
            at += slash
            last = at >= len(pattern)
            # `**foo` without another wildcard is a suffix match there, `**foo*` is not: kept as it is.
            suffix = not out and not slash and not any(c in "*?[]\\" for c in pattern[at:])
            out.append(REST if last or suffix else DIRS)
        elif char == "*":
            out.append(STAR)
        elif char == "?":
            out.append(ANY)
        elif char == "[":
            found = char_class(pattern, at - 1, git=False)
            if found is None or found[0] is None:
                return None
            out.append(found[0])
            at = found[1]
        elif char == "\\":
            if at >= len(pattern):
                return None
            out.append(Token("literal", pattern[at]))
            at += 1
        else:
            out.append(Token("literal", char))
    return out


def go_match(pattern: str) -> Matcher:
    """Go's `filepath.Match`, as COPY and ADD use it for their sources; a malformed pattern matches nothing."""
    tokens = go_tokens(pattern)
    return matcher(tokens) if tokens is not None else never

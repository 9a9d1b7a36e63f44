"""Which files Git leaves alone: nested `.gitignore` files and `.git/info/exclude`, read as gitignore(5) says. Git is never run.

The user's own global excludes are not read (they lie outside the repository), nor the index: a tracked file that a pattern
matches counts as ignored unless its path is given by name.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from remediate.model import NamedTuple, RemediateError
from remediate.repo.glob import ANY, DIRS, REST, STAR, Matcher, Token, char_class, matcher
from remediate.repo.reading import read_bytes

MAX_PATTERNS = 5_000
MAX_FILE = 1024 * 1024


class Rule(NamedTuple):
    """One line. `base_name`: matched against the last name only; `folders`: only folders match; `exception` for `!`."""

    match: Matcher
    exception: bool
    folders: bool
    base_name: bool


class Level(NamedTuple):
    """The rules of one file; `prefix` is the folder it lies in, relative to the walk's root, with its slash."""

    prefix: str
    rules: tuple[Rule, ...]


class GitIgnore(NamedTuple):
    """The rules that hold in one folder, outermost first. `lead` is put before every path: where the walk lies in the repository."""

    levels: tuple[Level, ...] = ()
    lead: str = ""

    def ignored(self, relative: str, folder: bool) -> bool:
        """Whether the last rule that matches `relative` leaves it out. Its parents are not asked: a walk has asked them already."""
        if not self.levels:
            return False
        path = self.lead + relative
        name = path.rsplit("/", 1)[-1]
        for level in reversed(self.levels):
            below = path[len(level.prefix) :]
            for rule in level.rules:
                if (folder or not rule.folders) and rule.match(name if rule.base_name else below):
                    return not rule.exception
        return False

    def below(self, relative: str, path: str) -> GitIgnore:
        """The rules inside the folder `relative`, whose place is `path`; a repository inside the repository starts afresh."""
        prefix = f"{self.lead}{relative}/"
        levels = self.levels
        if os.path.lexists(os.path.join(path, ".git")):
            rules = read_rules(os.path.join(path, ".git", "info", "exclude"))
            levels = (Level(prefix, rules),) if rules else ()
        if rules := read_rules(os.path.join(path, ".gitignore")):
            levels = (*levels, Level(prefix, rules))
        return self if levels is self.levels else GitIgnore(levels, self.lead)


def repository_rules(root: str, folder: str) -> GitIgnore:
    """The rules of repository `root` that hold when a walk starts in `folder`, at or below it."""
    lead = os.path.relpath(folder, root).replace(os.sep, "/")
    levels: list[Level] = []
    if rules := read_rules(os.path.join(root, ".git", "info", "exclude")):
        levels.append(Level("", rules))
    at, prefix = root, ""
    for name in ["", *(lead.split("/") if lead != "." else ())]:
        at, prefix = os.path.join(at, name) if name else at, f"{prefix}{name}/" if name else ""
        if rules := read_rules(os.path.join(at, ".gitignore")):
            levels.append(Level(prefix, rules))
    return GitIgnore(tuple(levels), "" if lead == "." else lead + "/")


def read_rules(path: str) -> tuple[Rule, ...]:
    """The rules of one file, last line first; a file that is not there, a link or unreadable has none (as in Git)."""
    if not os.path.lexists(path):
        return ()
    try:
        return parse(read_bytes(path, MAX_FILE))
    except RemediateError:
        return ()


def parse(data: bytes) -> tuple[Rule, ...]:
    """Rules, last line first."""
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    lines = text.split("\n")[:MAX_PATTERNS]
    rules = [rule for line in lines if (rule := _rule(line.removesuffix("\r"))) is not None]
    return tuple(reversed(rules))


def _rule(line: str) -> Rule | None:
    pattern = _trimmed(line)
    if not pattern or pattern.startswith("#"):
        return None
    exception = pattern.startswith("!")
    pattern = pattern[exception:]
    folders = pattern.endswith("/")
    pattern = pattern.removesuffix("/")
    base_name = "/" not in pattern
    tokens = git_tokens(pattern.removeprefix("/"))
    if not tokens:
        return None
    return Rule(matcher(tokens), exception, folders, base_name)


def _trimmed(line: str) -> str:
    """Without trailing blanks, unless a backslash keeps the first of them."""
    text = line.rstrip(" ")
    slashes = len(text) - len(text.rstrip("\\"))
    return text + " " if slashes % 2 and len(text) < len(line) else text


def git_tokens(pattern: str) -> Sequence[Token] | None:
    """The pattern as tokens: `**/`, `/**/` and `/**` cross folders, any other `**` is one `*`. None when it can match nothing."""
    out: list[Token] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "*":
            end = at
            while end < len(pattern) and pattern[end] == "*":
                end += 1
            # Git compares the text before the first wildcard by itself and forgets it, so that `d**/a` crosses folders as well.
            plain = "\\" not in pattern[:at] and all(token.kind == "literal" for token in out)
            crosses = end - at > 1 and (plain or pattern[at - 1] == "/")
            if crosses and pattern.startswith("/", end):
                out.append(DIRS)
                end += 1
            elif crosses and end == len(pattern):
                out.append(REST)
            else:
                out.append(STAR)
            at = end
        elif char == "?":
            out.append(ANY)
            at += 1
        elif char == "[":
            found = char_class(pattern, at, git=True)
            if found is None or found[0] is None:
                return None
            out.append(found[0])
            at = found[1]
        else:
            at += char == "\\"
            if at >= len(pattern):
                return None
            out.append(Token("literal", pattern[at]))
            at += 1
    return out

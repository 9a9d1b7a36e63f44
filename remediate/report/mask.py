"""Values out of everything that is shown. A report quotes lines of the file, and those lines hold the secrets.

Masking is generous: a harmless word that looks like a value is hidden, too. What stays readable is names, commands and
expansions (`$TOKEN`, `$(cat /run/secrets/token)`), since they say where a value goes without saying what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from remediate.text import late

MASK = "***"

# Every pattern is linear: repetitions are bounded, or end at a character that they cannot contain.
_WORD = late(r"""(?:\$\(\s{0,8}cat\s[^()\n]{0,256}\)|"(?:[^"\\]|\\.)*"?|'[^']*'?|\\.|[^\s"'\\;&|<>()])+""", re.DOTALL)
_BARE = late(r"""(?:\$\(\s{0,8}cat\s[^()\n]{0,256}\)|[^\s"'\\;&|<>()])+""")
_REFERENCE = late(r"""["']?(?:\$\{?\w+\}?|\$\(\s*cat\s[^()]*\)|[/:@.,-])*["']?""")
_USERINFO = late(r"(?<=://)[^\s/@\"'<>]{1,4096}(?=@)")
_PLAIN_USERS = frozenset({"git", "oauth2", "x-access-token", "x-token-auth", "gitlab-ci-token"})
_SHAPES = late(
    r"gh[pousr]_\w{16,255}|github_pat_\w{16,255}|gl(?:pat|ptt|dt|rt|cbt|ft|soat)-[\w-]{16,255}|npm_[A-Za-z0-9]{20,64}|xox[abeprs]-[\w-]{10,255}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{30,40}|(?:sk|pk|rk)_(?:live|test)_\w{10,255}|sk-[\w-]{16,255}|pypi-[\w-]{16,255}|hf_\w{20,64}"
    r"|eyJ[\w-]{8,2048}\.[\w-]{8,4096}(?:\.[\w-]{0,1024})?|dckr_pat_[\w-]{16,64}|SG\.[\w-]{16,64}\.[\w-]{16,64}"
)
_KEY_BLOCK = late(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^\n]*")
_LONG_WORD = late(r"[A-Za-z0-9_+/=-]{20,4096}")

# What stands before a value: `password=`, `_authToken: `, `--password `, `Authorization: Bearer `, `mysql -p`, `curl -u `.
_HEADS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?i)(?<![\w$])[\w.-]{0,64}?(?:passw(?:or)?d|pword|passphrase|secret|token|credential|api_?key|access_?key|private_?key|_auth|pwd|_pass)"
        r"[\w.-]{0,64}[\"']?[ \t]{0,3}(?:=(?!=)|:(?=[ \t\"']))[ \t]{0,3}",
        r"(?i)(?<=\s)--?[\w-]{0,40}(?:pass|passwd|password|token|secret|api-?key)[ \t]{1,3}(?!-|id=[\w.-]+,(?:env|src)=)",
        r"(?i)\b(?:bearer|basic|authorization:[ \t]{0,3}\w{1,16}|(?:private|job|deploy)-token:|x-api-key:)[ \t]{1,3}",
        r"(?i)\b(?:mysql|mysqladmin|mysqldump|mariadb|sshpass)\b[^\n|;&]{0,300}?[ \t]-p(?=[^\s-])",
        r"\b(?:curl|wget|http)\b[^\n|;&]{0,300}?[ \t](?:-u|--user)[ =]{1,3}",
        r"\b(?:echo|printf)\b[ \t]{1,3}(?:-\w{1,3}[ \t]{1,3})?(?=[^\n]{1,500}(?:passwd|password-stdin|smbpasswd))",
    )
)
_SHORTEST_VALUE = 4
_LONGEST_LINE = 10_000
_MOST_VALUES = 300


def is_reference(value: str) -> bool:
    """Whether a value only says where it comes from: `$X`, `"${X}"`, `"$(cat /run/secrets/x)"`, or nothing at all."""
    return _REFERENCE.fullmatch(value) is not None


class Masker:
    """Masks for one file: the values of `names`, the given `values`, and whatever looks like a value by itself.

    `text` is the whole file: a value that it gives to one of the names is hidden wherever else it stands.
    """

    def __init__(self, names: Iterable[str] = (), text: str = "", values: Iterable[str] = ()) -> None:
        listed = "|".join(re.escape(name) for name in dict.fromkeys(names) if 0 < len(name) <= 200) or "(?!)"
        assigned = re.compile(rf"(?<![\w$])(?:{listed})=[ \t]*")
        legacy = re.compile(rf"(?i:\bENV)[ \t]+(?:{listed})[ \t]+(?=[^\s=\\])")
        self._heads = (assigned, legacy)
        found = {value for value in values if len(value) >= _SHORTEST_VALUE}
        found |= _values_after(assigned, text, whole_line=False) | _values_after(legacy, text, whole_line=True)
        self.values = tuple(sorted(found, key=len, reverse=True)[:_MOST_VALUES])

    def mask_values(self, text: str) -> str:
        """For sentences: only what is known to be a value, or has the shape of one."""
        for value in self.values:
            if not value.isalpha():  # `secret` and `password` are values, too, but here they are words of the sentence
                text = text.replace(value, MASK + "\n" * value.count("\n"))
        return _USERINFO.sub(_mask_userinfo, _KEY_BLOCK.sub(MASK, _SHAPES.sub(MASK, text)))

    def mask(self, text: str) -> str:
        """For quoted lines of the file. Line breaks stay, so that line numbers still fit."""
        for value in self.values:
            if value.isalpha():  # as a word only: the name `root_dir` is not the value `root`
                text = re.sub(rf"(?<!\w){value}(?!\w)", MASK, text)
        text = self.mask_values(text)
        for head in (*self._heads, *_HEADS):
            text = _mask_after(head, text)
        return _LONG_WORD.sub(_mask_long, text)


def _values_after(head: re.Pattern[str], text: str, *, whole_line: bool) -> set[str]:
    """The literal words behind each match; for `ENV NAME value with spaces` the rest of the line, too."""
    values: set[str] = set()
    at = 0
    for match in head.finditer(text):
        # Heads within a word that was read already are skipped before reading: else time would be quadratic.
        word = _WORD.match(text, match.end()) if match.end() >= at else None
        if word is None:
            continue
        at = word.end()
        values.add(word[0])
        if whole_line:
            stop = text.find("\n", match.end(), match.end() + _LONGEST_LINE)
            values.add(text[match.end() : stop if stop >= 0 else match.end() + _LONGEST_LINE].strip())
    plain = {value.strip("\"'") for value in values if not is_reference(value)}
    return {value for value in plain if len(value) >= _SHORTEST_VALUE and not is_reference(value)}


def _mask_after(head: re.Pattern[str], text: str) -> str:
    """Hides the word that follows each match, if it is no mere reference."""
    out: list[str] = []
    at = 0
    for match in head.finditer(text):
        word = _WORD.match(text, match.end()) if match.end() >= at else None
        if word is None:
            continue
        bare = _BARE.match(text, match.end())
        if bare and is_reference(bare[0]) and _closes(text, bare.end()):
            word = bare
        hidden = word[0] if is_reference(word[0]) else MASK + "\n" * word[0].count("\n")
        out += [text[at : match.end()], hidden]
        at = word.end()
    return "".join((*out, text[at:]))


def _closes(text: str, at: int) -> bool:
    """Whether the quote at `at` ends a string that began on the same line, and so belongs to no further word."""
    quote = text[at : at + 1]
    return quote in ('"', "'") and text.count(quote, text.rfind("\n", 0, at) + 1, at) % 2 == 1


def _mask_userinfo(match: re.Match[str]) -> str:
    user, colon, password = match[0].partition(":")
    if is_reference(match[0]) or (not colon and user in _PLAIN_USERS):
        return match[0]
    if colon and (user in _PLAIN_USERS or is_reference(user)):
        return user + colon + (password if is_reference(password) else MASK)
    return f"{MASK}:{password}" if password and is_reference(password) else MASK


def _mask_long(match: re.Match[str]) -> str:
    """A long word of mixed letters and digits is a key more often than not; paths, options and plain words are left."""
    word = match[0]
    if word.count("/") > 1 or word.startswith(("/", "-")):
        return word
    if len(word) in (32, 40) and all(c in "0123456789abcdef" for c in word) and not word.isdigit():
        return MASK
    kinds = [1 if c.isdigit() else 2 if c.islower() else 3 for c in word]
    changes = sum(a != b for a, b in pairwise(kinds))
    return MASK if len(set(kinds)) == 3 and changes * 5 >= len(word) * 2 else word

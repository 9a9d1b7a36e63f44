"""How a `git config` that sets a secret is taken back, measured with Git 2.39 and 2.53 (tests/e2e/git_leaves.py).

`--remove-section` where the secret stands in the section's name: `--unset` of its last key left the header behind before Git 2.18.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from remediate.text import late

_PLACES = ("--global", "--system", "--local")
_FILES = ("-f", "--file")
_IGNORED = frozenset({"set", "--add", "--replace-all", "--all", "--append", "--no-type", "--bool", "--path"})
_SECTION = late(r"^(.*)\.(?:insteadOf|pushInsteadOf)([\"']?)$", re.IGNORECASE | re.DOTALL)
_VARIABLE = late(r"\$|`")


def undo_config(words: Sequence[str]) -> str | None:
    """The shell text that takes back what `git config ...` (words as written) sets; None when it sets nothing that is known."""
    if len(words) < 4 or words[0].rsplit("/", 1)[-1] != "git":
        return None
    at = 1
    before: list[str] = []
    while at < len(words) and words[at] in ("-C", "-c"):
        before += words[at : at + 2] if words[at] == "-C" else []
        at += 2
    if at >= len(words) or words[at] != "config":
        return None
    place: list[str] = []
    operands: list[str] = []
    rest = list(words[at + 1 :])
    while rest:
        word = rest.pop(0)
        if word in _PLACES or word.startswith("--file="):
            place.append(word)
        elif word in _FILES and rest:
            place += [word, rest.pop(0)]
        elif word in _IGNORED:
            continue
        elif word.startswith("-"):
            return None
        else:
            operands.append(word)
    if len(operands) != 2:
        return None
    head = " ".join(["git", *before, "config", *place])
    section = _SECTION.match(operands[0])
    if section is not None:
        name = _balanced(section[1] + section[2])
        return f"{head} --remove-section {name}" if name is not None else None
    return None if _VARIABLE.search(operands[0]) else f"{head} --unset-all {operands[0]}"


def _balanced(word: str) -> str | None:
    """The word as it is when its quotes are closed, without a lone last one when that closes nothing."""
    for text in (word, word[:-1]):
        if text.count('"') % 2 == 0 and text.count("'") % 2 == 0 and text:
            return text
    return None

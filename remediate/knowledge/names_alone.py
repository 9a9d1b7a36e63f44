"""What a name says by itself: its words against the rows. `maybe` leaves the answer to the value and its use."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import translate
from functools import cache, lru_cache

from remediate.knowledge import names_rows as rows
from remediate.knowledge.globs import matches
from remediate.knowledge.names_model import NameVerdict
from remediate.knowledge.names_rows import NameRow
from remediate.knowledge.names_words import words

NOTHING = NameVerdict("no", "", "", None)


def _index(table: tuple[NameRow, ...]) -> dict[str, NameRow]:
    out: dict[str, NameRow] = {}
    for row in table:
        for word in row.words.split():
            out.setdefault(word, row)
    return out


@cache
def _tables() -> dict[str, dict[str, NameRow]]:
    named = {"noun": rows.NOUNS, "qualifier": rows.QUALIFIERS, "owner": rows.OWNERS, "tail": rows.TAILS, "cleared": rows.CLEARED,
             "key": rows.KEY_CLEARED, "user": rows.USERNAMES, "trailer": rows.KEY_TRAILERS}
    return {name: _index(table) for name, table in named.items()}


@cache
def _whole() -> tuple[tuple[str, str, str, NameRow], ...]:
    """(start, end, glob, row) of each glob in order: most names are told apart by how they start and end."""
    each = ((glob, row) for row in rows.WHOLE for glob in row.words.split())
    plain = ((glob, row, "[" in glob or "?" in glob) for glob, row in each)
    return tuple(
        ("" if odd else glob.partition("*")[0], "" if odd or "*" not in glob else glob.rpartition("*")[2], glob, row) for glob, row, odd in plain
    )


def globs(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(translate(p) for p in patterns))


@lru_cache(maxsize=4096)
def judge_name(name: str) -> NameVerdict:
    """What the name alone says."""
    upper = name.upper()
    for prefix in rows.BUNDLED[0].words.split():
        if upper.startswith(prefix):
            inner = judge_name(name[len(prefix) :])
            return NameVerdict("no", "public-bundle" if inner.secret == "yes" or (inner.secret == "maybe" and inner.bare) else "", "build", rows.BUNDLED[0])
    for start, end, glob, row in _whole():
        if not upper.startswith(start) or not upper.endswith(end) or not matches(upper, glob):
            continue
        if not (row.id == "any-url" and _from_nouns(words(name)).secret == "yes"):
            return _from_whole(row, words(name))
    return _from_nouns(words(name))


def _from_whole(row: NameRow, parts: tuple[str, ...]) -> NameVerdict:
    if row.strength == "no":
        return NameVerdict("no", "", "", row, is_username=_is_username(parts))
    if row.strength == "url":
        owner = _owner(parts)
        use = owner.use if owner and owner.use == "build" else row.use
        return NameVerdict("maybe", row.kind, use, row, bare=row.bare, url=True)
    return NameVerdict(row.strength, row.kind, row.use, row, bare=row.bare)


def _is_username(parts: tuple[str, ...]) -> bool:
    return bool(parts) and (parts[-1] in _tables()["user"] or parts[-2:] in (("user", "name"), ("pat", "name")))


def _owner(parts: tuple[str, ...]) -> NameRow | None:
    owners = _tables()["owner"]
    best = [owners[p] for p in parts if p in owners]
    return min(best, key=rows.OWNERS.index) if best else None


def _from_nouns(parts: tuple[str, ...]) -> NameVerdict:
    table = _tables()
    at = max((i for i, p in enumerate(parts) if p in table["noun"]), default=-1)
    if at < 0:
        return NOTHING._replace(is_username=_is_username(parts))
    noun = table["noun"][parts[at]]
    cleared = _cleared(parts, at, noun)
    if cleared:
        return NameVerdict("no", "", "", cleared, is_username=_is_username(parts))
    return _from_key(parts, at) if noun.id == "key" else _owned(parts, noun, noun.strength, noun.bare)


def _cleared(parts: tuple[str, ...], at: int, noun: NameRow) -> NameRow | None:
    """The row that says this name is about a secret, not one."""
    table = _tables()
    for word in parts:
        row = table["cleared"].get(word)
        if row and not (row.id == "switch-word" and parts.index(word) > at) and not (row.id == "public" and noun.id in ("password", "token", "secret", "pat")):
            return row
    for word in parts[at + 1 :]:
        if word in table["tail"]:
            return table["tail"][word]
    if noun.id in ("auth", "salt") and at != len(parts) - 1:
        return noun
    return None


def _from_key(parts: tuple[str, ...], at: int) -> NameVerdict:
    """The noun `key` needs company: `API_KEY` is a secret, `SORT_KEY` is none, `FOO_KEY` may be one."""
    table = _tables()
    before = parts[:at]
    qualifier = next((table["qualifier"][w] for w in reversed(before) if w in table["qualifier"]), None)
    clears = next((table["key"][w] for w in before if w in table["key"]), None)
    if clears and not (qualifier and qualifier.id in ("private-key", "api-key", "secret-key", "access-key")):
        return NameVerdict("no", "", "", clears)
    noun = table["noun"]["key"]
    if not all(w in table["trailer"] or w in table["owner"] or w.isdigit() for w in parts[at + 1 :]):
        return NameVerdict("no", "", "", noun)
    if qualifier and (parts[at] == "key" or qualifier.id in ("api-key", "private-key", "secret-key", "access-key")):
        owned = _owned(parts, qualifier, "yes", True)
        return owned._replace(row=qualifier, kind=qualifier.kind if qualifier.kind == "ssh-key" else owned.kind)
    single = parts[at] == "keys" or at != len(parts) - 1
    return _owned(parts, noun, "maybe", not single)._replace(row=noun)


def _owned(parts: tuple[str, ...], noun: NameRow, strength: str, bare: bool) -> NameVerdict:
    owner = _owner(parts)
    kind, use = (owner.kind, owner.use) if owner else (noun.kind, noun.use)
    if owner and owner.id in ("git-host", "cloud") and noun.id == "password":
        use = "either"
    return NameVerdict(strength, kind, use, noun, bare=bare)

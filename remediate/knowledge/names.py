"""Is this ARG or ENV a secret? Judged by name, value and use together, from rows of words (names_rows) and shapes (values).

`GPG_KEY` in `gpg --recv-keys "$GPG_KEY"` is a fingerprint, `TOKEN_PATH` a path, `MYSQL_ALLOW_EMPTY_PASSWORD` a switch; `DB_PASS`,
`BUNDLE_GEMS__EXAMPLE__COM` and a `DATABASE_URL` with a password are secrets. A name alone is `yes`, `no` or `maybe`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import translate
from functools import cache, lru_cache

from remediate.knowledge import names_prefilter, values
from remediate.knowledge import names_rows as rows
from remediate.knowledge.names_rows import NameRow
from remediate.knowledge.names_words import words


@dataclass(frozen=True, slots=True)
class NameVerdict:
    """What a name says by itself. `bare`: an ARG of this name without a value is a secret. `url`: the value is a URL."""

    secret: str
    kind: str
    use: str
    row: NameRow | None
    is_username: bool = False
    bare: bool = False
    url: bool = False


@dataclass(frozen=True, slots=True)
class NameUses:
    """How a Dockerfile uses a variable; the analysis fills it, everything unknown stays at its default.

    Against: `gpg_key_argument` (`gpg --recv-keys "$X"`, `apt-key adv ... $X`), `checksum` (`echo "$X  file" | sha256sum -c`),
    `used_as_path` (`cat $X`, `COPY $X`, `--key-file $X`), `as_user_name` (`https://$X:...@`, `-u "$X"` before a `:`, `--username $X`),
    `downloaded` (the value is a URL or part of one that is fetched without credentials), `unresolved` (the value only refers to variables
    that nothing in the file declares: it is empty). For: `in_url_userinfo` (the password or only part before `@`), `in_auth_header`
    (`Authorization: ... $X`), `as_password_arg` (`--password=$X`, `... | chpasswd`; `-p $X` is no proof for an innocent name), `derived_from_secret` (its value holds a secret
    variable's; False: the variables that it refers to are known to hold none; None: not looked at), `feeds` (names that receive its value: `ENV DATABASE_URL=$database`).
    """

    gpg_key_argument: bool = False
    checksum: bool = False
    used_as_path: bool = False
    as_user_name: bool = False
    downloaded: bool = False
    unresolved: bool = False
    in_url_userinfo: bool = False
    in_auth_header: bool = False
    as_password_arg: bool = False
    derived_from_secret: bool | None = None
    feeds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of one variable. `literal`: the file itself holds the value. `placeholder`: a default that stands for nothing."""

    secret: bool
    kind: str
    use: str
    why: str
    literal: bool = False
    placeholder: bool = False


NO_USES = NameUses()
_NO = NameVerdict("no", "", "", None)


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


def prefilter() -> re.Pattern[bytes]:
    """One pattern over lower-case bytes that every name judged a secret by itself matches; `may_hold` is the whole, sharper test of a file."""
    return names_prefilter.name_pattern()


@cache
def _whole() -> tuple[tuple[re.Pattern[str], NameRow], ...]:
    return tuple((_globs(row.words.split()), row) for row in rows.WHOLE)


def _globs(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(translate(p) for p in patterns))


@lru_cache(maxsize=4096)
def judge_name(name: str) -> NameVerdict:
    """What the name alone says."""
    upper = name.upper()
    for prefix in rows.BUNDLED[0].words.split():
        if upper.startswith(prefix):
            inner = judge_name(name[len(prefix) :])
            return NameVerdict("no", "public-bundle" if inner.secret == "yes" or (inner.secret == "maybe" and inner.bare) else "", "build", rows.BUNDLED[0])
    for pattern, row in _whole():
        if pattern.match(upper) and not (row.id == "any-url" and _from_nouns(words(name)).secret == "yes"):
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
        return replace(_NO, is_username=_is_username(parts))
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
        return replace(owned, row=qualifier, kind=qualifier.kind if qualifier.kind == "ssh-key" else owned.kind)
    single = parts[at] == "keys" or at != len(parts) - 1
    return replace(_owned(parts, noun, "maybe", not single), row=noun)


def _owned(parts: tuple[str, ...], noun: NameRow, strength: str, bare: bool) -> NameVerdict:
    owner = _owner(parts)
    kind, use = (owner.kind, owner.use) if owner else (noun.kind, noun.use)
    if owner and owner.id in ("git-host", "cloud") and noun.id == "password":
        use = "either"
    return NameVerdict(strength, kind, use, noun, bare=bare)


_REF = re.compile(r"\$(?:\{([A-Za-z_]\w{0,200})(?:(:?[-+?])([^}]{0,2000}))?\}|([A-Za-z_]\w{0,200}))")
_UNRENDERED = re.compile(r"\$?\{\{\s*secrets\.")


@dataclass(frozen=True, slots=True)
class Judge:
    """The rows with a user's own globs before them: `secret` and `not_secret` override everything else."""

    secret: tuple[str, ...] = ()
    not_secret: tuple[str, ...] = ()

    def judge(self, name: str, value: str | None, instruction: str, uses: NameUses = NO_USES) -> Verdict:
        """Name, value and use together. `value` is static or raw text, may hold `$REFS`; None means none was given."""
        if self.not_secret and _matches(self.not_secret, name):
            return Verdict(False, "", "", "configured as no secret")
        if self.secret and _matches(self.secret, name):
            told = judge_name(name)
            literal = bool(value) and not _REF.search(value or "")
            return Verdict(True, told.kind or "generic", told.use or "either", "configured as a secret", literal, bool(value) and values.placeholder(value or ""))
        return _judge(name, value, instruction, uses)

    def may_hold(self, data: bytes) -> bool:
        """False only where this judge finds no secret in the Dockerfile `data`, whatever its uses."""
        stems = tuple(max(re.split(r"[*?\[\]]+", g), key=len).lower().encode() for g in self.secret)
        return names_prefilter.may_hold(data, stems)

    def judge_name(self, name: str) -> NameVerdict:
        """What the name alone says, the user's globs first."""
        if self.not_secret and _matches(self.not_secret, name):
            return _NO
        told = judge_name(name)
        if self.secret and _matches(self.secret, name):
            return replace(told, secret="yes", kind=told.kind or "generic", use=told.use or "either", bare=True)
        return told


def with_user_rows(secret: Sequence[str], not_secret: Sequence[str]) -> Judge:
    """A judge that puts globs from a configuration (any case) before the rows."""
    return Judge(tuple(secret), tuple(not_secret))


@lru_cache(maxsize=64)
def _user_pattern(globs: tuple[str, ...]) -> re.Pattern[str]:
    return _globs([g.upper()[:200] for g in globs])


def _matches(globs: tuple[str, ...], name: str) -> bool:
    return bool(_user_pattern(globs).match(name.upper()))


def judge(name: str, value: str | None, instruction: str, uses: NameUses = NO_USES) -> Verdict:
    """Name, value and use together, without a user's rows."""
    return _judge(name, value, instruction, uses)


def _judge(name: str, value: str | None, instruction: str, uses: NameUses) -> Verdict:
    told = judge_name(name)
    text = values.unquote(value or "")
    if told.kind == "public-bundle":
        return Verdict(False, told.kind, told.use, f"{name} ends in a public bundle")
    own = [m[1] or m[4] for m in _REF.finditer(text)]
    if not text or ((uses.unresolved or (own and set(own) == {name} and "://" not in text and ":-" not in text)) and instruction.upper() == "ARG"):
        return _without_value(name, told, instruction, replace(uses, unresolved=False))
    if _UNRENDERED.match(text) and told.secret == "yes":
        return _yes(told, "an expression that a pipeline never fills in here", placeholder=True)
    if values.find_literals(text.encode("utf-8", "surrogateescape")) and not _public_dsn(told, text):
        return _yes(told, "the value has the shape of a credential", literal=True)
    if _REF.search(text) and "://" not in text:
        return _with_reference(name, told, text, instruction, uses)
    if told.url or "://" in text:
        return _with_url(name, told, text, uses)
    return _with_literal(name, told, text, instruction, uses)


def _yes(told: NameVerdict, why: str, literal: bool = False, placeholder: bool = False, kind: str = "") -> Verdict:
    return Verdict(True, kind or told.kind or "generic", told.use or "either", why, literal, placeholder)


def _no(why: str, told: NameVerdict, placeholder: bool = False) -> Verdict:
    return Verdict(False, told.kind, told.use, why, False, placeholder)


def _against(told: NameVerdict, uses: NameUses) -> str:
    """The use that shows a suspect name to be harmless, or an empty string."""
    sure = told.secret == "yes" and told.row is not None and told.row.id in ("password", "private-key", "secret-key", "database-password")
    if uses.unresolved and not uses.derived_from_secret:
        return "it only refers to variables that nothing declares"
    if sure or uses.in_url_userinfo or uses.in_auth_header or uses.as_password_arg:
        return ""
    if uses.gpg_key_argument:
        return "used as the id of a public key"
    if uses.checksum:
        return "used as a checksum"
    if uses.as_user_name and told.secret != "yes":
        return "used as a user name"
    return "used as a path" if uses.used_as_path else ""


def _for(told: NameVerdict, uses: NameUses) -> str:
    """The use that shows an innocent name to be a secret, or an empty string."""
    if uses.derived_from_secret:
        return "its value holds a secret"
    if told.is_username and not uses.in_auth_header:
        return ""
    if uses.in_url_userinfo:
        return "used as the credentials of a URL"
    if uses.in_auth_header:
        return "used in an Authorization header"
    if uses.as_password_arg:
        return "used as a password argument"
    for fed in uses.feeds:
        inner = judge_name(fed)
        if inner.secret == "yes" or (inner.secret == "maybe" and inner.bare):
            return f"becomes {fed}"
    return ""


def _without_value(name: str, told: NameVerdict, instruction: str, uses: NameUses) -> Verdict:
    if instruction.upper() == "ENV":
        return _no("empty", told)
    against = _against(told, uses)
    if against:
        return _no(against, told)
    if told.secret == "yes" or (told.secret == "maybe" and told.bare and not uses.downloaded):
        return _yes(told, f"the name says {told.row.id}" if told.row else "by its name")
    why = _for(told, uses)
    if why:
        fed = next((judge_name(f) for f in uses.feeds if judge_name(f).kind), told)
        return _yes(told if told.kind else fed, why)
    return _no("neither its name nor its use is a secret's", told)


def _with_reference(name: str, told: NameVerdict, text: str, instruction: str, uses: NameUses) -> Verdict:
    """`$T`, `${T:-default}`, `prefix$T`: a default in the reference is judged like a value of its own."""
    if uses.derived_from_secret:
        return _yes(told, "its value holds a secret")
    if uses.derived_from_secret is False and not _REF.sub("", text).strip():
        return _no("it only refers to variables that hold no secret", told)
    whole = _REF.fullmatch(text)
    default = values.unquote(whole[3] or "") if whole and whole[2] in ("-", ":-") else ""
    if default and not _REF.search(default):
        inner = _judge(name, default, instruction, replace(uses, unresolved=False))
        if inner.secret or instruction.upper() == "ENV":
            return inner
    against = _against(told, uses)
    if against or values.shape(text) == "path":
        return _no(against or "the value is a path", told)
    if told.secret == "yes" or (told.secret == "maybe" and told.bare):
        plain = _REF.sub("", text)
        if not whole and plain and values.placeholder(plain) and len(plain) > 1:
            return _no("a placeholder", told, True)
        return _yes(told, f"the name says {told.row.id}" if told.row else "by its name")
    why = _for(told, uses)
    return _yes(told, why) if why else _no("neither its name nor its use is a secret's", told)


def _public_dsn(told: NameVerdict, text: str) -> bool:
    return told.row is not None and told.row.id == "sentry-dsn" and ":" not in values.userinfo(text)


def _with_url(name: str, told: NameVerdict, text: str, uses: NameUses) -> Verdict:
    """A URL is a secret by its userinfo, not by its name."""
    if uses.derived_from_secret:
        return _yes(told, "its value holds a secret", kind="url-with-credentials")
    info = values.userinfo(text)
    user, _, password = info.partition(":")
    if not info or _public_dsn(told, text):
        return _no("a URL without credentials" if "://" in text else "no URL with credentials", told)
    if uses.unresolved:
        return _no("it only refers to variables that nothing declares", told)
    shown = password or user
    refs = [m[1] or m[4] for m in _REF.finditer(shown)]
    if refs:
        return _yes(told, "a URL with credentials", kind="url-with-credentials") if _any_secret(refs, bool(password)) else _no("a URL with a user name", told)
    literal = bool(password) or (values.random_looking(user) and not _public_dsn(told, text))
    if not literal or values.placeholder(shown):
        return _no("a URL without a password" if not literal else "a placeholder", told, literal)
    return _yes(told, "a URL with credentials", literal=True, kind="url-with-credentials")


def _any_secret(refs: list[str], in_password: bool) -> bool:
    return in_password or any(judge_name(ref).secret in ("yes", "maybe") for ref in refs)


def _with_literal(name: str, told: NameVerdict, text: str, instruction: str, uses: NameUses) -> Verdict:
    why = _for(told, uses)
    against = _against(told, uses)
    if told.secret == "no" or (told.secret == "maybe" and not why and not _strong_value(told, text)):
        if why and not told.is_username and values.shape(text) == "text" and not values.placeholder(text):
            return _yes(told, why, literal=True)
        return _no("neither its name nor its value is a secret's", told)
    if against:
        return _no(against, told)
    return _literal_of(name, told, text, instruction)


def _strong_value(told: NameVerdict, text: str) -> bool:
    """Whether a value makes a `maybe` name a secret."""
    if told.row is not None and told.row.id == "auth":
        left, _, right = text.partition(":")
        return bool(left and right and " " not in text) or values.random_looking(text)
    if told.row is not None and told.row.id == "credential":
        return values.shape(text) == "text" and len(text) >= 6
    return values.random_looking(text)


def _literal_of(name: str, told: NameVerdict, text: str, instruction: str) -> Verdict:
    """A suspect name with a value in the file: does the value work as a credential?"""
    row = told.row.id if told.row else ""
    password = row in _PASSWORD_ROWS
    if password and values.works_unchanged(text):
        return _yes(told, "a default password that works", literal=True)
    itself = _names_itself(name, text, told.kind) if not password else text.isupper() and set(words(text)) <= set(words(name))
    if itself or values.change_me(text) or values.placeholder(text, password):
        return _placeholder(told, instruction, values.dummy(text))
    seen = values.shape(text)
    if seen in ("path", "public") or (seen in ("url", "checksum") and row == "key") or (seen == "fingerprint" and row in _KEY_ROWS):
        return _no(f"the value is a {seen}", told)
    if seen == "url" and not password:
        return _no("the value is a url", told)
    if seen == "number" and len(text) < (3 if password else 6):
        return _no("the value is a number", told)
    return _yes(told, "a literal credential", literal=True)


def _placeholder(told: NameVerdict, instruction: str, dummy: bool) -> Verdict:
    """A build arg is passed over a placeholder, unless that is a dummy with which the build is meant to run; a build token always is."""
    if instruction.upper() == "ARG" and (told.secret == "yes" or told.bare) and (told.use == "build" or not dummy):
        return _yes(told, "a placeholder that a build arg replaces", placeholder=True)
    return _no("a placeholder", told, True)


_PASSWORD_ROWS = frozenset(("password", "pass", "database-password", "neo4j-auth"))
_KEY_ROWS = frozenset(("key", "app-key", "ssh-key", "license-key", "account-key"))
_GENERIC = frozenset("api app key token secret password client access auth id the my test user stripe google github aws maps jwt oauth bot private replace default required".split())


def _names_itself(name: str, text: str, kind: str) -> bool:
    """`SECRET_KEY=stripe_secret_key`, `AWS_ACCESS_KEY=accesskey`: a value that is just a name again.

    An application's own secret may be the bare word `secret` and work; a vendor's key may not.
    """
    parts, own = words(text), set(words(name))
    said = bool(parts) and all(p in own or p in _GENERIC for p in parts)
    if ":" in text:
        return False
    if kind == "app-runtime":
        said = said and len(parts) >= 2 and any(c in text for c in "_- ")
    return said or text.upper() == name.upper()

"""Name, value and use together: does this variable hold a secret, and does the file itself hold its value?"""

from __future__ import annotations

from remediate.knowledge import values
from remediate.knowledge.names_alone import judge_name
from remediate.knowledge.names_model import NO_USES, NameUses, NameVerdict, Verdict
from remediate.knowledge.names_words import word_set, words
from remediate.text import late

# More of a value than this is not looked at.
_LONGEST = 65_536
REF = late(r"\$(?:\{([A-Za-z_]\w{0,200})(?:(:?[-+?])([^}]{0,2000}))?\}|([A-Za-z_]\w{0,200}))")
_UNRENDERED = late(r"\$?\{\{\s*secrets\.")


def judge(name: str, value: str | None, instruction: str, uses: NameUses = NO_USES) -> Verdict:
    """The verdict on `instruction name=value`; `value` is static or raw text, may hold `$REFS`, None where none was given."""
    told = judge_name(name)
    text = values.unquote((value or "")[:_LONGEST])
    if told.kind == "public-bundle":
        return Verdict(False, told.kind, told.use, f"{name} ends in a public bundle")
    own = [m[1] or m[4] for m in REF.finditer(text)]
    if not text or ((uses.unresolved or (own and set(own) == {name} and "://" not in text and ":-" not in text)) and instruction.upper() == "ARG"):
        return _without_value(name, told, instruction, uses._replace(unresolved=False))
    if _UNRENDERED.match(text) and told.secret == "yes":
        return _yes(told, "an expression that a pipeline never fills in here", placeholder=True)
    if values.find_literals(text.encode("utf-8", "surrogateescape")) and not _public_dsn(told, text):
        return _yes(told, "the value has the shape of a credential", literal=True)
    if REF.search(text) and "://" not in text:
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
    if uses.derived_from_secret is False and not REF.sub("", text).strip():
        return _no("it only refers to variables that hold no secret", told)
    whole = REF.fullmatch(text)
    default = values.unquote(whole[3] or "") if whole and whole[2] in ("-", ":-") else ""
    if default and not REF.search(default):
        inner = judge(name, default, instruction, uses._replace(unresolved=False))
        if inner.secret or instruction.upper() == "ENV":
            return inner
    against = _against(told, uses)
    if against or values.shape(text) == "path":
        return _no(against or "the value is a path", told)
    if told.secret == "yes" or (told.secret == "maybe" and told.bare):
        plain = REF.sub("", text)
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
    refs = [m[1] or m[4] for m in REF.finditer(shown)]
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
_GENERIC = word_set("api app key token secret password client access auth id the my test user stripe google github aws maps jwt oauth bot private replace default required")


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

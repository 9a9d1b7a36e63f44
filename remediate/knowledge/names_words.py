"""A variable's name taken apart into words, so that `KEYSTOREPASS`, `faToken` and `DB_PASS` meet the same rows.

`TOKENIZERS_PARALLELISM` must stay one opaque word and `PASSIVE` must not turn into `PASS`: a word written together is only
taken apart where a secret noun stands at its end, or is followed by a word that is known to follow one.
"""

from __future__ import annotations

from functools import lru_cache

from remediate.text import late


def word_set(text: str) -> frozenset[str]:
    """The words of a row."""
    return frozenset(text.split())


_SPLIT = late(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")

# Nouns that are split off whatever stands before them: NPMTOKEN, adminpassword, CLIENTSECRET.
FUSED_ANY = ("passphrase", "password", "passwort", "passwd", "secret", "token", "apikey")
# Short nouns that end many innocent words as well: split off only after these parts.
FUSED_SHORT = ("pass", "pwd", "psw", "key", "pw", "pat")
BEFORE_SHORT: dict[str, frozenset[str]] = {
    "pass": word_set(
        "admin api app auth backup cert client db ftp http jdbc key keystore ldap login mail master minio mongo my mysql pg postgres "
        "private proxy rabbit rcon redis repo root rpc server smtp sql ssh store sudo svn truststore user vnc vpn web wifi wp"),
    "pwd": word_set("admin app db ftp jdbc keystore ldap mail my mysql pg postgres redis root sql ssh sudo user vnc web"),
    "psw": word_set("admin db root user"),
    "key": word_set("access account activation auth encryption license master priv private secret secure service shared signing ssh"),
    "pw": word_set("admin app db ftp ldap mail my mysql pg postgres redis root sql ssh sudo user vnc web"),
    "pat": word_set("github gitlab git gh"),
}
# What may follow a noun in the same word: TOKENBOT, PASSWORDFILE, SECRETKEY, PASSWORDS.
AFTER = word_set(
    "s admin b64 base base64 bot client db dev dir env file files git github gitlab hash id key keys name names npm path prod root server "
    "sha sha256 size store test text ttl type url user val value version")
_FUSED = late(r"^(.*?)(" + "|".join(FUSED_ANY) + r")(.*)$")
_DIGITS = late(r"^(.*?[a-z])([0-9]+)$")
_KEEP_DIGITS = frozenset(("sha1", "sha256", "sha512", "md5", "base64", "b64", "ed25519", "pkcs12", "p12", "s3", "oauth2", "k8s", "auth0"))


@lru_cache(maxsize=4096)
def words(name: str) -> tuple[str, ...]:
    """The words of a name in lower case, in order; digits at a word's end come off (`TOKEN2` gives `token`, `2`)."""
    out: list[str] = []
    for part in _SPLIT.split(name[:200]):
        if part:
            _add(part.lower(), out)
    return tuple(out)


def _add(word: str, out: list[str]) -> None:
    digits = None if word in _KEEP_DIGITS else _DIGITS.match(word)
    if digits:
        word = digits[1]
    _add_fused(word, out)
    if digits:
        out.append(digits[2])


def _add_fused(word: str, out: list[str]) -> None:
    match = _FUSED.match(word)
    if match and (not match[3] or match[3] in AFTER or _noun_after(match[3])):
        out.extend(p for p in (match[1], "api", "key") if p) if match[2] == "apikey" else out.extend(p for p in match.group(1, 2) if p)
        if match[3] and match[3] != "s":
            _add_fused(match[3], out)
        return
    for noun in FUSED_SHORT:
        before = word[: -len(noun)]
        if word.endswith(noun) and before and any(before.endswith(b) for b in BEFORE_SHORT[noun]):
            out.extend((before, noun))
            return
    out.append(word)


def _noun_after(rest: str) -> bool:
    return any(rest.startswith(noun) for noun in FUSED_ANY)

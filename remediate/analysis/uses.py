"""How a file uses each variable, as far as that tells whether it is a secret: `gpg --recv-keys $X` is no secret's use, `https://$X@` is.

One pass over the text of all instructions; judged by what stands around each `$NAME`, so that a name is not judged by itself alone.
"""

from __future__ import annotations

import re

from remediate.analysis.bindings import Bindings
from remediate.dockerfile.tree import Dockerfile
from remediate.knowledge.names import NO_USES, NameUses
from remediate.text import late

_REF = late(r"\$(?:\{([A-Za-z_]\w{0,200})[^}]{0,200}\}|([A-Za-z_]\w{0,200}))")
_SPLIT = late(r"&&|\|\||[;\n]|(?<!\|)\|(?!\|)")
_GPG = late(r"\bgpg2?\b|\bapt-key\b|--recv|keyserver|rpm\s+--import")
_SUMS = late(r"\b(?:sha(?:1|224|256|384|512)|md5)sum\b")
_FETCH = late(r"\b(?:curl|wget|ADD|git\s+clone)\b")
_PATH_BEFORE = late(
    r"(?:^\s*(?:source|\.)\s+|\b(?:cat|ls|chmod|chown|mkdir|cp|mv|ln|touch|stat)\s(?:[^\s<>]\S*\s+){0,4}"
    r"|(?:\btest|\[)\s+!?\s*-[a-mo-y]\s+|(?<!<)<\s*(?![<(])"
    r"|(?:^|[\s\d&>|])>\s*|--?[\w-]*(?:file|path|dir|keyfile)[= ]|\s-f\s+)[\"']?[\w./{}$-]*$"
)  # fmt: skip
_URL_ALONE = late(r"://$")
_URL_PASSWORD = late(r"://[^/\s\"'@]{1,200}:$")
_HEADER = late(
    r"(?:authorization|private-token|job-token|deploy-token|x-[\w-]*(?:token|key)|api-key|apikey)\s*:\s*(?:(?:bearer|token|basic)\s+)?[\"']?$",
    re.IGNORECASE,
)
_PASSWORD_ARG = late(
    r"(?:--?(?:password|passwd|passphrase|token|auth-token|access-token|secret|api-key)(?:[= ]|\s+)"
    r"|_authToken[= ]|_password[= ]|:_auth[= ])[\"']?$"
)
_PASSWORD_P = late(
    r"\b(?:mysql\w*|mariadb\w*|sshpass|docker|podman|buildah|az|useradd|usermod|oc|cf|zip|unzip|7za?|twine|lftp)\s[^;|&]{0,200}\s-p\s*[\"']?$"
)
_USER_ARG = late(r"(?:--?(?:user|username|login)(?:[= ]|\s+)|\s-u\s*)[\"']?$")
_CURL_USER = late(r"\bcurl\b[^;|&]{0,200}\s(?:-u\s*|--user[= ])[\"']?$")
_FEED = late(r"(?:^|[\s;&(])(?:export\s+|ENV\s+|ARG\s+)?([A-Za-z_]\w{0,200})=[\"']?$")
_AWS_SET = late(r"\baws\s+configure\s+set\s+(aws_[a-z_]{1,40})\s+[\"']?$")
_FOLDER_AFTER = late(r"/[\w.]{2}")
_LONGEST_COMMAND = 4_000  # characters that are looked at around a reference, and references of one name: a person's file has fewer
_MOST_REFERENCES = 500
_WINDOW = 240


class _Seen:
    __slots__ = ("count", "facts", "feeds")

    def __init__(self) -> None:
        self.facts: set[str] = set()
        self.feeds: set[str] = set()
        self.count = 0


class Uses:
    """`of(name)` gives what is known of a variable's use. Made for files that hold a suspect name."""

    def __init__(self, tree: Dockerfile, bindings: Bindings) -> None:
        self._seen: dict[str, _Seen] = {}
        self._declared = {b.name for b in bindings.all}
        for instruction in tree.instructions:
            texts = [(instruction.keyword, instruction.args.text)]
            texts += [("RUN" if instruction.keyword == "RUN" else "", h.body.text) for h in instruction.heredocs]
            for keyword, text in texts:
                if "$" in text:
                    self._scan(keyword, text)

    def of(self, name: str) -> NameUses:
        """The uses of that variable in the whole file."""
        seen = self._seen.get(name)
        if seen is None:
            return NO_USES
        return NameUses(**dict.fromkeys(seen.facts, True), feeds=tuple(sorted(seen.feeds)))

    def _at(self, name: str) -> _Seen:
        return self._seen.setdefault(name, _Seen())

    def _scan(self, keyword: str, text: str) -> None:
        summed = keyword == "RUN" and bool(_SUMS.search(text))
        for part in _SPLIT.split(text):
            command = part[:_LONGEST_COMMAND]
            for match in _REF.finditer(part):
                name = match[1] or match[2]
                if name in self._declared:
                    seen = self._at(name)
                    seen.count += 1
                    if seen.count <= _MOST_REFERENCES:
                        before = part[max(0, match.start() - _WINDOW) : match.start()]
                        self._judge(keyword, name, before, part[match.end() : match.end() + 40], command, summed)

    def _judge(self, keyword: str, name: str, before: str, after: str, command: str, summed: bool) -> None:
        seen = self._at(name)
        whole = f"{keyword} {before}"
        if _URL_PASSWORD.search(before):
            seen.facts.add("in_url_userinfo" if after.startswith("@") else "downloaded")
        elif _URL_ALONE.search(before):
            if after.startswith(":") and "@" in after + command:
                seen.facts.add("as_user_name")
            elif after.startswith("@"):
                seen.facts.add("in_url_userinfo")
        if keyword in ("CMD", "ENTRYPOINT"):
            return
        told = _AWS_SET.search(before) if keyword == "RUN" else None
        if told is not None:
            seen.feeds.add(told[1].upper())
        if keyword != "ARG" and (keyword == "ENV" or _FEED.search(before)):
            fed = _FEED.search(whole)
            if fed and after[:1] in ("", '"', "'", " ", "\t"):
                seen.feeds.add(fed[1])
        if (
            (keyword in ("COPY", "WORKDIR", "VOLUME") and not before.endswith("="))
            or (keyword == "RUN" and _PATH_BEFORE.search(before))
            or (keyword == "RUN" and _FOLDER_AFTER.match(after) and "://" not in before[-80:])
        ):
            seen.facts.add("used_as_path")
        if keyword != "RUN":
            return
        if _GPG.search(command):
            seen.facts.add("gpg_key_argument")
        if summed and re.search(r"\b(?:echo|printf)\b", command):
            seen.facts.add("checksum")
        if _HEADER.search(before):
            seen.facts.add("in_auth_header")
        elif (
            _PASSWORD_ARG.search(before)
            or _PASSWORD_P.search(before)
            or "chpasswd" in command
            or (after[:1] != ":" and _CURL_USER.search(before))
        ):
            seen.facts.add("as_password_arg")
        elif _USER_ARG.search(before):
            seen.facts.add("as_user_name")
        elif _FETCH.search(command) and "://" in before:
            seen.facts.add("downloaded")

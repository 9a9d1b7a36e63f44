"""Most Dockerfiles hold no secret: this tells so without parsing them, and never wrongly.

Sound by construction: it reads a file more generously than the rows do. Names and copied files are looked for by their stems in
everything that an ARG, ENV, COPY or ADD may reach over its continuation lines; literal credentials, and uses that make a secret of
any name (`https://$X@`, `Authorization: $X`, `--password $X`), anywhere in the file.
"""

from __future__ import annotations

import re
from functools import cache

from remediate.knowledge import files, values
from remediate.text import late

# Every name that the rows can judge `yes`, or `maybe` without a value, matches one of these; the tests hold the rows to it.
NAME_STEMS = (
    rb"pass(?!ive|enger|port|through|thru)", rb"pwd", rb"psw", rb"pw", rb"pword", rb"token", rb"pat(?!h|te|ch|i)", rb"secret", rb"cred",
    rb"key(?!board|map|cloak|space|stone|ring|s?erver)", rb"auth(?!or)", rb"salt", rb"pepper", rb"netrc", rb"npm_?rc", rb"(?<![a-z])id_(?:rsa|dsa|ecdsa|ed25519)", rb"ssh_id_",
    rb"aws_id", rb"bundle_\w*__", rb"database(?:[^a-z]|_?\w*(?:ur[li]|dsn|conn\w*)|$)", rb"db_(?:\w*ur[li]|dsn)", rb"mongo\w*ur[li]", rb"postgres\w*(?:ur[li]|dsn)",
    rb"mysql\w*(?:url|dsn)", rb"pg_(?:url|dsn)", rb"amqp_url", rb"conn(?:ection)?_?str", rb"dx_nuget", rb"devexpress", rb"gemfury_url", rb"webhook", rb"slack_hook", rb"extra_index", rb"uv_index", rb"external_feed_endpoints",
    rb"kube_?config_(?:data|base64)",
)
# In the whole file: uses that make a secret of a variable of any name, mounts that may leak, and settings that hold credentials.
USES = (rb"://[^\s/$@]{0,200}\$[^\s/@]{0,200}@", rb"authorization\b", rb"--pass(?:word|wd)?[= ]{1,4}[\"']?\$", rb"\$[^\n$]{1,200}chpasswd", rb"--?(?:token|auth-token|access-token|secret|passphrase|api-key)(?:[= ]|\s)\s{0,4}[\"']?\$", rb"(?:private-token|job-token|deploy-token|x-[\w-]{0,30}(?:token|key)|api-?key)\s{0,4}:[^\n$]{0,20}\$", rb"type=secret", rb"_authtoken")
# So large a file is read in any case; the pattern below keeps some memory for every line.
_LARGE = 1_000_000
_REGION = late(
    rb"(?m)^[ \t]*(?:onbuild[ \t]+)?(arg|env|copy|add)(?![a-z0-9_.:=-])(?:[^\n]*[\\`][ \t\r]*\n(?:[ \t]*(?:#[^\n]*)?\r?\n)*)*[^\n]*"
)


# `COPY . .`, `COPY config/ /etc/`, `ADD *.json ./`: what is brought in stands in the build context, not here. A source with an ending
# and no pattern (`go.mod`) is a file; `./bin/app` may be a folder, and counts.
_FOLDERS = late(rb"(?mi)^[ \t]*(?:onbuild[ \t]+)?(?:copy|add)[ \t]+(?!(?:--[^\s]+[ \t]+)*--from)[^\n]*")
_FILE = late(rb"[^\s*?\[\]]*[^\s*?\[\]/.]\.[A-Za-z0-9_]{1,12}|--[^\s]+|<<.*|.*://.*")


def may_carry(data: bytes) -> bool:
    """Whether some COPY or ADD may bring in a folder of the build context; in doubt it may."""
    if len(data) > _LARGE:
        return True
    for match in _FOLDERS.finditer(data):
        line = match[0]
        words = line.replace(b'"', b" ").replace(b"'", b" ").replace(b",", b" ").replace(b"[", b" ").replace(b"]", b" ").split()[1:]
        if line.endswith((b"\\", b"`", b"\\\r")) or any(_FILE.fullmatch(word) is None for word in words[:-1]):
            return True
    return False


# `RUN DB_PASSWORD=hunter2 ./x`: a name of that kind that is set to a literal, anywhere.
ASSIGNED = rb"(?:token|secret|passw|_pass|_pwd|pgpass|mysql_pwd|api_?key|credential)\w{0,20}=[\"']?[^\s$\"'<;&|)(]{3}"


@cache
def assigned_pattern() -> re.Pattern[bytes]:
    """Over lower-case bytes: some shell may set a secret variable to a literal."""
    return re.compile(ASSIGNED)


@cache
def name_pattern() -> re.Pattern[bytes]:
    """Over lower-case bytes: some name here may be judged a secret."""
    return re.compile(b"|".join(NAME_STEMS))


def file_pattern() -> re.Pattern[bytes]:
    """Over lower-case bytes: some path here may be judged a credential file."""
    return files.stem_pattern()


@cache
def use_pattern() -> re.Pattern[bytes]:
    """Over lower-case bytes: some variable here may be used as a secret, whatever its name."""
    return re.compile(b"|".join(USES))


def may_hold(data: bytes, stems: tuple[bytes, ...] = ()) -> bool:
    """False only where no name, value, file or use in this Dockerfile can be judged a secret. `stems`: lower-case parts of a user's own names."""
    if len(data) > _LARGE:
        return True
    lower = data.lower()
    if any(stem in lower for stem in stems):
        return True
    for match in _REGION.finditer(lower):
        pattern = name_pattern() if match[1] in (b"arg", b"env") else file_pattern()
        if pattern.search(lower, match.end(1), match.end()):
            return True
    return _maybe_used(lower) or assigned_pattern().search(lower) is not None or bool(values.find_literals(data))


def _maybe_used(lower: bytes) -> bool:
    """The pattern is slow on text without any of its parts, so plain searches come first."""
    if b"@" in lower or b"authorization" in lower or b"--pass" in lower or b"chpasswd" in lower or b"type=secret" in lower or b"_authtoken" in lower or b"-token" in lower or b"-secret" in lower or b"-key" in lower or b"apikey" in lower:
        return bool(use_pattern().search(lower))
    return False

"""Values that nobody chose to keep a secret: what a developer's `.env` for the local machine says, and every tutorial.

DB_PASSWORD=postgres          default of the image, opens a container on the developer's machine
DB_PASSWORD=k3Vq9xW2mT7z      chosen
"""

from __future__ import annotations

import re

from remediate.knowledge.values import userinfo

# Default names and passwords of servers, and the words that stand-ins are made of. "postgres" yes, "hunter" no.
WORDS = frozenset(
    "postgres postgresql mysql mariadb mongo mongodb redis rabbitmq rabbit minio elastic neo kafka sqlserver oracle keycloak grafana django laravel "
    "rails flask symfony wordpress strapi nest node app api web server service client backend frontend project "
    "root admin administrator superuser user username guest anonymous me owner nobody "
    "test tests testing tester dev devel develop development developer local localhost localdev staging stage prod production demo default docker "
    "secret secrets supersecret password passwd passwort pass pwd pw token tokens key keys apikey jwt auth session cookie cookies salt hash "
    "example sample dummy fake mock placeholder change changeme changeit replace replaceme insert insecure unsafe temp tmp todo "
    "my your our the this that is are not very super some any only for with and or in at of to be it here please some thing something "
    "long short random string value text minimum min characters chars char bytes at least safe secure secured really "
    "foo bar baz qux hello world abc abcd abcde abcdef xyz qwerty asdf letmein keyboard cat db database access refresh private public crypt encryption sign signing signature base".split()
)
_LONGEST = max(map(len, WORDS))
_LETTERS = re.compile(r"[A-Za-z]+")
_LOCAL = re.compile(r"[A-Za-z][\w+.-]{0,40}://[^\s/]{0,300}@(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]|host\.docker\.internal)(?![\w.-])")
_ORDINARY = 64


def weak(value: str) -> bool:
    """A default or a stand-in: made of such words, of a few digits, or the password of a server on this machine."""
    text = value.strip()
    if "://" in text:
        return _LOCAL.match(text) is not None or weak(userinfo(text).partition(":")[2] or "key")
    if len(text) > _ORDINARY:
        return False
    parts = _LETTERS.findall(text)
    digits = sum(c.isdigit() for c in text)
    loose = sum(len(part) for part in parts if len(part) <= 2)  # a letter or two alone say nothing, many of them do
    return digits <= 8 and loose <= 3 and all(_of_words(part.lower()) for part in parts if len(part) > 2)


def _of_words(part: str) -> bool:
    """The letters are words of the list, one behind the other."""
    ends = [True] + [False] * len(part)
    for end in range(1, len(part) + 1):
        ends[end] = any(ends[start] and part[start:end] in WORDS for start in range(max(0, end - _LONGEST), end))
    return ends[-1]

"""Credential files that a whole folder brings along (`COPY . .`): nobody named them, so only their content can accuse them.

A name is enough for `COPY id_rsa /root/.ssh/`; it is not for one of the thousand files of a project, where `auth.json` may be a
translation, `token.txt` a word list and every library brings keys for its tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from remediate.knowledge import values
from remediate.knowledge.files import FileVerdict, judge_copy, row_of
from remediate.knowledge.names import Judge
from remediate.knowledge.weak import weak
from remediate.model import NamedTuple
from remediate.text import late


class CarriedRow(NamedTuple):
    """What the content of a file of that row must show when nobody named it. `proof`: a pattern, or `pairs` (names and values are judged
    like those of ENV), `random` (so are values, and they must look random), `one-word`, `never`.
    """

    id: str
    proof: str
    source: str
    example: str
    counter_example: str


_KEY = r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY|PuTTY-User-Key-File"
_END = "PRIVATE " "KEY-----"  # in two halves, so that no scanner takes it for a key

ROWS = (
    CarriedRow("dotenv", "pairs", "12-factor apps: dotenv", "DB_PASSWORD=k3Vq9xW2mT7z", "NODE_ENV=production\nPORT=8080"),
    CarriedRow("secrets-file", "random", "Rails, Jenkins, Ansible", "api_secret: k3Vq9xW2mT7zP1aB", "api_secret: changeme"),
    CarriedRow("gradle-properties", "random", "docs.gradle.org", "repoPassword=k3Vq9xW2mT7zP1aB", "org.gradle.jvmargs=-Xmx2g"),
    CarriedRow("composer-auth", r'"(?:http-basic|github-oauth|gitlab-token|gitlab-oauth|bitbucket-oauth|bearer|auths)"\s{0,9}:\s{0,9}\{\s{0,99}"', "getcomposer.org: auth.json",
               '{"github-oauth": {"github.com": "k3Vq9xW2mT7zP1aB"}}', '{"password": "Password", "token": "Your token"}'),
    CarriedRow("service-account", r'"private_key"\s{0,4}:\s{0,4}"-----BEGIN|"(?:client_secret|refresh_token)"\s{0,4}:\s{0,4}"[\w/.-]{16,}', "cloud.google.com: service account keys",
               '{"private_key": "-----BEGIN ' + _END + '"}', '{"client_secret": ""}'),
    CarriedRow("aws-credentials", r"(?i)aws_secret_access_key\s{0,4}=\s{0,4}(?![$<{])(?!\S{0,40}EXAMPLE)\S{20,}", "docs.aws.amazon.com", "aws_secret_access_key = k3Vq9xW2mT7zP1aBk3Vq9xW2mT7zP1aBk3Vq9xW2", "aws_secret_access_key = <key>"),
    CarriedRow("password-file", r"(?m)^[^\s:#]{1,100}:(?:\$(?:apr1|2[aby]|1|5|6)\$|\{SHA\})\S|^[^\s:#]{1,100}:(?:\d{1,5}|\*):[^:\s]{1,100}:[^:\s]{1,100}:(?!\$)\S", "Apache htpasswd; libpq: .pgpass",
               "db.example:5432:app:app:k3Vq9xW2mT7z", "123456\nqwerty\npassword"),
    CarriedRow("token-file", "one-word", "seen in public Dockerfiles", "k3Vq9xW2mT7zP1aB", "a list of tokens\nof a language"),
    CarriedRow("keystore", "never", "a trust store looks the same", "", "PK"),
    CarriedRow("private-key", _KEY, "RFC 7468", "-----BEGIN RSA " + _END, "a slide deck"),
    CarriedRow("pem", _KEY, "RFC 7468", "-----BEGIN " + _END, "-----BEGIN CERTIFICATE-----"),
    CarriedRow("ssh-key", _KEY, "ssh-keygen", "-----BEGIN OPENSSH " + _END, "ssh-rsa AAAA"),
    CarriedRow("ssh-host-key", _KEY, "sshd: host keys", "-----BEGIN OPENSSH " + _END, "ssh-rsa AAAA"),
    CarriedRow("ssh-folder", _KEY, "OpenSSH: ~/.ssh", "-----BEGIN OPENSSH " + _END, "Host *"),
)  # fmt: skip

# A folder or a part of a name that says: made for tests, documentation or by somebody else, no credential of this project.
_NOT_OURS = frozenset(
    "test tests testing testdata testfixtures spec specs fixture fixtures mock mocks mocked fake dummy sample samples example examples demo "
    "vendor vendored node_modules site-packages third_party thirdparty 3rdparty bower_components pods deps doc docs localhost snakeoil".split()
)
_WORDS = late(r"[/._]+")
_PARTS = late(r"[/._-]+")
_PAIR = late(r"(?m)^[ \t]{0,40}(?:export[ \t]{1,4})?[\"']?([A-Za-z_][\w.-]{0,80})[\"']?[ \t]{0,4}[:=][ \t]{0,4}([^\r\n]{1,2000})")
_MOST_PAIRS = 2_000
_HEAD = 262_144


@cache
def _rows() -> dict[str, CarriedRow]:
    return {row.id: row for row in ROWS}


@cache
def _pattern(proof: str) -> re.Pattern[bytes]:
    return re.compile(proof.encode())


def may_be_carried(path: str) -> bool:
    """By its name alone: a credential file of the project itself, so that its content is worth a look."""
    lower = path.lower()
    if not _NOT_OURS.isdisjoint(_WORDS.split(lower)) or not _NOT_OURS.isdisjoint(_PARTS.split(lower)):
        return False
    return row_of(path) is not None


def judge_carried(path: str, content: bytes, judge: Judge = Judge()) -> FileVerdict:  # noqa: B008  frozen
    """Whether this file of the build context surely holds a credential, though no COPY names it."""
    row = row_of(path)
    if row is None or not may_be_carried(path):
        return FileVerdict(False, "", "no credential file of the project", "")
    strict = _rows().get(row.id)
    if strict is None:
        return judge_copy(path, path, content)
    if _proved(strict.proof, content[:_HEAD], judge):
        return FileVerdict(True, row.kind, f"{row.id}: the file holds a credential", row.use)
    return FileVerdict(False, row.kind, f"{row.id}: its content is no proof", row.use, False)


def _proved(proof: str, head: bytes, judge: Judge) -> bool:
    if proof == "never":
        return False
    if proof in ("pairs", "random", "one-word") and b"\0" in head:
        return False
    if proof in ("pairs", "random"):
        return _literal(head) or any(_secret(n, v, judge, proof == "random") for n, v in _pairs(head))
    if proof == "one-word":
        word = head.decode("utf-8", "replace").strip()
        return len(word) < 4096 and values.random_looking(word) and not values.placeholder(word)
    return _pattern(proof).search(head) is not None


# Prefixes by which a framework puts the value into what every browser gets.
_FOR_BROWSERS = re.compile(rb"[ \t]*(?:export[ \t]+)?(?:NEXT_PUBLIC|NUXT_PUBLIC|EXPO_PUBLIC|VITE|REACT_APP|GATSBY|VUE_APP|NG_APP|PUBLIC)_")
_THIS_MACHINE = re.compile(rb"@(?:localhost|127\.0\.0\.1|0\.0\.0\.0|host\.docker\.internal)(?![\w.-])")


def _literal(head: bytes) -> bool:
    """A credential by its shape, but no server's default, none of this machine, and no key for browsers."""
    for start, end, row in values.find_literals(head):
        if row.kind == "url-with-credentials" and (weak(head[start:end].decode("utf-8", "replace")) or _THIS_MACHINE.match(head, end)):
            continue
        if row.id == "google-api-key" and _FOR_BROWSERS.match(head, head.rfind(b"\n", 0, start) + 1):
            continue
        return True
    return False


def _pairs(head: bytes) -> Iterator[tuple[str, str]]:
    for number, match in enumerate(_PAIR.finditer(head.decode("utf-8", "replace"))):
        if number >= _MOST_PAIRS:
            return
        value = match[2].split(" #")[0].strip().rstrip(",")
        yield match[1].replace(".", "_").replace("-", "_"), values.unquote(value)


def _secret(name: str, value: str, judge: Judge, random: bool) -> bool:
    if not value or "${" in value or values.placeholder(value, password=True) or values.change_me(value):
        return False
    if value.startswith("AIza") and _FOR_BROWSERS.match(name.encode()):
        return False
    if weak(value) or (random and not values.random_looking(value)):
        return False
    verdict = judge.judge(name.upper(), value, "ENV")
    return verdict.secret and verdict.literal and not verdict.placeholder

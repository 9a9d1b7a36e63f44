"""Files that a folder brings along: only their content accuses them, and only those of the project itself."""

from __future__ import annotations

import pytest

from remediate.knowledge import files
from remediate.knowledge.files_carried import ROWS, judge_carried, may_be_carried

NAMES = {
    "dotenv": ".env", "secrets-file": "config/secrets.yml", "gradle-properties": "home/.gradle/gradle.properties", "composer-auth": "auth.json",
    "service-account": "service-account.json", "aws-credentials": ".aws/credentials", "password-file": ".pgpass", "token-file": "npm_token",
    "private-key": "server.key", "pem": "site.pem", "ssh-key": "id_rsa", "ssh-host-key": "ssh_host_rsa_key", "ssh-folder": ".ssh",
}  # fmt: skip


def test_rows_are_rows_of_files() -> None:
    assert {row.id for row in ROWS} <= {row.id for row in files.ROWS}
    assert len({row.id for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", [r for r in ROWS if r.proof != "never"], ids=lambda r: r.id)
def test_examples_and_counter_examples(row: object) -> None:
    from remediate.knowledge.files_carried import CarriedRow

    assert isinstance(row, CarriedRow)
    path = NAMES[row.id]
    found = files.row_of(path)
    assert found is not None and found.id == row.id
    assert judge_carried(path, row.example.encode()).secret
    assert not judge_carried(path, row.counter_example.encode()).secret


KEY = b"-----BEGIN RSA " + b"PRIVATE KEY-----\nMIIfake\n"
TOKEN = b"//npm.example.com/:_authToken=k3Vq9xW2mT7z\n"


@pytest.mark.parametrize(
    ("path", "content", "secret"),
    [
        (".npmrc", TOKEN, True),
        ("web/.npmrc", TOKEN, True),
        (".npmrc", b"//npm.example.com/:_authToken=${NPM_TOKEN}\n", False),
        (".npmrc", b"registry=https://npm.example.com/\n", False),
        (".env", b"DB_PASSWORD=k3Vq9xW2mT7z\n", True),
        (".env", b"export API_TOKEN='k3Vq9xW2mT7z'\n", True),
        (".env", b"PORT=8080\nDEBUG=true\nAPI_URL=https://api.example.com\n", False),
        (".env", b"DB_PASSWORD=\nAPI_TOKEN=<your token>\nSECRET_KEY=changeme\n", False),
        (".env", b"DB_PASSWORD=${DB_PASSWORD}\n", False),
        (".env", b"\0\1\2DB_PASSWORD=k3Vq9xW2mT7z\n", False),
        (".env.example", b"DB_PASSWORD=k3Vq9xW2mT7z\n", False),
        ("id_rsa.pub", b"ssh-rsa AAAA\n", False),
        ("deploy/id_rsa", KEY, True),
        ("tests/fixtures/server.key", KEY, False),
        ("pkg/tls/testdata/key.pem", KEY, False),
        ("node_modules/x/test-key.pem", KEY, False),
        ("vendor/lib/key.pem", KEY, False),
        ("certs/localhost.key", KEY, False),
        ("certs/server-test.key", KEY, False),
        ("certs/server.key", KEY, True),
        ("certs/ca.pem", KEY, False),
        ("locales/en/auth.json", b'{"password": "Password", "token": "Token-123"}', False),
        ("auth.json", b'{"http-basic": {"repo.example.com": {"username": "a", "password": "b"}}}', True),
        ("words/passwords.txt", b"123456\nqwerty\nletmein\n", False),
        ("src/token.go", b"package x", False),
        ("trust.jks", b"\xfe\xed\xfe\xed", False),
    ],
)  # fmt: skip
def test_judgement(path: str, content: bytes, secret: bool) -> None:
    assert judge_carried(path, content).secret is secret


def test_names_alone() -> None:
    assert may_be_carried(".env") and may_be_carried("a/b/.npmrc")
    assert not any(may_be_carried(p) for p in ("src/main.go", "test/.env", "a/fixtures/.npmrc", ".env.sample", "docs/key.pem"))

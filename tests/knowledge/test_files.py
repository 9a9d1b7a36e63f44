"""Copied files: the rows' examples, content that decides, and look-alikes."""

from __future__ import annotations

import pytest

from remediate.knowledge import files
from remediate.knowledge.files import judge_copy


@pytest.mark.parametrize("row", files.ROWS, ids=lambda r: r.id)
def test_rows(row: files.FileRow) -> None:
    verdict = judge_copy(row.example, "/root/")
    assert verdict.kind == row.kind and verdict.why.startswith(row.id)
    assert not judge_copy(row.counter_example, "/root/").secret
    assert row.source and row.stems


@pytest.mark.parametrize("row", files.LOOK_ALIKES, ids=lambda r: r.id)
def test_look_alikes(row: files.FileRow) -> None:
    assert not judge_copy(row.example, "/app/").secret


@pytest.mark.parametrize(
    ("source", "content", "secret"),
    [(".npmrc", b"//npm.example.com/:_authToken=${NPM_TOKEN}\n", False), (".npmrc", b"registry=https://npm.example.com/\n", False), (".npmrc", b"//npm.example.com/:_authToken=fakeFakeFake\n", True),
     (".npmrc", b"# _authToken=abcd\n", False), ("settings.xml", b"<server><password>fake1</password></server>", True), ("settings.xml", b"<password>${env.X}</password>", False),
     ("settings.xml", b"<mirrors/>", False), ("pip.conf", b"[global]\nindex-url = https://pypi.example/simple\n", False), ("pip.conf", b"index-url = https://u:fakepw@pypi.example/simple\n", True),
     ("server.pem", b"-----BEGIN CERTIFICATE-----\nMII\n", False), ("server.pem", b"-----BEGIN CERTIFICATE-----\nMII\n-----BEGIN PRIVATE" b" KEY-----\n", True), ("auth.json", b"{}", False),
     ("nuget.config", b'<add key="ClearTextPassword" value="%TOKEN%" />', False), ("nuget.config", b'<add key="ClearTextPassword" value="fake1" />', True), ("id_rsa", b"", False),
     (".env", b"DEBUG=1\n", False), (".env", b"DB_PASSWORD=fake1\n", True), (".bundle/config", b'BUNDLE_GEMS__EXAMPLE__COM: "u:p"\n', True)],
)
def test_content_decides(source: str, content: bytes, secret: bool) -> None:
    verdict = judge_copy(source, "./", content)
    assert (verdict.secret, verdict.certain) == (secret, True)


@pytest.mark.parametrize(
    ("source", "dest", "secret"),
    [("npmrc", "/root/.npmrc", True), (".npmrc", "./", False), ("credentials", "/root/.aws/credentials", True), (".env.sample", ".env", False), ("env", "/app/.env", True), ("id_rsa.pub", "/root/.ssh/", False),
     ("key", "/root/.ssh/id_rsa", True), ("ssh_pub", "/root/.ssh/id_rsa.pub", False), ("known_hosts", "/root/.ssh/known_hosts", False), (".ssh/", "/root/.ssh/", True), ("dhparams.pem", "/etc/", False),
     ("certs/a.pem", "/opt/", False), ("certs/a.key.pem", "/opt/", True), ("tls.pem", "/etc/haproxy/", True), ("docker/settings.xml", "/usr/share/maven/ref/", False), ("settings.xml", "/root/.m2/", False),
     ("settings.xml", "/opt/tomcat/conf/", False), ("nginx_signing.key", "/tmp/", False), ("https://u:fakepw@host.example/a", "/a", True), ("https://host.example/repo.key", "/a", False), ("src", "/app", False),
     ("git_token.txt", "/tmp/", True), ("tokenizer.json", "/app/", False), ("secrets.py", "/app/", False), ("config\\.npmrc", "C:\\users\\", False)],
)
def test_source_and_destination(source: str, dest: str, secret: bool) -> None:
    assert judge_copy(source, dest).secret is secret


@pytest.mark.parametrize(
    ("source", "dest", "uses", "secret"),
    [(".npmrc", "/root/", files.FileUses(credential_beside=True), False), (".npmrc", "/root/", files.FileUses(), True), (".npmrc", "./", files.FileUses(removed_later=True), True),
     ("server2.pem", "/etc/", files.FileUses(key_beside=True), False), ("settings.xml", "/root/.m2/", files.FileUses(removed_later=True), True)],
)
def test_the_rest_of_the_dockerfile_decides_without_content(source: str, dest: str, uses: files.FileUses, secret: bool) -> None:
    assert judge_copy(source, dest, None, uses).secret is secret

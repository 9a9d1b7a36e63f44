"""Shapes of credentials, placeholders and harmless values; every pattern is linear."""

from __future__ import annotations

import time

import pytest

from remediate.knowledge import values
from tests.clock import SLOWER


@pytest.mark.parametrize("row", values.ROWS, ids=lambda r: r.id)
def test_example_is_found_and_counter_example_is_not(row: values.ValueRow) -> None:
    data = ("ENV A=" + "".join(row.example) + "\n").encode()
    found = values.find_literals(data)
    assert [r.id for _, _, r in found] == [row.id]
    start, end, _ = found[0]
    assert 0 < start < end <= len(data)
    assert not values.find_literals(row.counter_example.encode())
    assert any(stem in data for stem in row.stems)
    assert row.source


@pytest.mark.parametrize("row", values.PLACEHOLDERS, ids=lambda r: r.id)
def test_placeholders(row: values.PlaceholderRow) -> None:
    assert values.placeholder(row.example)
    assert not values.placeholder(row.counter_example)
    assert values.placeholder(row.example, password=True) is not row.weak


def test_the_range_of_a_url_is_its_password() -> None:
    data = b"postgres://app:" + b"hunter2@db/app"
    (start, end, row), = values.find_literals(data)
    assert (data[start:end], row.id) == (b"hunter2", "url-userinfo")


@pytest.mark.parametrize("text", [b"https://$USER:$PASS@h/", b"https://user:${PASS}@h/", b"https://user:<password>@h/", b"http://host:8080/a@b", b"git@github.com:a/b", b"AKIAIOSFODNN7" + b"EXAMPLE"])
def test_no_literal(text: bytes) -> None:
    assert values.find_literals(text) == []


@pytest.mark.parametrize(
    ("value", "shape"),
    [("/etc/x.pem", "path"), ("./id_rsa", "path"), ("$HOME/.netrc", "path"), ("server.key", "path"), ("C:\\keys\\a", "path"), ("4096", "number"), ("30s", "number"), ("https://a.example/x", "url"),
     ("B42F6819007F00F88E364FD4036A9C25BF357DD4", "fingerprint"), ("0x036A9C25BF357DD4", "fingerprint"), ("a" * 64, "checksum"), ("ssh-rsa AAAA x@y", "public"), ("hunter2", "text")],
)
def test_shapes(value: str, shape: str) -> None:
    assert values.shape(f'"{value}"') == shape


@pytest.mark.parametrize(
    "data",
    [b"://" * 1_000_000, b"://a:" * 600_000, b"eyJ" * 1_000_000, b"eyJ" + b"a" * 3_000_000, b"-----BEGIN " * 300_000, b"-----BEGIN RSA PRIVATE KEY-----" * 100_000, b"sk-" * 1_000_000,
     b"glpat-" * 500_000, b"xoxb-" * 600_000, b"password=" * 300_000 + b"Password=", b"a" * 3_000_000 + b"@tcp(", b";Password=" * 300_000, b"AKIA" * 700_000],
    ids=range(13),
)
def test_hostile_text_takes_linear_time(data: bytes) -> None:
    begun = time.process_time()
    values.find_literals(data)
    assert time.process_time() - begun < 3 * SLOWER


@pytest.mark.parametrize("text", ["a" * 100_000, "x-" * 60_000, "your" * 30_000, "/" * 100_000, "0 " * 50_000, "a." * 60_000, "A1 " * 40_000])
def test_hostile_values_take_linear_time(text: str) -> None:
    begun = time.process_time()
    values.placeholder(text), values.shape(text), values.userinfo(text), values.change_me(text), values.random_looking(text)
    assert time.process_time() - begun < 1 * SLOWER

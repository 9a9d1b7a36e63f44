"""The mount flag's text, and which form a frontend and an engine take."""

from __future__ import annotations

import pytest

from remediate.emit.engines import ALIASES, ENGINE_NAMES, LIMITS, engine_named, knows, parse_version
from remediate.emit.frontends import FRONTENDS, EnvSupport, frontend_support, parse_reference
from remediate.emit.mounts import SYNTAX_LINE, fits_in_mount, frontend_supports_env, mount_flag

YES, ADD, FILE, NONE = EnvSupport.YES, EnvSupport.ADD_SYNTAX_LINE, EnvSupport.FILE, EnvSupport.NO_MOUNTS


@pytest.mark.parametrize(
    ("arguments", "flag"),
    [
        ({"id": "npm_token", "env": "NPM_TOKEN"}, "--mount=type=secret,id=npm_token,env=NPM_TOKEN,required=true"),
        ({"id": "npm_token"}, "--mount=type=secret,id=npm_token,required=true"),
        ({"id": "npm_token", "required": False}, "--mount=type=secret,id=npm_token"),
        ({"id": "npmrc", "target": "/root/.npmrc"}, "--mount=type=secret,id=npmrc,target=/root/.npmrc,required=true"),
        ({"id": "t", "mode": 0o444}, "--mount=type=secret,id=t,mode=0444,required=true"),
        ({"id": "t", "uid": 1000, "mode": 0o400}, "--mount=type=secret,id=t,uid=1000,mode=0400,required=true"),
        ({"id": "t", "uid": 0}, "--mount=type=secret,id=t,uid=0,required=true"),
        ({"id": "default", "kind": "ssh"}, "--mount=type=ssh,required=true"),
        ({"id": "github", "kind": "ssh", "required": False}, "--mount=type=ssh,id=github"),
    ],
)
def test_mount_flag(arguments: dict[str, object], flag: str) -> None:
    assert mount_flag(**arguments) == flag  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["a,b", "a b", "$HOME/x", 'a"b', "a'b", "a\\b", "a\nb", "a`b", "a\x1bb", ""])
@pytest.mark.parametrize("place", ["id", "env", "target"])
def test_a_value_that_would_change_the_flag_is_refused(value: str, place: str) -> None:
    assert not fits_in_mount(value)
    with pytest.raises(ValueError, match="cannot hold") as caught:
        mount_flag(**{"id": "x", place: value})
    assert not value.strip() or value not in str(caught.value)


@pytest.mark.parametrize("row", FRONTENDS, ids=lambda row: row.example)
def test_each_frontend_row_decides_its_example_and_not_its_counter_example(row: object) -> None:
    assert frontend_support(row.example) == row.support  # type: ignore[attr-defined]
    reference, _ = parse_reference(row.counter)  # type: ignore[attr-defined]
    version = reference.version
    fits = version is not None and row.since <= version < row.before and reference.channel == row.channel  # type: ignore[attr-defined]
    assert not fits
    assert row.source  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ("docker/dockerfile", YES),
        ("docker/dockerfile:1", YES),
        ("docker/dockerfile:latest", YES),
        ("docker/dockerfile:1.10", YES),
        ("docker/dockerfile:1.10.0-rc1", YES),
        ("docker/dockerfile:1.26.0", YES),
        ("docker/dockerfile:1-labs", YES),
        ("docker/dockerfile:labs", YES),
        ("docker/dockerfile:1.14-labs", YES),
        ("docker.io/docker/dockerfile:1", YES),
        ("index.docker.io/docker/dockerfile:1.12", YES),
        ("docker/dockerfile-upstream:master", YES),
        ("docker/dockerfile-upstream:master-labs", YES),
        ("docker/dockerfile:1 some note", YES),
        ("docker/dockerfile:1.2", FILE),
        ("docker/dockerfile:1.4", FILE),
        ("docker/dockerfile:1.4.0-labs-rc1", FILE),
        ("docker/dockerfile:1.9.0", FILE),
        ("docker/dockerfile:1.2-labs", FILE),
        ("docker/dockerfile:experimental", FILE),
        ("docker/dockerfile:1-experimental", FILE),
        ("docker/dockerfile:1.0-experimental", FILE),
        ("docker/dockerfile:1.1.7-experimental", FILE),
        ("docker/dockerfile:1@sha256:" + "a" * 64, FILE),
        ("docker/dockerfile:1.12@sha256:" + "a" * 64, FILE),
        ("docker/dockerfile@sha256:" + "a" * 64, FILE),
        ("docker/dockerfile:2", FILE),
        ("docker/dockerfile:nightly", FILE),
        ("registry.example:5000/docker/dockerfile:1.12", FILE),
        ("registry.example:5000/frontend", FILE),
        ("acme/buildpack-frontend:3", FILE),
        ("", FILE),
        ("docker/dockerfile:1.0", NONE),
        ("docker/dockerfile:1.0.1", NONE),
        ("docker/dockerfile:1.1", NONE),
        ("docker/dockerfile:1.1.7@sha256:" + "b" * 64, NONE),
    ],
)
def test_syntax_line_decides(value: str, answer: EnvSupport) -> None:
    support = frontend_supports_env(value)
    assert support.answer is answer
    assert bool(support.code and support.reason) == (answer is not YES)


@pytest.mark.parametrize(
    ("engine", "version", "answer"),
    [
        ("docker", "", ADD),
        ("auto", "", ADD),
        ("compose", "", ADD),
        ("bake", "", ADD),
        ("docker", "26.1.5", ADD),
        ("docker", "23.0", ADD),
        ("docker", "28.5.2", YES),
        ("docker", "20.10.24+dfsg1", FILE),
        ("docker", "19.03.15", NONE),
        ("buildx", "", ADD),
        ("buildx", "0.16.0", YES),
        ("buildx", "v0.15.2", ADD),
        ("buildx", "0.9.3", FILE),
        ("buildx", "0.7.2", NONE),
        ("buildx", "20.10", FILE),
        ("nerdctl", "", ADD),
        ("buildah", "", FILE),
        ("buildah", "1.43.1", FILE),
        ("buildah", "1.44.0", YES),
        ("buildah", "1.45", YES),
        ("buildah", "1.19.6", NONE),
        ("podman", "", FILE),
        ("podman", "5.8.2", FILE),
        ("podman", "3.0", NONE),
    ],
)
def test_engine_decides_without_a_syntax_line(engine: str, version: str, answer: EnvSupport) -> None:
    assert frontend_supports_env(None, engine, version).answer is answer


@pytest.mark.parametrize(
    ("syntax", "engine", "version", "answer"),
    [
        # Buildah reads no syntax line: neither a new one helps nor an old one harms.
        ("docker/dockerfile:1", "buildah", "1.43", FILE),
        ("docker/dockerfile:1.4", "buildah", "1.45", YES),
        ("docker/dockerfile:1.0", "podman", "", FILE),
        # A new frontend does not help an old daemon; an old frontend holds a new daemon back.
        ("docker/dockerfile:1", "docker", "20.10.24", FILE),
        ("docker/dockerfile:1.4", "docker", "28.5.2", FILE),
        ("docker/dockerfile:1", "docker", "26.1.5", YES),
    ],
)
def test_engine_and_syntax_line_together(syntax: str, engine: str, version: str, answer: EnvSupport) -> None:
    assert frontend_supports_env(syntax, engine, version).answer is answer


def test_the_line_that_is_added_is_one_that_knows_env() -> None:
    assert frontend_supports_env(SYNTAX_LINE.partition("=")[2]).answer is YES


def test_every_engine_has_the_limits_that_are_asked_for() -> None:
    for name in (*ENGINE_NAMES, *ALIASES):
        for what in ("mounts", "env"):
            assert knows(name, "0.1", what) is False, (name, what)
        assert knows(name, "", "env") is None
    assert all(limit.source for limit in LIMITS)
    with pytest.raises(KeyError):
        engine_named("kaniko")


@pytest.mark.parametrize(
    ("text", "version"),
    [("28.5.2", (28, 5, 2)), ("v1.43.1", (1, 43, 1)), ("20.10.24+dfsg1", (20, 10, 24)), ("1.45-dev", (1, 45)), ("", ()), ("new", ()), ("9" * 5000, ())],
)
def test_parse_version(text: str, version: tuple[int, ...]) -> None:
    assert parse_version(text) == version


def test_a_hostile_syntax_value_costs_little() -> None:
    assert frontend_supports_env("docker/dockerfile:" + "1." * 500_000).answer is FILE

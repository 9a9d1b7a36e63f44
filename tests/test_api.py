"""The Python interface: what it takes, what it gives back, and that it neither prints nor writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from dockerfile_parse import DockerfileParser

import remediate
from remediate import Options, RemediateError

LEAKY = "FROM node:20\nARG NPM_TOKEN\nCOPY . .\nRUN npm ci\n"
FIXED = (
    "# syntax=docker/dockerfile:1\nFROM node:20\nCOPY . .\n"
    "RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN,required=true npm ci\n"
)


@pytest.mark.parametrize("given", [LEAKY, LEAKY.encode()])
def test_text(given: str | bytes, capsys: pytest.CaptureFixture[str]) -> None:
    done = remediate.fix(given)
    assert done.files[0].after == FIXED.encode()
    assert done.commands[0].argv == ("docker", "build", "--secret", "id=npm_token,env=NPM_TOKEN", ".")
    assert capsys.readouterr() == ("", "")


def test_check_applies_nothing() -> None:
    found = remediate.check(LEAKY)
    assert [(f.name, f.line, f.fix, f.applied) for f in found.files[0].findings] == [("NPM_TOKEN", 2, "safe", False)]
    assert found.files[0].after == found.files[0].before
    assert found.commands == ()


@pytest.mark.parametrize("as_text", [True, False])
def test_a_path_is_read_and_not_written(tmp_path: Path, as_text: bool) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text(LEAKY)
    (tmp_path / "package.json").write_text("{}")
    done = remediate.fix(str(path) if as_text else path)
    assert done.files[0].after == FIXED.encode()
    assert path.read_text() == LEAKY


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(LEAKY)
    (tmp_path / "b.Dockerfile").write_text("NO such\n")
    done = remediate.check(tmp_path)
    assert [Path(f.path).name for f in done.files] == ["Dockerfile"]
    assert [error.line for error in done.errors] == [1]


def test_a_dockerfile_parser_is_updated(tmp_path: Path) -> None:
    parser = DockerfileParser(path=str(tmp_path))
    parser.content = LEAKY
    done = remediate.fix(parser)
    assert parser.content == FIXED
    assert [s["instruction"] for s in parser.structure] == ["COMMENT", "FROM", "COPY", "RUN"]
    assert done.files[0].secrets[0].consumers == (4,)
    remediate.check(parser)
    assert parser.content == FIXED


def test_options() -> None:
    done = remediate.fix(LEAKY, Options(delivery="file", engine="buildah"))
    assert b"/run/secrets/npm_token" in done.files[0].after
    assert done.commands[0].argv[:2] == ("buildah", "build")


def test_parse_is_lossless_and_says_where_it_fails() -> None:
    assert bytes(remediate.parse(LEAKY)) == LEAKY.encode()
    assert [i.keyword for i in remediate.parse(LEAKY.encode()).instructions] == ["FROM", "ARG", "COPY", "RUN"]
    with pytest.raises(RemediateError) as error:
        remediate.fix("FROM a\nRUN <<EOF\nx\n")
    assert error.value.line == 2


def test_what_is_not_there() -> None:
    with pytest.raises(AttributeError):
        remediate.nothing  # noqa: B018

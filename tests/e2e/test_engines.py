"""Each engine is what its name says, and does what the tool's knowledge of engines claims."""

from __future__ import annotations

from pathlib import Path

from .case import load
from .commands import Command, expand, parse
from .conftest import write_case
from .engines import ENGINES, Engine
from .plants import plant


def _build(engine: Engine, tmp: Path, dockerfile: str, command: Command, env: dict[str, str]) -> tuple[bool, str]:
    folder = ENGINES / "work" / f"fact-{engine.name}-{tmp.name}" / "context"
    folder.mkdir(parents=True)
    (folder / "Dockerfile").write_text(dockerfile)
    engine.name_base("fact:1")
    built = engine.build(command, "", folder, env)
    return built.ok, built.log


def test_version(engine: Engine) -> None:
    assert engine.version().startswith(engine.claims + ".")


def test_env_mounts_where_claimed(engine: Engine, tmp_path: Path) -> None:
    text = "FROM fact:1\nRUN --mount=type=secret,id=t,env=T npm ci\n"
    ok, log = _build(engine, tmp_path, text, Command(secrets=("id=t,env=T",)), {"T": "x"})
    assert ok == engine.env_mounts, log


def test_heredocs_where_claimed(engine: Engine, tmp_path: Path) -> None:
    ok, log = _build(engine, tmp_path, "FROM fact:1\nRUN <<EOF\nnpm ci\ntest -f /node_modules/.made\nEOF\n", Command(), {})
    assert ok == engine.heredocs, log


def test_file_mount_with_owner_for_other_users(engine: Engine, tmp_path: Path) -> None:
    text = 'FROM fact:1\nUSER 1000\nRUN --mount=type=secret,id=t,required=true,uid=1000 test "$(cat /run/secrets/t)" = x\n'
    ok, log = _build(engine, tmp_path, text, Command(secrets=("id=t,env=T",)), {"T": "x"})
    assert ok, log


def test_argv_of_a_command_line(tmp_path: Path) -> None:
    line = 'docker buildx build --build-arg "V=$V" \\\n  --secret id=a,env=A -t x --target=two -f "a b/Dockerfile" .'
    (argv,) = expand(line, {"V": "1 2"}, tmp_path)
    assert parse(argv) == Command(("V=1 2",), ("id=a,env=A",), target="two", file="a b/Dockerfile", context=".")


def test_needles_find_every_spelling() -> None:
    import base64

    made = plant("K")
    for text in (b"x" + made.core.encode(), made.core.encode().hex().encode(), made.core.encode("utf-16-le")):
        assert any(needle in text for _, needle in made.needles())
    for lead in (b"", b"u", b"u:", b"usr"):
        encoded = base64.b64encode(lead + made.core.encode() + b"@tail")
        assert any(needle in encoded for _, needle in made.needles()), lead
    other = plant("K")
    assert not any(needle in other.core.encode() or needle in base64.b64encode(other.core.encode()) for _, needle in made.needles())


def test_case_file_is_strict(tmp_path: Path) -> None:
    import pytest

    def made(toml: str) -> Path:
        return write_case(tmp_path, {"Dockerfile": "FROM a\n"}, {"Dockerfile": "FROM a\n"}, toml, "docker build .")

    for toml, word in (
        ('expect = "fixed"\nbuild_arg = ["A"]\n[consumers]\n', "build_arg"),
        ('expect = "fixd"\n', "expect"),
        ('expect = "fixed"\nbuild_args = ["A"]\n', "consumers"),
        ('expect = "fixed"\nbuild_args = ["A"]\n[consumers]\nB = ["npm ci"]\n', "B is neither"),
        ('expect = "fixed"\nbuild_args = "A"\n[consumers]\n', "list"),
    ):
        with pytest.raises(ValueError, match=word):
            load(made(toml))
    assert load(made('expect = "refused"\n')).built is False

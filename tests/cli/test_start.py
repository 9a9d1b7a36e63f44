"""The start of the program: exit codes of accidents, the short way for `check`, and what is not imported on it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate import __main__ as start
from remediate import cli
from remediate.emit.engines import ENGINE_NAMES
from remediate.model import RemediateError

from .texts import CLEAN, LEAKY, Run

ARGUMENTS = st.lists(st.sampled_from(["check", "fix", "-", "a", "--format", "json", "text", "--format=json", "--color", "auto", "--color=x", "--", "-h", "", "--diff", "--strict", "--check", "--diff=x", "-x"]), max_size=6)


@given(ARGUMENTS)
def test_the_short_way_reads_arguments_as_click_does(arguments: list[str]) -> None:
    plain = start.plain_check(arguments)
    if plain is None:
        return
    context = cli.check.make_context("check", list(arguments[1:]))
    assert (tuple(plain[0]), plain[1], plain[2]) == (context.params["paths"], context.params["form"], context.params["color"])


@given(ARGUMENTS)
def test_the_short_way_of_a_fix_reads_arguments_as_click_does(arguments: list[str]) -> None:
    plain = start.plain_fix(["fix", *arguments])
    if plain is None:
        return
    paths, form, color, flags = plain
    found = cli.fix.make_context("fix", list(arguments)).params
    assert (tuple(paths), form, color) == (found["paths"], found["form"], found["color"])
    assert flags == {f"--{name}" for name, key in (("diff", "diff"), ("check", "dry"), ("strict", "strict")) if found[key]}
    assert not (form == "json" and "--diff" in flags)


def test_the_short_way_of_a_fix_has_the_options_of_the_long_one(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    def noted(paths: list[str], *given: object, **flags: bool) -> int:
        seen.append((list(paths), *given, flags))
        return 0

    monkeypatch.setattr("remediate.actions.fix", noted)
    arguments = ["fix", "a", "--check", "--strict", "--format=json"]
    assert start.run(arguments) == 0
    assert cli.run(arguments) == 0
    assert seen[0] == seen[1]


def test_the_short_way_is_taken_for_what_is_plain() -> None:
    assert start.plain_fix(["fix", "a", "--diff"]) == (["a"], "text", "auto", {"--diff"})
    for arguments in (["check"], ["fix", "--transition"], ["fix", "--diff", "--format", "json"], ["fix", "--engine", "podman"], ["fix", "-h"]):
        assert start.plain_fix(arguments) is None
    assert start.plain_check(["check"]) == ([], "text", "auto")
    assert start.plain_check(["check", "a", "--format=json", "-", "--color", "never"]) == (["a", "-"], "json", "never")
    for arguments in ([], ["fix"], ["check", "--format"], ["check", "-h"], ["check", "--", "a"], ["check", "--format", "xml"]):
        assert start.plain_check(arguments) is None


def loaded(folder: Path, *arguments: str) -> set[str]:
    """The modules that a run imports."""
    code = "import sys; from remediate.__main__ import run; code = run(sys.argv[1:]); print(' '.join(sys.modules), file=sys.stderr); sys.exit(code)"
    # Without the measuring of coverage, which imports a good deal itself.
    bare = {k: v for k, v in os.environ.items() if not k.startswith("COV")} | {"PYTHONPATH": str(Path(start.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code, *arguments], cwd=folder, capture_output=True, text=True, check=False, env=bare)
    return set(done.stderr.split("\n")[-2].split())


def test_a_check_of_a_clean_file_imports_little(folder: Path) -> None:
    (folder / "Dockerfile").write_text(CLEAN)
    heavy = {"click", "tree_sitter", "tree_sitter_bash", "json", "multiprocessing", "subprocess", "tomllib", "importlib.metadata", "difflib", "remediate.report.mask", "remediate.cli"}
    assert not loaded(folder, "check", "Dockerfile") & heavy
    assert not loaded(folder, "--version") & heavy


WORKFLOW = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: docker/build-push-action@v6\n        with:\n          build-args: NPM_TOKEN=${{ secrets.NPM_TOKEN }}\n"
READERS = {"libcst", "tree_sitter_hcl", "tree_sitter_json", "yaml", "remediate.formats.yaml", "remediate.formats.json", "remediate.formats.hcl", "remediate.formats.groovy", "remediate.formats.make", "remediate.formats.just"}


@pytest.mark.parametrize(
    ("path", "text", "readers"),
    [
        (".github/workflows/a.yml", WORKFLOW, {"remediate.formats.yaml"}),
        ("build.sh", "docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n", set()),
        ("build.py", "print('no build here')\n", set()),
        ("Makefile", "all:\n\ttrue\n", set()),
        (".github/workflows/a.yml", "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: npm test\n", set()),
        ("docker-compose.yml", "services:\n  a:\n    image: postgres\n", set()),
        ("docker-bake.hcl", 'group "a" {}\n', set()),
    ],
)  # fmt: skip
def test_a_fix_imports_the_readers_that_its_callers_need(folder: Path, path: str, text: str, readers: set[str]) -> None:
    (folder / ".git").mkdir()
    (folder / "Dockerfile").write_text(LEAKY)
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text)
    found = loaded(folder, "fix", "--diff")
    assert found & READERS == readers
    assert not found & {"multiprocessing", "subprocess", "tomllib", "rich"}
    kinds = {name for name in found if name.startswith("remediate.callers.kinds.")}
    assert bool(kinds) is ("build-arg" in text)


def test_libcst_is_loaded_for_a_program_that_builds(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / "Dockerfile").write_text(LEAKY)
    (folder / "build.py").write_text("import subprocess\nsubprocess.run(['docker', 'build', '--build-arg', 'NPM_TOKEN', '.'])\n")
    assert "libcst" in loaded(folder, "fix", "--diff")


def test_a_broken_pipe_is_quiet(folder: Path) -> None:
    for number in range(40):
        (folder / f"{number}.Dockerfile").write_text(LEAKY * 1 + "# pad\n" * 10)
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([sys.executable, "-m", "remediate", "check"], cwd=folder, stdout=writer, stderr=subprocess.PIPE, check=False, env={**os.environ, "PYTHONPATH": str(Path(start.__file__).parents[1])})
    os.close(writer)
    assert done.returncode == start.BROKEN_PIPE
    assert done.stderr == b""


def test_an_interrupt_is_130_without_a_traceback(folder: Path) -> None:
    process = subprocess.Popen([sys.executable, "-m", "remediate", "check", "-"], cwd=folder, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(Path(start.__file__).parents[1])}, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == start.INTERRUPTED
    assert b"Traceback" not in errors


@pytest.mark.parametrize(("error", "code"), [(RemediateError("is bad", "a\x1bb", 2), 3), (MemoryError(), 3), (RecursionError(), 3), (KeyboardInterrupt(), 130), (click.Abort(), 130)])
def test_accidents_have_exit_codes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, code: int) -> None:
    def fail(*_: object) -> int:
        raise error

    monkeypatch.setattr("remediate.actions.command", fail)
    assert start.run(["command"]) == code
    errors = capsys.readouterr().err
    assert "\x1b" not in errors and "Traceback" not in errors
    assert ("a\\x1bb:2: is bad" in errors) is isinstance(error, RemediateError)


def test_a_defect_shows_its_place_and_no_value(folder: Path) -> None:
    code = (
        "import sys, remediate.actions as a, remediate.__main__ as m\n"
        "def fail(*_): raise ValueError('pl4nted')\n"
        "a.check = fail; sys.argv = ['remediate', 'check']; m.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(Path(start.__file__).parents[1])})
    assert done.returncode == start.DEFECT
    assert "ValueError at <string>:2" in done.stderr
    assert "pl4nted" not in done.stderr and "Traceback" not in done.stderr


def test_the_engines_offered_are_those_there_are(remediate_cli: Run) -> None:
    assert ("auto", *ENGINE_NAMES) == cli.ENGINES

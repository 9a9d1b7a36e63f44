"""Input that is broken, huge or hostile: one clear line and exit code 3, or a normal report; never a traceback, a value or a stray write."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

from remediate import __main__ as start
from tests.clock import SLOWER

from .texts import FIXED, LEAKY


def _load(name: str) -> ModuleType:
    """A module of tests/corpus, which is a folder of scripts; once, also when other tests load it, too."""
    if name in sys.modules:
        return sys.modules[name]
    path = Path(__file__).parents[1] / "corpus" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


bad_shapes = _load("bad_shapes")
bad_input = _load("bad_input")
SHAPES, PLANTED = bad_shapes.SHAPES, bad_shapes.PLANTED
SMALL = [name for name, one in SHAPES.items() if not one.big and not one.half and "permission" not in name]
BIG = [
    "file of 100 MB", "line of 3 MB", "heredoc of 5 MB", "64 lines of 64 KB in RUN", "200,000 continuation lines in RUN",
    "5,000 stages, secret in the first", "5,000 ENVs, each from the one before", "ENV that doubles 60 times", "ENV that doubles 60 times, plain",
    "global ARG that doubles 60 times, in FROM", "9,000 nested $(", "sh -c nested 50 deep, badly escaped", "1,000 heredocs on one RUN",
    "${A:-${B:-... 10,000 deep in RUN", "10,000 ignore comments", "remediate.toml of 10 MB", ".dockerignore with patterns like bombs",
    ".gitignore with patterns like bombs", "context with a sparse file of 1 GB",
]  # fmt: skip


@pytest.mark.parametrize("name", SMALL)
def test_small_input(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], name: str) -> None:
    shape = SHAPES[name]
    paths = shape.make(folder)
    monkeypatch.chdir(folder)
    before = _snapshot(folder.parent)
    for command in (["check"], ["check", "--format", "json"], ["fix", "--check", "--format=json"], ["command"]):
        began = time.process_time()
        code = start.run([*command, *paths])
        out, err = capfd.readouterr()
        assert time.process_time() - began < 2 * SLOWER
        assert code in (shape.codes if command[0] == "check" else (*shape.codes, *((0, 1) if 1 in shape.codes else ()))), (code, out, err)
        assert PLANTED not in out + err and "\x1b" not in out + err
        if code == 3:
            _assert_clear(command, out, err, whole=name.startswith(("broken remediate", "remediate.toml")))
    assert _snapshot(folder.parent) == before


def _assert_clear(command: list[str], out: str, err: str, *, whole: bool) -> None:
    """An error is one line with a path; in JSON it stands in `errors`, unless it stopped everything (a bad configuration)."""
    if "json" in command[-1] and not whole:
        errors = json.loads(out)["errors"]
        assert errors and all(error["path"] and error["message"] and "\n" not in error["message"] for error in errors)
    else:
        lines = [line for line in (out + err).split("\n") if line.startswith("error: ")]
        assert lines and all(": " in line.removeprefix("error: ") for line in lines), out + err


@pytest.mark.parametrize("name", SMALL)
def test_fix_of_small_input_stays_in_the_folder(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], name: str) -> None:
    paths = SHAPES[name].make(folder)
    monkeypatch.chdir(folder)
    outside = {path: content for path, content in _snapshot(folder.parent).items() if not path.startswith("work/")}
    names = {path for path in _snapshot(folder.parent) if path.startswith("work/")}
    code = start.run(["fix", *paths])
    out, err = capfd.readouterr()
    assert code in (0, 1, 3)
    assert PLANTED not in out + err
    after = _snapshot(folder.parent)
    assert {path: content for path, content in after.items() if not path.startswith("work/")} == outside
    assert {path for path in after if path.startswith("work/")} == names, "helper files stay behind"


def _snapshot(top: Path) -> dict[str, bytes]:
    """Every path below `top` with its content; links by where they lead."""
    out: dict[str, bytes] = {}
    for here, folders, files in os.walk(os.fspath(top)):
        for name in (*folders, *files):
            path = os.path.join(here, name)
            relative = os.path.relpath(path, top)
            if os.path.islink(path):
                out[relative] = os.fsencode(os.readlink(path))
            elif os.path.isfile(path):
                out[relative] = Path(path).read_bytes()
            else:
                out[relative] = b""
    return out


@pytest.mark.skipif(sys.platform != "linux", reason="drops the rights of root with prctl")
@pytest.mark.parametrize("name", ["permission denied", "folder without permission", *BIG])
def test_big_input_is_bounded(folder: Path, name: str) -> None:
    shape = SHAPES[name]
    paths = bad_input.make(name, folder)
    ran = bad_input.run(["check", *paths], folder, 20)
    for path in folder.iterdir():
        path.chmod(0o755)
    assert bad_input.faults(ran, shape.codes, 10, 600) == []


def test_a_bad_file_does_not_hide_a_good_one(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(folder)
    Path("bad.Dockerfile").write_bytes(b"\0")
    Path("good.Dockerfile").write_text(LEAKY)
    for paths in (["bad.Dockerfile", "good.Dockerfile"], ["good.Dockerfile", "bad.Dockerfile"], ["."]):
        assert start.run(["check", *paths]) == 3
        out, _ = capfd.readouterr()
        assert "good.Dockerfile:2:5: NPM_TOKEN" in out and "bad.Dockerfile:1: " in out
        assert start.run(["check", "--format=json", *paths]) == 3
        report = json.loads(capfd.readouterr()[0])
        assert [(e["path"], e["line"]) for e in report["errors"]] == [("bad.Dockerfile", 1)]
        assert [len(file["findings"]) for file in report["files"] if file["path"] == "good.Dockerfile"] == [1]


@pytest.mark.parametrize("bad", [b"\0", b"", b"FROM a\nNONSENSE\n", b"FROM a\nRUN <<E\n", b"FROM a\nARG A,B_TOKEN\nRUN ./x\n", b"FROM a\n" + b"x" * 70_000], ids=repr)
def test_fix_writes_the_good_file_and_leaves_the_bad(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], bad: bytes) -> None:
    monkeypatch.chdir(folder)
    Path("a.Dockerfile").write_bytes(bad)
    Path("b.Dockerfile").write_text(LEAKY)
    assert start.run(["fix"]) == (0 if b"A,B" in bad else 3)
    assert Path("b.Dockerfile").read_text() == FIXED
    assert Path("a.Dockerfile").read_bytes() == bad
    assert "a.Dockerfile" in "".join(capfd.readouterr())


@pytest.mark.parametrize("accident", [RecursionError, MemoryError])
def test_an_accident_in_one_file_does_not_stop_the_others(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], accident: type[Exception]) -> None:
    from remediate.pipeline import many

    real = many.process

    def process(data: bytes, path: str, *rest: object, **more: object) -> object:
        if path == "a.Dockerfile":
            raise accident
        return real(data, path, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(many, "process", process)
    monkeypatch.chdir(folder)
    Path("a.Dockerfile").write_text(LEAKY)
    Path("b.Dockerfile").write_text(LEAKY)
    assert start.run(["check"]) == 3
    out, err = capfd.readouterr()
    assert "b.Dockerfile:2:5" in out and "error: a.Dockerfile: " in out + err


def test_a_full_disk_leaves_whole_files(folder: Path) -> None:
    """The second file's new content does not fit: it stays as it was, nothing is left beside it, and the report says so."""
    (folder / "a.Dockerfile").write_text(LEAKY)
    long = LEAKY + "# pad\n" * 10_000
    (folder / "b.Dockerfile").write_text(long)
    ran = bad_input.run(["fix", "--format", "json"], folder, file_size=30_000)
    assert ran.code == 3, ran.err
    assert (folder / "a.Dockerfile").read_text() in (FIXED, LEAKY)
    assert (folder / "b.Dockerfile").read_text() == long
    assert sorted(os.listdir(folder)) == ["a.Dockerfile", "b.Dockerfile"]
    report = json.loads(ran.out)
    assert [error["path"].rpartition("/")[2] for error in report["errors"]] == ["b.Dockerfile"]
    for file in report["files"]:
        written = (folder / file["path"]).read_text() == FIXED
        assert file["changed"] is written
        assert all(finding["applied"] is written for finding in file["findings"])
    assert [command["path"] for command in report["commands"]] == [file["path"] for file in report["files"] if file["changed"]]


@pytest.mark.skipif(sys.platform != "linux", reason="drops the rights of root with prctl")
def test_a_folder_that_cannot_be_written(folder: Path) -> None:
    (folder / "Dockerfile").write_text(LEAKY)
    folder.chmod(0o555)
    fixed, checked = bad_input.run(["fix"], folder), bad_input.run(["check"], folder)
    folder.chmod(0o755)
    assert (fixed.code, checked.code) == (3, 1)
    assert (folder / "Dockerfile").read_text() == LEAKY
    assert b"Dockerfile: cannot be written: permission denied" in fixed.out + fixed.err


def test_a_file_that_vanishes(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    from remediate.pipeline import many

    monkeypatch.chdir(folder)
    Path("a.Dockerfile").write_text(LEAKY)
    Path("b.Dockerfile").write_text(LEAKY)
    real = many.Worker.one

    def late(self: many.Worker, *given: object) -> object:
        Path("a.Dockerfile").unlink(missing_ok=True)
        return real(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(many.Worker, "one", late)
    assert start.run(["fix"]) == 3
    assert "error: a.Dockerfile: no such file" in "".join(capfd.readouterr())
    assert Path("b.Dockerfile").read_text() == FIXED
    assert not Path("a.Dockerfile").exists()


@pytest.mark.parametrize("change", ["replaced by a link", "changed"])
def test_a_file_that_is_another_one_when_it_is_written(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], change: str) -> None:
    from remediate.pipeline import write

    monkeypatch.chdir(folder)
    Path("Dockerfile").write_text(LEAKY)
    victim = folder.parent / "victim"
    victim.write_text(LEAKY)
    real = write._write

    def late(*given: object) -> object:
        if change == "changed":
            Path("Dockerfile").write_text(LEAKY + "# edited\n")
        else:
            Path("Dockerfile").unlink()
            Path("Dockerfile").symlink_to(victim)
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(write, "_write", late)
    assert start.run(["fix"]) == 3
    assert victim.read_text() == LEAKY
    assert "error: " in "".join(capfd.readouterr())
    assert os.listdir(folder) == ["Dockerfile"]


def test_a_hostile_name_stays_inside_the_patch(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """A name cannot add a line to the patch, nor an escape code to the terminal."""
    name = "a\n+++ b/etc/passwd\n\x1b[2J.Dockerfile"
    (folder / "sub").mkdir()
    monkeypatch.chdir(folder / "sub")
    try:
        Path(name.replace("/", "_")).write_text(LEAKY)
    except OSError:
        pytest.skip("the file system takes no such name")
    assert start.run(["fix", "--diff"]) == 0
    out, err = capfd.readouterr()
    assert "\x1b" not in out + err
    assert sum(line.startswith("+++ ") for line in out.split("\n")) == 1


def test_errors_never_show_a_value(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(folder)
    for number, text in enumerate((
        f"FROM a\nENV API_TOKEN={PLANTED}\nRUN <<{PLANTED}\nx\n", f"FROM a\n{PLANTED} x\n", f"# escape={PLANTED}\nFROM a\n",
        f"FROM a\nONBUILD {PLANTED}\n", f"FROM a b {PLANTED}\n", f'FROM a\nENV A="{PLANTED}\n', f"FROM a\nENV {PLANTED}\n",
    )):  # fmt: skip
        Path(f"{number}.Dockerfile").write_text(text)
    for command in (["check"], ["check", "--format", "json"], ["fix", "--check"], ["fix", "--diff", "--redact"], ["command"]):
        assert start.run(command) == 3
        assert PLANTED not in "".join(capfd.readouterr()), command

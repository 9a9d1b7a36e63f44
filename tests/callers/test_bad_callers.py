"""Callers that are broken, huge or hostile, through the whole program: a refusal with its place, nothing outside touched, no accident.

The inputs are those of `tests/corpus/bad_callers.py`; the large ones are run by `python tests/corpus/bad_input.py callers:`.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from remediate import __main__ as start
from tests.clock import SLOWER

CORPUS = Path(__file__).parents[1] / "corpus"


def _load() -> list[ModuleType]:
    """The modules of a folder of scripts, which other tests load, too."""
    sys.path.insert(0, os.fspath(CORPUS))
    try:
        return [importlib.import_module(name) for name in ("bad_input", "bad_shapes", "bad_callers")]
    finally:
        sys.path.remove(os.fspath(CORPUS))


bad_input, bad_shapes, bad_callers = _load()
SHAPES, PLANTED = bad_shapes.SHAPES, bad_shapes.PLANTED
_SMALL = [name for name, shape in SHAPES.items() if shape.half and not shape.big]
_OF_KINDS = [name for name in _SMALL if name.removeprefix("callers: ").partition(", ")[0] in bad_callers.FORMS]
# Each kind in some of the ways: the script runs all.
SMALL = _OF_KINDS[::3] + [name for name in _SMALL if name not in _OF_KINDS]
BIG = [
    "callers: compose, 50 MB, at the end", "callers: github-actions, 50 MB, at the middle", "callers: make, 50 MB, at the start",
    "callers: 100,000 aliases", "callers: 300 workflows, each calls all", "callers: shell: a loop over 10,000",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    here = tmp_path / "work"
    here.mkdir()
    monkeypatch.chdir(here)
    yield here


def snapshot(top: Path) -> dict[str, bytes]:
    """Every path below `top` with its content; links by where they lead."""
    out: dict[str, bytes] = {}
    for here, folders, files in os.walk(os.fspath(top)):
        for name in (*folders, *files):
            path = os.path.join(here, name)
            if os.path.islink(path):
                out[os.path.relpath(path, top)] = os.fsencode(os.readlink(path))
            else:
                out[os.path.relpath(path, top)] = Path(path).read_bytes() if os.path.isfile(path) else b""
    return out


@pytest.mark.parametrize("name", SMALL)
def test_a_bad_caller(folder: Path, capfd: pytest.CaptureFixture[str], name: str) -> None:
    shape = SHAPES[name]
    paths = shape.make(folder)
    before = snapshot(folder.parent)
    began = time.process_time()
    code = start.run([*shape.command.split(), *paths])
    used = time.process_time() - began
    out, err = capfd.readouterr()
    said = (out + err).encode("utf-8", "surrogateescape")
    assert used < 2 * SLOWER
    assert bad_input.faults(bad_input.Ran(code, said, b"", 0, 0, 0), shape.codes, 1, 1, shape.half) == [], out + err
    for refused in re.findall(r"^caller: (.*) not rewritten", out + err, re.MULTILINE):
        assert re.fullmatch(r".+:[1-9][0-9]*:", refused), refused
    assert snapshot(folder.parent) == before


@pytest.mark.parametrize("name", [n for n in SMALL if re.search("out of the repository|named like callers|hostile names|round|themsel|literal|template", n)])
def test_a_fix_stays_inside(folder: Path, capfd: pytest.CaptureFixture[str], name: str) -> None:
    """Written for real: no file comes or goes, links stay links, and what lies outside stays as it was."""
    paths = SHAPES[name].make(folder)
    before = snapshot(folder.parent)
    assert start.run(["fix", *paths]) in (0, 1)
    capfd.readouterr()
    after = snapshot(folder.parent)
    assert after.keys() == before.keys()
    assert {p: c for p, c in after.items() if not p.startswith("work/")} == {p: c for p, c in before.items() if not p.startswith("work/")}
    links = [p for p in before if (folder.parent / p).is_symlink()]
    assert all(after[p] == before[p] for p in links)


@pytest.mark.skipif(sys.platform != "linux", reason="drops the rights of root with prctl")
@pytest.mark.parametrize("name", BIG)
def test_a_big_caller_is_bounded(folder: Path, name: str) -> None:
    shape = SHAPES[name]
    paths = bad_input.make(name, folder)
    ran = bad_input.run([*shape.command.split(), *paths], folder, 20)
    assert bad_input.faults(ran, shape.codes, 60 if sys.gettrace() else 10, 500, shape.half) == []


def test_a_caller_that_was_not_read_is_said_to_be_so(folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """More callers than are read: each of the others that names the secret is refused, and the Dockerfile waits."""
    from remediate.callers import readings

    monkeypatch.setattr(readings, "MAX_READ", 2)
    files = {f"b{n}.sh": "docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n" for n in range(4)} | {"other.sh": "docker build .\n"}
    bad_callers.put(folder, files)
    assert start.run(["fix", "--diff"]) in (0, 1)
    out = "".join(capfd.readouterr())
    assert bad_input.half_of(out.encode()) == "held"
    assert "b2.sh:1: not rewritten [caller-format]" in out and "b3.sh:1: not rewritten" in out and "other.sh" not in out


def test_files_that_were_not_searched_are_said_to_be_so(folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Files whose names say nothing are searched last, and up to a limit; the callers among the others are found all the same."""
    from remediate.repo import caller_files

    monkeypatch.setattr(caller_files, "MAX_FILES", 3)
    files = {f"a{n}.ts": "export {}\n" for n in range(9)} | {"z.sh": "docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n"}
    bad_callers.put(folder, files)
    assert start.run(["fix", "--diff"]) == 0
    out = "".join(capfd.readouterr())
    assert bad_input.half_of(out.encode()) == "both"
    assert "warning: .: not every file was searched for callers" in out

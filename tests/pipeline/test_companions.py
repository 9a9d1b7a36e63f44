"""A Dockerfile and its `.dockerignore` go together: in the patch, in the JSON, and on disk."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import jsonschema
import pytest

import remediate
from remediate.model import Applicability, FileOutcome, Finding, IgnoreLines, Outcome
from remediate.pipeline.write import write
from remediate.report.as_json import dumps
from remediate.report.as_patch import as_patch

FOUND = Finding("secret-in-copy", ".npmrc", "COPY", 1, 1, 6, 1, 12, "", "in a layer", Applicability.SAFE, True)


def planned(path: str, ignore: IgnoreLines, after: bytes = b"FROM b\n") -> FileOutcome:
    return FileOutcome(path, b"FROM a\n", after, (FOUND,), ignore=(ignore,))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("Dockerfile", "b.Dockerfile"):
        (tmp_path / name).write_bytes(b"FROM a\n")
    return tmp_path


def test_both_are_written(here: Path) -> None:
    outcome = Outcome((planned("Dockerfile", IgnoreLines(".dockerignore", None, (".npmrc",))),))
    assert write(outcome) is outcome
    assert (here / "Dockerfile").read_bytes() == b"FROM b\n"
    assert (here / ".dockerignore").read_bytes() == b".npmrc\n"


def test_the_ignore_file_alone(here: Path) -> None:
    outcome = Outcome((planned("Dockerfile", IgnoreLines(".dockerignore", None, (".npmrc",)), after=b"FROM a\n"),))
    assert outcome.files[0].changed
    write(outcome)
    assert (here / ".dockerignore").read_bytes() == b".npmrc\n"
    assert b"Dockerfile" not in as_patch(outcome).split(b"diff --git")[1]


@pytest.mark.parametrize("before", [None, b"dist\n", b"dist"])
def test_two_dockerfiles_share_one(here: Path, before: bytes | None) -> None:
    if before is not None:
        (here / ".dockerignore").write_bytes(before)
    first, second = IgnoreLines(".dockerignore", before, (".npmrc",)), IgnoreLines(".dockerignore", before, (".npmrc", "id_rsa"))
    outcome = Outcome((planned("Dockerfile", first), planned("b.Dockerfile", second)))
    patch = as_patch(outcome)
    assert patch.count(b"diff --git a/.dockerignore") == 1
    assert write(outcome) is outcome
    written = (here / ".dockerignore").read_bytes()
    assert written.split() == [*(b"dist",) * (before is not None), b".npmrc", b"id_rsa"]
    for name in ("Dockerfile", "b.Dockerfile"):
        (here / name).write_bytes(b"FROM a\n")
    (here / ".dockerignore").write_bytes(before) if before is not None else (here / ".dockerignore").unlink()
    subprocess.run(["git", "apply", "-"], input=patch, check=True, cwd=here)
    assert (here / ".dockerignore").read_bytes() == written


def test_all_or_nothing(here: Path) -> None:
    (here / ".dockerignore").write_bytes(b"edited meanwhile\n")
    done = write(Outcome((planned("Dockerfile", IgnoreLines(".dockerignore", b"dist\n", (".npmrc",))),)))
    assert (here / "Dockerfile").read_bytes() == b"FROM a\n"
    assert (here / ".dockerignore").read_bytes() == b"edited meanwhile\n"
    assert not done.files[0].changed and not done.files[0].findings[0].applied and len(done.errors) == 1


def test_a_new_one_that_appeared_meanwhile_is_not_overwritten(here: Path) -> None:
    (here / ".dockerignore").write_bytes(b"new\n")
    done = write(Outcome((planned("Dockerfile", IgnoreLines(".dockerignore", None, (".npmrc",))),)))
    assert len(done.errors) == 1 and (here / ".dockerignore").read_bytes() == b"new\n"
    assert (here / "Dockerfile").read_bytes() == b"FROM a\n"


def test_a_failed_first_does_not_stop_the_second(here: Path) -> None:
    (here / "Dockerfile").write_bytes(b"edited meanwhile\n")
    lines = IgnoreLines(".dockerignore", None, (".npmrc",))
    done = write(Outcome((planned("Dockerfile", lines), planned("b.Dockerfile", lines))))
    assert [f.changed for f in done.files] == [False, True]
    assert (here / ".dockerignore").read_bytes() == b".npmrc\n"


def test_json(here: Path) -> None:
    report = json.loads(dumps(Outcome((planned("Dockerfile", IgnoreLines("web/.dockerignore", None, (".npmrc",))),))))
    jsonschema.validate(report, json.loads((Path(remediate.__file__).parent / "schema.json").read_text()))
    assert report["files"][0]["also"] == [{"path": "web/.dockerignore", "new": True, "added": [".npmrc"]}]


def test_check_plans_but_does_nothing(here: Path) -> None:
    from remediate.actions import _nothing_applied

    outcome = _nothing_applied(Outcome((planned("Dockerfile", IgnoreLines(".dockerignore", None, (".npmrc",))),)))
    assert not outcome.files[0].changed and not os.path.exists(here / ".dockerignore")

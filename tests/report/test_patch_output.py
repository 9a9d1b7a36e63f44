"""The patch with its preamble, as `git apply` and `patch -p1` take it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from remediate.model import CallerChange, FileOutcome, Outcome
from remediate.report.as_patch import Place, as_patch, place_of, preamble

from . import sample

TOOLS = [["git", "apply", "-"], ["patch", "-p1", "--no-backup-if-mismatch"]]


def apply_with(tool: list[str], folder: Path, patch: bytes) -> None:
    if not shutil.which(tool[0]):
        assert not os.environ.get("CI"), f"{tool[0]} is missing"
        pytest.skip(f"{tool[0]} is missing")
    done = subprocess.run(tool, cwd=folder, input=patch, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr + patch


@pytest.mark.parametrize("tool", TOOLS, ids=["git", "patch"])
@pytest.mark.parametrize("name", ["Dockerfile", "a b/Dockerfile", "sub/app.Dockerfile", "Größe/Dockerfile", 'q"x/Dockerfile', "# x/Dockerfile", "--- a/Dockerfile"])
def test_the_patch_applies_with_its_preamble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: list[str], name: str) -> None:
    monkeypatch.chdir(tmp_path)
    target = tmp_path / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(sample.BEFORE)
    patch = as_patch(sample.outcome(name))
    assert b"# " in patch.split(b"diff --git")[0]
    apply_with(tool, tmp_path, patch)
    assert target.read_bytes() == sample.AFTER


@pytest.mark.parametrize("tool", TOOLS, ids=["git", "patch"])
def test_crlf_and_a_missing_last_newline_survive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    before, after = (data.replace(b"\n", b"\r\n").rstrip() for data in (sample.BEFORE, sample.AFTER))
    (tmp_path / "Dockerfile").write_bytes(before)
    flags = ["--binary"] if tool[0] == "patch" else []
    apply_with([*tool, *flags], tmp_path, as_patch(Outcome((FileOutcome("Dockerfile", before, after),))))
    assert (tmp_path / "Dockerfile").read_bytes() == after


def test_every_line_of_the_preamble_is_a_comment() -> None:
    outcome = sample.outcome("x\n--- a/Dockerfile\n+++ b/Dockerfile\n@@ -1 +1 @@\n-FROM a\n+FROM evil\ndiff --git a/b")
    lines = preamble(outcome).decode().split("\n")
    assert lines.pop() == ""
    assert len(lines) >= 4
    assert all(line.startswith("#") for line in lines)
    assert "docker build --secret id=npm_token,env=NPM_TOKEN" in "".join(lines)
    assert "ci.yml:7" in "".join(lines)
    assert sample.PLANTED not in "".join(lines)


def test_no_change_no_patch() -> None:
    assert as_patch(Outcome(sample.outcome().files[1:])) == b""


def test_the_patch_shows_what_it_removes_and_redact_does_not() -> None:
    assert sample.PLANTED.encode() in as_patch(sample.outcome())
    redacted = as_patch(sample.outcome(), redact=True)
    assert sample.PLANTED.encode() not in redacted
    assert b"does not apply" in redacted.split(b"\n")[0]
    assert b"-ARG NPM_TOKEN=***" in redacted


def test_where_a_patch_is_applied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are relative to the working directory, else to the repository, else to what was given."""
    repository, work = tmp_path / "repo", tmp_path / "work"
    (repository / ".git").mkdir(parents=True)
    (repository / "sub").mkdir()
    (tmp_path / "loose/deep").mkdir(parents=True)
    work.mkdir()
    monkeypatch.chdir(work)
    assert place_of(["./Dockerfile"]) == Place(str(work))
    assert place_of([str(work / "a/Dockerfile")]).name(str(work / "a/Dockerfile")) == "a/Dockerfile"
    for path in (str(repository / "sub/Dockerfile"), "../repo/sub/Dockerfile"):
        assert (place_of([path]), place_of([path]).name(path)) == (Place(str(repository)), "sub/Dockerfile")
    loose = "../loose/deep/Dockerfile"
    assert place_of([loose], ["../loose"]).name(loose) == "deep/Dockerfile"
    assert place_of([loose], [loose]).name(loose) == "Dockerfile"
    monkeypatch.chdir(repository / "sub")
    assert place_of(["Dockerfile"]) == Place(str(repository / "sub"), git=False)
    assert place_of(["Dockerfile", "../build.sh"]) == Place(str(repository), git=False)
    assert place_of(["Dockerfile", "../build.sh"]).name("Dockerfile") == "sub/Dockerfile"


@pytest.mark.parametrize("tool", TOOLS, ids=["git", "patch"])
def test_in_a_folder_of_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: list[str]) -> None:
    """`git apply` takes the names of its own header from the root, and passes over what lies outside of the folder without a word."""
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/Dockerfile").write_bytes(sample.BEFORE)
    monkeypatch.chdir(tmp_path / "sub")
    apply_with(tool, tmp_path / "sub", as_patch(sample.outcome()))
    assert (tmp_path / "sub/Dockerfile").read_bytes() == sample.AFTER


@pytest.mark.parametrize("tool", TOOLS, ids=["git", "patch"])
def test_a_caller_outside_of_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: list[str]) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/Dockerfile").write_bytes(sample.BEFORE)
    (tmp_path / "build.sh").write_bytes(b"old\n")
    monkeypatch.chdir(tmp_path / "sub")
    patch = as_patch(sample.outcome()._replace(changes=(CallerChange(str(tmp_path / "build.sh"), b"old\n", b"new\n", ("Dockerfile",)),)))
    assert patch.startswith(b"# apply it in .., to which its paths are relative: git -C .. apply, or patch -p1 -d ..\n")
    assert subprocess.run(["git", "apply", "-"], input=patch, capture_output=True, check=False).returncode != 0  # not half of it
    assert (tmp_path / "sub/Dockerfile").read_bytes() == sample.BEFORE
    apply_with(tool, tmp_path, patch)
    assert ((tmp_path / "sub/Dockerfile").read_bytes(), (tmp_path / "build.sh").read_bytes()) == (sample.AFTER, b"new\n")

"""The patch with its preamble, as `git apply` and `patch -p1` take it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from remediate.model import FileOutcome, Outcome
from remediate.report.as_patch import as_patch, patch_name, preamble

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


def test_patch_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository, work = tmp_path / "repo", tmp_path / "work"
    (repository / ".git").mkdir(parents=True)
    (repository / "sub").mkdir()
    loose = tmp_path / "loose/deep"
    loose.mkdir(parents=True)
    work.mkdir()
    monkeypatch.chdir(work)
    assert patch_name("./Dockerfile") == "Dockerfile"
    assert patch_name(str(work / "a/Dockerfile")) == "a/Dockerfile"
    assert patch_name(str(repository / "sub/Dockerfile")) == "sub/Dockerfile"
    assert patch_name("../repo/sub/Dockerfile") == "sub/Dockerfile"
    assert patch_name("../loose/deep/Dockerfile", ["../loose"]) == "deep/Dockerfile"
    assert patch_name("../loose/deep/Dockerfile", ["../loose/deep/Dockerfile"]) == "Dockerfile"
    monkeypatch.chdir(repository / "sub")
    assert patch_name("Dockerfile") == "Dockerfile"

"""Writing what was planned: all that can be, and the truth about what cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from remediate.emit.commands import build_command
from remediate.model import Applicability, FileOutcome, Finding, Outcome
from remediate.pipeline.write import write

FOUND = Finding("secret-in-arg", "T", "ARG", 1, 1, 5, 1, 6, "", "T leaks", Applicability.SAFE, True)


def planned(path: str, before: bytes = b"ARG T\n", after: bytes = b"FROM a\n") -> FileOutcome:
    return FileOutcome(path, before, after, (FOUND,))


def test_what_changed_since_it_was_read_is_left_alone_and_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "a").write_bytes(b"ARG T\n")
    (folder / "b").write_bytes(b"edited meanwhile\n")
    done = write(Outcome((planned("a"), planned("b")), (build_command("a", []), build_command("b", []))))
    assert (folder / "a").read_bytes() == b"FROM a\n"
    assert (folder / "b").read_bytes() == b"edited meanwhile\n"
    assert [file.after != file.before for file in done.files] == [True, False]
    assert [file.findings[0].applied for file in done.files] == [True, False]
    assert [command.path for command in done.commands] == ["a"]
    assert len(done.errors) == 1 and "b" in str(done.errors[0])


def test_standard_input_is_never_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "Dockerfile").write_bytes(b"ARG T\n")
    from_stdin = planned("Dockerfile")
    outcome = Outcome((from_stdin,))
    assert write(outcome, from_stdin) is outcome
    assert (folder / "Dockerfile").read_bytes() == b"ARG T\n"


def test_nothing_is_made_where_no_file_was(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    done = write(Outcome((planned("gone/Dockerfile"), planned("same")._replace(after=b"ARG T\n"))))
    assert len(done.errors) == 1
    assert list(folder.iterdir()) == []

"""Many Dockerfiles with many callers in one repository: what all of them share is looked at once, not for each pair."""

from __future__ import annotations

from pathlib import Path

import pytest

from remediate import pipeline
from remediate.model import Options
from remediate.pipeline import built_upon, unread

MANY = 60
KEPT = "FROM acme/base:{0}\nARG NPM_TOKEN\nENV NPM_TOKEN=$NPM_TOKEN\nCOPY package.json ./\nRUN npm ci\n"


def counted(monkeypatch: pytest.MonkeyPatch, module: object, name: str) -> list[object]:
    calls: list[object] = []
    real = getattr(module, name)

    def counting(*given: object) -> object:
        calls.append(given)
        return real(*given)

    monkeypatch.setattr(module, name, counting)
    return calls


def test_work_grows_with_the_files_and_not_with_their_pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    for n in range(MANY):
        folder = tmp_path / f"svc{n}"
        folder.mkdir()
        (folder / "Dockerfile").write_text(KEPT.format(n))
        (folder / "package.json").write_text("{}\n")
        (folder / "Makefile").write_text(f"build:\n\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) -t svc{n} .\n")
    monkeypatch.chdir(tmp_path)
    parsed = counted(monkeypatch, built_upon, "_parsed")
    read = counted(monkeypatch, unread, "_read")
    outcome = pipeline.run(["."], Options())
    assert len(outcome.files) == MANY
    assert not outcome.errors
    assert MANY <= len(parsed) <= 4 * MANY
    assert MANY <= len(read) <= 4 * MANY

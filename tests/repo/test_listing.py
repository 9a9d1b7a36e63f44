"""The bounded list of files whose names ask for a look."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from remediate.repo import listing as module
from remediate.repo.context import ContextCache
from remediate.repo.listing import Listing

WANTED = re.compile(rb"\.env|npmrc|\.ssh")


def put(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")


def test_names_of_all_levels_upper_ones_first(tmp_path: Path) -> None:
    put(tmp_path, "z/.env", "a/b/.npmrc", ".NPMRC", "main.go", ".ssh/config", "node_modules/x/.npmrc", ".git/.env", "a/Dockerfile", "b.Dockerfile")
    found = Listing(os.fspath(tmp_path), WANTED)
    assert found.named == [".NPMRC", ".ssh/config", "z/.env", "a/b/.npmrc"]
    assert sorted(found.dockerfiles) == ["a/Dockerfile", "b.Dockerfile"]
    assert not found.truncated


def test_links_are_left_out(tmp_path: Path) -> None:
    put(tmp_path, "out/.env")
    (tmp_path / "in").mkdir()
    os.symlink(tmp_path / "out", tmp_path / "in/folder")
    os.symlink(tmp_path / "out/.env", tmp_path / "in/.env")
    assert Listing(os.fspath(tmp_path / "in"), WANTED).named == []


def test_it_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, *(f"{n}/.env" for n in range(50)))
    monkeypatch.setattr(module, "MAX_ENTRIES", 20)
    found = Listing(os.fspath(tmp_path), WANTED)
    assert found.truncated and len(found.named) < 20
    deep = tmp_path / "/".join("d" * 1 for _ in range(12))
    put(deep, ".env")
    monkeypatch.setattr(module, "MAX_ENTRIES", 10_000)
    assert Listing(os.fspath(tmp_path), WANTED).truncated


def test_one_walk_a_repository(tmp_path: Path) -> None:
    put(tmp_path, ".env")
    cache = ContextCache()
    first = cache.listing(os.fspath(tmp_path), WANTED)
    put(tmp_path, ".npmrc")
    assert cache.listing(os.fspath(tmp_path), WANTED) is first and first.named == [".env"]


def test_a_folder_that_is_not_there() -> None:
    assert Listing("/no/such/folder", WANTED).named == []

"""What is known of the files beside a Dockerfile: what a folder brings along, who else takes it, and which ignore file is in force."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from remediate.analysis.carried import ContextFiles
from remediate.dockerfile.parser import parse
from remediate.model import IgnoreLines
from remediate.pipeline.near import Beside
from remediate.repo import listing
from remediate.repo.context import ContextCache

NPMRC = "//npm.example.com/:_authToken=k3Vq9xW2mT7z\n"
WHOLE = "FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"


def put(root: Path, files: dict[str, str]) -> None:
    (root / ".git").mkdir(exist_ok=True)
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def beside(root: Path, name: str = "Dockerfile", cache: ContextCache | None = None) -> Beside:
    return Beside(root / name, root, cache or ContextCache(), {})


def files_of(root: Path, name: str = "Dockerfile") -> ContextFiles:
    return beside(root, name).context_files(parse((root / name).read_bytes()))


def carries(root: Path, text: str = WHOLE, name: str = "Dockerfile") -> bool:
    return beside(root, name).carries(parse(text.encode()))


def test_what_the_context_carries(tmp_path: Path) -> None:
    put(tmp_path, {"Dockerfile": WHOLE, "package.json": "{}", ".npmrc": NPMRC, "tests/.env": "A_TOKEN=k3Vq9xW2mT7z"})
    assert carries(tmp_path)
    assert not carries(tmp_path, "FROM node\nCOPY package.json ./\n")
    assert not carries(tmp_path, "FROM node\nCOPY --from=x . .\n")
    put(tmp_path, {".dockerignore": ".npmrc\n"})
    assert not carries(tmp_path)
    put(tmp_path, {".dockerignore": "x\n", ".npmrc": "registry=https://npm.example.com/\n"})
    assert not carries(tmp_path)


def test_a_context_in_a_folder_of_the_repository(tmp_path: Path) -> None:
    put(tmp_path, {".npmrc": NPMRC, "web/Dockerfile": WHOLE, "web/package.json": "{}", "web/.env": "DB_PASSWORD=k3Vq9xW2mT7z\n"})
    found = files_of(tmp_path, "web/Dockerfile")
    assert found.named == (".env",)
    assert found.read(".env") == b"DB_PASSWORD=k3Vq9xW2mT7z\n"


def test_one_listing_for_all_dockerfiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, {"package.json": "{}", ".npmrc": NPMRC, **{f"{n}.Dockerfile": WHOLE for n in range(20)}})
    made: list[str] = []
    real = listing.Listing.__init__

    def counted(self: listing.Listing, root: str, wanted: object) -> None:
        made.append(root)
        real(self, root, wanted)  # type: ignore[arg-type]

    monkeypatch.setattr(listing.Listing, "__init__", counted)
    cache = ContextCache()
    assert all(beside(tmp_path, f"{n}.Dockerfile", cache).carries(parse(WHOLE.encode())) for n in range(20))
    assert made == [os.fspath(tmp_path)]


def test_who_else_takes_the_file(tmp_path: Path) -> None:
    put(tmp_path, {"Dockerfile": WHOLE, "package.json": "{}", ".npmrc": NPMRC})
    assert files_of(tmp_path).needed(".npmrc") == ""
    put(tmp_path, {"dev.Dockerfile": "FROM node\nCOPY package.json ./\n"})
    assert files_of(tmp_path).needed(".npmrc") == ""
    put(tmp_path, {"dev.Dockerfile": "FROM node\nCOPY .npmrc ./\n"})
    assert files_of(tmp_path).needed(".npmrc") == "dev.Dockerfile"
    put(tmp_path, {"dev.Dockerfile": "FROM node\nADD . ./\n"})
    assert files_of(tmp_path).needed(".npmrc") == "dev.Dockerfile"
    put(tmp_path, {"dev.Dockerfile": "FROM node\nARG x"})
    assert files_of(tmp_path).needed(".npmrc") == ""


@pytest.mark.parametrize("text", [
    "FROM node\nCOPY --exclude=x . .\n",
    "FROM node\nRUN --mount=type=bind,source=.npmrc,target=/app/.npmrc npm ci\n",
    "FROM node\nRUN --mount=target=/app npm ci\n",
    "FROM node\nARG F\nCOPY $F ./\n",
    "FROM node\nARG F=.npmrc\nCOPY $F ./\n",
])  # fmt: skip
def test_who_else_takes_the_file_by_other_ways(tmp_path: Path, text: str) -> None:
    put(tmp_path, {"Dockerfile": WHOLE, "dev.Dockerfile": text, "package.json": "{}", ".npmrc": NPMRC})
    assert files_of(tmp_path).needed(".npmrc") == "dev.Dockerfile"
    put(tmp_path, {"dev.Dockerfile": "FROM node\nARG V=1\nCOPY app-$V.jar ./\nRUN --mount=source=go.mod,target=go.mod true\n"})
    assert files_of(tmp_path).needed(".npmrc") == ""


def test_a_dockerfile_with_a_context_of_its_own_takes_nothing_of_this_one(tmp_path: Path) -> None:
    put(tmp_path, {"Dockerfile": WHOLE, "package.json": "{}", ".npmrc": NPMRC, "api/Dockerfile": WHOLE, "api/package.json": "{}"})
    assert files_of(tmp_path).needed(".npmrc") == ""


def lines(found: tuple[IgnoreLines, ...], root: Path) -> list[tuple[str, bytes | None, tuple[str, ...]]]:
    return [(os.path.relpath(f.path, root), f.before, f.lines) for f in found]


def test_the_ignore_file_in_force(tmp_path: Path) -> None:
    put(tmp_path, {"Dockerfile": WHOLE, "package.json": "{}"})
    assert lines(files_of(tmp_path).ignore((".npmrc",)), tmp_path) == [(".dockerignore", None, (".npmrc",))]
    put(tmp_path, {".dockerignore": "dist\n"})
    assert lines(files_of(tmp_path).ignore((".npmrc",)), tmp_path) == [(".dockerignore", b"dist\n", (".npmrc",))]
    put(tmp_path, {"Dockerfile.dockerignore": "out\n"})
    assert lines(files_of(tmp_path).ignore((".npmrc",)), tmp_path) == [("Dockerfile.dockerignore", b"out\n", (".npmrc",))]


def test_a_linked_ignore_file_is_left_alone(tmp_path: Path) -> None:
    put(tmp_path, {"Dockerfile": WHOLE, "package.json": "{}", "other": "x\n"})
    os.symlink("other", tmp_path / ".dockerignore")
    assert files_of(tmp_path).ignore((".npmrc",)) == ()


def test_the_path_is_told_from_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, {"web/Dockerfile": WHOLE, "web/package.json": "{}"})
    monkeypatch.chdir(tmp_path)
    assert files_of(tmp_path, "web/Dockerfile").ignore((".npmrc",))[0].path == "web/.dockerignore"

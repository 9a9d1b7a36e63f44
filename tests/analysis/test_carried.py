"""Credential files that a folder brings along, and where a COPY puts them."""

from __future__ import annotations

import pytest

from remediate.analysis.bindings import Bindings
from remediate.analysis.carried import ContextFiles, carried_files, rest_of, without_folders
from remediate.analysis.copies import CopiedFile, copied_files
from remediate.analysis.destinations import image_path, made_folders, working_folder
from remediate.dockerfile.parser import parse

NPMRC = b"//npm.example.com/:_authToken=k3Vq9xW2mT7z\n"
KEY = b"-----BEGIN OPENSSH " + b"PRIVATE KEY-----\n"


def beside(**content: bytes) -> ContextFiles:
    held = {name.replace("__", "/").replace("_dot_", "."): data for name, data in content.items()}
    return ContextFiles(beside=True, at_hand=True, named=tuple(held), read=held.get)


FILES = beside(_dot_npmrc=NPMRC, _dot_env=b"PORT=1\n", deploy___dot_ssh__id_rsa=KEY, web___dot_npmrc=NPMRC)


def found(text: str, files: ContextFiles = FILES) -> list[tuple[int, int, str]]:
    return [(c.instruction, c.source, c.name) for c in carried_files(parse(text.encode()), files)]


@pytest.mark.parametrize(
    ("copy", "names"),
    [
        ("COPY . .", [".npmrc", "deploy/.ssh/id_rsa", "web/.npmrc"]),
        ("ADD ./ /app/", [".npmrc", "deploy/.ssh/id_rsa", "web/.npmrc"]),
        ('COPY ["." , "/app/"]', [".npmrc", "deploy/.ssh/id_rsa", "web/.npmrc"]),
        ("COPY --chown=1000 web /app", ["web/.npmrc"]),
        ("COPY web/.npm* /app/", ["web/.npmrc"]),
        ("COPY * /app/", [".npmrc", "deploy/.ssh/id_rsa", "web/.npmrc"]),
        ("COPY package.json .npmrc ./", []),
        ("COPY --from=build . .", []),
        ("COPY --exclude=.npmrc . .", []),
        ("COPY $SRC /app", []),
        ("COPY src web* /app/", ["web/.npmrc"]),
        ("COPY <<EOF /x\nweb\nEOF", []),
    ],
)
def test_what_comes_along(copy: str, names: list[str]) -> None:
    assert [name for _, _, name in found(f"FROM node\n{copy}\n")] == names


def test_each_copy_and_each_file_once() -> None:
    assert sorted(found("FROM node\nCOPY web . /app/\nCOPY web /x\n")) == [
        (1, 0, "web/.npmrc"), (1, 1, ".npmrc"), (1, 1, "deploy/.ssh/id_rsa"), (2, 0, "web/.npmrc")
    ]  # fmt: skip


def test_nothing_without_the_context() -> None:
    assert found("FROM node\nCOPY . .\n", FILES._replace(at_hand=False)) == []
    assert found("FROM node\nCOPY . .\n", ContextFiles()) == []


def test_a_file_is_read_once_and_clean_ones_are_no_finding() -> None:
    read: list[str] = []

    def reading(path: str) -> bytes | None:
        read.append(path)
        return FILES.read(path)

    found("FROM node\nCOPY . .\nCOPY . /x\nCOPY web /y\n", FILES._replace(read=reading))
    assert sorted(read) == [".env", ".npmrc", "deploy/.ssh/id_rsa", "web/.npmrc"]


def test_a_folder_gives_way_to_its_files() -> None:
    tree = parse(b"FROM a\nCOPY deploy/.ssh /root/.ssh\nCOPY id_rsa /x\n")
    by_name = copied_files(tree, frozenset(), lambda p: None)
    assert [c.name for c in by_name] == ["deploy/.ssh", "id_rsa"]
    both = without_folders(by_name, carried_files(tree, FILES))
    assert [(c.name, c.carried) for c in both] == [("deploy/.ssh/id_rsa", True), ("id_rsa", False)]
    assert isinstance(both[0], CopiedFile) and (both[0].use, both[0].kind) == ("build", "ssh-key")


@pytest.mark.parametrize(
    ("source", "path", "rest"),
    [
        (".", "a/b", "a/b"), ("/", "a", "a"), ("a", "a/b", "b"), ("a/", "a/b/c", "b/c"), ("a", "ab", None), ("a/b", "a/b", "b"),
        ("*.env", "x.env", "x.env"), ("*.env", "a/x.env", None), ("a*", "ab/c", "c"), ("*/x", "a/x", "x"), ("../a", "a", "a"), ("$A", "a", None),
        ("https://a.example/x", "x", None),
    ],
)  # fmt: skip
def test_rest(source: str, path: str, rest: str | None) -> None:
    assert rest_of(source, path) == rest


PLACES = {
    "FROM node\nWORKDIR /app\nCOPY .npmrc ./": "/app/.npmrc",
    "FROM node\nWORKDIR /app\nCOPY .npmrc .": "/app/.npmrc",
    "FROM node\nWORKDIR /app\nWORKDIR web\nCOPY .npmrc x/": "/app/web/x/.npmrc",
    "FROM node\nCOPY .npmrc .": "/.npmrc",
    "FROM node:20@sha256:0\nCOPY .npmrc .": "/.npmrc",
    "FROM golang\nCOPY .npmrc .": None,
    "FROM example.com/base\nCOPY .npmrc .": None,
    "FROM example.com/base\nCOPY .npmrc /root/.npmrc": "/root/.npmrc",
    "FROM example.com/base\nCOPY .npmrc /root": "/root/.npmrc",
    "FROM example.com/base\nCOPY .npmrc /app": None,
    "FROM a\nWORKDIR /app\nCOPY .npmrc /app": "/app/.npmrc",
    "FROM a\nCOPY x /app/\nCOPY .npmrc /app": "/app/.npmrc",
    "FROM a\nCOPY .npmrc /root/npmrc": "/root/npmrc",
    "FROM a\nCOPY .npmrc package.json /app/": "/app/.npmrc",
    'FROM a\nCOPY [".npmrc", "/app/"]': "/app/.npmrc",
    "FROM a\nENV H=/srv\nCOPY .npmrc $H/x/": "/srv/x/.npmrc",
    "FROM a\nARG H=/srv\nCOPY .npmrc $H/": None,
    "FROM a\nENV H=/srv\nWORKDIR $H\nCOPY .npmrc .": "/srv/.npmrc",
    "FROM a\nARG H\nWORKDIR $H\nCOPY .npmrc .": None,
    "FROM node AS b\nWORKDIR /b\nFROM b\nCOPY .npmrc .": "/b/.npmrc",
    "FROM a\nWORKDIR /app\nCOPY . .": "/app/.npmrc",
    "FROM a\nCOPY --parents .npmrc /app/": None,
    "FROM a\nCOPY --chmod=600 --chown=a:b .npmrc /app/": "/app/.npmrc",
}  # fmt: skip


@pytest.mark.parametrize("text", PLACES)
def test_image_path(text: str) -> None:
    tree = parse(text.encode() + b"\n")
    index = len(tree.instructions) - 1
    assert image_path(tree, Bindings(tree), index, 0, ".npmrc") == PLACES[text]


def test_folders_that_are_there() -> None:
    tree = parse(b"FROM a AS b\nWORKDIR /x/y\nCOPY m /opt/tool/\nCOPY m /n/file\nFROM b\nRUN a\nCOPY m /late/\n")
    bindings = Bindings(tree)
    made = made_folders(tree, bindings, 5)
    assert {"/x", "/x/y", "/opt/tool", "/n", "/root"} <= made and not {"/late", "/n/file"} & made
    assert working_folder(tree, bindings, 5) == "/x/y"

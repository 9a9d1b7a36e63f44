"""The patch writer against the two programs that have to take its patches."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remediate.patch import unified
from tests.clock import SLOWER

NAMES = ["Dockerfile", "a b/my Dockerfile", "-rf", "--- x", 'q"uote', "back\\slash", "tab\there", "new\nline", "dé/Ünï.Dockerfile", "a'b", " lead", "trail "]
FILES = [
    (b"FROM a\nRUN b\n", b"FROM a\nRUN c\n"),
    (b"FROM a\r\nRUN b\r\n", b"# syntax=docker/dockerfile:1\r\nFROM a\r\nRUN c\r\n"),
    (b"FROM a\nRUN b", b"FROM a\nRUN c"),
    (b"FROM a\nRUN b", b"FROM a\nRUN b\n"),
    (b"FROM a\nRUN b\n", b"FROM a\nRUN b"),
    (b"", b"FROM a\n"),
    (b"", b"x"),
    (b"FROM a\n", b""),
    (b"\n\n\n", b"\n\n"),
    (b"\xff\xfe\x00 a\n\x80", b"\xff\xfe\x00 b\n\x80"),
    (b"--- a\n+++ b\n@@ -1 +1 @@\n", b"--- a\n+++ c\n@@ -1 +1 @@\n"),
    (b"a\rb\rc\n", b"a\rX\rc\n"),
    (b"\xef\xbb\xbfFROM a\n", b"\xef\xbb\xbf# syntax=x\nFROM a\n"),
]
TOOLS = [["git", "apply", "-"], ["patch", "-p1", "--no-backup-if-mismatch", "--quiet"]]


def applied(folder: Path, tool: list[str], name: str, before: bytes | None, patch: bytes) -> bytes:
    """The file after the tool has applied the patch; any complaint fails the test."""
    shutil.rmtree(folder, ignore_errors=True)
    target = folder / name
    target.parent.mkdir(parents=True)
    if before is not None:
        target.write_bytes(before)
    done = subprocess.run(tool, input=patch, cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, (done.stdout, done.stderr, patch)
    left = [p for p in folder.rglob("*") if p.is_file()]
    assert left == [target], patch
    return target.read_bytes()


@pytest.mark.parametrize("tool", TOOLS, ids=["git", "patch"])
@pytest.mark.parametrize("name", NAMES)
def test_names(tmp_path: Path, tool: list[str], name: str) -> None:
    assert applied(tmp_path / "w", tool, name, b"a\nb\n", unified(name, b"a\nb\n", b"a\nc\n")) == b"a\nc\n"


def test_name_that_is_no_utf8(tmp_path: Path) -> None:
    name = b"caf\xe9.Dockerfile".decode("utf-8", "surrogateescape")
    for tool in TOOLS:
        assert applied(tmp_path / "w", tool, name, b"a\n", unified(name, b"a\n", b"b\n")) == b"b\n"


@pytest.mark.parametrize("tool", TOOLS, ids=["git", "patch"])
@pytest.mark.parametrize(("before", "after"), FILES)
def test_bytes(tmp_path: Path, tool: list[str], before: bytes, after: bytes) -> None:
    assert applied(tmp_path / "w", tool, "Dockerfile", before, unified("Dockerfile", before, after)) == after


@pytest.mark.parametrize("tool", TOOLS, ids=["git", "patch"])
@pytest.mark.parametrize("name", [".dockerignore", "a b/.dockerignore"])
def test_new_file(tmp_path: Path, tool: list[str], name: str) -> None:
    assert applied(tmp_path / "w", tool, name, None, unified(name, None, b".npmrc\n")) == b".npmrc\n"


LINE = st.sampled_from([b"a", b"b", b"", b"a\r", b"\xff", b"-- x", b"++ x", b"\\ No newline", b"@@", b" ", b"\t", b"RUN x \\"])
TEXT = st.builds(lambda lines, last: b"\n".join(lines) + last, st.lists(LINE, max_size=30), st.sampled_from([b"", b"\n"]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=TEXT, after=TEXT, context=st.integers(1, 4))
def test_any_bytes(tmp_path: Path, before: bytes, after: bytes, context: int) -> None:
    patch = unified("d/Dockerfile", before, after, context)
    if before == after:
        assert patch == b""
        return
    for tool in TOOLS:
        assert applied(tmp_path / "w", tool, "d/Dockerfile", before, patch) == after


def test_two_files_in_one_patch(tmp_path: Path) -> None:
    patch = b"# docker build .\n#\n" + unified("a", b"1\n2\n", b"1\n3\n") + unified("b c", b"x", b"y")
    for tool in TOOLS:
        folder = tmp_path / tool[0]
        folder.mkdir()
        (folder / "a").write_bytes(b"1\n2\n")
        (folder / "b c").write_bytes(b"x")
        subprocess.run(tool, input=patch, cwd=folder, check=True, capture_output=True)
        assert ((folder / "a").read_bytes(), (folder / "b c").read_bytes()) == (b"1\n3\n", b"y")


def test_only_the_edit_and_three_lines_around_it_are_shown() -> None:
    before = b"".join(b"line %d\n" % n for n in range(100))
    after = before.replace(b"line 10\n", b"line ten\n").replace(b"line 90\n", b"")
    expected = (
        b"diff --git a/f b/f\n--- a/f\n+++ b/f\n"
        b"@@ -8,7 +8,7 @@\n line 7\n line 8\n line 9\n-line 10\n+line ten\n line 11\n line 12\n line 13\n"
        b"@@ -88,7 +88,6 @@\n line 87\n line 88\n line 89\n-line 90\n line 91\n line 92\n line 93\n"
    )
    assert unified("./f", before, after) == expected


@pytest.mark.parametrize(("gap", "hunks"), [(6, 1), (7, 2)])
def test_changes_whose_context_touches_share_a_hunk(gap: int, hunks: int) -> None:
    before = b"".join(b"line %d\n" % n for n in range(40))
    after = before.replace(b"line 10\n", b"X\n").replace(b"line %d\n" % (11 + gap), b"Y\n")
    assert unified("f", before, after).count(b"\n@@ ") == hunks


def test_ends_of_files_look_as_git_writes_them() -> None:
    head = b"diff --git a/f b/f\n--- a/f\n+++ b/f\n"
    assert unified("f", b"", b"a\n") == head + b"@@ -0,0 +1 @@\n+a\n"
    assert unified("f", b"a\nb\n", b"") == head + b"@@ -1,2 +0,0 @@\n-a\n-b\n"
    assert unified("f", b"a", b"a\n") == head + b"@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"x\n" * 200_000, b"y\n" * 200_000),
        (b"a\nb\n" * 100_000, b"b\na\nc\n" * 70_000),
        (b"".join(b"%d\n" % n for n in range(200_000)), b"".join(b"%d\n" % (n * 7919 % 200_000) for n in range(200_000))),
        (b"x" * 10_000_000, b"y" * 10_000_000),
    ],
    ids=["replaced", "repeated", "shuffled", "one-line"],
)
def test_huge_files_take_bounded_time(before: bytes, after: bytes) -> None:
    began = time.process_time()
    assert unified("f", before, after)
    assert time.process_time() - began < 10 * SLOWER

"""Lines for a `.dockerignore`, and that nothing else of it changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.repo.ignore import DockerIgnore
from remediate.repo.ignore_edit import pattern_for, with_lines


@pytest.mark.parametrize(
    ("before", "lines", "after"),
    [
        (None, [".npmrc"], b".npmrc\n"),
        (b"", [".npmrc"], b".npmrc\n"),
        (b"dist\n", [".npmrc", ".env"], b"dist\n.npmrc\n.env\n"),
        (b"dist", [".npmrc"], b"dist\n.npmrc"),
        (b"dist\r\nx\r\n", [".npmrc"], b"dist\r\nx\r\n.npmrc\r\n"),
        (b".npmrc\n", [".npmrc"], b".npmrc\n"),
        (b".npmrc\n!.npmrc\n", [".npmrc"], b".npmrc\n!.npmrc\n.npmrc\n"),
        (b"*\n!.npmrc\n.npmrc\n", [".npmrc", ".npmrc"], b"*\n!.npmrc\n.npmrc\n"),
        (b"\xef\xbb\xbfdist\n\xff\n", ["a"], b"\xef\xbb\xbfdist\n\xff\na\n"),
    ],
)  # fmt: skip
def test_lines(before: bytes | None, lines: list[str], after: bytes) -> None:
    assert with_lines(before, lines) == after
    assert with_lines(after, lines) == after


@pytest.mark.parametrize(("path", "line"), [(".npmrc", ".npmrc"), ("a/b c", "a/b c"), ("#x", "./#x"), ("!x", "./!x"), ("a*b[1]?", "a\\*b\\[1\\]\\?")])
def test_patterns(path: str, line: str) -> None:
    assert pattern_for(path) == line


@pytest.mark.parametrize("path", ["", " x", "x ", "a\nb", "a\tb", "a/.", "../a", "/a", "a//b"])
def test_no_line_can_hold_it(path: str) -> None:
    assert pattern_for(path) is None


@given(st.text(alphabet="ab.*?[]\\!#/ ", min_size=1, max_size=8), st.binary(max_size=30))
def test_the_file_is_out_and_nothing_else(path: str, before: bytes) -> None:
    line = pattern_for(path)
    if line is None:
        return
    after = with_lines(before, [line])
    assert after.startswith(before)
    rules = DockerIgnore.parse(after)
    assert rules.excluded(path)
    alone = DockerIgnore.parse(line.encode())
    assert not alone.excluded(path + "x") and not alone.excluded("x" + path)

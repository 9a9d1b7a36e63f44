"""Lines that are there already count only where nothing behind them takes them back."""

from __future__ import annotations

import pytest

from remediate.repo.ignore import DockerIgnore
from remediate.repo.ignore_edit import pattern_for, with_lines


@pytest.mark.parametrize(
    "before",
    [
        b".npmrc\n!.npmrc\n", b".npmrc\n  !.npmrc\n", b".npmrc\r\n\t!*rc\r\n", b"!.npmrc", b" ! .npmrc\n.npmrc\n!x", b"\xef\xbb\xbf!.npmrc\n",
        b"\xef\xbb\xbf.npmrc\n", b"*\n!package.json\n!.*\n", b"#.npmrc\n", b" #.npmrc", b"a/.npmrc\n", b"", b"\n\n",
    ],
)  # fmt: skip
def test_the_file_is_left_out_afterwards(before: bytes) -> None:
    after = with_lines(before, [".npmrc"])
    assert DockerIgnore.parse(after).excluded(".npmrc")
    assert after.startswith(before)
    assert with_lines(after, [".npmrc"]) == after
    assert not DockerIgnore.parse(after).excluded("package.json")


@pytest.mark.parametrize("path", ["a[1]*?.key", "#x/.npmrc", "!x", "a b/.env", "\\x", "x/!y", "ü/.npmrc", "-", "a\\b/[.env"])
def test_a_line_leaves_out_this_file_and_no_other(path: str) -> None:
    line = pattern_for(path)
    assert line is not None
    rules = DockerIgnore.parse(with_lines(b"", [line]))
    assert rules.excluded(path)
    assert not any(rules.excluded(p) for p in ("x", "a1xy.key", "a b", "y", ".npmrc", "Dockerfile"))


@pytest.mark.parametrize("path", [" x", "x ", "a\nb", "a\r", "../x", ".", "", "a//../b", "\t"])
def test_a_name_that_no_line_can_hold(path: str) -> None:
    assert pattern_for(path) is None

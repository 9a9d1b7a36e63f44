"""`.dockerignore` as moby/patternmatcher reads it: the rules of its documentation and of its own tests, in rows."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remediate.repo.glob import ANY, DIRS, REST, STAR, Token, matcher, simulate, tidy
from remediate.repo.ignore import DockerIgnore, clean, go_match
from tests.clock import SLOWER

# (pattern, path, left out)
ROWS = [
    ("**", "file", True), ("**", "dir/file", True), ("**/", "file", True), ("**/", "dir/file", True), ("**/**", "dir/file", True),
    ("dir/**", "dir/file", True), ("dir/**", "dir/dir2/file", True), ("dir/**", "dir2/file", False), ("**/dir", "dir/file", True),
    ("**/dir2/*", "dir/dir2/file", True), ("**/dir2/*", "dir/dir2/dir2/file", True), ("**/dir2/**", "dir/dir2/dir2/file", True),
    ("**file", "file", True), ("**file", "dir/file", True), ("**file", "dir/dirfile", True), ("**/file", "dir/file", True), ("**/file", "dirfile", False),
    ("**/file*", "dir/dir/file.txt", True), ("**/file*txt", "dir/dir/file.txt", True), ("**/file*.txt*", "dir/dir/file.txt", True),
    ("**/**/*.txt", "dir/dir/file.txt", True), ("**/**/*.txt2", "dir/dir/file.txt", False), ("**/*.txt", "file.txt", True), ("**/**/*.txt", "file.txt", True),
    ("a**/*.txt", "a/file.txt", True), ("a**/*.txt", "a/dir/file.txt", True), ("a**/*.txt", "a/dir/dir/file.txt", True), ("a/*.txt", "a/dir/file.txt", False),
    ("a/*.txt", "a/file.txt", True), ("a/*.txt**", "a/file.txt", True), ("a[b-d]e", "ae", False), ("a[b-d]e", "ace", True), ("a[b-d]e", "aae", False),
    ("a[^b-d]e", "aze", True), (".*", ".foo", True), (".*", "foo", False), ("abc.def", "abcdef", False), ("abc.def", "abc.def", True), ("abc.def", "abcZdef", False),
    ("abc?def", "abcZdef", True), ("abc?def", "abcdef", False), ("a\\\\", "a\\", True), ("**/foo/bar", "foo/bar", True), ("**/foo/bar", "dir/foo/bar", True),
    ("**/foo/bar", "dir/dir2/foo/bar", True), ("abc/**", "abc", False), ("abc/**", "abc/def", True), ("abc/**", "abc/def/ghi", True), ("**/.foo", ".foo", True),
    ("**/.foo", "bar.foo", False), ("a(b)c/def", "a(b)c/def", True), ("a(b)c/def", "a(b)c/xyz", False), ("a.|)$(}+{bc", "a.|)$(}+{bc", True),
    ("*.go", "x.go", True), ("*.go", "d/x.go", False), ("/x", "x", True), ("./x/", "x", True), ("a/../x", "x", True), ("x/", "x/y/z", True), ("*/temp*", "somedir/temp.txt", True),
    ("*/temp*", "a/b/temp", False), ("*/*/temp*", "somedir/sub/temp.txt", True), ("temp?", "tempa", True), ("temp?", "temp", False), ("*", "a/b", True),
    ("../x", "x", False), (".", "x", False), ("/", "x", False), ("[", "[", False), ("a[", "a[", False), ("a\\", "a\\", False), ("[]a]", "]", False), ("[b-a]", "b", False),
    ("\\*", "*", True), ("\\*", "x", False), ("[!a]", "b", False), ("[!a]", "!", True), ("x y", "x y", True), ("a\nb", "b", True),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "path", "out"), ROWS)
def test_one_pattern(pattern: str, path: str, out: bool) -> None:
    assert DockerIgnore.parse(pattern.encode()).excluded(path) is out


@pytest.mark.parametrize(
    ("text", "path", "out"),
    [
        ("*.md\n!README.md", "README.md", False),
        ("*.md\n!README.md", "other.md", True),
        ("*.md\n!README*.md\nREADME-secret.md", "README-secret.md", True),
        ("*.md\nREADME-secret.md\n!README*.md", "README-secret.md", False),
        ("*\n!src", "src/a.py", False),
        ("*\n!src", "other/a.py", True),
        ("*\n!src/**/*.py\n", "src/x/a.py", False),
        ("*\n!src/**/*.py\n", "src/x/a.txt", True),
        ("!x\nx", "x", True),
        ("# x\n#y\n\n  \nz", "#y", False),
        ("  x  ", "x", True),
        (" # x", "# x", True),
        ("\\#x", "#x", True),
        ("x\n! x", "x", False),
        ("x\r\n!y\r\n", "x", True),
        ("\ufeffx", "x", True),
        ("docs\n!docs/README", "docs/README", False),
        ("docs\n!docs/README", "docs/other", True),
        ("docs/**\n!docs/README\ndocs/README", "docs/README", True),
        ("", "x", False),
    ],
)
def test_last_match_wins(text: str, path: str, out: bool) -> None:
    assert DockerIgnore.parse(text.encode()).excluded(path) is out


def test_lines_on_which_docker_stops_are_named() -> None:
    assert DockerIgnore.parse(b"a\n[\n!\nb\n\\").malformed == (2, 3, 5)


@pytest.mark.parametrize(
    ("text", "folder", "skip"),
    [
        ("x", "x", True),
        ("x\n!x/keep", "x", False),
        ("x\n!y/keep", "x", True),
        ("x\n!**/keep", "x", False),
        ("x\n!x*", "x", False),
        ("x\n!xy/*", "x", True),
        ("x\n!x/a/*", "x/b", True),
        ("x\n!x/a/*", "x/a", False),
    ],
)
def test_folders_are_walked_only_where_an_exception_can_lie(text: str, folder: str, skip: bool) -> None:
    assert DockerIgnore.parse(text.encode()).may_skip(folder) is skip


@pytest.mark.parametrize(("pattern", "path"), [("./a//b/", "a/b"), ("/", "/"), ("//a", "a"), ("a/./../b", "b"), ("..", "..")])
def test_clean(pattern: str, path: str) -> None:
    assert clean(pattern) == path


def test_copy_sources() -> None:
    match = go_match("package*.json")
    assert match("package-lock.json") and match("package.json") and not match("x/package.json") and not go_match("[")("[")


TOKENS = st.lists(st.sampled_from([STAR, DIRS, REST, ANY, Token("one", "[ab]"), Token("literal", "a"), Token("literal", "b/"), Token("literal", ".")]), max_size=8)


@settings(max_examples=300, deadline=None)
@given(row=TOKENS, path=st.text("ab/.", max_size=12))
def test_both_ways_of_matching_agree(row: list[Token], path: str) -> None:
    loops = {"star": "[^/]*", "dirs": "(?:.*/)?", "rest": ".*"}
    text = "".join(re.escape(t.text) if t.kind == "literal" else loops.get(t.kind, t.text) for t in row)
    expected = re.fullmatch(text, path, re.DOTALL) is not None
    assert simulate(tidy(row), path) is expected
    assert matcher(row)(path) is expected


@pytest.mark.parametrize("pattern", ["*a" * 30 + "b", "**/a" * 30 + "/b", "*" * 5000 + "b", "[^b]*" * 40 + "b", "?*" * 100 + "b"])
def test_a_hostile_pattern_takes_bounded_time(pattern: str) -> None:
    rules = DockerIgnore.parse(pattern.encode())
    began = time.process_time()
    for path in ("a" * 250, "a/" * 1000 + "a"):
        rules.excluded(path[:2000]) if "/" not in path else go_match(pattern)(path)
    assert time.process_time() - began < 3 * SLOWER


def test_many_patterns_on_many_paths() -> None:
    rules = DockerIgnore.parse(b"".join(b"dir%d/*.txt\n" % n for n in range(100_000)))
    began = time.process_time()
    assert not rules.excluded("a/b/c")
    assert time.process_time() - began < 3 * SLOWER

"""`.gitignore` against Git itself: rows of rules, and random ones, asked with `git check-ignore`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remediate.repo.gitignore import GitIgnore, repository_rules
from remediate.repo.walk import Limits, walk

FILES = [
    "a", "b.txt", "dir/a", "dir/b.txt", "dir/sub/a", "dir/sub/deep/b.txt", "build/out", "src/build/x", "src/keep/x", "x y", "foo ", "#hash", "!bang", "a[b]c",
    "sub/.hidden", "node/x.js", "Dockerfile", "dir/Dockerfile", "dir/sub/Dockerfile", "back\\slash", "caf\u00e9/a",
]  # fmt: skip
RULES = [
    "a", "/a", "*.txt", "dir/", "dir/a", "/dir/sub", "**/deep", "dir/**", "dir/**/b.txt", "**/sub/**", "build/", "!src/build/", "build/\n!src/build/", "*\n!*.txt",
    "*\n!dir/\n!dir/a", "dir/*\n!dir/sub", "x y", "foo\\ ", "foo ", "\\#hash", "#hash", "\\!bang", "!bang", "a[[]b[]]c", "[ab]", "[!a]", "[^a]*", "?", "dir/?", "*/a",
    "sub/.*", "**", "**/", "/**", "a/**", "***", "d*r/**/a", "[[:alpha:]]", "[a-c].txt", "back\\\\slash", "caf\u00e9", "a\r\nb.txt\r", "\ufeffa", "dir/sub/", "dir/sub/deep/",
    "/*\n!/dir\n/dir/*\n!/dir/sub", "**foo", "d**", "d\\ir/**/a", "\\d**/a", "dir/***/a", "***/a", "dir/sub**", "d*/**/a", "d**/a", "/", "//a", "dir//a", "[", "[a", "a\\", "dir/\\*", "[]a]", "[]-a]", "Dockerfile", "/Dockerfile", "*/Dockerfile",
]  # fmt: skip


def ours(root: Path) -> set[str]:
    """Files that a walk meets and the rules do not leave out."""

    def enter(rules: GitIgnore, relative: str, path: str) -> GitIgnore | None:
        return None if rules.ignored(relative, folder=True) else rules.below(relative, path)

    out = set()
    for folder, rules, entries in walk(str(root), repository_rules(str(root), str(root)), enter, Limits()):
        names = [f"{folder}/{e.name}" if folder else e.name for e in entries]
        out |= {name for name in names if not rules.ignored(name, folder=False)}
    return out


def gits(root: Path) -> set[str]:
    """Files that Git would add."""
    done = subprocess.run(["git", "ls-files", "-z", "--others", "--exclude-standard"], cwd=root, capture_output=True, check=True)
    return set(done.stdout.decode().split("\0")) - {""}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repo")
    for name in FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x")
    subprocess.run(["git", "-c", "init.defaultBranch=main", "init", "-q"], cwd=root, check=True)
    subprocess.run(["git", "config", "core.excludesFile", ""], cwd=root, check=True)
    return root


def compare(root: Path, rules: dict[str, str]) -> None:
    paths = [root / name for name in rules]
    try:
        for path, name in zip(paths, rules, strict=True):
            path.write_bytes(rules[name].encode())
        assert ours(root) == gits(root), rules
    finally:
        for path in paths:
            path.unlink()


@pytest.mark.parametrize("rule", RULES)
def test_as_git_does(repository: Path, rule: str) -> None:
    compare(repository, {".gitignore": rule + "\n"})


@pytest.mark.parametrize(
    "rules",
    [
        {".gitignore": "*.txt\n", "dir/.gitignore": "!b.txt\n"},
        {".gitignore": "dir/\n", "dir/.gitignore": "!*\n"},
        {"dir/.gitignore": "/a\n"},
        {"dir/.gitignore": "sub/a\n"},
        {"dir/sub/.gitignore": "*\n!.gitignore\n"},
        {".git/info/exclude": "Dockerfile\n", "dir/.gitignore": "!Dockerfile\n"},
    ],
)
def test_nested_files(repository: Path, rules: dict[str, str]) -> None:
    compare(repository, rules)


PART = st.sampled_from(["a", "*", "**", "?", "dir", "sub", "b.txt", "[ab]", "d*", "*t", "deep", "***", "Dockerfile", "[!d]*"])
LINE = st.builds(
    lambda bang, lead, parts, tail: bang + lead + "/".join(parts) + tail,
    st.sampled_from(["", "", "!"]), st.sampled_from(["", "", "/"]), st.lists(PART, min_size=1, max_size=4), st.sampled_from(["", "", "/"]),
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(top=st.lists(LINE, max_size=4), below=st.lists(LINE, max_size=2))
def test_random_rules(repository: Path, top: list[str], below: list[str]) -> None:
    compare(repository, {".gitignore": "\n".join(top) + "\n", "dir/.gitignore": "\n".join(below) + "\n"})


def test_walk_that_starts_below_the_repository(repository: Path) -> None:
    (repository / ".gitignore").write_text("/dir/sub/a\n/a\ndeep\n")
    try:
        rules = repository_rules(str(repository), str(repository / "dir"))
        assert [rules.ignored(p, folder=f) for p, f in (("sub/a", False), ("a", False), ("sub/deep", True))] == [True, False, True]
    finally:
        (repository / ".gitignore").unlink()

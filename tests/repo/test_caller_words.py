"""The quick questions that each file of a repository is asked say the same as the slow ones."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.repo.caller_files import KINDS, caller_kind, caller_sources

WORDS = (
    "ocker", "DOCKER", "odman", "uildah", "uildctl", "erdctl", "aniko", "kaffold", "build-arg", "build_arg", "buildarg", "buildArg", "BuildArg",
    "BUILD_ARG",
)  # fmt: skip
NEAR = ("worker", "token", "woman", "build", "rebuild it", "ctl", "DOCK", "buildargs"[:5], "Build-Arg"[:6], "marker", "mask o", "dman", "BUILD-ARG")


def speak(root: Path, text: str) -> bool:
    (root / "notes.xyz").write_text(text)
    return [s.path for s in caller_sources(root)] == ["notes.xyz"]


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("around", ["{}", "a{}z", "k R d uild {}", "docke BUILDER dman\n{}\n", "{}{}"])
def test_every_word_is_found(tmp_path: Path, word: str, around: str) -> None:
    assert speak(tmp_path, around.format(word, word))


@given(st.lists(st.sampled_from((*WORDS, *NEAR, " ", "k", "R", "d", "\n")), max_size=4))
def test_files_that_speak_are_those_that_hold_a_word(tmp_path_factory: pytest.TempPathFactory, parts: list[str]) -> None:
    text = "".join(parts)
    assert speak(tmp_path_factory.mktemp("a"), text) is any(word in text for word in WORDS)


PIECES = sorted({piece for _, patterns in KINDS for p in patterns for piece in p.replace("[-._]", "*").split("*") if piece})


@given(st.lists(st.sampled_from((*PIECES, "x", "-", "a.", "y", "/", "yaml", ".yml", "ml")), max_size=5))
def test_kinds_are_those_of_the_first_pattern(pieces: list[str]) -> None:
    path = "".join(pieces).lower().strip("/")
    found = caller_kind(path)
    name = path.rpartition("/")[2]
    slow = (kind for kind, patterns in KINDS if any(fnmatchcase(path if "/" in p else name, p) for p in patterns))
    assert found == "other" or found == next(slow, "other")
    if found == "other":
        assert next(slow, None) is None or path.endswith((".xml", ".lock", ".csv"))


@pytest.mark.parametrize(("kind", "pattern"), [(kind, pattern) for kind, patterns in KINDS for pattern in patterns])
def test_each_pattern_is_taken(kind: str, pattern: str) -> None:
    path = pattern.replace("[-._]", "-").replace("*", "q")
    lower = path.rpartition("/")[2]
    first = next(k for k, ps in KINDS if any(fnmatchcase(path if "/" in p else lower, p) for p in ps))
    assert caller_kind(path) == first

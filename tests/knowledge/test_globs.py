"""The globs of the rows mean what `fnmatch` means by them."""

from __future__ import annotations

from fnmatch import fnmatchcase

from hypothesis import given, settings
from hypothesis import strategies as st

from remediate.knowledge.globs import matches


@settings(max_examples=500, deadline=None)
@given(st.text("ab_", max_size=8), st.text("ab_*?[]!", max_size=7))
def test_like_fnmatch(text: str, glob: str) -> None:
    assert matches(text, glob) is fnmatchcase(text, glob)

"""Sentences of refusals where the details are not at hand."""

from __future__ import annotations

from collections.abc import Mapping

Reasons = Mapping[str, tuple[str, str]]


def filled(sentence: str, name: str = "NAME") -> str:
    """The sentence of a reason without the bracket for its details, or with general words in their place."""
    return sentence.replace(" ({detail})", "").replace(": {detail}", "").format(detail="another instruction", name=name)

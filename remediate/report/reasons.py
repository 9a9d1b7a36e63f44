"""Sentences of refusals where the details are not at hand."""

from __future__ import annotations

from collections.abc import Mapping

Reasons = Mapping[str, tuple[str, str]]


def all_reasons() -> Reasons:
    """Of both halves: why a Dockerfile is not rewritten, and why a caller is not."""
    from remediate.callers.reasons import REASONS as callers
    from remediate.fixers.reasons import REASONS as fixers

    return {**fixers, **callers}


def filled(sentence: str, name: str = "NAME") -> str:
    """The sentence of a reason without the bracket for its details, or with general words in their place."""
    return sentence.replace(" ({detail})", "").replace(": {detail}", "").format(detail="another instruction", name=name)

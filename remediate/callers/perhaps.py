"""Options that may be there, or not: what chooses them in another language is shown to the shell reader as `${__:+...}`."""

from __future__ import annotations

from remediate.text import late

PERHAPS, ENDED = b"${__:+ ", b" }"
BESIDE = (b"", b" ", b"\t", b"\n")  # what stands before and behind words of their own

PASSES = late(rb"build-arg|--secret|--ssh")
_PLACED = late(rb"(?:^|[\s\"'=,])(?:-f|--file|--target|-c)(?![\w-])|(?:^|\s)-f\S")
_SHELL = late(rb"[;|&<>`\n(){}]")
_AHEAD = late(rb"\s*(?:-|$)")


def only_options(text: bytes) -> bool:
    """Whether the text is options that say nothing of which Dockerfile is built, and nothing that a shell would take for more."""
    plain = text.replace(b"${", b"").replace(b"}", b"") if b"${" in text else text
    return not _SHELL.search(plain) and not placed(text) and _AHEAD.match(text) is not None


def placed(text: bytes) -> bool:
    """Whether the text may say which Dockerfile is built."""
    return _PLACED.search(text) is not None

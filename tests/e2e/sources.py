"""The little that the harness reads in a Dockerfile by itself, on purpose without the parser under test."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_FROM = re.compile(r"^[ \t]*FROM[ \t]+((?:--\S+[ \t]+)*)(\S+)(?:[ \t]+AS[ \t]+(\S+))?[ \t]*\r?$", re.I | re.M)
_ARG = re.compile(r"^[ \t]*ARG[ \t]+(\w+)(?:=[\"']?([^\s\"']*))?", re.I | re.M)
_USED_IMAGE = re.compile(r"(?:--from=|[,=]from=)([^\s,]+)", re.I)
_SYNTAX = re.compile(r"\A(?:\ufeff)?(?:#[ \t]*(?:escape|check)[ \t]*=.*\n)*(#[ \t]*syntax[ \t]*=.*\n)", re.I)
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}")
_REFERENCE = re.compile(r"\$\{?(\w+)(?::?-([^}]*))?\}?")


@dataclass(frozen=True, slots=True)
class Facts:
    """Stages as `--target` takes them (name or index), those that no other stage continues, and the images that must be there."""

    stages: tuple[str, ...]
    ends: tuple[str, ...]
    images: tuple[str, ...]
    env_mounts: bool
    heredocs: bool


def buildable(text: str) -> str:
    """The Dockerfile as it can be built without a registry: no syntax line, no digest on an image."""
    match = _SYNTAX.match(text)
    if match:
        text = text[: match.start(1)] + text[match.end(1) :]
    return _DIGEST.sub("", text)


def dockerfile_text(path: Path) -> str:
    """A Dockerfile as text that keeps every byte."""
    return path.read_bytes().decode("utf-8", "surrogateescape")


def facts(text: str, values: dict[str, str]) -> Facts:
    """Read stages and images; `values` are build args, which may stand in `FROM`."""
    text = text.removeprefix("\ufeff")
    first = _FROM.search(text)
    head = text[: first.start()] if first else text
    known = {name: value or "" for name, value in _ARG.findall(head)}
    known |= {name: value for name, value in values.items() if name in known}
    stages: list[str] = []
    images: list[str] = []
    continued: set[str] = set()

    def expand(word: str) -> str:
        return _REFERENCE.sub(lambda m: known.get(m[1]) or m[2] or "", word)

    for _flags, image, name in _FROM.findall(text):
        image = expand(image)
        parent = next((stage for stage in reversed(stages) if stage.lower() == image.lower()), "")
        if parent:
            continued.add(parent)
        elif image != "scratch":
            images.append(image)
        stages.append(name or str(len(stages)))
    for image in _USED_IMAGE.findall(text):
        if image.lower() not in [stage.lower() for stage in stages] and not image.isdigit():
            images.append(expand(image))
    mounts = re.findall(r"--mount=\S*type=secret\S*", text)
    return Facts(
        tuple(stages),
        tuple(stage for stage in stages if stage not in continued),
        tuple(dict.fromkeys(images)),
        any(re.search(r"[,=]env=", mount) for mount in mounts),
        bool(re.search(r"^[ \t]*(?:RUN|COPY|ADD)\b[^\n]*<<-?[\"']?\w", text, re.I | re.M)),
    )

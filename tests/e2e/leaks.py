"""Searches everything that a build gives back for planted values: layers, config, history, attestations, metadata, log."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from .engines import Built
from .images import entries
from .plants import Plant

_TITLE = re.compile(r"^(?:#\d+ \[|(?:\[\d+/\d+\] )?STEP ).*$", re.M)


@dataclass(frozen=True, slots=True)
class Leak:
    """`place` is layer, config, history, document or log; `detail` says where in it."""

    place: str
    stage: str
    name: str
    spelling: str
    detail: str


def find_leaks(stage: str, built: Built, plants: tuple[Plant, ...], printed: frozenset[str] = frozenset()) -> list[Leak]:
    """Every planted value in one built stage; the log may repeat the secrets in `printed`, which it showed before the fix."""
    assert built.image is not None
    found: list[Leak] = []

    def search(place: str, detail: str, data: bytes) -> None:
        for plant in plants:
            spellings = dict.fromkeys(spelling for spelling, needle in plant.needles() if needle in data)
            found.extend(Leak(place, stage, plant.name, spelling, detail) for spelling in spellings)

    for number, layer in enumerate(built.image.layers):
        known = len(found)
        for path, entry in entries(layer).items():
            search("layer", f"layer {number}: {path}", path.encode() + b"\0" + entry.data)
        if len(found) == known:
            search("layer", f"layer {number}: tar headers", layer)
    config = {key: value for key, value in built.image.config.items() if key != "history"}
    search("config", "config", json.dumps(config, ensure_ascii=False).encode())
    for line in built.image.config.get("history") or []:
        search("history", "history", json.dumps(line, ensure_ascii=False).encode())
    for name, data in {**built.image.documents, **built.documents}.items():
        search("document", name, data)
    found += [leak for leak in log_leaks(stage, built.log, plants) if leak.name not in printed]
    return found


def printed_by_commands(stage: str, log: str, plants: tuple[Plant, ...]) -> frozenset[str]:
    """The secrets that the output of commands shows. Not those in the title of a step: BuildKit expands build args there by itself."""
    return frozenset(leak.name for leak in log_leaks(stage, _TITLE.sub("", log), plants))


def log_leaks(stage: str, log: str, plants: tuple[Plant, ...]) -> list[Leak]:
    """Planted values that a command (or the engine) printed."""
    data = log.encode()
    return [Leak("log", stage, p.name, spelling, "build log") for p in plants for spelling, needle in p.needles() if needle in data]

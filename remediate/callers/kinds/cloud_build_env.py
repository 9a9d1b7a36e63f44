"""The environment of a Cloud Build step: what a rewrite adds to it, in YAML or JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from remediate.callers.kinds.cloud_build_read import Config, Step, image_name
from remediate.callers.listed import Word
from remediate.formats.node import Node, resolve
from remediate.model import Edit


def is_modern(image: str) -> bool:
    """Docker's own image builds with BuildKit from 23.0 on."""
    if image_name(image) != "docker" or "cloud-builders" in image:
        return False
    version = re.match(r"\d+", image.partition("@")[0].rpartition(":")[2]) if ":" in image.rpartition("/")[2] else None
    return version is None or int(version[0]) >= 23


def environment_edits(data: bytes, config: Config, step: Step, added: Mapping[str, str]) -> list[Edit] | None:
    """New items of the step's `env:`; None when that is not the step's own."""
    from remediate.formats import json, yaml_edit

    if not added:
        return []
    items = [f"{name}={value}" for name, value in added.items()]
    own = step.node.entry("env")
    if own is None:
        if any(resolve(e.value).entry("env") is not None for e in step.node.entries if e.key.value == "<<"):
            return None
        after = "args" if step.node.entry("args") is not None else ""
        if config.json:
            return [json.add_entry(data, step.node, "env", "[" + ", ".join(json.quoted(i) for i in items) + "]", after=after)]
        like = _neighbour(step.words)
        return [yaml_edit.add_entry(data, step.node, "env", [f"- {yaml_edit.quoted(i, like)}" for i in items], after=after)]
    if own.value.kind != "sequence":
        return None
    if config.json:
        return [json.add_item(data, own.value, json.quoted(i)) for i in items]
    like_item = next((i.value for i in own.value.items), None)
    return [yaml_edit.add_item(data, own.value, yaml_edit.quoted(i, like_item, flow=own.value.flow)) for i in items]


def _neighbour(words: Sequence[Word]) -> Node | None:
    return next((w.list.items[w.number].value for w in words if w.list is not None), None)

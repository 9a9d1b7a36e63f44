"""YAML text for new values."""

from __future__ import annotations

from collections.abc import Sequence

from remediate.formats.embedded import FormatError
from remediate.formats.node import Node
from remediate.formats.scalars import double_written
from remediate.text import late

# what some YAML reader takes for a truth value, a number, a date or nothing
_NOT_TEXT = late(
    r"(?i:y|n|yes|no|on|off|true|false|null|~|<<|=|[-+]?\.(?:inf|nan))|[-+.]?[0-9][0-9a-fA-FxXoO_.:eE+-]*(?:[tT ][0-9:.Z+ -]*)?"
)


def quoted(text: str, like: Node | None = None, *, flow: bool = False) -> str:
    """A scalar for this text: quoted as `like`, else plain where every reader takes it for the same text."""
    style = like.style if like is not None else ""
    if style not in ("single", "double") and is_plain(text, flow=flow):
        return text
    if "'" not in text and (style == "single" or (style != "double" and ("\\" in text or '"' in text))) and text.isprintable():
        return f"'{text}'"
    return '"' + (double_written(text.encode()) or b"").decode() + '"'


def is_plain(text: str, *, flow: bool = False) -> bool:
    """Whether the text can stand without quotes, and is no number or the like."""
    from remediate.formats.yaml import documents

    if not text or not text.isprintable() or text != text.strip() or _NOT_TEXT.fullmatch(text):
        return False
    if flow and any(c in text for c in ",[]{}"):
        return False
    try:
        roots = documents(f"[{text}]".encode() if flow else f"k: {text}\n".encode())
    except FormatError:
        return False
    value = roots[0].items[0].value if flow else roots[0].entries[0].value
    return value.kind == "scalar" and value.style == "plain" and value.value == text


def is_nested(value_lines: Sequence[str]) -> bool:
    """Whether the value has to begin in the line below its key."""
    value = _value(value_lines)
    return value.kind in ("mapping", "sequence") and not value.flow


def _value(lines: Sequence[str]) -> Node:
    from remediate.formats.yaml import documents

    if lines[0][:1] in ("|", ">"):
        return documents("\n  ".join([f"k: {lines[0]}", *lines[1:], ""]).encode())[0].entries[0].value
    return documents("\n".join([*lines, ""]).encode())[0]


def flow_source(value_lines: Sequence[str]) -> str:
    """The same value in one line, for inside brackets."""
    return _flow(_value(value_lines)) if value_lines else ""


def _flow(node: Node) -> str:
    if node.kind == "mapping":
        return "{" + ", ".join(f"{_flow(e.key)}: {_flow(e.value)}".rstrip() for e in node.entries) + "}"
    if node.kind == "sequence":
        return "[" + ", ".join(_flow(i.value) for i in node.items) + "]"
    raw = node.data[node.start : node.span.end].decode()
    if node.kind != "scalar" or node.style in ("single", "double"):
        return raw
    if node.style == "plain" and (raw[0] in "!&" or not any(c in raw for c in ",[]{}\n")):
        return raw
    return quoted(node.value, flow=True)

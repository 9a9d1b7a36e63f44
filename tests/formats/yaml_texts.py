"""YAML texts in many layouts, made together with the value that they stand for."""

from __future__ import annotations

from hypothesis import strategies as st

WORDS = [
    "a",
    "T=$T",
    "docker build .",
    "it's",
    'say "x"',
    "x: y",
    "# no comment",
    "a #b",
    "{{.T}}",
    "- x",
    "[1",
    "ä€😀",
    "tab\tin",
    "",
    "~x",
    "yes",
]
LINES = ["set -e", "docker build \\", "  --build-arg T=$T .", "", "# text", "echo 'x: y'", "\tdeep"]
KEYS = ["run", "with", "args", "image", "build-args", "x.y", "k 1"]


def value():
    """Nested plain data: text, lists, mappings."""
    text = st.one_of(st.sampled_from(WORDS), st.lists(st.sampled_from(LINES), min_size=1, max_size=4).map("\n".join))
    return st.recursive(
        text,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)),
        max_leaves=12,
    )


class Writer:
    """Writes data as YAML; `draw` decides on the layout."""

    def __init__(self, draw, newline: str) -> None:
        self.draw, self.newline = draw, newline
        self.step = draw(st.sampled_from([2, 4]))
        self.dash = draw(st.sampled_from([0, 2]))

    def flag(self) -> bool:
        return self.draw(st.booleans())

    def document(self, data) -> bytes:
        lines = self.block(data, 0) if isinstance(data, dict | list) and data else [self.inline(data)]
        head = ["# head", "---"] if self.flag() else []
        return (self.newline.join([*head, *lines]) + (self.newline if self.flag() else "")).encode()

    def block(self, data, column: int) -> list[str]:
        """Lines of a mapping or sequence whose first key or dash stands in `column`."""
        pad = " " * column
        out: list[str] = []
        pairs = [(f"{k}:", v) for k, v in data.items()] if isinstance(data, dict) else [("-", v) for v in data]
        for head, inner in pairs:
            if self.draw(st.integers(0, 5)) == 0:
                out += [pad + "# comment", ""]
            out += self.entry(pad, head, inner, column)
        return out

    def entry(self, pad: str, head: str, inner, column: int) -> list[str]:
        if isinstance(inner, str) or not inner or self.draw(st.integers(0, 3)) == 0:
            if isinstance(inner, str) and self.literal(inner):
                lines = [" " * (column + self.step) + x if x else "" for x in inner.split("\n")]
                return [f"{pad}{head} |-", *lines]
            return [f"{pad}{head} {self.inline(inner)}{'  # note' if self.flag() else ''}"]
        if head == "-":
            deeper = column + 2
            lines = self.block(inner, deeper)
            if lines[0].strip().startswith("#"):
                return [pad + "-", *lines]
            return [pad + "- " + lines[0][deeper:], *lines[1:]]
        return [pad + head, *self.block(inner, column + (self.dash if isinstance(inner, list) else self.step))]

    def literal(self, text: str) -> bool:
        return "\n" in text and self.flag() and text[0] not in " \t\n" and not text.endswith("\n") and text.split("\n")[-1] != ""

    def inline(self, data) -> str:
        if isinstance(data, dict):
            return "{" + ", ".join(f"{k}: {self.inline(v)}" for k, v in data.items()) + "}"
        if isinstance(data, list):
            return "[" + ", ".join(self.inline(v) for v in data) + "]"
        style = self.draw(st.sampled_from(["plain", "single", "double"]))
        if style == "plain" and data and all(c.isalnum() or c in "=$._ " for c in data) and data.strip() == data:
            return data
        if style != "double" and "\n" not in data:
            return "'" + data.replace("'", "''") + "'"
        return '"' + data.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'


@st.composite
def documents(draw):
    """(bytes, data)"""
    data = draw(value())
    return Writer(draw, draw(st.sampled_from(["\n", "\r\n"]))).document(data), data

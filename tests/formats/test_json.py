"""JSON: the values of Python's reader, at the bytes where they stand; edits in the file's own layout."""

from __future__ import annotations

import json as reference
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remediate.formats import json
from remediate.formats.json import FormatError, document
from remediate.text import apply
from tests.clock import SLOWER

VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=4), inner, max_size=4)),
    max_leaves=15,
)
LAYOUTS = st.sampled_from([{}, {"indent": 2}, {"indent": "\t"}, {"separators": (",", ":")}])


def built(node):
    if node.kind == "mapping":
        return {e.key.value: built(e.value) for e in node.entries}
    if node.kind == "sequence":
        return [built(i.value) for i in node.items]
    return node.value if node.style == "double" else reference.loads(node.data[node.span.start : node.span.end])


@settings(max_examples=300, deadline=None, derandomize=True)
@given(VALUES, LAYOUTS, st.booleans())
def test_values(value, layout, ascii_only) -> None:
    data = reference.dumps(value, ensure_ascii=ascii_only, **layout).encode()
    assert built(document(data)) == value
    assert built(document(data, comments=True)) == value


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.dictionaries(st.text(max_size=4), VALUES, max_size=4), LAYOUTS, st.booleans(), st.data())
def test_entries_come_and_go(value, layout, crlf, draw) -> None:
    data = reference.dumps(value, **layout).encode().replace(b"\n", b"\r\n" if crlf else b"\n")
    added = apply(data, [json.add_entry(data, document(data), "new key", '"x"', after=draw.draw(st.sampled_from([*value, ""])))])
    assert reference.loads(added) == {**value, "new key": "x"}
    if len(value) > 1:
        gone = draw.draw(st.sets(st.sampled_from(list(value)), min_size=1, max_size=len(value) - 1))
        less = apply(data, json.remove_entries(data, document(data), gone))
        assert reference.loads(less) == {k: v for k, v in value.items() if k not in gone}


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(VALUES, max_size=5), LAYOUTS, st.data())
def test_items_come_and_go(value, layout, draw) -> None:
    data = reference.dumps(value, **layout).encode()
    assert reference.loads(apply(data, [json.add_item(data, document(data), '"x"')])) == [*value, "x"]
    if len(value) > 1:
        gone = draw.draw(st.sets(st.integers(0, len(value) - 1), min_size=1, max_size=len(value) - 1))
        less = apply(data, json.remove_items(data, document(data), gone))
        assert reference.loads(less) == [v for i, v in enumerate(value) if i not in gone]


def test_layout_of_the_neighbour() -> None:
    data = b'{\n    "a": 1,\n    "b": [\n        "x"\n    ]\n}\n'
    root = document(data)
    assert apply(data, [json.add_entry(data, root, "c", "2", after="a")]) == data.replace(b"1,\n", b'1,\n    "c": 2,\n')
    assert apply(data, [json.add_item(data, root.get("b"), '"y"')]) == data.replace(b'"x"', b'"x",\n        "y"')


def test_comments() -> None:
    data = b'// head\n{"a": 1, /* x */ "b": [1, 2,], // y\n}\n'
    assert built(document(data, comments=True)) == {"a": 1, "b": [1, 2]}
    with pytest.raises(FormatError):
        document(data)


def test_text_of_a_string() -> None:
    data = b'{"s": "docker build --build-arg \\"T=$T\\" ."}'
    text = document(data).get("s").text
    at = text.text.data.index(b'"T=$T"')
    span = text.text.span(at, at + 6)
    assert data[span.start : span.end] == b'\\"T=$T\\"'
    assert text.written(b'a"\\\n\x01') == b'a\\"\\\\\\n\\u0001'


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[1,]", b'{"a" 1}', b'{"a": 1, "a": 2}', b"[1] x", b'"\\q"', b'"a\nb"', b"[01]", b"nul", b"\xff", b"[" * 100_000, b"x" * 2_000_000],
)  # fmt: skip
def test_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        document(data)


@pytest.mark.parametrize("data", [b"/*" * 400_000, b"[" + b"1," * 300_000, b'"' + b"\\" * 900_000, b" " * 1_000_000, b"//" * 400_000])
def test_time_is_linear(data: bytes) -> None:
    begin = time.process_time()
    with pytest.raises(FormatError):
        document(data, comments=True)
    assert time.process_time() - begin < 3 * SLOWER

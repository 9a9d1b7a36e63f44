"""Edits on YAML: the meant value arrives, nothing else changes, and the layout is the file's own."""

from __future__ import annotations

import copy

import pytest
import yaml as pyyaml
from hypothesis import given, settings
from hypothesis import strategies as st

from remediate.formats import yaml_edit as edit
from remediate.formats.yaml import FormatError, documents
from remediate.formats.yaml_write import quoted
from remediate.text import apply
from tests.formats.yaml_texts import WORDS
from tests.formats.yaml_texts import documents as texts

BUDGET = settings(max_examples=400, deadline=None, derandomize=True)


def read(data: bytes):
    (value,) = pyyaml.load_all(data, pyyaml.BaseLoader)
    return value


def containers(node, path=()):
    """(node, path) of every mapping and sequence that holds something."""
    if node.entries or node.items:
        yield node, path
    for entry in node.entries:
        yield from containers(entry.value, (*path, entry.key.value))
    for index, item in enumerate(node.items):
        yield from containers(item.value, (*path, index))


def at(value, path):
    for step in path:
        value = value[step]
    return value


def picked(made, draw):
    """The text, its value, and one container with its path."""
    data, meant = made
    found = list(containers(documents(data)[0]))
    if not found:
        return None
    node, path = draw.draw(st.sampled_from(found))
    return data, copy.deepcopy(meant), node, path


VALUES = [
    (["x"], "x"), (['"a: b"'], "a: b"), (["- a", "- b: c"], ["a", {"b": "c"}]), (["k: v", "l: [1]"], {"k": "v", "l": ["1"]}), (["{}"], {}), ([], ""),
]  # fmt: skip


@BUDGET
@given(texts(), st.data())
def test_an_entry_or_item_comes(made, draw) -> None:
    case = picked(made, draw)
    if case is None:
        return
    data, meant, node, path = case
    lines, value = draw.draw(st.sampled_from(VALUES))
    if node.kind == "mapping":
        after = draw.draw(st.sampled_from(["", *(e.key.value for e in node.entries)]))
        new = apply(data, [edit.add_entry(data, node, "new", lines, after=after)])
        at(meant, path)["new"] = value
    elif lines:
        new = apply(data, [edit.add_item(data, node, "\n".join(lines))])
        at(meant, path).append(value)
    else:
        return
    assert read(new) == meant
    documents(new)


@BUDGET
@given(texts(), st.data())
def test_entries_and_items_go(made, draw) -> None:
    case = picked(made, draw)
    if case is None:
        return
    data, meant, node, path = case
    if len(node.entries) > 1:
        keys = [e.key.value for e in node.entries]
        gone = draw.draw(st.sets(st.sampled_from(keys), min_size=1, max_size=len(keys) - 1))
        edits = edit.remove_entries(data, node, gone)
        for key in gone:
            del at(meant, path)[key]
    elif len(node.items) > 1:
        indexes = draw.draw(st.sets(st.integers(0, len(node.items) - 1), min_size=1, max_size=len(node.items) - 1))
        edits = edit.remove_items(data, node, indexes)
        for index in sorted(indexes, reverse=True):
            del at(meant, path)[index]
    else:
        with pytest.raises(FormatError):
            edit.remove_entries(data, node, [e.key.value for e in node.entries]) if node.entries else edit.remove_item(data, node, 0)
        return
    new = apply(data, edits)
    assert read(new) == meant


def scalars(node, path=()):
    if node.kind in ("scalar", "null") and path:
        yield node, path
    for entry in node.entries:
        yield from scalars(entry.value, (*path, entry.key.value))
    for index, item in enumerate(node.items):
        yield from scalars(item.value, (*path, index))


@BUDGET
@given(texts(), st.data())
def test_lines_come_and_go(made, draw) -> None:
    data, meant = made
    found = list(scalars(documents(data)[0]))
    if not found:
        return
    node, path = draw.draw(st.sampled_from(found))
    parent = at(meant, path[:-1])
    old = parent[path[-1]]
    try:
        new = apply(data, [edit.add_line(data, node, "id=x y")])
    except FormatError:
        assert node.flow or "\n" in old or old[:1] in (" ", "\n")
    else:
        parent[path[-1]] = f"{old}\nid=x y" if old else "id=x y"
        value = read(new)
        got = at(value, path)
        assert got.rstrip("\n") == parent[path[-1]]
        at(value, path[:-1])[path[-1]] = parent[path[-1]]
        assert value == meant
    lines = old.split("\n")
    index = draw.draw(st.integers(0, len(lines) - 1))
    try:
        new = apply(data, [edit.remove_line(data, node, index)])
    except FormatError:
        return
    parent[path[-1]] = "\n".join(lines[:index] + lines[index + 1 :])
    value = read(new)
    assert at(value, path).rstrip("\n") == parent[path[-1]].rstrip("\n")


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.one_of(
        st.sampled_from([*WORDS, "on", "1e3", "0x1f", "2001-01-01", "null", "=", "a\nb", " x", "x:", "a,b", "1:30", ".5", "<<"]),
        st.text(max_size=9),
    )
)
def test_quoted_text_is_read_as_text(text) -> None:
    if any(c in "\x85\u2028\u2029\ufeff\ufffe\uffff" or 0xD800 <= ord(c) < 0xE000 or 0x7F <= ord(c) < 0xA0 for c in text):
        return
    for flow, line in ((False, "k: {}\n"), (True, "k: [{}]\n")):
        source = quoted(text, flow=flow)
        value = pyyaml.safe_load(line.format(source))["k"]
        assert (value[0] if flow else value) == text


CASES = [
    ("dash habit kept", "a:\n- x\nb: 1\n", lambda d, r: edit.add_entry(d, r, "c", ["- y"]), "a:\n- x\nb: 1\nc:\n- y\n"),
    ("dashes indented", "a:\n    - x\n", lambda d, r: edit.add_entry(d, r, "c", ["- y"]), "a:\n    - x\nc:\n    - y\n"),
    ("step of four", "a:\n    b: 1\n", lambda d, r: edit.add_entry(d, r, "c", ["d: 1"]), "a:\n    b: 1\nc:\n    d: 1\n"),
    ("after", "a: 1 # x\n\n# about b\nb: 2\n", lambda d, r: edit.add_entry(d, r, "c", ["3"], after="a"), "a: 1 # x\nc: 3\n\n# about b\nb: 2\n"),
    ("behind its own comments", "a:\n  b: 1\n\n  # end\n", lambda d, r: edit.add_entry(d, r, "c", ["3"]), "a:\n  b: 1\n\n  # end\nc: 3\n"),
    ("comments, no newline", "a:\n  b: 1\n  # end", lambda d, r: edit.add_entry(d, r, "c", ["3"]), "a:\n  b: 1\n  # end\nc: 3"),
    ("comments of what follows", "a:\n  b: 1\n# on d\nd: 1\n", lambda d, r: edit.add_entry(d, r, "c", ["3"], after="a"), "a:\n  b: 1\nc: 3\n# on d\nd: 1\n"),
    ("no newline at the end", "a: 1", lambda d, r: edit.add_entry(d, r, "c", ["3"]), "a: 1\nc: 3"),
    ("crlf", "a: 1\r\n", lambda d, r: edit.add_entry(d, r, "c", ["- 3"]), "a: 1\r\nc:\r\n  - 3\r\n"),
    ("compact item", "- a: 1\n  b: 2\n- c\n", lambda d, r: edit.remove_entry(d, r.items[0].value, "a"), "- b: 2\n- c\n"),
    ("inside an item", "- a: 1\n- c\n", lambda d, r: edit.add_entry(d, r.items[0].value, "b", ["2"]), "- a: 1\n  b: 2\n- c\n"),
    ("comment stays", "a: 1\n# about b\nb: 2\n", lambda d, r: edit.remove_entry(d, r, "a"), "# about b\nb: 2\n"),
    ("flow", "a: {x: 1, y: 2}\n", lambda d, r: edit.remove_entry(d, r.get("a"), "x"), "a: {y: 2}\n"),
    ("flow end", "a: [x, y]\n", lambda d, r: edit.remove_item(d, r.get("a"), 1), "a: [x]\n"),
    ("flow nested", "a: {x: 1}\n", lambda d, r: edit.add_entry(d, r.get("a"), "s", ["- b,c"]), 'a: {x: 1, s: ["b,c"]}\n'),
    ("flow lines", "a: [\n  x,\n  y\n]\n", lambda d, r: edit.add_item(d, r.get("a"), "z"), "a: [\n  x,\n  y,\n  z\n]\n"),
    ("empty flow", "a: []\n", lambda d, r: edit.add_item(d, r.get("a"), "z"), "a: [z]\n"),
    ("dash gap", "a:\n  -   x\n", lambda d, r: edit.add_item(d, r.get("a"), "k: v\nl: w"), "a:\n  -   x\n  -   k: v\n      l: w\n"),
    ("line", "a: |\n   x\nb: 1\n", lambda d, r: edit.add_line(d, r.get("a"), "y"), "a: |\n   x\n   y\nb: 1\n"),
    ("one line becomes two", "w:\n  a: 'x' # c\n", lambda d, r: edit.add_line(d, r.get("w", "a"), "y"), "w:\n  a: | # c\n    x\n    y\n"),
    ("null becomes a block", "a:\nb: 1\n", lambda d, r: edit.add_line(d, r.get("a"), "y"), "a: |\n  y\nb: 1\n"),
    ("line replaced", "a: |\n  x\n  y\n", lambda d, r: edit.replace_line(d, r.get("a"), 1, "z"), "a: |\n  x\n  z\n"),
    ("only line replaced", "a: x=1\n", lambda d, r: edit.replace_line(d, r.get("a"), 0, "z=1"), "a: z=1\n"),
    ("line out of quotes", 'a: "x\\ny"\n', lambda d, r: edit.remove_line(d, r.get("a"), 1), 'a: "x"\n'),
    ("block literal value", "a: 1\n", lambda d, r: edit.add_entry(d, r, "s", ["|", "x", "y"]), "a: 1\ns: |\n  x\n  y\n"),
    ("bom", "\ufeffa: 1\nb: 2\n", lambda d, r: edit.remove_entry(d, r, "a"), "\ufeffb: 2\n"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "change", "after"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_layout(before, change, after) -> None:
    data = before.encode()
    assert apply(data, [change(data, documents(data)[0])]).decode() == after


@pytest.mark.parametrize(
    "change",
    [
        lambda d, r: edit.remove_entry(d, r.get("w"), "a"),
        lambda d, r: edit.remove_entry(d, r, "none"),
        lambda d, r: edit.remove_line(d, r.get("w", "a"), 0),
        lambda d, r: edit.add_line(d, r.get("f"), "y"),
        lambda d, r: edit.add_item(d, r.get("w"), "y"),
        lambda d, r: edit.replace_line(d, r.get("p"), 0, "a: b"),
        lambda d, r: edit.remove_line(d, r.get("deeper"), 0),
    ],
    ids=["last entry", "no such entry", "last line", "folded", "no sequence", "plain cannot", "indentation would change"],
)
def test_refused(change) -> None:
    data = b"w:\n  a: |\n    x\nf: >\n  x\np: x\ndeeper: |\n  x\n    y\n"
    with pytest.raises(FormatError):
        change(data, documents(data)[0])


def test_a_byte_order_mark_is_no_column():
    """The layout of the first line counts as that of the others: an entry comes out as deep as its neighbours' entries."""
    from remediate.formats.yaml import documents
    from remediate.formats.yaml_edit import habits

    text = b"a:\n  b:\n    c: 1\nd:\n  e: 2\n"
    for data in (text, b"\xef\xbb\xbf" + text):
        assert documents(data)[0].column == 0
        assert habits(data).step == 2

"""YAML: the same values as an independent reader finds, at the bytes where they stand; everything doubtful is refused."""

from __future__ import annotations

import time

import pytest
import yaml as pyyaml
from hypothesis import given, settings

from remediate.formats.yaml import FormatError, Node, documents, merged, resolve
from remediate.model import Edit
from remediate.text import apply
from tests.clock import SLOWER
from tests.formats.yaml_texts import documents as texts


def built(node: Node):
    node = resolve(node)
    if node.kind == "mapping":
        return {built(e.key): built(e.value) for e in node.entries}
    if node.kind == "sequence":
        return [built(i.value) for i in node.items]
    return node.value if node.kind == "scalar" else node.data[node.span.start : node.span.end].decode()


def other(data: bytes):
    return ["" if d is None else d for d in pyyaml.load_all(data, pyyaml.BaseLoader)]


def every(node: Node):
    yield node
    for entry in node.entries:
        yield from every(entry.key)
        yield from every(entry.value)
    for item in node.items:
        yield from every(item.value)


SAME = [
    b"", b"# only a comment", b"a:\n", b"a: 1\nb: [x, 'y', \"z\"]\n", b"- 1\n-\n- - 2\n  - 3\n", b"a:\n- 1\n- 2\nb: {c: d, e}\n",
    b"--- |\n  x\n--- >-\n  a\n  b\n...\n# end\n", b"plain\n  over\n\n  lines\n", b"a: 'x\n\n  y  z'\n", b'a: "x \\\n   y\\n\\u20ac"\n',
    b"a: |\n  x\n   y\n\n\n", b"a: |+\n  x\n\n\nb: |-\n  y\n\n", b"a: |2\n   x\n  y\n", b"a: >\n  x\n  y\n\n   z\n\n  w\n  v\n", b"a: >+\n  x\n\n\n",
    b"a: |\n\n\n  x\n", b"a: |\nb: >\n\nc: 1\n", b"- |\n  x\n-   a: |\n      y\n    b: 2\n", b"a: &x {k: v}\nb: *x\nc: &y\n  k: v\nd: *y\n",
    b"&a k: v\nl: *a\n", b"a: !Sub 'x'\nb: !!str 5\nc: !Ref x\n", b"a: {\n  b: c, # d\n  e: [\n    f\n]\n}\n", b"'q': 1\n\"r\" : 2\ns : 3\n",
    b"a: b#c\nd: e:f\ng: http://x/y\nh: -x\ni: ?y\n", b"a: \\ x\n  y\n", b"\xef\xbb\xbfa: 1\nb: 2\n", b"%YAML 1.2\n---\na: 1\n", b"a: | # c\n  x\n",
    b"- |+\n   \n", b"- |+\n\n\n  ", b"a: |\n  x\n    \n    y\n  ", b"a: |\n  x\n   ", b"a: |\n   \n\nb: >+\n    \n  \nc: 1\n", b"a:    # c\n  b: 1 # d\n  # e\nc: 2\n", b"a: x{{ y }}\nb: ${{ secrets.T }}\n", b"- a\n# c\n-\n  b\n", b"a: [{b: c}, d]\n", b'{"a":"b","c":[1]}\n',
    b"a: ~\nb: null\n", b"a: >-\n  docker build\n  --build-arg T=$T\n  .\n", b"a: ''\nb: \"\"\nc: ''''\n", b"?x: 1\n",
]  # fmt: skip


@pytest.mark.parametrize("data", SAME)
def test_values_are_those_of_another_reader(data: bytes) -> None:
    assert [built(d) for d in documents(data)] == other(data)


@pytest.mark.parametrize("data", [d for d in SAME if b"|" not in d and b">" not in d and not d.startswith(b"\xef")])
def test_crlf_changes_no_value(data: bytes) -> None:
    crlf = data.replace(b"\n", b"\r\n")
    assert [built(d) for d in documents(crlf)] == other(data)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(texts())
def test_generated_texts(made) -> None:
    data, meant = made
    assert [built(d) for d in documents(data)] == [meant] == other(data)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(texts())
def test_spans_hold_their_value(made) -> None:
    """What stands at the span of a value, put elsewhere, is read as the same value."""
    data, _ = made
    for root in documents(data):
        for node in every(root):
            text = data[node.span.start : node.span.end]
            inline = node.flow or node.kind not in ("mapping", "sequence")
            (read,) = other(b"k: " + text + b"\n" if inline else b" " * node.column + text + b"\n")
            assert (read["k"] if inline else read) == built(node)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(texts())
def test_text_of_a_scalar_can_be_written_at_its_place(made) -> None:
    """A word put into the middle of every scalar arrives there, and nowhere else."""
    data, _ = made
    for root in documents(data):
        nodes = list(every(root))
        for number, node in enumerate(nodes):
            if node.kind != "scalar" or not node.value.isascii():
                continue
            logical, middle = node.text.text, len(node.text.text) // 2
            written = node.text.written(b"W'\"\\W")
            if written is None:
                continue
            if node.style == "plain":
                written = node.text.written(b"WW")
                assert written == b"WW"
            after = documents(apply(data, [Edit(logical.span(middle, middle), written)]))
            value = list(every(after[0]))[number].value
            word = "WW" if node.style == "plain" else "W'\"\\W"
            assert value == node.value[:middle] + word + node.value[middle:]
            assert other(apply(data, [Edit(logical.span(middle, middle), written)])) == [built(after[0])]


REFUSED = {
    "duplicate": b"a: 1\nb: 2\na: 3\n", "duplicate in flow": b"x: {a: 1, a: 2}\n", "tab": b"a:\n\tb: 1\n", "helm": b"a: {{ .Values.x }}\n",
    "helm line": b"a:\n  b: 1\n{{- if .x }}\n  c: 2\n{{- end }}\n", "jinja": b"{% if x %}\na: 1\n{% endif %}\n", "jinja comment": b"# {% raw %}\na: 1\n",
    "folded template": b"a: b\n    {{- if .x }}\nc: 1\n", "quote": b"a: 'x\n", "bracket": b"a: [x\n", "alias": b"a: *x\n", "endless": b"a: &a [*a]\n",
    "escape": b'a: "\\q"\n', "control": b"a: \x01\n", "not utf-8": b"a: \xff\n", "utf-16": "a: 1\n".encode("utf-16"), "lone cr": b"a: 1\rb: 2\n",
    "complex key": b"? a\n: b\n", "collection key": b"{a: 1}: b\n", "indent": b"a: 1\n  b: 2\n", "dedent": b"a:\n    b: 1\n  c: 2\n",
    "text after": b"a: 'x' y\n", "nested in line": b"a: b: c\n", "dash in line": b"a: - b\n", "tag directive": b"%TAG ! x\n---\na: 1\n",
    "line separator": "a: x\u2028y\n".encode(), "doc end": b"a: 1\n... b\n", "seq then map": b"- a\nb: c\n", "reserved": b"a: @x\n", "flow pair": b"[a: b]\n",
    "comma": b"a: [b c: d]\n", "question": b"[ ?x ]\n", "lead": b"a: |\n     \n  x\n",
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    with pytest.raises(FormatError) as error:
        documents(REFUSED[name])
    assert error.value.line >= 1


def test_a_template_is_called_one() -> None:
    for name in ("helm", "helm line", "jinja", "jinja comment", "folded template"):
        with pytest.raises(FormatError, match="template"):
            documents(REFUSED[name])


def test_the_line_of_an_error() -> None:
    with pytest.raises(FormatError) as error:
        documents(b"a: 1\nb:\n  c: 2\n  c: 3\n")
    assert error.value.line == 4


def test_alias_bomb_is_refused() -> None:
    bomb = b"a0: &a0 [x, x]\n" + b"".join(b"a%d: &a%d [%s]\n" % (i, i, b", ".join([b"*a%d" % (i - 1)] * 9)) for i in range(1, 12))
    with pytest.raises(FormatError, match="aliases"):
        documents(bomb)


@pytest.mark.parametrize("data", [b"[" * 200_000, b"- " * 200_000, b"{a: " * 100_000, b"\n".join(b" " * i + b"a:" for i in range(1400))])
def test_deep_nesting_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match="deeply"):
        documents(data)


def test_as_deep_as_allowed() -> None:
    data = b"\n".join(b" " * i + b"a:" for i in range(199)) + b" x\n"
    (node,) = documents(data)
    for _ in range(199):
        node = node.entries[0].value
    assert node.value == "x"


def test_large_files_are_not_read() -> None:
    begin = time.process_time()
    with pytest.raises(FormatError, match="1 MiB"):
        documents(b"a: 1\n" * 10_000_000)
    assert time.process_time() - begin < 2 * SLOWER


@pytest.mark.parametrize(
    "data",
    [
        b"steps:\n" + b"".join(b"  - run: |\n      docker build --build-arg T=%d .\n    name: x\n" % i for i in range(10_000)),
        b"a: " + b" " * 900_000 + b"x\n", b"a: x" + b" " * 900_000 + b"#", b"a: '" + b"''" * 400_000 + b"'", b'a: "' + b" \n" * 400_000 + b'"',
        b'a: "' + b"\\" * 900_000 + b'"', b"a: |\n" + b" \n" * 400_000, b"a: |\n" + b"  x\n" * 200_000, b"\n" * 1_000_000, b"# x\n" * 250_000,
        b"a: [" + b"x, " * 200_000 + b"]", b"a" * 1_000_000, b"a: x\n" + b"  \n" * 300_000 + b"  y", b"---\n" * 200_000, b"- \n" * 300_000,
    ],
    ids=range(15),
)  # fmt: skip
def test_time_is_linear(data: bytes) -> None:
    begin = time.process_time()
    try:
        for root in documents(data):
            for node in every(root):
                _ = node.value
    except FormatError:
        pass
    assert time.process_time() - begin < 6 * SLOWER


def test_block_text_maps_to_the_file() -> None:
    data = b"run: |\n    docker build \\\n      --build-arg T .\n    echo\nx: 1\n"
    text = documents(data)[0].get("run").text
    at = text.text.data.index(b"--build-arg T")
    span = text.text.span(at, at + 13)
    assert data[span.start : span.end] == b"--build-arg T"
    line = text.text.data.index(b"echo")
    assert apply(data, [Edit(text.text.span(line, line), text.written(b"a\nb\n"))]) == data.replace(b"    echo", b"    a\n    b\n    echo")
    assert apply(data, [Edit(text.text.span(line, line + 4), text.written(b"a\n\nb"))]) == data.replace(b"    echo", b"    a\n\n    b")


def test_taking_the_last_line_out_leaves_the_next_key_alone() -> None:
    data = b"run: |\n    a\n    b\nx: 1\n"
    text = documents(data)[0].get("run").text
    after = apply(data, [Edit(text.text.span(2, 4), b"")])
    assert other(after) == [{"run": "a\n", "x": "1"}]


def test_plain_text_that_would_break_out_is_not_written() -> None:
    (root,) = documents(b"a: x y\nb: [x y]\n")
    block, flow = root.get("a").text.written, root.get("b").items[0].value.text.written
    assert block(b"a,b [c]") == b"a,b [c]"
    assert flow(b"id=t,env=T") is None
    for bad in (b"a: b", b"a #b", b"a\nb", b"# x", b"a:", b"*x", b"- x"):
        assert block(bad) is None, bad


def test_merge_keys() -> None:
    (root,) = documents(b"a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc:\n  <<: [*a, *b]\n  x: 9\nd: {<<: *a}\n")
    got = {m.entry.key.value: (m.entry.value.value, m.aliased) for m in merged(root.get("c"))}
    assert got == {"x": ("9", False), "y": ("2", True), "z": ("4", True)}
    assert [m.aliased for m in merged(root.get("d"))] == [True, True]
    assert root.get("d", "x") is None


def test_tags_and_anchors() -> None:
    (root,) = documents(b"a: &n !Ref x\nb: *n\nc: &m\n  k: v\n")
    node = root.get("a")
    assert (node.anchor, node.tag, node.value, node.line) == ("n", "!Ref", "x", 1)
    assert root.get("b").kind == "alias" and root.get("b").target is node
    assert root.get("c").anchor == "m" and root.get("c", "k").value == "v"


def test_entry_spans_are_whole_lines() -> None:
    data = b"a: 1 # c\nb:\n  - x\n  # d\nc: |\n  y\n\nd: {e: f}"
    (root,) = documents(data)
    assert [data[e.span.start : e.span.end] for e in root.entries] == [b"a: 1 # c\n", b"b:\n  - x\n", b"c: |\n  y\n", b"d: {e: f}"]

"""The HCL reader's places and refusals, and edits that keep a file's style; python-hcl2 is no party here, `buildx bake --print` is."""

from __future__ import annotations

import time

import pytest

from remediate.formats import hcl, hcl_edit
from remediate.formats.embedded import FormatError
from remediate.text import apply
from tests.clock import SLOWER

BAKE = b"""// the images
variable "TOKEN" { default = "" }
group "default" {
  targets = ["app", "worker"]
}
target "app" {
  inherits   = ["_common"]
  dockerfile = "docker/${DIR}/Dockerfile"
  args = {
    TOKEN = TOKEN  # from CI
    "MODE" = "a\\"b$${x}"
    URL: tok(TOKEN, 1)
    OPT = TOKEN != "" ? TOKEN : null
    (X) = item.key
  }
  dockerfile-inline = <<-EOT
    FROM base:${TAG}
    RUN true
  EOT
}
"""


def target(data: bytes = BAKE) -> hcl.Block:
    return next(b for b in hcl.read(data).blocks if b.type == "target")


def test_blocks_have_their_labels_and_lines():
    assert [(b.type, b.labels, b.line) for b in hcl.read(BAKE).blocks] == [
        ("variable", ("TOKEN",), 2), ("group", ("default",), 3), ("target", ("app",), 6),
    ]  # fmt: skip
    assert list(target().attributes) == ["inherits", "dockerfile", "args", "dockerfile-inline"]


def test_expressions_say_what_they_are():
    args = target().attributes["args"].value
    kinds = [(e.name, e.value.kind, e.value.text if e.value.kind != "conditional" else "") for e in args.elements]
    assert kinds == [
        ("TOKEN", "variable", "TOKEN"), ("MODE", "text", 'a"b${x}'), ("URL", "call", "tok"), ("OPT", "conditional", ""),
        (None, "variable", "item.key"),
    ]  # fmt: skip
    test, one, other = args.elements[3].value.items
    assert (test.kind, test.text, [i.kind for i in test.items], one.text, other.kind) == (
        "operation",
        "!=",
        ["variable", "text"],
        "TOKEN",
        "null",
    )


def test_a_templates_parts_keep_their_spaces():
    value = hcl.read(b'a = " x ${ T } y "\n').attributes["a"].value
    assert value.kind == "template"
    assert [p if isinstance(p, str) else p.text for p in value.parts] == [" x ", "T", " y "]
    inline = target().attributes["dockerfile-inline"].value
    assert inline.heredoc
    assert [p if isinstance(p, str) else p.text for p in inline.parts] == ["    FROM base:", "TAG", "\n    RUN true\n"]


def test_places_are_those_of_the_file():
    element = target().attributes["args"].value.elements[0]
    assert BAKE[element.span.start : element.span.end] == b"TOKEN = TOKEN"
    assert BAKE[element.value.span.start : element.value.span.end] == b"TOKEN"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"target \"a\" {\n  args = {\n", 1),
        (b"target \"a\" {\n  args = { T = T\n}\n", 4),
        (b'a = "x"\na = "y"\n', 2),
        (b'target "a" {\n  args = {}\n  args = {}\n}\n', 3),
        (b'target "a" { args = {} context = "." }\n', 1),
        (b"target: a\n", 1),
        (b"a = 1\n\x00\n", 2),
        (b"<<<<<<< HEAD\na = 1\n", 1),
        (b"{{ template }}\n", 1),
    ],
)  # fmt: skip
def test_what_bake_would_not_read_is_refused_with_its_line(text: bytes, line: int):
    with pytest.raises(FormatError) as caught:
        hcl.read(text)
    assert caught.value.line == line


@pytest.mark.parametrize(
    "text",
    [
        b"a = " + b"[" * 100_000 + b"]" * 100_000 + b"\n", b"a = " + b"(" * 100_000, b'a = "' + b'${"' * 50_000,
        b"a = " + b"(" * 50_000 + b"T" + b")" * 50_000 + b"\n", b'target "a" {\n args = {\n T = T\n }\n}\n' * 25_000,
        b"a = " + b"x ? y : " * 50_000 + b"z\n", b"\xff\xfe[{(" * 50_000, b"a = 1\n" * 300_000,
    ],
    ids=["nested", "parentheses", "quotes", "in parentheses", "blocks", "conditionals", "junk", "too large"],
)  # fmt: skip
def test_hostile_files_take_bounded_time(text: bytes):
    began = time.process_time()
    try:
        for block in (root := hcl.read(text), *root.blocks):
            for attribute in block.attributes.values():
                assert attribute.value.kind
    except FormatError:
        pass
    assert time.process_time() - began < 6 * SLOWER


def removed(text: str, *names: str) -> str:
    data = text.encode()
    args = hcl.read(data).attributes["args"].value
    gone = [e.span for e in args.elements if e.name in names]
    assert len(gone) == len(names)
    return apply(data, hcl_edit.remove_from(data, args, gone)).decode()


@pytest.mark.parametrize(
    ("text", "names", "after"),
    [
        ("args = {\n  A = 1\n  T = T # why\n  B = 2\n}\n", "T", "args = {\n  A = 1\n  B = 2\n}\n"),
        ("args = {\n  A = 1,\n  T = T,\n}\n", "T", "args = {\n  A = 1,\n}\n"),
        ("args = { A = 1, T = T }\n", "T", "args = { A = 1 }\n"),
        ("args = { T = T, A = 1 }\n", "T", "args = { A = 1 }\n"),
        ("args = { A = 1, T = T, U = U, B = 2 }\n", "TU", "args = { A = 1, B = 2 }\n"),
        ("args = { A = 1, T = T, U = U }\n", "TU", "args = { A = 1 }\n"),
        ("args = { A = 1, T = T, }\n", "T", "args = { A = 1, }\n"),
        ("args = { T = T, A = 1, U = U }\n", "TU", "args = { A = 1 }\n"),
        ("args = { A = 1,\n         T = T }\n", "T", "args = { A = 1 }\n"),
        ("args = {\r\n  A = 1\r\n  T = T\r\n}\r\n", "T", "args = {\r\n  A = 1\r\n}\r\n"),
        ("args = {\n  # of the registry\n  T = T\n  # other\n  B = 2\n}\n", "T", "args = {\n  # of the registry\n  # other\n  B = 2\n}\n"),
    ],
)
def test_elements_go_with_their_comma_and_line(text: str, names: str, after: str):
    assert removed(text, *names) == after
    hcl.read(after.encode())


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ('secret = ["a"]\n', 'secret = ["a", "new"]\n'),
        ('secret = ["a",]\n', 'secret = ["a", "new",]\n'),
        ("secret = []\n", 'secret = ["new"]\n'),
        ('secret = [\n  "a", // why\n  "b"  # last\n]\n', 'secret = [\n  "a", // why\n  "b",  # last\n  "new"\n]\n'),
        ('secret = [\n  "a",\n]\n', 'secret = [\n  "a",\n  "new",\n]\n'),
        ('secret = [\n  "a", # x\n]\n', 'secret = [\n  "a", # x\n  "new",\n]\n'),
        ('secret = [\n  "a"]\n', 'secret = [\n  "a",\n  "new"]\n'),
        ('secret = [\r\n  "a"\r\n]\r\n', 'secret = [\r\n  "a",\r\n  "new"\r\n]\r\n'),
    ],
)
def test_an_item_comes_in_the_lists_style(text: str, after: str):
    data = text.encode()
    edit = hcl_edit.add_item(data, hcl.read(data).attributes["secret"].value, '"new"')
    assert apply(data, [edit]).decode() == after
    assert [i.text for i in hcl.read(after.encode()).attributes["secret"].value.items][-1] == "new"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ('target "a" {\n  x = 1\n}\n', 'target "a" {\n  x = 1\n  new = [1]\n}\n'),
        ('target "a" {\n\tx=1 # c\n}\n', 'target "a" {\n\tx=1 # c\n\tnew=[1]\n}\n'),
        ('target "a" {}\n', 'target "a" {\n  new = [1]\n}\n'),
        ('target "a" {\n}\n', 'target "a" {\n  new = [1]\n}\n'),
        ('target "a" { x = 1 }\n', 'target "a" {\n  x = 1\n  new = [1]\n}\n'),
        ('target "a" {\n  x = {\n    y = 1\n  }\n}\n', 'target "a" {\n  x = {\n    y = 1\n  }\n  new = [1]\n}\n'),
        ('target "a" {\r\n    x = 1\r\n}', 'target "a" {\r\n    x = 1\r\n    new = [1]\r\n}'),
        ('target "a" {\n  x = <<E\nhi\nE\n}\n', 'target "a" {\n  x = <<E\nhi\nE\n  new = [1]\n}\n'),
    ],
)
def test_an_attribute_comes_behind_the_last_in_its_style(text: str, after: str):
    data = text.encode()
    assert apply(data, [hcl_edit.add_attribute(data, target(data), "new", ["[1]"])]).decode() == after
    assert "new" in target(after.encode()).attributes


def test_an_attribute_goes_with_its_line():
    data = b'target "a" {\n  x = 1 # c\n  y = 2\n}\n'
    block = target(data)
    assert apply(data, [hcl_edit.remove_attribute(data, block, block.attributes["x"])]) == b'target "a" {\n  y = 2\n}\n'


def test_an_element_comes_in_the_objects_style():
    for text, after in [
        (b'a = {type="env", id="b"}\n', b'a = {type="env", id="b", n="v"}\n'),
        (b"a = {\n  x = 1\n}\n", b'a = {\n  x = 1\n  n = "v"\n}\n'),
        (b"a = {\n  x = 1,\n  y = 2\n}\n", b'a = {\n  x = 1,\n  y = 2,\n  n = "v"\n}\n'),
        (b"a = {}\n", b'a = { n = "v" }\n'),
    ]:
        edit = hcl_edit.add_element(text, hcl.read(text).attributes["a"].value, "n", '"v"')
        assert apply(text, [edit]) == after
        hcl.read(after)


def test_quoted_reads_back():
    for text in ("id=a,env=A", 'a"b\\c', "${x} %{y}", "tab\tnl\n"):
        assert hcl.read(f"a = {hcl_edit.quoted(text)}\n".encode()).attributes["a"].value.text == text

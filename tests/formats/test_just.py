"""The justfile reader, beside what just itself says of the file."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remediate.formats.embedded import FormatError
from remediate.formats.just import read_just
from remediate.formats.just_tokens import interpolations, tokens

JUST = shutil.which("just") or shutil.which("just", path=str(Path(sys.executable).parent))
TEXT = rb'''# comment: it's one
set dotenv-load
set shell := ["bash", "-c"]
a := "x\"y" + 'z'   # "more
export b := env('HOME')
c := (
  `echo 1` + """
  two
"""
)
alias i := image

[doc("it's [an] image"), group: 'x']
image $tok d="de:f" e=(a + b) *rest: (other "x:y") && last
    @echo "{{tok}} {{{{no}}" \
        {{ a + "}}" }}
    -false

    true
other x:
<tab>#!/usr/bin/env bash
<tab>if true; then
<tab>  echo {{x}} \
<tab>    more
<tab>fi

last:
[script('bash', '-e')]
scripted:
    echo
'''.replace(b"<tab>", b"\t")


def test_what_stands_in_a_justfile():
    just = read_just(TEXT)
    assert [(a.name, a.exported, a.line) for a in just.assignments] == [("a", False, 4), ("b", True, 5), ("c", False, 6)]
    assert [t.value for t in just.assignments[0].tokens] == ['x"y', "+", "z"]
    assert just.setting("dotenv-load") == "true" and just.setting("shell").startswith("[")
    image, other, last, scripted = just.recipes
    assert [(p.name, p.exported, p.variadic, p.default is not None) for p in image.parameters] == [
        ("tok", True, False, False), ("d", False, False, True), ("e", False, False, True), ("rest", False, True, False),
    ]  # fmt: skip
    assert TEXT[image.parameters[0].start :].startswith(b"tok")
    assert [(line.text.data, line.line) for line in image.body] == [
        (b'echo "{{tok}} {{{{no}}" {{ a + "}}" }}', 15), (b"false", 17), (b"true", 19),
    ]  # fmt: skip
    assert other.script == "/usr/bin/env bash"
    assert other.body[0].text.data == b"#!/usr/bin/env bash\nif true; then\n  echo {{x}} \\\n    more\nfi\n"
    assert (last.body, scripted.script) == ((), "bash  -e")


def test_interpolations():
    data = b'{{a}} {{{{b}} {{ env("}}") }} x'
    assert [i.inner for i in interpolations(data)] == [b"a", b'env("}}")']
    with pytest.raises(FormatError):
        interpolations(b"{{a")


def test_tokens_end_at_a_comment():
    assert [t.value for t in tokens(b"a + 'b' # c", 0, 11)] == ["a", "+", "b"]


@pytest.mark.parametrize("text", [b"  indented\n", b"no colon\n", b"a\0:\n", b"!\n"])
def test_what_is_not_read(text):
    with pytest.raises(FormatError):
        read_just(text)


@pytest.mark.skipif(JUST is None, reason="just is not installed")
def test_just_says_the_same(tmp_path):
    (tmp_path / "justfile").write_bytes(TEXT)
    done = subprocess.run(
        [str(JUST), "--dump", "--dump-format", "json"], cwd=tmp_path, capture_output=True, timeout=30, check=True, stdin=subprocess.DEVNULL
    )
    theirs, ours = json.loads(done.stdout), read_just(TEXT)
    assert {n: a["export"] for n, a in theirs["assignments"].items()} == {a.name: a.exported for a in ours.assignments}
    for recipe in ours.recipes:
        other = theirs["recipes"][recipe.name]
        assert [(p["name"], p["export"], p["kind"] != "singular") for p in other["parameters"]] == [
            (p.name, p.exported, p.variadic) for p in recipe.parameters
        ]
        assert other["shebang"] == bool(recipe.script)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                b"a:\n",
                b"    x {{y\n",
                b"x := '",
                b"'\n",
                b'"',
                b"{{",
                b"}}",
                b"\\\n",
                b"#\n",
                b"[x]\n",
                b"(",
                b")",
                b"\xff",
                b"set export\n",
                b"\n",
                b"`",
            ]
        ),
        max_size=30,
    )
)
def test_total(parts):
    text = b"".join(parts)
    try:
        just = read_just(text)
    except FormatError:
        return
    for recipe in just.recipes:
        for line in recipe.body:
            for piece in line.text.pieces:
                assert text[piece.start : piece.end] == piece.data

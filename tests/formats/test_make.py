"""The Makefile reader, beside GNU make's own data base."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remediate.formats.embedded import FormatError
from remediate.formats.make import read_make, recipe_lines
from remediate.formats.make_lines import references

TEXT = b"""\
A = 1
B := two\\
  words
C ?= $(shell echo a#b)
export D += x
override E ::= y
F=a=b:c # one
define G
line 1
\tline 2
endef
ifeq ($(A),1)
H = guarded
endif
all: T = x
all all2: dep ; echo one
\t@-echo $(A) \\
\techo two
# a comment

\techo three
I = after
\tJ = no recipe
.PHONY: all
include a.mk b.mk # c
export K L
else-where: x
"""


def test_what_stands_in_a_makefile():
    make = read_make(TEXT)
    found = {v.name: v for v in make.variables}
    assert {n: (v.op, v.value.data) for n, v in found.items()} == {
        "A": ("=", b"1"), "B": (":=", b"two words"), "C": ("?=", b"$(shell echo a#b)"), "D": ("+=", b"x"), "E": (":=", b"y"),
        "F": ("=", b"a=b:c "), "G": ("define", b"line 1\n\tline 2"), "H": ("=", b"guarded"), "T": ("=", b"x"), "I": ("=", b"after"),
        "J": ("=", b"no recipe"),
    }  # fmt: skip
    assert found["D"].exported and found["H"].guarded and found["T"].targets == ("all",)
    rule = next(r for r in make.rules if r.recipes)
    assert rule.targets == ("all", "all2")
    assert [r.text.data for r in rule.recipes] == [b"echo one", b"echo $(A) \\\necho two", b"echo three"]
    assert [r.line for r in rule.recipes] == [16, 17, 21]
    assert make.exports == {"K", "L"}
    assert [i.words for i in make.includes] == ["a.mk b.mk"]


def test_every_value_has_its_place():
    for variable in read_make(TEXT).variables:
        span = variable.value.span(0, len(variable.value))
        assert variable.value.data.split()[0] in TEXT[span.start : span.end]
        assert re.match(rb"(?:export |override |define )*" + variable.name.encode(), TEXT[variable.start :])


def test_the_lines_of_a_define():
    (define,) = (v for v in read_make(TEXT).variables if v.op == "define")
    lines = recipe_lines(define)
    assert [(r.text.data, r.line) for r in lines] == [(b"line 1", 9), (b"line 2", 10)]
    assert [TEXT[r.text.start_of(0) :][:6] for r in lines] == [b"line 1", b"line 2"]


def test_references():
    found = references(b"a $$ $(x) ${y} $z $(f $(g),(h)) $(open")
    assert [r.inner for r in found] == [b"$", b"x", b"y", b"z", b"f $(g),(h)", b"ope"]
    assert [r.name for r in found[1:]] == ["x", "y", "z", "", "ope"]
    assert found[0].is_dollar and not found[1].is_dollar


@pytest.mark.parametrize("text", [b"define x\n", b"endif\n", b"ifdef A\n", b".RECIPEPREFIX = >\n", b"a\0b", b"x" * (1 << 20) + b"\n"])
def test_what_is_not_read(text):
    with pytest.raises(FormatError):
        read_make(text)


@pytest.mark.parametrize("text", [b".if defined(X)\n.endif\n", b".include <bsd.prog.mk>\n", b"!INCLUDE x\n"])
def test_other_makes(text):
    assert read_make(text).foreign == 1


@pytest.mark.skipif(shutil.which("make") is None, reason="GNU make is not installed")
def test_make_knows_the_same_variables(tmp_path):
    text = TEXT.replace(b"include a.mk b.mk # c\n", b"").replace(b"\tJ = no recipe\n", b"")
    (tmp_path / "Makefile").write_bytes(text)
    done = subprocess.run(
        ["make", "-pRrq", "all"], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False, stdin=subprocess.DEVNULL
    )
    known = dict(re.findall(r"^# (?:makefile|'override' directive) \(from [^\n]*\n([A-Z]) (?:=|:=) ?(.*)$", done.stdout, re.M))
    ours = {v.name: v.value.data.decode() for v in read_make(text).variables if not v.targets and v.op in ("=", "?=", ":=")}
    assert {n: v for n, v in known.items() if n in ours} == ours
    assert {"A", "B", "C", "E", "F", "H", "I"} <= set(known)
    recipes = re.search(r"^all: dep\n(?:#.*\n)*((?:\t.*\n)+)", done.stdout, re.M)
    assert recipes is not None
    (rule,) = (r for r in read_make(text).rules if r.recipes)
    shown = [line.lstrip("\t@- ") for line in recipes.group(1).splitlines()]
    assert shown == [line.lstrip("\t@-") for r in rule.recipes for line in r.text.data.decode().splitlines()]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                b"a: b\n",
                b"\tx $(y\n",
                b"X = $(\n",
                b"ifdef X\n",
                b"endif\n",
                b"define q\n",
                b"endef\n",
                b"\\\n",
                b"#\\\n",
                b"$(",
                b"\xff",
                b"export\n",
                b"  \n",
                b";",
                b":=",
            ]
        ),
        max_size=30,
    )
)
def test_total(parts):
    text = b"".join(parts)
    try:
        make = read_make(text)
    except FormatError:
        return
    for variable in make.variables:
        span = variable.value.span(0, len(variable.value))
        assert 0 <= span.start <= span.end <= len(text)
    for rule in make.rules:
        for recipe in rule.recipes:
            for piece in recipe.text.pieces:
                assert text[piece.start : piece.end] == piece.data

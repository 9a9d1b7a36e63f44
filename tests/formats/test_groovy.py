"""The Groovy lexer: strings, comments and brackets, beside the grammar of tree-sitter where that is installed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remediate.formats.embedded import FormatError
from remediate.formats.groovy import plain_text, read_groovy, string_text, writer
from remediate.text import Edit, apply


def strings(text: str) -> list[tuple[str, list[str]]]:
    groovy = read_groovy(text.encode())
    out = []
    for token in groovy.tokens:
        if token.kind == "string":
            embedded, holes = string_text(groovy.data, token)
            out.append((embedded.text.text, [h.inner for h in holes]))
    return out


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("x = 'it\\'s'", [("it's", [])]),
        ('x = "a $b.c. ${d ? "e" : \'}\'} \\$f"', [("a $b.c. ${d ? \"e\" : '}'} $f", ["b.c", "d ? \"e\" : '}'"])]),
        ("x = '''a\n'b' \\\nc'''", [("a\n'b' c", [])]),
        ('x = """a "b" ${c}"""', [('a "b" ${c}', ["c"])]),
        ("x = a / b / c // 'no'\n/* 'no' */ y = 'yes'", [("yes", [])]),
        ("if (x ==~ /a\\/'b/) { }", [("a/'b", [])]),
        ("x = $/a $$ $/ 'b' ${c}/$", [("a $ / 'b' ${c}", ["c"])]),
        ("x = '\\u0041\\t\\\\'", [("A\t\\", [])]),
        ("#!/usr/bin/env groovy it's\nx = 'y'", [("y", [])]),
        ('x = "$5 and $"', [("$5 and $", [])]),
        ("x = [a: 1, b: 'c'] + d['e']", [("c", []), ("e", [])]),
    ],
)
def test_strings(text, wanted):
    assert strings(text) == wanted


@pytest.mark.parametrize("text", ["x = 'a", 'x = "${a"', "f(]", "{", "/* a", "x = '''a''", "x = '\n'", '"${' * 200])
def test_what_is_not_read(text):
    with pytest.raises(FormatError):
        read_groovy(text.encode())


@pytest.mark.parametrize("quote", ["'", '"', "'''", '"""'])
@settings(max_examples=60, deadline=None)
@given(new=st.text(st.sampled_from("a '\"$\\{}\n"), max_size=12))
def test_what_is_written_is_read_again(quote, new):
    data = f"x = {quote}abc{quote}".encode()
    token = read_groovy(data).tokens[-1]
    embedded, _ = string_text(data, token)
    text = embedded.written(new.encode())
    if text is None:
        assert "\n" in new and len(quote) == 1
        return
    after = apply(data, [Edit(embedded.text.span(0, 3), text)])
    again = read_groovy(after).tokens[-1]
    assert plain_text(after, again) == new


def test_what_cannot_be_written():
    assert writer("'")(b"a\nb") is None
    assert writer("/")(b"a/b") is None


SAMPLES = [
    "pipeline { agent any\n stages { stage('a') { steps { sh \"x ${env.Y}\" } } } }\n",
    "node { def x = [a: 1]; if (x.a / 2 > 1) { sh 'y' } }\n",
    'def call(Map m = [:]) { m.each { k, v -> echo "$k=$v" } }\n',
]


@pytest.mark.parametrize("text", SAMPLES)
def test_another_grammar_sees_the_same_strings(text):
    language = pytest.importorskip("tree_sitter_groovy")
    from tree_sitter import Language, Parser

    tree = Parser(Language(language.language())).parse(text.encode())
    found, waiting = [], [tree.root_node]
    while waiting:
        node = waiting.pop()
        if node.type in ("string_literal", "character_literal"):
            found.append((node.start_byte, node.end_byte))
        else:
            waiting += node.children
    assert sorted(found) == [(t.start, t.end) for t in read_groovy(text.encode()).tokens if t.kind == "string"]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(["'", '"', "${", "}", "{", "(", ")", "/", "$/", "/$", "\\", "\n", "a", "=", "//", "/*", "*/", "'''", '"""', "é"]),
        max_size=30,
    )
)
def test_total(parts):
    data = "".join(parts).encode()
    try:
        groovy = read_groovy(data)
    except FormatError:
        return
    for token in groovy.tokens:
        if token.kind == "string":
            embedded, holes = string_text(data, token)
            for hole in holes:
                assert embedded.text.data[hole.start : hole.start + 1] == b"$"

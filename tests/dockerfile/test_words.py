"""Words, pairs, exec forms and expansions, row by row."""

from __future__ import annotations

import pytest

from remediate.dockerfile import parse, references, unquote
from remediate.dockerfile.tree import Instruction
from remediate.text import LogicalText


def one(line: bytes, head: bytes = b"") -> Instruction:
    return parse(head + line + b"\n").instructions[-1]


PAIRS = [
    (b"ENV a=b", [("a", b"b")]),
    (b"ENV a=b c=\"d e\" f='g h' i=j\\ k l=", [("a", b"b"), ("c", b'"d e"'), ("f", b"'g h'"), ("i", b"j\\ k"), ("l", b"")]),
    (b"ENV a b  c=d ", [("a", b"b  c=d")]),
    (b"ENV a\tb", [("a", b"b")]),
    (b"ENV 'a'=b", [("a", b"b")]),
    (b"ENV a=b=c", [("a", b"b=c")]),
    (b'ENV a="b\\" c" d=e', [("a", b'"b\\" c"'), ("d", b"e")]),
    (b"ENV a='b\\' d=e", [("a", b"'b\\'"), ("d", b"e")]),
    (b'ENV a="b c', [("a", b'"b c')]),
    (b"ENV a=b\xc2\xa0 c=d", [("a", b"b"), ("c", b"d")]),
    (b"ENV a=\xc3\xa0 c=d", [("a", b"\xc3\xa0"), ("c", b"d")]),
    (b"ENV a=b \\\n# x=y\n\n  c=d", [("a", b"b"), ("c", b"d")]),
    (b'ARG a b=c d="e f"', [("a", None), ("b", b"c"), ("d", b'"e f"')]),
    (b'LABEL a.b-c=d "e f"=g', [("a.b-c", b"d"), ("e f", b"g")]),
    (b"RUN a=b", []),
]


@pytest.mark.parametrize(("line", "expected"), PAIRS)
def test_pairs(line: bytes, expected: list[tuple[str, bytes | None]]) -> None:
    assert [(pair.name, None if pair.value is None else pair.value.data) for pair in one(line).pairs] == expected


def test_pair_spans_are_places_in_the_file() -> None:
    tree = parse(b"FROM a\nENV B=c \\\n  'D'=\"e f\"\n")
    _, pair = tree.instructions[1].pairs
    assert pair.value is not None
    assert (tree.source[pair.span], tree.source[pair.name_span]) == (b"'D'=\"e f\"", b"'D'")
    assert tree.source[pair.value.span(0, len(pair.value))] == b'"e f"'


def test_legacy_pair_is_marked() -> None:
    assert [pair.legacy for line in (b"ENV a b", b"ENV a=b") for pair in one(line).pairs] == [True, False]


WORDS = [
    (b'COPY --from=x a b\\ c  "d e" ', [b"a", b"b\\", b"c", b'"d', b'e"']),
    (b'COPY ["a b", "c"]', [b'"a b"', b'"c"']),
    (b"RUN a  b", [b"a  b"]),
    (b"USER a b", [b"a b"]),
    (b"HEALTHCHECK --interval=1s CMD a b", [b"CMD", b"a b"]),
    (b"HEALTHCHECK NONE", [b"NONE"]),
    (b"EXPOSE 1 2/udp", [b"1", b"2/udp"]),
    (b"CMD", []),
]


@pytest.mark.parametrize(("line", "expected"), WORDS)
def test_words(line: bytes, expected: list[bytes]) -> None:
    found = one(line)
    assert [word.text.data for word in found.words] == expected
    assert [found.rest.data[word.start : word.end] for word in found.words] == expected


EXEC = [
    (b'CMD ["a", "b \\"c\\" \\u00e9"]', ("a", 'b "c" \u00e9')),
    (b"CMD []", ()),
    (b'CMD [ "a" , "b" ] ', ("a", "b")),
    (b"CMD ['a']", None),
    (b'CMD ["a", 1]', None),
    (b'CMD ["a",]', None),
    (b'CMD ["a"] && b', None),
    (b'CMD ["a"', None),
    (b'HEALTHCHECK CMD ["a"]', ("a",)),
    (b'ENV a=["b"]', None),
    (b'CMD ["a", \\\n# c\n "b"]', ("a", "b")),
]


@pytest.mark.parametrize(("line", "expected"), EXEC)
def test_exec_form(line: bytes, expected: tuple[str, ...] | None) -> None:
    found = one(line).exec_form
    assert (None if found is None else tuple(string.value for string in found)) == expected


REFERENCES = [
    (b"$a${b}c", [("a", "", ""), ("b", "", "")]),
    (b"${a:-b} ${c-} ${d:+e} ${f:?g}", [("a", ":-", "b"), ("c", "-", ""), ("d", ":+", "e"), ("f", ":?", "g")]),
    (b"${a#b} ${c##d} ${e%f} ${g%%h} ${i/j/k} ${l//m/n}",
     [("a", "#", "b"), ("c", "##", "d"), ("e", "%", "f"), ("g", "%%", "h"), ("i", "/", "j/k"), ("l", "//", "m/n")]),
    (b"${a:-$b${c:-$d}}", [("a", ":-", "$b${c:-$d}"), ("b", "", ""), ("c", ":-", "$d"), ("d", "", "")]),
    (b"'$a' \"$b\" \\$c \"\\$d\" '\"$e\"' \"'$f'\"", [("b", "", ""), ("f", "", "")]),
    (b"a$(b $c)", [("c", "", "")]),
    (b"$ $- $1a $$ ${}", [("-", "", ""), ("1", "", ""), ("$", "", "")]),
    (b"${a", [("a", "", "")]),
    (b"${a^^} $b", [("a", "^", "")]),
    (b"$b ${a:-$c", [("b", "", ""), ("c", "", "")]),
    (b"$\xc3\xa9a-", [("\u00e9a", "", "")]),
    (b"$a\xe2\x80\x94", [("a", "", "")]),
    (b"nothing", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), REFERENCES)
def test_references(text: bytes, expected: list[tuple[str, str, str]]) -> None:
    assert [(r.name, r.op, r.operand) for r in references(LogicalText.of(text), b"\\")] == expected


def test_reference_spans() -> None:
    tree = parse(b"FROM a\nENV B=x$\\\nC\n")
    value = tree.instructions[1].pairs[0].value
    assert value is not None
    (found,) = references(value, tree.escape)
    assert (found.start, found.end) == (1, 3)
    assert tree.source[found.span] == b"$\\\nC"


def test_backtick_escapes_when_it_is_the_escape_character() -> None:
    text = LogicalText.of(b"`$a \\$b")
    assert [r.name for r in references(text, b"`")] == ["b"]
    assert [r.name for r in references(text, b"\\")] == ["a"]


def test_quotes_are_text_in_a_heredoc_body() -> None:
    text = LogicalText.of(b"it's $a and '$b'")
    assert [r.name for r in references(text, b"\\", quotes=False)] == ["a", "b"]


UNQUOTE = [
    (b"a", "a"), (b"", ""), (b"'a b'\"c\"\\ d", "a bc d"), (b"'$a'", "$a"), (b"\\$a", "$a"), (b'"\\$a\\n"', "$a\\n"), (b"$", "$"),
    (b"a/b}c`", "a/b}c`"), (b"$a", None), (b'"${a}"', None), (b"'a", None), (b'"a', None), (b"\xff", "\udcff"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), UNQUOTE)
def test_unquote(text: bytes, expected: str | None) -> None:
    assert unquote(LogicalText.of(text), b"\\") == expected

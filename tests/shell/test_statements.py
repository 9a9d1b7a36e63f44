"""The outermost list: rows of texts with their statements, then a law on all of them."""

from __future__ import annotations

import pytest

from remediate.shell.parse import parse_shell
from remediate.shell.statements import groups, statements
from remediate.text import LogicalText

ROWS = {
    "": [],
    "# only a comment": [],
    "a": [("", "a")],
    "a;": [("", "a")],
    "a && b || c; d": [("", "a"), ("&&", "b"), ("||", "c"), (";", "d")],
    "a | b |& c && d": [("", "a | b |& c"), ("&&", "d")],
    "a & b": [("", "a"), ("&", "b")],
    "! a | b\n! c && d": [("", "! a | b"), (";", "! c"), ("&&", "d")],
    "a | b\n! c": [("", "a | b"), (";", "! c")],
    "a > f 2>&1 && b < g | c > h": [("", "a > f 2>&1"), ("&&", "b < g | c > h")],
    "a > f\n> g\nb": [("", "a > f"), (";", "> g"), (";", "b")],
    "a \\\n > f \\\n && b": [("", "a \\\n > f"), ("&&", "b")],
    "echo a > f b && c": [("", "echo a > f b"), ("&&", "c")],
    "cat <<E > f && b\nx && y\nE\nc": [("", "cat <<E > f"), ("&&", "b"), (";", "c")],
    "cat <<A <<B; c\na\nA\nb\nB\nd": [("", "cat <<A <<B"), (";", "c"), (";", "d")],
    "a <<< x && b": [("", "a <<< x"), ("&&", "b")],
    "if a; then b; else c; fi > f && d": [("", "if a; then b; else c; fi > f"), ("&&", "d")],
    "for x in 1 2; do c; done | d; e": [("", "for x in 1 2; do c; done | d"), (";", "e")],
    "while a; do b; done < f; until a; do b; done": [("", "while a; do b; done < f"), (";", "until a; do b; done")],
    "case a in b) c;; esac && d": [("", "case a in b) c;; esac"), ("&&", "d")],
    "{ a; b; } || exit 1": [("", "{ a; b; }"), ("||", "exit 1")],
    "(a; b) && c": [("", "(a; b)"), ("&&", "c")],
    "f() { a; }; f && g": [("", "f() { a; }"), (";", "f"), ("&&", "g")],
    "A=$B-$C.t && x $(y; z) `v; w` && D=1": [("", "A=$B-$C.t"), ("&&", "x $(y; z) `v; w`"), ("&&", "D=1")],
    "a # one; two\n# three && four\nb # five\n": [("", "a"), (";", "b")],
    "a &&\n\n  # c\n b": [("", "a"), ("&&", "b")],
    "[ -n x ] && [[ a == b ]] || test c": [("", "[ -n x ]"), ("&&", "[[ a == b ]]"), ("||", "test c")],
    "export A=b && unset C": [("", "export A=b"), ("&&", "unset C")],
    "a 'x; y' \"&& z\" && b": [("", "a 'x; y' \"&& z\""), ("&&", "b")],
    "a;;b": [],
    "if a; then": [],
    "a && )": [],
}


@pytest.mark.parametrize(("text", "wanted"), ROWS.items(), ids=list(ROWS))
def test_statements(text: str, wanted: list[tuple[str, str]]) -> None:
    script = parse_shell(LogicalText.of(text.encode()))
    found = statements(script)
    assert [(s.connector, text[s.start : s.end]) for s in found] == wanted
    assert [s.index for s in found] == list(range(len(found)))
    if found:
        assert [i for s in found for i in s.commands] == list(range(len(script.commands)))
        assert [i for g in groups(found) for i in g] == list(range(len(found)))
    for statement in found:
        for index in statement.commands:
            assert statement.start <= script.commands[index].start < statement.end


@pytest.mark.parametrize(
    ("text", "plain"),
    [("a | b > f", True), ("! a", True), ("A=1", True), ("a $(if b; then c; fi)", True), ("{ a; }", False), ("a | (b)", False), ("(a)", False), ("if a; then b; fi", False), ("f() { a; }", False)],
)
def test_plain(text: str, plain: bool) -> None:
    assert [s.plain for s in statements(parse_shell(LogicalText.of(text.encode())))] == [plain]


@pytest.mark.parametrize(("text", "wanted"), [("a & b", [True, False]), ("a && b & c", [True, True, False]), ("a; b && c &", [False, True, True]), ("a | b &", [True]), ("(a &)", [False])])
def test_background(text: str, wanted: list[bool]) -> None:
    assert [s.background for s in statements(parse_shell(LogicalText.of(text.encode())))] == wanted


def test_and_or_lists() -> None:
    found = statements(parse_shell(LogicalText.of(b"a && b || c; d\ne && f & g")))
    assert [list(g) for g in groups(found)] == [[0, 1, 2], [3], [4, 5], [6]]

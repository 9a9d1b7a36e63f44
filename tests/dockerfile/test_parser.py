"""Spellings and the tree they give; each row was compared with BuildKit's parser by hand or by tests/corpus/parser_diff.py."""

from __future__ import annotations

import pytest

from remediate.dockerfile import parse, problems
from remediate.model import RemediateError


def shape(data: bytes) -> list[tuple[str, int, int]]:
    return [(one.keyword, one.start_line, one.end_line) for one in parse(data).instructions]


ROWS = [
    ("plain", b"FROM a\nRUN b\n", [("FROM", 1, 1), ("RUN", 2, 2)]),
    ("no final newline", b"FROM a\nRUN b", [("FROM", 1, 1), ("RUN", 2, 2)]),
    ("crlf", b"FROM a\r\nRUN b \\\r\n c\r\nUSER d\r\n", [("FROM", 1, 1), ("RUN", 2, 3), ("USER", 4, 4)]),
    ("bom", b"\xef\xbb\xbfFROM a\n", [("FROM", 1, 1)]),
    ("lower case and indented", b"  from a\n\tRun b\n", [("FROM", 1, 1), ("RUN", 2, 2)]),
    (
        "comment and blank inside",
        b"FROM a\nRUN b \\\n# c \\\n\n  \n  # d\n && e\nUSER f\n",
        [("FROM", 1, 1), ("RUN", 2, 7), ("USER", 8, 8)],
    ),
    ("blanks behind the escape", b"FROM a\nRUN b \\ \t\n c\n", [("FROM", 1, 1), ("RUN", 2, 3)]),
    ("doubled escape ends", b"FROM a\nRUN b \\\\\nUSER c\n", [("FROM", 1, 1), ("RUN", 2, 2), ("USER", 3, 3)]),
    ("continued at end of file", b"FROM a\nRUN b \\\n\n# c\n", [("FROM", 1, 1), ("RUN", 2, 4)]),
    ("comment is never continued", b"# a \\\nFROM b\n", [("FROM", 2, 2)]),
    ("keyword over two lines", b"FROM a\nRU\\\nN b\n", [("FROM", 1, 1), ("RUN", 2, 3)]),
    ("keyword alone, continued", b"FROM a\nRUN\\\n b\n", [("FROM", 1, 1), ("RUN", 2, 3)]),
    ("escape directive", b"# escape=`\nFROM a\nRUN b `\n c\\\nUSER d\n", [("FROM", 2, 2), ("RUN", 3, 4), ("USER", 5, 5)]),
    ("escape behind a comment is none", b"# x\n# escape=`\nFROM a\nRUN b `\nUSER c\n", [("FROM", 3, 3), ("RUN", 4, 4), ("USER", 5, 5)]),
    ("unknown", b"FROM a\nRUM b\n{{ c }}\n", [("FROM", 1, 1), ("RUM", 2, 2), ("{{", 3, 3)]),
    ("no-break space before", b"FROM a\n\xc2\xa0RUN b\n", [("FROM", 1, 1), ("RUN", 2, 2)]),
    ("line of no-break space", b"FROM a\n\xc2\xa0\nRUN b\n", [("FROM", 1, 1), ("RUN", 3, 3)]),
    ("bytes that are no UTF-8", b"FROM a\nRUN \xff\xfe \\\n\xe9\n", [("FROM", 1, 1), ("RUN", 2, 3)]),
    ("heredoc", b"FROM a\nRUN <<EOF\nUSER b\nEOF\nUSER c\n", [("FROM", 1, 1), ("RUN", 2, 4), ("USER", 5, 5)]),
    ("two heredocs", b"FROM a\nCOPY <<A <<B /\n1\nA\n2\nB\nUSER c\n", [("FROM", 1, 1), ("COPY", 2, 6), ("USER", 7, 7)]),
    ("heredoc of an old command", b"FROM a\nENV x=<<EOF\nUSER b\n", [("FROM", 1, 1), ("ENV", 2, 2), ("USER", 3, 3)]),
    ("here string", b"FROM a\nRUN cat <<<EOF\nUSER b\n", [("FROM", 1, 1), ("RUN", 2, 2), ("USER", 3, 3)]),
    ("glued to a word", b"FROM a\nRUN cat<<EOF\nUSER b\n", [("FROM", 1, 1), ("RUN", 2, 2), ("USER", 3, 3)]),
    ("in quotes", b"FROM a\nRUN echo '<<EOF'\nUSER b\n", [("FROM", 1, 1), ("RUN", 2, 2), ("USER", 3, 3)]),
    ("open quote hides it", b"FROM a\nRUN echo ' <<EOF\nUSER b\n", [("FROM", 1, 1), ("RUN", 2, 2), ("USER", 3, 3)]),
    ("exec form has none", b'FROM a\nRUN ["cat", "<<EOF"]\nUSER b\n', [("FROM", 1, 1), ("RUN", 2, 2), ("USER", 3, 3)]),
    ("onbuild heredoc", b"FROM a\nONBUILD RUN <<EOF\nb\nEOF\nUSER c\n", [("FROM", 1, 1), ("ONBUILD", 2, 4), ("USER", 5, 5)]),
    ("spaced heredoc", b"FROM a\nRUN cat << EOF\nb\nEOF\nUSER c\n", [("FROM", 1, 1), ("RUN", 2, 4), ("USER", 5, 5)]),
    ("spaced, no terminator", b"FROM a\nRUN cat << EOF\nUSER c\n", [("FROM", 1, 1), ("RUN", 2, 2), ("USER", 3, 3)]),
    ("heredoc after continuation", b"FROM a\nRUN b \\\n <<EOF\nc\nEOF", [("FROM", 1, 1), ("RUN", 2, 5)]),
    ("crlf heredoc", b"FROM a\r\nRUN <<EOF\r\nb\r\nEOF\r\nUSER c\r\n", [("FROM", 1, 1), ("RUN", 2, 4), ("USER", 5, 5)]),
    ("shebang", b"#!/usr/bin/env x\nFROM a\n", [("FROM", 2, 2)]),
]


@pytest.mark.parametrize(("data", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_instruction_lines(data: bytes, expected: list[tuple[str, int, int]]) -> None:
    assert shape(data) == expected


@pytest.mark.parametrize("data", [row[1] for row in ROWS], ids=[row[0] for row in ROWS])
def test_laws_one_and_two(data: bytes) -> None:
    tree = parse(data)
    assert bytes(tree) == data
    at = 0
    for kind, span in tree.leaves():
        assert span.start == at and span.end > at, kind
        at = span.end
    assert at == len(data)


REFUSED = [
    ("empty", b"", "file with no instructions", 0),
    ("only comments", b"# a\n\n# b\n", "file with no instructions", 3),
    ("open heredoc", b"FROM a\nRUN <<EOF\nb\n", "unterminated heredoc EOF", 2),
    ("open heredoc at the end", b"FROM a\nRUN <<EOF", "unterminated heredoc EOF", 2),
    ("open second heredoc", b"FROM a\nCOPY <<A <<B /\nA\n", "unterminated heredoc B", 2),
    ("escape twice", b"# escape=`\n# escape=`\nFROM a\n", "only one escape parser directive can be used", 2),
    ("bad escape", b"# escape=x\nFROM a\n", "invalid escape token", 1),
    ("nul", b"FROM a\nRUN b\0\n", "binary file", 2),
    ("utf-16", "FROM a\n".encode("utf-16"), "binary file", 1),
]


@pytest.mark.parametrize(("data", "message", "line"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refused_with_its_line(data: bytes, message: str, line: int) -> None:
    with pytest.raises(RemediateError) as caught:
        parse(data, "x/Dockerfile")
    assert message in caught.value.message
    assert (caught.value.path, caught.value.line) == ("x/Dockerfile", line)
    assert "\n" not in str(caught.value)


def test_directives() -> None:
    tree = parse(b"\xef\xbb\xbf#SYNTAX = docker/dockerfile:1 \r\n# check=skip=all\n# Escape=`\nFROM a\n")
    assert [(d.name, d.value) for d in tree.directives] == [("syntax", "docker/dockerfile:1"), ("check", "skip=all"), ("escape", "`")]
    assert tree.escape == b"`"
    assert tree.source[tree.directives[0].span] == b"#SYNTAX = docker/dockerfile:1 \r\n"
    assert tree.source[tree.directives[0].value_span] == b"docker/dockerfile:1"


def test_syntax_behind_a_shebang_counts_escape_does_not() -> None:
    tree = parse(b"#!/bin/x\n# syntax=a\n# escape=`\nFROM a\n")
    assert [d.name for d in tree.directives] == ["syntax"]
    assert tree.escape == b"\\"


def test_args_leave_continuations_and_comments_out() -> None:
    tree = parse(b"FROM a\nRUN b \\\r\n# c\r\n\r\n   d \\ \r\n e  \r\n")
    run = tree.instructions[1]
    assert run.args.data == b"b    d  e"
    assert run.args.span(5, 6) == run.args.span(run.args.data.index(b"d"), run.args.data.index(b"d") + 1)
    assert tree.source[run.args.span(5, 6)] == b"d"


def test_flags() -> None:
    data = b"FROM a\nRUN --mount=type=secret,id=x \\\n  --network='no ne' --link -- --x y\n"
    tree = parse(data)
    run = tree.instructions[1]
    assert [(f.name, f.value) for f in run.flags] == [("mount", "type=secret,id=x"), ("network", "no ne"), ("link", None)]
    assert tree.source[run.flags[0].span] == b"--mount=type=secret,id=x"
    assert run.flags[1].value_span is not None and tree.source[run.flags[1].value_span] == b"'no ne'"
    assert run.rest.data == b"--x y"


def test_heredoc_parts() -> None:
    data = b"FROM a\nCOPY --chown=1 <<-'E F' <<G /x\n\tb $c\n\tE F\nd\nG\n"
    tree = parse(data)
    one, two = tree.instructions[1].heredocs
    assert (one.name, one.expand, one.chomp, one.body.data) == ("E F", False, True, b"\tb $c\n")
    assert (two.name, two.expand, two.chomp, two.body.data) == ("G", True, False, b"d\n")
    assert tree.source[one.word_span] == b"<<-'E F'"
    assert tree.source[one.end_span] == b"\tE F\n"
    assert tree.instructions[1].args.data == b"--chown=1 <<-'E F' <<G /x"


def test_onbuild_trigger_is_an_instruction() -> None:
    trigger = parse(b"FROM a\nONBUILD \\\n env A=b C='d e'\n").instructions[1].trigger
    assert trigger is not None
    assert trigger.keyword == "ENV"
    assert [(p.name, p.value.data if p.value else None) for p in trigger.pairs] == [("A", b"b"), ("C", b"'d e'")]


def test_onbuild_trigger_has_the_heredocs() -> None:
    trigger = parse(b"FROM a\nONBUILD RUN --network=none <<E\nb\nE\n").instructions[1].trigger
    assert trigger is not None
    assert (trigger.heredocs[0].body.data, trigger.flags[0].name, trigger.end_line) == (b"b\n", "network", 4)


def test_stages() -> None:
    tree = parse(b"ARG I=Base\nFROM x:1 AS Base\nRUN y\nFROM $I as b\nFROM base\nFROM ${J} AS c\nFROM B\n")
    assert [(s.name, s.base, s.parent, s.instructions) for s in tree.stages] == [
        ("base", "x:1", None, (1, 2)), ("b", "$I", 0, (3,)), ("", "base", 0, (4,)), ("c", "${J}", None, (5,)), ("", "B", 1, (6,)),
    ]  # fmt: skip
    assert tree.stage_of(0) is None
    assert [stage.index for stage in map(tree.stage_of, range(1, 7)) if stage] == [0, 0, 1, 2, 3, 4]


def test_a_stage_never_builds_on_itself() -> None:
    assert [s.parent for s in parse(b"FROM a AS a\nFROM a AS a\nFROM a\n").stages] == [None, 0, 1]


PROBLEMS = [
    (b"FROM a\nRUM b\n", [(2, "unknown instruction: RUM")]),
    (b"FROM a\nRUM b=secret\n{{x}} y\n", [(2, "unknown instruction: RUM"), (3, "unknown instruction: (not a word)")]),
    (b"RUN a\n", [(1, "no build stage"), (1, "no FROM")]),
    (b"ARG A\nFROM a b\n", [(2, "FROM requires")]),
    (b"FROM a\nENV B\n", [(2, "ENV must have two arguments")]),
    (b"FROM a\nENV B=1 c\n", [(2, "ENV: can't find =")]),
    (b"FROM a\nONBUILD FROM b\n", [(2, "FROM isn't allowed")]),
    (b"FROM a\nCOPY\n", [(2, "COPY requires")]),
    (b"ARG A\nFROM $A AS b\nRUN <<E\nE\nCMD []\n", []),
]


@pytest.mark.parametrize(("data", "expected"), PROBLEMS)
def test_problems(data: bytes, expected: list[tuple[int, str]]) -> None:
    found = problems(parse(data))
    assert [line for line, _ in found] == [line for line, _ in expected]
    for (_, message), (_, start) in zip(found, expected, strict=True):
        assert message.startswith(start)
        assert "secret" not in message

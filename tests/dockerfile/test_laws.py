"""Laws on generated text, hostile input with time bounds, and agreement with BuildKit's own parser on scrambled Dockerfiles."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remediate.dockerfile import parse, problems, references, unquote
from remediate.dockerfile.tree import Dockerfile
from remediate.model import RemediateError
from tests.clock import SLOWER

TOKENS = [
    "FROM", "run", "ENV", "ARG", "COPY", "ONBUILD", "CMD", "LABEL", "HEALTHCHECK", "foo", " ", "  ", "\t", "\n", "\n", "\r\n", "\\", "\\\n", "\\ \n",
    "`", "`\n", "#", "# x\n", "# escape=`\n", "<<EOF", "<<-EOF", "<<'E F'", "3<<X", "\nEOF\n", "\n\tEOF\n", "E F", "X", '"', "'", "=", "a=b", "$x",
    "${x:-y}", "${x", "--a=b", "--", "--c='d e'", '["a", "b"]', "[", "\u00e9", "\u00a0", "\u2003", "\x0b", "\r", "<", "&&", " as ",
]  # fmt: skip
scrambled = st.builds(
    lambda head, tokens: (head + "".join(tokens)).encode(),
    st.sampled_from(["", "FROM a\n"]),
    st.lists(st.sampled_from(TOKENS), max_size=14),
)


def hold(data: bytes, tree: Dockerfile) -> None:
    assert bytes(tree) == data
    at = 0
    for _, span in tree.leaves():
        assert span.start == at < span.end
        at = span.end
    assert at == len(data)


def ask_everything(tree: Dockerfile) -> None:
    assert len(tree.stages) == sum(one.keyword == "FROM" for one in tree.instructions)
    for one in tree.instructions:
        trigger = one.trigger
        for part in (one, trigger) if trigger else (one,):
            for word in part.words:
                assert part.rest.data[word.start : word.end] == word.text.data
            for pair in part.pairs:
                if pair.value is not None and unquote(pair.value, tree.escape) is not None:
                    assert references(pair.value, tree.escape) == ()
            assert part.exec_form is None or part.rest.data
            assert all(flag.name is not None for flag in part.flags)
    problems(tree)


@settings(max_examples=400, deadline=None)
@given(st.one_of(scrambled, st.binary(max_size=80), st.binary(max_size=60).map(lambda tail: b"FROM a\n" + tail)))
def test_lossless_or_a_clear_error(data: bytes) -> None:
    with suppress(RemediateError):
        tree = parse(data)
        hold(data, tree)
        ask_everything(tree)


@settings(max_examples=300, deadline=None)
@given(scrambled)
def test_lines_are_those_of_buildkit(data: bytes) -> None:
    buildkit = pytest.importorskip("dockerfile")
    try:
        expected = [((c.cmd or "").upper(), c.start_line, c.end_line, c.json) for c in buildkit.parse_string(data.decode())]
    except (buildkit.GoParseError, UnicodeDecodeError):
        return
    try:
        tree = parse(data)
    except RemediateError as error:
        # The module takes `["a"] <<EOF` for an exec form; BuildKit since 2024 does not.
        assert "unterminated heredoc" in error.message and any(row[3] for row in expected)
        return
    if not any(row[3] and one.exec_form is None for row, one in zip(expected, tree.instructions, strict=False)):
        assert [(one.keyword, one.start_line, one.end_line) for one in tree.instructions] == [row[:3] for row in expected]


HOSTILE = {
    "100 MB": (lambda: b"FROM a\n" * 15_000_000, "file larger than"),
    "line of 3 MB": (lambda: b"FROM a\nRUN " + b"x" * 3_000_000, "line longer than"),
    "a million lines": (lambda: b"FROM a\n" + b"\n" * 1_000_000, "more than 300000 lines"),
    "200,000 continuation lines": (lambda: b"FROM a\nRUN x \\\n" + b" && y \\\n" * 200_000 + b" z\n", ""),
    "10,000 pairs over lines": (lambda: b"FROM a\nENV x=1 \\\n" + b" y=2 \\\n" * 10_000 + b" z=3\n", ""),
    "5,000 stages": (lambda: b"".join(b"FROM a AS s%d\nRUN x\n" % n for n in range(5_000)), ""),
    "60 KB of open braces": (lambda: b"FROM a\nENV x=" + b"${a:-" * 12_000 + b"\n", ""),
    "60 KB of quotes": (lambda: b"FROM a\nENV x=" + b"\"'" * 30_000 + b"\n", ""),
    "60 KB of JSON": (lambda: b"FROM a\nRUN [" + b'"a",' * 16_000 + b"\n", ""),
    "60 KB of escapes": (lambda: b'FROM a\nENV x="' + b"\\\\" * 30_000 + b"\n", ""),
    "20,000 heredocs": (lambda: b"FROM a\n" + b"RUN <<A\nA\n" * 20_000, ""),
    "open spaced heredocs": (lambda: b"FROM a\n" + b"RUN << A << B << C\n" * 10_000, ""),
    "8,000 times ONBUILD": (lambda: b"FROM a\n" + b"ONBUILD " * 8_000 + b"RUN x\n", ""),
}


@pytest.mark.parametrize(("make", "message"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_input_is_bounded(make: object, message: str) -> None:
    assert callable(make)
    data: bytes = make()
    began = time.process_time()
    if message:
        with pytest.raises(RemediateError, match=message):
            parse(data)
    else:
        tree = parse(data)
        ask_everything(tree)
        hold(data, tree)
    assert time.process_time() - began < 30 * SLOWER


def test_parsing_stays_cheap() -> None:
    """An average file has some 30 lines; the bound is ten times what it takes, for slow machines."""
    data = b"FROM a AS b\n" + b"RUN x \\\n  && y\nENV A=b\n# c\n\n" * 6 + b"CMD d\n"
    began = time.process_time()
    for _ in range(200):
        parse(data)
    assert (time.process_time() - began) / 200 < 0.001 * SLOWER

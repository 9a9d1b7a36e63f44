"""What a remedy's changes make of the text, style by style; what is refused; and that reading back sees any other change."""

from __future__ import annotations

from typing import Any

import pytest

from remediate.fixers.remedy import Remedy, RunEdit
from remediate.fixers.rewrite import reads_back, rewrite
from remediate.model import Edit, Refusal
from remediate.text import apply

from .rewriting_text import remedied, run_edited, traced


def edit(**parts: Any) -> RunEdit:
    return RunEdit(**{k: frozenset(v) if k in ("cut", "drop") else tuple(v) for k, v in parts.items()})


TRAILING = "RUN a && \\\n    # about b\n    b && \\\n    c\n"
LEADING = "RUN a \\\n    # about b\n    && b \\\n    # about c\n\n    && c\n"
CUTS = [
    ("RUN a && b && c\n", [0], "RUN b && c\n"),
    ("RUN a && b && c\n", [1], "RUN a && c\n"),
    ("RUN a && b && c\n", [2], "RUN a && b\n"),
    ("RUN a && b && c # why\n", [2], "RUN a && b # why\n"),
    (TRAILING, [0], "RUN \\\n    # about b\n    b && \\\n    c\n"),
    (TRAILING, [1], "RUN a && \\\n    c\n"),
    (TRAILING, [2], "RUN a && \\\n    # about b\n    b\n"),
    (TRAILING, [0, 1], "RUN c\n"),
    (TRAILING, [1, 2], "RUN a\n"),
    (TRAILING, [0, 2], "RUN \\\n    # about b\n    b\n"),
    (LEADING, [0], "RUN \\\n    # about b\n    b \\\n    # about c\n\n    && c\n"),
    (LEADING, [1], "RUN a \\\n    # about c\n\n    && c\n"),
    (LEADING, [2], "RUN a \\\n    # about b\n    && b\n    # about c\n\n"),
    ("RUN \\\n  a && \\\n  b\n", [0], "RUN \\\n  b\n"),
    ("RUN \\\n  a \\\n  && b\n", [0], "RUN \\\n  b\n"),
    ("RUN a && \\\n    # other\n\n    b && \\\n    c\n", [1], "RUN a && \\\n    # other\n\n    c\n"),
    ("RUN a && b && \\\n    c\n", [1], "RUN a && \\\n    c\n"),
    ("RUN a && \\\n    b && c\n", [1], "RUN a && \\\n    c\n"),
    ("RUN a && \\\n    b \\\n      --long && \\\n    c\n", [1], "RUN a && \\\n    c\n"),
    ("RUN a \\\n    && \\\n    b\n", [1], "RUN a\n"),
    ("RUN a \\\n      x \\\n    && \\\n    # about b\n    b && \\\n    c\n", [2], "RUN a \\\n      x \\\n    && \\\n    # about b\n    b\n"),
    ("RUN a \\\n    && \\\n    # other\n\n    b\n", [1], "RUN a\n    # other\n\n"),
    ("RUN a \\\n    ;b \\\n    # two\n    ;c \\\n    ;\n", [1], "RUN a \\\n    # two\n    ;c \\\n    ;\n"),
    ("RUN a \\\n    ;b \\\n    # two\n    ;c \\\n    ;\n", [2], "RUN a \\\n    ;b \\\n    # two\n    ;true \\\n    ;\n"),
    ("RUN set -e \\\n    ;b \\\n    # two\n    ;c \\\n    ;\n", [2], "RUN set -e \\\n    ;b \\\n    ;\n"),
    ("RUN a; b; c\n", [0], "RUN b; c\n"),
    ("RUN a; b; c\n", [1], "RUN a; c\n"),
    ("RUN a; b; c\n", [2], "RUN a; b; true\n"),
    ("RUN a; b && c; d\n", [1], "RUN a; c; d\n"),
    ("RUN a; b && c; d\n", [2], "RUN a; b; d\n"),
    ("RUN a; b && c; d\n", [1, 2], "RUN a; d\n"),
    ("RUN a && b; c && d\n", [1, 2], "RUN a; d\n"),
    ("RUN a && b; c && d\n", [1, 2, 3], "RUN a; true\n"),
    ("RUN a && b; c && d\n", [3], "RUN a && b; c\n"),
    ("RUN a; b || c; d\n", [1, 2], "RUN a; d\n"),
    ("RUN a && b && c || d\n", [1], "RUN a && c || d\n"),
    ("RUN a && b && c || d\n", [0], "RUN b && c || d\n"),
    ("RUN set -ex; \\\n    a; \\\n    b;\n", [2], "RUN set -ex; \\\n    a\n"),
    ("RUN set -ex; \\\n    a; \\\n    b;\n", [1], "RUN set -ex; \\\n    b;\n"),
    ("RUN set -e; a && b; c\n", [3], "RUN set -e; a && b; true\n"),
    ("RUN set -e; ! a; c\n", [2], "RUN set -e; ! a; true\n"),
    ("RUN set -e; (a; b); c\n", [2], "RUN set -e; (a; b); true\n"),
    ("RUN set -e; set +e; a; c\n", [3], "RUN set -e; set +e; a; true\n"),
    ("RUN set -e; a && b; c\n", [2], "RUN set -e; a && true; c\n"),
    ("RUN set -e && for i in 1; do a; done && b\n", [2], "RUN set -e && for i in 1; do a; done && true\n"),
    ("RUN for i in 1; do a; done && b\n", [1], "RUN for i in 1; do a; done\n"),
    ("RUN cat <<X > f && a\nhi\nX\n", [0], "RUN a\n"),
    ("RUN cat <<X > f && a\nhi\nX\n", [1], "RUN cat <<X > f\nhi\nX\n"),
    ("RUN <<E\na # a\n# about b\nb # b\nc\nE\n", [1], "RUN <<E\na # a\nc\nE\n"),
    ("RUN <<E\na\nb\nc\nE\n", [0], "RUN <<E\nb\nc\nE\n"),
    ("RUN <<E\na\nb\nc\nE\n", [2], "RUN <<E\na\nb\ntrue\nE\n"),
    ("RUN <<E\n#!/bin/sh -e\n# about a\na\nb\nc\nE\n", [0], "RUN <<E\n#!/bin/sh -e\nb\nc\nE\n"),
    ("RUN <<E\nset -e\na && \\\n  b\nc\nE\n", [3], "RUN <<E\nset -e\na && \\\n  b\ntrue\nE\n"),
    ("RUN <<E\na && \\\n  b\nc\nE\n", [1], "RUN <<E\na\nc\nE\n"),
    ("RUN <<E\na\ncat > f <<X\nhi\nX\nb\nE\n", [1], "RUN <<E\na\nb\nE\n"),
    ("RUN\ta && \\\n\t\tb && \\\n\t\tc\n", [1], "RUN\ta && \\\n\t\tc\n"),
    ("run a && b", [1], "run a"),
    ("RUN a && \\\n    b", [1], "RUN a\n"),
    ("RUN a && \\\n\n    b && \\\n\n    c\n", [1], "RUN a && \\\n\n\n    c\n"),
]


@pytest.mark.parametrize(("before", "cut", "after"), CUTS)
@pytest.mark.parametrize("variant", ["as it is", "crlf", "backtick", "followed"])
def test_cuts(before: str, cut: list[int], after: str, variant: str) -> None:
    head, tail = "FROM a\n", ""
    if variant == "crlf":
        if "<<" in before:
            pytest.skip("a shell would read the CR of a heredoc's line")
        head, before, after = (t.replace("\n", "\r\n") for t in (head, before, after))
    elif variant == "backtick":
        if "<<E" in before:
            pytest.skip("in a heredoc's body the shell's own character counts")
        head, before, after = "# escape=`\nFROM a\n", before.replace("\\\n", "`\n"), after.replace("\\\n", "`\n")
    elif variant == "followed":
        if not before.endswith("\n"):
            pytest.skip("nothing can follow")
        tail = "\nRUN z && \\\n    y\n"
    assert run_edited(head + before + tail, edit(cut=cut)) == head + after + tail


PUT_IN = [
    ("RUN a\n", {"leave": ["l"]}, "RUN a && l\n"),
    ("RUN a;\n", {"leave": ["l"]}, "RUN a && l;\n"),
    ("RUN a # c\n", {"leave": ["l"]}, "RUN a && l # c\n"),
    ("RUN a\n", {"enter": ["e"]}, "RUN e && a\n"),
    ("RUN a\n", {"enter": ["e"], "leave": ["l"]}, "RUN e && \\\n    a && \\\n    l\n"),
    ("RUN x \\\n  && y\nRUN a\n", {"leave": ["l"]}, "RUN x \\\n  && y \\\n  && l\nRUN a\n"),
    ("RUN a\nRUN x \\\n  && y\n", {"enter": ["e"], "leave": ["l"]}, "RUN e \\\n  && a \\\n  && l\nRUN x \\\n  && y\n"),
    ("RUN a && \\\n b && \\\n c\n", {"enter": ["e", "f"], "leave": ["l", "m"], "cut": [0, 2]}, "RUN e && \\\n f && \\\n b && \\\n l && \\\n m\n"),
    ("RUN a \\\n && b \\\n && c\n", {"enter": ["e", "f"], "leave": ["l", "m"], "cut": [0, 2]}, "RUN e \\\n && f \\\n && b \\\n && l \\\n && m\n"),
    ("RUN \\\n  a && \\\n  b\n", {"enter": ["e"], "cut": [0]}, "RUN \\\n  e && \\\n  b\n"),
    ("RUN a; b\n", {"enter": ["e"]}, "RUN e || exit 1; a; b\n"),
    ("RUN a; b\n", {"leave": ["l"]}, "RUN trap 'l' EXIT; a; b\n"),
    ("RUN a; b\n", {"enter": ["e"], "leave": ["l 'x'", "m"]}, "RUN trap 'l '\\''x'\\''; m' EXIT; \\\n    e || exit 1; \\\n    a; b\n"),
    ("RUN a; \\\n  b\n", {"enter": ["e"], "leave": ["l"], "cut": [1]}, "RUN trap 'l' EXIT; \\\n  e || exit 1; \\\n  a; \\\n  true\n"),
    ("RUN a || b\n", {"leave": ["l"]}, "RUN trap 'l' EXIT; a || b\n"),
    ("RUN if a; then b; fi\n", {"leave": ["l"]}, "RUN if a; then b; fi && l\n"),
    ("RUN a && { b || exit 0; }\n", {"leave": ["l"]}, "RUN trap 'l' EXIT; a && { b || exit 0; }\n"),
    ("RUN set -e && if a; then b; fi\n", {"leave": ["l"]}, "RUN trap 'l' EXIT; set -e && if a; then b; fi\n"),
    ("RUN set -e && . ./f && b\n", {"leave": ["l"]}, "RUN trap 'l' EXIT; set -e && . ./f && b\n"),
    ('SHELL ["/bin/bash", "-eo", "pipefail", "-c"]\nRUN { a; b; }\n', {"leave": ["l"]}, 'SHELL ["/bin/bash", "-eo", "pipefail", "-c"]\nRUN trap \'l\' EXIT; { a; b; }\n'),
    ("RUN cat <<X > f && a\nhi\nX\n", {"enter": ["e"], "leave": ["l"]}, "RUN e && cat <<X > f && a && l\nhi\nX\n"),
    ("RUN <<E\na\nb\nE\n", {"enter": ["e"], "leave": ["l"]}, "RUN <<E\ntrap 'l' EXIT\ne || exit 1\na\nb\nE\n"),
    ("RUN <<E\n#!/bin/bash\na\nE\n", {"leave": ["l"]}, "RUN <<E\n#!/bin/bash\ntrap 'l' EXIT\na\nE\n"),
    ("RUN a && b\n", {"cut": [0, 1], "enter": ["e"], "leave": ["l"]}, "RUN e && l\n"),
    ("RUN cat <<X > f\nhi\nX\n", {"cut": [0], "enter": ["e"]}, "RUN e\n"),
    ("RUN --mount=type=cache,target=/c a\n", {"leave": ["l"]}, "RUN --mount=type=cache,target=/c a && l\n"),
    ("RUN a\n", {"flags": ["--mount=type=ssh"]}, "RUN --mount=type=ssh a\n"),
    ("RUN a\n", {"flags": ["--mount=type=ssh"], "leave": ["l"]}, "RUN --mount=type=ssh a && l\n"),
    ("RUN --mount=type=ssh a\n", {"drop": [0]}, "RUN a\n"),
    ("RUN --mount=type=ssh \\\n    --network=none \\\n    a && b\n", {"drop": [0]}, "RUN --network=none \\\n    a && b\n"),
    ("RUN --mount=type=ssh \\\n    --network=none \\\n    a && b\n", {"drop": [1], "cut": [0]}, "RUN --mount=type=ssh \\\n    b\n"),
    ("RUN --mount=type=ssh \\\n    # why\n    a\n", {"drop": [0]}, "RUN \\\n    # why\n    a\n"),
    ("RUN --mount=type=ssh a\n", {"drop": [0], "flags": ["--mount=type=secret,id=x"]}, "RUN --mount=type=secret,id=x a\n"),
    ('RUN ["a", "b"]\n', {"flags": ["--mount=type=ssh"]}, 'RUN --mount=type=ssh ["a", "b"]\n'),
    ("RUN a x y && b\n", {"words": [(2, 3, "z z")]}, "RUN a z z y && b\n"),
    ("RUN a x \\\n   y && b\n", {"words": [(3, 8, "")]}, "RUN a x && b\n"),
    ("RUN a x y && b\n", {"words": [(2, 3, "z")], "cut": [0]}, "RUN b\n"),
]


@pytest.mark.parametrize(("before", "parts", "after"), PUT_IN)
def test_what_comes_in_and_what_changes(before: str, parts: dict[str, Any], after: str) -> None:
    assert run_edited("FROM a\n" + before, edit(**parts)) == "FROM a\n" + after


def test_a_long_command_gets_a_line_of_its_own() -> None:
    long = "rm -f " + "x" * 120
    assert run_edited("FROM a\nRUN a\n", edit(leave=[long])) == f"FROM a\nRUN a && \\\n    {long}\n"


REFUSED = [
    ('RUN ["a"]\n', {"enter": ["e"]}, "cannot-rearrange"),
    ('SHELL ["powershell"]\nRUN a\n', {"enter": ["e"]}, "foreign-shell"),
    ("RUN a && )\n", {"leave": ["l"]}, "shell-not-understood"),
    ("RUN a || b\n", {"cut": [0]}, "cannot-rearrange"),
    ("RUN a || b; c\n", {"cut": [1]}, "cannot-rearrange"),
    ("RUN a && b || c\n", {"cut": [1]}, "cannot-rearrange"),
    ("RUN a & b\n", {"cut": [0]}, "cannot-rearrange"),
    ("RUN a & b; c\n", {"cut": [1]}, "cannot-rearrange"),
    ("RUN a & b; c\n", {"leave": ["l"]}, "cannot-rearrange"),
    ("RUN a &\n", {"cut": [0], "enter": ["e"]}, "cannot-rearrange"),
    ("RUN { a & } && b\n", {"leave": ["l"]}, "cannot-rearrange"),
    ("RUN a; exec b\n", {"leave": ["l"]}, "cannot-rearrange"),
    ("RUN a && exec b\n", {"leave": ["l"]}, "cannot-rearrange"),
    ("RUN trap 'x' EXIT; a\n", {"leave": ["l"]}, "cannot-rearrange"),
    ("RUN a; b; echo $?\n", {"cut": [1]}, "cannot-rearrange"),
    ("RUN a\n", {"enter": ["e; f"]}, "cannot-rearrange"),
    ("RUN a\n", {"enter": ["e || f"]}, "cannot-rearrange"),
    ("RUN a\n", {"leave": ["l # x"]}, "cannot-rearrange"),
    ("RUN a\n", {"leave": ["l\nm"]}, "cannot-rearrange"),
    ("RUN <<E\na && cat > f <<X && b\nhi\nX\nc\nE\n", {"cut": [1]}, "cannot-rearrange"),
    ("RUN a x \\\n # c\n y && b\n", {"words": [(2, 6, "z")]}, "cannot-rearrange"),
    ("RUN a && b\n", {"words": [(0, 6, "z")]}, "cannot-rearrange"),
]


@pytest.mark.parametrize(("before", "parts", "code"), REFUSED)
def test_refused(before: str, parts: dict[str, Any], code: str) -> None:
    found = run_edited("FROM a\n" + before, edit(**parts))
    assert isinstance(found, Refusal)
    assert found.code == code


WHOLE = [
    ("FROM a\nRUN a && b\nRUN c\n", "FROM a\nRUN c\n"),
    ("FROM a\n# the token\n# goes here\nRUN a && b\nRUN c\n", "FROM a\nRUN c\n"),
    ("FROM a\n\n# the token\nRUN a\n\nRUN c\n", "FROM a\n\nRUN c\n"),
    ("FROM a\n# apart\n\nRUN a\nRUN c\n", "FROM a\n# apart\n\nRUN c\n"),
    ("FROM a\n\nRUN a\n", "FROM a\n"),
    ("FROM a\nRUN c\n\nRUN a", "FROM a\nRUN c\n"),
    ("FROM a\r\n\r\n# x\r\nRUN a\r\n\r\nRUN c\r\n", "FROM a\r\n\r\nRUN c\r\n"),
    ("# syntax=docker/dockerfile:1\nFROM a\nRUN <<E\na\nE\nRUN c\n", "# syntax=docker/dockerfile:1\nFROM a\nRUN c\n"),
]


@pytest.mark.parametrize(("before", "after"), WHOLE)
def test_a_run_of_which_nothing_is_left(before: str, after: str) -> None:
    trace = traced(before.encode())
    run = next(v for v in trace.runs.views.values() if "a" in v.scripts[0].text.text)
    whole = frozenset(range(before.count("&&") + 1))
    assert remedied(before, Remedy(runs={run.index: RunEdit(cut=whole)})) == after


def test_two_neighbours_go_and_one_blank_line_stays() -> None:
    text = "FROM a\n\n# one\nCOPY x .\n# two\nCOPY y .\n\nRUN c\n"
    assert remedied(text, Remedy(gone=frozenset({1, 2}))) == "FROM a\n\nRUN c\n"


def test_the_blank_lines_between_three_that_go() -> None:
    text = "FROM a\n\nCOPY x .\n\nCOPY y .\n\nCOPY z .\n"
    assert remedied(text, Remedy(gone=frozenset({1, 3}))) == "FROM a\n\nCOPY y .\n"
    assert remedied(text, Remedy(gone=frozenset({1, 2}))) == "FROM a\n\nCOPY z .\n"
    assert remedied(text, Remedy(gone=frozenset({2, 3}))) == "FROM a\n\nCOPY x .\n"


def test_a_comment_within_the_instruction_above_stays() -> None:
    assert remedied("FROM a\nRUN b \\\n# c\n \\\n# d\nCOPY x .\n", Remedy()) == "FROM a\nRUN b \\\n# c\n \\\n# d\nCOPY x .\n"


def test_a_heading_stays() -> None:
    text = "# syntax=docker/dockerfile:1\nARG A\nFROM a\n"
    assert remedied(text, Remedy(gone=frozenset({0}))) == "# syntax=docker/dockerfile:1\nFROM a\n"
    assert remedied("# The licence\nARG A\nFROM a\n", Remedy(gone=frozenset({0}))) == "# The licence\nFROM a\n"


SOURCES = [
    ("COPY a b c ./\n", [0], "COPY b c ./\n"),
    ("COPY a b c ./\n", [1], "COPY a c ./\n"),
    ("COPY a b c ./\n", [0, 2], "COPY b ./\n"),
    ("COPY --chown=x a b ./\n", [0], "COPY --chown=x b ./\n"),
    ("COPY a \\\n     b \\\n     ./\n", [1], "COPY a \\\n     ./\n"),
    ("COPY a \\\n     b \\\n     ./\n", [0], "COPY \\\n     b \\\n     ./\n"),
    ("COPY a b \\\n     c ./\n", [1], "COPY a \\\n     c ./\n"),
    ("COPY a b c \\\n     ./\n", [1, 2], "COPY a \\\n     ./\n"),
    ("COPY a \\\n     # about b\n     b c \\\n     ./\n", [1], "COPY a \\\n     # about b\n     c \\\n     ./\n"),
    ('COPY ["a", "b c", "./"]\n', [0], 'COPY ["b c", "./"]\n'),
    ('COPY ["a", "b c", "./"]\n', [1], 'COPY ["a", "./"]\n'),
    ('COPY ["a", \\\n "b", \\\n "./"]\n', [1], 'COPY ["a", \\\n "./"]\n'),
    ('copy ["a", \\\n "b", \\\n "./"]\n', [0], 'copy [ \\\n "b", \\\n "./"]\n'),
]


@pytest.mark.parametrize(("before", "gone", "after"), SOURCES)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_sources(before: str, gone: list[int], after: str, newline: str) -> None:
    found = remedied(("FROM a\n" + before).replace("\n", newline), Remedy(sources={1: frozenset(gone)}))
    assert found == ("FROM a\n" + after).replace("\n", newline)


@pytest.mark.parametrize(("text", "gone"), [("COPY a ./\n", [0]), ("COPY a b ./\n", [0, 1]), ("COPY a b ./\n", [2]), ("COPY <<E a ./\nx\nE\n", [0])])
def test_sources_refused(text: str, gone: list[int]) -> None:
    assert isinstance(remedied("FROM a\n" + text, Remedy(sources={1: frozenset(gone)})), Refusal)


TAMPERED = [
    (b"f && \\\n    npm ci", b"f; \\\n    npm ci"),
    (b"npm ci", b"npm c"),
    (b"rm -f f", b"rm f"),
    (b" && \\\n    rm -f f", b""),
    (b"echo x", b"echo  x"),
    (b"FROM a", b"FROM b"),
    (b"COPY x y", b"COPY x"),
    (b"--mount=type=ssh ", b""),
    (b"ENV A=1\n", b""),
    (b"ENV A=1\n", b"ENV A=1\nUSER x\n"),
    (b"CMD z", b"CMD z z"),
    (b"npm ci", b"npm ci )"),
    (b"RUN", b"run"),
]


@pytest.mark.parametrize(("old", "new"), TAMPERED)
def test_reading_back_sees_any_other_change(old: bytes, new: bytes) -> None:
    trace = traced(b"FROM a\nENV A=1\nCOPY x y z ./\nRUN npm ci\nCMD z\n")
    remedy = Remedy(runs={3: edit(enter=["echo x > f"], leave=["rm -f f"], flags=["--mount=type=ssh"])}, sources={2: frozenset({2})})
    edits = rewrite(trace, remedy)
    assert isinstance(edits, list) and all(isinstance(e, Edit) for e in edits)
    after = apply(trace.tree.source.data, edits)
    assert reads_back(trace, remedy, after) == ""
    assert old in after
    assert reads_back(trace, remedy, after.replace(old, new)) != ""

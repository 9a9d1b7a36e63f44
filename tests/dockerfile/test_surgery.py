"""Pairs that leave an ARG: what stays keeps its lines and its remarks."""

from __future__ import annotations

import pytest

from remediate.dockerfile.parser import parse
from remediate.dockerfile.surgery import remove_pairs
from remediate.text import apply

ROWS = {
    "two in a row, a remark behind": ("ARG A \\\n    B \\\n    # a remark\n    C\n", {0, 1}, "ARG \\\n    # a remark\n    C\n"),
    "two in a row": ("ARG A \\\n    B \\\n    C\n", {0, 1}, "ARG C\n"),
    "the first": ("ARG A \\\n    B \\\n    C\n", {0}, "ARG B \\\n    C\n"),
    "the last two": ("ARG A \\\n    B \\\n    C\n", {1, 2}, "ARG A\n"),
    "the first and the last": ("ARG A \\\n    B \\\n    # of C\n    C\n", {0, 2}, "ARG B\n    # of C\n"),
    "on one line": ("ARG A B C\n", {0, 1}, "ARG C\n"),
    "all": ("ARG A \\\n    B\n", {0, 1}, ""),
}


@pytest.mark.parametrize("name", ROWS)
def test_removed(name: str) -> None:
    text, gone, left = ROWS[name]
    tree = parse(f"FROM x\n{text}RUN y\n".encode())
    after = apply(tree.source.data, remove_pairs(tree, tree.instructions[1], gone)).decode()
    assert after == f"FROM x\n{left}RUN y\n"
    pairs = [p.name for i in parse(after.encode()).instructions if i.keyword == "ARG" for p in i.pairs]
    assert pairs == [n for k, n in enumerate("ABC"[: len(tree.instructions[1].pairs)]) if k not in gone]

"""Law 7 for callers: the same files with other line ends, a byte order mark or without a final newline get the same fix, or are refused by name."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from e2e.case import Case

from .callers import REWRITTEN, changed, said
from .ran import Tree, flags, ran, read_tree, tool, write_tree

BOM = b"\xef\xbb\xbf"
Change = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Variant:
    """`refused` are the kinds that may refuse it: there the program that reads the file would not take it either."""

    name: str
    apply: Change
    refused: frozenset[str]


def crlf(data: bytes) -> bytes:
    return data if b"\r" in data else data.replace(b"\n", b"\r\n")


def no_final_newline(data: bytes) -> bytes:
    return data.removesuffix(b"\n").removesuffix(b"\r")


def with_bom(data: bytes) -> bytes:
    return data if data.startswith((BOM, b"#!")) else BOM + data


VARIANTS = (
    Variant("crlf", crlf, frozenset()),
    Variant("no-final-newline", no_final_newline, frozenset()),
    Variant("bom", with_bom, frozenset()),
)
PAIRS = [(case, variant) for case in REWRITTEN for variant in VARIANTS if changed(case)]


def outcome(case: Case, tree: Tree) -> tuple[Tree, list[dict[str, object]]]:
    """The tree after `fix`, and JSON's callers of the plan."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / case.name
        write_tree(tree, folder)
        callers = json.loads(tool(folder, "fix", "--check", "--format", "json", *flags(case), ".")[1])["callers"]
        tool(folder, "fix", *flags(case), ".")
        return {path: data for path, data in read_tree(folder).items() if path not in case.files}, callers


def spelt(tree: Tree, paths: list[str], variant: Variant) -> Tree:
    return {path: variant.apply(data) if path in paths else data for path, data in tree.items()}


@pytest.mark.parametrize(("case", "variant"), PAIRS, ids=[f"{case.name}-{variant.name}" for case, variant in PAIRS])
def test_law_7_callers_in_another_spelling(case: Case, variant: Variant) -> None:
    before, paths = read_tree(case.folder / "before"), changed(case)
    tree = spelt(before, paths, variant)
    tree |= {path: text.encode() for path, text in case.files.items()}
    got, callers = outcome(case, tree)
    wanted = spelt(ran(case.name).tree, paths, variant)
    if variant.name == "no-final-newline":  # what comes after the last line begins a new one, and may end it; a blank line may be left
        got, wanted = ({p: re.sub(rb"\n\n+|\n\Z", b"\n", d + b"\n") if p in paths else d for p, d in t.items()} for t in (got, wanted))
    if got != wanted:
        named = {str(use["path"]): use for use in callers if use["reason"] not in ("", "caller-without", "caller-waits")}
        new = set(named) - said(case, applied=False)
        assert new, [p for p in wanted if got[p] != wanted[p]]
        assert {named[p]["kind"] for p in new} <= variant.refused, [(named[p]["kind"], named[p]["message"]) for p in new]
        assert all(got[p] == tree[p] for p in new), "a refused file changed"

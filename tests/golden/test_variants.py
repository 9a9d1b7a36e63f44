"""Law 7: the same case with other line endings, keywords, escape characters and remarks gets the same fix; and values stay unseen."""

from __future__ import annotations

import re

import pytest
from e2e.case import Case

from .ran import CASES, Tree, dockerfiles, fixed, flags, ran, read_tree
from .variants import VARIANTS, Variant


def changed(tree: Tree, variant: Variant) -> Tree | None:
    """The tree with every Dockerfile in that spelling; None when the variant says nothing of one of them."""
    out = dict(tree)
    for path in dockerfiles(tree):
        data = variant.apply(tree[path])
        if data is None:
            return None
        out[path] = data
    return out


def pair(case: Case, variant: Variant) -> tuple[Tree, Tree] | None:
    """The tree to fix and the tree to expect."""
    before = changed(on_disk(case), variant)
    after = read_tree(case.folder / "after")
    wanted = changed(after, variant) if variant.also_after else after
    if before is None or wanted is None:
        return None
    if variant.name == "no-final-newline" and any(last(before[p]) not in after[p] for p in dockerfiles(before)):
        return None  # the last instruction goes: which newline was the last one is then a matter of taste
    if variant.name == "noise" and any(b"# remediate: transition" in before[p] for p in dockerfiles(before)):
        return None  # the remark keeps apart what the way out would join on one line again
    return before, wanted


def on_disk(case: Case) -> Tree:
    return read_tree(case.folder / "before") | {path: text.encode() for path, text in case.files.items()}


def last(data: bytes) -> bytes:
    return data.rsplit(b"\n", 1)[-1]


PAIRS = [(case, variant) for case in CASES for variant in VARIANTS if pair(case, variant) is not None]


@pytest.mark.parametrize(("case", "variant"), PAIRS, ids=[f"{case.name}-{variant.name}" for case, variant in PAIRS])
def test_law_7_another_spelling(case: Case, variant: Variant) -> None:
    both = pair(case, variant)
    assert both is not None
    before, wanted = both
    got = fixed(before, *flags(case))
    for path in dockerfiles(before):
        undone = variant.back(got[path])
        assert undone is not None
        assert undone.decode("utf-8", "backslashreplace") == wanted[path].decode("utf-8", "backslashreplace")


# How many cases a variant has at least; the rest have heredocs, backslashes inside a line, or no continuation at all.
ENOUGH = {"crlf": 90, "no-final-newline": 65, "lower-case": 95, "escape": 75, "noise": 11}


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_each_variant_is_exercised(variant: Variant) -> None:
    assert sum(v is variant for _, v in PAIRS) >= ENOUGH[variant.name]


BARE = re.compile(rb"^(ARG )(\w+)$", re.MULTILINE)
VALUE = b"vX81kLq0Zr5Tn2Yb7Wc4"
LITERAL = [case for case in CASES if case.build_args and any(map(BARE.search, map(read_tree(case.folder / "before").get, dockerfiles(read_tree(case.folder / "before")))))]


@pytest.mark.parametrize("case", LITERAL, ids=lambda case: case.name)
def test_law_8_with_a_value_in_every_case(case: Case) -> None:
    """A default value put into the file's own ARG lines is in no report, and in no line that the fix writes."""
    from .planted import shown_by

    before = on_disk(case)
    names = {name.encode() for name in case.build_args}
    tree = dict(before)
    for path in dockerfiles(before):
        tree[path] = BARE.sub(lambda m: m[0] + b"=" + VALUE if m[2] in names else m[0], before[path])
    if tree == before:
        pytest.skip("the secret has no ARG line of its own")
    for place, text in shown_by(tree, flags(case)):
        assert VALUE not in text, place


def test_ran_is_what_it_says() -> None:
    """The harness itself: a case that is fixed has a patch, a changed tree and a command."""
    done = ran("npmrc-in-context")
    assert done.patch and done.commands and done.tree != read_tree(CASES[0].folder / "before")

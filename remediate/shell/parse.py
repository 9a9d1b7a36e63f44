"""`parse_shell`: the view of a shell text, over tree-sitter-bash.

The grammar gives commands, constructs and substitutions. Its grouping of `&&`, `|` and redirects is not the shell's
(`a && b > f | c` is a pipeline of a redirected list there), so lists are laid out flat, in the order of the text, and grouped anew.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from functools import cache
from time import monotonic
from types import MappingProxyType
from typing import TYPE_CHECKING

from remediate.shell.build import Builder
from remediate.shell.lex import heredocs, inert, plain
from remediate.shell.parts import TooMuch
from remediate.shell.view import Script
from remediate.shell.words import every_expansion
from remediate.text import LogicalText

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

LARGEST = 256 * 1024
LONG = 8 * 1024
LONGEST = 1.0
_NOTHING: Mapping[int, tuple[int, str]] = MappingProxyType({})
# A shell takes bytes beyond ASCII for plain characters of a word. The grammar's scanner asks C's `isdigit` about them, and crashes on some.
_ASCII = bytes(range(128)) + b"." * 128


@cache
def grammar() -> Parser:
    """The one parser object; made when the first shell text comes, since loading the grammar takes longer than most runs."""
    import tree_sitter

    return tree_sitter.Parser(tree_sitter.Language(_bash()))


def _bash() -> object:
    """The grammar from the package's own binding: its `__init__` loads importlib.resources for its query files, which takes longer
    than the grammar itself.
    """
    from importlib.machinery import PathFinder
    from importlib.util import find_spec, module_from_spec

    package = find_spec("tree_sitter_bash")
    spec = PathFinder.find_spec("_binding", package.submodule_search_locations) if package is not None else None
    if spec is None or spec.loader is None:
        import tree_sitter_bash

        return tree_sitter_bash.language()
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    language: object = module.language()
    return language


def _root(data: bytes) -> Node | None:
    """The tree's root; None when a long text takes a hundred times longer than real ones (`>>>>...` takes quadratic time)."""
    data = data if data.isascii() else data.translate(_ASCII)
    if len(data) <= LONG:
        return grammar().parse(data).root_node
    deadline = monotonic() + LONGEST

    def give_up(_offset: int, _has_error: bool) -> bool:
        return monotonic() > deadline

    try:
        return grammar().parse(lambda at, _point: data[at : at + LARGEST], progress_callback=give_up).root_node
    except ValueError:
        grammar().reset()
        return None


def _tree(masked: bytes) -> Node | None:
    """A tree without error if there is one, the first time or the second with quoted parts made plain."""
    root = _root(masked)
    if root is None or root.has_error:
        again = _root(plain(masked))
        if again is not None and (root is None or not again.has_error):
            return again
    return root


def _overlooked(masked: bytes, known: set[int]) -> bool:
    """Whether the grammar, without an error, split a word so that an expansion in it went unseen (seen by quoting alone)."""
    if b"$" not in masked or not (left := [e.start for e in every_expansion(masked, known)]):
        return False
    ranges = inert(masked)
    starts = [start for start, _ in ranges]
    return any((at := bisect_right(starts, each) - 1) < 0 or ranges[at][1] <= each for each in left)


def parse_shell(text: LogicalText, outer: Mapping[int, tuple[int, str]] = _NOTHING) -> Script:
    """The view of `text`; never raises. `outer`: end and name, by offset, of what a shell around it expands first (see `nested`)."""
    data = text.data
    if len(data) > LARGEST:
        return Script(text, (), False, True, bounded=True, loose=tuple(every_expansion(data, _NOTHING)))
    heres, strings, masked = heredocs(data) if b"<<" in data else ([], {}, data)
    if masked.endswith(b"\\\n") and (len(masked) - len(masked[:-1].rstrip(b"\\"))) % 2 == 0:
        masked = masked[:-2] + b"  "  # a last line that would go on just ends; the grammar takes it for an error
    # No command holds a NUL, and the grammar never ends on many.
    root = _tree(masked.replace(b"\0", b"x"))
    builder = Builder(text, heres, strings, outer, _root)
    try:
        if root is None:
            raise TooMuch
        builder.program(root)
    except TooMuch:
        builder.bounded = True
    damaged = root is None or root.has_error or b"\0" in data or builder.damaged or builder.bounded
    damaged = damaged or _overlooked(masked, {e.start for e in builder.expansions})
    commands = builder.commands()
    loose = builder.loose
    if damaged:
        # What was read stays; anything else that looks like an expansion is kept beside it.
        loose += every_expansion(data, {e.start for e in builder.expansions})
        loose.sort(key=lambda e: e.start)
    functions = tuple(builder.functions)
    outermost = () if damaged else tuple([each.made() for each in builder.outermost])
    chained = builder.and_chain and not damaged
    return Script(text, commands, chained, damaged, functions, builder.bounded, tuple(loose), outermost, *builder.extents())


def expanded_names(script: Script) -> frozenset[str]:
    """Every name that this shell expands somewhere in the text; complete also when the text is damaged."""
    found = list(script.loose)
    for command in script.commands:
        for word in command.argv:
            found += word.expansions
        for assignment in command.assignments:
            if assignment.value:
                found += assignment.value.expansions
        for redirect in command.redirects:
            found += redirect.expansions
            if redirect.target:
                found += redirect.target.expansions
    return frozenset(e.name for e in found if not e.outer)

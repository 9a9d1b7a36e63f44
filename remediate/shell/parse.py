"""`parse_shell`: the view of a shell text, over tree-sitter-bash.

The grammar gives commands, constructs and substitutions. Its grouping of `&&`, `|` and redirects is not the shell's
(`a && b > f | c` is a pipeline of a redirected list there), so lists are laid out flat, in the order of the text, and grouped anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from remediate.shell.build import Builder
from remediate.shell.lex import heredocs, plain
from remediate.shell.parts import TooMuch
from remediate.shell.view import Script
from remediate.shell.words import every_expansion
from remediate.text import LogicalText

if TYPE_CHECKING:
    from tree_sitter import Parser

LARGEST = 256 * 1024
_NOTHING: Mapping[int, tuple[int, str]] = MappingProxyType({})


@cache
def grammar() -> Parser:
    """The one parser object; made when the first shell text comes, since loading the grammar takes longer than most runs."""
    import tree_sitter
    import tree_sitter_bash

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


def parse_shell(text: LogicalText, outer: Mapping[int, tuple[int, str]] = _NOTHING) -> Script:
    """The view of `text`; never raises. `outer` gives the end and name, by offset, of what a shell around it expands first (see `nested`)."""
    data = text.data
    if len(data) > LARGEST:
        return Script(text, (), False, True, bounded=True, loose=tuple(every_expansion(data, _NOTHING)))
    heres, strings, masked = heredocs(data) if b"<<" in data else ([], {}, data)
    root = grammar().parse(masked).root_node
    if root.has_error:
        again = grammar().parse(plain(masked)).root_node
        root = root if again.has_error else again
    builder = Builder(text, heres, strings, outer, lambda body: grammar().parse(body).root_node)
    try:
        builder.program(root)
    except TooMuch:
        builder.bounded = True
    damaged = root.has_error or builder.damaged or builder.bounded
    commands = builder.commands()
    loose = builder.loose
    if damaged:
        # What was read stays; anything else that looks like an expansion is kept beside it.
        loose += every_expansion(data, {e.start for e in builder.expansions})
        loose.sort(key=lambda e: e.start)
    functions = tuple(builder.functions)
    return Script(text, commands, builder.and_chain and not damaged, damaged, functions, builder.bounded, tuple(loose))


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

"""The small values of the tree: what a directive, a flag, a word, a heredoc or a reference is.

Named tuples rather than dataclasses: a file has dozens of them, and they are made while a person waits.
"""

from __future__ import annotations

from remediate.model import NamedTuple, Span
from remediate.text import LogicalText


class Directive(NamedTuple):
    """A parser directive: `# syntax=`, `# escape=` or `# check=`; `span` covers its whole line with the newline."""

    name: str
    value: str
    span: Span
    value_span: Span


class Flag(NamedTuple):
    """`--name=value` between the keyword and the arguments, quotes removed. `value` is None for a bare `--link`."""

    name: str
    value: str | None
    span: Span
    value_span: Span | None


class Heredoc(NamedTuple):
    """`<<EOF` with its body. `body` starts after the instruction's logical line, `end_span` is the terminator's line.

    `name` is without quotes; `expand` is False for a quoted delimiter; `chomp` is True for `<<-` (the body still holds its tabs).
    `word_span` covers `<<EOF` itself. Several heredocs of one instruction have their bodies one after the other.
    """

    name: str
    expand: bool
    chomp: bool
    word_span: Span
    body: LogicalText
    body_span: Span
    end_span: Span


class Word(NamedTuple):
    """One word of an instruction as written, quotes included; `start`..`end` are offsets in `Instruction.rest`."""

    text: LogicalText
    span: Span
    start: int
    end: int


class Pair(NamedTuple):
    """One `name=value` of ARG, ENV or LABEL. `value` is as written (quotes included), None for a bare `ARG NAME`.

    `name` is without quotes; `name_span` covers it as written, `span` the whole pair; `legacy` marks `ENV name value with spaces`.
    """

    name: str
    name_span: Span
    value: LogicalText | None
    span: Span
    legacy: bool = False


class JsonString(NamedTuple):
    """One string of an exec form, decoded; `span` covers it with its quotes."""

    value: str
    span: Span


class Reference(NamedTuple):
    """`$name`, `${name}`, `${name:-word}`, `${name#pattern}`... as the Dockerfile frontend expands it.

    `op` is "" or the operator (`:-`, `-`, `:+`, `+`, `:?`, `?`, `#`, `##`, `%`, `%%`, `/`, `//`); `operand` what follows it, raw.
    `start`..`end` are offsets in the text that was searched.
    """

    name: str
    op: str
    operand: str
    start: int
    end: int
    span: Span


class Stage(NamedTuple):
    """One FROM and what follows it. `base` is the image word as written, `parent` the index of the stage it names, if any.

    `name` is lower case, as BuildKit compares it, "" when the stage has none; `instructions` are indexes into the tree, FROM included.
    """

    index: int  # type: ignore[assignment]  # hides tuple.index
    name: str
    base: str
    parent: int | None
    instructions: tuple[int, ...]

"""What a parsed Dockerfile is made of. Nothing here knows of secrets.

Contract (parser.py fills it): `bytes(tree) == data`; instruction starts, ends and keywords are those of BuildKit's parser.
"""

from __future__ import annotations

from dataclasses import dataclass

from remediate.model import Span
from remediate.text import LogicalText, Source


@dataclass(frozen=True, slots=True)
class Directive:
    """A parser directive: `# syntax=`, `# escape=` or `# check=`; `span` covers its whole line with the newline."""

    name: str
    value: str
    span: Span
    value_span: Span


@dataclass(frozen=True, slots=True)
class Flag:
    """`--name=value` between the keyword and the arguments. `value` is None for a bare `--link`."""

    name: str
    value: str | None
    span: Span
    value_span: Span | None


@dataclass(frozen=True, slots=True)
class Heredoc:
    """`<<EOF` with its body. `body` starts after the instruction's logical line, `end_span` is the terminator's line.

    `expand` is False for a quoted delimiter; `chomp` is True for `<<-`. `word_span` covers `<<EOF` itself.
    """

    name: str
    expand: bool
    chomp: bool
    word_span: Span
    body: LogicalText
    body_span: Span
    end_span: Span


@dataclass(frozen=True, slots=True)
class Word:
    """One word of an instruction as written, quotes included; `start`..`end` are offsets in `Instruction.rest`."""

    text: LogicalText
    span: Span
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Pair:
    """One `name=value` of ARG, ENV or LABEL. `value` is as written (quotes included), None for a bare `ARG NAME`.

    `span` covers the whole pair; `legacy` marks `ENV name value with spaces`.
    """

    name: str
    name_span: Span
    value: LogicalText | None
    span: Span
    legacy: bool = False


@dataclass(frozen=True, slots=True)
class JsonString:
    """One string of an exec form, decoded; `span` covers it with its quotes."""

    value: str
    span: Span


@dataclass(frozen=True, slots=True)
class Reference:
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


@dataclass(frozen=True, slots=True)
class Stage:
    """One FROM and what follows it. `base` is the image word as written, `parent` the index of the stage it names, if any.

    `name` is lower case, as BuildKit compares it, "" when the stage has none; `instructions` are indexes into the tree, FROM included.
    """

    index: int
    name: str
    base: str
    parent: int | None
    instructions: tuple[int, ...]


class Instruction:
    """One instruction. Cheap to make: words, flags and pairs are worked out when they are first asked for.

    `args` is all that follows the keyword with continuations, comment and blank lines inside them taken out (heredoc bodies are
    not in it); `rest` is `args` after the flags. `span` covers its lines whole, heredocs included.
    """

    keyword: str
    keyword_span: Span
    span: Span
    start_line: int
    end_line: int
    args: LogicalText
    heredocs: tuple[Heredoc, ...]

    flags: tuple[Flag, ...]
    rest: LogicalText
    words: tuple[Word, ...]
    pairs: tuple[Pair, ...]
    exec_form: tuple[JsonString, ...] | None
    trigger: Instruction | None


class Dockerfile:
    """A lossless tree: `bytes(tree)` gives the file back, and every byte belongs to one leaf.

    `stages` come in order; `instructions` before the first FROM belong to none. `escape` is one byte, `\\` or a backtick.
    """

    source: Source
    directives: tuple[Directive, ...]
    instructions: tuple[Instruction, ...]
    stages: tuple[Stage, ...]
    escape: bytes

    def __bytes__(self) -> bytes:
        raise NotImplementedError

    def stage_of(self, index: int) -> Stage | None:
        """The stage of the instruction with that index."""
        raise NotImplementedError

    def leaves(self) -> tuple[tuple[str, Span], ...]:
        """(kind, span) of every leaf in order; they tile the file (law 2)."""
        raise NotImplementedError

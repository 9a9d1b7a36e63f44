"""What a parsed Dockerfile is made of. Nothing here knows of secrets.

`bytes(tree) == data`; instruction starts, ends and keywords are those of BuildKit's parser (parser.py makes the tree).
Flags, words and pairs are worked out when they are first asked for: most files are asked for few of them.
"""

from __future__ import annotations

from bisect import bisect_right

from remediate.dockerfile.lines import WIDE_LEADS, continues, leading_space, logical, text_of, trailing_space
from remediate.dockerfile.nodes import Directive, Flag, Heredoc, JsonString, Pair, Reference, Stage, Word
from remediate.model import Span
from remediate.text import LogicalText, Source

__all__ = ["Directive", "Dockerfile", "Flag", "Heredoc", "Instruction", "JsonString", "Pair", "Reference", "Stage", "Word"]


class Instruction:
    """One instruction. Cheap to make: words, flags and pairs are worked out when they are first asked for.

    `keyword` is upper case (`keyword_span` shows how it is written). `span` covers its lines whole, heredocs included; `header_end`
    is where the heredoc bodies begin. A trigger of ONBUILD shares the lines and heredocs of its ONBUILD.
    """

    __slots__ = (
        "_args", "_exec", "_flags", "_line", "_pairs", "_rest", "_trigger", "_words",
        "data", "end", "end_line", "escape", "header_end", "heredocs", "keyword", "start", "start_line",
    )  # fmt: skip

    _args: LogicalText
    _exec: tuple[JsonString, ...] | None
    _flags: tuple[Flag, ...]
    _line: LogicalText
    _pairs: tuple[Pair, ...]
    _rest: LogicalText
    _trigger: Instruction | None
    _words: tuple[Word, ...]

    def __init__(
        self, data: bytes, escape: bytes, keyword: str, start: int, header_end: int, end: int, start_line: int, end_line: int,
        heredocs: tuple[Heredoc, ...] = (),
    ) -> None:  # fmt: skip
        self.data, self.escape, self.keyword = data, escape, keyword
        self.start, self.header_end, self.end = start, header_end, end
        self.start_line, self.end_line, self.heredocs = start_line, end_line, heredocs

    def __repr__(self) -> str:
        return f"<{self.keyword} {self.start_line}-{self.end_line}>"

    @property
    def span(self) -> Span:
        """Its lines whole, heredocs included."""
        return Span(self.start, self.end)

    @property
    def line(self) -> LogicalText:
        """The logical line: keyword, flags and arguments, white space around it and continuations taken out."""
        try:
            return self._line
        except AttributeError:
            self._line = self._from(whole=True)
            return self._line

    @property
    def args(self) -> LogicalText:
        """All that follows the keyword, continuations, comment and blank lines inside them taken out, no heredoc bodies."""
        try:
            return self._args
        except AttributeError:
            if hasattr(self, "_line"):
                self._args = self._line.slice(args_start(self._line.data), len(self._line))
            else:
                self._args = self._from(whole=False)
            return self._args

    def _from(self, whole: bool) -> LogicalText:
        """The logical line, or what follows its keyword."""
        data, start, end = self.data, self.start, self.header_end
        if data.find(b"\n", start, end - 1) < 0 and not continues(data[start:end].rstrip(b"\n"), self.escape):
            start = leading_space(data, start)
            end = trailing_space(data, start, end)
            return LogicalText.of(data, start if whole else start + args_start(data[start:end]), end)
        parts = logical(data, start, end, self.escape)
        text = b"".join([data[a:b] for a, b in parts])
        start = leading_space(text)
        end = trailing_space(text, start, len(text))
        return text_of(data, parts, start if whole else start + args_start(text[start:end]), end)

    @property
    def keyword_span(self) -> Span:
        """The keyword as written."""
        line = self.line
        return line.span(0, len(keyword_of(line.data)))

    def _split_flags(self) -> None:
        args = self.args
        self._flags, self._rest = (), args
        # White space beyond ASCII before the dashes makes them an argument, as it does for BuildKit.
        if args.data[:2] == b"--" and self.data[args.start_of(0) - 1] < 0x80:
            from remediate.dockerfile.words import split_flags

            self._flags, start = split_flags(args, self.escape)
            self._rest = args.slice(leading_space(args.data, start), len(args))

    @property
    def flags(self) -> tuple[Flag, ...]:
        """`--name=value` before the arguments, on any instruction."""
        try:
            return self._flags
        except AttributeError:
            self._split_flags()
            return self._flags

    @property
    def rest(self) -> LogicalText:
        """`args` after the flags."""
        try:
            return self._rest
        except AttributeError:
            self._split_flags()
            return self._rest

    @property
    def words(self) -> tuple[Word, ...]:
        """Words as BuildKit splits `rest`; one single word for RUN, CMD, ENTRYPOINT, SHELL, USER, WORKDIR... unless in exec form."""
        try:
            return self._words
        except AttributeError:
            from remediate.dockerfile.words import split_words

            self._words = split_words(self.keyword, self.rest, self.escape, self.exec_form is not None)
            return self._words

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Names and values of ARG, ENV and LABEL; () for other instructions."""
        try:
            return self._pairs
        except AttributeError:
            from remediate.dockerfile.words import split_pairs

            self._pairs = split_pairs(self.keyword, self.rest, self.escape)
            return self._pairs

    @property
    def exec_form(self) -> tuple[JsonString, ...] | None:
        """The strings of `["a", "b"]`; None for the shell form."""
        try:
            return self._exec
        except AttributeError:
            from remediate.dockerfile.words import json_strings

            self._exec = json_strings(self.keyword, self.rest)
            return self._exec

    @property
    def trigger(self) -> Instruction | None:
        """The instruction behind ONBUILD."""
        try:
            return self._trigger
        except AttributeError:
            self._trigger = self._make_trigger()
            return self._trigger

    def forget_trigger(self) -> None:
        """For the parser, which has to look at the trigger before it knows the heredocs."""
        if self.keyword == "ONBUILD":
            del self._trigger

    def _make_trigger(self) -> Instruction | None:
        if self.keyword != "ONBUILD" or not self.rest.data:
            return None
        name = keyword_of(self.rest.data).decode("utf-8", "surrogateescape").upper()
        inner = Instruction(
            self.data, self.escape, name, self.start, self.header_end, self.end, self.start_line, self.end_line, self.heredocs
        )
        inner._line = self.rest
        return inner


def args_start(line: bytes) -> int:
    """Where the arguments begin in a logical line."""
    parts = line.split(None, 1)
    if len(parts) < 2:
        return len(line)
    start = len(line) - len(parts[1])
    return leading_space(line, start) if line[start] in WIDE_LEADS else start


def keyword_of(line: bytes) -> bytes:
    """The first word of a logical line; only ASCII blanks end it, as in BuildKit."""
    parts = line.split(None, 1)
    return parts[0] if parts else b""


class Dockerfile:
    """A lossless tree: `bytes(tree)` gives the file back, and every byte belongs to one leaf.

    `stages` come in order; `instructions` before the first FROM belong to none. `escape` is one byte, `\\` or a backtick.
    """

    __slots__ = ("_leaves", "_stages", "directives", "escape", "instructions", "source")

    _leaves: tuple[tuple[str, Span], ...]
    _stages: tuple[Stage, ...]

    def __init__(self, source: Source, directives: tuple[Directive, ...], instructions: tuple[Instruction, ...], escape: bytes) -> None:
        self.source, self.directives, self.instructions, self.escape = source, directives, instructions, escape

    def __bytes__(self) -> bytes:
        data = self.source.data
        return b"".join([data[span.start : span.end] for _, span in self.leaves()])

    @property
    def stages(self) -> tuple[Stage, ...]:
        try:
            return self._stages
        except AttributeError:
            from remediate.dockerfile.stages import build_stages

            self._stages = build_stages(self.instructions, self.escape)
            return self._stages

    def stage_of(self, index: int) -> Stage | None:
        """The stage of the instruction with that index; None before the first FROM."""
        at = bisect_right(self.stages, index, key=lambda stage: stage.instructions[0]) - 1
        return self.stages[at] if at >= 0 else None

    def leaves(self) -> tuple[tuple[str, Span], ...]:
        """(kind, span) of every leaf in order; they tile the file (law 2)."""
        try:
            return self._leaves
        except AttributeError:
            from remediate.dockerfile.leaves import tile

            self._leaves = tuple(tile(self))
            return self._leaves

"""The useful view of a shell text: simple commands with words, assignments and redirects, each with exact places.

Contract (parse.py fills it over tree-sitter-bash). All offsets are byte offsets in `Script.text`; `Script.text.span(a, b)` gives the
file's bytes. Values are text decoded as UTF-8 with surrogateescape.
"""

from __future__ import annotations

from remediate.model import NamedTuple
from remediate.text import LogicalText


class Expansion(NamedTuple):
    """`$name` or `${name...}` that this shell expands. `op` as written after the name (`:-`, `-`, `:=`, `:?`, `:+`, `#`, `%`, `/`, ...).

    `length` for `${#name}`, `indirect` for `${!name}`; `quoted` inside double quotes or a heredoc body.
    `outer` only in a nested script: the shell around it expands this one before the nested
    shell starts (the name is `_` for a whole substitution).
    """

    name: str
    start: int
    end: int
    op: str = ""
    operand: str = ""
    quoted: bool = False
    length: bool = False
    indirect: bool = False
    outer: bool = False


class Word(NamedTuple):
    """One word. `raw` as written; `value` after quote removal when nothing in it expands, else None.

    `prefix` is the static text before the first expansion (so `-p$X` still shows its option). `single` holds the contents of
    its single-quoted parts (text that this shell does not expand, but what runs there may). `expansions` are those this shell
    expands, inside substitutions too. `substitutions` are indexes of the commands (in `Script.commands`) inside `$(...)`,
    backquotes, `<(...)`.
    """

    raw: str
    value: str | None
    prefix: str
    start: int
    end: int
    expansions: tuple[Expansion, ...] = ()
    single: tuple[str, ...] = ()
    substitutions: tuple[int, ...] = ()


class Assignment(NamedTuple):
    """`NAME=word` before a command, alone, or as an argument of export/readonly/local/declare (`exported` for export, declare -x).

    As an argument it stands in `Command.argv` as well. `value` is None only for `NAME` without `=`; an array has a Word without value.
    """

    name: str
    value: Word | None
    start: int
    end: int
    append: bool = False
    exported: bool = False


class Redirect(NamedTuple):
    """`> file`, `>> file`, `2> file`, `&> file`, `< file`, `<< EOF`, `<<< word`. `fd` is the number written, -1 when none stands there.

    For a heredoc `body` is its text, `expand` is False when the delimiter is quoted, and `expansions` are those in the body.
    """

    op: str
    fd: int
    target: Word | None
    start: int
    end: int
    body: LogicalText | None = None
    expand: bool = False
    expansions: tuple[Expansion, ...] = ()


class Command(NamedTuple):
    """One simple command (or a bare assignment: `argv` is empty then), also those inside loops, functions and substitutions.

    `index` is its place in `Script.commands` (source order). `connector` is what stands before it in its list: "", "&&", "||", ";", "&".
    `pipeline` numbers the pipeline it belongs to, `stage` its place in it (0 = first), `pipe_to_next` whether its output goes on.
    `scopes` names the constructs around it from outside in: "subshell", "group", "if", "loop", "case", "function:NAME", "substitution",
    "negated", "condition".
    `parent` is the index of the command in whose words its substitution stands. `background` for a trailing `&`.
    `[ ... ]`, `[[ ... ]]` and `(( ... ))` are commands with these names and their closing words. Redirects on a whole construct
    (`{ ...; } > f`, `done < f`) are those of a command with nothing else, just before the construct's own, whose `start`..`end` covers it.
    Inside a construct that is part of a pipeline, commands without a pipeline of their own have the construct's.
    """

    index: int  # type: ignore[assignment]  # hides tuple.index
    argv: tuple[Word, ...]
    assignments: tuple[Assignment, ...]
    redirects: tuple[Redirect, ...]
    start: int
    end: int
    connector: str = ""
    pipeline: int = 0
    stage: int = 0
    pipe_to_next: bool = False
    scopes: tuple[str, ...] = ()
    parent: int | None = None
    background: bool = False

    @property
    def name(self) -> str:
        """The program's last path component when it is static text, else ""."""
        value = self.argv[0].value if self.argv else None
        return value.rsplit("/", 1)[-1] if value else ""


class Loop(NamedTuple):
    """`for name in words; do ...; done`: `words` are ranges in the text, `start`..`end` covers the whole construct."""

    name: str
    words: tuple[tuple[int, int], ...]
    start: int
    end: int


class Script(NamedTuple):
    """A shell text. `and_chain` is True when the whole text is one list joined by `&&` only (pipelines and a last `;` allowed).

    `damaged` says that the grammar could not read all of it (PowerShell, templates): the view is then a hint, not a proof.
    `functions` are the names that the text defines. `bounded` is True when it was too large to look at whole (then `damaged` too).
    `loose` are the expansions that belong to no command: `for x in $T`, `case $T in`, subscripts, and in a damaged text whatever
    looks like one and was not read as part of a command. `outermost` are the statements of the outermost list, for `statements`.
    `loops` are the `for` loops over words, `subshells` the extents of `( ... )`.
    """

    text: LogicalText
    commands: tuple[Command, ...]
    and_chain: bool
    damaged: bool
    functions: tuple[str, ...] = ()
    bounded: bool = False
    loose: tuple[Expansion, ...] = ()
    outermost: tuple[tuple[int, int, str, int, bool, bool], ...] = ()
    loops: tuple[Loop, ...] = ()
    subshells: tuple[tuple[int, int], ...] = ()

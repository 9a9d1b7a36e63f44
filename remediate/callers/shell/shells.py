"""One shell text and what is known of its variables, functions and calls; a nested `bash -c '...'` is a shell of its own."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cached_property

from remediate.callers.shell.definitions import NAMING, Definition, defined, function_of, names_any
from remediate.model import Edit
from remediate.shell.nested import program
from remediate.shell.view import Command, Script
from remediate.text import LogicalText, Piece, late

Mask = tuple[int, int, str]
_LETTERS = late(r"[-+][A-Za-z]+")
_EXPORTING = late(rb"ssh-agent|docker-env|docker-machine|podman-env|shellenv|direnv|\b(?:pyenv|rbenv|nodenv|goenv|fnm|mise|rtx)\b")
_ENDS = frozenset({b"fi", b"done", b"else", b"elif", b"esac", b";;"})
MOST_WORDS = 30_000
MOST_DEFINITIONS = 300
MOST_CHAINED = 100
CONDITIONAL = frozenset({"if", "case", "loop"})


def crosses(shell: Shell, one: Command, other: Command) -> bool:
    """Whether a construct ends, or another branch begins, between two commands."""
    at = bisect_left(shell.ends, one.index)
    return at < len(shell.ends) and shell.ends[at] < other.index


def certain(shell: Shell, one: Command, other: Command) -> bool:
    """Whether `one` is run in the same shell whenever `other` is, as far as the constructs around them say."""
    if one.scopes != other.scopes[: len(one.scopes)] or one.pipe_to_next or one.background:
        return False
    if any(a <= one.start < b and not a <= other.start < b for a, b in shell.script.subshells):
        return False
    if "substitution" in one.scopes and one.parent != other.parent:
        return False
    if one.connector in ("&&", "||") and not _goes_on(shell, one, other):
        return False
    return not (CONDITIONAL & set(one.scopes) and crosses(shell, one, other))


def _goes_on(shell: Shell, one: Command, other: Command) -> bool:
    """Whether `other` stands behind `one` with nothing but `&&` between; `[ -n "$CI" ] && export T` is no certain export."""
    if one.connector != "&&" or one.scopes != other.scopes or not 0 < other.index - one.index <= MOST_CHAINED:
        return False
    between = shell.script.commands[one.index + 1 : other.index + 1]
    return all(c.connector == "&&" or c.stage or c.scopes != one.scopes for c in between)


class Shell:
    """`written` gives the file's bytes for new text in this shell (None: it cannot stand there).

    `up` is the shell around and its command that starts this one; `remote`: its environment is another one.
    `masks` are (start, end, template) in this text. `left`: how many words may still be looked at.
    """

    def __init__(
        self,
        script: Script,
        written: Callable[[bytes], bytes | None],
        masks: Sequence[Mask] = (),
        up: tuple[Shell, Command] | None = None,
        remote: bool = False,
        number: int = 0,
    ) -> None:
        self.script, self.written, self.masks, self.up, self.remote, self.number = script, written, tuple(masks), up, remote, number
        self.data = script.text.data
        self.functions = frozenset(script.functions)
        self.left = MOST_WORDS
        self._named: dict[tuple[str, ...], list[Command]] = {}
        self._argued: dict[str, bool] = {}

    def edit(self, start: int, end: int, new: bytes) -> Edit | None:
        """The edit of the file that puts `new` in place of a range of this text."""
        text = self.written(new)
        return None if text is None else Edit(self.script.text.span(start, end), text)

    def place(self, offset: int) -> int:
        """Where a place of this text stands in the file."""
        return self.script.text.start_of(offset)

    @cached_property
    def definitions(self) -> dict[str, list[Definition]]:
        found: dict[str, list[Definition]] = defaultdict(list)
        for command in self.script.commands:
            for each in defined(command):
                found[each.name].append(each)
        return found

    @cached_property
    def calls(self) -> dict[str, list[Command]]:
        """The commands that call each of the text's functions."""
        found: dict[str, list[Command]] = defaultdict(list)
        for command in self.script.commands:
            name = command.argv[0].value if command.argv else None
            if name in self.functions and name not in (s[9:] for s in command.scopes):
                found[name or ""].append(command)
        return found

    @cached_property
    def ends(self) -> list[int]:
        """The commands (by index) behind which a construct ends, or another branch begins."""
        out = []
        commands = self.script.commands
        for index in range(len(commands) - 1):
            a, b = commands[index].end, commands[index + 1].start
            gap = self.data[a:b] if a < b else b""
            if _ENDS & set(gap.replace(b";;", b"\n:: ").replace(b";", b" ").replace(b"::", b";;").split()):
                out.append(index)
        return out

    def named(self, *names: str) -> list[Command]:
        """The commands with one of the names, in order."""
        if names not in self._named:
            self._named[names] = [c for c in self.script.commands if c.name in names]
        return self._named[names]

    @cached_property
    def moves(self) -> list[Command]:
        """The commands that change the working directory."""
        return [c for c in self.script.commands if c.argv and program(c)[0] in ("cd", "pushd", "popd")]

    def argued(self, function: str) -> bool:
        """Whether the body of the function speaks of its arguments."""
        if function not in self._argued:
            self._argued[function] = any(
                e.name in "123456789@*"
                for c in self.script.commands
                if function_of(c) == function
                for w in (*c.argv, *(a.value for a in c.assignments if a.value is not None))
                for e in w.expansions
            )
        return self._argued[function]

    @cached_property
    def outers(self) -> frozenset[int]:
        """Where the shell around puts a value into this text."""
        out = {e.start for e in self.script.loose if e.outer}
        for command in self.script.commands if self.up is not None else ():
            for word in (*command.argv, *(a.value for a in command.assignments if a.value is not None)):
                out |= {e.start for e in word.expansions if e.outer}
        return frozenset(out)

    @cached_property
    def takes_in(self) -> bool:
        """Another file is read into this shell, text is run as commands, or a name is put together: any variable may be assigned there."""
        return any(
            c.name in ("source", ".") or (c.name == "eval" and not self._exporting(c)) or (c.name in NAMING and names_any(c))
            for c in self.script.commands
        )

    def _exporting(self, command: Command) -> bool:
        """`eval "$(ssh-agent -s)"`: what is known to assign nothing but what it exports."""
        return _EXPORTING.search(self.data, command.start, command.end) is not None

    @cached_property
    def fixed(self) -> frozenset[str]:
        """The variables that cannot be assigned any more: `readonly T`, `declare -r T`."""
        out: set[str] = set()
        for command in self.named("readonly", "declare", "typeset", "local"):
            flags = "".join([w.value or "" for w in command.argv[1:] if _LETTERS.fullmatch(w.value or "") and w.raw[0] == "-"])
            if command.name == "readonly" or "r" in flags:
                out |= {w.prefix.partition("=")[0] for w in command.argv[1:] if not w.raw.startswith("-")}
        return frozenset(out)

    @cached_property
    def traced(self) -> bool:
        """`set -x`: each command is printed with what it assigns."""
        first = self.data.split(b"\n", 1)[0]
        if first.startswith(b"#!") and any(w.startswith(b"-") and b"x" in w for w in first.split()[1:]):
            return True
        for command in self.script.commands:
            if command.name == "set":
                values = [w.value or "" for w in command.argv[1:]]
                if "xtrace" in values or any(v.startswith("-") and not v.startswith("--") and "x" in v for v in values):
                    return True
        return False

    @cached_property
    def strict(self) -> bool:
        """`set -u`: a variable that is not set is an error."""
        for command in self.script.commands:
            if command.name == "set":
                values = [w.value or "" for w in command.argv[1:]]
                if "nounset" in values or any(v.startswith("-") and not v.startswith("--") and "u" in v for v in values):
                    return True
        return False

    def assigns(self, name: str) -> bool:
        return bool(self.definitions.get(name)) or any(loop.name == name for loop in self.script.loops)

    def exports(self, name: str, at: Command) -> bool:
        """Whether the text itself puts the variable into the environment, surely before `at`."""
        last = False
        for each in self.definitions.get(name, ()):
            if each.exported and each.command.index < at.index and certain(self, each.command, at):
                last = True
            elif each.command.argv and each.command.name in ("unset", "local", "declare", "typeset", "export") and not each.exported:
                last = False
        return last


def masked(text: LogicalText, masks: Sequence[tuple[int, int]]) -> LogicalText:
    """The text with letters in place of the templates: a shell must not read what the surrounding format expands first."""
    if not masks:
        return text
    parts: list[tuple[int, int, bytes]] = []
    at = 0
    for start, end in sorted(masks):
        if start < at or end <= start:
            continue
        parts += [(at, start, text.data[at:start]), (start, end, b"Q" * (end - start))]
        at = end
    parts.append((at, len(text.data), text.data[at:]))
    out: list[Piece] = []
    for start, end, data in parts:
        if text.data[start:end] == data:
            out.extend(text.slice(start, end).pieces if start < end else ())
        else:
            where = text.span(start, end)
            out.append(Piece(data, where.start, where.end))
    return LogicalText(out or text.pieces)


def inside(text: LogicalText, around: LogicalText, masks: Sequence[Mask]) -> list[Mask]:
    """The masks of `around` as ranges of `text`, a part of it."""
    out: list[Mask] = []
    for start, end, template in masks:
        where = around.span(start, end)
        at = 0
        for piece in text.pieces:
            if piece.start <= where.start and where.end <= piece.end:
                first = at + (where.start - piece.start if len(piece.data) == piece.end - piece.start else 0)
                out.append((first, first + (end - start), template))
                break
            at += len(piece.data)
    return out


def runs(command: Command) -> str:
    """The program behind wrappers, without its folder."""
    return program(command)[0]

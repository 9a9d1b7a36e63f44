"""One argument of a command, and which definitions a variable has at a place.

A `Token` keeps where the argument is written, so that it can be changed there.
"""

from __future__ import annotations

from collections.abc import Iterator

from remediate.callers.shell.definitions import Definition, function_of
from remediate.callers.shell.shells import MOST_DEFINITIONS, Shell, certain
from remediate.model import NamedTuple
from remediate.shell.lex import substitution_end
from remediate.shell.view import Command, Expansion
from remediate.shell.words import read


class Part(NamedTuple):
    """A piece of a word. `kind`: "text" (`text` after quote removal), "var" (`expansion`), "sub" (a substitution), "mask" (a template)."""

    kind: str
    start: int
    end: int
    text: str = ""
    expansion: Expansion | None = None


class Frame(NamedTuple):
    """The call that a function's body is looked at for."""

    command: Command
    up: Frame | None = None


class Token(NamedTuple):
    """One argument. `state`: "u" a shell word, "d" a field of a double-quoted text, "s" of a single-quoted one.

    `before` and `after` are where its neighbours in the same list end and begin (-1: none). `holder` is () for a word of the command
    itself, else what holds it: ("variable", name, command index), ("call", command index). `unknown`: it stands for any number of
    arguments that are not known; `name` is then the variable's. `called`: it comes from the call of the function around.
    """

    shell: Shell
    start: int
    end: int
    state: str
    parts: tuple[Part, ...]
    before: int = -1
    after: int = -1
    holder: tuple[object, ...] = ()
    unknown: bool = False
    name: str = ""
    choices: tuple[str, ...] = ()
    called: bool = False

    @property
    def value(self) -> str | None:
        if self.unknown or any(p.kind != "text" for p in self.parts):
            return None
        return "".join([p.text for p in self.parts])

    @property
    def prefix(self) -> str:
        out = ""
        for part in self.parts:
            if part.kind != "text":
                break
            out += part.text
        return out

    @property
    def raw(self) -> bytes:
        return self.shell.data[self.start : self.end]


def parts_of(shell: Shell, start: int, end: int, state: str) -> tuple[Part, ...]:
    """What the range is made of, after quote removal."""
    data = shell.data
    if state == "s":
        found = [Part("text", start, end, data[start:end].decode("utf-8", "surrogateescape"))]
    else:
        reading = read(data, start, end, state, lambda at: substitution_end(data, at, len(data)))
        expansions = {e.start: e for e in reading.expansions}
        found = []
        for a, b, text in reading.parts:
            if text is None:
                one = expansions.get(a)
                known = one is not None and one.end == b
                if one is not None and a in shell.outers:
                    one = one._replace(outer=True)
                found.append(Part("var" if known else "sub", a, b, "", one if known else None))
            elif text:
                found.append(Part("text", a, b, text.decode("utf-8", "surrogateescape")))
    return tuple(_cut(shell, found)) if shell.masks else tuple(found)


def _cut(shell: Shell, parts: list[Part]) -> Iterator[Part]:
    """Text parts cut at the templates in them."""
    for part in parts:
        hits = [m for m in shell.masks if m[0] < part.end and part.start < m[1]] if part.kind == "text" else []
        at = part.start
        if hits and len(part.text.encode("utf-8", "surrogateescape")) != part.end - part.start:
            yield Part("mask", part.start, part.end, hits[0][2])
            continue
        for start, end, template in hits:
            if at < start:
                yield Part("text", at, start, shell.data[at:start].decode("utf-8", "surrogateescape"))
            yield Part("mask", start, end, template)
            at = end
        if not hits:
            yield part
        elif at < part.end:
            yield Part("text", at, part.end, shell.data[at : part.end].decode("utf-8", "surrogateescape"))


def live(shell: Shell, name: str, use: Command) -> list[Definition]:
    """The definitions whose value the variable may have at `use`, those that add to it too; in the order of the text."""
    if len(shell.definitions.get(name, ())) > MOST_DEFINITIONS:
        return [Definition(name, use, None)]
    function = function_of(use)
    all_ = [d for d in shell.definitions.get(name, ()) if not (d.word is None and d.exported)]
    if function and any(d.local and function_of(d.command) == function for d in all_):
        all_ = [d for d in all_ if function_of(d.command) == function]
    else:
        all_ = [d for d in all_ if not d.local]
        if function and not any(function_of(d.command) == function for d in all_):
            return all_
    looped = "loop" in use.scopes
    found = [
        d for d in all_ if d.command.index < use.index or function_of(d.command) != function or (looped and "loop" in d.command.scopes)
    ]
    last = None
    for each in found:
        if function_of(each.command) != function or each.command.index >= use.index or each.append or refers(each, name):
            continue
        if certain(shell, each.command, use):
            last = each
    if last is None:
        return found
    end = use.index if "loop" in last.command.scopes else len(shell.script.commands)
    return [d for d in found if last.command.index <= d.command.index < end]


def default(one: Expansion) -> str:
    """The plain text of `${X:-text}`."""
    return one.operand if one.op in (":-", "-") and not set(one.operand) & set("$`\"'\\ \t\n") else ""


def refers(definition: Definition, name: str) -> bool:
    return definition.word is not None and any(e.name == name for e in definition.word.expansions)


def shifted(shell: Shell, use: Command) -> int | None:
    """How many arguments the function has shifted away before `use`; None when that is not known."""
    name = function_of(use)
    count = 0
    for command in shell.named("shift", "set"):
        if command.index < use.index and function_of(command) == name:
            value = command.argv[1].value if len(command.argv) > 1 else "1"
            if command.name == "set" and value and value[:1] in "-+" and value != "--":
                continue
            if command.name == "set" or not value or not value.isdigit() or len(value) > 3 or not certain(shell, command, use):
                return None
            count += int(value)
    return count

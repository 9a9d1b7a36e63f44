"""A justfile: settings, assignments, recipes with their parameters and body lines; every value with its exact bytes.

Expressions are only cut into tokens; what they mean is for whoever asks (`just` may call programs for them).
"""

from __future__ import annotations

from functools import lru_cache

from remediate.formats.embedded import FormatError
from remediate.formats.just_tokens import Token, string_end, tokens
from remediate.model import NamedTuple
from remediate.text import LogicalText, Piece, late

MAX_SIZE = 1024 * 1024
MAX_LINES = 50_000

_ASSIGNMENT = late(rb"((?:export|eager|lazy)[ \t]+)*([A-Za-z_][\w-]*)[ \t]*:=")
_SETTING = late(rb"set[ \t]+([a-z-]+)[ \t]*(?::=[ \t]*(.*))?$")
_IMPORT = late(rb"import\??[ \t]+([\"'])([^\"'\n]+)\1")
_MODULE = late(rb"mod\??[ \t]+([A-Za-z_][\w-]*)(?:[ \t]+([\"'])([^\"'\n]+)\2)?[ \t]*(?:#.*)?$")
_NAME = late(rb"@?([A-Za-z_][\w-]*)")


class Assignment(NamedTuple):
    """`start` is where the line begins: the place of a new `export `."""

    name: str
    tokens: tuple[Token, ...]
    line: int
    start: int
    exported: bool


class Parameter(NamedTuple):
    """`start` is the place of the name: of a new `$`. `default` are the tokens after `=`, None without one."""

    name: str
    start: int
    exported: bool
    variadic: bool
    default: tuple[Token, ...] | None


class Line(NamedTuple):
    """A command line with its continuations, without indentation, `@` and `-`; of a script recipe its whole body.

    `{{...}}` is still there; `interpolations` finds it.
    """

    text: LogicalText
    line: int


class Recipe(NamedTuple):
    """`script` is what runs the body: "" for just's shell, else the words of the `#!` line or of `[script(...)]`.

    `header` are the tokens behind the name: parameters with their defaults, and what is called with which arguments.
    """

    name: str
    line: int
    parameters: tuple[Parameter, ...]
    attributes: tuple[str, ...]
    body: tuple[Line, ...]
    script: str = ""
    header: tuple[Token, ...] = ()


class Justfile(NamedTuple):
    """`settings` as written (`set export` has the value "true"); `modules` are (name, path or "")."""

    assignments: tuple[Assignment, ...] = ()
    recipes: tuple[Recipe, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    imports: tuple[str, ...] = ()
    modules: tuple[tuple[str, str], ...] = ()
    unexports: frozenset[str] = frozenset()

    def setting(self, name: str) -> str:
        return dict(self.settings).get(name, "")


@lru_cache(maxsize=8)
def read_just(data: bytes) -> Justfile:
    """Raises FormatError for what is no justfile."""
    if len(data) > MAX_SIZE or data.count(b"\n") > MAX_LINES:
        raise FormatError("the justfile is too large")
    if b"\0" in data:
        raise FormatError("the justfile holds a NUL byte")
    return _Reader(data).read()


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 3 if data.startswith(b"\xef\xbb\xbf") else 0
        self.line = 1
        self.assignments: list[Assignment] = []
        self.recipes: list[Recipe] = []
        self.settings: list[tuple[str, str]] = []
        self.imports: list[str] = []
        self.modules: list[tuple[str, str]] = []
        self.unexports: set[str] = set()
        self.attributes: list[str] = []

    def read(self) -> Justfile:
        while self.at < len(self.data):
            self._item()
        return Justfile(
            tuple(self.assignments), tuple(self.recipes), tuple(self.settings), tuple(self.imports), tuple(self.modules),
            frozenset(self.unexports),
        )  # fmt: skip

    def _item(self) -> None:
        start, line = self.at, self.line
        text = self._advance(self._line_end(start))
        if not text.strip() or text.startswith(b"#"):
            return
        if text[:1] in b" \t":
            raise FormatError("an indented line belongs to no recipe", line=line)
        if found := _ASSIGNMENT.match(text):
            end = self._advance_expression(start + found.end())
            exported = b"export" in (found.group(1) or b"")
            self.assignments.append(Assignment(found.group(2).decode(), tokens(self.data, start + found.end(), end), line, start, exported))
        elif text.startswith(b"["):
            end = self._advance_expression(start)
            self.attributes.append(self.data[start:end].decode("utf-8", "replace").strip())
        elif not self._statement(text):
            self._recipe(start, line)

    def _statement(self, text: bytes) -> bool:
        text = text.strip()
        if found := _SETTING.match(text):
            value = found.group(2)
            self.settings.append((found.group(1).decode(), "true" if value is None else value.decode("utf-8", "replace")))
        elif found := _IMPORT.match(text):
            self.imports.append(found.group(2).decode("utf-8", "replace"))
        elif found := _MODULE.match(text):
            self.modules.append((found.group(1).decode(), (found.group(3) or b"").decode("utf-8", "replace")))
        elif text.startswith((b"unexport ", b"unexport\t")):
            self.unexports.add(text[8:].split(b"#")[0].strip().decode("utf-8", "replace"))
        else:
            return text.startswith((b"alias ", b"alias\t"))
        return True

    def _line_end(self, start: int) -> int:
        found = self.data.find(b"\n", start)
        return len(self.data) if found < 0 else found + 1

    def _advance(self, end: int) -> bytes:
        """Goes to `end` (behind a newline) and gives what was passed, without the newline."""
        text = self.data[self.at : end]
        self.line += text.count(b"\n")
        self.at = end
        return text.rstrip(b"\r\n")

    def _advance_expression(self, at: int) -> int:
        """Goes behind the line on which an expression ends: brackets, strings and `\\` carry it on. Gives its end."""
        depth = 0
        while at < len(self.data):
            char = self.data[at]
            if char in b"\"'`":
                at = string_end(self.data, at)
                continue
            if char == 35:
                at = self._line_end(at) - 1 if self._line_end(at) < len(self.data) else len(self.data)
                if depth == 0:
                    break
            elif char in b"([{":
                depth += 1
            elif char in b")]}":
                depth -= 1
            elif char == 10 and depth <= 0 and self.data[at - 1 : at] != b"\\":
                break
            at += 1
        stop = max(self._line_end(at), self.at)
        self._advance(stop)
        return min(at, len(self.data))

    def _recipe(self, start: int, line: int) -> None:
        name = _NAME.match(self.data, start)
        if name is None:
            raise FormatError("a line that is not understood", line=line)
        self.at, self.line = start, line
        end = self._advance_expression(start)
        found = tokens(self.data, name.end(), end)
        colon = _header_colon(found)
        if colon < 0:
            raise FormatError("a line that is not understood", line=line)
        attributes, self.attributes = tuple(self.attributes), []
        body, script = self._body(attributes)
        self.recipes.append(Recipe(name.group(1).decode(), line, _parameters(found[:colon]), attributes, body, script, found))

    def _body(self, attributes: tuple[str, ...]) -> tuple[tuple[Line, ...], str]:
        rows: list[tuple[int, int, int]] = []  # (line number, start, end without newline)
        while self.at < len(self.data):
            start, line, end = self.at, self.line, self._line_end(self.at)
            text = self.data[start:end]
            if text.strip() and text[:1] not in b" \t":
                break
            self._advance(end)
            rows.append((line, start, start + len(text.rstrip(b"\r\n"))))
        while rows and not self.data[rows[-1][1] : rows[-1][2]].strip():
            rows.pop()
        if not rows:
            return (), ""
        indent = self._indent(rows[0])
        first = self.data[rows[0][1] + indent : rows[0][2]]
        script = first[2:].decode("utf-8", "replace").strip() if first.startswith(b"#!") else _script_of(attributes)
        return (self._script(rows, indent) if script else self._lines(rows, indent)), script

    def _indent(self, row: tuple[int, int, int]) -> int:
        text = self.data[row[1] : row[2]]
        return len(text) - len(text.lstrip(b" \t"))

    def _script(self, rows: list[tuple[int, int, int]], indent: int) -> tuple[Line, ...]:
        pieces = []
        for _, start, end in rows:
            begin = min(start + min(self._indent((0, start, end)), indent), end)
            stop = min(end + 1, len(self.data)) if self.data[end : end + 1] == b"\n" else min(end + 2, len(self.data))
            pieces.append(Piece(self.data[begin:stop], begin, stop))
        return (Line(LogicalText(pieces), rows[0][0]),)

    def _lines(self, rows: list[tuple[int, int, int]], indent: int) -> tuple[Line, ...]:
        """just joins continued lines itself: the backslash, the newline and the indentation after it go."""
        out: list[Line] = []
        pieces: list[Piece] = []
        first = 0
        for line, start, end in rows:
            begin = start + (min(self._indent((0, start, end)), indent) if not pieces else self._indent((0, start, end)))
            if not pieces:
                first = line
                while begin < end and self.data[begin] in b"@-":
                    begin += 1
            continued = self.data[end - 1 : end] == b"\\" and end > begin
            stop = end - 1 if continued else end
            pieces.append(Piece(self.data[begin:stop], begin, stop))
            if not continued:
                out.append(Line(LogicalText(pieces), first))
                pieces = []
        if pieces:
            out.append(Line(LogicalText(pieces), first))
        return tuple(o for o in out if o.text.data.strip())


def _script_of(attributes: tuple[str, ...]) -> str:
    """What `[script]` or `[script('bash', '-e')]` asks for."""
    for attribute in attributes:
        words = attribute.strip("[] \t")
        if words.startswith("script"):
            return words[6:].strip(" ()").replace("'", "").replace('"', "").replace(",", " ") or "sh"
    return ""


def _header_colon(found: tuple[Token, ...]) -> int:
    """The index of the colon between parameters and dependencies."""
    depth = 0
    for index, token in enumerate(found):
        depth += (token.kind in "([{") - (token.kind in ")]}")
        if depth == 0 and token.kind == ":":
            return index
    return -1


def _parameters(found: tuple[Token, ...]) -> tuple[Parameter, ...]:
    out: list[Parameter] = []
    exported = variadic = False
    index = 0
    while index < len(found):
        token = found[index]
        index += 1
        if token.kind in ("+", "*"):
            variadic = True
        elif token.kind == "$":
            exported = True
        elif token.kind == "name":
            default: tuple[Token, ...] | None = None
            if index < len(found) and found[index].kind == "=":
                begin = index + 1
                index = _term_end(found, begin)
                default = found[begin:index]
            out.append(Parameter(token.value, token.start, exported, variadic, default))
            exported = variadic = False
    return tuple(out)


def _term_end(found: tuple[Token, ...], at: int) -> int:
    """Behind one value: a string, a name, a call, or an expression in brackets."""
    if at < len(found) and found[at].kind == "name" and at + 1 < len(found) and found[at + 1].kind == "(":
        at += 1
    if at >= len(found) or found[at].kind != "(":
        return min(at + 1, len(found))
    depth = 0
    for index in range(at, len(found)):
        depth += (found[index].kind == "(") - (found[index].kind == ")")
        if depth == 0:
            return index + 1
    return len(found)

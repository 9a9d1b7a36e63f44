"""A Makefile as GNU make reads it: assignments, rules with their recipe lines, what is exported; every value with its exact bytes.

Nothing is expanded and no conditional is decided here: what stands between `ifeq` and `endif` is marked as `guarded`.
"""

from __future__ import annotations

from functools import lru_cache

from remediate.formats.embedded import FormatError
from remediate.formats.make_lines import assigns, comment, continues, joined, needs_of, operator, outside, uncommented
from remediate.model import NamedTuple
from remediate.text import LogicalText, Piece, late

MAX_SIZE = 1024 * 1024
MAX_LINES = 50_000

_CONDITIONAL = late(rb"(ifeq|ifneq|ifdef|ifndef|else|endif)(?=[ \t(\"']|$)")
_BSD = late(
    rb"\.(if|ifdef|ifndef|ifmake|elif|else|endif|for|endfor|include|sinclude|error|undef|export)\b(?![^=]{0,200}:)"
    rb"|!(IF|IFDEF|INCLUDE|ENDIF)\b"
)
_DEFINE = late(rb"((?:(?:override|export|private)[ \t]+)*)define[ \t]+([^\s:?+!=#]+)[ \t]*([:?+!]{0,2}=)?[ \t]*(?:#.*)?$")
_ENDEF = late(rb"[ \t]*endef[ \t]*(?:#.*)?$")
_NESTED = late(rb"[ \t]*(?:(?:override|export|private)[ \t]+)*define[ \t]+\S")
_INCLUDE = late(rb"(-include|sinclude|include)[ \t]+(.*)$")
_EXPORT = late(rb"(export|unexport)(?:[ \t]+(.*))?$")
_MODIFIER = late(rb"(export|override|private|unexport)[ \t]+")


class Variable(NamedTuple):
    """One assignment. `op` is `=`, `:=` (also for `::=`), `?=`, `+=`, `!=` or `define`. `targets`: of a target-specific one.

    `start` is where the modifiers or the name begin: the place of a new `export `. The value of a `define` is its lines.
    """

    name: str
    op: str
    value: LogicalText
    line: int
    start: int
    exported: bool = False
    targets: tuple[str, ...] = ()
    guarded: bool = False


class Recipe(NamedTuple):
    """One recipe line with its continuations, without the tab and the `@`, `-`, `+` before the command; `$` still belongs to make."""

    text: LogicalText
    line: int


class Rule(NamedTuple):
    """`needs` are its prerequisites, as written."""

    targets: tuple[str, ...]
    line: int
    recipes: tuple[Recipe, ...]
    needs: tuple[str, ...] = ()


class Include(NamedTuple):
    """`words` as written, not expanded; the statement with its newline is `start`..`end`."""

    words: str
    line: int
    start: int
    end: int


class Makefile(NamedTuple):
    """`exports`/`unexports` are names of their own lines; `export_all` for a bare `export` or `.EXPORT_ALL_VARIABLES`.

    `foreign` is the line of a directive of another make (BSD, NMAKE), 0 when there is none. `others` are statements that are
    neither assignment nor rule (`$(eval ...)`), and the heads of rules.
    """

    variables: tuple[Variable, ...] = ()
    rules: tuple[Rule, ...] = ()
    includes: tuple[Include, ...] = ()
    exports: frozenset[str] = frozenset()
    unexports: frozenset[str] = frozenset()
    export_all: bool = False
    oneshell: bool = False
    foreign: int = 0
    others: tuple[LogicalText, ...] = ()


@lru_cache(maxsize=8)
def read_make(data: bytes) -> Makefile:
    """Raises FormatError for what GNU make would not take, or takes in a way that is not followed (`.RECIPEPREFIX`)."""
    if len(data) > MAX_SIZE or data.count(b"\n") > MAX_LINES:
        raise FormatError("the Makefile is too large")
    if b"\0" in data:
        raise FormatError("the Makefile holds a NUL byte")
    return _Reader(data).read()


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 3 if data.startswith(b"\xef\xbb\xbf") else 0
        self.line = 1
        self.variables: list[Variable] = []
        self.rules: list[Rule] = []
        self.includes: list[Include] = []
        self.exports: set[str] = set()
        self.unexports: set[str] = set()
        self.export_all = self.oneshell = False
        self.foreign = 0
        self.others: list[LogicalText] = []
        self.guards: list[int] = []
        self.rule: tuple[tuple[str, ...], int, list[Recipe]] | None = None
        self.needs: tuple[str, ...] = ()

    def read(self) -> Makefile:
        while self.at < len(self.data):
            line, start = self.line, self.at
            if self.data[start] == 9 and self.rule is not None:
                self._recipe(self._physical(), start + 1, line)
                continue
            end = self._physical()
            pieces = joined(self.data, start, end)
            if not self._directive(pieces.data.strip(), start, end, line):
                self._statement(pieces, line)
        self._end_rule()
        if self.guards:
            raise FormatError("a conditional is not closed", line=self.guards[-1])
        return Makefile(
            tuple(self.variables), tuple(self.rules), tuple(self.includes), frozenset(self.exports), frozenset(self.unexports),
            self.export_all, self.oneshell, self.foreign, tuple(self.others),
        )  # fmt: skip

    def _physical(self) -> int:
        """Goes past a line with its continuations; the offset of its end, without the newline."""
        at = self.at
        while True:
            found = self.data.find(b"\n", at)
            stop = len(self.data) if found < 0 else found
            self.line += found >= 0
            end = stop - 1 if self.data[max(stop - 1, self.at) : stop] == b"\r" else stop
            if found < 0 or not continues(self.data, self.at, end):
                self.at = len(self.data) if found < 0 else found + 1
                return end
            at = found + 1

    def _recipe(self, end: int, start: int, line: int) -> None:
        """A recipe line: make takes the tab and the prefix away, and one tab after each continuation."""
        assert self.rule is not None
        pieces: list[Piece] = []
        at = start
        while at < end and self.data[at] in b" \t@-+":
            at += 1
        while True:
            found = self.data.find(b"\n", at, end)
            stop = end if found < 0 else found + 1
            pieces.append(Piece(self.data[at:stop], at, stop))
            if found < 0:
                break
            at = stop + (self.data[stop : stop + 1] == b"\t")
        text = LogicalText(pieces)
        if text.data.strip():
            self.rule[2].append(Recipe(text, line + self.data.count(b"\n", start, pieces[0].start)))

    def _end_rule(self) -> None:
        if self.rule is not None:
            self.rules.append(Rule(self.rule[0], self.rule[1], tuple(self.rule[2]), self.needs))
            self.rule = None

    def _directive(self, text: bytes, start: int, end: int, line: int) -> bool:
        """Blank lines, comments, conditionals, `define`, `include`, `export`: whether it was one of them."""
        if not text or text.startswith(b"#"):
            return True
        if (found := _CONDITIONAL.match(text)) and not assigns(text[found.end() :].lstrip()):
            return self._conditional(found.group(1), line)
        if _BSD.match(text):
            self.foreign = self.foreign or line
            self._end_rule()
            return True
        if found := _DEFINE.match(text):
            self._define(found.group(2).decode("utf-8", "replace"), b"export" in found.group(1), start, line)
            return True
        if (found := _INCLUDE.match(text)) and not assigns(found.group(2)):
            self._end_rule()
            self.includes.append(Include(uncommented(found.group(2)).decode("utf-8", "replace"), line, start, self.at))
            return True
        return self._exporting(text)

    def _conditional(self, word: bytes, line: int) -> bool:
        if word == b"endif":
            if not self.guards:
                raise FormatError("endif without a conditional", line=line)
            self.guards.pop()
        elif word != b"else":
            self.guards.append(line)
        elif not self.guards:
            raise FormatError("else without a conditional", line=line)
        return True

    def _exporting(self, text: bytes) -> bool:
        found = _EXPORT.match(text)
        rest = uncommented(found.group(2) or b"").strip() if found else b""
        if found is None or operator(rest) is not None or rest.startswith((b":", b"=", b"?=", b"+=")):
            return False
        self._end_rule()
        names = {n.decode("utf-8", "replace") for n in rest.split()}
        if found.group(1) == b"unexport":
            self.unexports |= names
        elif not names:
            self.export_all = self.export_all or not self.guards
        elif not self.guards:
            self.exports |= names
        return True

    def _define(self, name: str, exported: bool, start: int, line: int) -> None:
        self._end_rule()
        body, depth = self.at, 1
        while self.at < len(self.data):
            begin = self.at
            stop = self._physical()
            text = self.data[begin:stop]
            depth += bool(_NESTED.match(text)) - bool(_ENDEF.match(text))
            if depth == 0:
                value = LogicalText.of(self.data, body, max(begin - 1, body))
                self.variables.append(Variable(name, "define", value, line, start, exported, guarded=bool(self.guards)))
                return
        raise FormatError("define without endef", line=line)

    def _statement(self, text: LogicalText, line: int) -> None:
        """An assignment or a rule."""
        if (variable := self._assignment(text, 0, line, ())) is not None:
            self._end_rule()
            self._special(variable)
            self.variables.append(variable)
            return
        data = text.data
        colon = outside(data, b":")
        self._end_rule()
        self.others.append(text)
        if colon < 0:
            return  # `$(eval ...)`, `$(info ...)`, or an error that make would report
        targets = tuple(t.decode("utf-8", "replace") for t in data[:colon].rstrip(b"&").split())
        after = colon + (2 if data[colon + 1 : colon + 2] == b":" else 1)
        if (variable := self._assignment(text, after, line, targets)) is not None:
            self.variables.append(variable)
            return
        self.oneshell = self.oneshell or ".ONESHELL" in targets
        self.export_all = self.export_all or (".EXPORT_ALL_VARIABLES" in targets and not self.guards)
        self.rule = (targets, line, [])
        semicolon = outside(data, b";", after)
        self.needs = needs_of(data[after : semicolon if semicolon >= 0 else len(data)])
        if semicolon >= 0 and comment(data) > semicolon:
            self._recipe(text.end_of(len(data)), text.start_of(semicolon) + 1, line)

    def _special(self, variable: Variable) -> None:
        if variable.name == ".RECIPEPREFIX" and variable.value.data.strip():
            raise FormatError(".RECIPEPREFIX is not followed", line=variable.line)

    def _assignment(self, text: LogicalText, at: int, line: int, targets: tuple[str, ...]) -> Variable | None:
        data = text.data
        at += len(data[at:]) - len(data[at:].lstrip())
        start, exported = at, False
        while found := _MODIFIER.match(data, at):
            if operator(data[found.end() :]) is None:
                break
            exported = exported or found.group(1) == b"export"
            at = found.end()
        parts = operator(data[at:])
        if parts is None:
            return None
        name, op, length = parts
        begin = at + length
        begin += len(data[begin:]) - len(data[begin:].lstrip(b" \t"))
        value = text.slice(begin, max(comment(data, begin), begin))
        op = ":=" if op == "::=" else op
        return Variable(name, op, value, line, text.start_of(start), exported, targets, bool(self.guards))


def recipe_lines(define: Variable) -> tuple[Recipe, ...]:
    """The lines of a `define` that is used as a recipe (`$(call build,...)`)."""
    text = define.value
    if not text.data.strip():
        return ()
    body = read_make_recipe(text.pieces[0].data)
    shift = text.pieces[0].start
    return tuple(
        Recipe(LogicalText([Piece(p.data, p.start + shift, p.end + shift) for p in r.text.pieces]), r.line + define.line) for r in body
    )


def read_make_recipe(data: bytes) -> tuple[Recipe, ...]:
    """Text that is nothing but recipe lines; a tab before them may be missing."""
    reader = _Reader(data)
    reader.rule = ((), 0, [])
    while reader.at < len(data):
        line, start = reader.line, reader.at
        reader._recipe(reader._physical(), start, line)
    return tuple(reader.rule[2])

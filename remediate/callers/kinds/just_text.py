"""What the shell of a recipe gets: assignments that hold arguments are put in, with their places, and both branches of an `if`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from remediate.callers.perhaps import BESIDE, ENDED, PASSES, PERHAPS, only_options, placed
from remediate.callers.scripts import BUILDS, Operand, closing
from remediate.formats.just import Assignment
from remediate.formats.just_tokens import Interpolation, Token, interpolations, tokens
from remediate.model import Edit, NamedTuple, Span
from remediate.text import LogicalText, Piece

DEEP = 6
MOST = 64 * 1024  # bytes of values that are put in, for all recipes of a file


class Said(NamedTuple):
    """`taken` are the assignments that stand in the text, `regions` the expressions with their parts; `loose` are names of assignments
    whose value goes where it is not followed; `hidden` are interpolations that hold build args.

    `placed`: one that was not put in may say which Dockerfile it is.
    """

    text: LogicalText
    masks: tuple[tuple[int, int], ...]
    taken: tuple[Assignment, ...]
    hidden: tuple[Interpolation, ...]
    regions: tuple[tuple[Span, tuple[Operand, ...]], ...]
    loose: frozenset[str]
    placed: bool


class Values:
    """The assignments of one file, and how much of them was put in."""

    def __init__(self, data: bytes, own: Mapping[str, Assignment]) -> None:
        self.data, self.own = data, own
        self.left = MOST


def say(text: LogicalText, values: Values, hidden: frozenset[str], engine: Callable[[Interpolation, bytes], bytes]) -> Said:
    """The text of a recipe whose parameters are `hidden`."""
    run = _Run(values, hidden)
    at = 0
    for one in interpolations(text.data):
        run.put(*text.slice(at, one.start).pieces if at < one.start else ())
        word = engine(one, text.data)
        if word:
            run.put(Piece(word, *text.span(one.start, one.end)))
        elif not run.expression(text, one):
            run.hidden += [one] if BUILDS.search(one.inner) else []
            run.loose |= {t.value for t in tokens(one.inner, 0, len(one.inner)) if t.kind == "name"}
            run.placed = run.placed or (one.inner.startswith(b"if") and placed(one.inner))
            run.mask(*text.slice(one.start, one.end).pieces)
        at = one.end
    run.put(*text.slice(at, len(text)).pieces if at < len(text) else ())
    whole = LogicalText(run.pieces or text.pieces)
    found = tuple(run.masks), tuple(run.taken), tuple(run.hidden), tuple(run.regions)
    return Said(whole, *found, frozenset(run.loose), run.placed)


class _Run:
    def __init__(self, values: Values, hidden: frozenset[str]) -> None:
        self.values, self.names = values, hidden
        self.pieces: list[Piece] = []
        self.masks: list[tuple[int, int]] = []
        self.taken: list[Assignment] = []
        self.hidden: list[Interpolation] = []
        self.regions: list[tuple[Span, tuple[Operand, ...]]] = []
        self.loose: set[str] = set()
        self.placed = False
        self.length = 0

    def put(self, *pieces: Piece) -> None:
        self.pieces += pieces
        self.length += sum(len(p.data) for p in pieces)

    def mask(self, *pieces: Piece) -> None:
        begin = self.length
        self.put(*pieces)
        self.masks.append((begin, self.length))

    def expression(self, text: LogicalText, found: Interpolation) -> bool:
        """An interpolation that holds arguments: whether it was put in."""
        span = text.span(found.start + 2, found.end - 2)
        parts = tokens(self.values.data, span.start, span.end)
        if span.end - span.start != found.end - found.start - 4 or not parts or not self._holds(parts, 0):
            return False
        branches = parts[0].value == "if"
        beside = self._last() in BESIDE and text.data[found.end : found.end + 1] in BESIDE
        if (branches and not beside) or not self._fits(parts, beside, 0):
            return False
        self._whole(parts, span, 0)
        return True

    def _last(self) -> bytes:
        return self.pieces[-1].data[-1:] if self.pieces else b""

    def _assignment(self, group: Sequence[Token]) -> Assignment | None:
        """`args`: the name of an assignment that is put in."""
        if len(group) != 1 or group[0].kind != "name" or group[0].value in self.names:
            return None
        found = self.values.own.get(group[0].value)
        return found if found is not None and found.tokens else None

    def _holds(self, parts: Sequence[Token], depth: int) -> bool:
        """Whether arguments stand in the strings of the expression, or in those of an assignment that it names."""
        if depth > DEEP:
            return False
        if branches := branches_of(parts):
            return any(self._holds(b, depth + 1) for b in branches)
        for number, group in enumerate(groups_of(parts) or ()):
            if len(group) == 1 and group[0].kind == "string":
                if PASSES.search(group[0].value.encode()) or (depth and not number and group[0].value.lstrip().startswith("-")):
                    return True
            elif (one := self._assignment(group)) is not None and self._holds(one.tokens, depth + 1):
                return True
        return False

    def _fits(self, parts: Sequence[Token], beside: bool, depth: int) -> bool:
        """Whether all of it can be shown as text of the shell."""
        if depth > DEEP or self.values.left < 0:
            return False
        self.values.left -= 16
        if branches := branches_of(parts):
            return beside and all(self._fits(b, True, depth + 1) and only_options(self._text(b)) for b in branches)
        groups = groups_of(parts)
        if groups is None:
            return False
        for group in groups:
            if len(group) == 1 and group[0].kind == "string":
                self.values.left -= group[0].end - group[0].start
                if b"\\" in self.values.data[group[0].start : group[0].end]:
                    return False
            elif (one := self._assignment(group)) is not None and self._holds(one.tokens, depth + 1):
                if not self._fits(one.tokens, beside and len(groups) == 1, depth + 1):
                    return False
            elif any(t.kind == "string" and PASSES.search(t.value.encode()) for t in group):
                return False  # `replace('--build-arg T=x', ...)`
        return True

    def _text(self, parts: Sequence[Token]) -> bytes:
        """The text of a branch, without what is computed; of names that hold arguments it is looked at elsewhere."""
        return b"".join(g[0].value.encode() for g in groups_of(parts) or () if len(g) == 1 and g[0].kind == "string")

    def _whole(self, parts: Sequence[Token], span: Span, depth: int) -> None:
        """The expression at `span`, which fits."""
        self.regions.append((span, tuple(operands_of(self.values.data, parts))))
        self._show(parts, depth)

    def _show(self, parts: Sequence[Token], depth: int) -> None:
        if branches := branches_of(parts):
            self.loose |= {t.value for t in parts if t.kind == "name" and not any(t in b for b in branches)}
            for branch in branches:
                start, end = branch[0].start, branch[-1].end
                self.put(Piece(PERHAPS, start, start))
                self._show(branch, depth + 1)
                self.put(Piece(ENDED + b" ", end, end))
            return
        for group in groups_of(parts) or ():
            one = self._assignment(group)
            if one is not None and self._holds(one.tokens, depth + 1):
                self.taken.append(one)
                self._whole(one.tokens, Span(one.tokens[0].start, one.tokens[-1].end), depth + 1)
                continue
            operand = operand_of(self.values.data, group)
            piece = Piece(self.values.data[operand.start : operand.end], operand.start, operand.end)
            if operand.quote:
                self.put(piece)
            else:
                self.loose |= {t.value for t in group if t.kind == "name"}
                self.mask(piece)


def branches_of(parts: Sequence[Token]) -> list[Sequence[Token]]:
    """The values of `if A { x } else if B { y } else { z }`; none for another expression."""
    out: list[Sequence[Token]] = []
    at = 0
    while at < len(parts) and parts[at].value == "if" and parts[at].kind == "name":
        first = next((n for n in range(at, len(parts)) if parts[n].kind == "{"), len(parts))
        close = _closed(parts, first)
        out.append(parts[first + 1 : close])
        at = close + 2
        if close + 1 >= len(parts) or parts[close + 1].value != "else":
            return []
        if at < len(parts) and parts[at].kind == "{":
            last = _closed(parts, at)
            out.append(parts[at + 1 : last])
            return out if last == len(parts) - 1 and all(out) else []
    return []


def _closed(parts: Sequence[Token], at: int) -> int:
    depth = 0
    for number in range(at, len(parts)):
        depth += (parts[number].kind == "{") - (parts[number].kind == "}")
        if depth == 0:
            return number
    return len(parts)


def groups_of(parts: Sequence[Token]) -> list[list[Token]] | None:
    """What stands between the `+` of an expression, None when it is more than that."""
    groups: list[list[Token]] = [[]]
    depth = 0
    for token in parts:
        depth += (token.kind == "(") - (token.kind == ")")
        if token.kind == "+" and depth == 0:
            groups.append([])
        elif token.kind in ("{", "/", "==", "!=", "=~") and depth == 0:
            return None
        else:
            groups[-1].append(token)
    return groups if all(groups) else None


def operand_of(data: bytes, group: Sequence[Token]) -> Operand:
    start, end = group[0].start, group[-1].end
    if len(group) == 1 and group[0].kind == "string":
        quote = data[start : start + 3] if data[start : start + 3] in (b"'''", b'"""') else data[start : start + 1]
        return Operand(start + len(quote), end - len(quote), quote)
    return Operand(start, end)


def operands_of(data: bytes, parts: Sequence[Token]) -> Iterator[Operand]:
    """The parts of an expression, those of all branches."""
    for branch in branches_of(parts) or [parts]:
        if branch is not parts and branches_of(branch):
            yield from operands_of(data, branch)
        else:
            yield from (operand_of(data, g) for g in groups_of(branch) or ())


def adapting(said: Said, here: Span) -> Callable[[Edit], Edit | None]:
    """An edit lies in the recipe's own text, or in one expression whose value was put in."""

    def adapt(edit: Edit) -> Edit | None:
        for span, operands in said.regions:
            if span.start <= edit.span.start <= edit.span.end <= span.end:
                return None if edit.text and set(edit.text) & set(b"\"'\\") else closing(edit, operands)
        crosses = any(span.start < edit.span.end and edit.span.start < span.end for span, _ in said.regions)
        return edit if not crosses and here.start <= edit.span.start <= edit.span.end <= here.end else None

    return adapt

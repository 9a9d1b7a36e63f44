"""The shell text of a step: strings, joined by `+`, with the variables that hold arguments put in, and masks for what is computed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.callers.kinds.jenkins_scope import Scopes
from remediate.callers.scripts import BUILDS, Operand
from remediate.formats.groovy import string_text, writer
from remediate.model import NamedTuple, Span
from remediate.text import LogicalText, Piece

DEEP = 6
MOST_PIECES = 2_000
_SAME = ("stripIndent", "trim", "toString")


class Taken(NamedTuple):
    """A definition whose text was put in, with its parts."""

    span: Span
    operands: tuple[Operand, ...]


class Said(NamedTuple):
    """What the shell gets. `operands`: of the step's own expression. `strings`: the token indexes of all strings in it."""

    pieces: tuple[Piece, ...]
    masks: tuple[tuple[int, int], ...]
    operands: tuple[Operand, ...]
    taken: tuple[Taken, ...]
    strings: frozenset[int]
    quotes: frozenset[str]


class Speaker:
    def __init__(self, scopes: Scopes) -> None:
        self.scopes, self.groovy = scopes, scopes.groovy

    def say(self, tokens: Sequence[int]) -> Said | None:
        """The text of an expression, None for one that is not made of strings at all."""
        run = _Run(self)
        operands = run.expression(tokens, 0)
        if operands is None or not run.strings:
            return None
        return Said(tuple(run.pieces), tuple(run.masks), tuple(operands), tuple(run.taken), frozenset(run.strings), frozenset(run.quotes))

    def argument_list(self, name: str, index: int) -> tuple[tuple[int, ...], ...]:
        """The tokens of each definition of a variable that holds arguments or a whole command, as token `index` sees it; () for others."""
        found = self.scopes.grown(name, index)
        strings = [i for part in found for i in part if self.groovy.tokens[i].kind == "string"]
        texts = [string_text(self.groovy.data, self.groovy.tokens[i])[0].text.data for i in strings]
        first = next((t for t in texts if t.strip()), b"")
        return found if first.lstrip().startswith(b"-") or any(BUILDS.search(t) for t in texts) else ()


class _Run:
    def __init__(self, speaker: Speaker) -> None:
        self.speaker, self.groovy = speaker, speaker.groovy
        self.pieces: list[Piece] = []
        self.masks: list[tuple[int, int]] = []
        self.taken: list[Taken] = []
        self.strings: set[int] = set()
        self.quotes: set[str] = set()
        self.length = 0
        self.open: list[str] = []

    def expression(self, tokens: Sequence[int], depth: int) -> list[Operand] | None:
        """Puts the text of an expression down, and gives its parts; None when it is more than strings, names and `+`."""
        out: list[Operand] = []
        parts = list(self._parts(tokens))
        if not parts or depth > DEEP:
            return None
        for part in parts:
            found = self._part(part, depth)
            if found is None:
                return None
            out += found
        return out

    def _parts(self, tokens: Sequence[int]) -> Iterator[list[int]]:
        """The operands between `+` signs; brackets around the whole are left out."""
        tokens = list(tokens)
        while tokens and self.groovy.tokens[tokens[0]].text == "(" and self.groovy.partner.get(tokens[0]) == tokens[-1]:
            tokens = tokens[1:-1]
        mine: list[int] = []
        level = self.groovy.parent[tokens[0]] if tokens else -1
        for index in tokens:
            if self.groovy.tokens[index].text == "+" and self.groovy.tokens[index].kind == "sign" and self.groovy.parent[index] == level:
                yield mine
                mine = []
            else:
                mine.append(index)
        yield mine

    def _part(self, part: list[int], depth: int) -> list[Operand] | None:
        if not part:
            return None
        first = self.groovy.tokens[part[0]]
        if first.kind == "string":
            return [self._string(part[0], depth)] if self._unchanged(part[1:]) else None
        if len(part) == 1 and first.kind == "name" and self._inline(first.text, part[0], depth):
            return []
        inside = [self.groovy.tokens[i] for i in part]
        if any(t.text in ("?", "?:", "{", "[") or t.kind == "string" for t in inside):
            return None
        start, end = first.start, self.groovy.tokens[part[-1]].end
        self._mask(Piece(self.groovy.data[start:end], start, end))
        return [Operand(start, end)]

    def _unchanged(self, rest: list[int]) -> bool:
        """`.stripIndent()` and the like do not change what the shell does."""
        words = [self.groovy.tokens[i].text for i in rest]
        calls = [words[i : i + 4] for i in range(0, len(words), 4)]
        return all(len(c) == 4 and c[0] in (".", "?.") and c[1] in _SAME and c[2:] == ["(", ")"] for c in calls)

    def _string(self, index: int, depth: int) -> Operand:
        token = self.groovy.tokens[index]
        self.strings.add(index)
        self.quotes.add(token.quote)
        embedded, holes = string_text(self.groovy.data, token)
        at = 0
        for hole in holes:
            self._put(embedded.text.slice(at, hole.start).pieces if hole.start > at else ())
            if not (hole.inner.isidentifier() and self._inline(hole.inner, index, depth)):
                for piece in embedded.text.slice(hole.start, hole.end).pieces:
                    self._mask(piece)
            at = hole.end
        if len(embedded.text) > at:
            self._put(embedded.text.slice(at, len(embedded.text)).pieces)
        closing = 2 if token.quote == "$/" else len(token.quote)
        return Operand(token.start + len(token.quote), token.end - closing, self.groovy.data[token.end - closing : token.end])

    def _inline(self, name: str, index: int, depth: int) -> bool:
        found = self.speaker.argument_list(name, index)
        if not found or name in self.open or depth >= DEEP or len(self.pieces) > MOST_PIECES:
            return False
        saved = (len(self.pieces), len(self.masks), len(self.taken), self.length, set(self.strings))
        self.open.append(name)
        for tokens in found:
            operands = self.expression(tokens, depth + 1)
            if operands is None:
                del self.pieces[saved[0] :], self.masks[saved[1] :], self.taken[saved[2] :]
                self.length, self.strings = saved[3], saved[4]
                break
            span = Span(self.groovy.tokens[tokens[0]].start, self.groovy.tokens[tokens[-1]].end)
            self.taken.append(Taken(span, tuple(operands)))
        self.open.pop()
        return len(self.taken) > saved[2]

    def _mask(self, piece: Piece) -> None:
        self.masks.append((self.length, self.length + len(piece.data)))
        self._put((piece,))

    def _put(self, pieces: Sequence[Piece]) -> None:
        self.pieces += pieces
        self.length += sum(len(p.data) for p in pieces)


def written(quotes: frozenset[str], new: bytes) -> bytes | None:
    """How new text is written in any of these strings; None when they differ in it."""
    found = {writer(q)(new) for q in quotes}
    return found.pop() if len(found) == 1 else None


def text_of(pieces: Sequence[Piece]) -> LogicalText:
    return LogicalText(pieces)

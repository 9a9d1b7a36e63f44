"""Shell text that stands in string literals: f-strings, `+`, variables that grow; every byte has its place in the file."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import libcst as cst

from remediate.callers.python.literals import decoded, format_fields, percent_fields
from remediate.callers.python.names import Frame
from remediate.callers.python.tree import Tree
from remediate.callers.python.values import Part, Values
from remediate.formats.embedded import Embedded, FormatError
from remediate.model import NamedTuple
from remediate.text import LogicalText, Piece

MOST_LEAVES = 400


class Hole(NamedTuple):
    """An expression in the text: its template text, its range, and whether an edit may take it out with the text around it."""

    template: str
    start: int
    end: int
    part: Part
    removable: bool


class ShellText(NamedTuple):
    """The text with its holes. `literals` are the string nodes that it is made of."""

    embedded: Embedded
    holes: tuple[Hole, ...]
    literals: tuple[cst.CSTNode, ...]

    @property
    def masks(self) -> list[tuple[int, int]]:
        return [(h.start, h.end) for h in self.holes]


class _Writer:
    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.pieces: list[Piece] = []
        self.holes: list[Hole] = []
        self.literals: list[cst.CSTNode] = []
        self.length = 0
        self.forbidden: set[str] = set("\\\n\r")
        self.pending: tuple[cst.BaseExpression, Frame | None] | None = None
        self.last: tuple[int, str] | None = None  # where the content of the last literal ends, and its style

    def put(self, data: bytes, start: int, end: int) -> None:
        if data:
            self.pieces.append(Piece(data, start, end))
            self.length += len(data)

    def hole(self, template: str, start: int, end: int, part: Part, removable: bool) -> None:
        begin = self.length
        self.put(template.encode(), start, end)
        self.holes.append(Hole(template, begin, self.length, part, removable))

    def literal(
        self,
        node: cst.SimpleString | cst.FormattedString,
        fields: Callable[[str], list[tuple[int, int, Part]] | None] | None,
        frame: Frame | None,
    ) -> bool:
        """The content of one literal; False for bytes and escapes that are not known."""
        span = self.tree.span(node)
        head = len((node.prefix + node.quote if isinstance(node, cst.SimpleString) else node.start).encode())
        quote = node.quote if isinstance(node, cst.SimpleString) else node.end
        paren = self.tree.data[span.start : span.end].find(
            (node.prefix + quote if isinstance(node, cst.SimpleString) else node.start).encode()
        )
        start, stop = span.start + paren + head, self._content_end(node, span.start + paren)
        style = f"{'f' if isinstance(node, cst.FormattedString) else 'p'}{quote}"
        self._join(start, style)
        self.forbidden.add(quote[0])
        self.literals.append(node)
        ok = self._formatted(node, frame) if isinstance(node, cst.FormattedString) else self._simple(node, start, fields)
        self.last = (stop, style)
        return ok

    def _content_end(self, node: cst.SimpleString | cst.FormattedString, start: int) -> int:
        if isinstance(node, cst.SimpleString):
            return start + len(node.value.encode()) - len(node.quote)
        inner = sum(self.tree.span(p).end - self.tree.span(p).start for p in node.parts)
        return start + len(node.start) + inner

    def _join(self, start: int, style: str) -> None:
        """An expression between two literals of one style goes with what stands around it."""
        if self.pending is None:
            return
        node, frame = self.pending
        self.pending = None
        fits = self.last is not None and self.last[1] == style and self.last[0] <= start
        at = self.tree.span(node)
        begin, end = (self.last[0], start) if fits and self.last is not None else (at.start, at.end)
        self.hole("{" + self.tree.text(node) + "}", begin, end, Part(hole=node, how="+", frame=frame), fits)

    def loose(self, node: cst.BaseExpression, frame: Frame | None) -> None:
        self.close()
        self.pending = (node, frame)

    def close(self) -> None:
        if self.pending is not None:
            node, frame = self.pending
            self.pending = None
            at = self.tree.span(node)
            self.hole("{" + self.tree.text(node) + "}", at.start, at.end, Part(hole=node, how="+", frame=frame), False)

    def _simple(self, node: cst.SimpleString, start: int, fields: Callable[[str], list[tuple[int, int, Part]] | None] | None) -> bool:
        raw = node.raw_value
        if "b" in node.prefix.lower():
            return False
        if fields is not None:
            found = fields(raw) if "\\" not in raw else None
            if found is None:
                return False
            at = 0
            for begin, end, part in found:
                self._text(raw, at, begin, start)
                self.hole(
                    "{" + self.tree.text(part.hole) + "}" if part.hole is not None else raw[begin:end],
                    *self._bytes(raw, begin, end, start),
                    part,
                    False,
                )
                at = end
            self._text(raw, at, len(raw), start)
            return True
        texts = decoded(raw, "r" in node.prefix.lower())
        if texts is None:
            return False
        for piece in texts:
            self.put(piece.text.encode("utf-8", "surrogatepass"), *self._bytes(raw, piece.start, piece.end, start))
        return True

    def _text(self, raw: str, begin: int, end: int, start: int) -> None:
        self.put(raw[begin:end].encode(), *self._bytes(raw, begin, end, start))

    def _bytes(self, raw: str, begin: int, end: int, start: int) -> tuple[int, int]:
        at = start + len(raw[:begin].encode())
        return at, at + len(raw[begin:end].encode())

    def _formatted(self, node: cst.FormattedString, frame: Frame | None) -> bool:
        self.forbidden |= {"{", "}"}
        for piece in node.parts:
            span = self.tree.span(piece)
            if isinstance(piece, cst.FormattedStringText):
                texts = decoded(piece.value, "r" in node.start.lower(), braces=True)
                if texts is None:
                    return False
                for text in texts:
                    self.put(text.text.encode("utf-8", "surrogatepass"), *self._bytes(piece.value, text.start, text.end, span.start))
            elif isinstance(piece, cst.FormattedStringExpression):
                spec = piece.conversion is not None or piece.format_spec is not None or piece.equal is not None
                part = Part(hole=piece.expression, how="spec" if spec else "f", frame=frame)
                self.hole(self.tree.source[span].decode(), span.start, span.end, part, True)
        return True

    def result(self) -> ShellText | None:
        self.close()
        if not self.literals:
            return None
        forbidden = frozenset(self.forbidden)

        def written(new: bytes) -> bytes | None:
            return None if any(c in forbidden for c in new.decode("utf-8", "surrogateescape")) or not new.isascii() else new

        return ShellText(Embedded(LogicalText(self.pieces), written), tuple(self.holes), tuple(self.literals))


def shell_text(values: Values, node: cst.BaseExpression, frame: Frame | None) -> ShellText | None:
    """The text that an expression makes; None when it is made of no literal, or of one that is not read."""
    writer = _Writer(values.scopes.tree)
    leaves = values.leaves(node, frame)
    if len(leaves) > MOST_LEAVES:
        raise FormatError("a text is put together from too many parts", line=values.scopes.tree.line(node))
    for leaf, at in leaves:
        if isinstance(leaf, (cst.SimpleString, cst.FormattedString)):
            good = writer.literal(leaf, None, at)
        else:
            template = _template(leaf, at)
            if template is None:
                writer.loose(leaf, at)
                continue
            good = writer.literal(template[0], template[1], at)
            writer.forbidden |= {"{", "}", "%"}
        if not good:
            return None
    return writer.result()


def _template(
    node: cst.BaseExpression, frame: Frame | None
) -> tuple[cst.SimpleString, Callable[[str], list[tuple[int, int, Part]] | None]] | None:
    """`"...".format(...)` and `"..." % ...`: the literal, and what finds its fields."""
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Modulo) and isinstance(node.left, cst.SimpleString):
        values = [e.value for e in node.right.elements] if isinstance(node.right, cst.Tuple) else [node.right]
        ordered: dict[int | str, cst.BaseExpression] = {n: v for n, v in enumerate(values)}
        return node.left, lambda raw: _placed([(f.start, f.end, f.argument) for f in percent_fields(raw) or ()], ordered, "%", frame, raw)
    if (
        isinstance(node, cst.Call)
        and isinstance(node.func, cst.Attribute)
        and node.func.attr.value == "format"
        and isinstance(node.func.value, cst.SimpleString)
    ):
        if any(a.star for a in node.args):
            return None
        given: dict[int | str, cst.BaseExpression] = {n: a.value for n, a in enumerate(b for b in node.args if b.keyword is None)}
        given.update({a.keyword.value: a.value for a in node.args if a.keyword is not None})
        return node.func.value, lambda raw: _placed(
            [(f.start, f.end, f.argument) for f in format_fields(raw) or ()], given, "f", frame, raw
        )
    return None


def _placed(
    fields: Sequence[tuple[int, int, int | str]], given: dict[int | str, cst.BaseExpression], how: str, frame: Frame | None, raw: str
) -> list[tuple[int, int, Part]] | None:
    if not fields or (how == "f" and ("{{" in raw or "}}" in raw)) or (how == "%" and "%%" in raw):
        return None
    out = [(s, e, Part(hole=given.get(a), how=how, frame=frame)) for s, e, a in fields]
    return None if any(p.hole is None for _, _, p in out) else out

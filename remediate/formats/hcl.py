"""HCL with exact places: blocks, attributes and their expressions, as Docker Bake and Terraform write them.

tree-sitter-hcl takes more than HCL's own reader does; what that one would refuse (an attribute set twice, two attributes on one
line) is refused here, too, so that no edit is made in a file that the build tool does not read. Expressions are looked at one
level at a time: nothing here recurses into a file's nesting.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, lru_cache

from remediate.formats.embedded import FormatError
from remediate.model import NamedTuple, Span
from remediate.text import late

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tree_sitter import Node as Tree
    from tree_sitter import Parser

MAX_FILE = 1024 * 1024
MAX_PARENTHESES = 20
_CONTROL = late(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_ESCAPE = late(r"\\(?:([nrt\"\\])|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))|\$(\$\{)|%(%\{)", 0)
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


class Expr:
    """An expression. `kind` is one of

    text        a string without interpolation, a heredoc too: `.text`
    template    a string with interpolations: `.parts` (texts and expressions)
    variable    `.text` is its name; `a.b.c` is one with `.text` "a.b.c"
    number bool null    as written in `.text`
    tuple       `.items`
    object      `.elements`
    call        `.text` the function, `.items` its arguments
    conditional `.items`: the test, the one, the other
    operation   `.text` the operator, `.items` its operands
    other       a `for`, an index, a directive...
    """

    __slots__ = ("_data", "_tree", "kind", "span")

    def __init__(self, tree: Tree, data: bytes) -> None:
        self._data = data
        self._tree = _inner(tree)
        self.span = Span(tree.start_byte, tree.end_byte)
        self.kind = self._kind()

    def _kind(self) -> str:
        tree = self._tree
        if tree.type == "expression":  # more than one child: a variable with attributes, or something beyond us
            children = tree.named_children
            dotted = children and children[0].type == "variable_expr" and all(c.type == "get_attr" for c in children[1:])
            return "variable" if dotted else "other"
        if tree.type == "template_expr":
            found = tree.named_children[0] if tree.named_child_count else None
            if found is None or any(c.type == "template_directive" for c in found.named_children):
                return "other"
            return "template" if any(c.type == "template_interpolation" for c in found.named_children) else "text"
        return _KINDS.get(tree.type, "other")

    @property
    def heredoc(self) -> bool:
        return self._tree.type == "template_expr" and self._tree.named_children[0].type == "heredoc_template"

    @property
    def text(self) -> str:
        tree = self._tree
        if self.kind == "call":
            return self._at(tree.named_children[0])
        if self.kind == "text":
            return "".join(p for p in self.parts if isinstance(p, str))
        if self.kind == "operation":
            return next((self._at(c) for c in tree.children[0].children if not c.is_named and c.type not in "()"), "")
        return "".join(self._at(tree).split())

    @property
    def parts(self) -> tuple[str | Expr, ...]:
        """What a string is made of; literal parts without their escapes."""
        tree = self._tree
        if tree.type == "template_expr":
            tree = tree.named_children[0]
        raw = tree.type == "heredoc_template"
        ends = [c for c in tree.named_children if c.type in ("heredoc_identifier", "quoted_template_start", "quoted_template_end")]
        at, end = ends[0].end_byte, ends[-1].start_byte
        if raw:
            at, end = self._data.find(b"\n", at) + 1, max(self._data.rfind(b"\n", 0, end) + 1, at)
        out: list[str | Expr] = []
        for child in (c for c in tree.named_children if c.type == "template_interpolation"):
            out.append(_unescaped(self._data[at : child.start_byte], raw))
            inside = [c for c in child.named_children if c.type == "expression"]
            out.append(Expr(inside[0], self._data) if inside else "")
            at = child.end_byte
        out.append(_unescaped(self._data[at:end], raw))
        return tuple(p for p in out if p != "")

    @property
    def items(self) -> tuple[Expr, ...]:
        tree = self._tree
        if self.kind == "call":
            tree = next((c for c in tree.named_children if c.type == "function_arguments"), tree)
        if self.kind == "operation":
            found = [c for c in tree.named_children[0].named_children if c.type != "comment"]
            return tuple(Expr(c, self._data) for c in found)
        return tuple(Expr(c, self._data) for c in tree.named_children if c.type == "expression")

    @property
    def elements(self) -> tuple[Element, ...]:
        if self.kind != "object":
            return ()
        return tuple(Element(c, self._data) for c in self._tree.named_children if c.type == "object_elem")

    def _at(self, tree: Tree) -> str:
        return self._data[tree.start_byte : tree.end_byte].decode("utf-8", "replace")


_KINDS = {
    "variable_expr": "variable", "string_lit": "text", "numeric_lit": "number", "bool_lit": "bool", "null_lit": "null", "tuple": "tuple",
    "object": "object", "function_call": "call", "conditional": "conditional", "operation": "operation",
}  # fmt: skip


def _inner(tree: Tree) -> Tree:
    """The node that says what an expression is: without parentheses and layers that hold just one child."""
    for _ in range(MAX_PARENTHESES):
        if tree.type not in ("expression", "literal_value", "collection_value") or tree.named_child_count != 1:
            break
        tree = tree.named_children[0]
    return tree


def _unescaped(data: bytes, raw: bool) -> str:
    text = data.decode("utf-8", "surrogateescape")
    if raw:
        return text.replace("$${", "${").replace("%%{", "%{")

    def one(match: object) -> str:
        simple, short, long, dollar, percent = match.groups()  # type: ignore[attr-defined]
        if short or long:
            code = int(short or long, 16)
            return chr(code) if code < 0x110000 else "\ufffd"
        return _SIMPLE[simple] if simple else str(dollar or percent)

    return _ESCAPE.sub(one, text)


class Element:
    """`key = value` of an object. `name` is the key where it stands there as a plain word or string, else None."""

    __slots__ = ("key", "name", "span", "value")

    def __init__(self, tree: Tree, data: bytes) -> None:
        found = [c for c in tree.named_children if c.type == "expression"]
        self.key, self.value = Expr(found[0], data), Expr(found[-1], data)
        self.span = Span(tree.start_byte, tree.end_byte)
        bare = data[self.key.span.start : self.key.span.start + 1] != b"("
        known = self.key.kind in ("variable", "text", "number") and bare and "." not in self.key.text
        self.name = self.key.text if known or self.key.kind == "text" else None


class Attribute(NamedTuple):
    name: str
    value: Expr
    span: Span
    line: int


class Block:
    """`type "label" { ... }`; the whole file is one with an empty `type`. `inside` is what stands between the braces."""

    def __init__(self, tree: Tree, data: bytes) -> None:
        self._tree, self._data = tree, data
        self.span = Span(tree.start_byte, tree.end_byte)
        self.line = tree.start_point[0] + 1
        root = tree.type == "config_file"
        names = [] if root else [c for c in tree.named_children if c.type in ("identifier", "string_lit")]
        self.type = _label(names[0], data) if names else ""
        self.labels = tuple(_label(c, data) for c in names[1:])
        opened = next((c for c in tree.named_children if c.type == "block_start"), None)
        closed = next((c for c in tree.named_children if c.type == "block_end"), None)
        self.inside = Span(opened.end_byte if opened else 0, closed.start_byte if closed else len(data))

    def _body(self) -> Iterator[Tree]:
        for child in self._tree.named_children:
            if child.type == "body":
                yield from child.named_children

    @cached_property
    def attributes(self) -> dict[str, Attribute]:
        out: dict[str, Attribute] = {}
        for tree in self._body():
            if tree.type != "attribute":
                continue
            line = tree.start_point[0] + 1
            name = _label(tree.named_children[0], self._data)
            if name in out:
                raise FormatError(f"the attribute {name} is set twice in one block", line=line)
            value = next((c for c in tree.named_children if c.type == "expression"), None)
            if value is None:
                raise FormatError("an attribute without a value", line=line)
            out[name] = Attribute(name, Expr(value, self._data), Span(tree.start_byte, tree.end_byte), line)
        return out

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(Block(c, self._data) for c in self._body() if c.type == "block")

    def check(self) -> None:
        """Every attribute and block begins a line of its own, as HCL asks; raises FormatError."""
        last = -1
        for tree in self._body():
            if tree.type == "comment":
                continue
            if tree.start_point[0] == last:
                raise FormatError("two attributes or blocks on one line", line=last + 1)
            last = tree.end_point[0]


def _label(tree: Tree, data: bytes) -> str:
    return data[tree.start_byte : tree.end_byte].decode("utf-8", "surrogateescape").strip('"')


@lru_cache(maxsize=1)
def _parser() -> Parser:
    import tree_sitter_hcl
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_hcl.language()))


@lru_cache(maxsize=8)
def read(data: bytes) -> Block:
    """The file as a block without braces. Raises FormatError."""
    if len(data) > MAX_FILE:
        raise FormatError(f"the file is larger than {MAX_FILE} bytes")
    control = _CONTROL.search(data)
    if control is not None:
        raise FormatError("a control character", line=data.count(b"\n", 0, control.start()) + 1)
    tree = _parser().parse(data).root_node
    if tree.has_error:
        raise FormatError("this is no HCL, or of a form that is not known", line=_error_line(tree))
    root = Block(tree, data)
    for block in (root, *root.blocks):
        block.check()
        _ = block.attributes
    return root


def _error_line(tree: Tree) -> int:
    """Line of the first error; goes down one path."""
    while True:
        below = next((c for c in tree.children if c.has_error or c.is_missing), None)
        if below is None:
            return int(tree.start_point[0]) + 1
        tree = below

"""The tree of one Python file, with the bytes of every node, what each name stands for, and in which branch a node stands."""

from __future__ import annotations

import ast
import dataclasses
import warnings
from collections.abc import Sequence
from functools import lru_cache

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper

from remediate.formats.embedded import FormatError
from remediate.model import Span
from remediate.text import BOM, Source

MAX_FILE = 512 * 1024  # LibCST takes some hundred times the memory
NOT_PYTHON = "it is Python 2, or newer than the Python that reads it"
MAX_DEPTH = 130  # nodes below each other; LibCST counts its spans recursively
_SKIPPED = (
    "whitespace",
    "leading",
    "trailing",
    "lpar",
    "rpar",
    "comma",
    "header",
    "footer",
    "semicolon",
    "lbr",
    "rbr",
    "indent",
    "default_",
)


class Tree:
    """One file that LibCST has read."""

    def __init__(self, data: bytes, path: str) -> None:
        skip = len(BOM) if data.startswith(BOM) else 0
        self.data, self.path, self.source = data, path, Source(data, path)
        self.module = _parsed(data[skip:])
        self.parents: dict[cst.CSTNode, cst.CSTNode] = _parents(self.module)
        wrapper = MetadataWrapper(self.module, unsafe_skip_copy=True)
        self._spans = wrapper.resolve(ByteSpanPositionProvider)
        self._skip = skip

    def span(self, node: cst.CSTNode) -> Span:
        """The bytes of a node, with the parentheses around it."""
        found = self._spans[node]
        start, end = found.start + self._skip, found.start + found.length + self._skip
        pairs = getattr(node, "lpar", ())
        if isinstance(pairs, Sequence) and pairs:  # the outermost pair; some nodes count theirs in, others do not
            opening, closing = self._spans[pairs[0]], self._spans[node.rpar[-1]]  # type: ignore[attr-defined]
            start, end = min(start, opening.start + self._skip), max(end, closing.start + closing.length + self._skip)
        return Span(start, end)

    def text(self, node: cst.CSTNode) -> str:
        return self.source[self.span(node)].decode("utf-8")

    def line(self, node: cst.CSTNode) -> int:
        return self.source.line_of(self.span(node).start)


@lru_cache(maxsize=4)
def tree_of(data: bytes, path: str) -> Tree:
    """The tree of a file; FormatError for what is no Python 3 that could be changed safely."""
    return Tree(data, path)


def _parsed(data: bytes) -> cst.Module:
    if len(data) > MAX_FILE:
        raise FormatError("it is larger than 512 KiB", line=1)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError("it is not UTF-8", line=data.count(b"\n", 0, error.start) + 1) from None
    _check(data)
    try:
        module = cst.parse_module(data)
    except cst.ParserSyntaxError as error:
        raise FormatError(NOT_PYTHON, line=error.raw_line) from None
    except RecursionError:
        raise FormatError("it is nested too deeply", line=1) from None
    if module.encoding.lower().replace("_", "-") not in ("utf-8", "utf8", "ascii", "us-ascii"):
        raise FormatError("its coding line names another encoding than UTF-8", line=1)
    return module


def _check(data: bytes) -> None:
    """What the interpreter's own parser refuses LibCST need not see: its limits of depth are safe ones."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(data)
    except SyntaxError as error:
        raise FormatError(NOT_PYTHON, line=error.lineno or 1) from None
    except (RecursionError, MemoryError):
        raise FormatError("it is nested too deeply", line=1) from None
    except ValueError:
        raise FormatError("it holds a NUL byte", line=1) from None


@lru_cache(maxsize=256)
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    return tuple(f.name for f in dataclasses.fields(kind) if not f.name.startswith(_SKIPPED))


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The nodes right below one, in the order of the class's fields; whitespace and brackets are none."""
    out: list[cst.CSTNode] = []
    for name in _fields(type(node)):
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            out.append(value)
        elif isinstance(value, (tuple, list)):
            out.extend(v for v in value if isinstance(v, cst.CSTNode))
    return out


def _parents(module: cst.Module) -> dict[cst.CSTNode, cst.CSTNode]:
    parents: dict[cst.CSTNode, cst.CSTNode] = {}
    level: list[cst.CSTNode] = [module]
    for _ in range(MAX_DEPTH):
        below: list[cst.CSTNode] = []
        for node in level:
            for child in children(node):
                parents[child] = node
                below.append(child)
        if not below:
            return parents
        level = below
    raise FormatError("it is nested too deeply", line=1)

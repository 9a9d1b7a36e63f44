"""A command whose words are items of lists in a YAML or JSON file: which word stands where, and edits on them in the list's own style."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from itertools import pairwise

from remediate.callers.words import Swap
from remediate.formats.node import Node, resolve
from remediate.formats.yaml_edit import quoted, remove_items
from remediate.model import Edit, NamedTuple, Span

SHELLS = ("sh", "bash", "ash", "dash")


class Word(NamedTuple):
    """A word of a command: item `number` of `list`; a word that the file does not hold (the image's own program) has no list."""

    text: str
    line: int
    list: Node | None = None
    number: int = -1


def words_in(node: Node | None, start: int = 0) -> tuple[Word, ...]:
    """The items of a list, from `start` on, as words."""
    if node is None:
        return ()
    found = resolve(node)
    if found.kind == "scalar":
        return (Word(found.value, found.line),)
    return tuple(Word(resolve(i.value).value, i.value.line, found, n) for n, i in enumerate(found.items) if n >= start)


def texts(words: Sequence[Word]) -> tuple[str, ...]:
    return tuple(w.text for w in words)


def shell_text(words: Sequence[Word]) -> Node | None:
    """The text of `sh -c TEXT`."""
    if not words or posixpath.basename(words[0].text) not in SHELLS:
        return None
    for word, after in pairwise(words[1:]):
        if not word.text.startswith("-"):
            return None
        if word.text.endswith("c") and not word.text.startswith("--") and after.list is not None:
            found = after.list.items[after.number].value
            return found if found.kind == "scalar" else None
    return None


def shared_lists(commands: Iterable[Sequence[Word]]) -> frozenset[int]:
    """The lists (by `id`) that words of several commands stand in: they were anchored."""
    seen: set[int] = set()
    twice: set[int] = set()
    for words in commands:
        mine = {id(w.list) for w in words if w.list is not None}
        twice |= mine & seen
        seen |= mine
    return frozenset(twice)


def is_shared(step: Node, words: Sequence[Word], twice: frozenset[int]) -> bool:
    """Whether an edit in the words of this step would change another one."""
    own = [e.value for key in ("command", "args") if (e := step.entry(key)) is not None]
    return any(v.kind == "alias" for v in own) or any(id(w.list) in twice for w in words if w.list is not None)


def starts_of(words: Sequence[Word]) -> set[int]:
    """Where the items of the words begin."""
    return {w.list.items[w.number].value.span.start for w in words if w.list is not None}


def list_edits(data: bytes, words: Sequence[Word], wanted: Sequence[Swap]) -> tuple[Edit, ...] | None:
    """The edits that make these changes; None when one of the words does not stand in a list of the file."""
    out: list[Edit] = []
    gone: dict[int, tuple[Node, set[int]]] = {}
    for swap in wanted:
        if swap.at == swap.end:
            made = _inserted(data, words, swap)
            if made is None:
                return None
            out.append(made)
            continue
        for number, word in enumerate(words[swap.at : swap.end]):
            if word.list is None or word.list.items[word.number].value.kind != "scalar":
                return None
            if number < len(swap.words):
                out.append(scalar_edit(word.list.items[word.number].value, swap.words[number]))
            else:
                gone.setdefault(id(word.list), (word.list, set()))[1].add(word.number)
    for node, indexes in gone.values():
        out += remove_items(data, node, indexes)
    return tuple(out)


def scalar_edit(node: Node, new: str) -> Edit:
    """The text of a scalar replaced, in its own style where that can carry it."""
    embedded = node.text
    length = len(embedded.text)
    written = embedded.written(new.encode()) if node.style in ("single", "double", "plain") and length else None
    if written is not None:
        return Edit(embedded.text.span(0, length), written)
    return Edit(node.span, quoted(new, node if node.style in ("single", "double") else None, flow=node.flow).encode())


def _inserted(data: bytes, words: Sequence[Word], swap: Swap) -> Edit | None:
    """New items before the word at which the swap stands, or behind the last one."""
    after = swap.at >= len(words) or words[swap.at].list is None
    word = words[min(swap.at, len(words) - 1)] if not after else words[-1]
    if word.list is None:
        return None
    item = word.list.items[word.number]
    like = next((i.value for i in word.list.items if i.value.style in ("single", "double")), None)
    style = [quoted(w, like, flow=word.list.flow) for w in swap.words]
    if word.list.flow:
        text = "".join(f", {s}" for s in style) if after else "".join(f"{s}, " for s in style)
        if b"\n" in data[word.list.span.start : item.value.start] and not after:
            pad = _indent(data, item.value.start)
            text = "".join(f"{s},\n{pad}" for s in style)
        at = item.value.span.end if after else item.value.start
        return Edit(Span(at, at), text.encode())
    head = data[data.rfind(b"\n", 0, item.value.start) + 1 : item.value.start]
    if head.strip() != b"-":
        return None
    newline = b"\r\n" if b"\r\n" in data[item.span.start : item.span.end] else b"\n"
    lines = b"".join(head + s.encode() + newline for s in style)
    if not after:
        return Edit(Span(item.span.start, item.span.start), lines)
    closed = data[item.span.end - 1 : item.span.end] == b"\n"
    return Edit(Span(item.span.end, item.span.end), lines if closed else newline + lines.removesuffix(newline))


def _indent(data: bytes, at: int) -> str:
    start = data.rfind(b"\n", 0, at) + 1
    line = data[start:at]
    return " " * (len(line) - len(line.lstrip())) if not line.strip() else " " * len(line)

"""Settings of a step that are two lists: `NAME=value` for each build arg, `id=ID,env=NAME` for each secret."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from remediate.callers.kinds.ci_yaml import fields, listed, text_of
from remediate.callers.model import Passed, Refused
from remediate.callers.words import secret_id
from remediate.formats.node import Node, resolve
from remediate.formats.yaml_edit import add_entry, add_item, entry_lines, habits, remove_entries, remove_items
from remediate.model import Edit

Given = tuple[str, str, int, str | None]  # (setting, name, line, value) of a build arg; the value is None where none is written


def given(settings: Node, keys: Sequence[str]) -> Iterator[Given]:
    """Every build arg below these keys: a list or a text of `NAME` and `NAME=value`, or a mapping."""
    found = fields(settings)
    for key in keys:
        node = found.get(key)
        if node is None:
            continue
        if resolve(node).kind == "mapping":
            yield from ((key, name, value.line, text_of(value)) for name, value in fields(node).items())
            continue
        for item in listed(node):
            if text_of(item):
                name, equals, value = text_of(item).partition("=")
                yield key, name.strip(), item.line, value if equals else None
            else:
                yield from ((key, name, value.line, text_of(value)) for name, value in fields(item).items())


def ids(settings: Node, key: str) -> tuple[str, ...]:
    """The ids of the secrets that are there already: `id=ID,...`, `{id: ID}`, or `ID` alone."""
    out = []
    for item in listed(fields(settings).get(key)):
        text = text_of(item)
        out.append(secret_id(text) or (text if "=" not in text else "") or text_of(fields(item).get("id")))
    return tuple(dict.fromkeys(i for i in out if i))


def passed(rows: Sequence[Given], origin: Collection[str] = ()) -> tuple[Passed, ...]:
    """The same as the builds tell it. `origin`: the variables whose values are taken when the text names them."""
    out = []
    for _, name, line, value in rows:
        variable = (value or "").strip("${}")
        known = f"env:{name}" if value is None else f"env:{variable}" if variable in origin else "" if "$" in value else "literal"
        out.append(Passed(name, line, known))
    return tuple(out)


def against(settings: Node, keys: Sequence[str], line: int, by_hand: tuple[str, ...], *, own: bool = True) -> Refused | None:
    """Why these lists cannot be changed: they stand elsewhere (`own`: the mapping itself does not), on one line, or are no lists."""
    if not own:
        return Refused("caller-shared", "the settings stand elsewhere, and are used by more than this step", line, by_hand)
    if settings.flow:
        return Refused("caller-arguments", "the settings are on one line", line, by_hand)
    effective = fields(settings)
    for key in keys:
        node = effective.get(key)
        if node is None:
            continue
        if settings.entry(key) is None or node.kind == "alias":
            return Refused("caller-shared", f"{key} stands elsewhere", line, by_hand)
        if node.kind not in ("sequence", "scalar") or node.block is not None:
            return Refused("caller-arguments", f"{key} is no list", line, by_hand)
    return None


def moved(data: bytes, settings: Node, args: Sequence[str], gone: Collection[str], key: str, new: Sequence[str]) -> list[Edit]:
    """The args leave their lists, the secrets join the list `key`; a list that is new takes the place of one that is empty then."""
    edits: list[Edit] = []
    empty: list[str] = []
    for name in args:
        node = settings.get(name)
        rows = [n for n, item in enumerate(listed(node)) if text_of(item).partition("=")[0].strip() in gone]
        if node is None or not rows:
            continue
        if len(rows) == len(listed(node)):
            empty.append(name)
        else:
            edits += remove_items(data, node, rows)
    known = settings.get(key)
    if new and known is None and empty:
        edits.append(_instead(data, settings, empty.pop(0), key, new))
    elif new and known is None:
        behind = next((a for a in reversed(args) if settings.entry(a) is not None), "")
        edits.append(add_entry(data, settings, key, [f"- {i}" for i in new], after=behind))
    elif new and known is not None:
        edits.append(_joined(data, settings, key, known, new))
    if empty:
        edits += remove_entries(data, settings, empty)
    return edits


def _joined(data: bytes, settings: Node, key: str, known: Node, new: Sequence[str]) -> Edit:
    """The secrets behind those that are there; a text alone becomes a list."""
    if known.kind == "sequence":
        made = [add_item(data, known, f"'{i}'" if known.flow else i) for i in new]
        return Edit(made[0].span, b"".join(e.text for e in made))
    return _instead(data, settings, key, key, (data[known.span.start : known.span.end].decode("utf-8", "surrogateescape"), *new))


def _instead(data: bytes, settings: Node, old: str, key: str, items: Sequence[str]) -> Edit:
    """A new entry in the very place of an old one."""
    entry = settings.entry(old)
    assert entry is not None
    column = data[entry.span.start : entry.key.start]
    pad = column if not column.strip() else b" " * len(column)
    newline = b"\r\n" if data[entry.span.start : entry.span.end].endswith(b"\r\n") else b"\n"
    lines = entry_lines(key, [f"- {i}" for i in items], habits(data))
    text = newline.join((pad if n else column) + line.encode("utf-8", "surrogateescape") for n, line in enumerate(lines))
    return Edit(entry.span, text + (newline if data[entry.span.end - 1 : entry.span.end] == b"\n" else b""))

"""The list inputs of docker/build-push-action: `build-args`, `secrets`, `secret-envs`, `secret-files`, `ssh`.

The action reads `build-args` and `secrets` with one and the same reader of CSV lines (`Util.getInputList` of docker/actions-toolkit:
quotes are kept inside a field, a field in quotes may span lines, commas do not part items). So a line of the one is a line of
the other, with the same value, when only its name changes:

    NPM_TOKEN=${{ secrets.NPM_TOKEN }}      npm_token=${{ secrets.NPM_TOKEN }}
    "SSH_KEY=${{ secrets.SSH_KEY }}"        "ssh_key=${{ secrets.SSH_KEY }}"
"""

from __future__ import annotations

from remediate.callers.kinds.github_actions_expr import context_name, expressions, masks, sole
from remediate.model import NamedTuple


class Item(NamedTuple):
    """One item: bytes `start`..`end` of the list's text, its name at `name_start`..`name_end`. `odd`: its name is not plain.

    `dynamic`: an expression stands where the name should.
    """

    start: int
    end: int
    name_start: int
    name_end: int
    name: str
    value: str | None
    quoted: bool
    odd: bool = False
    dynamic: bool = False

    @property
    def origin(self) -> str:
        """Where the value comes from, in the words of `callers.model.Passed`."""
        if self.value is None:
            return f"env:{self.name}"
        context, name = context_name(sole(self.value))
        if context in ("secrets", "env"):
            return f"{'ci' if context == 'secrets' else 'env'}:{name}"
        return "" if expressions(self.value) else "literal"

    @property
    def lax(self) -> bool:
        """An expression that says itself that it may give nothing: `inputs.full && secrets.T || ''`."""
        return any(e.inner.endswith("''") and "||" in e.inner for e in expressions(self.value or ""))


def items(text: bytes, *, commas: bool = False) -> tuple[Item, ...]:
    """The items of a list, in order. `commas`: these part items as line ends do.

    Behind a quote that is neither inside a value nor around a whole item, all items are `odd`: it may have taken in other lines.
    """
    flat = bytearray(text)
    for start, end in masks(text):
        flat[start:end] = b"x" * (end - start)
    data = bytes(flat)
    out: list[Item] = []
    at = 0
    odd = b"\r" in data or b"${{" in data  # the action's reader takes one line end for all; an expression that does not end is none
    while at < len(data):
        end, quoted = _record(data, at, commas)
        odd = odd or _is_odd(data[at:end].strip(), quoted)
        item = _item(text, data, at, end, quoted)
        if item is not None:
            out.append(item._replace(odd=True) if odd else item)
        at = end + 1
    return tuple(out)


def _record(data: bytes, at: int, commas: bool) -> tuple[int, bool]:
    """(end, whether it is in quotes) of the record that begins at `at`."""
    if data[at : at + 1] == b'"':
        closing = at + 1
        while (closing := data.find(b'"', closing)) >= 0 and data[closing + 1 : closing + 2] == b'"':
            closing += 2
        after = data[closing + 1 : closing + 2]
        if closing > 0 and (not after or after in b"\r\n,"):
            return (closing + 1 if commas and after == b"," else _line_end(data, closing + 1)), True
    end = _line_end(data, at)
    comma = data.find(b",", at, end) if commas else -1
    return (comma if comma >= 0 else end), False


def _is_odd(record: bytes, quoted: bool) -> bool:
    if quoted:
        inner = record[1:-1]
        return not record.endswith(b'"') or b'"' in inner.replace(b'""', b"") or b"=" not in inner
    return record.startswith(b'"') or b',"' in record


def _line_end(data: bytes, at: int) -> int:
    end = data.find(b"\n", at)
    return len(data) if end < 0 else end


def _item(text: bytes, data: bytes, start: int, end: int, quoted: bool) -> Item | None:
    while end > start and data[end - 1 : end].isspace():
        end -= 1
    while start < end and data[start : start + 1].isspace():
        start += 1
    if start >= end:
        return None
    name_start = start + quoted
    inner_end = end - 1 if quoted and data[end - 1 : end] == b'"' else end
    equals = data.find(b"=", name_start, inner_end)
    name_end = inner_end if equals < 0 else equals
    raw = text[name_start:name_end].decode("utf-8", "surrogateescape")
    value = None if equals < 0 else text[equals + 1 : inner_end].decode("utf-8", "surrogateescape")
    name = raw.strip().strip("\"'").strip()
    return Item(start, end, name_start, name_end, name, value, quoted, name != raw, bool(expressions(raw)))


def renamed(text: bytes, item: Item, name: str) -> str:
    """The item as it is, with another name."""
    new = text[item.start : item.name_start] + name.encode() + text[item.name_end : item.end]
    return new.decode("utf-8", "surrogateescape")

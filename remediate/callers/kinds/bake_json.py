"""Bake files in JSON: their objects as targets, and the edits on them. Texts are templates there, as in HCL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from remediate.callers.kinds.bake_model import NOT_FOLLOWED, Additions, Arg, BakeFile, Ref, Site, Value
from remediate.callers.kinds.bake_text import PATHS, secret_id, ssh_id
from remediate.formats import json
from remediate.formats.embedded import FormatError
from remediate.formats.node import Node
from remediate.model import Edit, Span
from remediate.text import late

_PLACEHOLDER = late(r"\$(\$\{)|%(%\{)|\$\{[ ]*([A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)[ ]*\}|(\$\{|%\{)")


def load(path: str, data: bytes) -> BakeFile:
    """Raises FormatError."""
    root = json.document(data)
    if root.kind != "mapping":
        raise FormatError("no object, so no Bake file", line=1)
    sites = [_site(path, name, node) for name, node in _named(root, "target")]
    variables: dict[str, Value | None] = {}
    for name, node in _named(root, "variable"):
        default = node.get("default")
        variables[name] = None if default is None or default.kind == "null" else _value(default)
    known = {"target", "group", "variable", "function"}
    variables.update((e.key.value, NOT_FOLLOWED) for e in root.entries if e.key.value not in known)
    grouped = [t for _, node in _named(root, "group") if (targets := node.get("targets")) is not None for t in _texts(targets) or ()]
    return JsonFile(path, data, sites, variables, grouped)


def _named(root: Node, key: str) -> list[tuple[str, Node]]:
    """The blocks of one type; raises FormatError for a form that is not `{"name": {...}}`."""
    found = root.get(key)
    if found is None:
        return []
    if found.kind != "mapping" or any(e.value.kind != "mapping" for e in found.entries):
        raise FormatError(f"`{key}` is written in a form that is not followed", line=found.line)
    return [(e.key.value, e.value) for e in found.entries]


class JsonFile(BakeFile):
    def edits(self, site: Site, gone: Sequence[Span], added: Additions) -> list[Edit] | None:
        node = site.native
        assert isinstance(node, Node)
        out: list[Edit] = []
        args = node.entry("args")
        all_gone = args is not None and bool(gone) and len(gone) == len(args.value.entries)
        pending: list[tuple[str, list[str]]] = []
        for key, values in (("secret", _secrets(node, added)), ("ssh", [json.quoted(s) for s in added.ssh])):
            known = node.get(key)
            if known is None and values:
                pending.append((key, values))
            elif known is not None and values and (known.kind == "null" or not known.items):
                out.append(Edit(known.span, f"[{', '.join(values)}]".encode()))
            elif known is not None:
                out += [json.add_item(self.data, known, text) for text in values]
        if args is not None and gone and not all_gone:
            keys = [e.key.value for e in args.value.entries if e.span in gone]
            out += json.remove_entries(self.data, args.value, keys)
        elif args is not None and all_gone and pending:  # the new entry takes the place of the one that goes
            key, values = pending.pop(0)
            colon = self.data[args.key.span.end : args.value.span.start].decode()
            out.append(Edit(args.span, f"{json.quoted(key)}{colon}{self._list(node, values)}".encode()))
        elif all_gone and len(node.entries) > 1:
            out.append(json.remove_entry(self.data, node, "args"))
        elif all_gone and args is not None:
            out.append(Edit(args.value.span, b"{}"))
        for key, values in pending:
            out.append(json.add_entry(self.data, node, key, self._list(node, values), after="args"))
        return out

    def _list(self, node: Node, values: Sequence[str]) -> str:
        """On several lines where the object's other lists are."""
        lists = [e.value for e in node.entries if e.value.kind == "sequence" and e.value.items]
        many = [one for one in lists if b"\n" in self.data[one.span.start : one.span.end]]
        if not many:
            return f"[{', '.join(values)}]"
        outer, inner = _pad(self.data, many[0].span.start), _pad(self.data, many[0].items[0].span.start)
        step = inner.removeprefix(outer) or "  "
        return "[\n" + ",\n".join(step + v for v in values) + "\n]"


def _pad(data: bytes, at: int) -> str:
    line = data[data.rfind(b"\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip(b" \t"))].decode()


def _secrets(node: Node, added: Additions) -> list[str]:
    """The new entries as the object writes them: texts or objects."""
    known = node.get("secret")
    last = known.items[-1].value if known is not None and known.items else None
    if last is None or last.kind != "mapping":
        return [json.quoted(f"id={id},{key}={value}") for id, key, value in added.secrets]
    out = []
    for id, key, value in added.secrets:
        pairs = [("type", "env" if key == "env" else "file")] if last.get("type") is not None else []
        out.append("{" + ", ".join(f"{json.quoted(k)}: {json.quoted(v)}" for k, v in (*pairs, ("id", id), (key, value))) + "}")
    return out


def _site(path: str, name: str, node: Node) -> Site:
    inherits = node.get("inherits")
    matrix = node.get("matrix")
    return Site(
        path, name, node.line, _args(node.get("args")), _entries(node.get("secret"), "secret"), _entries(node.get("ssh"), "ssh"),
        _texts(inherits) if inherits is not None else (),
        {k: _value(v) for k in PATHS if (v := node.get(k)) is not None}, node.get("dockerfile-inline") is not None,
        _matrix(matrix) if matrix is not None else {}, node,
    )  # fmt: skip


def _args(node: Node | None) -> tuple[Arg, ...] | None:
    if node is None or node.kind == "null":
        return ()
    if node.kind != "mapping":
        return None
    out = []
    for entry in node.entries:
        value = _value(entry.value)
        key = _value(entry.key)
        if key.literal is None:
            return None
        if not value.null:
            out.append(Arg(entry.key.value, value, entry.key.line, entry.span))
    return tuple(out)


def _entries(node: Node | None, key: str) -> tuple[str, ...] | None:
    if node is None or node.kind == "null":
        return ()
    if node.kind != "sequence":
        return None
    ids = []
    for item in node.items:
        if item.value.kind == "mapping":
            ident = item.value.get("id")
            ids.append(ident.value if ident is not None else "")
        else:
            ids.append(secret_id(item.value.value) if key == "secret" else ssh_id(item.value.value))
    return tuple(i for i in ids if i and "${" not in i)


def _texts(node: Node) -> tuple[str, ...] | None:
    if node.kind == "null":
        return ()
    if node.kind != "sequence" or any(_value(i.value).literal is None for i in node.items):
        return None
    return tuple(i.value.value for i in node.items)


def _value(node: Node) -> Value:
    """A text with its `${...}`; anything else but a plain value is not followed."""
    if node.kind == "null":
        return Value((), null=True)
    if node.kind != "scalar":
        return NOT_FOLLOWED
    text, at = node.value, 0
    parts: list[str | Ref] = []
    for found in _PLACEHOLDER.finditer(text):
        parts.append(text[at : found.start()])
        escaped = found[1] or found[2]
        parts.append(escaped if escaped else Ref(found[3] or ""))
        at = found.end()
        if found[4]:  # an expression: how far it goes is not asked
            return NOT_FOLLOWED
    parts.append(text[at:])
    return Value(tuple(p for p in parts if p != ""))


def _matrix(node: Node) -> Mapping[str, Sequence[Mapping[str, str]]] | None:
    if node.kind != "mapping" or any(e.value.kind != "sequence" for e in node.entries):
        return None
    return {e.key.value: [_row(i.value) for i in e.value.items] for e in node.entries}


def _row(item: Node) -> dict[str, str]:
    if item.kind == "scalar":
        return {"": item.value}
    return {f".{e.key.value}": e.value.value for e in item.entries if e.value.kind == "scalar"}

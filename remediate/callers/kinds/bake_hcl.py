"""Bake files in HCL: their blocks as targets, and the edits on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from remediate.callers.kinds.bake_model import NOT_FOLLOWED, Additions, Arg, BakeFile, Ref, Site, Value
from remediate.callers.kinds.bake_text import PATHS, secret_id, ssh_id
from remediate.formats import hcl, hcl_edit
from remediate.formats.hcl import Attribute, Block, Expr
from remediate.model import Edit, Span

_BUILTIN = ("variable", "group", "target", "function")


def load(path: str, data: bytes) -> BakeFile:
    """Raises FormatError."""
    root = hcl.read(data)
    named = [b for b in root.blocks if len(b.labels) == 1]
    sites = [_site(path, data, b) for b in named if b.type == "target"]
    variables: dict[str, Value | None] = {}
    for block in named:
        if block.type == "variable":
            variables[block.labels[0]] = _default(block)
    variables.update((name, NOT_FOLLOWED) for name in root.attributes)  # an attribute of the file: the environment does not set it
    grouped = [t for b in named if b.type == "group" and "targets" in b.attributes for t in _texts(b.attributes["targets"].value) or ()]
    return HclFile(path, data, sites, variables, grouped)


class HclFile(BakeFile):
    def edits(self, site: Site, gone: Sequence[Span], added: Additions) -> list[Edit] | None:
        block = site.native
        assert isinstance(block, Block)
        attributes = block.attributes
        out: list[Edit] = []
        pending: list[tuple[str, list[str]]] = []
        for key, values in (("secret", self._secrets(block, added)), ("ssh", [hcl_edit.quoted(s) for s in added.ssh])):
            known = attributes.get(key)
            if known is not None and values and known.value.kind == "null":
                out.append(Edit(known.value.span, f"[{', '.join(values)}]".encode()))
            elif known is not None:
                out += [hcl_edit.add_item(self.data, known.value, text) for text in values] if known.value.items else _filled(known, values)
            elif values:
                pending.append((key, values))
        args = attributes.get("args")
        if args is not None and gone:
            if len(gone) < len(args.value.elements):
                out += hcl_edit.remove_from(self.data, args.value, gone)
            elif pending:  # the new attribute takes the place of the one that goes
                key, values = pending.pop(0)
                sign = self.data[args.span.start + len(b"args") : args.value.span.start]
                out.append(Edit(args.span, key.encode() + sign + f"[{', '.join(values)}]".encode()))
            else:
                out.append(hcl_edit.remove_attribute(self.data, block, args))
        if pending and gone and args is not None and not hcl_edit.starts_line(self.data, args.span.start):
            return None  # all of the block stands in one line
        removed = len(gone) == len(args.value.elements) if args is not None and gone else False
        for key, values in pending:
            out.append(hcl_edit.add_attribute(self.data, block, key, [f"[{', '.join(values)}]"], after=None if removed else args))
        return out

    def _secrets(self, block: Block, added: Additions) -> list[str]:
        """The new entries as the block writes them: texts or objects."""
        known = block.attributes.get("secret")
        last = known.value.items[-1] if known is not None and known.value.items else None
        if last is None or last.kind != "object":
            return [hcl_edit.quoted(f"id={id},{key}={value}") for id, key, value in added.secrets]
        tight = b"{ " not in self.data[last.span.start : last.span.end]
        sign = " = " if b" = " in self.data[last.span.start : last.span.end] else "="
        typed = any(e.name == "type" for e in last.elements)
        out = []
        for id, key, value in added.secrets:
            pairs = [("type", "env" if key == "env" else "file")] if typed else []
            inside = ", ".join(f"{k}{sign}{hcl_edit.quoted(v)}" for k, v in (*pairs, ("id", id), (key, value)))
            out.append(f"{{{inside}}}" if tight else f"{{ {inside} }}")
        return out


def _filled(known: Attribute, values: Sequence[str]) -> list[Edit]:
    span = known.value.span
    return [Edit(Span(span.start + 1, span.end - 1), ", ".join(values).encode())] if values else []


def _site(path: str, data: bytes, block: Block) -> Site:
    attributes = block.attributes
    return Site(
        path, block.labels[0], block.line, _args(data, attributes.get("args")),
        _entries(attributes.get("secret"), secret_id), _entries(attributes.get("ssh"), ssh_id),
        _texts(attributes["inherits"].value) if "inherits" in attributes else (),
        {k: _value(attributes[k].value) for k in PATHS if k in attributes}, "dockerfile-inline" in attributes,
        _matrix(attributes["matrix"].value) if "matrix" in attributes else {}, block,
    )  # fmt: skip


def _args(data: bytes, attribute: Attribute | None) -> tuple[Arg, ...] | None:
    if attribute is None or attribute.value.kind == "null":
        return ()
    if attribute.value.kind != "object":
        return None
    out = []
    for element in attribute.value.elements:
        if element.name is None:
            return None
        value = _value(element.value)
        if not value.null:
            out.append(Arg(element.name, value, data.count(b"\n", 0, element.span.start) + 1, element.span))
    return tuple(out)


def _entries(attribute: Attribute | None, ident: object) -> tuple[str, ...] | None:
    """The ids of a list of `id=...` texts or of objects; None when it is no list of such."""
    if attribute is None or attribute.value.kind == "null":
        return ()
    if attribute.value.kind != "tuple":
        return None
    out = []
    for item in attribute.value.items:
        if item.kind == "object":
            out += [e.value.text for e in item.elements if e.name == "id" and e.value.kind == "text"]
        elif item.kind in ("text", "template"):
            out.append(ident("".join(p if isinstance(p, str) else "*" for p in item.parts)))  # type: ignore[operator]
    return tuple(i for i in out if i and "*" not in i)


def _texts(value: Expr) -> tuple[str, ...] | None:
    """A list of plain texts."""
    if value.kind == "null":
        return ()
    if value.kind != "tuple" or any(i.kind != "text" for i in value.items):
        return None
    return tuple(i.text for i in value.items)


def _default(block: Block) -> Value | None:
    found = block.attributes.get("default")
    if found is None or found.value.kind == "null":
        return None
    return _value(found.value)


def _value(value: Expr) -> Value:
    if value.kind in ("text", "template"):
        return Value(tuple(p if isinstance(p, str) else _ref(p) for p in value.parts))
    if value.kind in ("number", "bool"):
        return Value((value.text,))
    if value.kind == "null":
        return Value((), null=True)
    return Value((_ref(value),))


def _ref(value: Expr) -> Ref:
    if value.kind == "variable":
        return Ref(value.text)
    return Ref(_optional(value)) if value.kind == "conditional" else Ref()


def _optional(value: Expr) -> str:
    """The variable of `T != "" ? T : null` and its like: it is passed when it is not empty, else nothing is."""
    parts = value.items
    if len(parts) != 3:
        return ""
    test, one, other = parts
    name = next((e.text for e in (one, other) if e.kind == "variable"), "")
    blank = one if other.kind == "variable" else other
    if not name or not (blank.kind == "null" or (blank.kind == "text" and not blank.text)):
        return ""
    asks = test.items if test.kind in ("operation", "call") and test.text in ("!=", "==", "notequal", "equal") else ()
    plain = {(e.kind, e.text) for e in asks if e.kind in ("variable", "text", "null")}
    is_set = test.text in ("!=", "notequal")
    right = is_set == (one.kind == "variable") and len(asks) == 2
    return name if right and ("variable", name) in plain and ({("text", ""), ("null", "null")} & plain) else ""


def _matrix(value: Expr) -> Mapping[str, Sequence[Mapping[str, str]]] | None:
    """Name -> its values; a value that is an object is spread over its keys (`.dir`)."""
    if value.kind != "object":
        return None
    out: dict[str, list[dict[str, str]]] = {}
    for element in value.elements:
        if element.name is None or element.value.kind != "tuple":
            return None
        out[element.name] = [_row(item) for item in element.value.items]
    return out


def _row(item: Expr) -> dict[str, str]:
    if item.kind == "text":
        return {"": item.text}
    return {f".{e.name}": e.value.text for e in item.elements if e.name and e.value.kind == "text"}

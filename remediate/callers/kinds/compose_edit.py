"""Collects what is wanted of a Compose file, and makes edits that fit together: one for each list, mapping or anchor."""

from __future__ import annotations

from collections.abc import Sequence

from remediate.callers.kinds.compose_around import Source
from remediate.callers.kinds.compose_model import ArgSite, ComposeFile, Layer, held, resolve, sources
from remediate.formats.embedded import FormatError
from remediate.formats.node import Entry, Node
from remediate.formats.yaml_edit import add_entry, add_item, habits, quoted, remove_entries, remove_items
from remediate.model import Edit, Span


class Edits:
    def __init__(self, file: ComposeFile) -> None:
        self.file, self.data = file, file.data
        self._gone: dict[Span, tuple[Layer, Node, dict[Span, ArgSite]]] = {}
        self._added: dict[tuple[Span, str], tuple[Layer, Node, dict[tuple[str, ...], None]]] = {}
        self.declared: dict[str, Source] = {}

    def remove(self, layer: Layer, site: ArgSite) -> None:
        """A build arg goes."""
        self._gone.setdefault(site.container.span, (layer, site.container, {}))[2][site.span] = site

    def add(self, layer: Layer, key: str, lines: Sequence[str]) -> None:
        """An item of `secrets` or `ssh` comes, into the mapping that has `args` (which an anchor may share), else into the build's own."""
        args = layer.held("args")
        build = layer.build
        if build is None or layer.entry is None:
            raise FormatError("the service has no build of its own here")
        holder = args[0] if args is not None else build
        if build.kind == "scalar":
            holder = build
        known = layer.held(key)
        if known is not None:
            holder = known[0]
        self._added.setdefault((holder.span, key), (layer, holder, {}))[2][tuple(lines)] = None

    def declare(self, name: str, source: Source) -> None:
        """A top-level secret comes."""
        self.declared[name] = source

    def made(self) -> list[Edit]:
        out: list[Edit] = []
        replaced: set[tuple[Span, str]] = set()
        for layer, container, sites in self._gone.values():
            out += self._removal(layer, container, sites, replaced)
        for at, (layer, holder, items) in self._added.items():
            if at not in replaced:
                out += self._addition(layer, holder, at[1], list(items))
        return out + self._declarations()

    # -- args ----------------------------------------------------------------------------------------------------------------------------

    def _removal(self, layer: Layer, container: Node, sites: dict[Span, ArgSite], replaced: set[tuple[Span, str]]) -> list[Edit]:
        count = len(container.items) if container.kind == "sequence" else len(container.entries)
        if len(sites) < count:
            if container.kind == "sequence":
                return list(remove_items(self.data, container, [s.number for s in sites.values()]))
            return list(remove_entries(self.data, container, [s.name for s in sites.values()]))
        args = layer.held("args")
        if args is None:
            raise FormatError("the args stand nowhere")
        holder, entry = args
        alone = entry.value is container and not container.anchor
        hidden = sum(1 for m in sources(layer.build) if m.entry("args") is not None) > 1  # a merged one would show through
        if not alone or hidden:
            return [self._emptied(container)]
        if holder.flow:
            return self._in_place(layer, holder, entry, replaced)
        if len(holder.entries) == 1 and not any(span == holder.span for span, _ in self._added):
            return [self._emptied(container)]
        if len(holder.entries) == 1:
            return self._in_place(layer, holder, entry, replaced)
        return list(remove_entries(self.data, holder, ["args"]))

    def _emptied(self, container: Node) -> Edit:
        """`{}` in its place, behind its anchor."""
        empty = b"{}" if container.kind == "mapping" else b"[]"
        if container.flow:
            return Edit(container.span, empty)
        head = self.data[container.start : container.span.start]
        stop = container.start + len(head.rstrip())
        key_end = len(self.data[: container.start].rstrip())
        return Edit(Span(stop if head.strip() else key_end, container.span.end), b" " + empty)

    def _in_place(self, layer: Layer, holder: Node, entry: Entry, replaced: set[tuple[Span, str]]) -> list[Edit]:
        """The new list stands where `args` stood."""
        for (span, key), (_, _, items) in self._added.items():
            if span == holder.span and layer.held(key) is None:
                replaced.add((span, key))
                if holder.flow:
                    return [Edit(entry.span, f"{key}: [{', '.join(_flow(i) for i in items)}]".encode())]
                newline = habits(self.data).newline
                made = add_entry(self.data, holder, key, self._lines(key, list(items)))
                return [Edit(entry.span, made.text.removeprefix(newline) if made.text.startswith(newline) else made.text)]
        return list(remove_entries(self.data, holder, ["args"])) if len(holder.entries) > 1 else [self._emptied(resolve(entry.value))]

    # -- lists of the build --------------------------------------------------------------------------------------------------------------

    def _addition(self, layer: Layer, holder: Node, key: str, items: list[tuple[str, ...]]) -> list[Edit]:
        if holder.kind == "scalar":
            return [self._spread(layer, holder, key, items)]
        known = layer.held(key)
        if known is None:
            after = "args" if holder.entry("args") is not None else ""
            return [add_entry(self.data, holder, key, self._lines(key, items), after=after)]
        value = resolve(known[1].value)
        if value.kind == "sequence" and (value.items or value.flow):
            return [self._item(value, item) for item in items]
        if value.kind == "mapping" and key == "ssh":
            return [add_entry(self.data, value, i[0].partition("=")[0], [i[0].partition("=")[2]] if "=" in i[0] else []) for i in items]
        raise FormatError(f"`{key}` is no list", line=known[1].key.line)

    def _item(self, sequence: Node, item: tuple[str, ...]) -> Edit:
        last = sequence.items[-1].value if sequence.items else None
        text = "\n".join(item) if len(item) > 1 else quoted(item[0], last if last is not None and last.kind == "scalar" else None)
        return add_item(self.data, sequence, text)

    def _lines(self, key: str, items: Sequence[tuple[str, ...]]) -> list[str]:
        return [("- " if n == 0 else "  ") + line for item in items for n, line in enumerate(item)]

    def _spread(self, layer: Layer, scalar: Node, key: str, items: Sequence[tuple[str, ...]]) -> Edit:
        """`build: ./web` becomes a mapping, so that it can hold a list."""
        if layer.entry is None or scalar.block is not None or scalar.flow or scalar.anchor or layer.entry.value is not scalar:
            raise FormatError("`build` stands in a form that cannot get a list", line=scalar.line)
        style = habits(self.data)
        line = self.data[self.data.rfind(b"\n", 0, layer.entry.key.start) + 1 : layer.entry.key.start].decode()
        if line.strip(" ") or b"\n" in self.data[layer.entry.key.start : scalar.span.end]:
            raise FormatError("`build` stands in a form that cannot get a list", line=scalar.line)
        context = self.data[scalar.span.start : scalar.span.end].decode()
        pad, dash = line + " " * style.step, line + " " * (style.step + style.dash)
        lines = [f"{pad}context: {context}", f"{pad}{key}:", *(dash + text for text in self._lines(key, items))]
        begin = scalar.span.start
        while self.data[begin - 1 : begin] == b" ":
            begin -= 1
        return Edit(Span(begin, scalar.span.end), style.newline + style.newline.join(text.encode() for text in lines))

    # -- top level -----------------------------------------------------------------------------------------------------------------------

    def _declarations(self) -> list[Edit]:
        root = self.file.root
        if not self.declared or root is None:
            return []
        found = held(root, "secrets")
        entries = {name: [f"{kind}: {quoted(value)}"] for name, (kind, value) in self.declared.items()}
        if found is not None:
            secrets = resolve(found[1].value)
            if secrets.kind == "mapping" and secrets.entries:
                return [add_entry(self.data, secrets, name, lines) for name, lines in entries.items()]
            if secrets.kind != "null" and not secrets.flow:
                raise FormatError("the top-level `secrets` is no mapping", line=secrets.line)
        pad = " " * habits(self.data).step
        lines = [text for name, inner in entries.items() for text in (f"{name}:", *(pad + one for one in inner))]
        if found is not None:  # `secrets:` without a value, or `{}`
            return [self._filled(found[1], lines)]
        made = add_entry(self.data, root, "secrets", lines)
        return [self._with_blank_line(root, made)]

    def _filled(self, entry: Entry, lines: Sequence[str]) -> Edit:
        style = habits(self.data)
        text = b"".join(style.newline + (" " * style.step + line).encode() for line in lines)
        colon = self.data.index(b":", entry.key.span.end) + 1
        return Edit(Span(colon, max(colon, entry.value.span.end)), text)

    def _with_blank_line(self, root: Node, edit: Edit) -> Edit:
        """A blank line before it, where the file has one between its top-level entries."""
        if root.flow:
            return edit
        newline = habits(self.data).newline
        gaps = [self.data[a.span.end : b.span.start] for a, b in zip(root.entries, root.entries[1:], strict=False)]
        apart = any(newline in gap or self.data[: a.span.end].endswith(newline * 2) for gap, a in zip(gaps, root.entries, strict=False))
        return Edit(edit.span, newline + edit.text) if apart else edit


def _flow(item: tuple[str, ...]) -> str:
    return "{" + ", ".join(item) + "}" if len(item) > 1 else quoted(item[0], flow=True)

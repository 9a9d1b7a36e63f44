"""The edits for a build by a library: an entry of `build_args={...}` goes, one of `secrets=` comes."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

import libcst as cst

from remediate.callers.model import Build, Job, Move, Passed, Place, Refused, Unread
from remediate.callers.python.cuts import cut
from remediate.callers.python.entries import Entries, entries_of
from remediate.callers.python.folders import keyword_text
from remediate.callers.python.literals import literal, quote_of, text_of
from remediate.callers.python.names import argument
from remediate.callers.python.origins import Origin, origin_of
from remediate.callers.python.rows import Library
from remediate.callers.python.site import Answer, Claim, Context
from remediate.callers.python.values import HOLE
from remediate.callers.words import by_path, secret_id
from remediate.model import Edit, Span


class LibrarySite:
    """One call of a library that builds. `tilt`: paths are those of the Tiltfile's folder."""

    def __init__(self, context: Context, row: Library, call: cst.Call, key: int) -> None:
        self.context, self.row, self.call = context, row, call
        self.at = context.tree.span(call).start
        line = context.line(call)
        given = argument(call, row.args)
        self.entries = entries_of(context, given.value) if given is not None else Entries()
        refused = Refused("caller-builder", row.why, line, row.instead) if not row.secrets else None
        if row.secrets and any(a.star == "**" for a in call.args):
            refused = Refused("caller-arguments", "more arguments come from a dict", line, self._hand(None))
        args = tuple(Passed(e.name, context.line(e.node), self._origin(e.value).shown) for e in self.entries.all)
        secrets, ssh = self._supplied()
        place, where, folder = self._located()
        target = keyword_text(context.values, _value(call, row.target)).replace(HOLE, "*") if row.target else ""
        build = Build(
            context.tree.path, context.kind, line, place, where, folder, args, secrets, ssh, target, "buildx" if row.secrets else "docker",
            refused=refused, key=key,
        )  # fmt: skip
        self.builds: tuple[Build, ...] = (build,)
        self.unread: tuple[Unread, ...] = ()
        if not self.entries.complete:
            why = Refused("caller-arguments", "the build args come from a dict that is not written out", line, self._hand(None))
            self.unread = (Unread(line, why),)
        if not row.context[0]:  # Compose reads a file of its own
            self.builds = ()
            self.unread += tuple(Unread(line, refused or Refused("caller-builder", line=line), a.name) for a in args)

    def reads(self) -> frozenset[cst.CSTNode]:
        return frozenset(e.node for e in self.entries.all)

    def _origin(self, value: cst.BaseExpression | None) -> Origin:
        return (
            origin_of(self.context.scopes, self.context.values, self.context.values.parts(value, None)) if value is not None else Origin()
        )

    def _supplied(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        row = self.row
        node = _value(self.call, row.keyword) if row.keyword else None
        if row.secrets == "list":
            texts = [text_of(e) or "" for e in _members(node)]
            ids = tuple(dict.fromkeys(i for t in texts if (i := secret_id(t))))
        else:
            ids = tuple(e.name for e in entries_of(self.context, node).all) if node is not None else ()
        agents = [text_of(e) or "" for e in _members(_value(self.call, row.ssh) if row.ssh else None)]
        return ids, tuple(a.partition("=")[0] for a in agents if a)

    def _located(self) -> tuple[Place, str | None, str | None]:
        row, values = self.row, self.context.values
        keyword, position = row.context
        folders = self.context.folders.of(None)
        if keyword == "" or argument(self.call, "fileobj") is not None or argument(self.call, "dockerfile_contents") is not None:
            found = self.context.folders.located(folders, "-")
            return found.place, None, found.folder
        where = argument(self.call, keyword, position if position >= 0 else None)
        text = keyword_text(values, _location(where.value)) if where is not None else "."
        file = _value(self.call, row.file) if row.file else None
        found = self.context.folders.located(
            folders, text, keyword_text(values, _location(file)) if file is not None else "", file_in_context=row.inside
        )
        return found.place, found.context, found.folder

    def _hand(self, move: Move | None) -> tuple[str, ...]:
        id, name = (move.spec.id, move.arg or move.spec.name) if move is not None else ("ID", "NAME")
        if self.row.secrets == "list":
            return (f'{self.row.keyword}=["id={id},env={name}"]  # in place of the entry of {self.row.args}, with {name} in os.environ',)
        if self.row.secrets == "values":
            return (f'{self.row.keyword}={{"{id}": ...}}  # in place of the entry of {self.row.args}',)
        return (
            (f'{self.row.keyword}={{"{id}": "env={name}"}}  # in place of the entry of {self.row.args}',)
            if self.row.secrets
            else self.row.instead
        )

    # rewriting
    def rewrite(self, jobs: Sequence[tuple[int, Job]]) -> Answer:
        answer = Answer()
        new: list[tuple[int, Move, str]] = []
        gone: list[tuple[int, Move]] = []
        for number, job in jobs:
            for move in job.moves:
                result = self._move(move)
                if isinstance(result, Refused):
                    answer.refuse(
                        number, move, result._replace(line=result.line or self.builds[0].line, by_hand=result.by_hand or self._hand(move))
                    )
                    continue
                if result:
                    new.append((number, move, result))
                    if self.row.told:
                        answer.told.append((number, self.row.told.format(move.arg or move.spec.name)))
                if move.arg:
                    gone.append((number, move))
        if not answer.refused:
            self._edit(answer, new, gone)
        return answer

    def _move(self, move: Move) -> str | Refused:
        """What stands in `secrets=`; "" when it is there already."""
        build = self.builds[0] if self.builds else None
        if build is None or build.refused is not None:
            return build.refused if build is not None and build.refused is not None else Refused("caller-builder", self.row.why)
        entry = self.entries.named(move.arg) if move.arg else None
        if move.arg and (entry is None or not entry.plain):
            return Refused("caller-arguments", f"the entry {move.arg} is put together while the program runs")
        if move.supplied:
            return ""
        if move.ssh:
            return self._key(move, entry.value if entry is not None else None)
        if entry is None:
            return self._added(move, build)
        if self.row.secrets == "values":
            return self.context.tree.text(entry.value)
        origin = self._origin(entry.value)
        dotenv = self.row.elsewhere and self.context.kind != "tilt" and b"dotenv" in self.context.tree.data
        if origin.kind == "env" and not dotenv:
            return f"env={origin.name}"
        if (
            origin.kind == "file"
            and not self.row.elsewhere
            and origin.stripped == ("newline" if move.by_file else "")
            and "," not in origin.name
        ):
            return f"src={origin.name}"
        return Refused("caller-value", f"the value of {move.arg} is in no variable of the environment, and this call takes nothing else")

    def _key(self, move: Move, value: cst.BaseExpression | None) -> str | Refused:
        origin = self._origin(value)
        if not self.row.ssh or _value(self.call, self.row.ssh) is not None or (value is not None and origin.kind != "file"):
            return Refused("caller-key", f"the key is the value of {move.arg}" if move.arg else "")
        return f"{move.spec.id}={origin.name}" if value is not None else move.spec.id

    def _added(self, move: Move, build: Build) -> str | Refused:
        if self.row.secrets == "values":
            return Refused(
                "caller-value", "this call takes values, not files" if move.source else f"the value of {move.spec.name} is not at hand here"
            )
        if not move.source:
            return f"env={move.spec.name}"
        if self.row.secrets == "suffix":
            if build.context is None or not f"{move.source}/".startswith("" if build.context == "." else f"{build.context}/"):
                return Refused("caller-value", f"{move.source} is not in the folder of the asset")
            return f"src={posixpath.relpath(move.source, build.context)}"
        found = by_path(move, build.folder)
        return found if isinstance(found, Refused) else found.partition(",")[2]

    def _edit(self, answer: Answer, new: Sequence[tuple[int, Move, str]], gone: Sequence[tuple[int, Move]]) -> None:
        quote = self._quote()
        secrets = [n for n in new if not n[1].ssh]
        whole = self.entries.emptied([m.arg for _, m in gone]) and self.entries.inline
        given = argument(self.call, self.row.args)
        keyword = argument(self.call, self.row.keyword) if secrets else None
        texts = [self._text(m, v, quote) for _, m, v in secrets]
        edits: list[tuple[Edit, cst.CSTNode | None]] = []
        if secrets and keyword is None and whole and given is not None:
            edits.append((Edit(self.context.tree.span(given), self._keyword(texts).encode()), None))
        else:
            if whole and given is not None:
                edits.append((Edit(self._without(given), b""), None))
            else:
                edits += [(Edit(s, b""), n) for s, n in self.entries.removed([m.arg for _, m in gone])]
            if secrets and keyword is None:
                edits.append((self._argument(self._keyword(texts), given if whole else None), None))
            elif secrets and keyword is not None:
                more = self._more(keyword.value, texts)
                if more is None:
                    for number, move, _ in secrets:
                        answer.refuse(
                            number,
                            move,
                            Refused(
                                "caller-arguments", f"{self.row.keyword} is put together elsewhere", self.builds[0].line, self._hand(move)
                            ),
                        )
                    return
                edits.append((more, None))
        for number, move, value in new:
            if move.ssh:
                answer.claims.append(
                    Claim(number, move.spec.id, self._argument(f"{self.row.ssh}={literal(value, quote)}", given if whole else None))
                )
        first = (new or [(n, m, "") for n, m in gone])[0]
        answer.claims += [Claim(first[0], first[1].spec.id, e, n) for e, n in edits]

    def _quote(self) -> str:
        for arg in self.call.args:
            if isinstance(arg.value, (cst.SimpleString, cst.FormattedString)):
                return quote_of(arg.value)
        first = self.entries.all[0].node if self.entries.all else None
        return quote_of(first.key) if isinstance(first, cst.DictElement) else '"'

    def _text(self, move: Move, value: str, quote: str) -> str:
        if self.row.secrets == "list":
            return literal(f"id={move.spec.id},{value}", quote)
        return f"{literal(move.spec.id, quote)}: {value if self.row.secrets == 'values' else literal(value, quote)}"

    def _keyword(self, texts: Sequence[str]) -> str:
        joined = ", ".join(texts)
        return f"{self.row.keyword}=[{joined}]" if self.row.secrets == "list" else f"{self.row.keyword}={{{joined}}}"

    def _without(self, arg: cst.Arg) -> Span:
        """An argument with its comma."""
        number = list(self.call.args).index(arg)
        return cut(self.context.tree, self.call.args, number, number)

    def _argument(self, text: str, gone: cst.Arg | None) -> Edit:
        """One more keyword argument at the end."""
        tree, args = self.context.tree, [a for a in self.call.args if a is not gone]
        if not args:
            at = tree.data.rfind(b")", 0, tree.span(self.call).end)
            return Edit(Span(at, at), text.encode())
        last = args[-1]
        span = tree.span(last)
        line = tree.data.rfind(b"\n", 0, span.start) + 1
        indent = tree.data[line : span.start]
        gap = tree.source.newline + indent if not indent.strip() and line > self.at else b" "
        return Edit(Span(span.end, span.end), b"," + gap + text.encode())

    def _more(self, node: cst.BaseExpression, texts: Sequence[str]) -> Edit | None:
        """More entries for a `secrets=` that is there."""
        tree, joined = self.context.tree, ", ".join(texts)
        if self.row.secrets == "list" and text_of(node) is not None:
            return Edit(tree.span(node), f"[{tree.text(node)}, {joined}]".encode())
        elements = node.elements if isinstance(node, cst.List if self.row.secrets == "list" else cst.Dict) else None
        if elements is None:
            return None
        if not elements:
            at = tree.span(node).end - 1
            return Edit(Span(at, at), joined.encode())
        span = tree.span(elements[-1])
        line = tree.data.rfind(b"\n", 0, span.start) + 1
        indent = tree.data[line : span.start]
        gap = tree.source.newline + indent if not indent.strip() and line > self.at else b" "
        return Edit(Span(span.end, span.end), b"," + gap + joined.encode())


def _value(call: cst.Call, keyword: str) -> cst.BaseExpression | None:
    found = argument(call, keyword) if keyword else None
    return found.value if found is not None else None


def _members(node: cst.BaseExpression | None) -> list[cst.BaseExpression]:
    if isinstance(node, (cst.List, cst.Tuple)):
        return [e.value for e in node.elements]
    return [node] if node is not None else []


def _location(node: cst.BaseExpression | None) -> cst.BaseExpression | None:
    """`BuildContextArgs(location="x")`, `{"location": "x"}`: the path in it."""
    if isinstance(node, cst.Call):
        found = argument(node, "location")
        return found.value if found is not None else node
    if isinstance(node, cst.Dict):
        for element in node.elements:
            if isinstance(element, cst.DictElement) and text_of(element.key) == "location":
                return element.value
    return node

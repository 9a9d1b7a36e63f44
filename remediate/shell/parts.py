"""The parts of a simple command: words, assignments and redirects from the grammar's nodes."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from remediate.shell.draft import Draft, Frame, Outermost
from remediate.shell.lex import HeredocText, substitutions
from remediate.shell.view import Assignment, Command, Expansion, Loop, Redirect, Word
from remediate.shell.words import Reading, decode, read
from remediate.text import LogicalText, late

if TYPE_CHECKING:
    from tree_sitter import Node

MOST_COMMANDS = 10_000
_SUBSTITUTIONS = frozenset({"command_substitution", "process_substitution"})
_DECLARE = frozenset({"export", "declare", "typeset", "readonly", "local"})
_EXPRESSIONS = frozenset({"binary_expression", "unary_expression", "parenthesized_expression"})
_SPECIAL = frozenset(b"\\'\"$`<>")
_DECLARED = late(rb"[\"']?([A-Za-z_][A-Za-z0-9_]*)(\+?)=")
_FD_NAME = late(r"\{[A-Za-z_][A-Za-z0-9_]*\}")
_TABS = late(rb"^\t+", re.MULTILINE)


class TooMuch(Exception):
    """The text has more commands or deeper nesting than is looked at."""


class Parts(ABC):
    """Everything below the level of lists. `Builder` adds the constructs."""

    def __init__(
        self,
        text: LogicalText,
        heres: Sequence[HeredocText],
        strings: Mapping[int, int],
        outer: Mapping[int, tuple[int, str]],
        parse: Callable[[bytes], Node | None],
    ) -> None:
        self.text, self.data, self.strings, self.outer, self.parse = text, text.data, strings, outer, parse
        self.heres = {here.start: here for here in heres}
        self.bodies: dict[int, Node] | None = None
        self.body_starts: list[int] = []
        self.drafts: list[Draft] = []
        self.expansions: list[Expansion] = []
        self.loose: list[Expansion] = []
        self.functions: list[str] = []
        self.loops: list[Loop] = []
        self.subshells: list[tuple[int, int]] = []
        self.outermost: list[Outermost] = []
        self.pipelines = 0
        self.and_chain, self.damaged, self.bounded = True, False, False

    @abstractmethod
    def statements(self, nodes: Sequence[Node], frame: Frame, top: bool = False) -> None:
        """Walk a list of statements; what walks them knows the constructs, this class only the parts of one command."""

    def commands(self) -> tuple[Command, ...]:
        return tuple([draft.command() for draft in self.drafts])

    def next_pipeline(self) -> int:
        self.pipelines += 1
        return self.pipelines - 1

    def new_draft(self, frame: Frame, start: int, end: int, place: tuple[int, int], connector: str) -> Draft:
        if len(self.drafts) >= MOST_COMMANDS:
            raise TooMuch
        draft = Draft(len(self.drafts), frame, start, end, place, connector)
        self.drafts.append(draft)
        return draft

    def text_of(self, node: Node) -> str:
        return decode(self.data[node.start_byte : node.end_byte])

    def simple(self, node: Node, draft: Draft) -> None:
        """Fill `draft` from a command, a declaration, a bare assignment or a `[ ... ]`."""
        if node.type in ("variable_assignment", "variable_assignments"):
            several = [node] if node.type == "variable_assignment" else [c for c in node.children if c.type == "variable_assignment"]
            draft.assignments += [self.assignment(each, draft) for each in several]
            return
        stack = node.children[::-1]
        declares = node.type == "declaration_command"
        start = end = -1
        nodes: list[Node] = []
        while stack:
            child = stack.pop()
            kind = child.type
            if kind in _EXPRESSIONS:
                stack.extend(reversed(child.children))
                continue
            if nodes and child.start_byte != end:
                draft.argv.append(self.word(start, end, nodes, draft, draft.frame))
                nodes = []
            if kind == "file_redirect" or kind == "herestring_redirect":
                self.redirect(child, draft)
            elif kind == "variable_assignment" and not declares:
                after = child.end_byte
                while stack and stack[-1].start_byte == after:
                    # The grammar ends `A=$B-$C.t` after the second `$`.
                    after = stack.pop().end_byte
                draft.assignments.append(self.assignment(child, draft, after))
            elif kind != "comment":
                start = start if nodes else child.start_byte
                end = child.end_byte
                nodes.append(child)
        if nodes:
            draft.argv.append(self.word(start, end, nodes, draft, draft.frame))
        if declares:
            self._declared(draft)

    def _declared(self, draft: Draft) -> None:
        """`export A=b` and its like: the arguments that assign, as assignments too."""
        options = "".join(w.value or "" for w in draft.argv[1:] if w.raw[:1] in "-+")
        exported = draft.argv[0].value == "export" or "x" in options
        for word in draft.argv[1:]:
            match = _DECLARED.match(self.data, word.start, word.end)
            if match is None:
                continue
            quote = self.data[word.start : word.start + 1]
            value = word
            if word.value is not None:
                inside = word.value.partition("=")[2]
                value = word._replace(raw=decode(self.data[match.end() : word.end]), value=inside, prefix=inside, start=match.end())
            else:
                raw = decode(self.data[match.end() : word.end])
                value = word._replace(raw=raw, prefix=word.prefix.partition("=")[2], start=match.end())
            start = word.start + (quote in (b'"', b"'"))
            draft.assignments.append(Assignment(match.group(1).decode(), value, start, word.end, match.group(2) == b"+", exported))

    def arithmetic(self, node: Node, draft: Draft) -> None:
        """`(( ... ))`: three words, the middle one whatever stands inside."""
        start, end = node.start_byte, node.end_byte
        draft.argv.append(self.word(start, start + 2, [], draft, draft.frame))
        if end - start >= 4:
            draft.argv.append(self.word(start + 2, end - 2, [node], draft, draft.frame))
            draft.argv.append(self.word(end - 2, end, [], draft, draft.frame))

    def assignment(self, node: Node, draft: Draft, stretched: int = 0) -> Assignment:
        start, end = node.start_byte, max(node.end_byte, stretched)
        children = node.children
        value = next((c for c in children if c.type in ("=", "+=")), None)
        if value is None:
            return Assignment(self.text_of(node), None, start, end)
        head = decode(self.data[start : value.start_byte])
        name, bracket, _ = head.partition("[")
        if bracket and "$" in head:
            self._loose(start, value.start_byte, [node], draft.frame)
        word = self.word(value.end_byte, end, children, draft, draft.frame)
        if word.raw.startswith("("):
            word = word._replace(value=None, prefix="")
        return Assignment(name, word, start, end, value.type == "+=")

    def word(self, start: int, end: int, nodes: Sequence[Node], draft: Draft | None, frame: Frame) -> Word:
        """The word that `nodes` make up."""
        data = self.data[start:end]
        raw = data.decode("utf-8", "surrogateescape")
        if _SPECIAL.isdisjoint(data):
            return Word(raw, raw, raw, start, end)
        mark, count = len(self.expansions), len(self.drafts)
        reading = self._read(start, end, "u", _inside(nodes) if b"(" in data or b"`" in data else {}, draft, frame)
        found = self.expansions[mark:]
        if len(self.drafts) > count:
            found.sort(key=lambda e: e.start)
        level = frame.level + 1
        subs = tuple([d.index for d in self.drafts[count:] if d.frame.level == level])
        value, prefix = reading.value, reading.prefix
        if value is not None and any(e.outer for e in found):
            # In single quotes of this shell, but the shell around has put a value there.
            value, prefix = None, ""
        return Word(raw, value, prefix, start, end, tuple(found), tuple(reading.single), subs)

    def _read(self, start: int, end: int, state: str, subs: Mapping[int, Node], draft: Draft | None, frame: Frame) -> Reading:
        """Read a range, note its expansions, and go into its substitutions."""
        ends = {at: node.end_byte for at, node in subs.items()}
        reading = read(self.data, start, end, state, ends.get, frame.backquotes)
        if self.outer:
            reading.expansions = self._with_outer(reading.expansions, start, end)
        self.expansions += reading.expansions
        for at, node in subs.items():
            if start <= at < end:
                inner = frame.substituted(draft.index if draft else None, self.data[at : at + 1] == b"`")
                self.statements(node.children, inner)
        return reading

    def _with_outer(self, found: list[Expansion], start: int, end: int) -> list[Expansion]:
        """Mark what the shell around expands first; inside this shell's single quotes it is there as well."""
        out = [e._replace(outer=True) if e.start in self.outer else e for e in found]
        have = {e.start for e in found}
        out += [Expansion(n, a, z, outer=True) for a, (z, n) in self.outer.items() if start <= a < end and a not in have]
        return sorted(out, key=lambda e: e.start)

    def loosen(self, node: Node, frame: Frame) -> None:
        """A word that belongs to no command: only its expansions and the commands in it are kept."""
        self._loose(node.start_byte, node.end_byte, [node], frame)

    def _loose(self, start: int, end: int, nodes: Sequence[Node], frame: Frame) -> None:
        data = self.data[start:end]
        if not _SPECIAL.isdisjoint(data):
            mark = len(self.expansions)
            subs = _inside(nodes) if b"(" in data or b"`" in data else {}
            own = len(self._read(start, end, "u", subs, None, frame).expansions)
            self.loose += self.expansions[mark : mark + own]

    def redirect(self, node: Node, draft: Draft) -> None:
        fd, op, at, targets = -1, "", node.start_byte, []
        for child in node.children:
            if child.type == "file_descriptor":
                number = self.text_of(child)
                fd = int(number) if number.isdecimal() and len(number) < 10 else -1
            elif not op and not child.is_named:
                op, at = self.text_of(child), child.start_byte
            else:
                targets.append(child)
        if draft.argv and draft.argv[-1].end == node.start_byte and _FD_NAME.fullmatch(draft.argv[-1].raw):
            draft.argv.pop()
        first = targets[:1]
        while len(targets) > len(first) and targets[len(first)].start_byte == first[-1].end_byte:
            first.append(targets[len(first)])
        here = self.heres.get(at)
        if here:
            draft.redirects.append(self._heredoc(here, fd, node.start_byte, draft))
            end = here.word_end
        else:
            op = "<<<" if at in self.strings else op
            target = self.word(first[0].start_byte, first[-1].end_byte, first, draft, draft.frame) if first else None
            end = target.end if target else node.end_byte
            draft.redirects.append(Redirect(op, fd, target, node.start_byte, end))
        # The grammar takes what follows a target for more targets; they are arguments.
        for extra in targets[len(first) :]:
            draft.argv.append(self.word(extra.start_byte, extra.end_byte, [extra], draft, draft.frame))
            end = extra.end_byte
        draft.end = max(draft.end, end)

    def _heredoc(self, here: HeredocText, fd: int, start: int, draft: Draft) -> Redirect:
        op = "<<-" if here.strip else "<<"
        word_start = here.word_end - len(self.data[here.op_end : here.word_end].lstrip(b" \t"))
        name = decode(here.delimiter)
        target = Word(decode(self.data[word_start : here.word_end]), name, name, word_start, here.word_end)
        if not here.found:
            return Redirect(op, fd, target, start, here.word_end, None, not here.quoted)
        mark = len(self.expansions)
        if not here.quoted:
            nodes, starts = self._body_nodes(), self.body_starts
            inside = starts[bisect_left(starts, here.body_start) : bisect_left(starts, here.body_end)]
            subs = {at: nodes[at] for at in inside}
            self._read(here.body_start, here.body_end, "h", subs, draft, draft.frame)
        body = self.text.slice(here.body_start, here.body_end)
        if here.strip:
            body = _without_tabs(body)
        return Redirect(op, fd, target, start, here.word_end, body, not here.quoted, tuple(self.expansions[mark:]))

    def _body_nodes(self) -> dict[int, Node]:
        """The substitutions in all unquoted heredoc bodies by offset: one parse of a text that holds nothing else."""
        if self.bodies is None:
            out, at = [], 0
            ranges = [r for h in self.heres.values() if not h.quoted for r in substitutions(self.data, h.body_start, h.body_end)]
            for start, end in sorted(ranges):
                out += [b" " * (start - at), self.data[start:end]]
                at = end
            self.bodies = {}
            if ranges:
                root = self.parse(b"".join(out))
                if root is None or root.has_error:
                    self.damaged = True
                self.bodies = _inside([root] if root else [])
                self.body_starts = sorted(self.bodies)
        return self.bodies


def _inside(nodes: Sequence[Node]) -> dict[int, Node]:
    """The outermost substitutions below `nodes`, by offset."""
    found: dict[int, Node] = {}
    stack = list(nodes)[::-1]
    while stack:
        node = stack.pop()
        if node.type in _SUBSTITUTIONS:
            found[node.start_byte] = node
        elif node.child_count:
            stack.extend(reversed(node.children))
    return found


def _without_tabs(body: LogicalText) -> LogicalText:
    parts, at = [], 0
    for match in _TABS.finditer(body.data):
        parts += [(at, match.start(), body.data[at : match.start()]), (match.start(), match.end(), b"")]
        at = match.end()
    return body.replaced([*parts, (at, len(body), body.data[at:])])

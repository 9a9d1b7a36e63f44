"""From the grammar's nodes to commands: lists laid out flat, pipelines and redirects grouped as the shell groups them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from remediate.shell.draft import Draft, Frame, Listing, Outermost
from remediate.shell.parts import Parts, TooMuch
from remediate.shell.view import Loop

if TYPE_CHECKING:
    from tree_sitter import Node

DEEPEST = 50
_TRANSPARENT = frozenset({"program", "list", "pipeline", "redirected_statement", "negated_command", "ERROR"})
_SIMPLE = frozenset({"command", "declaration_command", "unset_command", "variable_assignment", "variable_assignments", "test_command"})
_OPERATORS = frozenset({"&&", "||", ";", "&", "|", "|&", "!"})
_PIPES = ("|", "|&")
_REDIRECTS = frozenset({"file_redirect", "herestring_redirect"})
_SILENT = frozenset({"comment", "$(", "(", ")", "`", "``", "<(", ">(", "{", "}", ";;", ";&", ";;&", "\n"})
_LOOPS = frozenset({"for_statement", "c_style_for_statement", "while_statement"})
_COMPOUND = _LOOPS | {
    "subshell", "compound_statement", "if_statement", "case_statement", "function_definition", "do_group", "elif_clause", "else_clause",
}  # fmt: skip


class Builder(Parts):
    """Walks the tree once. What it leaves: drafts, expansions (all of them), loose ones, functions, and the flags."""

    def program(self, root: Node) -> None:
        self.statements([root], Frame(), top=True)

    def _flat(self, nodes: Sequence[Node]) -> list[Node]:
        """The commands, constructs, operators and redirects below `nodes` in the order of the text."""
        out: list[Node] = []
        stack = list(reversed(nodes))
        while stack:
            node = stack.pop()
            if node.type in _TRANSPARENT:
                if node.type == "ERROR":
                    self.damaged = True
                stack.extend(reversed(node.children))
            else:
                out.append(node)
        return out

    def statements(self, nodes: Sequence[Node], frame: Frame, top: bool = False) -> None:
        if frame.depth > DEEPEST:
            raise TooMuch
        items = self._flat(nodes)
        state = Listing(len(self.drafts))
        last: Draft | None = None
        for at, node in enumerate(items):
            kind = node.type
            before = len(self.drafts)
            if kind in _OPERATORS:
                self._operator(kind, state, frame, top)
                last = None if kind != "!" else last
            elif kind in _REDIRECTS:
                if last is None or state.open:
                    last = self._start(node, items, at, frame, state, top)
                self.redirect(node, last)
            elif kind in _SIMPLE:
                last = self._start(node, items, at, frame, state, top)
                self.simple(node, last)
            elif kind in _COMPOUND:
                last = self._compound(node, items, at, frame, state, top)
            elif kind not in _SILENT:
                self.loosen(node, frame)
            if top and kind not in _SILENT:
                self._outermost(node, state, before)

    def _outermost(self, node: Node, state: Listing, before: int) -> None:
        """Note where the statements of the outermost list begin and end. Reads what `statements` has made of the item."""
        kind, found = node.type, self.outermost
        if kind in ("&&", "||", ";", "&"):
            if kind == "&":
                for each in reversed(found):
                    each.background = True
                    if each.connector in ("", ";", "&"):
                        break
            state.first = True
            return
        if state.first or self._begins(node, state):
            found.append(Outermost(node.start_byte, state.connector if state.first else ";", before))
            state.first = False
        state.bang = kind == "!"
        found[-1].end = node.end_byte
        found[-1].plain = found[-1].plain and kind not in _COMPOUND

    def _begins(self, node: Node, state: Listing) -> bool:
        """Whether an item without an operator before it is a statement of its own."""
        if node.type == "!":
            return not state.open
        if node.type in _REDIRECTS:  # `a` and, on the next line, `> f`
            return b"\n" in self.data[self.outermost[-1].end : node.start_byte].replace(b"\\\n", b"")
        return not state.stage and node.type not in _PIPES and not state.bang

    def _operator(self, kind: str, state: Listing, frame: Frame, top: bool) -> None:
        if kind == "!":
            state.negated = True
        elif kind in _PIPES:
            for draft in self.drafts[state.member_start :]:
                if draft.frame.level == frame.level:
                    draft.pipe = True
            state.stage += 1
            state.open = True
        else:
            if kind == "&":
                for draft in self.drafts[state.list_start :]:
                    draft.background = True
            if kind in (";", "&"):
                state.list_start = len(self.drafts)
            if top and kind in ("||", "&"):
                self.and_chain = False
            state.separate(kind)

    def _member(self, items: Sequence[Node], at: int, frame: Frame, state: Listing, top: bool) -> tuple[tuple[int, int], bool]:
        """The (pipeline, stage) of the list's member at `at`, and whether it shares its pipeline with another."""
        if not state.open:
            # Two commands without an operator stand on two lines (a `!` may come first).
            negated = state.negated and items[at - 1].type == "!"
            state.separate(";")
            state.negated = negated
            state.list_start = len(self.drafts)
        if top and state.connector == ";":
            self.and_chain = False
        follow = at + 1
        while follow < len(items) and items[follow].type in _REDIRECTS:
            follow += 1
        piped = state.stage > 0 or (follow < len(items) and items[follow].type in _PIPES)
        state.open = False
        state.member_start = len(self.drafts)
        if not piped and frame.inherit:
            return frame.inherit, False
        if state.pipeline is None:
            state.pipeline = self.next_pipeline()
        return (state.pipeline, state.stage), piped

    def _start(self, node: Node, items: Sequence[Node], at: int, frame: Frame, state: Listing, top: bool) -> Draft:
        place, _ = self._member(items, at, frame, state, top)
        return self._draft(node, place, frame, state)

    def _draft(self, node: Node, place: tuple[int, int], frame: Frame, state: Listing) -> Draft:
        connector = state.connector if state.stage == 0 else ""
        draft = self.new_draft(frame, node.start_byte, node.end_byte, place, connector)
        if state.negated:
            draft.scopes = (*draft.scopes, "negated")
        return draft

    def _compound(self, node: Node, items: Sequence[Node], at: int, frame: Frame, state: Listing, top: bool) -> Draft | None:
        place, piped = self._member(items, at, frame, state, top)
        children = node.children
        redirected = at + 1 < len(items) and items[at + 1].type in _REDIRECTS
        own = [c for c in children if c.type in _REDIRECTS] if node.type == "function_definition" else []
        arithmetic = node.type == "compound_statement" and children[0].type == "(("
        draft = self._draft(node, place, frame, state) if redirected or own or arithmetic else None
        if arithmetic and draft:
            self.arithmetic(node, draft)
            return draft
        inner = frame.within(*(("negated",) if state.negated else ()), inherit=place if piped else None)
        for redirect in own:
            if draft:
                self.redirect(redirect, draft)
        self._extent(node, children)
        self._inside(node.type, children, inner)
        return draft

    def _extent(self, node: Node, children: list[Node]) -> None:
        """Note from where to where a construct goes whose variables or working directory are its own."""
        start, end = node.start_byte, node.end_byte
        if node.type == "for_statement":
            name = next((self.text_of(c) for c in children if c.type == "variable_name"), "")
            has_list = any(c.type == "in" for c in children)
            words = [c for c in children if c.is_named and c.type not in ("variable_name", "do_group", "compound_statement", "comment")]
            if name and has_list and children[0].type == "for":
                self.loops.append(Loop(name, tuple([(c.start_byte, c.end_byte) for c in words]), start, end))
        elif node.type == "subshell":
            self.subshells.append((start, end))

    def extents(self) -> tuple[tuple[Loop, ...], tuple[tuple[int, int], ...]]:
        return tuple(self.loops), tuple(self.subshells)

    def _inside(self, kind: str, children: list[Node], frame: Frame) -> None:
        if kind == "subshell":
            self.statements(children, frame.within("subshell"))
        elif kind == "compound_statement":
            self.statements(children, frame.within("group"))
        elif kind in ("if_statement", "elif_clause", "else_clause"):
            self._branches(children, frame.within("if") if kind == "if_statement" else frame)
        elif kind in _LOOPS:
            self._loop(kind, children, frame.within("loop"))
        elif kind == "case_statement":
            self._case(children, frame.within("case"))
        elif kind == "function_definition":
            self._function(children, frame)
        else:
            self.statements([c for c in children if c.type not in ("do", "done")], frame)

    def _branches(self, children: list[Node], frame: Frame) -> None:
        """`if`, `elif` and `else`: what stands before `then` is a condition."""
        run: list[Node] = []
        for child in children:
            if child.type == "then":
                self.statements(run, frame.within("condition"))
                run = []
            elif child.type in ("elif_clause", "else_clause"):
                self.statements(run, frame)
                run = []
                self._inside(child.type, child.children, frame)
            elif child.type not in ("if", "elif", "else", "fi"):
                run.append(child)
        self.statements(run, frame)

    def _loop(self, kind: str, children: list[Node], frame: Frame) -> None:
        head: list[Node] = []
        for child in children:
            if child.type in ("do_group", "compound_statement"):
                if kind == "while_statement":
                    self.statements(head, frame.within("condition"))
                self.statements([c for c in child.children if c.type not in ("do", "done")], frame)
                head = []
            elif kind == "while_statement":
                if child.type not in ("while", "until"):
                    head.append(child)
            elif child.is_named and child.type != "comment":
                self.loosen(child, frame)
        if head:
            self.statements(head, frame)

    def _case(self, children: list[Node], frame: Frame) -> None:
        for child in children:
            if child.type != "case_item":
                if child.is_named and child.type != "comment":
                    self.loosen(child, frame)
                continue
            inner = child.children
            close = next((k for k, c in enumerate(inner) if c.type == ")"), -1)
            for pattern in inner[: max(close, 0)]:
                if pattern.is_named:
                    self.loosen(pattern, frame)
            self.statements(inner[close + 1 :], frame)

    def _function(self, children: list[Node], frame: Frame) -> None:
        name = next((self.text_of(c) for c in children if c.type == "word"), "")
        self.functions.append(name)
        body = [c for c in children if c.type in _COMPOUND or c.type == "test_command"]
        inner = frame.within(f"function:{name}")
        for child in body:
            if child.type == "compound_statement" and child.children[0].type == "{":
                self.statements(child.children, inner)
            else:
                self.statements([child], inner)

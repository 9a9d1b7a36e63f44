"""The words of an argument list, wherever its parts are written: literals, `+`, variables that grow, `*args`, functions of this file."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from remediate.callers.python.events import Event, Scope, Where
from remediate.callers.python.names import MOST_STEPS, Frame, dotted, frame_in, frame_of, function_of
from remediate.callers.python.scopes import Scopes
from remediate.callers.python.stories import extra_path, filled_later, rebound, returned, splits_texts, story_of
from remediate.callers.python.turns import Turn, Turns, together
from remediate.callers.python.values import Values
from remediate.callers.python.word import Gap, Items, Word, in_turn, is_none, repeated, sometimes

MOST_WORDS = 1000


class Lists:
    """Follows lists through one file. `reads(call)`: a call that only reads the list that it is given (a runner, a logger)."""

    def __init__(self, scopes: Scopes, values: Values, reads: Callable[[cst.Call], bool]) -> None:
        self.scopes, self.values, self.reads = scopes, values, reads
        self.turns = Turns(scopes, values)
        self.idle: set[cst.CSTNode] = set()  # words of loops over nothing
        self.alone: Callable[[cst.FunctionDef], bool] = lambda _: False  # whether a function is called in one place only

    def words(self, node: cst.BaseExpression, frame: Frame | None = None, steps: int = MOST_STEPS) -> Items:
        """The words that a list expression makes."""
        self.values.spend()
        if steps <= 0:
            return [Gap(node)]
        if isinstance(node, (cst.List, cst.Tuple)):
            out: Items = []
            if len(node.elements) > MOST_WORDS:
                return [Gap(node)]
            for element in node.elements:
                starred = isinstance(element, cst.StarredElement)
                out += self.words(element.value, frame, steps - 1) if starred else [self.word(element.value, node, frame)]
            return out
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
            return self.words(node.left, frame, steps - 1) + self.words(node.right, frame, steps - 1)
        if isinstance(node, cst.IfExp):
            both = self.words(node.body, frame, steps - 1) + self.words(node.orelse, frame, steps - 1)
            return [sometimes(w) for w in both]
        if isinstance(node, (cst.ListComp, cst.GeneratorExp)):
            return self._comprehension(node, frame, steps)
        if isinstance(node, cst.Name):
            return self._name(node, frame, steps)
        if isinstance(node, cst.Subscript) and _whole(node):
            return self.words(node.value, frame, steps - 1)
        if isinstance(node, cst.Call):
            return self._call(node, frame, steps)
        return [Gap(node)]

    def word(self, node: cst.BaseExpression, holder: cst.CSTNode, frame: Frame | None) -> Word:
        return Word(self.values.parts(node, frame), node, holder, frame)

    def arguments(self, call: cst.Call, skip: int, frame: Frame | None) -> Items:
        """The words that stand as the arguments of a call."""
        return self.loose([a for a in call.args if a.keyword is None and a.star != "**"][skip:], call, frame)

    def loose(self, args: list[cst.Arg] | tuple[cst.Arg, ...], holder: cst.CSTNode, frame: Frame | None) -> Items:
        out: Items = []
        for arg in args:
            out += self.words(arg.value, frame) if arg.star else [self.word(arg.value, holder, frame)]
        return out

    def _call(self, node: cst.Call, frame: Frame | None, steps: int) -> Items:
        name = dotted(self.scopes, node.func, self.scopes.where[node])
        if name in ("list", "tuple") and len(node.args) == 1 and not node.args[0].star:
            return self.words(node.args[0].value, frame, steps - 1)
        if isinstance(node.func, cst.Attribute) and node.func.attr.value == "copy" and not node.args:
            return self.words(node.func.value, frame, steps - 1)
        if name in ("itertools.chain", "chain") and node.args:
            each = [self.flat(a.value, frame, steps - 1) if a.star else self.words(a.value, frame, steps - 1) for a in node.args]
            return [w for words in each for w in words]
        if name in ("itertools.chain.from_iterable", "chain.from_iterable") and len(node.args) == 1:
            return self.flat(node.args[0].value, frame, steps - 1)
        function = function_of(self.scopes, node)
        value = returned(function) if function is not None and self.alone(function) else None
        inner = frame_of(function, node, frame) if function is not None and value is not None else None
        if value is not None and inner is not None:
            return self.words(value, inner, steps - 1)
        if name == "filter" and len(node.args) == 2 and isinstance(node.args[0].value, cst.Name) and node.args[0].value.value == "None":
            return [w for w in self.words(node.args[1].value, frame, steps - 1) if not is_none(w.node)]
        if name == "map" and len(node.args) == 2 and isinstance(node.args[0].value, cst.Name) and node.args[0].value.value == "str":
            return self.words(node.args[1].value, frame, steps - 1)
        return [Gap(node)]

    def flat(self, node: cst.BaseExpression, frame: Frame | None, steps: int) -> Items:
        """The words of all lists in a list of lists."""
        self.values.spend()
        if steps <= 0:
            return [Gap(node)]
        if isinstance(node, (cst.List, cst.Tuple)) and not any(isinstance(e, cst.StarredElement) for e in node.elements):
            return [w for e in node.elements for w in self.words(e.value, frame, steps - 1)]
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
            return self.flat(node.left, frame, steps - 1) + self.flat(node.right, frame, steps - 1)
        if isinstance(node, (cst.ListComp, cst.GeneratorExp)) and node.for_in.inner_for_in is None:
            turns = self.turns.of_loop(node.for_in, frame)
            some = bool(node.for_in.ifs)
            if turns is not None:
                self.idle |= {node} if not turns else set()
                return [in_turn(w, t, some) for t in turns for w in self.words(node.elt, t.frame, steps - 1)]
        if isinstance(node, cst.Name) and node in self.scopes.where:
            where = self.scopes.where[node]
            scope = self.scopes.find(node.value, where.scope)
            story = story_of(scope, node.value, where) if scope is not None else None
            if story and len(story) == 1 and story[0].kind == "bind" and isinstance(story[0].value, cst.BaseExpression):
                return self.flat(story[0].value, frame, steps - 1)
        return [Gap(node)]

    def _comprehension(self, node: cst.ListComp | cst.GeneratorExp, frame: Frame | None, steps: int) -> Items:
        """`[str(x) for x in cmd]` is the list; else the words of the inmost element, any number of times."""
        loop = node.for_in
        element = node.elt.args[0].value if isinstance(node.elt, cst.Call) and len(node.elt.args) == 1 else node.elt
        same = isinstance(element, cst.Name) and isinstance(loop.target, cst.Name) and element.value == loop.target.value
        if same and loop.inner_for_in is None and (element is node.elt or _calls_str(node.elt)):
            found = self.words(loop.iter, frame, steps - 1)
            return [sometimes(w) for w in found] if loop.ifs else found
        turns = self.turns.of_loop(loop, frame)
        if turns is not None and not (loop.inner_for_in is not None and loop.inner_for_in.inner_for_in is not None):
            self.idle |= {node} if not turns else set()
            some = bool(loop.ifs) or (loop.inner_for_in is not None and bool(loop.inner_for_in.ifs))
            return [in_turn(w, t, some) for t in turns for w in self._elements(node, t.frame, steps)]
        while loop.inner_for_in is not None:
            loop = loop.inner_for_in
        if (
            isinstance(node.elt, cst.Name)
            and isinstance(loop.target, cst.Name)
            and loop.target.value == node.elt.value
            and loop is not node.for_in
        ):
            items = self.words(loop.iter, frame, steps - 1)
        else:
            items = [self.word(node.elt, node, frame)]
        return [repeated(w) for w in items]

    def _elements(self, node: cst.ListComp | cst.GeneratorExp, frame: Frame | None, steps: int) -> Items:
        """The words of one turn: `f"--build-arg={k}={v}"`, or those of an inner loop over a list."""
        inner = node.for_in.inner_for_in
        if inner is None:
            return [self.word(node.elt, node, frame)]
        same = isinstance(node.elt, cst.Name) and isinstance(inner.target, cst.Name) and node.elt.value == inner.target.value
        return self.words(inner.iter, frame, steps - 1) if same else [Gap(node)]

    # variables
    def _name(self, node: cst.Name, frame: Frame | None, steps: int) -> Items:
        where = self.scopes.where[node]
        scope = self.scopes.find(node.value, where.scope)
        if scope is None:
            return [Gap(node)]
        here = frame_in(frame, scope.node)
        if here is not None and not rebound(scope, node.value):
            if node.value == here.star_name:
                return self.loose(here.star, here.call, here.outer)
            if node.value in here.given:
                return self.words(here.given[node.value], here.outer, steps - 1)
        if here is not None and node.value in here.given and splits_texts(self.scopes.tree, scope, node.value):
            return self.words(here.given[node.value], here.outer, steps - 1)
        story = story_of(scope, node.value, where) or filled_later(scope, node.value, where)
        if story is None or not isinstance(story[0].value, cst.BaseExpression) or story[0].kind not in ("bind", "param"):
            return [Gap(node)]
        if story[0].kind == "param":
            given = here.given.get(node.value, story[0].value) if here is not None else None
            start: Items = [Gap(node)]
            if isinstance(given, cst.BaseExpression) and here is not None:
                start = [] if is_none(given) else self.words(given, here.outer if node.value in here.given else None, steps - 1)
        else:
            start = self.words(story[0].value, frame, steps - 1)
            if extra_path(story[0], where):
                start = [sometimes(w) for w in start]
        for events in together(story[1:], where):
            turns = self.turns.of(events, where, frame) if len(start) < MOST_WORDS else None
            if turns == []:
                self.idle |= {n for e in events for n in _added(e)}
            for event, turn in [(e, t) for t in turns for e in events] if turns is not None else [(e, None) for e in events]:
                if not self._grown(start, event, scope, where, frame, steps, turn):
                    return [Gap(node)]
        after = [e for e in scope.events[node.value] if e.kind == "escape" and e.order >= where.order]
        if any(not isinstance(e.node, cst.Call) or not self._only_reads(e.node, e.value) for e in after):
            return [Gap(node)]  # something else gets these words, too
        return start

    def _grown(
        self, items: Items, event: Event, scope: Scope, where: Where, frame: Frame | None, steps: int, turn: Turn | None = None
    ) -> bool:
        """Adds what one event adds (in one turn of its loop); False when the list is then no longer known."""
        frame = turn.frame if turn is not None else frame
        if event.kind == "escape":
            return isinstance(event.node, cst.Call) and self._only_reads(event.node, event.value)
        if event.kind == "add" and isinstance(event.value, cst.BaseExpression):
            new = self.words(event.value, frame, steps - 1)
        elif event.kind == "method" and isinstance(event.node, cst.Call):
            args = event.node.args
            front = event.method == "insert" and len(args) == 2 and isinstance(args[0].value, cst.Integer) and args[0].value.value == "0"
            if event.method not in ("append", "extend", "insert") or any(a.star or a.keyword for a in args) or not args:
                return False
            if event.method == "insert" and not front:
                return False
            last = args[-1].value
            new = self.words(last, frame, steps - 1) if event.method == "extend" else [self.word(last, event.node, frame)]
            if front:
                items[:0] = [sometimes(w) for w in new] if extra_path(event, where) else new
                return True
        else:
            return False
        extra = extra_path(event, where)
        if turn is not None:
            new = [in_turn(w, turn, len(extra) > 1) for w in new]
        elif any(step[2] == "loop" for step in extra):
            new = [repeated(w) for w in new]
        elif extra:
            new = [sometimes(w) for w in new]
        items += new
        return len(items) < MOST_WORDS

    def _only_reads(self, call: cst.Call, given: cst.CSTNode | None) -> bool:
        if self.reads(call):
            return True
        function = function_of(self.scopes, call)
        if function is None or given is None:
            return False
        for number, arg in enumerate(call.args):
            if arg.value is given:
                names = [p.name.value for p in (*function.params.posonly_params, *function.params.params)]
                names = names[1:] if isinstance(call.func, cst.Attribute) and names[:1] in (["self"], ["cls"]) else names
                name = arg.keyword.value if arg.keyword is not None else names[number] if number < len(names) else ""
                inner = next((w.scope for w in self.scopes.where.values() if w.scope.node is function), None)
                return inner is None or all(e.kind in ("param", "escape", "bind") for e in inner.events.get(name, ()))
        return False


def _added(event: Event) -> list[cst.CSTNode]:
    """What an event adds to a list."""
    if isinstance(event.node, cst.Call):
        return [a.value for a in event.node.args]
    return [event.value] if event.value is not None else []


def _calls_str(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "str"


def _whole(node: cst.Subscript) -> bool:
    """`cmd[:]`"""
    if len(node.slice) != 1 or not isinstance(node.slice[0].slice, cst.Slice):
        return False
    part = node.slice[0].slice
    return part.lower is None and part.upper is None and part.step is None

"""The words of an argument list, wherever its parts are written: literals, `+`, variables that grow, `*args`, functions of this file."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import libcst as cst

from remediate.callers.python.events import Event, Scope, Where
from remediate.callers.python.literals import text_of
from remediate.callers.python.names import MOST_STEPS, Frame, dotted, function_of
from remediate.callers.python.scopes import LOOKING, Scopes
from remediate.callers.python.values import HOLE, Part, Parts, Values, extra_path, rebound, shown, story_of
from remediate.model import NamedTuple

MOST_WORDS = 1000
_SHOWING = frozenset(
    "join debug info warning warn error exception critical log echo secho print_command log_command show display announce pprint trace"
    " append_log".split()
)


class Word(NamedTuple):
    """One word: `node` is the expression that makes it, `holder` the list, call or tuple that it stands in.

    `sometimes`: only in one branch; `repeated`: any number of times (in a loop). `names`: what its `NAME=` part can be when the words
    of a loop over a dict that is written out are put together there.
    """

    parts: Parts
    node: cst.BaseExpression
    holder: cst.CSTNode
    frame: Frame | None = None
    sometimes: bool = False
    repeated: bool = False
    names: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return shown(self.parts)


class Gap(NamedTuple):
    """Any number of words that are not known."""

    node: cst.CSTNode


Items = list["Word | Gap"]


class Lists:
    """Follows lists through one file. `reads(call)`: a call that only reads the list that it is given (a runner, a logger)."""

    def __init__(self, scopes: Scopes, values: Values, reads: Callable[[cst.Call], bool]) -> None:
        self.scopes, self.values, self.reads = scopes, values, reads
        self.visited: set[cst.CSTNode] = set()  # every literal whose words were taken

    def words(self, node: cst.BaseExpression, frame: Frame | None = None, steps: int = MOST_STEPS) -> Items:
        """The words that a list expression makes."""
        self.values.spend()
        if steps <= 0:
            return [Gap(node)]
        if isinstance(node, (cst.List, cst.Tuple)):
            self.visited.add(node)
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
            return [_sometimes(w) for w in both]
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
        if name == "map" and len(node.args) == 2 and isinstance(node.args[0].value, cst.Name) and node.args[0].value.value == "str":
            return self.words(node.args[1].value, frame, steps - 1)
        return [Gap(node)]

    def _comprehension(self, node: cst.ListComp | cst.GeneratorExp, frame: Frame | None, steps: int) -> Items:
        """`[str(x) for x in cmd]` is the list; else the words of the inmost element, any number of times."""
        loop = node.for_in
        element = node.elt.args[0].value if isinstance(node.elt, cst.Call) and len(node.elt.args) == 1 else node.elt
        same = isinstance(element, cst.Name) and isinstance(loop.target, cst.Name) and element.value == loop.target.value
        if same and loop.inner_for_in is None and (element is node.elt or _calls_str(node.elt)):
            found = self.words(loop.iter, frame, steps - 1)
            return [_sometimes(w) for w in found] if loop.ifs else found
        names = self._keys(loop, frame, steps)
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
        return [_repeated(w, names) for w in items]

    def _keys(self, loop: cst.For | cst.CompFor, frame: Frame | None, steps: int) -> tuple[str, ...]:
        """The keys of the dict that a loop goes over, when it is written out."""
        node = loop.iter
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "items":
            node = node.func.value
        return self.keys(node, frame) or ()

    def keys(self, node: cst.BaseExpression, frame: Frame | None) -> tuple[str, ...] | None:
        """The keys of a dict (or of a list of pairs, or of `NAME=value` texts), when they are written out."""
        if isinstance(node, cst.Name):
            where = self.scopes.where[node]
            scope = self.scopes.find(node.value, where.scope)
            story = story_of(scope, node.value, where) if scope is not None else None
            if frame is not None and scope is not None and scope.node is frame.function and node.value in frame.given:
                return self.keys(frame.given[node.value], frame.outer)
            value = story[0].value if story and all(e.kind in ("bind", "escape") for e in story) else None
            return self.keys(value, frame) if isinstance(value, cst.BaseExpression) and not isinstance(value, cst.Name) else None
        if isinstance(node, cst.Dict):
            texts = [text_of(e.key) if isinstance(e, cst.DictElement) else None for e in node.elements]
        elif isinstance(node, (cst.List, cst.Tuple)):
            firsts = [e.value.elements[0].value if isinstance(e.value, cst.Tuple) and e.value.elements else e.value for e in node.elements]
            texts = [self.values.parts(f, frame)[0].text.partition("=")[0] or None if self.values.parts(f, frame) else None for f in firsts]
        elif isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "dict":
            texts = [a.keyword.value if a.keyword is not None else None for a in node.args]
        else:
            return None
        return None if any(t is None for t in texts) else tuple(t for t in texts if t is not None)

    # variables
    def _name(self, node: cst.Name, frame: Frame | None, steps: int) -> Items:
        where = self.scopes.where[node]
        scope = self.scopes.find(node.value, where.scope)
        if scope is None:
            return [Gap(node)]
        if frame is not None and scope.node is frame.function and not rebound(scope, node.value):
            if node.value == frame.star_name:
                return self.loose(frame.star, frame.call, frame.outer)
            if node.value in frame.given:
                return self.words(frame.given[node.value], frame.outer, steps - 1)
        story = story_of(scope, node.value, where)
        if story is None or not isinstance(story[0].value, cst.BaseExpression) or story[0].kind not in ("bind", "param"):
            return [Gap(node)]
        if story[0].kind == "param":
            given = frame.given.get(node.value) if frame is not None and scope.node is frame.function else None
            start: Items = self.words(given, frame.outer, steps - 1) if given is not None and frame is not None else [Gap(node)]
        else:
            start = self.words(story[0].value, frame, steps - 1)
        for event in story[1:]:
            if not self._grown(start, event, scope, where, frame, steps):
                return [Gap(node)]
        after = [e for e in scope.events[node.value] if e.kind == "escape" and e.order >= where.order]
        if any(not isinstance(e.node, cst.Call) or not self._only_reads(e.node, e.value) for e in after):
            return [Gap(node)]  # something else gets these words, too
        return start

    def _grown(self, items: Items, event: Event, scope: Scope, where: Where, frame: Frame | None, steps: int) -> bool:
        """Adds what one event adds; False when the list is then no longer known."""
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
                items[:0] = [_sometimes(w) for w in new] if extra_path(event, where) else new
                return True
        else:
            return False
        extra = extra_path(event, where)
        if any(step[2] == "loop" for step in extra):
            new = [_repeated(w, self._loop_keys(event, frame, steps)) for w in new]
        elif extra:
            new = [_sometimes(w) for w in new]
        items += new
        return len(items) < MOST_WORDS

    def _loop_keys(self, event: Event, frame: Frame | None, steps: int) -> tuple[str, ...]:
        node: cst.CSTNode | None = event.node
        while node is not None and not isinstance(node, cst.For):
            node = self.scopes.tree.parents.get(node)
        return self._keys(node, frame, steps) if node is not None else ()

    def _only_reads(self, call: cst.Call, given: cst.CSTNode | None) -> bool:
        if self.reads(call):
            return True
        function = function_of(self.scopes, call)
        if function is None or given is None:
            return False
        for number, arg in enumerate(call.args):
            if arg.value is given:
                names = [p.name.value for p in (*function.params.posonly_params, *function.params.params)]
                name = arg.keyword.value if arg.keyword is not None else names[number] if number < len(names) else ""
                inner = next((w.scope for w in self.scopes.where.values() if w.scope.node is function), None)
                return inner is None or all(e.kind in ("param", "escape", "bind") for e in inner.events.get(name, ()))
        return False


def plain_reader(scopes: Scopes, call: cst.Call) -> bool:
    """A call that surely leaves its arguments alone: print, a logger, a join."""
    if isinstance(call.func, cst.Attribute):
        if call.func.attr.value in _SHOWING:
            return True
        return dotted(scopes, call.func, scopes.where[call]).startswith(("logging.", "shlex.", "click.echo", "pprint."))
    return isinstance(call.func, cst.Name) and (call.func.value in LOOKING or call.func.value in _SHOWING)


def _sometimes(item: Word | Gap) -> Word | Gap:
    return item._replace(sometimes=True) if isinstance(item, Word) else item


def _repeated(item: Word | Gap, names: tuple[str, ...]) -> Word | Gap:
    return item._replace(sometimes=True, repeated=True, names=names) if isinstance(item, Word) else item


def _calls_str(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "str"


def _whole(node: cst.Subscript) -> bool:
    """`cmd[:]`"""
    if len(node.slice) != 1 or not isinstance(node.slice[0].slice, cst.Slice):
        return False
    part = node.slice[0].slice
    return part.lower is None and part.upper is None and part.step is None


def known_words(items: Items) -> Iterator[Word]:
    return (i for i in items if isinstance(i, Word))


__all__ = ["HOLE", "Gap", "Items", "Lists", "Part", "Word", "known_words", "plain_reader"]

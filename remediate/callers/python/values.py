"""What an expression of type text is: known text, and holes of which the expression is known."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

import libcst as cst

from remediate.callers.python.literals import decoded, format_fields, percent_fields, text_of
from remediate.callers.python.names import MOST_STEPS, Frame, dotted, frame_in
from remediate.callers.python.scopes import Scopes
from remediate.callers.python.stories import extra_path, rebound, story_of
from remediate.formats.embedded import FormatError
from remediate.model import NamedTuple

HOLE = "\ue000"  # an unknown part of a text
MOST_LOOKS = 200_000  # expressions that are looked at in one file, however often
ROOT = "\ue001"  # the folder of the repository, at the start of a path


class Part(NamedTuple):
    """Known `text`, or a hole. `how` is how the hole's value becomes text: "f" `{x}`, "spec" `{x!r:>3}`, "%" `%s`, "+" it is text.

    `via`: the expression by which a known text is named here.
    """

    text: str = ""
    hole: cst.BaseExpression | None = None
    how: str = "+"
    frame: Frame | None = None
    via: cst.BaseExpression | None = None


Parts = tuple[Part, ...]


def shown(parts: Iterable[Part]) -> str:
    """The text with a mark for each hole."""
    return "".join(HOLE if p.hole is not None else p.text for p in parts)


class Values:
    """Follows texts through one file."""

    def __init__(self, scopes: Scopes) -> None:
        self.scopes = scopes
        self.left = MOST_LOOKS

    def spend(self) -> None:
        """Lists that double from line to line are no builds: FormatError for a file that asks for too much."""
        self.left -= 1
        if self.left < 0:
            raise FormatError("its lists and texts are put together from too many parts", line=1)

    def parts(self, node: cst.BaseExpression, frame: Frame | None, steps: int = MOST_STEPS) -> Parts:
        """The text that an expression makes."""
        self.spend()
        unknown = (Part(hole=node, frame=frame),)
        if steps <= 0:
            return unknown
        if isinstance(node, (cst.SimpleString, cst.ConcatenatedString)):
            if isinstance(node, cst.ConcatenatedString):
                return self.parts(node.left, frame, steps - 1) + self.parts(node.right, frame, steps - 1)
            text = text_of(node)
            return unknown if text is None else (Part(text),)
        if isinstance(node, cst.FormattedString):
            return self._formatted(node, frame, steps) or unknown
        if isinstance(node, cst.BinaryOperation):
            return self._operation(node, frame, steps) or unknown
        if isinstance(node, cst.Call):
            return self._call(node, frame, steps) or unknown
        if isinstance(node, cst.Attribute) and node.attr.value == "parent":
            return self._parent(node.value, frame, steps) or unknown
        if isinstance(node, cst.Name):
            return self._name(node, frame, steps) or unknown
        return unknown

    def known(self, node: cst.BaseExpression, frame: Frame | None = None) -> str | None:
        """The text of an expression, when all of it is known."""
        parts = self.parts(node, frame)
        return None if any(p.hole is not None for p in parts) else "".join(p.text for p in parts)

    def leaves(
        self, node: cst.BaseExpression, frame: Frame | None, steps: int = MOST_STEPS
    ) -> list[tuple[cst.BaseExpression, Frame | None]]:
        """The literals (and the expressions that are none) that are put together to one text, through names and `+`."""
        self.spend()
        if steps <= 0:
            return [(node, frame)]
        if isinstance(node, cst.ConcatenatedString):
            return self.leaves(node.left, frame, steps - 1) + self.leaves(node.right, frame, steps - 1)
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
            return self.leaves(node.left, frame, steps - 1) + self.leaves(node.right, frame, steps - 1)
        if isinstance(node, cst.Call) and len(node.args) == 1 and self._called(node) in ("textwrap.dedent", "inspect.cleandoc"):
            return self.leaves(node.args[0].value, frame, steps - 1)
        if isinstance(node, cst.Name) and node in self.scopes.where:
            where = self.scopes.where[node]
            scope = self.scopes.find(node.value, where.scope)
            here = frame_in(frame, scope.node) if scope is not None else None
            if scope is not None and here is not None and node.value in here.given and not rebound(scope, node.value):
                return self.leaves(here.given[node.value], here.outer, steps - 1)
            story = [e for e in story_of(scope, node.value, where) or () if e.kind != "escape"] if scope is not None else []
            exprs = [e.value for e in story if e.kind in ("bind", "add") and isinstance(e.value, cst.BaseExpression)]
            if story and len(exprs) == len(story) and not any(extra_path(e, where) for e in story):
                return [leaf for e in exprs for leaf in self.leaves(e, frame, steps - 1)]
        return [(node, frame)]

    def turn(self, node: cst.BaseExpression, frame: Frame | None) -> tuple[cst.BaseExpression, Frame | None] | None:
        """What the variable of a loop stands for in this turn, and the frame in which that is read."""
        where = self.scopes.where.get(node) if frame is not None and isinstance(node, cst.Name) else None
        if where is None or not isinstance(node, cst.Name):
            return None
        scope = self.scopes.find(node.value, where.scope)
        if scope is not None and scope.kind == "comprehension":
            story = [e for e in scope.events[node.value] if e.kind != "escape"]
        else:
            story = [e for e in story_of(scope, node.value, where) or () if e.kind != "escape"] if scope is not None else []
        if len(story) != 1 or story[0].kind != "loop":
            return None
        found = frame_in(frame, story[0].node)
        return (found.given[node.value], found.source) if found is not None and node.value in found.given else None

    def _called(self, node: cst.Call) -> str:
        return dotted(self.scopes, node.func, self.scopes.where[node])

    def _formatted(self, node: cst.FormattedString, frame: Frame | None, steps: int) -> Parts | None:
        out: list[Part] = []
        for piece in node.parts:
            if isinstance(piece, cst.FormattedStringText):
                texts = decoded(piece.value, "r" in node.start.lower(), braces=True)
                if texts is None:
                    return None
                out.append(Part("".join(t.text for t in texts)))
            elif isinstance(piece, cst.FormattedStringExpression):
                if piece.conversion is not None or piece.format_spec is not None or piece.equal is not None:
                    out.append(Part(hole=piece.expression, how="spec", frame=frame))
                else:
                    out += self._inside(piece.expression, "f", frame, steps)
        return tuple(out)

    def _inside(self, node: cst.BaseExpression, how: str, frame: Frame | None, steps: int) -> Parts:
        """A field: its text when all of it is known, else one hole."""
        parts = self.parts(node, frame, steps - 1)
        turn = self.turn(node, frame)
        if turn is not None and any(p.hole is not None for p in parts):
            return self._inside(turn[0], how, turn[1], steps - 1) if steps > 0 else (Part(hole=node, how=how, frame=frame),)
        if any(p.hole is not None for p in parts) and not _is_path(parts):
            return (Part(hole=node, how=how, frame=frame),)
        text = "".join(p.text for p in parts)
        return (Part(text, None, how, frame, node),) if all(p.hole is None for p in parts) and text else parts

    def _operation(self, node: cst.BinaryOperation, frame: Frame | None, steps: int) -> Parts | None:
        if isinstance(node.operator, cst.Add):
            return self.parts(node.left, frame, steps - 1) + self.parts(node.right, frame, steps - 1)
        if isinstance(node.operator, cst.Divide):
            return self._joined((node.left, node.right), frame, steps)
        text = text_of(node.left) if isinstance(node.operator, cst.Modulo) else None
        fields = percent_fields(text) if text is not None else None
        if text is None or fields is None:
            return None
        given: dict[int | str, cst.BaseExpression] = {0: node.right}
        if isinstance(node.right, cst.Tuple):
            given = {n: e.value for n, e in enumerate(node.right.elements)}
        elif isinstance(node.right, cst.Dict):
            given = {k: e.value for e in node.right.elements if isinstance(e, cst.DictElement) and (k := text_of(e.key)) is not None}
        return self._filled(text, [(f.start, f.end, given.get(f.argument), f.plain) for f in fields], "%", frame, steps)

    def _filled(
        self, text: str, fields: list[tuple[int, int, cst.BaseExpression | None, bool]], how: str, frame: Frame | None, steps: int
    ) -> Parts | None:
        out: list[Part] = []
        at = 0
        for start, end, value, plain in fields:
            if value is None:
                return None
            out.append(Part(_once(text[at:start], how)))
            out += self._inside(value, how, frame, steps) if plain else (Part(hole=value, how="spec", frame=frame),)
            at = end
        out.append(Part(_once(text[at:], how)))
        return tuple(p for p in out if p.hole is not None or p.text)

    def _call(self, node: cst.Call, frame: Frame | None, steps: int) -> Parts | None:
        if isinstance(node.func, cst.Attribute) and node.func.attr.value == "format":
            text = text_of(node.func.value)
            fields = format_fields(text) if text is not None else None
            if text is None or fields is None or any(a.star for a in node.args):
                return None
            plain = [a.value for a in node.args if a.keyword is None]
            given: dict[int | str, cst.BaseExpression] = dict(enumerate(plain))
            given.update({a.keyword.value: a.value for a in node.args if a.keyword is not None})
            return self._filled(text, [(f.start, f.end, given.get(f.argument), f.plain) for f in fields], "f", frame, steps)
        name = dotted(self.scopes, node.func, self.scopes.where[node])
        first = node.args[0].value if node.args and not node.args[0].star else None
        if (
            name in ("str", "os.fspath", "os.path.abspath", "os.path.realpath", "os.path.normpath", "os.path.expandvars")
            and first is not None
        ):
            inner = self.parts(first, frame, steps - 1)
            return inner if all(p.hole is None for p in inner) or _is_path(inner) else None
        if name in ("os.path.join", "pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath") and all(not a.star for a in node.args):
            return self._joined([a.value for a in node.args], frame, steps) if node.args else (Part("."),)
        if name == "os.path.dirname" and first is not None:
            return self._parent(first, frame, steps)
        if name in ("os.getcwd", "pathlib.Path.cwd"):
            return (Part("."),)
        if name == "shutil.which" and first is not None:
            return self.parts(first, frame, steps - 1)
        if isinstance(node.func, cst.Attribute) and node.func.attr.value in ("resolve", "absolute", "as_posix") and not node.args:
            inner = self.parts(node.func.value, frame, steps - 1)
            return inner if all(p.hole is None for p in inner) else None
        return None

    def _joined(self, nodes: Iterable[cst.BaseExpression], frame: Frame | None, steps: int) -> Parts | None:
        out: list[Part] = []
        for node in nodes:
            parts = self.parts(node, frame, steps - 1)
            first = parts[0].text if parts and parts[0].hole is None else ""
            if first.startswith(("/", ROOT)):
                out = []
            if out and not out[-1].text.endswith("/"):
                out.append(Part("/"))
            out += parts
        return tuple(out)

    def _parent(self, node: cst.BaseExpression, frame: Frame | None, steps: int) -> Parts | None:
        parts = self.parts(node, frame, steps - 1)
        if any(p.hole is not None for p in parts):
            return None
        text = posixpath.normpath("".join(p.text for p in parts))
        return (Part(posixpath.dirname(text) or "."),)

    def _name(self, node: cst.Name, frame: Frame | None, steps: int) -> Parts | None:
        where = self.scopes.where.get(node)
        if where is None:
            return None
        scope = self.scopes.find(node.value, where.scope)
        if scope is None:
            return (Part(f"{ROOT}/{self.scopes.tree.path}"),) if node.value == "__file__" else None
        turn = self.turn(node, frame)
        if turn is not None:
            return self.parts(turn[0], turn[1], steps - 1)
        here = frame_in(frame, scope.node)
        if here is not None and not rebound(scope, node.value):
            default = next((e.value for e in scope.events[node.value] if e.kind == "param"), None)
            if node.value in here.given:
                return self.parts(here.given[node.value], here.outer, steps - 1)
            if isinstance(default, cst.BaseExpression) and node.value not in (here.star_name, here.kwargs_name):
                return self.parts(default, None, steps - 1)
        story = [e for e in story_of(scope, node.value, where) or () if e.kind != "escape"]  # a text does not change
        if not story or not all(e.kind == "add" and not extra_path(e, where) for e in story[1:]):
            return None
        out: Parts = ()
        for event in story:
            if not isinstance(event.value, cst.BaseExpression) or event.kind not in ("bind", "add"):
                return None
            out += self.parts(event.value, frame if scope.kind != "module" else None, steps - 1)
        if all(p.hole is None for p in out):
            return (Part("".join(p.text for p in out), None, "+", frame, node),)
        return None if len(out) == 1 else out  # what is not known at all is best known by its name


def _once(text: str, how: str) -> str:
    return text.replace("%%", "%") if how == "%" else text.replace("{{", "{").replace("}}", "}")


def _is_path(parts: Parts) -> bool:
    return bool(parts) and parts[0].text.startswith(ROOT)

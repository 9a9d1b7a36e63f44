"""Where a value comes from, and how it is written when it stands elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakKeyDictionary

import libcst as cst

from remediate.callers.python.events import Where
from remediate.callers.python.literals import literal, text_of
from remediate.callers.python.names import Frame, dotted, frame_in
from remediate.callers.python.scopes import Scopes
from remediate.callers.python.stories import rebound, story_of
from remediate.callers.python.values import ROOT, Part, Parts, Values
from remediate.callers.python.word import Word
from remediate.model import NamedTuple

_ENVIRON = ("os.environ", "os.environb")


class Origin(NamedTuple):
    """`kind`: env (`name` a variable of this process), file (`name` its path), literal, "" for anything else.

    `stripped`: of a file, how its text is stripped ("" not at all).
    """

    kind: str = ""
    name: str = ""
    stripped: str = ""

    @property
    def shown(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else self.kind


def value_parts(word: Word, name: str) -> Parts:
    """What stands behind `NAME=` in a word."""
    rest = len(word.text.partition("=")[0]) + 1
    out: list[Part] = []
    for part in word.parts:
        if part.hole is not None:
            if rest > 0:
                rest -= 1
            else:
                out.append(part)
        elif rest < len(part.text):
            cut = rest > 0 and part.via is not None  # a part of a text that has a name cannot be written by that name
            out.append(Part(hole=part.via, how="spec", frame=part.frame) if cut else part._replace(text=part.text[rest:]))
            rest = 0
        else:
            rest -= len(part.text)
    return tuple(out)


def origin_of(scopes: Scopes, values: Values, parts: Parts) -> Origin:
    if all(p.hole is None for p in parts):
        return Origin("literal") if parts and any(p.text for p in parts) else Origin()
    if len(parts) != 1 or parts[0].hole is None or parts[0].how == "spec":
        return Origin()
    return expression_origin(scopes, values, parts[0].hole, frame=parts[0].frame)


def expression_origin(scopes: Scopes, values: Values, node: cst.BaseExpression, steps: int = 8, frame: Frame | None = None) -> Origin:
    """Where one expression comes from, through names that are bound once, and through the parameters of a call that is looked at."""
    if isinstance(node, cst.Name) and steps > 0:
        where = scopes.where.get(node)
        scope = scopes.find(node.value, where.scope) if where is not None else None
        here = frame_in(frame, scope.node) if scope is not None else None
        if scope is not None and here is not None and node.value in here.given and not rebound(scope, node.value):
            return expression_origin(scopes, values, here.given[node.value], steps - 1, here.outer)
        story = story_of(scope, node.value, where) if scope is not None and where is not None else None
        story = [e for e in story or () if e.kind != "escape"]
        if len(story) != 1 or story[0].kind != "bind" or not isinstance(story[0].value, cst.BaseExpression):
            return Origin()
        return expression_origin(scopes, values, story[0].value, steps - 1, frame)
    name = environment_name(scopes, node, lambda n: values.known(n, frame))
    if name:
        return Origin() if environment_changed(scopes, name) else Origin("env", name)
    if isinstance(node, cst.Call):
        quoted = dotted(scopes, node.func, scopes.where[node]) in ("shlex.quote", "pipes.quote", "str")
        if quoted and len(node.args) == 1:
            return expression_origin(scopes, values, node.args[0].value, steps - 1, frame) if steps > 0 else Origin()
        return _file(scopes, values, node)
    return Origin("literal") if text_of(node) else Origin()


def environment_name(scopes: Scopes, node: cst.CSTNode, known: Callable[[cst.BaseExpression], str | None] = text_of) -> str:
    """The variable that `os.environ["X"]`, `os.environ.get("X")`, `os.getenv("X", "")` reads; "" for anything else."""
    if isinstance(node, cst.Subscript) and len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
        return known(node.slice[0].slice.value) or "" if dotted(scopes, node.value, scopes.where[node]) in _ENVIRON else ""
    if isinstance(node, cst.BooleanOperation) and isinstance(node.operator, cst.Or) and text_of(node.right) == "":
        return environment_name(scopes, node.left, known)
    if not isinstance(node, cst.Call) or not 1 <= len(node.args) <= 2 or any(a.star for a in node.args):
        return ""
    if dotted(scopes, node.func, scopes.where[node]) not in ("os.getenv", "os.environ.get", "os.environ.__getitem__"):
        return ""
    if len(node.args) == 2 and text_of(node.args[1].value) != "" and not _is_none(node.args[1].value):
        return ""
    return known(node.args[0].value) or ""


def environment_changed(scopes: Scopes, name: str) -> bool:
    """Whether the program itself sets, or takes away, that variable of its own environment."""
    changed = changed_variables(scopes)
    return name in changed or None in changed


def changed_variables(scopes: Scopes) -> frozenset[str | None]:
    """The variables of its own environment that a program sets or takes away; None among them: any."""
    changed = _CHANGED.get(scopes)
    if changed is None:
        changed = _CHANGED[scopes] = frozenset(n for node, where in scopes.where.items() for n in _changes(scopes, node, where))
    return changed


_CHANGED: WeakKeyDictionary[Scopes, frozenset[str | None]] = WeakKeyDictionary()


def _changes(scopes: Scopes, node: cst.CSTNode, where: Where) -> tuple[str | None, ...]:
    """The variable that a node changes, None for any."""
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        called = dotted(scopes, node.func, where)
        if called in ("os.environ.pop", "os.putenv", "os.unsetenv", "os.environ.setdefault") and node.args:
            return (text_of(node.args[0].value),)
        return (None,) if called in ("os.environ.clear", "os.environ.update") else ()
    if not isinstance(node, cst.Subscript) or not isinstance(scopes.tree.parents.get(node), (cst.AssignTarget, cst.Del, cst.AugAssign)):
        return ()
    index = node.slice[0].slice
    known = dotted(scopes, node.value, where) in _ENVIRON and isinstance(index, cst.Index)
    return (text_of(index.value),) if known and isinstance(index, cst.Index) else ()


def _is_none(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Name) and node.value == "None"


def _file(scopes: Scopes, values: Values, node: cst.Call) -> Origin:
    """`open("f").read()`, `Path("f").read_text()`, with `.strip()` behind."""
    stripped = ""
    if isinstance(node.func, cst.Attribute) and node.func.attr.value in ("strip", "rstrip") and isinstance(node.func.value, cst.Call):
        ends = text_of(node.args[0].value) if len(node.args) == 1 else "" if not node.args else None
        stripped = "newline" if node.func.attr.value == "rstrip" and ends == "\n" else "space"
        node = node.func.value
    if (
        not isinstance(node.func, cst.Attribute)
        or node.func.attr.value not in ("read", "read_text")
        or not isinstance(node.func.value, cst.Call)
    ):
        return Origin()
    opened = node.func.value
    if dotted(scopes, opened.func, scopes.where[opened]) not in ("open", "pathlib.Path", "io.open") or not opened.args:
        return Origin()
    if (len(opened.args) > 1 and text_of(opened.args[1].value) not in ("r", "rt")) or node.args:
        return Origin()
    path = values.known(opened.args[0].value)
    return Origin("file", path, stripped) if path and ROOT not in path and not path.startswith("~") else Origin()


# how a value is written when it stands elsewhere
def source_of(scopes: Scopes, parts: Parts, quote: str = '"') -> str | None:
    """An expression that gives exactly the text of these parts; None when it cannot be written on one line."""
    if all(p.hole is None and p.via is None for p in parts):
        return literal("".join(p.text for p in parts), quote)
    pieces = []
    for part in parts:
        if part.hole is None and part.via is not None:
            piece = _hole(scopes, part._replace(hole=part.via), quote)
            if piece is None:
                return None
            pieces.append(piece)
            continue
        if part.hole is None:
            pieces.append(literal(part.text, quote))
            continue
        piece = _hole(scopes, part, quote)
        if piece is None:
            return None
        pieces.append(piece)
    return " + ".join(pieces)


def _hole(scopes: Scopes, part: Part, quote: str) -> str | None:
    node = part.hole
    if node is None or part.how == "spec":
        return None
    if (
        isinstance(node, cst.Call)
        and len(node.args) == 1
        and dotted(scopes, node.func, scopes.where[node]) in ("shlex.quote", "pipes.quote")
    ):
        node = node.args[0].value
    text = scopes.tree.text(node)
    if "\n" in text:
        return None
    if part.how == "+" or surely_text(scopes, node):
        return text if _tight(node) or text.startswith("(") else f"({text})"
    if (
        part.how == "f"
        and quote not in text
        and "\\" not in text
        and "#" not in text
        and not text.startswith("{")
        and ":" not in text
        and "!" not in text
    ):
        return f"f{quote}{{{text}}}{quote}"
    return f"str({text})"


def _tight(node: cst.CSTNode) -> bool:
    return isinstance(node, (cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.SimpleString, cst.FormattedString))


def surely_text(scopes: Scopes, node: cst.BaseExpression) -> bool:
    """Whether a value is a `str` whatever happens, so that `f"{x}"` is `x`."""
    if isinstance(node, (cst.SimpleString, cst.FormattedString, cst.ConcatenatedString)):
        return True
    if isinstance(node, cst.Subscript):
        return dotted(scopes, node.value, scopes.where[node]) == "os.environ"
    if isinstance(node, cst.Call):
        name = dotted(scopes, node.func, scopes.where[node])
        if name in ("os.getenv", "os.environ.get"):
            return len(node.args) == 2 and text_of(node.args[1].value) is not None
        if name in ("str", "getpass.getpass", "input", "os.path.join"):
            return True
        return isinstance(node.func, cst.Attribute) and node.func.attr.value in ("strip", "rstrip", "read_text", "decode", "join", "format")
    if isinstance(node, cst.Name):
        where = scopes.where.get(node)
        scope = scopes.find(node.value, where.scope) if where is not None else None
        story = [e for e in story_of(scope, node.value, where) or () if e.kind != "escape"] if scope and where else []
        bound = story[0].value if len(story) == 1 and story[0].kind == "bind" else None
        return isinstance(bound, cst.BaseExpression) and not isinstance(bound, cst.Name) and surely_text(scopes, bound)
    return False

"""The proof of a rewriting: the new bytes, parsed again, are the old file with what the remedy says and nothing else."""

from __future__ import annotations

from remediate.analysis.flows import Trace
from remediate.analysis.runs import Form, RunView, view_runs
from remediate.dockerfile.parser import parse
from remediate.dockerfile.tree import Instruction
from remediate.fixers.remedy import Remedy, RunEdit
from remediate.fixers.run_shape import Shape, before, shape_of
from remediate.model import NamedTuple, Refusal, RemediateError
from remediate.shell.parse import parse_shell
from remediate.shell.statements import Statement, statements
from remediate.shell.view import Script
from remediate.text import LogicalText


class _Item(NamedTuple):
    """One statement as it counts: what joins it, its text, the bodies of its heredocs."""

    connector: str
    text: bytes
    background: bool = False
    bodies: tuple[bytes, ...] = ()


def reads_back(trace: Trace, remedy: Remedy, after: bytes) -> str:
    """ "" when the new bytes parse to exactly what the remedy says, else what is wrong."""
    try:
        tree = parse(after)
    except RemediateError as error:
        return error.message
    old = trace.tree
    if tree.escape != old.escape or [(d.name, d.value) for d in tree.directives] != [(d.name, d.value) for d in old.directives]:
        return "other directives"
    shapes: dict[int, Shape | None] = {}
    for index, edit in remedy.runs.items():
        shape = shape_of(trace.runs.views[index], edit)
        if isinstance(shape, Refusal):
            return shape.message
        shapes[index] = shape
    gone = set(remedy.gone) | {i for i, s in shapes.items() if s is not None and s.gone}
    left = [i for i in range(len(old.instructions)) if i not in gone]
    if len(left) != len(tree.instructions):
        return "another number of instructions"
    views = view_runs(tree).views if shapes else {}
    for at, index in enumerate(left):
        was, now = old.instructions[index], tree.instructions[at]
        if was.keyword != now.keyword or was.data[slice(*was.keyword_span)] != now.data[slice(*now.keyword_span)]:
            problem = "another instruction"
        elif index in shapes:
            problem = _run(trace.runs.views[index], views[at], remedy.runs[index], shapes[index])
        elif remedy.sources.get(index):
            problem = _copy(was, now, remedy.sources[index])
        else:
            problem = "" if was.args.data == now.args.data and _bodies(was) == _bodies(now) else "other arguments"
        if problem:
            return f"line {was.start_line}: {problem}"
    return ""


def _bodies(instruction: Instruction) -> list[tuple[str, bytes]]:
    return [(h.name, h.body.data) for h in instruction.heredocs]


def _flags(instruction: Instruction) -> list[tuple[str, str | None]]:
    return [(f.name, f.value) for f in instruction.flags]


def _copy(was: Instruction, now: Instruction, sources: frozenset[int]) -> str:
    if _flags(was) != _flags(now) or _bodies(was) != _bodies(now) or (was.exec_form is None) != (now.exec_form is None):
        return "another kind of copy"
    held, have = _values(was), _values(now)
    return "" if [v for i, v in enumerate(held) if i not in sources] == have else "other sources"


def _values(copy: Instruction) -> list[str]:
    return [s.value for s in copy.exec_form] if copy.exec_form is not None else [w.text.text for w in copy.words]


def _run(was: RunView, now: RunView, edit: RunEdit, shape: Shape | None) -> str:
    wanted = [f for i, f in enumerate(_flags(was.instruction)) if i not in edit.drop]
    for flag in edit.flags:
        name, has, value = flag.removeprefix("--").partition("=")
        wanted.append((name, value if has else None))
    if sorted(wanted, key=str) != sorted(_flags(now.instruction), key=str):
        return "other flags"
    if shape is None:
        same = was.instruction.rest.data == now.instruction.rest.data and _bodies(was.instruction) == _bodies(now.instruction)
        return "" if same else "another command"
    if was.form is not now.form or not now.scripts or now.damaged:
        return "another kind of shell text"
    if was.form is Form.HEREDOC and _shebang(was) != _shebang(now):
        return "another shell"
    return "" if _wanted(shape, edit) == _items(now.scripts[0]) else "other commands"


def _shebang(run: RunView) -> bytes:
    first = run.scripts[0].text.data.split(b"\n", 1)[0]
    return first.rstrip() if first.startswith(b"#!") else b""


def _wanted(shape: Shape, edit: RunEdit) -> list[_Item]:
    out: list[_Item] = []
    joint = "&&" if shape.joiner == "and" else ";"
    for text in edit.enter if shape.joiner == "and" else before(shape, edit):
        out += _own(text, joint if out else "")
    left = shape.left if len(shape.cut) < len(shape.all) else ()
    previous: int | None = None
    for index in left:
        connector = shape.connector(previous, index) if previous is not None else joint if out else ""
        out.append(_Item(connector, b"true") if index in shape.truths else _kept(shape, edit, shape.all[index], connector))
        previous = index
    if shape.joiner == "and":
        for text in edit.leave:
            out += _own(text, joint if out else "")
    if shape.joiner == "lines" and not out:
        out.append(_Item("", b"true"))
    return out


def _own(text: str, connector: str) -> list[_Item]:
    items = _items(parse_shell(LogicalText.of(text.encode("utf-8", "surrogateescape"))))
    return [items[0]._replace(connector=connector), *items[1:]]


def _kept(shape: Shape, edit: RunEdit, statement: Statement, connector: str) -> _Item:
    """The statement with its changed words. What a continuation was in the file is no difference."""
    data, at, parts = shape.script.text.data, statement.start, []
    for start, end, new in sorted(set(edit.words)):
        if statement.start <= start and end <= statement.end:
            parts += [data[at:start], new.encode("utf-8", "surrogateescape")]
            at = end
    parts.append(data[at : statement.end])
    return _item(shape.script, statement)._replace(connector=connector, text=b"".join(parts).rstrip(b" \t"))


def _items(script: Script) -> list[_Item]:
    return [_item(script, s) for s in statements(script)]


def _item(script: Script, statement: Statement) -> _Item:
    redirects = [r for i in statement.commands for r in script.commands[i].redirects]
    bodies = tuple(r.body.data for r in redirects if r.body is not None)
    return _Item(statement.connector, script.text.data[statement.start : statement.end].rstrip(b" \t"), statement.background, bodies)

"""After the rewrite: read the new file again and compare its meaning with the old one's (laws 4 and 6).

Nothing may differ but what the plan says: pairs that went, flags and statements that came, and a syntax line.
"""

from __future__ import annotations

from collections.abc import Mapping

from remediate.dockerfile.parser import parse
from remediate.dockerfile.tree import Dockerfile, Instruction
from remediate.fixers.deliver import RunChange
from remediate.model import RemediateError


def differs(before: Dockerfile, after: bytes, gone: Mapping[int, set[int]], changes: Mapping[int, tuple[RunChange, list[str]]]) -> str:
    """ "" when the new bytes mean what was meant, else what is wrong. `changes` has each RUN's change and its joined statements."""
    try:
        tree = parse(after)
    except RemediateError as error:
        return error.message
    if tree.escape != before.escape:
        return "another escape character"
    kept = [(i, n) for i, n in enumerate(before.instructions) if not (i in gone and len(gone[i]) == len(n.pairs))]
    if len(kept) != len(tree.instructions):
        return "another number of instructions"
    for (index, old), new in zip(kept, tree.instructions, strict=True):
        problem = _instruction(old, new, gone.get(index, set()), changes.get(index))
        if problem:
            return f"line {old.start_line}: {problem}"
    return ""


def _instruction(old: Instruction, new: Instruction, gone: set[int], change: tuple[RunChange, list[str]] | None) -> str:
    if old.keyword != new.keyword:
        return "another instruction"
    if gone:
        left = [_pair(p) for i, p in enumerate(old.pairs) if i not in gone]
        return "" if left == [_pair(p) for p in new.pairs] else "other variables"
    if change is None:
        same = old.args.data.rstrip() == new.args.data.rstrip() and _bodies(old) == _bodies(new)
        return "" if same else "other arguments"
    return _run(old, new, *change)


def _pair(pair: object) -> tuple[object, object]:
    value = getattr(pair, "value", None)
    return getattr(pair, "name", None), value.data if value is not None else None


def _bodies(instruction: Instruction) -> list[bytes]:
    return [h.body.data for h in instruction.heredocs]


def _run(old: Instruction, new: Instruction, change: RunChange, statements: list[str]) -> str:
    flags = [(f.name, f.value) for f in new.flags]
    for flag in old.flags:
        if (flag.name, flag.value) not in flags:
            return "a flag is lost"
    wanted = [("mount", f.removeprefix("--mount=")) for f in change.flags]
    if any(w not in flags for w in wanted) or len(flags) != len(old.flags) + len(wanted):
        return "other flags"
    prefix = b"".join(s.encode() for s in statements)
    if new.heredocs and new.rest.data.strip() == old.rest.data.strip():
        body = old.heredocs[0].body.data
        head = body.index(b"\n") + 1 if body.startswith(b"#!") and b"\n" in body else 0
        text = body[:head] + b"".join(s.encode() + b"\n" for s in statements) + body[head:]
        return "" if new.heredocs[0].body.data.replace(b"\r\n", b"\n") == text.replace(b"\r\n", b"\n") else "another script"
    same = _squeeze(new.rest.data) == _squeeze(prefix + old.rest.data) and _bodies(old) == _bodies(new)
    return "" if same else "another command"


def _squeeze(data: bytes) -> bytes:
    return b"".join(data.split())

"""What changes in the RUNs after a copied file: mounts where it is read, and no `rm`, `chmod` or `chown` of it any more.

A mount cannot be removed or given to somebody else from inside (`Device or resource busy`), and without the COPY nothing is there.
"""

from __future__ import annotations

from remediate.analysis.flows import Trace
from remediate.analysis.life import Did, Touch
from remediate.analysis.references import static_argv, tool_name
from remediate.analysis.removals import normal_path
from remediate.analysis.runs import Form, RunView
from remediate.emit.mounts import mount_flag
from remediate.fixers.copied_life import Fate
from remediate.fixers.reasons import refuse
from remediate.fixers.remedy import RunEdit
from remediate.knowledge.bases import nonroot_base
from remediate.model import NamedTuple, Refusal
from remediate.shell.statements import Statement, statements
from remediate.shell.view import Command, Script

_HARMLESS = frozenset({"true", ":", "echo", "printf"})


class Mount(NamedTuple):
    """The file's id and its path in the build; `strict` files must be the reader's own."""

    id: str
    target: str
    strict: bool
    required: bool = True


def mounted_runs(trace: Trace, fate: Fate, mount: Mount) -> tuple[dict[int, RunEdit], frozenset[int]] | Refusal:
    """(RUN -> its change, RUNs that go whole), or why it cannot be done."""
    edits: dict[int, RunEdit] = {}
    gone: set[int] = set()
    touched: dict[int, list[Touch]] = {}
    for touch in fate.touches:
        touched.setdefault(touch.run, []).append(touch)
    for index in sorted(fate.runs | set(touched)):
        run = trace.runs.views[index]
        edit = RunEdit()
        if index in fate.runs:
            flag = _flag(run, mount)
            if isinstance(flag, Refusal):
                return flag
            edit = edit._replace(flags=flag)
        taken = _taken_out(run, touched.get(index, []), index in fate.runs)
        if isinstance(taken, Refusal):
            return taken
        if taken is None:
            gone.add(index)
        elif taken != RunEdit() or edit.flags:
            edits[index] = taken._replace(flags=edit.flags)
    return edits, frozenset(gone)


def _flag(run: RunView, mount: Mount) -> tuple[str, ...] | Refusal:
    """The mount flag that lets the RUN's user read the file; none when the RUN has it already."""
    line = run.instruction.start_line
    if run.windows:
        return refuse("windows", line=line)
    if any(m.target == mount.target and m.id == mount.id for m in run.mounts):
        return ()
    over = _covered(run, mount.target)
    if over:
        return refuse("mount-in-use", detail=f"line {line} shows something else at {over}", line=line)
    uid, mode = None, None
    user = run.user
    if user.isdigit() and user != "0":
        uid = int(user)
    elif user not in ("", "root", "0") or (not user and nonroot_base(run.base)):
        if mount.strict:
            return refuse("copied-for-user", detail=f"the user {user}" if user else "the base image's own user", line=line)
        mode = 0o444
    return (mount_flag(mount.id, target=mount.target, uid=uid, mode=mode, required=mount.required),)


def _covered(run: RunView, path: str) -> str:
    """The target of a mount at the path or at a folder above it, where the RUN never saw the copied file; "" without one."""
    for target in sorted(run.targets - {""}):
        place = normal_path(target, run, run.workdir)
        if place == path or path.startswith(place.rstrip("/") + "/"):
            return target
    return ""


def _taken_out(run: RunView, touches: list[Touch], mounted: bool) -> RunEdit | Refusal | None:
    """The statements and words of the RUN that lost their object; None when nothing else is in it."""
    if not touches:
        return RunEdit()
    line = run.instruction.start_line
    stuck = refuse("copied-and-changed", detail=f"line {line}", line=line)
    if run.form is Form.EXEC or run.form is Form.FOREIGN or run.damaged or not run.scripts:
        return stuck
    script = run.scripts[0]
    listed = statements(script)
    cut: set[int] = set()
    words: list[tuple[int, int, str]] = []
    for touch in touches:
        command = script.commands[touch.command]
        if touch.did is Did.REMOVE and not touch.words:
            if mounted or not _forced(command):
                return stuck  # a folder with the mount in it cannot be removed; without it, `rm` may miss its object
            continue
        statement = next((s for s in listed if touch.command in s.commands), None)
        if statement is None or not statement.plain:
            return stuck
        if not touch.only:
            gap = _gap(script, command, touch)
            if gap is None:
                return stuck
            words += gap
            continue
        found = _cut(script, listed, statement)
        if found is None:
            return stuck
        cut |= found
    if len(cut) == len(listed):
        return None
    return RunEdit(cut=frozenset(cut), words=tuple(words))


def without_empty_commands(run: RunView, edit: RunEdit) -> RunEdit | Refusal | None:
    """The edit, where commands that lose all of their operands go as statements (`rm a b` without a and b); None when none is left."""
    if not edit.words or not run.scripts:
        return edit
    script = run.scripts[0]
    listed = statements(script)
    cut = set(edit.cut)
    words = list(edit.words)
    for command in script.commands:
        gaps = {(a.end, b.end, "") for a, b in zip(command.argv, command.argv[1:], strict=False)}
        taken = gaps & set(edit.words)
        operands = {(a.end, b.end, "") for a, b in zip(command.argv, command.argv[1:], strict=False) if not b.raw.startswith("-")}
        if not taken or operands - taken:
            continue
        statement = next((s for s in listed if command.index in s.commands), None)
        found = _cut(script, listed, statement) if statement is not None else None
        if found is None:
            line = run.instruction.start_line
            return refuse("copied-and-changed", detail=f"line {line}", line=line)
        cut |= found
        words = [w for w in words if w not in taken]
    return None if len(cut) == len(listed) else edit._replace(cut=frozenset(cut), words=tuple(words))


def _forced(command: Command) -> bool:
    """`rm -rf`: content with what is not there."""
    options = [w.raw for w in command.argv[1:] if w.raw.startswith("-")]
    return any(o == "--force" or (not o.startswith("--") and "f" in o) for o in options)


def _gap(script: Script, command: Command, touch: Touch) -> list[tuple[int, int, str]] | None:
    """The words of the file with the blanks before them."""
    out = []
    for number in touch.words:
        if not 0 < number < len(command.argv):
            return None
        out.append((command.argv[number - 1].end, command.argv[number].end, ""))
    return out or None


def _cut(script: Script, listed: tuple[Statement, ...], statement: Statement) -> set[int] | None:
    """The statement and the `|| true` behind it; None where its going would change what else runs."""
    if len(statement.commands) != 1 or statement.connector == "||" or statement.background:
        return None
    out = {statement.index}
    for following in listed[statement.index + 1 :]:
        if following.connector != "||":
            break
        names = {tool_name(static_argv(script.commands[i])) for i in following.commands}
        if not names <= _HARMLESS:
            return None
        out.add(following.index)
    return out

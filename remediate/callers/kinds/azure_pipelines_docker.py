"""The Docker tasks of Azure Pipelines: `arguments:` is a line of words that no shell sees, cut at blanks, with double quotes."""

from __future__ import annotations

import posixpath
from bisect import bisect_right
from collections.abc import Sequence

from remediate.callers.kinds.azure_pipelines_read import MACRO, TEMPLATE, Step
from remediate.callers.model import Build, Job, JobRefused, Move, Refused, Told
from remediate.callers.stepenv import StepEnvironment
from remediate.callers.words import COMPUTED, Around, Command, Swap, build_of, by_path, command_of, is_computed, swaps
from remediate.formats.node import Node, resolve
from remediate.formats.yaml_edit import add_entry, quoted, remove_entry
from remediate.model import Edit, NamedTuple
from remediate.text import late

WORDS = "words"
_STOP = late(rb"\\\"|\"|[ \t\r\n]+|[^\s\"\\]+|\\")
_MARK = b"\0"
_BUILD_AND_PUSH = (
    "- task: Docker@2",
    "  inputs:",
    "    command: build",
    "    arguments: --secret id=ID,env=NAME",
    "  env:",
    "    NAME: $(NAME)",
    "- task: Docker@2",
    "  inputs:",
    "    command: push",
)
_ONLY_BUILD_ARGS = _BUILD_AND_PUSH[:6]
_MODES = ("login", "logout", "push", "start", "stop", "run", "tag", "pull", "save", "load", "images", "inspect", "version", "info")


class Line(NamedTuple):
    """The words of a task's command. Those from `first` up to `last` stand in `node`, at these ranges of its text."""

    words: tuple[str, ...]
    first: int
    last: int
    node: Node | None
    ranges: tuple[tuple[int, int], ...]
    entry: str = "arguments"
    refused: Refused | None = None


def cut(text: bytes) -> tuple[tuple[int, int, str], ...]:
    """(start, end, meaning) of each word, as the task library cuts them: a backslash escapes a quote inside quotes, and nothing else."""
    masked = TEMPLATE.sub(lambda m: _MARK * len(m[0]), text)
    out: list[tuple[int, int, str]] = []
    start, inside = -1, False
    escaped: set[int] = set()
    for found in _STOP.finditer(masked):
        at, stop = found.start(), found[0]
        if stop == b'\\"' and inside:
            escaped.add(at)
        elif stop.endswith(b'"'):
            start, inside = (at if start < 0 else start), not inside
        elif stop.isspace():
            if not inside and start >= 0:
                out.append((start, at, _meant(text, start, at, escaped)))
                start = -1
        elif start < 0:
            start = at
    if start >= 0:
        out.append((start, len(text), _meant(text, start, len(text), escaped)))
    return tuple(out)


def _meant(text: bytes, start: int, end: int, escaped: set[int]) -> str:
    """The word without its quotes."""
    raw = text[start:end]
    if b'"' not in raw:
        return raw.decode("utf-8", "replace")
    kept = (c for i, c in enumerate(raw, start) if (c != 0x22 or i - 1 in escaped) and i not in escaped)
    return bytes(kept).decode("utf-8", "replace")


def line_of(step: Step) -> Line | None:
    """The build that a Docker task runs; None for another command of the task."""
    name, version = step.task
    if name != "docker":
        return None
    if version == "0":
        return _oldest(step)
    command = step.input("command", default="buildAndPush" if version == "2" else "build").lower()
    if command in _MODES:
        return None
    file = step.input("dockerfile", default="**/Dockerfile")
    words, ranges, node = _words(step, "arguments")
    if command == "buildandpush":
        why = Refused("caller-value", "buildAndPush ignores arguments:", 0, _BUILD_AND_PUSH)
        return Line(("docker", "build", "-f", file, *words, _context(step, file)), 4, 4 + len(words), node, ranges, refused=why)
    if command not in ("build", "build an image"):
        return Line(("docker", *command.split(), *words), 1 + len(command.split()), 1 + len(command.split()) + len(words), node, ranges)
    refused = None
    if "buildarguments" in step.inputs and version == "1":
        refused = Refused("caller-builder", "buildArguments: can only hand over build args", step.node.line, _ONLY_BUILD_ARGS)
        passed = tuple(w for one in step.input("buildarguments").split("\n") if one.strip() for w in ("--build-arg", one.strip()))
        return Line(("docker", "build", "-f", file, *passed, *words, _context(step, file)), 0, 0, None, (), refused=refused)
    return Line(("docker", "build", "-f", file, *words, _context(step, file)), 4, 4 + len(words), node, ranges)


def _words(step: Step, entry: str) -> tuple[tuple[str, ...], tuple[tuple[int, int], ...], Node | None]:
    node = resolve(step.inputs[entry]) if entry in step.inputs else None
    if node is None or node.kind != "scalar":
        return (), (), None
    found = cut(node.text.text.data)
    return tuple(w for _, _, w in found), tuple((a, b) for a, b, _ in found), node


def _oldest(step: Step) -> Line | None:
    """Docker@0: `buildArguments:` are lines, and there is no other way to say anything to the build."""
    action = step.input("action", default="Build an image").lower()
    if action == "run a docker command":
        words, ranges, node = _words(step, "customcommand")
        return Line(("docker", *words), 1, 1 + len(words), node, ranges, "customCommand")
    if action != "build an image":
        return None
    file = step.input("dockerfile", default="**/Dockerfile")
    passed = tuple(w for one in step.input("buildarguments").split("\n") if one.strip() for w in ("--build-arg", one.strip()))
    why = Refused("caller-builder", "version 0 of the task can only hand over build args", step.node.line, _ONLY_BUILD_ARGS)
    return Line(("docker", "build", "-f", file, *passed, _context(step, file)), 0, 0, None, (), refused=why)


def _context(step: Step, file: str) -> str:
    default = step.input("usedefaultcontext", "defaultcontext", default="true").lower() == "true"
    given = step.input("buildcontext", "context")
    if not given or given == "**" or (step.task[1] != "2" and default):
        return posixpath.dirname(file) or "."
    return given


def build_in(path: str, kind: str, step: Step) -> Build | None:
    """The build of a Docker task."""
    line = line_of(step)
    command = command_of(line.words) if line is not None else None
    if line is None or command is None or command.builder.style == "none":
        return None
    folder = None if step.around.many else "."
    around = Around(path, kind, _lines(step, line), folder, step.around.expand, lambda n, v: origin(step, n, v), step.name)
    build = build_of(command, line.words, around, line.refused, (WORDS, step.number))
    return build._replace(line=step.node.line)


def _lines(step: Step, line: Line) -> list[int]:
    """The line of each word in the file."""
    out = [step.node.line] * len(line.words)
    if line.node is not None:
        for number, (start, _) in enumerate(line.ranges, line.first):
            out[number] = bisect_right(line.node.lines, line.node.text.text.start_of(start))
    return out


def origin(step: Step, name: str, value: str | None) -> str:
    if value is None:
        return f"env:{name}"
    if macro := MACRO.fullmatch(value):
        return f"ci:{macro[1]}"
    return "" if "$" in value else "literal"


class Done(NamedTuple):
    edits: tuple[Edit, ...] = ()
    refused: tuple[JobRefused, ...] = ()
    told: tuple[Told, ...] = ()


def rewrite_line(data: bytes, step: Step, environment: StepEnvironment, index: int, job: Job) -> Done:
    """The edits in the task's arguments; what has to be in its environment is asked of `environment`."""
    line = line_of(step)
    command = command_of(line.words) if line is not None else None
    if line is None or command is None or line.refused is not None:
        return Done(refused=tuple(JobRefused(index, m.spec.id, job.build.refused or Refused("caller-arguments")) for m in job.moves))
    wanted: list[Swap] = []
    refused: list[JobRefused] = []
    told: list[Told] = []
    for move in job.moves:
        given = _given(command, environment, move, told, index)
        if isinstance(given, Refused):
            refused.append(JobRefused(index, move.spec.id, given._replace(line=job.build.line)))
        else:
            wanted += swaps(command, move, given)
    if refused:
        return Done(refused=tuple(refused))
    edits = _edits(data, step, line, wanted)
    if edits is None:
        why = Refused("caller-arguments", "the text of the arguments cannot be changed where it stands", step.node.line)
        return Done(refused=tuple(JobRefused(index, m.spec.id, why) for m in job.moves))
    return Done(tuple(edits), (), tuple(told))


def _given(command: Command, environment: StepEnvironment, move: Move, told: list[Told], index: int) -> str | Refused:
    """The value of `--secret`; "" when the build has the secret already."""
    if move.supplied:
        return ""
    if move.ssh:
        by_hand = ("- task: InstallSSHKey@0  # starts an agent that holds the key", "(and --ssh default in the arguments)")
        return Refused("caller-key", "", 0, by_hand)
    if move.source:
        return by_path(move, ".")
    if is_computed(command, move):
        return COMPUTED
    flags = command.build_args(move.arg) if move.arg else ()
    _, equals, value = (flags[0].value if flags and flags[0].value else "").partition("=")
    if not equals:
        return f"id={move.spec.id},env={move.arg or move.spec.name}"
    if "$" in TEMPLATE.sub(b"", value.encode()).decode():
        return Refused("caller-value", f"no shell expands the value of {move.arg} here", 0, ("env:", f"  {move.arg}: $({move.arg})"))
    if "$" not in value:
        told.append(Told(index, f"the value of {move.arg} that stands in the file is burnt: rotate it"))
    name = environment.carry(move.arg, value)
    if name is None:
        return Refused("caller-value", f"{move.arg} is set to something else in the task's env:")
    return f"id={move.spec.id},env={name}"


def _edits(data: bytes, step: Step, line: Line, wanted: Sequence[Swap]) -> list[Edit] | None:
    if any(s.at < line.first or s.end > line.last for s in wanted if s.at != s.end):
        return None
    if line.node is None or not line.ranges:
        return _new_line(data, step, line, wanted)
    text = line.node.text
    parts: list[tuple[int, int, bytes]] = []
    gone = 0
    for swap in wanted:
        if swap.at == swap.end:
            at = line.ranges[0][0]
            parts.append((at, at, (" ".join(swap.words) + " ").encode()))
            continue
        start, end = line.ranges[swap.at - line.first][0], line.ranges[swap.end - 1 - line.first][1]
        if not swap.words:
            gone += swap.end - swap.at
            if swap.end < line.last:
                end = line.ranges[swap.end - line.first][0]
            elif swap.at > line.first:
                start = line.ranges[swap.at - 1 - line.first][1]
        parts.append((start, end, " ".join(swap.words).encode()))
    inputs = step.node.entry("inputs")
    if gone == len(line.ranges) and not any(s.words for s in wanted):
        entries = inputs.value.entries if inputs is not None else ()
        entry = next((e.key.value for e in entries if e.key.value.lower() == line.entry.lower()), "")
        return [remove_entry(data, inputs.value, entry)] if inputs is not None and entry else None
    out = []
    for start, end, new in _apart(parts):
        written = text.written(new)
        if written is None:
            return _whole(line.node, _apart(parts))
        out.append(Edit(text.text.span(start, end), written))
    return out


def _whole(node: Node, parts: Sequence[tuple[int, int, bytes]]) -> list[Edit] | None:
    """The scalar written anew, with quotes, where its own style cannot carry the new text (a comma between brackets)."""
    out, at, data = b"", 0, node.text.text.data
    for start, end, new in parts:
        out, at = out + data[at:start] + new, end
    text = (out + data[at:]).decode("utf-8", "replace")
    return None if "\n" in text or node.block is not None else [Edit(node.span, quoted(text, flow=node.flow).encode())]


def _apart(parts: list[tuple[int, int, bytes]]) -> list[tuple[int, int, bytes]]:
    """Two neighbours that both go may both have taken the blank between them."""
    out: list[tuple[int, int, bytes]] = []
    for start, end, new in sorted(parts):
        if out and start < out[-1][1]:
            start = out[-1][1]
        out.append((start, max(start, end), new))
    return out


def _new_line(data: bytes, step: Step, line: Line, wanted: Sequence[Swap]) -> list[Edit] | None:
    """A task without arguments gets some."""
    inputs = step.node.entry("inputs")
    if line.node is not None or inputs is None or inputs.value.kind != "mapping" or line.entry != "arguments":
        return None
    text = " ".join(w for s in wanted for w in s.words)
    after = next((e.key.value for e in inputs.value.entries if e.key.value.lower() == "command"), "")
    return [add_entry(data, inputs.value, "arguments", [quoted(text, flow=inputs.value.flow)], after=after)]


def environment_edits(data: bytes, step: Step, added: dict[str, str]) -> list[Edit] | None:
    """New entries of the step's `env:`; None when that is no mapping of its own."""
    if not added:
        return []
    own = step.node.entry("env")
    if own is None:
        if step.node.flow:
            return None
        return [add_entry(data, step.node, "env", [f"{name}: {quoted(value)}" for name, value in added.items()])]
    if own.value.kind != "mapping" or not own.value.entries:
        return None
    return [add_entry(data, own.value, name, [quoted(value, flow=own.value.flow)]) for name, value in added.items()]

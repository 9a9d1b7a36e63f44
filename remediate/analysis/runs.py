"""What a RUN really runs: its form, its shell texts (nested ones too), its mounts, and the USER, WORKDIR and SHELL it meets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from remediate.analysis.stages import parents
from remediate.dockerfile.tree import Dockerfile, Instruction
from remediate.model import NamedTuple
from remediate.shell.nested import nested
from remediate.shell.parse import parse_shell
from remediate.shell.view import Command, Script
from remediate.text import LogicalText, Piece

POSIX_SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh", "ksh", "busybox"})
_DEPTH = 4
_LONGEST_PATH = 4096


class Form(StrEnum):
    """`heredoc` is `RUN <<EOF` alone: its body is the script. `foreign` is a shell that is no POSIX one (PowerShell, cmd, python)."""

    SHELL = "shell"
    HEREDOC = "heredoc"
    EXEC = "exec"
    FOREIGN = "foreign"


class SecretMount(NamedTuple):
    """A secret mount that a RUN has already. `env` is the variable it fills, `target` the path it shows, if any.

    `readable`: it says a mode, a uid or a gid, so that another user than root can read it.
    """

    id: str
    env: str = ""
    target: str = ""
    readable: bool = False


class RunView(NamedTuple):
    """One RUN. `scripts` are its shell texts, the outer one first; `argv` is the exec form's.

    `prints_all` for `SHELL [..., "-x"]`; `base` is the image below its stages, `windows` a Windows one.
    """

    index: int  # type: ignore[assignment]  # hides tuple.index
    instruction: Instruction
    form: Form
    scripts: tuple[Script, ...]
    argv: tuple[str, ...] = ()
    user: str = ""
    workdir: str = "/"
    shell: tuple[str, ...] = ()
    mounts: tuple[SecretMount, ...] = ()
    prints_all: bool = False
    foreign_text: str = ""
    base: str = ""
    windows: bool = False

    @property
    def damaged(self) -> bool:
        """True when the shell text could not be read as a whole."""
        return self.form is Form.FOREIGN or any(s.damaged for s in self.scripts)

    @property
    def targets(self) -> frozenset[str]:
        """The paths at which the RUN has mounts of any kind."""
        out = set()
        for flag in self.instruction.flags:
            options = dict(part.partition("=")[::2] for part in (flag.value or "").split(","))
            out.add(options.get("target") or options.get("dst") or options.get("destination") or "")
        return frozenset(out | {m.target for m in self.mounts})

    def commands(self) -> Iterator[tuple[Script, Command]]:
        """Every simple command with the script it stands in."""
        for script in self.scripts:
            for command in script.commands:
                yield script, command


class _State:
    __slots__ = ("base", "shell", "user", "windows", "workdir")

    def __init__(
        self, user: str = "", workdir: str = "/", shell: tuple[str, ...] = (), windows: bool = False, base: str = ""
    ) -> None:
        self.user, self.workdir, self.shell, self.windows, self.base = user, workdir, shell, windows, base


class Runs:
    """The RUNs of a file by instruction index. Made only for files in which a secret was found."""

    __slots__ = ("views",)

    def __init__(self, views: dict[int, RunView] | None = None) -> None:
        self.views: dict[int, RunView] = views if views is not None else {}


def view_runs(tree: Dockerfile) -> Runs:
    """Look at every RUN of every stage, with the USER, WORKDIR and SHELL in effect there."""
    runs = Runs()
    ends: list[_State] = []
    for stage in tree.stages:
        built_on = parents(tree, stage)
        parent = ends[built_on[0]] if built_on else _State(windows=_windows(stage.base), base=stage.base)
        state = _State(parent.user, parent.workdir, parent.shell, parent.windows, parent.base)
        for index in stage.instructions:
            _step(tree, index, state, runs)
        ends.append(state)
    return runs


def _windows(base: str) -> bool:
    low = base.lower()
    return "windows/" in low or "nanoserver" in low or "servercore" in low or "windowsservercore" in low


def _step(tree: Dockerfile, index: int, state: _State, runs: Runs) -> None:
    instruction = tree.instructions[index]
    match instruction.keyword:
        case "USER":
            state.user = instruction.rest.text.strip().split(":", 1)[0]
        case "WORKDIR":
            path = instruction.rest.text.strip().strip("\"'")
            joined = path if path.startswith("/") else f"{state.workdir.rstrip('/')}/{path}"
            state.workdir = joined if len(joined) < _LONGEST_PATH else f"/?{index}"  # no system has longer ones
        case "SHELL":
            state.shell = tuple(s.value for s in instruction.exec_form or ())
        case "RUN":
            runs.views[index] = _view(index, instruction, state)._replace(base=state.base, windows=state.windows)


def _view(index: int, run: Instruction, state: _State) -> RunView:
    mounts = tuple(m for m in (secret_mount(f.value) for f in run.flags if f.name == "mount") if m)
    shell = state.shell
    program = shell[0].rsplit("/", 1)[-1].lower() if shell else "sh"
    trace = traces(shell[1:])
    if run.exec_form is not None and not run.heredocs:
        argv = tuple(s.value for s in run.exec_form)
        return RunView(index, run, Form.EXEC, _exec_scripts(run, argv), argv, state.user, state.workdir, shell, mounts)
    text, form = shell_text(run)
    interpreter = _shebang(text) if form is Form.HEREDOC else ""
    foreign = program not in POSIX_SHELLS or (state.windows and not shell) or (interpreter and interpreter not in POSIX_SHELLS)
    if foreign:
        return RunView(index, run, Form.FOREIGN, (), (), state.user, state.workdir, shell, mounts, False, text.text)
    scripts = tuple(_with_nested(parse_shell(text)))
    trace = trace or (form is Form.HEREDOC and _shebang_traces(text))
    return RunView(index, run, form, scripts, (), state.user, state.workdir, shell, mounts, trace)


def traces(words: Sequence[str]) -> bool:
    """Options of a shell that make it print what it runs: `-x`, `-exc`, `-v`, `-o xtrace`."""
    for at, word in enumerate(words):
        if word in ("xtrace", "verbose") and at and words[at - 1].startswith("-") and words[at - 1].endswith("o"):
            return True
        if word.startswith("-") and not word.startswith("--") and any(c in word[1:] for c in "xv"):
            return True
    return False


def _shebang_traces(text: LogicalText) -> bool:
    first = text.data.split(b"\n", 1)[0]
    return first.startswith(b"#!") and traces(first.decode("utf-8", "replace").split()[1:])


def _shebang(text: LogicalText) -> str:
    first = text.data.split(b"\n", 1)[0]
    if not first.startswith(b"#!"):
        return ""
    words = first[2:].decode("utf-8", "replace").split()
    name = words[1] if len(words) > 1 and words[0].endswith("/env") else (words[0] if words else "")
    return name.rsplit("/", 1)[-1]


def shell_text(run: Instruction) -> tuple[LogicalText, Form]:
    """The text that the shell gets: the logical line, and after it the heredocs with their ends, as the frontend joins them."""
    if not run.heredocs:
        return run.rest, Form.SHELL
    alone = run.rest.data.strip()
    if len(run.heredocs) == 1 and alone.startswith(b"<<") and not alone.split(None, 1)[1:]:
        return run.heredocs[0].body, Form.HEREDOC
    pieces = [*run.rest.pieces]
    end = pieces[-1].end
    pieces.append(Piece(b"\n", end, end))
    for doc in run.heredocs:
        pieces.extend(doc.body.pieces)
        stop = doc.body_span.end
        pieces.append(Piece(doc.name.encode("utf-8", "surrogateescape") + b"\n", stop, doc.end_span.end))
    return LogicalText(pieces), Form.SHELL


def _with_nested(script: Script, depth: int = 0) -> list[Script]:
    found = [script]
    if depth < _DEPTH:
        for command in script.commands:
            inner = nested(script, command)
            if inner is not None:
                found.extend(_with_nested(inner, depth + 1))
    return found


def _exec_scripts(run: Instruction, argv: tuple[str, ...]) -> tuple[Script, ...]:
    """`RUN ["sh", "-c", "..."]`: the script inside, when its JSON string needs no unescaping."""
    strings = run.exec_form or ()
    if len(argv) < 3 or argv[0].rsplit("/", 1)[-1] not in POSIX_SHELLS or not argv[-2].startswith("-") or "c" not in argv[-2]:
        return ()
    last = strings[-1]
    raw = last.value.encode("utf-8", "surrogateescape")
    return tuple(_with_nested(parse_shell(LogicalText((Piece(raw, last.span.start + 1, last.span.end - 1),)))))


def secret_mount(value: str | None) -> SecretMount | None:
    """Read `type=secret,id=x,env=Y,target=/z`; None for mounts of another type."""
    options = dict(part.split("=", 1) for part in (value or "").split(",") if "=" in part)
    if options.get("type") != "secret":
        return None
    target = options.get("target") or options.get("dst") or options.get("destination") or ""
    identity = options.get("id") or options.get("src") or options.get("source") or target.rsplit("/", 1)[-1]
    if not target and "env" not in options:
        target = f"/run/secrets/{identity}"
    return SecretMount(identity, options.get("env", ""), target, bool({"mode", "uid", "gid"} & set(options)))

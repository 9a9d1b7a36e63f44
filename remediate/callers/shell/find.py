"""The builds of a shell text: in it, in the scripts that it hands to other shells, and in functions for each of their calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.callers.model import Refused
from remediate.callers.shell.builders import BUILDER_WORDS, BUILDERS, KEEPS, NO_RUN, REMOTE, Builder
from remediate.callers.shell.definitions import function_of
from remediate.callers.shell.expand import Expander
from remediate.callers.shell.host import Host
from remediate.callers.shell.options import Line, read_line, starts
from remediate.callers.shell.passing import elsewhere
from remediate.callers.shell.shells import Shell
from remediate.callers.shell.tokens import Frame, Part, Token
from remediate.model import NamedTuple
from remediate.shell.nested import program, wrapper_assignments
from remediate.shell.view import Command

MOST_FRAMES = 64
MOST_SITES = 400
_HEADS = frozenset(w for b in BUILDERS for w in b.words[1:])
_PRINTING = frozenset({"echo", "printf", "[", "[[", "test", "true", "false", ":"})
SHELL_NAMES = frozenset({"sh", "bash", "ash", "dash", "zsh", "ksh"})


class Site(NamedTuple):
    """One build: its command in one frame. `tokens[first]` is the builder, `problem` why it cannot be given secrets."""

    shell: Shell
    command: Command
    frame: Frame | None
    tokens: tuple[Token, ...]
    first: int
    builder: Builder
    line: Line
    problem: Refused | None
    key: tuple[int, ...]

    @property
    def wrappers(self) -> tuple[Token, ...]:
        return self.tokens[: self.first]


def sites(found: Sequence[Shell], host: Host) -> list[Site]:
    """Every build, in the order of the text. Calls of a function that lead to the very same build are one."""
    out: list[Site] = []
    seen: set[tuple[object, ...]] = set()
    for shell in found:
        for command in shell.script.commands:
            if not _could(shell, command):
                continue
            for frame in _frames(shell, command):
                site = _site(shell, command, frame, host)
                if site is None or len(out) >= MOST_SITES:
                    continue
                same = (shell.number, command.index, *((t.shell.number, t.start, t.value) for t in site.tokens), _argued(site))
                if same not in seen:
                    seen.add(same)
                    out.append(site)
    direct = {(s.shell.number, s.command.index) for s in out}
    out = [s for s in out if s.shell.up is None or (s.shell.up[0].number, s.shell.up[1].index) not in direct]
    return sorted(out, key=lambda s: (s.shell.place(s.command.start), s.key))


def _argued(site: Site) -> object:
    """Where the body of a function speaks of its arguments, each call is a build of its own."""
    return site.key if site.frame is not None and site.shell.argued(function_of(site.command)) else None


def _could(shell: Shell, command: Command) -> bool:
    """Whether the command may be a build: a word says so, or it has words that are put together."""
    if not command.argv:
        return False
    for word in command.argv:
        if word.value in _HEADS or (word.value or "").endswith("/executor"):
            return True
    return any(w.expansions or b"Q" in shell.data[w.start : w.end] for w in command.argv)


def _frames(shell: Shell, command: Command) -> Iterator[Frame | None]:
    """The calls of the function that the command stands in; None outside of functions, and where nothing calls it."""
    calls = shell.calls.get(function_of(command), ())
    if not calls or len(calls) > MOST_FRAMES:
        yield None  # with more calls than are looked at, one more of which nothing is known
    left = MOST_FRAMES
    for call in calls[:MOST_FRAMES]:
        above = shell.calls.get(function_of(call), ()) if function_of(call) != function_of(command) else ()
        for up in above[: max(left, 1)] or (None,):
            left -= 1
            yield Frame(call, Frame(up) if up is not None else None)


def _site(shell: Shell, command: Command, frame: Frame | None, host: Host) -> Site | None:
    tokens = _resolved(Expander(shell, frame).command(command), host)
    for at in range(min(len(tokens), 40)):
        found = _begins(tokens, at)
        if found is None:
            continue
        builder, last = found
        if tokens[at].called:
            return None  # `"$@"` of a function that runs what it is given: the call itself is looked at
        problem = _problem(shell, command, tokens[:at], host)
        if problem is False:
            return None
        line = read_line(tokens, last, builder)
        problem = problem or _unseen(shell, line)
        if not isinstance(problem, Refused):
            problem = _classic(shell, command, builder, host)
        frames = (frame.command.index, *((frame.up.command.index,) if frame.up else ())) if frame else ()
        return Site(shell, command, frame, tuple(tokens), at, builder, line, problem, (shell.number, command.index, *frames))
    return None


def _begins(tokens: Sequence[Token], at: int) -> tuple[Builder, int] | None:
    token = tokens[at]
    named = token.name if token.unknown else token.parts[0].text if len(token.parts) == 1 and token.parts[0].kind == "mask" else ""
    if not named and len(token.parts) == 1 and token.parts[0].expansion is not None:
        named = token.parts[0].expansion.name
    if named and any(w in named.lower() for w in BUILDER_WORDS) and "args" not in named.lower():
        text = (Part("text", token.start, token.end, "docker"),)
        tokens = [*tokens[:at], token._replace(parts=text, unknown=False), *tokens[at + 1 :]]
    return starts(tokens, at)


def _resolved(tokens: list[Token], host: Host) -> list[Token]:
    """Templates that are whole words, with the one value that the file around gives them."""
    out: list[Token] = []
    for token in tokens:
        values = host.resolve(token.parts[0].text) if len(token.parts) == 1 and token.parts[0].kind == "mask" else None
        words = values[0].split() if values and len(values) == 1 else []
        if not words or "*" in words[0] or any(c in values[0] for c in "\"'$\\") if values else True:
            out.append(token)
        else:
            held = (*token.holder, "template", token.parts[0].text)
            out += [token._replace(parts=(Part("text", token.start, token.end, w),), holder=held) for w in words]
    return out


def _problem(shell: Shell, command: Command, before: Sequence[Token], host: Host) -> Refused | bool | None:
    """What stands before the builder: False when this runs no build, a refusal when the environment may not reach it."""
    line = 0
    if shell.script.damaged:
        return Refused("caller-shell", "the shell text is not understood", line)
    if any(w.prefix.startswith("docker=") for c in shell.named("alias") for w in c.argv[1:]):
        return Refused("caller-shell", "docker is an alias here", line)
    if shell.remote:
        return Refused("caller-remote", "the build runs under another account, in a container, or on another machine", line)
    if shell.up is not None and program(shell.up[1])[0] == "eval":
        return Refused("caller-shell", "eval reads the command a second time", line)
    for token in before:
        text = token.value
        name = (text or "").rsplit("/", 1)[-1]
        if token is before[0] and name in NO_RUN and not _perhaps(token):
            return _piped(shell, command)
        if name in REMOTE and (token is before[0] or before[0].value in KEEPS):
            return Refused("caller-remote", f"{name} runs it where these variables are not set", line)
    if not before:
        return None
    first = before[0]
    name = (first.value or "").rsplit("/", 1)[-1]
    if name == "eval":
        return Refused("caller-shell", "eval reads the command a second time", line)
    if _perhaps(first) and name in NO_RUN:
        return None
    if first.choices and len(set(first.choices)) > 1:
        if all(_harmless(text.split()) for text in first.choices):
            return None
        return Refused("caller-arguments", "what runs the build differs from case to case", line)
    if away := next((found for t in before if t.value in shell.functions and (found := elsewhere(shell, t.value or ""))), ""):
        return Refused("caller-remote", f"{name} is a function that runs it with {away}, where these variables are not set", line)
    if name in KEEPS or name in shell.functions or "retry" in name:
        return None
    if first.value is None:
        what = f"what ${first.name} holds" if first.name else "what runs the build"
        return Refused("caller-arguments", f"{what} is not known", line)
    return None if not name else Refused("caller-shell", f"what {name} does with the build command is not known", line)


def _perhaps(token: Token) -> bool:
    """Whether the word may also be another one, or not be there (`${DRY_RUN:+echo}`)."""
    return len(set(token.choices)) > 1 or token.holder[:1] == ("operand",)


def _harmless(words: Sequence[str]) -> bool:
    """What may stand in a variable before the build: nothing, `echo` for a dry run, `sudo`."""
    return not words or words[0] in KEEPS or (words[0] in NO_RUN and len(words) == 1)


def _unseen(shell: Shell, line: Line) -> Refused | None:
    """Arguments that a command makes, or that are read from somewhere: any build arg may be among them."""
    held = {t.holder[:3] for t in line.contexts if t.holder[:1] == ("variable",)}
    if len(held) > len({h[1] for h in held}):
        return Refused("caller-which-file", "what is built differs from case to case")
    for token in (*line.contexts[:-1], *(t for t in line.unknown if t.name in t.shell.definitions or t.holder[:2] == ("variable", "@"))):
        if token.unknown or (len(token.parts) == 1 and token.parts[0].kind == "sub" and not _plain(token)):
            what = f"${token.name}" if token.name else "a command"
            return Refused("caller-arguments", f"arguments of the build come from {what}")
    return None


def _plain(token: Token) -> bool:
    """A substitution that only prints words which stand in it."""
    raw = token.raw
    inside = [c for c in token.shell.script.commands if token.start <= c.start < token.end]
    return b"build-arg" not in raw and all(c.name in _PRINTING or not c.argv for c in inside)


def _piped(shell: Shell, command: Command) -> Refused | bool:
    """`echo docker build ... | sh` is a build, `echo docker build ...` is none."""
    for each in shell.script.commands[command.index + 1 :]:
        if each.pipeline != command.pipeline:
            break
        if each.stage == command.stage + 1 and command.pipe_to_next and each.name in SHELL_NAMES:
            return Refused("caller-shell", f"the command is printed, and read again by {each.name}")
    return False


def _classic(shell: Shell, command: Command, builder: Builder, host: Host) -> Refused | None:
    """`DOCKER_BUILDKIT=0`: the classic builder, which has no secret mounts."""
    if builder.engine != "docker" and builder.over != "compose":
        return None
    name = "DOCKER_BUILDKIT"
    own = [a for a in (*command.assignments, *wrapper_assignments(command)) if a.name == name]
    values = [a.value.value for a in own[-1:] if a.value is not None]
    if not own:
        before = [d for d in shell.definitions.get(name, ()) if d.command.index < command.index]
        values = [d.word.value for d in before[-1:] if d.word is not None] or list(host.resolve("$" + name) or ())
    if "0" not in values:
        return None
    by_hand: tuple[str, ...] = ("DOCKER_BUILDKIT=1 docker build --secret id=ID,env=NAME ...",)
    if builder.over:
        by_hand = ("export DOCKER_BUILDKIT=1", *builder.instead)
    return Refused("caller-builder", "DOCKER_BUILDKIT=0 asks for the classic builder, which has no secret mounts", 0, by_hand)

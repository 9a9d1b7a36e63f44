"""What really runs: the program behind `sudo -E env A=b timeout 10 ...`, and the script inside `sh -c '...'`.

`sh -c "echo $A \\$B"`: the shell around expands `$A` before `sh` starts, `sh` expands `$B`. In the nested script the expansions of
the shell around are marked `outer`; all offsets lead back to the file.
"""

from __future__ import annotations

from remediate.model import NamedTuple
from remediate.shell.lex import substitution_end
from remediate.shell.parse import parse_shell
from remediate.shell.view import Assignment, Command, Redirect, Script, Word
from remediate.shell.words import Reading, read
from remediate.text import late

SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh", "ksh", "mksh", "busybox-sh"})


class Wrapper(NamedTuple):
    """A program that starts the one behind its options: those that take a value, and how many plain words come before the command."""

    valued: frozenset[str] = frozenset()
    positionals: int = 0
    assigns: bool = False


def _row(valued: str = "", positionals: int = 0, assigns: bool = False) -> Wrapper:
    return Wrapper(frozenset(valued.split()), positionals, assigns)


# Options after the programs' own --help texts (GNU coreutils, util-linux, sudo, BusyBox).
WRAPPERS = {
    "sudo": _row("-u -g -h -p -C -r -t -T -U -D -R --user --group --host --prompt --chdir --chroot", assigns=True),
    "doas": _row("-u -C"),
    "env": _row("-u -C --unset --chdir", assigns=True),
    "exec": _row("-a"),
    "time": _row("-f -o --format --output"),
    "command": _row(),
    "builtin": _row(),
    "nohup": _row(),
    "setsid": _row(),
    "nice": _row("-n --adjustment"),
    "ionice": _row("-c -n --class --classdata"),
    "chrt": _row(positionals=1),
    "taskset": _row(positionals=1),
    "timeout": _row("-s -k --signal --kill-after", 1),
    "stdbuf": _row("-i -o -e --input --output --error"),
    "busybox": _row(),
    "gosu": _row(positionals=1),
    "su-exec": _row(positionals=1),
    "setpriv": _row(),
    "chroot": _row(positionals=1),
    "fakeroot": _row("-l -s -i -b"),
    "eatmydata": _row(),
    "unbuffer": _row(),
    "xvfb-run": _row("-e -f -n -p -s -w --error-file --auth-file --server-num --server-args --wait"),
    "dumb-init": _row("-r"),
    "tini": _row("-p -e"),
    "corepack": _row(),
}
_COREPACK = frozenset({"npm", "npx", "yarn", "yarnpkg", "pnpm", "pnpx"})
_ASSIGNMENT = late(r"[\"']?([A-Za-z_][A-Za-z0-9_]*)=")
_VALUED_SHELL_OPTIONS = frozenset({"-o", "+o", "-O", "+O", "--rcfile", "--init-file"})


def program(command: Command) -> tuple[str, tuple[Word, ...]]:
    """(program name without its directory, its arguments) behind all wrappers; the name is "" when it is not static text."""
    at, _ = _unwrap(command)
    words = command.argv[at:]
    return (_base(words[0]), words[1:]) if words else ("", ())


def wrapper_assignments(command: Command) -> tuple[Assignment, ...]:
    """What `env A=b`, `sudo A=b` set for the program behind them."""
    return tuple(_assignment(word) for word in _unwrap(command)[1])


def _base(word: Word) -> str:
    return (word.value or "").rsplit("/", 1)[-1]


def _assignment(word: Word) -> Assignment:
    match = _ASSIGNMENT.match(word.raw)
    at = word.start + len(match.group().encode("utf-8", "surrogateescape")) if match else word.start
    raw = word.raw[match.end() :] if match else word.raw
    value = None if word.value is None else word.value.partition("=")[2]
    prefix = word.prefix.partition("=")[2]
    inside = Word(raw, value, prefix, at, word.end, word.expansions, word.single, word.substitutions)
    return Assignment(match.group(1) if match else "", inside, word.start, word.end, exported=True)


def _unwrap(command: Command) -> tuple[int, list[Word]]:
    """(index in argv of the real program, assignment words passed on the way)."""
    words, at = command.argv, 0
    assigned: list[Word] = []
    while at < len(words):
        name = _base(words[at])
        wrapper = WRAPPERS.get(name)
        if wrapper is None:
            break
        start = _behind(words, at + 1, wrapper, assigned)
        if start >= len(words) or (name == "command" and any((w.value or "") in ("-v", "-V") for w in words[at + 1 : start])):
            break
        if name == "corepack" and _base(words[start]).partition("@")[0] not in _COREPACK:
            break
        at = start
    return at, assigned


def _behind(words: tuple[Word, ...], at: int, wrapper: Wrapper, assigned: list[Word]) -> int:
    """Index of the first word behind a wrapper's options, assignments and plain words."""
    left = wrapper.positionals
    found: list[Word] = []
    while at < len(words):
        word = words[at]
        if word.value == "--":
            at += 1
            if not left:
                break
        elif word.prefix.startswith("-") and word.prefix != "-":
            at += 2 if word.value in wrapper.valued else 1
        elif wrapper.assigns and _ASSIGNMENT.match(word.raw):
            found.append(word)
            at += 1
        elif wrapper.assigns and word.value == "-":
            at += 1
        elif left:
            left -= 1
            at += 1
        else:
            break
    assigned += found
    return at


def nested(script: Script, command: Command) -> Script | None:
    """The script that `command` hands to a shell: `sh -c`, `su -c`, `eval`, and `sh <<EOF` or `sh <<< text`; None when there is none."""
    name, args = program(command)
    if name in SHELLS:
        word = _after_c(args)
        if word is not None:
            return _inner(script, [word])
        if all(w.prefix.startswith("-") or w.raw == "-" for w in args) or any(w.value == "-s" for w in args):
            return _standard_input(script, command)
    elif name in ("su", "runuser"):
        for at, word in enumerate(args[:-1]):
            if word.value in ("-c", "--command", "-lc"):
                return _inner(script, [args[at + 1]])
    elif name == "eval" and args:
        return _inner(script, list(args))
    return None


def handed(script: Script, words: list[Word]) -> Script:
    """The script that some words of a command make, for what hands them to a shell elsewhere (`ssh host 'docker build .'`)."""
    return _inner(script, words)


def heredoc(script: Script, command: Command) -> Script | None:
    """The script that a command gets on its standard input."""
    return _standard_input(script, command)


def _after_c(args: tuple[Word, ...]) -> Word | None:
    """The word after `-c` (also `-lc`, `-ex -o pipefail -c`, `-c -e`)."""
    wanted = skip = False
    for word in args:
        value = word.value
        if skip:
            skip = False
        elif value in _VALUED_SHELL_OPTIONS:
            skip = True
        elif value and value[0] in "-+" and len(value) > 1:
            wanted = wanted or (value[0] == "-" and value[1] != "-" and "c" in value)
            skip = value[0] == "-" and value[1] != "-" and value.endswith("o")
        else:
            return word if wanted else None
    return None


def _standard_input(script: Script, command: Command) -> Script | None:
    here: Redirect | None = None
    for redirect in command.redirects:
        if redirect.op.startswith("<") and redirect.fd in (-1, 0):
            here = redirect
    if here is None or here.target is None:
        return None
    if here.op == "<<<":
        return _inner(script, [here.target])
    if here.body is None:
        return None
    if not here.expand:
        return parse_shell(here.body)
    return _body(here)


def _inner(script: Script, words: list[Word]) -> Script:
    """The nested script of `words` (joined by a blank, as `eval` does) after quote removal."""
    builder = _Joined()
    data, at = script.text.data, words[0].start
    for word in words:
        if word.start > at:
            builder.add(at, word.start, b" ")
        builder.take(data, read(data, word.start, word.end, "u", lambda start: substitution_end(data, start, len(data))))
        at = word.end
    return parse_shell(script.text.replaced(builder.parts), builder.outer)


def _body(here: Redirect) -> Script:
    """The nested script of an unquoted heredoc body."""
    body = here.body
    assert body is not None
    builder = _Joined()
    data = body.data
    builder.take(data, read(data, 0, len(data), "h", lambda start: substitution_end(data, start, len(data))))
    return parse_shell(body.replaced(builder.parts), builder.outer)


class _Joined:
    """Collects ranges of the text around with what they become, and where the shell around puts a value."""

    def __init__(self) -> None:
        self.parts: list[tuple[int, int, bytes]] = []
        self.outer: dict[int, tuple[int, str]] = {}
        self.length = 0

    def add(self, start: int, end: int, data: bytes) -> None:
        self.parts.append((start, end, data))
        self.length += len(data)

    def take(self, data: bytes, reading: Reading) -> None:
        starts = {e.start: e for e in reading.expansions}
        for start, end, value in reading.parts:
            if value is not None:
                self.add(start, end, value)
                continue
            found = starts.get(start)
            name = found.name if found and found.end == end else "_"
            new = data[start:end] if found and found.end == end else b"${_}"
            self.outer[self.length] = (self.length + len(new), name)
            self.add(start, end, new)

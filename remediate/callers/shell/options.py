"""The command line of a build: which arguments are build args, secrets, the Dockerfile, the context."""

from __future__ import annotations

from collections.abc import Sequence

from remediate.callers.shell.builders import BUILDERS, Builder
from remediate.callers.shell.tokens import Token
from remediate.model import NamedTuple
from remediate.text import late


class Arg(NamedTuple):
    """One build arg. `option` is the argument that says so, `token` the one with the name (the same one for `--build-arg=T`).

    `skip` is what stands before the name in `token`, `through` that no value is given. `name` is "" when it is not known.
    `targets` is the pattern of Bake's `--set PATTERN.args.NAME=VALUE`.
    """

    name: str
    option: Token
    token: Token
    skip: str = ""
    through: bool = False
    targets: str = ""


class Line(NamedTuple):
    """What a build's command line says. `head` is the argument behind which options can be put. `unknown` are arguments not known."""

    head: Token
    args: tuple[Arg, ...] = ()
    secrets: tuple[str, ...] = ()
    ssh: tuple[str, ...] = ()
    file: Token | None = None
    target: str = ""
    contexts: tuple[Token, ...] = ()
    unknown: tuple[Token, ...] = ()
    sets: tuple[Token, ...] = ()


_SET_ARG = late(r"([^.=\s]+)\.args\.")


def starts(tokens: Sequence[Token], at: int) -> tuple[Builder, int] | None:
    """The builder whose command begins at `at`, and the index of its last word."""
    first = tokens[at].value
    if first is None and not tokens[at].choices:
        return None
    name = (first or "").rsplit("/", 1)[-1]
    for builder in BUILDERS:
        if builder.words[0] != name:
            continue
        if builder.style == "kaniko" and "kaniko" not in (first or ""):
            continue
        last = _matched(tokens, at, builder)
        if last is not None and (not builder.needs or any(t.value == builder.needs for t in tokens[last + 1 :])):
            return builder, last
    return None


def _matched(tokens: Sequence[Token], at: int, builder: Builder) -> int | None:
    wanted = list(builder.words[1:])
    here = at
    while wanted:
        here += 1
        if here >= len(tokens):
            return None
        value = tokens[here].value
        if value == wanted[0]:
            wanted.pop(0)
        elif tokens[here].prefix.startswith("-"):
            here += 1 if value in builder.globals else 0
        elif not tokens[here].unknown:
            return None
    return here


def read_line(tokens: Sequence[Token], last: int, builder: Builder) -> Line:
    """The command line behind the words that start the build (`tokens[last]` is the last of those)."""
    reader = _Reader(tokens[last], builder)
    rest = list(tokens[last + 1 :])
    at = 0
    while at < len(rest):
        at += reader.take(rest, at)
    return reader.line()


class _Reader:
    def __init__(self, head: Token, builder: Builder) -> None:
        self.head, self.builder = head, builder
        self.args: list[Arg] = []
        self.secrets: list[str] = []
        self.ssh: list[str] = []
        self.file: Token | None = None
        self.target = ""
        self.contexts: list[Token] = []
        self.unknown: list[Token] = []
        self.sets: list[Token] = []
        self.ended = False

    def line(self) -> Line:
        ids = tuple(dict.fromkeys(self.secrets))
        return Line(
            self.head, tuple(self.args), ids, tuple(dict.fromkeys(self.ssh)), self.file, self.target, tuple(self.contexts),
            tuple(self.unknown), tuple(self.sets),
        )  # fmt: skip

    def take(self, rest: list[Token], at: int) -> int:
        """Read the argument at `at`; how many it takes."""
        token = rest[at]
        if token.unknown:
            self.unknown.append(token)
            return 1
        text = token.prefix
        if self.ended or not text.startswith("-") or text == "-":
            if token.value != "":
                self.contexts.append(token)
            return 1
        if token.value == "--":
            self.ended = True
            return 1
        name, equals, _ = text.partition("=")
        if not text.startswith("--"):
            return self._short(rest, at)
        if equals:
            self._option(name, token, token, name + "=")
            return 1
        if token.value is None:
            return 1
        if name not in self.builder.valued or at + 1 >= len(rest):
            return 1
        self._option(name, token, rest[at + 1], "")
        return 2

    def _short(self, rest: list[Token], at: int) -> int:
        """`-t name`, `-tname`, `-qt name`."""
        token = rest[at]
        text = token.prefix
        for index in range(1, len(text)):
            option = "-" + text[index]
            if option not in self.builder.valued:
                continue
            behind = text[: index + 1]
            if token.value == behind:
                if at + 1 < len(rest):
                    self._option(option, token, rest[at + 1], "")
                return 2
            self._option(option, token, token, behind + ("=" if text[index + 1 : index + 2] == "=" else ""))
            return 1
        return 1

    def _option(self, name: str, option: Token, token: Token, skip: str) -> None:
        value = token.prefix[len(skip) :]
        if name == "--build-arg":
            self.args.append(_arg(option, token, skip))
        elif name == "--secret":
            self.secrets += [f[3:] for f in value.replace('"', "").split(",") if f.startswith("id=")]
        elif name == "--ssh":
            self.ssh.append(value.partition("=")[0])
        elif name in ("-f", "--file") or (name == "--dockerfile" and self.builder.style == "kaniko"):
            self.file = behind(token, skip)
        elif name in ("-c", "--context") and self.builder.style == "kaniko":
            self.contexts.append(behind(token, skip))
        elif name == "--target":
            whole = token.value
            self.target = whole[len(skip) :] if whole is not None else "*"
        elif name == "--set" and (found := _SET_ARG.match(value)):
            self.args.append(_arg(option, token, skip + found[0])._replace(targets=found[1]))
        elif name == "--set":
            self.sets.append(behind(token, skip))


def _arg(option: Token, token: Token, skip: str) -> Arg:
    text = token.prefix[len(skip) :]
    name, equals, _ = text.partition("=")
    known = bool(equals) or token.value is not None
    return Arg(name if known else "", option, token, skip, known and not equals)


def behind(token: Token, skip: str) -> Token:
    """The argument without what stands before its value."""
    if not skip:
        return token
    left = len(skip)
    parts = []
    for part in token.parts:
        if part.kind == "text" and left:
            cut = min(left, len(part.text))
            left -= cut
            if cut < len(part.text):
                parts.append(part._replace(text=part.text[cut:], start=part.start + cut))
        else:
            parts.append(part)
    return token._replace(parts=tuple(parts), choices=())

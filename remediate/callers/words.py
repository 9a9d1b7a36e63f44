"""A build command that stands as a list of words (`args: [build, --build-arg, T=x, .]`), not as a shell script.

No shell sees these words: what looks like `$T` in them is that text, unless the surrounding format replaces it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence

from remediate.callers.model import Build, Move, Passed, Place, Refused
from remediate.callers.places import any_of, joined, place
from remediate.callers.shell.builders import BUILDERS, Builder
from remediate.model import NamedTuple
from remediate.text import late

_NAME = late(r"[A-Za-z_]\w*")
MOST = 64  # possibilities of one path (a matrix); beyond that it counts as unknown


class Flag(NamedTuple):
    """`--name value` or `--name=value`: it begins at word `at` and ends with word `end` (the same one when they are joined)."""

    name: str
    value: str | None
    at: int
    end: int

    @property
    def joined(self) -> bool:
        return self.at == self.end


class Command(NamedTuple):
    """One build: its options begin at word `start`; `context` is the index of the context, -1 when none is given."""

    builder: Builder
    start: int
    flags: tuple[Flag, ...]
    context: int = -1

    def named(self, *names: str) -> Iterator[Flag]:
        return (f for f in self.flags if f.name in names)

    def build_args(self, name: str = "") -> tuple[Flag, ...]:
        """All `--build-arg`s, or those of one name."""
        return tuple(f for f in self.named("--build-arg") if not name or (f.value or "").partition("=")[0] == name)

    def value(self, *names: str) -> str:
        """The value of the last flag of these names."""
        found = [f.value for f in self.named(*names) if f.value is not None]
        return found[-1] if found else ""


def command_of(words: Sequence[str]) -> Command | None:
    """The build that these words are, the program first; None when they are something else."""
    if not words:
        return None
    program = words[0].rpartition("/")[2]
    best: tuple[int, Builder] | None = None
    for builder in BUILDERS:
        if builder.words[0] == program and (not builder.needs or builder.needs in words):
            end = _start(words, builder)
            if end is not None and (best is None or len(builder.words) > len(best[1].words)):
                best = end, builder
    if best is None:
        return None
    flags, rest = _flags(words, *best)
    return Command(best[1], best[0], tuple(flags), rest[-1] if rest else -1)


def _start(words: Sequence[str], builder: Builder) -> int | None:
    """Where the options of the build begin, when the words start this build."""
    at = 1
    for wanted in builder.words[1:]:
        while at < len(words) and words[at].startswith("-"):
            at += 2 if words[at] in builder.globals else 1
        if at >= len(words) or words[at] != wanted:
            return None
        at += 1
    return at


def _flags(words: Sequence[str], at: int, builder: Builder) -> tuple[list[Flag], list[int]]:
    flags: list[Flag] = []
    rest: list[int] = []
    while at < len(words):
        word = words[at]
        if word == "-" or not word.startswith("-"):
            rest.append(at)
        elif word.startswith("--") and "=" in word:
            name, _, value = word.partition("=")
            flags.append(Flag(name, value, at, at))
        elif not word.startswith("--") and len(word) > 2 and word[:2] in builder.valued:
            flags.append(Flag(word[:2], word[2:].removeprefix("="), at, at))
        elif word in builder.valued and at + 1 < len(words):
            flags.append(Flag(word, words[at + 1], at, at + 1))
            at += 1
        else:
            flags.append(Flag(word, None, at, at))
        at += 1
    return flags, rest


Expand = Callable[[str], tuple[str, ...]]  # the possible texts of a word, `*` for a part that is not known
Origin = Callable[[str, str | None], str]  # where the value of a build arg comes from; None: it is that of the variable of its name


class Around(NamedTuple):
    """What is known of the place where the words stand: a line for each word, the folder in which the command runs."""

    path: str
    kind: str
    lines: Sequence[int]
    folder: str | None
    expand: Expand
    origin: Origin
    name: str = ""


def build_of(command: Command, words: Sequence[str], around: Around, refused: Refused | None = None, key: object = None) -> Build:
    """The build, as a kind tells of it."""
    where, context = place_of(command, words, around)
    secrets, ssh = supplied(command)
    line = around.lines[0]
    if refused is None and not command.builder.secrets:
        refused = Refused(command.builder.code, command.builder.why, line, command.builder.instead)
    passed = [_passed(flag, around) for flag in command.build_args()]
    args = tuple(p for found in passed for p in found or ())
    if refused is None and None in passed:
        refused = Refused("caller-arguments", "the name of a build arg is put together", line)
    return Build(
        around.path, around.kind, line, where, context, around.folder, args, secrets, ssh, command.value("--target"),
        command.builder.engine, around.name, refused, key,
    )  # fmt: skip


def _passed(flag: Flag, around: Around) -> tuple[Passed, ...] | None:
    """The build args of one `--build-arg`: several where its name is computed, None when that name is not known."""
    name, equals, value = (flag.value or "").partition("=")
    line = around.lines[flag.end]
    if "$" not in name:
        return (Passed(name, line, around.origin(name, value if equals else None)),)
    names = [text.partition("=")[0] for text in around.expand(flag.value or "")]
    return tuple(Passed(n, line) for n in dict.fromkeys(names)) if all(_NAME.fullmatch(n) for n in names) else None


def is_computed(command: Command, move: Move) -> bool:
    """Whether the build arg does not stand among the words under its name: what puts it there is somewhere else."""
    return bool(move.arg) and not command.build_args(move.arg)


COMPUTED = Refused("caller-arguments", "a variable brings the build arg, name and all")


def place_of(command: Command, words: Sequence[str], around: Around) -> tuple[Place, str | None]:
    """The Dockerfile, and the context when it is one known folder."""
    if command.builder.style == "none":
        return Place(pattern="**"), None
    context, file = words[command.context] if command.context >= 0 else ".", command.value("-f", "--file", "--dockerfile")
    if command.builder.style == "kaniko":
        context = command.value("-c", "--context").removeprefix("dir://") or "."
    contexts, files = bounded(around.expand(context)), bounded(around.expand(file)) if file else ("",)
    inside = command.builder.style == "kaniko"
    found = any_of(place(around.folder, c, f, file_in_context=inside) for c in contexts for f in files)
    only = joined(around.folder, contexts[0]) if len(contexts) == 1 else None
    return found, only if only is not None and "*" not in only else None


def bounded(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(texts) if 0 < len(texts) <= MOST else ("*",)


def supplied(command: Command) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The ids of secrets, and of SSH agents, that are passed already."""
    secrets = [s for f in command.named("--secret") if (s := secret_id(f.value or ""))]
    agents = [(f.value or "").partition("=")[0] or "default" for f in command.named("--ssh")]
    return tuple(dict.fromkeys(secrets)), tuple(dict.fromkeys(agents))


def secret_id(value: str) -> str:
    """The id in `id=x,env=Y`."""
    for field in value.split(","):
        key, _, text = field.strip().strip("\"'").partition("=")
        if key.lower() == "id":
            return text
    return ""


class Swap(NamedTuple):
    """Words `at` up to (not including) `end` become these; an insertion when both are the same."""

    at: int
    end: int
    words: tuple[str, ...]


def names_passed(command: Command) -> tuple[str, ...]:
    """The build args that are given to Compose or Bake, which read their own files."""
    over = [(f.value or "").partition("=")[0] for f in command.named("--set")]
    names = [(f.value or "").partition("=")[0] for f in command.build_args()]
    return tuple(dict.fromkeys((*names, *(o.partition(".args.")[2] for o in over if ".args." in o))))


def swaps(command: Command, move: Move, given: str) -> list[Swap]:
    """The words that change for one move; `given` is the value of `--secret` (of `--ssh`), "" when the build has it already."""
    option = "--ssh" if move.ssh else "--secret"
    out: list[Swap] = []
    for number, flag in enumerate(command.build_args(move.arg) if move.arg else ()):
        new: tuple[str, ...] = ()
        if given and number == 0:
            new = (f"{option}={given}",) if flag.joined else (option, given)
        out.append(Swap(flag.at, flag.end + 1, new))
    if given and not out:
        out.append(Swap(command.start, command.start, (option, given)))
    return out


def by_path(move: Move, folder: str | None) -> str | Refused:
    """`--secret` for a file that was copied from the context."""
    if folder is None:
        return Refused("caller-which-file", f"the folder in which the build runs is not known, and {move.source} is to be found from there")
    path = posixpath.relpath(move.source, folder)
    if any(c in path for c in ",\"'$ "):
        return Refused("caller-value", f"the path {move.source} cannot stand in a --secret option as it is")
    return f"id={move.spec.id},src={path}"

"""A build that is an argument list: what it passes, and the edits that move a build arg to a secret."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from remediate.callers.model import Build, Over, Passed, Place, Refused
from remediate.callers.over_words import over_args, over_of, secret_ids
from remediate.callers.python.folders import Folders
from remediate.callers.python.origins import origin_of, value_parts
from remediate.callers.python.scopes import Scopes
from remediate.callers.python.tree import Tree
from remediate.callers.python.values import HOLE, ROOT, Parts, Values
from remediate.callers.python.word import Gap, Items, Word
from remediate.callers.shell.paths import ROOT as AT_ROOT
from remediate.callers.words import Command, Flag, command_of, supplied
from remediate.model import NamedTuple

_ENGINE_HINTS = ("docker", "podman", "engine", "container", "nerdctl", "buildah")
_BEFORE = frozenset("time nice nohup exec command".split())


class Found(NamedTuple):
    """A build among words. `words` are the ones from the engine on, `texts` what they are; `refused`: it cannot be done here."""

    command: Command
    words: tuple[Word, ...]
    texts: tuple[str, ...]
    gaps: tuple[Gap, ...]
    refused: Refused | None = None

    def word(self, flag: Flag) -> Word:
        """The word that holds the value of a flag."""
        return self.words[flag.end]

    @property
    def overridden(self) -> tuple[str, ...]:
        """The build args that are set over a file of targets or services."""
        return tuple(dict.fromkeys(name for name, _ in over_args(self.command)))


def found_in(items: Items, tree: Tree) -> Found | None:
    """The build that these words are; None when they are something else."""
    start = _engine_at(items)
    if start is None:
        return None
    rest = items[start:]
    words = [i for i in rest if isinstance(i, Word)]
    if not words or isinstance(rest[0], Gap):
        return None
    texts = [w.text for w in words]
    if texts[0] == HOLE:
        if not _looks_like_engine(words[0], texts, tree):
            return None
        texts[0] = "docker"
    command = command_of(texts)
    if command is None:
        return None
    refused = None
    line = tree.line(words[0].node)
    if any(isinstance(i, Word) and i.text == "sudo" for i in items[:start]):
        refused = Refused("caller-remote", "sudo takes the environment away", line, ('"sudo", "--preserve-env=NAME", ...',))
    elif not command.builder.secrets and not command.builder.over:
        refused = Refused(command.builder.code, command.builder.why, line, command.builder.instead)
    gaps = tuple(i for i in rest if isinstance(i, Gap))
    return Found(command, tuple(words), tuple(texts), gaps, refused)


def _engine_at(items: Items) -> int | None:
    """Where the builder's own words begin: behind `sudo`, `time`, `env A=b`."""
    at = 0
    while at < len(items):
        item = items[at]
        if isinstance(item, Gap):
            return None
        text = item.text
        name = text.rpartition("/")[2]
        if name == "sudo":
            at += 1
            while at < len(items) and isinstance(i := items[at], Word) and i.text.startswith("-"):
                at += 1
        elif name in _BEFORE or name == "env" or ("=" in text and text.split("=")[0].isidentifier() and HOLE not in text.split("=")[0]):
            at += 1
        else:
            return at
    return None


def _looks_like_engine(word: Word, texts: list[str], tree: Tree) -> bool:
    """`[engine, "build", ...]`: an unknown program that takes what only a builder of images takes."""
    if len(texts) < 2 or texts[1] not in ("build", "buildx", "image", "bud"):
        return False
    flags = any(t.partition("=")[0] in ("--build-arg", "--secret", "--target", "--tag", "--platform") for t in texts)
    return flags or any(h in tree.text(word.node).lower() for h in _ENGINE_HINTS)


class Unknown(NamedTuple):
    """A build arg whose name is put together while the program runs."""

    word: Word
    parts: Parts = ()


class Argv:
    """Reads the builds of one file that are argument lists."""

    def __init__(self, scopes: Scopes, values: Values, folders: Folders, kind: str) -> None:
        self.scopes, self.values, self.folders, self.kind = scopes, values, folders, kind

    def build(
        self,
        found: Found,
        call: cst.CSTNode,
        cwd: tuple[str | None, ...],
        key: object,
        inherits: Callable[[str], bool],
        refused: Refused | None = None,
    ) -> tuple[Build, tuple[Unknown, ...]]:
        """The build, and the build args of it whose names are not known."""
        tree, command = self.scopes.tree, found.command
        args: list[Passed] = []
        unknown: list[Unknown] = []
        for name, flag in over_args(command):
            word = found.word(flag)
            line = tree.line(word.node if word.entry is None else word.entry.member)
            if HOLE in name or not name:
                unknown.append(Unknown(word, _behind_flag(word, flag)))
            elif "=" not in (flag.value or ""):
                args.append(Passed(name, line, f"env:{name}"))
            else:
                args.append(Passed(name, line, self.origin(word, flag, inherits)))
        secrets, ssh = supplied(command)
        texts = found.texts
        over = over_of(command, texts, _path, HOLE) if command.builder.over else None
        context = texts[command.context] if command.context >= 0 and over is None else "."
        at = self.folders.located(cwd, context, command.value("-f", "--file", "--dockerfile") if over is None else "")
        target = command.value("--target").replace(HOLE, "*")
        build = Build(
            tree.path, self.kind, tree.line(call), at.place, at.context, at.folder, tuple(args),
            tuple(s for s in secrets if HOLE not in s), tuple(s for s in ssh if HOLE not in s), target, command.builder.engine,
            refused=refused or found.refused, key=key,
        )  # fmt: skip
        return (build if over is None else _by_file(build, over, command)), tuple(unknown)

    def origin(self, word: Word, flag: Flag, inherits: Callable[[str], bool]) -> str:
        origin = origin_of(self.scopes, self.values, self.value(word, flag))
        return "" if origin.kind == "env" and not inherits(origin.name) else origin.shown

    def value(self, word: Word, flag: Flag) -> Parts:
        """The parts of the value behind `NAME=` (behind `--build-arg=NAME=`)."""
        return value_parts(word._replace(parts=_behind_flag(word, flag)), (flag.value or "").partition("=")[0])


def _behind_flag(word: Word, flag: Flag) -> Parts:
    """The parts of `NAME=value`, also of `--build-arg=NAME=value`."""
    if not flag.joined:
        return word.parts
    first, *rest = word.parts
    return (first._replace(text=first.text.partition("=")[2]), *rest)


def _path(text: str) -> str:
    """A path that begins at the repository's root, in the words of commands."""
    return AT_ROOT + text[len(ROOT) :] if text.startswith(ROOT) else text


def _by_file(build: Build, over: Over, command: Command) -> Build:
    """A build of which a Compose or Bake file says what it builds."""
    args = tuple(a._replace(origin="") if a.origin.startswith("file:") else a for a in build.args)
    refused = build.refused if args else None
    if refused is not None and not refused.by_hand:
        refused = refused._replace(by_hand=command.builder.instead)
    return build._replace(
        place=Place(pattern="**") if args else Place(), context=None, args=args, secrets=secret_ids(command), ssh=(), target="",
        refused=refused, over=over,
    )  # fmt: skip

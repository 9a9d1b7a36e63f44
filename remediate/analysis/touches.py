"""What a command of a RUN's own text does to a file: writes it, adds to it, changes it or its mode, takes it away."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise

from remediate.analysis.named_paths import NamedPath, text_of
from remediate.analysis.placed import Place
from remediate.analysis.references import static_argv
from remediate.analysis.removals import normal_path
from remediate.knowledge import commands
from remediate.knowledge.globs import matches
from remediate.model import NamedTuple
from remediate.shell.view import Word


class Did(StrEnum):
    """`write` makes it new (`>`), `append` adds to it (`>>`, `touch`, `npm config set`), `change` alters it or its mode (`chmod`,
    `sed -i`, `npm config delete`), `remove` takes it away.
    """

    WRITE = "write"
    APPEND = "append"
    CHANGE = "change"
    REMOVE = "remove"


class Touch(NamedTuple):
    """A command of a RUN's own text (`RunView.scripts[0]`) that writes, changes or removes the file. `words`: indexes in its `argv` of the
    words that name the file (for a removal: the words that can go). `only`: it does nothing else and to no other file.
    """

    run: int
    command: int
    did: Did
    words: tuple[int, ...] = ()
    only: bool = True


_DEEP = frozenset("rm cp mv ln install find chmod chown chgrp setfacl".split())
# Programs that only make text: a redirect of theirs is all that they do.
_MAKES_TEXT = frozenset("envsubst jq yq awk gawk mawk gpg perl ssh-keyscan".split())
_MODES = frozenset("chmod chown chgrp setfacl chattr".split())
_OUTPUTS = frozenset("-o -O -out --out --output --output-document".split())


def _may_touch(named: NamedPath, place: Place) -> bool:
    """A quick look, before any word is read."""
    command = place.command
    if place.row is not None or place.undone or place.tool in _DEEP:
        return True
    if any(named.base in r.target.raw for r in command.redirects if r.target is not None):
        return True
    return any(named.base in w.raw or "*" in w.raw or "\\" in w.raw or "'" in w.raw or '"' in w.raw for w in command.argv)


def touch_of(named: NamedPath, place: Place) -> Touch | None:
    """What the command does to the file, None when nothing."""
    if not _may_touch(named, place):
        return None
    found = _redirected(named, place)
    if found is None and place.command.argv:
        tool = place.tool
        if tool in _BY_TOOL:
            found = _BY_TOOL[tool](named, place)
        elif tool in _MODES:
            found = _mode(named, place)
        found = found or _edited(named, place) or _kept(named, place) or _output(named, place)
    if found is None:
        return None
    did, words, only = found
    return Touch(place.run.index, place.command.index, did, words, only)


_Found = tuple[Did, tuple[int, ...], bool]


def _redirected(named: NamedPath, place: Place) -> _Found | None:
    outputs = [r for r in place.command.redirects if r.target is not None and r.op in (">", ">>", ">|", "&>", "&>>", "<>")]
    for redirect in outputs:
        if redirect.target is not None and named.is_(text_of(redirect.target), place.run, place.folder):
            others = [r for r in outputs if r is not redirect and text_of(r.target or redirect.target) != "/dev/null"]
            only = not others and _only_makes_text(place)
            return (Did.APPEND if redirect.op in (">>", "&>>", "<>") else Did.WRITE), (), only
    return None


def _only_makes_text(place: Place) -> bool:
    if place.command.argv:
        tool = place.tool
        return tool not in ("tee", "sponge") and (tool in _MAKES_TEXT or (commands.inert(place.argv) and not commands.removes(place.argv)))
    around = place.command
    inner = [c for c in place.script.commands if c.index != around.index and around.start <= c.start < around.end]
    return all(commands.inert(static_argv(c)) and c.name in ("echo", "printf", "cat", ":", "true") and not c.redirects for c in inner)


def _exact(named: NamedPath, place: Place, words: Sequence[tuple[int, Word]]) -> tuple[int, ...]:
    return tuple(i for i, w in words if named.is_(text_of(w), place.run, place.folder))


def _tee(named: NamedPath, place: Place) -> _Found | None:
    words = place.plain()
    found = _exact(named, place, words)
    append = place.has("a", "--append") and place.tool == "tee"
    return (Did.APPEND if append else Did.WRITE, found, len(words) == len(found)) if found else None


def _touched(named: NamedPath, place: Place) -> _Found | None:
    words = place.plain()
    found = _exact(named, place, words)
    if not found:
        return None
    return Did.APPEND if place.tool == "touch" else Did.CHANGE, found, len(words) == len(found)


def _copied(named: NamedPath, place: Place) -> _Found | None:
    """`cp a P`, `mv a folder/`, `ln -s a P`, `install -m 600 a P`; for `mv P a` the file goes."""
    words = place.plain()
    target = _target(place)
    sources = words if target is not None else words[:-1]
    last = target if target is not None else (words[-1][1] if len(words) > 1 else None)
    if last is not None:
        text = text_of(last)
        index = next((i for i, w in place.arguments() if w is last), -1)
        only = len(sources) == 1 and place.tool != "mv"
        if named.is_(text, place.run, place.folder):
            return Did.WRITE, (index,), only
        if normal_path(text, place.run, place.folder) == (named.folder or "/"):
            bases = [text_of(w).rstrip("/").rsplit("/", 1)[-1] for _, w in sources]
            if named.base in bases:
                return Did.WRITE, (index,), only
    if place.tool == "mv" and any(_takes(named, place, w) for _, w in sources):
        return Did.REMOVE, (), False
    return None


def _target(place: Place) -> Word | None:
    words = place.arguments()
    for at, (_, word) in enumerate(words[:-1]):
        if word.raw in ("-t", "--target-directory"):
            return words[at + 1][1]
    return None


def _takes(named: NamedPath, place: Place, word: Word) -> bool:
    """The word names the file, a folder above it or a pattern of either."""
    text = text_of(word)
    return (
        named.is_(text, place.run, place.folder) or named.above(text, place.run, place.folder) or named.fits(text, place.run, place.folder)
    )


def _removed(named: NamedPath, place: Place) -> _Found | None:
    words = place.plain()
    if place.tool == "shred" and not place.has("u", "--remove"):
        return _touched(named, place)
    found = _exact(named, place, words)
    if found:
        return Did.REMOVE, found, len(found) == len(words)
    deep = place.tool == "rm" and place.has("rR", "--recursive")
    for _, word in words:
        text = text_of(word)
        if named.fits(text, place.run, place.folder) or (deep and named.above(text, place.run, place.folder)):
            return Did.REMOVE, (), False
    return None


def _mode(named: NamedPath, place: Place) -> _Found | None:
    words = place.plain()[1:]  # the mode or the owner comes first
    if place.tool in ("setfacl", "chattr") or place.has("", "--reference"):
        words = place.plain()
    found = _exact(named, place, words)
    if found:
        return Did.CHANGE, found, len(found) == len(words)
    deep = place.has("R", "--recursive")
    for _, word in words:
        text = text_of(word)
        if deep and (named.above(text, place.run, place.folder) or named.fits(text, place.run, place.folder)):
            return Did.CHANGE, (), False
        if named.fits(text, place.run, place.folder) and normal_path(text, place.run, place.folder).count("/") == named.path.count("/"):
            return Did.CHANGE, (), False
    return None


def _find(named: NamedPath, place: Place) -> _Found | None:
    """`find FOLDER -name .npmrc -delete`, `-exec rm`, `-exec chmod`."""
    raw = [text_of(w) for _, w in place.arguments()]
    wanted = [glob for option, glob in pairwise(raw) if option in ("-name", "-iname")]
    if wanted and not any(matches(named.base, glob) for glob in wanted):
        return None
    starts = raw[: next((i for i, w in enumerate(raw) if w.startswith(("-", "(", "!", "\\"))), len(raw))] or ["."]
    if not any(named.above(w, place.run, place.folder) or named.is_(w, place.run, place.folder) for w in starts):
        return None
    run = {raw[i + 1] for i, w in enumerate(raw[:-1]) if w in ("-exec", "-execdir", "-ok")}
    if "-delete" in raw or run & {"rm", "unlink", "shred"}:
        return Did.REMOVE, (), False
    return (Did.CHANGE, (), False) if run & (_MODES | {"sed"}) else None


def _edited(named: NamedPath, place: Place) -> _Found | None:
    files = commands.edits_file(place.argv)
    mine = [f for f in files if named.is_(f, place.run, place.folder)]
    if not mine:
        return None
    found = _exact(named, place, place.arguments())
    return Did.CHANGE, found, len(mine) == len(files)


def _kept(named: NamedPath, place: Place) -> _Found | None:
    """Setting commands: `npm config set` adds to `~/.npmrc`, `npm config delete` changes it."""
    row = place.row
    by_option = (i for i, w in place.arguments() if "=" in w.raw and named.names(text_of(w), place.run, place.folder))
    written = _exact(named, place, place.arguments()) or tuple(by_option)
    if row is not None:
        if any(named.is_(w, place.run, place.folder) for w in row.writes) or (written and row.writes != ("*",)):
            return Did.APPEND, written, row.kind == "config"
        return None
    if any(named.is_(w, place.run, place.folder) for r in place.undone for w in r.writes):
        return Did.CHANGE, (), True
    return None


def _output(named: NamedPath, place: Place) -> _Found | None:
    """`curl -o P`, `openssl -out P`, `dd of=P`, `ssh-keygen -f P`."""
    words = place.arguments()
    makes_key = place.tool == "ssh-keygen" and any(w.raw.startswith("-t") for _, w in words)
    for at, (index, word) in enumerate(words):
        text = text_of(word)
        before = words[at - 1][1].raw if at else ""
        if before in _OUTPUTS or (makes_key and before == "-f"):
            hit = named.is_(text, place.run, place.folder)
        else:
            value = text.partition("=")[2] if text.startswith(("of=", "--output=", "--output-document=")) else ""
            hit = bool(value) and named.is_(value, place.run, place.folder)
        if hit and place.tool not in ("ssh", "scp", "unzip", "grep", "mount"):
            return Did.WRITE, (index,), False
    return None


_BY_TOOL = {
    **dict.fromkeys(("tee", "sponge"), _tee), **dict.fromkeys(("touch", "truncate"), _touched),
    **dict.fromkeys(("cp", "mv", "ln", "install"), _copied), **dict.fromkeys(("rm", "unlink", "shred"), _removed), "find": _find,
}  # fmt: skip

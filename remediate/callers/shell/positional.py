"""The arguments of a script or function behind `set -- ...`: a POSIX shell has no other array."""

from __future__ import annotations

from remediate.callers.shell.definitions import function_of
from remediate.callers.shell.shells import certain
from remediate.callers.shell.tokens import Token
from remediate.shell.view import Command, Expansion, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from remediate.callers.shell.expand import Expander


_ALL = ("$@", "${@}", "$*", "${*}")


def positional(words_of: Expander, one: Expansion, holder: tuple[object, ...], use: Command) -> list[Token] | None:
    """What `set -- "$@" --build-arg T="$T"` put together; None when nothing does."""
    shell, name = words_of.shell, function_of(use)
    before = [c for c in shell.named("set", "shift") if c.index < use.index and function_of(c) == name]
    words = [set_words(c) for c in before]
    first = next((n for n, w in enumerate(words) if w is not None), -1)
    if first < 0 or shell.left < 0:
        return None
    later = [c for c in shell.named("set", "shift") if c.index > use.index and function_of(c) == name and "loop" in c.scopes]
    passes = any("build-arg" in w.raw for list_ in (*words, *map(set_words, later)) for w in list_ or ())
    not_known = words_of.unknown(one.start, one.end, "@", ("variable", "@") if passes else holder)
    if any(w is None for c, w in zip(before[first:], words[first:], strict=True) if _counts(c)):
        return [not_known]
    if "loop" in use.scopes and any(_counts(c) for c in later):
        return [not_known]
    now = words_of.given(one, holder, before[first])
    for command, list_ in zip(before[first:], words[first:], strict=True):
        if list_ is None:
            continue
        new: list[Token] = []
        own = False
        for at, word in enumerate(list_):
            mine = word.raw.strip('"') in _ALL
            own = own or mine
            where = (list_[at - 1].end if at else -1, list_[at + 1].start if at + 1 < len(list_) else -1)
            new += now if mine else words_of.word(word.start, word.end, *where, ("variable", "@", command.index), command, 1)
        now = new if own or certain(shell, command, use) else [*now, *new]
        shell.left -= len(now)
        if shell.left < 0:
            return [not_known]
    return now


def set_words(command: Command) -> tuple[Word, ...] | None:
    """The words of `set -- ...`; None for `set -e`, and for `shift`."""
    words = command.argv[1:]
    if command.name != "set" or not words or words[0].value != "--":
        return None
    return tuple(words[1:])


def _counts(command: Command) -> bool:
    """Whether the command changes the arguments: `set -e` does not."""
    return command.name == "shift" or set_words(command) is not None or any(not w.raw.startswith(("-", "+")) for w in command.argv[1:])

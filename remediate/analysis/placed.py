"""A command in its place: with its RUN, the folder it works in, and what it keeps in files of settings."""

from __future__ import annotations

from functools import cache

from remediate.analysis.references import static_argv, tool_name
from remediate.analysis.runs import RunView
from remediate.knowledge import persist
from remediate.knowledge.commands_shape import program_name, shape
from remediate.knowledge.persist import PersistRow
from remediate.model import NamedTuple
from remediate.shell.view import Command, Script, Word

_VALUED: dict[str, tuple[str, ...]] = {
    "install": ("-m", "-o", "-g", "-t", "-S", "--mode", "--owner", "--group", "--target-directory"),
    "truncate": ("-s", "-r", "--size"), "touch": ("-d", "-t", "-r"), "shred": ("-n", "-s"),
    **dict.fromkeys(("cp", "mv", "ln"), ("-t", "-S", "--target-directory")),
}  # fmt: skip


class Place(NamedTuple):
    """A command with what is needed to read its words: its RUN, the folder it works in, its argv without wrappers.

    `row` says what it keeps in a file, `undone` what it takes out again.
    """

    run: RunView
    script: Script
    command: Command
    folder: str
    argv: tuple[str | None, ...]
    row: PersistRow | None = None
    undone: tuple[PersistRow, ...] = ()

    @property
    def tool(self) -> str:
        return tool_name(self.argv)

    def arguments(self) -> list[tuple[int, Word]]:
        """(index in `Command.argv`, word) of the words behind the program."""
        start = len(self.command.argv) - len(self.argv) + 1
        return list(enumerate(self.command.argv))[start:] if self.command.argv else []

    def plain(self) -> list[tuple[int, Word]]:
        """The arguments that are no options and no values of options."""
        valued = _VALUED.get(self.tool, ())
        words = self.arguments()
        return [(i, w) for at, (i, w) in enumerate(words) if not w.raw.startswith("-") and not (at and words[at - 1][1].raw in valued)]

    def has(self, letters: str, *options: str) -> bool:
        """One of the letters in a cluster of options, or one of the long options."""
        words = [w.raw for _, w in self.arguments()]
        return any((w.startswith("-") and not w.startswith("--") and any(c in w for c in letters)) or w in options for w in words)


def place_of(run: RunView, script: Script, command: Command, folder: str) -> Place:
    """The command with what it keeps, which is asked once for all files."""
    argv = static_argv(command) if command.argv else ()
    if not argv or program_name(argv[0] or "") not in _setting_programs():
        return Place(run, script, command, folder, argv)
    row = persist.persists(argv, tuple(w.raw for w in command.argv)[-len(argv) :])
    tools = persist.undoes(argv) if row is None else ()
    return Place(run, script, command, folder, argv, row, tuple(r for r in persist.rows() if r.tool in tools))


@cache
def _setting_programs() -> frozenset[str]:
    shapes = [run for row in persist.rows() for run in (row.run, *row.undo)]
    # `python -m`, `php` and the like start another program by its name.
    return frozenset(program for run in shapes for program in shape(run)[0]) | {"python", "php", "corepack"}

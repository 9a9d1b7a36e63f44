"""What the builder holds while it works: commands that can still change, and where in the nesting it stands."""

from __future__ import annotations

from remediate.model import NamedTuple
from remediate.shell.view import Assignment, Command, Redirect, Word


class Frame(NamedTuple):
    """The surroundings of one list. `inherit` is (pipeline, stage) of the construct around it when that is part of a pipeline.

    `level` counts substitutions, `backquotes` those of them written with backquotes, `depth` all nesting.
    """

    scopes: tuple[str, ...] = ()
    parent: int | None = None
    inherit: tuple[int, int] | None = None
    level: int = 0
    backquotes: int = 0
    depth: int = 0

    def within(self, *scopes: str, inherit: tuple[int, int] | None = None) -> Frame:
        return self._replace(scopes=self.scopes + scopes, inherit=inherit or self.inherit, depth=self.depth + 1)

    def substituted(self, parent: int | None, backquotes: bool) -> Frame:
        scopes = (*self.scopes, "substitution")
        return Frame(scopes, parent, None, self.level + 1, self.backquotes + backquotes, self.depth + 1)


class Draft:
    """A command in the making."""

    __slots__ = ("argv", "assignments", "background", "connector", "end", "frame", "index", "pipe", "place", "redirects", "scopes", "start")

    def __init__(self, index: int, frame: Frame, start: int, end: int, place: tuple[int, int], connector: str) -> None:
        self.index, self.frame, self.start, self.end = index, frame, start, end
        self.place, self.connector, self.scopes = place, connector, frame.scopes
        self.argv: list[Word] = []
        self.assignments: list[Assignment] = []
        self.redirects: list[Redirect] = []
        self.pipe = self.background = False

    def command(self) -> Command:
        return Command(
            self.index, tuple(self.argv), tuple(self.assignments), tuple(self.redirects), self.start, self.end, self.connector,
            self.place[0], self.place[1], self.pipe, self.scopes, self.frame.parent, self.background,
        )  # fmt: skip


class Listing:
    """Where a list stands while it is read: what came before the next command, and the pipeline it would join."""

    __slots__ = ("bang", "connector", "first", "list_start", "member_start", "negated", "open", "pipeline", "stage")

    def __init__(self, drafts: int) -> None:
        self.connector, self.first, self.bang, self.open = "", True, False, True
        self.list_start = self.member_start = drafts
        self.pipeline: int | None = None
        self.stage, self.negated = 0, False

    def separate(self, connector: str) -> None:
        """A new pipeline begins after `connector`."""
        self.connector, self.pipeline, self.stage, self.negated, self.open = connector, None, 0, False, True


class Outermost:
    """A statement of the outermost list in the making. `first` is the index of its first command."""

    __slots__ = ("background", "connector", "end", "first", "plain", "start")

    def __init__(self, start: int, connector: str, first: int) -> None:
        self.start, self.end, self.connector, self.first = start, start, connector, first
        self.plain, self.background = True, False

    def made(self) -> tuple[int, int, str, int, bool, bool]:
        return self.start, self.end, self.connector, self.first, self.plain, self.background

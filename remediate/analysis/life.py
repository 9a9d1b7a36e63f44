"""The life of a file in the image: which commands write, change, read, remove or carry it on, until its stages end."""

from __future__ import annotations

from remediate.analysis.file_places import Places, before
from remediate.analysis.file_readers import Found, Known, Target, noted_in, reading, target
from remediate.analysis.flows import Trace
from remediate.analysis.removals import last_chain, surely_runs
from remediate.analysis.run_facts import Fact, RunFacts, facts_of
from remediate.analysis.run_time import why_at_run_time
from remediate.analysis.stages import parents, runtime_stages
from remediate.analysis.touches import Did, Touch, touch_of
from remediate.model import NamedTuple

__all__ = ["Did", "Life", "Lives", "Reading", "Touch", "life_of"]

_MOST_TARGETS = 8


class Reading(NamedTuple):
    """A RUN that reads the file. `sure`: a known reader of such a file, or a command that names it; else a program that may.

    `command` is an index in the `argv` commands of `scripts[0]`, -1 when the command stands in no command of that text. `copies`: it
    puts the content into another file or place.
    """

    run: int
    command: int
    sure: bool
    line: int
    why: str
    copies: bool = False

    @property
    def perhaps(self) -> bool:
        """A known reader of such files, of which only the folder or the home is not known."""
        return not self.sure and "perhaps this one" in self.why


class Life(NamedTuple):
    """`carried`: instruction indexes of `COPY --from` that bring it, or a folder above it, to another stage. `run_time`: why the running
    container may need it, "" when nothing says so. `brought`: instruction index of a COPY or ADD (or -1: the base image) that put
    a file there before the first write, None when nothing can have.

    `overwritten`: COPY and ADD instructions after the start and before the last reading that may put a file at that very path.
    `hidden`: RUNs that write, change or remove it where no edit reaches (nested shells, exec form, scripts of the context, text that
    cannot be followed). `earlier`: touches that came before the start. `removed`: RUNs at whose end it is surely gone.
    """

    path: str
    touches: tuple[Touch, ...]
    readings: tuple[Reading, ...]
    carried: tuple[int, ...] = ()
    run_time: str = ""
    brought: int | None = None
    overwritten: tuple[int, ...] = ()
    hidden: tuple[int, ...] = ()
    earlier: tuple[Touch, ...] = ()
    removed: tuple[int, ...] = ()


def consuming(trace: Trace, life: Life) -> list[Reading]:
    """The readings that get the file: the sure ones, and the others only where no sure one is, or where the project's code that they
    start cannot be looked at (as for variables).
    """
    sure = [r for r in life.readings if r.sure or r.perhaps]
    return sure if sure and trace.around.at_hand else list(life.readings)


def life_of(trace: Trace, path: str, start: int) -> Life:
    """The life of the file `path` (absolute) from the instruction `start` on. For many files of one trace, make one `Lives`."""
    return Lives(trace).of(path, start)


class Lives:
    """Answers for one file; what its RUNs run is looked at once, when the first life asks for it."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.tree = trace.tree
        self.places = Places(trace.tree, trace.around)
        self.final = runtime_stages(trace.tree)
        self.rewrites = b"insteadof" in trace.tree.source.data.lower() or b".gitconfig" in trace.tree.source.data
        self._facts: dict[int, RunFacts] = {}

    def facts(self, index: int) -> RunFacts:
        """What the RUN with that instruction index runs."""
        if index not in self._facts:
            self._facts[index] = facts_of(self.trace.runs.views[index], self.trace.around)
        return self._facts[index]

    def of(self, path: str, start: int, settings: bool = False) -> Life:
        """The life of the file `path` from the instruction `start` on. `settings`: it holds some that its tools read at each start."""
        return _Walk(self, path, start, settings).life()


class _Walk:
    def __init__(self, lives: Lives, path: str, start: int, settings: bool) -> None:
        self.lives, self.tree, self.start, self.settings = lives, lives.tree, start, settings
        self.goals: list[Target] = [target(path, settings=settings)]
        self.touches: list[Touch] = []
        self.readings: list[Reading] = []
        self.hidden: list[int] = []
        self.removed: list[int] = []
        self.bringers: list[int] = []
        self.overwritten: list[int] = []
        bindings = lives.trace.bindings
        self.pointers = frozenset(b.number for b in bindings.all if b.value is not None and path in b.value)
        self.homes = frozenset(b.number for b in bindings.all if b.name == "HOME" and b.value)

    def life(self) -> Life:
        alive = self._stages()
        goal = self.goals[0]
        path = goal.named.path
        ends = frozenset(alive)
        carried = [i for i in range(len(self.tree.instructions)) if ends and self.lives.places.carries(i, path, ends)]
        trace = self.lives.trace
        why = why_at_run_time(goal, trace.bindings, trace.around, ends & self.lives.final, self.lives.places.ends)
        earlier, brought = self._before()
        return Life(
            path, tuple(self.touches), tuple(self.readings), tuple(carried), why, brought, tuple(self.overwritten),
            tuple(dict.fromkeys(self.hidden)), tuple(earlier), tuple(self.removed),
        )  # fmt: skip

    def _stages(self) -> list[int]:
        """Walks through the stages; the indexes of those at whose end the file is still there."""
        first = self.tree.stage_of(self.start)
        alive: list[int] = []
        if first is None:
            return alive
        for stage in self.tree.stages[first.index :]:
            if stage.index != first.index and not set(parents(self.tree, stage)) & set(alive):
                continue
            there = True
            for index in stage.instructions:
                if index >= self.start and there:
                    there = self._step(index)
            if there:
                alive.append(stage.index)
        return alive

    def _step(self, index: int) -> bool:
        """False when the file is surely gone after the instruction."""
        keyword = self.tree.instructions[index].keyword
        if keyword in ("COPY", "ADD") and index > self.start and self.lives.places.may_bring(index, self.goals[0].named.path):
            self.bringers.append(index)
        if keyword != "RUN" or index not in self.lives.trace.runs.views:
            return True
        read = len(self.readings)
        there = self._run(self.lives.facts(index), index)
        if len(self.readings) > read:
            self.overwritten += self.bringers
            self.bringers = []
        return there

    def _known(self, facts: RunFacts, index: int) -> Known:
        variables: set[str] = set()
        homes = list(facts.homes)
        if self.pointers or self.homes:
            for name, binding in self.lives.trace.bindings.at(index).items():
                if binding.number in self.pointers:
                    variables.add(name)
                if binding.number in self.homes and binding.value:
                    homes.append(binding.value.strip("\"'").rstrip("/"))
        path = self.goals[0].named
        if path.base.encode("utf-8", "surrogateescape") in facts.data:
            for fact in facts.facts:
                for a in fact.place.command.assignments:
                    if a.value is not None and path.names(a.value.value or a.value.raw.strip("\"'"), fact.place.run, fact.place.folder):
                        variables.add(a.name)
        return Known(frozenset(variables), tuple(homes), self.lives.rewrites)

    def _run(self, facts: RunFacts, index: int) -> bool:
        if not self._concerned(facts, index):
            return True
        named = self.goals[0].named
        touches = {id(f): t for f in facts.facts if (t := touch_of(named, f.place)) is not None}
        own = [(f, touches[id(f)]) for f in facts.facts if f.own and id(f) in touches]
        self.touches += [t for _, t in own]
        if len(own) < len(touches) or (own and facts.dark) or (facts.dark and self._named_in_dark(facts)):
            self.hidden.append(index)
        writes = [t.command for _, t in own if t.did in (Did.WRITE, Did.APPEND)]
        began = index != self.start or not writes or len(own) < len(touches)
        there = self._read(facts, index, touches, began, {t.command: t.did for _, t in own})
        if not there:
            self.removed.append(index)
        return there

    def _read(self, facts: RunFacts, index: int, touches: dict[int, Touch], began: bool, own: dict[int, Did]) -> bool:
        """The readings of one RUN; whether the file is there at its end. `began`: it is there at its start."""
        known = self._known(facts, index)
        tail = last_chain(facts.run.scripts[0]) if facts.run.scripts else frozenset()
        ever = began or any(did in (Did.WRITE, Did.APPEND) for did in own.values())
        there, unsure, sure = began, list[Reading](), list[Reading]()
        for at, fact in enumerate(facts.facts):
            touch = touches.get(id(fact))
            loose = not fact.own or "loop" in fact.place.command.scopes or any(s.startswith("function:") for s in fact.place.command.scopes)
            if (there or (loose and ever)) and not self._guards(facts, at, touches):
                found = self._found(fact, touch, known)
                if found is not None:
                    (sure if found.sure else unsure).append(self._reading(index, fact, found))
            if touch is not None and fact.own:
                if touch.did is not Did.REMOVE:
                    there = there or touch.did is not Did.CHANGE
                elif surely_runs(fact.place.command, tail) and fact.place.tool != "find":
                    there = False
        if not sure and not unsure and ever and facts.dark:
            unsure.append(Reading(index, -1, False, facts.run.instruction.start_line, "its text cannot be followed"))
        self.readings += _distinct(sure) or unsure[:1]
        return there

    def _found(self, fact: Fact, touch: Touch | None, known: Known) -> Found | None:
        best: Found | None = None
        for number, goal in enumerate(list(self.goals)):
            found = reading(goal, fact, touch if number == 0 else touch_of(goal.named, fact.place), known)
            if found is not None and (best is None or (found.sure and not best.sure)):
                best = found
            for path in noted_in(goal, fact) if len(self.goals) < _MOST_TARGETS else ():
                if all(path != g.named.path for g in self.goals):
                    self.goals.append(target(path, path, self.settings))
        return best

    def _reading(self, index: int, fact: Fact, found: Found) -> Reading:
        place = fact.place
        source = self.tree.source
        if fact.via or not len(place.script.text):
            line = self.tree.instructions[index].start_line
        else:
            line = source.line_of(place.script.text.start_of(place.command.start))
        return Reading(index, fact.outer, found.sure, line, found.why, found.copies)

    def _guards(self, facts: RunFacts, at: int, touches: dict[int, Touch]) -> bool:
        """`[ -f P ] && rm P`: it only asks whether there is something to remove or to change."""
        if facts.facts[at].place.tool not in ("[", "[[", "test"):
            return False
        follows = touches.get(id(facts.facts[at + 1])) if at + 1 < len(facts.facts) else None
        return follows is not None and follows.did in (Did.REMOVE, Did.CHANGE)

    def _concerned(self, facts: RunFacts, index: int) -> bool:
        """A quick look: may the RUN have anything to do with the file?"""
        if index == self.start or facts.opaque or facts.dark or facts.deep or self.pointers:
            return True
        if b"*" in facts.data:
            return True
        for goal in self.goals:
            named = goal.named
            if (
                goal.unknown
                or facts.files & goal.ids
                or named.path in facts.kept
                or named.base.encode("utf-8", "surrogateescape") in facts.data
            ):
                return True
        return False

    def _named_in_dark(self, facts: RunFacts) -> bool:
        text = facts.run.foreign_text.encode("utf-8", "surrogateescape") + facts.data
        return self.goals[0].named.base.encode("utf-8", "surrogateescape") in text

    def _before(self) -> tuple[list[Touch], int | None]:
        """Touches before the start, and what brought a file to the path before it."""
        named = self.goals[0].named
        base = named.base.encode("utf-8", "surrogateescape")
        earlier: list[Touch] = []
        brought: int | None = -1 if self._of_the_base() else None
        for index in before(self.tree, self.start):
            if index in self.lives.trace.runs.views:
                facts = self.lives.facts(index)
                if base in facts.data or named.path in facts.kept or facts.deep:
                    earlier += [t for f in facts.facts if f.own and (t := touch_of(named, f.place)) is not None]
            elif self.lives.places.may_bring(index, named.path):
                brought = index
        return earlier, brought

    def _of_the_base(self) -> bool:
        """The base image may have such a file: a system's, or one that is changed before anything here wrote it."""
        if self.touches and self.touches[0].run == self.start and self.touches[0].did is Did.CHANGE:
            return True
        return self.goals[0].named.path.startswith(("/etc/", "/usr/", "/opt/", "/var/", "/lib/"))


def _distinct(found: list[Reading]) -> list[Reading]:
    """One reading for each command; the one that copies, if one does."""
    best: dict[tuple[int, int, str], Reading] = {}
    for r in found:
        key = (r.run, r.command, r.why if r.command < 0 else "")
        if key not in best or (r.copies and not best[key].copies):
            best[key] = r
    return list(best.values())

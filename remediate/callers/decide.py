"""All callers of a repository at once: read, match, rewrite, read again. Says what is edited and what is refused.

    readings = Readings(repository, sources)         once a repository
    decided  = decide(readings, wanted, ...)         again, with fewer secrets, whenever some have to wait for a caller
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from remediate.callers.jobs import Jobs, Lacking, Task, grouped
from remediate.callers.match import Matcher
from remediate.callers.merged import without_merged
from remediate.callers.model import Build, CallerFile, FileEdit, JobRefused, Move, Reading, Refused, Told
from remediate.callers.old_docker import judged
from remediate.callers.over import Link, Overs
from remediate.callers.readings import Readings
from remediate.callers.search import read, rewritten
from remediate.callers.wanted import Wanted
from remediate.model import Edit, NamedTuple, Span
from remediate.text import OverlappingEdits, apply

TRIALS = 5_000  # files that are read once more to find which of them do not read back


class Done(NamedTuple):
    """One move, done or not. `told`: what a person should know of one that was done."""

    task: Task
    refused: Refused | None = None
    told: tuple[str, ...] = ()


class Decided(NamedTuple):
    """`edits`: path -> its new content; `owners`: path -> the Dockerfiles whose fix it belongs to.

    By Dockerfile: `places` of what is done (path of the caller, line, build arg or name of the file), and what `lacks`.
    """

    done: tuple[Done, ...] = ()
    lacking: tuple[Lacking, ...] = ()
    edits: Mapping[str, bytes] = {}
    owners: Mapping[str, tuple[str, ...]] = {}
    places: Mapping[str, Collection[tuple[str, int, str]]] = {}
    lacks: Mapping[str, Sequence[Lacking]] = {}

    @property
    def refused(self) -> tuple[Done, ...]:
        return tuple(d for d in self.done if d.refused is not None)


def decide(
    readings: Readings, wanted: Sequence[Wanted], dockerfiles: Sequence[str], declares: Callable[[str], frozenset[str]]
) -> Decided:
    """Every build that one of the wanted Dockerfiles is built by, and what becomes of it. Nothing is written."""
    jobs = Jobs(wanted, Matcher(readings.repository, dockerfiles), declares)
    tasks: list[Task] = []
    lacking: list[Lacking] = []
    builds = tuple(readings.builds())
    for build in builds:
        if build.over is None:
            mine, missing = jobs.of(build)
            tasks += mine
            lacking += missing
    joined = Overs(readings, jobs, tasks, lacking).joined([b for b in builds if b.over is not None])
    made = [judged(task, readings.old(), readings.repository) for task in joined.tasks]
    return _Rewriting(readings, made, joined.links).decided(without_merged(joined.lacking, made, builds))


class _Rewriting:
    """Edits for all tasks that are not refused; a refusal only ever makes fewer tasks, so it ends. `links` count from the tasks' order."""

    def __init__(self, readings: Readings, tasks: Sequence[Task], links: Sequence[Link] = ()) -> None:
        self.readings, self.links = readings, tuple(links)
        self.refused: dict[int, Refused] = {n: t.refused for n, t in enumerate(tasks) if t.refused is not None}
        self.tasks = list(tasks)
        self.told: dict[int, list[str]] = {}
        self._number = {id(t): n for n, t in enumerate(self.tasks)}
        self._of_path: dict[str, list[int]] = {}
        for n, task in enumerate(self.tasks):
            self._of_path.setdefault(task.build.path, []).append(n)

    def decided(self, lacking: Sequence[Lacking]) -> Decided:
        self.told = {}
        owners: dict[str, list[str]] = {}
        edits: dict[str, list[Edit]] = {}
        paths = list(self._of_path)
        found = {path: self._file(path) for path in paths}
        while self._spread():
            while self._spread():
                pass
            self.told = {}
            found = {path: self._file(path) for path in paths}
        for path, proposed in found.items():
            mine = list(dict.fromkeys(w.path for n in self._open(path) for w in self.tasks[n].wanted))
            for edit in proposed:
                edits.setdefault(edit.path, []).append(edit.edit)
            for edited in dict.fromkeys(edit.path for edit in proposed):
                owners.setdefault(edited, []).extend(mine)
        after = self._applied(edits)
        if after is None or not self._reads_back(paths, after):
            return self._one_by_one(paths, lacking)
        done = tuple(Done(t, self.refused.get(n), tuple(self.told.get(n, ()))) for n, t in enumerate(self.tasks))
        places, lacks = _by_dockerfile(done, lacking)
        return Decided(done, tuple(lacking), after, {p: tuple(dict.fromkeys(ws)) for p, ws in owners.items()}, places, lacks)

    def _spread(self) -> bool:
        """Whether a refusal has reached a task that goes only together with the refused one."""
        late = [pair for link in self.links for pair in link.spread(self.refused)]
        for a, b in late:
            task = self.tasks[a]
            detail = f"{task.build.path}:{task.line} goes together with it"
            self.refused[b] = Refused("caller-waits", detail, self.tasks[b].line, self.refused[a].by_hand)
        return bool(late)

    def _open(self, path: str) -> list[int]:
        """The tasks of one file that are not refused."""
        return [n for n in self._of_path.get(path, ()) if n not in self.refused]

    def _file(self, path: str) -> tuple[FileEdit, ...]:
        """The edits that one file's kind proposes, after as many rounds as it takes until it refuses nothing more."""
        file = self.readings.file(path)
        for _ in range(len(self.tasks) + 1):
            numbers = self._open(path)
            if not numbers:
                return ()
            groups = grouped([self.tasks[n] for n in numbers])
            answer = rewritten(file, self.readings.repository, [job for job, _ in groups])
            if not answer.refused:
                for told in answer.told:
                    self._tell(told, groups)
                return answer.edits
            for no in answer.refused:
                self._refuse(no, groups)
        raise AssertionError("a kind refused what it was not asked for")

    def _refuse(self, no: JobRefused, groups: Sequence[tuple[object, tuple[Task, ...]]]) -> None:
        mine = groups[no.job][1]
        for task in [t for t in mine if t.move.spec.id == no.spec_id] or mine:
            self.refused[self._number[id(task)]] = no.refused

    def _tell(self, told: Told, groups: Sequence[tuple[object, tuple[Task, ...]]]) -> None:
        self.told.setdefault(self._number[id(groups[told.job][1][0])], []).append(told.text)

    def _applied(self, edits: Mapping[str, Sequence[Edit]]) -> dict[str, bytes] | None:
        """Path -> new content; None when two callers want different things of the same bytes."""
        out = {}
        for path, mine in edits.items():
            before = self.readings.repository.read(path)
            unique = _unique(mine)
            if before is None or unique is None:
                return None
            try:
                out[path] = apply(before, unique)
            except OverlappingEdits:
                return None
        return out

    def _reads_back(self, paths: Sequence[str], after: Mapping[str, bytes]) -> bool:
        repository = self.readings.repository.with_files(after)
        for path in dict.fromkeys((*paths, *after)):
            known = self.readings.known(path)
            if known is None:
                continue
            data = repository.read(path)
            if data is None:
                return False
            again = read(CallerFile(path, data, self.readings.file(path).kind), repository)
            if not reads_back(known, again, [self.tasks[n] for n in self._open(path)]):
                return False
        return True

    def _one_by_one(self, paths: Sequence[str], lacking: Sequence[Lacking]) -> Decided:
        """What does not go together is found by taking file after file, many at a time; one that fails is refused whole."""
        good: list[str] = []
        left = TRIALS
        stack = [list(paths)]
        while stack:
            some = stack.pop()
            left -= len(good) + len(some)
            if left >= 0 and self._tried((*good, *some)):
                good += some
            elif len(some) == 1 or left < 0:
                for n in [n for path in some for n in self._open(path)]:
                    self.refused[n] = Refused("caller-unproved", line=self.tasks[n].line)
            else:
                stack += [some[len(some) // 2 :], some[: len(some) // 2]]
        if set(good) == set(paths):
            raise AssertionError("each file reads back, and all together do not")
        return self.decided(lacking)

    def _tried(self, paths: Sequence[str]) -> bool:
        """Whether the files go together, without the others."""
        trial = _Rewriting(self.readings, [self.tasks[n] for path in paths for n in self._of_path[path]])
        trial.refused = {trial._number[id(self.tasks[n])]: why for n, why in self.refused.items() if id(self.tasks[n]) in trial._number}
        edits: dict[str, list[Edit]] = {}
        for path in paths:
            for edit in trial._file(path):
                edits.setdefault(edit.path, []).append(edit.edit)
        after = trial._applied(edits)
        return after is not None and trial._reads_back(paths, after)


def _by_dockerfile(
    done: Sequence[Done], lacking: Sequence[Lacking]
) -> tuple[dict[str, set[tuple[str, int, str]]], dict[str, list[Lacking]]]:
    places: dict[str, set[tuple[str, int, str]]] = {}
    lacks: dict[str, list[Lacking]] = {}
    for one in done:
        key = (one.task.build.path, one.task.line, one.task.move.arg or one.task.move.spec.name)
        for wanted in one.task.wanted if one.refused is None else ():
            places.setdefault(wanted.path, set()).add(key)
    for lack in lacking:
        lacks.setdefault(lack.wanted.path, []).append(lack)
    return places, lacks


def _unique(edits: Sequence[Edit]) -> list[Edit] | None:
    """The same edit of two callers is made once; two different ones of one place are none."""
    seen: dict[Span, Edit] = {}
    out = []
    for edit in edits:
        known = seen.get(edit.span)
        if known is not None and edit.span.start != edit.span.end and known != edit:
            return None
        if known != edit:
            out.append(edit)
        seen[edit.span] = edit
    return out


def reads_back(before: Reading, after: Reading, moved: Sequence[Task]) -> bool:
    """The same builds in the same order, without the moved build args, with the new ids, and nothing else not understood."""
    if len(before.builds) != len(after.builds) or len(after.unread) > len(before.unread):
        return False
    moves: dict[int, list[Move]] = {}
    for task in moved:
        moves.setdefault(id(task.build), []).append(task.move)
    return all(_same(old, new, moves.get(id(old), ())) for old, new in zip(before.builds, after.builds, strict=True))


def _same(old: Build, new: Build, moves: Sequence[Move]) -> bool:
    gone = {m.arg for m in moves if m.arg}
    files = {m.spec.id for m in moves if not m.ssh and not m.hand}
    keys = {m.spec.id for m in moves if m.ssh}
    same = (old.context, old.target, old.engine) == (new.context, new.target, new.engine) and _same_place(old, new)
    same = same and (old.refused and old.refused.code) == (new.refused and new.refused.code)
    args = [a.name for a in new.args] == [a.name for a in old.args if a.name not in gone]
    return same and args and set(new.secrets) == set(old.secrets) | files and set(new.ssh) == set(old.ssh) | keys


def _same_place(old: Build, new: Build) -> bool:
    """The Dockerfiles of a command that builds by another file are said there: only the arguments are fewer."""
    if old.over is None or new.over is None:
        return old.place == new.place and old.over == new.over
    return new.over == old.over._replace(patterns=new.over.patterns) and set(new.over.patterns) <= set(old.over.patterns)

"""From the builds of a repository and what its Dockerfiles want to jobs: what is to move at which build, and what stands against it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from remediate.callers.match import Matcher, Targets
from remediate.callers.model import Build, Job, Move, Passed, Refused
from remediate.callers.wanted import Wanted
from remediate.model import Delivery, NamedTuple, SecretSpec


class Task(NamedTuple):
    """One move of one build: `wanted` are the Dockerfiles it is made for; `refused`: why it cannot even be tried."""

    build: Build
    move: Move
    line: int
    wanted: tuple[Wanted, ...]
    refused: Refused | None = None


class Lacking(NamedTuple):
    """A build that passes neither the build arg nor the secret that its Dockerfile asks for."""

    build: Build
    spec: SecretSpec
    wanted: Wanted


class Jobs:
    """`declares(path)`: the ARGs of a Dockerfile that is not among the wanted ones."""

    def __init__(self, wanted: Sequence[Wanted], matcher: Matcher, declares: Callable[[str], frozenset[str]]) -> None:
        self.by_path: Mapping[str, Wanted] = {w.path: w for w in wanted}
        self.matcher, self._declares = matcher, declares

    def of(self, build: Build) -> tuple[list[Task], list[Lacking]]:
        """What is to be done at one build."""
        targets = self.targets(build)
        wanted = [self.by_path[p] for p in targets.paths if p in self.by_path]
        if not wanted:
            return [], []
        tasks = self.passed(build, targets)
        tasks += self._copies(build, targets, wanted)
        tasks += _may_pass(build, wanted, {t.move.spec.id for t in tasks})
        given = {t.move.spec.id for t in tasks} | set(build.secrets) | set(build.ssh)
        asked = targets.sure and not build.open
        lacking = [Lacking(build, s, w) for w in wanted if asked for s in w.supplied_by_nobody if _lacks(build, s, w, given)]
        return tasks, lacking

    def passed(self, build: Build, targets: Targets) -> list[Task]:
        """What is to be done with the build args that it passes."""
        wanted = [self.by_path[p] for p in targets.paths if p in self.by_path]
        tasks: list[Task] = []
        for name, passed in {a.name: a for a in build.args}.items():
            task = self._arg(build, name, passed, targets, wanted)
            if task is not None:
                tasks.append(task)
        for n, task in enumerate(tasks):
            twin = next((t for t in tasks[:n] if t.move.spec.id == task.move.spec.id), None)
            if twin is not None:
                detail = f"{twin.move.arg} and {task.move.arg} would both become secret {task.move.spec.id}"
                tasks[n] = task._replace(refused=Refused("caller-shared", detail, task.line))
        return tasks

    def targets(self, build: Build) -> Targets:
        """Of Dockerfiles one of which is meant, those that take what the build passes."""
        targets = self.matcher.targets(build)
        if targets.guess and build.args and not any(self.takes(p, a.name) for p in targets.paths for a in build.args):
            targets = Targets(self.matcher.dockerfiles, sure=False, lost=True)
        if targets.sure or not targets.paths:
            stray = [a.name for a in build.args if not any(self.takes(p, a.name) for p in targets.paths)]
            near = tuple(p for p in self.matcher.own(build) if any(self.takes(p, name) for name in stray)) if stray else ()
            return Targets((*targets.paths, *near), sure=False) if near else targets
        passed = {a.name for a in build.args}
        taking = tuple(p for p in targets.paths if any(self.takes(p, name) for name in passed))
        copying = tuple(p for p in targets.paths if p in self.by_path and self.by_path[p].copied)
        return Targets(tuple(dict.fromkeys((*taking, *(copying if not targets.lost else ())))), sure=False, lost=targets.lost)

    def takes(self, path: str, arg: str) -> bool:
        wanted = self.by_path.get(path)
        if wanted is not None:
            return wanted.takes(arg) is not None or arg in wanted.declares
        return arg in self._declares(path)

    def _arg(self, build: Build, name: str, passed: Passed, targets: Targets, wanted: Sequence[Wanted]) -> Task | None:
        specs = [(w, spec) for w in wanted if (spec := w.takes(name)) is not None]
        if not specs:
            return None
        spec = specs[0][1]
        supplied = spec.id in (build.ssh if spec.delivery is Delivery.SSH else build.secrets)
        move = Move(spec, name, supplied, by_file=spec.delivery is Delivery.FILE)
        task = Task(build, move, passed.line, tuple(w for w, _ in specs))
        if build.refused is not None:
            return task._replace(refused=build.refused)
        mine = {w.path for w, _ in specs}
        stays = [p for p in targets.paths if p not in mine and self.takes(p, name)]
        if stays:
            return task._replace(refused=Refused("caller-shared", f"{stays[0]} still takes {name}", passed.line))
        if any((s.id, s.delivery, s.encoded) != (spec.id, spec.delivery, spec.encoded) for _, s in specs):
            other = next(w.path for w, s in specs if (s.id, s.delivery, s.encoded) != (spec.id, spec.delivery, spec.encoded))
            detail = f"{specs[0][0].path} and {other} take {name} in different ways"
            return task._replace(refused=Refused("caller-shared", detail, passed.line))
        if targets.lost:
            detail = f"no such Dockerfile is here, and {wanted[0].path} takes {name}"
            return task._replace(refused=Refused("caller-which-file", detail, passed.line))
        return task

    def _copies(self, build: Build, targets: Targets, wanted: Sequence[Wanted]) -> list[Task]:
        """A file that came with the build context has to be handed over by every build."""
        out: dict[str, Task] = {}
        for w in wanted:
            for spec in w.copied:
                if spec.id in (build.ssh if spec.delivery is Delivery.SSH else build.secrets) or not w.asks(spec.id, build.target):
                    continue
                task = Task(build, Move(spec, source=w.sources[spec.id]), build.line, (w,), build.refused)
                if not targets.sure:
                    task = task._replace(refused=Refused("caller-which-file", f"it may be {w.path}", build.line))
                known = out.get(spec.id)
                if known is None:
                    out[spec.id] = task
                elif known.move.source == task.move.source:
                    out[spec.id] = known._replace(wanted=(*known.wanted, w))
                else:
                    detail = f"{known.wanted[0].path} and {w.path} want two files under the id {spec.id}"
                    out[spec.id] = known._replace(wanted=(*known.wanted, w), refused=Refused("caller-shared", detail, build.line))
        return list(out.values())


_STOPS = frozenset({"caller-arguments", "caller-builder", "caller-builder-old"})


def _lacks(build: Build, spec: SecretSpec, wanted: Wanted, given: Collection[str]) -> bool:
    return spec.id not in given and wanted.asks(spec.id, build.target)


def _may_pass(build: Build, wanted: Sequence[Wanted], known: set[str]) -> list[Task]:
    """Secrets that a build may pass whose arguments are not all understood, and all secrets where what builds knows no mounts.

    The first may be the supplier; the second could not build the Dockerfile any more, whatever it passes.
    """
    why = build.refused if build.refused is not None and build.refused.code in _STOPS else build.more
    if why is None:
        return []
    out = []
    for w in wanted:
        for spec in w.specs:
            if why is build.more and not w.asks(spec.id, build.target):
                continue  # one that knows no mounts stops at them in every stage
            if spec.id not in w.sources and spec.id not in known and spec.id not in (*build.secrets, *build.ssh):
                out.append(Task(build, Move(spec, spec.name), build.line, (w,), why))
    return out


def grouped(tasks: Sequence[Task]) -> list[tuple[Job, tuple[Task, ...]]]:
    """One job for each build, with its tasks in order."""
    by_build: dict[int, list[Task]] = {}
    for task in tasks:
        by_build.setdefault(id(task.build), []).append(task)
    return [(Job(ts[0].build, tuple(t.move for t in ts)), tuple(ts)) for ts in by_build.values()]

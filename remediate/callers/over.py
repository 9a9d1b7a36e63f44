"""Builds that another file describes: which Compose or Bake file a command builds by, and what has to change there with the command.

    docker compose build --build-arg T=$T web   ->   docker compose build web
    web: build: {context: .}                    ->   web: build: {context: ., secrets: [t]}, and `secrets: {t: {environment: T}}`

The two go together, or neither does.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from remediate.callers.described import Named, extended, named
from remediate.callers.jobs import Jobs, Lacking, Task
from remediate.callers.match import Targets
from remediate.callers.model import Build, Move, Passed, Refused
from remediate.callers.readings import Readings
from remediate.callers.wanted import Wanted
from remediate.model import NamedTuple


class Link(NamedTuple):
    """Tasks that go together, by their numbers: a refusal of one of `file` is one of `command`; the other way round only when `both`."""

    command: int
    file: tuple[int, ...]
    both: bool

    def spread(self, refused: Container[int]) -> list[tuple[int, int]]:
        """(the task that is refused, one that is so for it)."""
        out = []
        first = next((n for n in self.file if n in refused), -1)
        if first >= 0 and self.command not in refused:
            out.append((first, self.command))
        if self.both and self.command in refused:
            out += [(self.command, n) for n in self.file if n not in refused]
        return out


class Joined(NamedTuple):
    """All tasks, those of commands that build by another file with what they need there."""

    tasks: tuple[Task, ...]
    links: tuple[Link, ...]
    lacking: tuple[Lacking, ...]


class Overs:
    """`tasks` and `lacking` are those of all other builds."""

    def __init__(self, readings: Readings, jobs: Jobs, tasks: Sequence[Task], lacking: Sequence[Lacking]) -> None:
        self.readings, self.jobs = readings, jobs
        self.tasks, self.lacking = list(tasks), list(lacking)
        self.links: list[Link] = []
        self._own = {(id(t.build), t.move.spec.id): n for n, t in enumerate(self.tasks)}
        self._given: set[tuple[int, str]] = set()  # (build of the file, id) that a command passes something for
        self._added: dict[int, dict[str, Wanted]] = {}  # those for which the file itself passes nothing
        self._changed = {id(t.build) for t in self.tasks}
        self._commands: dict[int, set[str]] = {}
        self._tasked: dict[int, set[str]] = {}
        for task in self.tasks:
            self._tasked.setdefault(id(task.build), set()).add(task.move.spec.id)
        self._paths: dict[tuple[int, str], Targets] = {}
        self._groups: dict[tuple[int, ...], tuple[int, ...]] = {}

    def joined(self, builds: Sequence[Build]) -> Joined:
        found = {id(b): named(b, self.readings) for b in builds}
        for build in builds:
            one = found[id(build)]
            self._passing(build, one)
            if isinstance(one, Named):
                self._together(build, one)
        self.lacking = [x for x in self.lacking if (id(x.build), x.spec.id) not in self._given]
        for task in self.tasks:
            if task.build.over is not None:
                self._commands.setdefault(id(task.build), set()).add(task.move.spec.id)
        for build in builds:
            one = found[id(build)]
            if isinstance(one, Named):
                self.lacking += self._without(build, one)
        return Joined(tuple(self.tasks), tuple(self.links), tuple(self.lacking))

    def _together(self, build: Build, found: Named) -> None:
        """What one file of a command gives to a service, the other one need not give; nor what the command gives."""
        ids: dict[str, set[str]] = {}
        for each in found.builds:
            mine = ids.setdefault(each.name, set(build.secrets))
            mine |= set(each.secrets) | self._tasked.get(id(each), set())
        self._given |= {(id(b), id_) for b in found.builds for id_ in ids[b.name]}

    def _targets(self, build: Build, passed: Passed) -> Targets:
        """The Dockerfiles of a build of a file that gets one more build arg."""
        key = (id(build), passed.name)
        if key not in self._paths:
            self._paths[key] = self.jobs.targets(build._replace(args=(*build.args, passed)))
        return self._paths[key]

    # -- a command that passes build args ------------------------------------------------------------------------------------------------

    def _passing(self, build: Build, found: Named | Refused) -> None:
        if isinstance(found, Refused):
            self.tasks += [t._replace(refused=t.refused or found) for t in self.jobs.passed(build, self.jobs.targets(build))]
            return
        for passed in {a.name: a for a in build.args}.values():
            mine = found.reached(build, passed.name)
            places = [self._targets(b, passed) for b in mine]
            lost = all(t.lost for t in places)
            paths = dict.fromkeys(p for t in places for p in t.paths if lost or not t.lost)
            targets = Targets(tuple(paths), sure=all(t.sure for t in places), lost=lost)
            for task in self.jobs.passed(build._replace(args=(passed,)), targets):
                self._task(task._replace(build=build), passed, found, mine)

    def _task(self, task: Task, passed: Passed, found: Named, mine: Sequence[Build]) -> None:
        spec = task.move.spec
        paths = {w.path for w in task.wanted}
        taking = [b for b in mine if paths & set((t := self._targets(b, passed)).paths) and not t.lost]
        takers = self._takers(taking, spec.id)
        self._given |= {(id(b), spec.id) for b in (*taking, *takers)}
        own = [b for b in takers if (id(b), spec.id) not in self._own and spec.id not in b.secrets]
        for each in own:
            self._added.setdefault(id(each), {})[spec.id] = task.wanted[0]
        if task.refused is None and task.move.ssh:
            by_hand = (f"ssh: [{spec.id}]   # in the file, at what is built", 'eval "$(ssh-agent -s)" && ssh-add KEY_FILE')
            task = task._replace(refused=Refused("caller-key", line=task.line, by_hand=by_hand))
        if task.refused is not None or task.move.supplied:
            self.tasks.append(task)
            return
        if found.tool == "bake" and len(own) == len(takers) and self._bare(task.build, found, mine):
            self.tasks.append(self._checked(task, passed, found, passed.name, ()))
        elif task.build.secrets:
            detail = "the secrets that the command sets take the place of what the file gives"
            self.tasks.append(task._replace(refused=Refused("caller-arguments", detail, task.line, written(found, task.move))))
        else:
            self._by_file(task, passed, found, takers)

    def _bare(self, build: Build, found: Named, mine: Sequence[Build]) -> bool:
        """Whether Bake can be told on the command line. `--set` takes the place of all secrets that the file gives: it has none, and gets
        none. What is set for a target takes the place of what is set for one that it inherits from, which build args do not."""
        if found.has_secrets or any(id(b) in self._changed for b in mine) or build.over is None:
            return False
        patterns = {p for _, p in build.over.patterns}
        return not found.inherits or (len(patterns) == 1 and not build.secrets)

    def _takers(self, builds: Sequence[Build], id_: str) -> list[Build]:
        """Of a service that several files describe, those that pass the secret already, else the first; with what it extends."""
        services: dict[str, list[Build]] = {}
        for each in builds:
            services.setdefault(each.name, []).append(each)
        out: list[Build] = []
        for group in services.values():
            having = [b for b in group if (id(b), id_) in self._own or id_ in b.secrets]
            out += [e for b in having or group[:1] for e in (b, *extended(b, self.readings))]
        return list({id(b): b for b in out}.values())

    def _by_file(self, task: Task, passed: Passed, found: Named, takers: Sequence[Build]) -> None:
        """The file gets the secret, or has it; the command only sees to its variable."""
        spec = task.move.spec
        names: dict[str, None] = {}
        there: list[int] = []
        gone = 0
        for each in takers:
            number = self._own.get((id(each), spec.id))
            if number is None and spec.id in each.secrets:
                names[found.variable(each, spec.id)] = None
                continue
            if number is None:
                wanted = tuple(w for w in task.wanted if w.path in self._targets(each, passed).paths)
                number = self._own[id(each), spec.id] = len(self.tasks)
                self.tasks.append(Task(each, Move(spec), each.line, wanted, each.refused))
                self._changed.add(id(each))
                names[(*spec.env_names, spec.name)[0]] = None
            elif self.tasks[number].move.arg:
                gone += 1
                origin = next(a.origin for a in each.args if a.name == self.tasks[number].move.arg)
                names[origin.removeprefix("env:") if origin.startswith("env:") else passed.name] = None
            else:
                names[(*spec.env_names, spec.name)[0]] = None
            there.append(number)
        if len(names) != 1 or "" in names:
            detail = f"the secret {spec.id} of what is built comes from a file, or from several variables"
            task = task._replace(refused=Refused("caller-shared", detail, task.line, written(found, task.move)))
        else:
            name = next(iter(names))
            task = task._replace(move=task.move._replace(hand=name))
            task = self._checked(task, passed, found, name, [self.tasks[n] for n in there])
        mine = len(self.tasks)
        self.tasks.append(task)
        group = self._groups.setdefault(tuple(there), tuple(there))
        self.links.append(Link(mine, group, not (task.build.kind == "docs" or task.build.idle)))  # these hold nothing back

    def _checked(self, task: Task, passed: Passed, found: Named, name: str, goes: Sequence[Task]) -> Task:
        """A variable that gets another value for the command must mean nothing else in the file."""
        if passed.origin.startswith("env:") and (not task.move.hand or passed.origin == f"env:{name}"):
            return task
        gone = sum(bool(t.move.arg) for t in goes)
        if found.mentions(name) <= gone:
            return task
        detail = f"{found.files[0]} also uses {name} for something else"
        return task._replace(refused=Refused("caller-value", detail, task.line, written(found, task.move)))

    # -- a command that passes nothing ---------------------------------------------------------------------------------------------------

    def _without(self, build: Build, found: Named) -> Iterator[Lacking]:
        """Another command passes something for what this one builds, and this one does not."""
        mine = self._commands.get(id(build), set()) | set(build.secrets)
        seen: set[str] = set()
        for each in found.builds:
            for id_, wanted in self._added.get(id(each), {}).items():
                if id_ in mine or id_ in seen:
                    continue
                seen.add(id_)
                spec = next(s for s in (*wanted.specs, *wanted.mounted) if s.id == id_)
                lines = (f"export {spec.name}   # with the value, before the command",)
                here = (id(each), id_) in self._own  # else another command says it by itself, and this one says nothing
                why = Refused("caller-without", by_hand=lines) if here else None
                yield Lacking(build._replace(refused=why), spec, wanted)


def written(found: Named, move: Move) -> tuple[str, ...]:
    """The lines to write in the file."""
    spec, name = move.spec, move.arg or move.spec.name
    if found.tool == "bake":
        return (f'secret = ["id={spec.id},env={name}"]   # at the target', f"export {name}   # with the value, before docker buildx bake")
    return (
        "services:", "  SERVICE:", "    build:", f"      secrets: [{spec.id}]", "secrets:", f"  {spec.id}:", f"    environment: {name}",
        f"(and the build then without this --build-arg, {name} in its environment)",
    )  # fmt: skip

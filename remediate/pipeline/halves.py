"""Both halves or none: the Dockerfiles of one repository together with the callers of their builds (SPEC 1.7).

Dockerfiles are fixed first; then every caller is read. If one that supplies a secret cannot be rewritten, the secret is held back: its
Dockerfile is fixed again without it, and what would have changed is only shown.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from remediate.callers.decide import Decided, decide
from remediate.callers.match import Matcher, Targets
from remediate.callers.model import Build, Move, Refused
from remediate.callers.readings import Readings
from remediate.callers.told import TALK, by_hand, hand_kind, lacking_use, refused_use, use_of, waiting
from remediate.callers.wanted import Wanted, folded
from remediate.dockerfile.parser import parse
from remediate.model import CallerChange, CallerUse, Delivery, FileOutcome, NamedTuple, Options, Refusal, RemediateError
from remediate.pipeline.built_upon import Around, Built, Trial, needed_above
from remediate.pipeline.stage_needs import not_needed
from remediate.pipeline.unread import NotUnderstood

_LATE_WITH_ENV = frozenset({"podman", "buildah"})  # engines whose `env=` on a secret mount came late, and not everywhere yet
Redo = Callable[[str, Options, Mapping[str, Refusal]], FileOutcome]


class Joined(NamedTuple):
    """`files`: path relative to the root -> its outcome; `changes`: the callers that go with them."""

    files: Mapping[str, FileOutcome]
    changes: tuple[CallerChange, ...] = ()


class Halves:
    """One repository. `files`: path relative to the root -> outcome; `redo(path, options, held)` fixes a Dockerfile again.

    `beside`: Dockerfiles that the same run changes, and that ask for no secret: an ARG that nothing uses goes.
    """

    def __init__(
        self, root: str, files: Mapping[str, FileOutcome], readings: Readings, dockerfiles: Sequence[str], options: Options, redo: Redo,
        trial: Trial, beside: Mapping[str, FileOutcome] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        self.root, self.files, self.readings, self.options, self._redo, self._trial = root, dict(files), readings, options, redo, trial
        self.dockerfiles, self.beside = tuple(dict.fromkeys((*dockerfiles, *files))), dict(beside)
        self._chosen: dict[str, Options] = {}
        self._declared: dict[str, frozenset[str]] = {}
        self._notes: dict[str, str] = {}
        self.held: dict[str, dict[str, Refusal]] = {}
        self.uses: dict[str, dict[tuple[str, int, str], CallerUse]] = {}
        self._strange = NotUnderstood(readings)
        self._displays: dict[str, str] = {}

    def joined(self) -> Joined:
        """The outcome when every secret is either fixed with all its callers, or held back."""
        matcher = Matcher(self.readings.repository, self.dockerfiles)
        builds = [(b, matcher.targets(b)) for b in self.readings.builds()]
        self._ask_images(builds)
        self._ask_callers(builds)
        shown = {path: file.after for path, file in self.files.items()}
        decided = self._decided()
        while not (self.options.transition or self.options.dockerfile_only):
            late = self._held_by(decided)
            if not late:
                break
            if self._as_files(late):
                shown = {path: file.after for path, file in self.files.items()}
                decided = self._decided()
                continue
            for path, names in late.items():
                self.held.setdefault(path, {}).update(names)
                self.files[path] = self._again(path)
            decided = self._decided()
        files = {
            path: file._replace(
                callers=self._told(path, file, decided), shown=shown[path] if shown[path] != file.after else b"",
                notes=(*file.notes, self._notes[path]) if path in self._notes and file.changed else file.notes,
            )
            for path, file in self.files.items()
        }
        return Joined({**files, **dict(self._beside(builds, decided))}, self._changes(decided))

    def _beside(self, builds: Sequence[tuple[Build, Targets]], decided: Decided) -> Iterator[tuple[str, FileOutcome]]:
        """Of what passes a build arg that goes from those Dockerfiles, only what builds them, and is not rewritten, is told."""
        moved = {(d.task.build.path, d.task.line, d.task.move.arg) for d in decided.done if d.refused is None}
        passed = {(b.path, a.line, a.name) for b, _ in builds for a in b.args} if self.beside else set()
        targeted = _by_path(builds) if self.beside else {}
        for path, file in self.beside.items():
            mine = {(b.path, a.line, a.name) for b in targeted.get(path, ()) for a in b.args}
            kept = (u for u in file.callers if (at := (u.path, u.line, u.name)) not in moved and (at in mine or at not in passed))
            yield path, file._replace(callers=tuple(kept))

    def _again(self, path: str) -> FileOutcome:
        return self._redo(path, self._chosen.get(path, self.options), self.held.get(path, {}))

    def _decided(self) -> Decided:
        decided = decide(self.readings, [self._wanted(p, f) for p, f in self.files.items()], self.dockerfiles, self._declares)
        for done in decided.done:
            for wanted in done.task.wanted:
                use = use_of(done, self.files[wanted.path].path)
                self._note(wanted.path, use)
        for path, file in self.files.items():
            for use in self._strange.of(file):
                self._note(path, use)
        return decided

    def _note(self, path: str, use: CallerUse) -> None:
        """A refusal stays known when its secret is asked for no more."""
        known = self.uses.setdefault(path, {})
        use = use._replace(display=self._display(use.path))
        key = (use.path, use.line, use.name)
        if not (key in known and known[key].reason and use.applied):
            known[key] = use

    def _display(self, path: str) -> str:
        if path not in self._displays:
            self._displays[path] = shown_path(self.root, path)
        return self._displays[path]

    def _wanted(self, path: str, file: FileOutcome) -> Wanted:
        sources = {s.id: self._source(file, s.name) for s in file.secrets if _copied(file, s.name)}
        after = file.after or self._read(path)
        idle = not_needed(after, (s.id for s in (*file.secrets, *file.mounted)))
        return Wanted(path, file.secrets, file.mounted, declared(after), sources, idle)

    def _source(self, file: FileOutcome, name: str) -> str:
        context = os.path.realpath(file.context)
        below = os.path.relpath(os.path.join(context, name.lstrip("/")), os.path.realpath(self.root))
        return below.replace(os.sep, "/")

    def _read(self, path: str) -> bytes:
        return self.readings.repository.read(path) or b""

    def _declares(self, path: str) -> frozenset[str]:
        if path not in self._declared:
            self._declared[path] = declared(self.beside[path].after if path in self.beside else self._read(path))
        return self._declared[path]

    def _ask_images(self, builds: Sequence[tuple[Build, Targets]]) -> None:
        """Secrets on which another Dockerfile lives that builds on the image wait for a person."""
        read = self.readings.repository.read
        texts = {path: (read(path) or b"").split(b"\n") for path in {b.path for b, _ in builds}}
        made = [Built(t.paths, texts[b.path], b.line, b.target) for b, t in builds if not t.lost]
        around = Around(self.dockerfiles, read, made, self._trial, {})
        for path, file in self.files.items():
            waits = needed_above(path, file, around)
            if waits:
                self.held[path] = waits
                self.files[path] = self._again(path)

    def _ask_callers(self, builds: Sequence[tuple[Build, Targets]]) -> None:
        """What callers say about how a secret is delivered: ids that they pass already, and values that they take from a file."""
        sure = _by_path((b, t) for b, t in builds if t.sure)
        for path, file in self.files.items():
            if not file.secrets:
                continue
            mine = sure.get(path, [])
            options = self.options._replace(ids=_passed_ids(file, mine))
            from_file = {a.name for b in mine for a in b.args if a.origin.startswith("file:")}
            if options.delivery == "auto" and any(s.delivery is Delivery.ENV and s.name in from_file for s in file.secrets):
                options = options._replace(delivery="file")
            old = next((b for b in mine if b.engine in _LATE_WITH_ENV and b.kind not in TALK and not self._recent(b)), None)
            if old is not None and options.delivery == "auto" and self.options.engine not in _LATE_WITH_ENV:
                options = options._replace(delivery="file")
                place = f"{self._display(old.path)}:{old.line}"
                self._notes[path] = f"file delivery: {place} builds with {old.engine}, and only a recent one knows `env=` on a secret mount"
            if options != self.options:
                self._chosen[path] = options
                self.files[path] = self._again(path)

    def _recent(self, build: Build) -> bool:
        """Whether the file names the Buildah image that it builds with, and that one knows `env=`."""
        found = re.search(rb"buildah(?:/stable)?:v?(\d{1,4})\.(\d{1,4})", self._read(build.path))
        return found is not None and (int(found[1]), int(found[2])) >= (1, 45)

    def _held_by(self, decided: Decided) -> dict[str, dict[str, Refusal]]:
        """Path -> secrets that have to wait and did not yet."""
        late: dict[str, dict[str, Refusal]] = {}
        for path, file in self.files.items():
            for spec in file.secrets:
                against = [u for u in self.uses.get(path, {}).values() if u.holds and u.name == spec.name]
                if against and spec.name not in self.held.get(path, {}):
                    late.setdefault(path, {})[spec.name] = waiting(against, copied=_copied(file, spec.name))
        return late

    def _as_files(self, late: Mapping[str, Mapping[str, Refusal]]) -> bool:
        """A builder that knows secret mounts, but not as variables, gets a Dockerfile that reads them as files; whether any was changed."""
        again = [
            path for path, names in late.items()
            if any(refusal.code == "caller-builder-old" for refusal in names.values())
            and self._chosen.get(path, self.options).delivery == "auto"
            and any(s.delivery is Delivery.ENV and s.name in names for s in self.files[path].secrets)
        ]  # fmt: skip
        for path in again:
            self._chosen[path] = self._chosen.get(path, self.options)._replace(delivery="file")
            self.files[path] = self._again(path)
            self.uses[path] = {key: use for key, use in self.uses[path].items() if use.reason != "caller-builder-old"}
        return bool(again)

    def _told(self, path: str, file: FileOutcome, decided: Decided) -> tuple[CallerUse, ...]:
        """What became of every caller in the end."""
        done = decided.places.get(path, frozenset())
        out = []
        for key, use in self.uses.get(path, {}).items():
            if self.options.dockerfile_only and use.applied:
                spec = next(s for s in (*file.secrets, *file.mounted) if s.id == use.id)
                move = Move(spec, source=use.name if _copied(file, use.name) else "")
                use = refused_use(use._replace(applied=False), Refused("caller-left"), by_hand(self._words(use), spec, move))
            elif use.applied and key not in done:
                use = refused_use(use._replace(applied=False), Refused("caller-waits"))
            out.append(use)
        lacking = [lacking_use(x, file.path) for x in decided.lacks.get(path, ())]
        return tuple(sorted((*out, *(x._replace(display=self._display(x.path)) for x in lacking))))

    def _words(self, use: CallerUse) -> str:
        """Whose words say what to change at a caller."""
        reading = self.readings.known(use.path)
        at = (use.name, use.line)
        builds = (b for b in reading.builds if b.over is not None) if reading is not None else ()
        return next((hand_kind(b) for b in builds if at in {(a.name, a.line) for a in b.args}), use.kind)

    def _changes(self, decided: Decided) -> tuple[CallerChange, ...]:
        if self.options.dockerfile_only:
            return ()
        out = []
        for path, after in sorted(decided.edits.items()):
            before = self._read(path)
            if after != before:
                owners = tuple(self.files[p].path for p in decided.owners[path] if p in self.files)
                out.append(CallerChange(self._display(path), before, after, owners))
        return tuple(out)


def _by_path(builds: Iterable[tuple[Build, Targets]]) -> dict[str, list[Build]]:
    """The builds of each Dockerfile, in their order."""
    out: dict[str, list[Build]] = {}
    for build, targets in builds:
        for path in dict.fromkeys(targets.paths):
            out.setdefault(path, []).append(build)
    return out


def shown_path(root: str, path: str) -> str:
    """A file of the repository as the report names it: from the working directory, where it lies below."""
    full = os.path.join(os.path.realpath(root), path)
    relative = os.path.relpath(full, os.getcwd())
    return full if relative.startswith(os.pardir) else relative


def declared(data: bytes) -> frozenset[str]:
    """The names that the ARGs of a Dockerfile declare; none when it cannot be parsed."""
    try:
        tree = parse(data)
    except RemediateError:
        return frozenset()
    words = [w for i in tree.instructions if i.keyword == "ARG" for w in i.args.text.split()]
    return frozenset(w.partition("=")[0] for w in words)


def _copied(file: FileOutcome, name: str) -> bool:
    return any(f.rule == "secret-in-copy" and f.name == name for f in file.findings)


def _passed_ids(file: FileOutcome, builds: Sequence[Build]) -> tuple[tuple[str, str], ...]:
    """Variable -> the id under which its callers pass it already, where they agree."""
    mounted = {s.id for s in file.mounted}
    out = []
    for spec in file.secrets:
        ids = {i for b in builds for i in b.secrets if i not in mounted and folded(i) in (folded(spec.id), folded(spec.name))}
        if len(ids) == 1 and ids != {spec.id} and not _copied(file, spec.name):
            out.append((spec.name, ids.pop()))
    return tuple(out)

"""The edits on a Compose file: args go, build.secrets and top-level secrets come, each in the place and style that is there."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence

from remediate.callers.kinds.compose_around import Source, baked, extending, is_declared, named_in_env_file, secret_name, too_old
from remediate.callers.kinds.compose_edit import Edits
from remediate.callers.kinds.compose_model import ArgSite, ComposeFile, Layer, layers, load
from remediate.callers.kinds.compose_rest import same_rest
from remediate.callers.kinds.compose_values import Origin, origin
from remediate.callers.model import Build, FileEdit, Job, JobRefused, Move, Refused, Rewritten, Told
from remediate.callers.repository import Repository
from remediate.formats.embedded import FormatError
from remediate.model import Span
from remediate.text import OverlappingEdits, apply

Builds = Callable[[str, bytes], tuple[Build, ...]]


class Plan:
    def __init__(self, file: ComposeFile, repository: Repository, jobs: Sequence[Job], builds: Builds) -> None:
        self.file, self.repository, self.jobs, self.builds = file, repository, jobs, builds
        self.before = builds(file.path, file.data)
        self.layers: dict[str, list[Layer]] = {s: layers(file, s, repository) or [] for s in file.services}
        self.wants = {j.build.key: {m.arg: (m.spec.id, m.ssh, m.supplied) for m in j.moves} for j in jobs}
        self.users: dict[tuple[str, Span], list[Build]] = {}  # who is built with a line
        for build in self.before:
            for layer in self.layers.get(str(build.key), ()):
                for site in (s for sites in (layer.args or {}).values() for s in sites):
                    self.users.setdefault((site.path, site.span), []).append(build)
        self.edits = Edits(file)
        self.refused: list[JobRefused] = []
        self.told: list[Told] = []

    def done(self) -> Rewritten:
        old = too_old(self.file.path, self.repository)
        for number, job in enumerate(self.jobs):
            for move in job.moves:
                try:
                    refused = (None if move.supplied or move.ssh else old) or self._move(number, job, move)
                except FormatError as error:
                    refused = Refused("caller-format", error.message, error.line)
                if refused is not None:
                    self.refused.append(JobRefused(number, move.spec.id, refused))
        if self.refused:
            return Rewritten(refused=tuple(self.refused))
        try:
            edits = self.edits.made()
            changed = apply(self.file.data, edits)
            after, rest = self.builds(self.file.path, changed), same_rest(self.file.data, changed)
        except (FormatError, OverlappingEdits):
            return Rewritten(refused=tuple(self._all("caller-format", "the lines cannot be changed apart from others")))
        if not self._only_wanted(after):
            return Rewritten(refused=tuple(self._all("caller-shared", "an anchor or merge key brings the same lines to another service")))
        if not rest:
            return Rewritten(refused=tuple(self._all("caller-shared", "an anchor or merge key brings the same lines to more than builds")))
        return Rewritten(tuple(FileEdit(self.file.path, e) for e in edits), told=tuple(self.told))

    def _all(self, code: str, detail: str) -> list[JobRefused]:
        return [JobRefused(n, m.spec.id, Refused(code, detail, job.build.line)) for n, job in enumerate(self.jobs) for m in job.moves]

    def _move(self, number: int, job: Job, move: Move) -> Refused | None:
        own = [x for x in self.layers[str(job.build.key)] if x.build is not None]
        sites = [s for x in own for s in reversed((x.args or {}).get(move.arg, ()))] if move.arg else []  # the last one counts
        here = [x for x in own if x.path == self.file.path]
        elsewhere = [x for x in own if x.path != self.file.path and (not here or any(s.path == x.path for s in sites))]
        refused = self._shared(job, move, sites) or (self._elsewhere(job, move, elsewhere[-1]) if elsewhere else None)
        if refused is not None:
            return refused
        if not move.supplied:
            refused = self._ssh(job, move, here) if move.ssh else self._secret(number, job, move, here, sites)
        if refused is None:
            for site in sites:
                if site.path == self.file.path:
                    self.edits.remove(next(x for x in here if site in (x.args or {}).get(site.name, ())), site)
        return refused

    # -- what else is built with the same lines ------------------------------------------------------------------------------------------

    def _shared(self, job: Job, move: Move, sites: Sequence[ArgSite]) -> Refused | None:
        mine = dict.fromkeys((s.path, s.span) for s in sites)
        for build in dict.fromkeys(b for at in mine for b in self.users.get(at, ())):
            if self.wants.get(build.key, {}).get(move.arg) != (move.spec.id, move.ssh, move.supplied):
                return Refused("caller-shared", f"the service {build.name} takes {move.arg} from the same lines", sites[0].line)
        for file, service, base in extending(self.file.path, self.repository):
            known = self.layers.get(base, ())
            if any((s.path, s.span) in mine for x in known for s in (x.args or {}).get(move.arg, ())):
                there = self._build_of(file, service)
                if there is None or there.place != job.build.place:
                    return Refused("caller-shared", f"the service {service} of {file.path} takes {move.arg} from here", sites[0].line)
        return None

    def _build_of(self, file: ComposeFile, service: str) -> Build | None:
        return next((b for b in self.builds(file.path, file.data) if b.key == service), None)

    def _elsewhere(self, job: Job, move: Move, layer: Layer) -> Refused | None:
        """What an extended service of another file says goes with the job of that one, when it builds the same."""
        file = load(layer.path, self.repository)
        there = self._build_of(file, layer.service) if file is not None else None
        if there is None or there.place != job.build.place or (move.arg and move.arg not in {a.name for a in there.args}):
            detail = f"the service extends {layer.service} of {layer.path}, which builds something else"
            return Refused("caller-shared", detail, job.build.line)
        return None

    # -- where the value comes from ------------------------------------------------------------------------------------------------------

    def _secret(self, number: int, job: Job, move: Move, here: Sequence[Layer], sites: Sequence[ArgSite]) -> Refused | None:
        folder = job.build.folder or "."
        if move.source:
            source = Source(("file", _relative(move.source, folder)))
        else:
            known = origin(move.arg, sites[-1].value) if sites else Origin(env=(*move.spec.env_names, move.spec.name)[0])
            if not known.env:
                return self._by_hand(job, move, known, sites[-1].line)
            source = Source(("environment", known.env))
            self._tell(number, known, folder)
        mine = [s for s in sites if s.path == self.file.path]
        other = sites[-1].path if sites else next((x.path for x in reversed(self.layers[str(job.build.key)]) if x.build is not None), "")
        owner = self.file if mine or (here and not sites) else load(other, self.repository) or self.file
        coming = self.edits.declared if owner is self.file else {}
        theirs = Source(("file", _relative(move.source, posixpath.dirname(owner.path) or "."))) if move.source else source
        name = secret_name(owner, move.spec.id, move.arg, source if owner is self.file else theirs, coming, self.repository)
        own = self.file.secret(name) if name else None
        if not name or (own is not None and not source.is_of(own)) or self.edits.declared.get(name, source) != source:
            return Refused("caller-shared", f"the top-level secret {move.spec.id} stands for something else", job.build.line)
        other_name = baked(self.repository) if name != move.spec.id else None
        if other_name is not None:
            return other_name
        if not is_declared(self.file, name, self.repository):
            self.edits.declare(name, source)
        if owner is self.file:
            passing = [x for x in here if any(s in (x.args or {}).get(move.arg, ()) for s in mine)]
            places = passing or [*here]
            if not places or places[-1].secrets is None:
                return Refused("caller-arguments", "`build.secrets` is no list", job.build.line)
            self.edits.add(places[-1], "secrets", [name] if name == move.spec.id else [f"source: {name}", f"target: {move.spec.id}"])
        return None

    def _by_hand(self, job: Job, move: Move, known: Origin, line: int) -> Refused:
        name = move.arg
        by_hand = (
            "services:", f"  {job.build.name}:", "    build:", f"      secrets: [{move.spec.id}]", "secrets:", f"  {move.spec.id}:",
            f"    environment: {name}", f"# and {name}, with the whole value, in the environment of docker compose",
        )  # fmt: skip
        return Refused("caller-value", f"{name}: {known.why}", line, by_hand)

    def _tell(self, number: int, known: Origin, folder: str) -> None:
        if known.strict:
            text = f"the build no longer stops when {known.env} is not set: Compose hands over an empty secret then"
            self.told.append(Told(number, text))
        env_file = named_in_env_file(folder, known.env, self.repository)
        if env_file:
            releases = "Compose 2.28, 2.39.3, and 2.40 with COMPOSE_BAKE=false"
            text = f"{known.env} comes from {env_file}: {releases} leave such a build secret empty; export it where they are used"
            self.told.append(Told(number, text))

    def _ssh(self, job: Job, move: Move, here: Sequence[Layer]) -> Refused | None:
        text = move.spec.id
        if move.source:
            text = f"{move.spec.id}={_relative(move.source, job.build.folder or '.')}"
        elif not job.build.ssh:
            by_hand = ('eval "$(ssh-agent -s)" && ssh-add KEY_FILE', "build:", f"  ssh: [{move.spec.id}]")
            return Refused("caller-key", line=job.build.line, by_hand=by_hand)
        if not here:
            return Refused("caller-shared", "the service is extended from another file", job.build.line)
        self.edits.add(here[-1], "ssh", [text])
        return None

    # -- proof ---------------------------------------------------------------------------------------------------------------------------

    def _only_wanted(self, after: Sequence[Build]) -> bool:
        """Builds without a job are as they were; the others changed as their moves say (what lies in other files is not seen here)."""
        if len(after) != len(self.before):
            return False
        jobs = {j.build.key: j for j in self.jobs}
        for old, new in zip(self.before, after, strict=True):
            job = jobs.get(old.key)
            moves = job.moves if job is not None else ()
            gone = {m.arg for m in moves}
            if [a.name for a in new.args if a.name not in gone] != [a.name for a in old.args if a.name not in gone]:
                return False
            ids = set(old.secrets) | {m.spec.id for m in moves if not m.ssh}
            if not (set(old.secrets) <= set(new.secrets) <= ids and set(new.ssh) <= set(old.ssh) | {m.spec.id for m in moves if m.ssh}):
                return False
        return True


def _relative(path: str, folder: str) -> str:
    found = posixpath.relpath(path, folder)
    return found if found.startswith("../") else f"./{found}"

"""Docker Bake files: `args` of targets become `secret`, in the block where they stand."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from remediate.callers.generated import generated
from remediate.callers.kinds.bake_model import Additions, Arg, BakeFile, Site, Value, World
from remediate.callers.kinds.bake_where import where
from remediate.callers.model import Build, CallerFile, FileEdit, Job, JobRefused, Move, Passed, Reading, Refused, Rewritten, Unread
from remediate.callers.repository import Repository
from remediate.formats.embedded import FormatError
from remediate.model import Span

# Bake reads these together when it is not told a file, in this order.
DEFAULT = ("docker-bake.json", "docker-bake.hcl", "docker-bake.override.json", "docker-bake.override.hcl")


def read(file: CallerFile, repository: Repository) -> Reading:
    try:
        world = _world(file, repository)
    except FormatError as error:
        return Reading(unread=(Unread(error.line, Refused("caller-format", error.message, error.line)),))
    return Reading(tuple(_builds(world, repository)))


def _load(path: str, data: bytes) -> BakeFile:
    if path.endswith(".json"):
        from remediate.callers.kinds.bake_json import load as load_json

        return load_json(path, data)
    from remediate.callers.kinds.bake_hcl import load as load_hcl

    return load_hcl(path, data)


def _world(file: CallerFile, repository: Repository) -> World:
    folder, name = posixpath.split(file.path)
    names = {n: posixpath.join(folder, n) for n in DEFAULT}
    others = {p: n for n, p in names.items() if p != file.path}
    for path in repository.paths():
        if posixpath.dirname(path) == folder and path != file.path and "bake" in posixpath.basename(path):
            others.setdefault(path, posixpath.basename(path))
    below: list[BakeFile] = []
    beside: list[BakeFile] = []
    for path, other in others.items():
        data = repository.read(path) if path.endswith((".hcl", ".json")) else None
        if data is None:
            continue
        try:
            loaded = _load(path, data)
        except FormatError:
            continue  # it is said to be unread where it is read itself
        first = name in DEFAULT and other in DEFAULT and DEFAULT.index(other) < DEFAULT.index(name)
        (below if first else beside).append(loaded)
    return World(_load(file.path, file.data), below, beside)


def _builds(world: World, repository: Repository) -> Iterator[Build]:
    for target, own in world.own.targets.items():
        found = where(world, target, repository)
        if _is_template(world, target, known=found.known) or _is_overlay(world, target):
            continue
        chain = world.chain(target)
        refused = _not_followed(own, chain)
        sites = chain or tuple(own)
        effective = {a.name: a for s in sites for a in s.args or ()}
        origins = {name: origin(world, target, arg.value) for name, arg in effective.items()}
        yield Build(
            world.own.path, "bake", own[0].line, found.place, found.context, found.folder,
            tuple(Passed(a.name, a.line, origins[a.name]) for a in effective.values()),
            tuple(dict.fromkeys(i for s in sites for i in s.secrets or ())), tuple(dict.fromkeys(i for s in sites for i in s.ssh or ())),
            found.target, "docker", target, refused, target,
        )  # fmt: skip


def _not_followed(own: Sequence[Site], chain: Sequence[Site] | None) -> Refused | None:
    if chain is None:
        return Refused("caller-arguments", "what the target inherits is not followed", own[0].line)
    for site in chain:
        if site.args is None:
            return Refused("caller-arguments", f"`args` of {site.target} is no plain list of names and values", site.line)
    return None


def _is_template(world: World, target: str, *, known: bool) -> bool:
    """A target that is only there to be inherited: nothing of its own to build, or no Dockerfile at its place."""
    if target not in world.inherited or target in world.own.grouped or target == "default":
        return False
    sites = world.whole(target)
    builds = any(s.texts or s.inline or s.args != () or s.secrets != () or s.inherits != () for s in sites)
    return not builds or not known


def _is_overlay(world: World, target: str) -> bool:
    """What only adds tags and the like to a target of the files read before."""
    if not any(target in b.targets for b in world.below):
        return False
    return all(not (s.texts or s.inline or any(x != () for x in (s.args, s.secrets, s.ssh, s.inherits))) for s in world.own.targets[target])


def origin(world: World, target: str, value: Value) -> str:
    """Where a value comes from; a variable of the file is filled by the environment variable of its name."""
    if value.literal is not None:
        return "literal"
    name = value.variable
    if not name or any(name == key or name.startswith(key + ".") for s in world.sites(target) for key in s.matrix or ()):
        return ""
    default = world.default(name)
    return f"env:{name}" if default is None or default.literal == "" else ""


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    plan = _Plan(_world(file, repository), jobs, list(_builds(_world(file, repository), repository)))
    made = generated(file.data)
    for number, job in enumerate(jobs):
        for move in job.moves:
            refused = made or plan.move(job, move)
            if refused is not None:
                plan.refused.append(JobRefused(number, move.spec.id, refused))
    return plan.done()


class _Plan:
    """What goes and what comes at each block."""

    def __init__(self, world: World, jobs: Sequence[Job], builds: Sequence[Build]) -> None:
        self.world, self.jobs = world, jobs
        self.refused: list[JobRefused] = []
        self.wants = {str(j.build.key): {m.arg: m for m in j.moves if m.arg} for j in jobs}
        self.users: dict[int, list[str]] = {}
        for build in builds:
            for site in world.chain(str(build.key)) or ():
                self.users.setdefault(id(site), []).append(str(build.key))
        self.sites: dict[int, Site] = {}
        self.gone: dict[int, dict[Span, None]] = {}
        self.added: dict[int, dict[tuple[str, str, str], None]] = {}

    def move(self, job: Job, move: Move) -> Refused | None:
        target = str(job.build.key)
        chain = self.world.chain(target) or ()
        found = [(s, a) for s in chain for a in s.args or () if a.name == move.arg]
        refused = self._shared(found, move)
        if refused is not None:
            return refused
        if move.supplied:
            entry = None
        elif move.ssh:
            entry, refused = self._ssh(job, move)
        elif move.source:
            entry, refused = self._file(job, move)
        else:
            entry, refused = self._env(target, found, move)
        places = [s for s, _ in found] or [s for s in chain if s.path == self.world.own.path][-1:]
        if refused is None and entry is not None:
            refused = _room(places, "ssh" if move.ssh else "secret")
        if refused is not None:
            return refused
        for site in places:
            self.sites[id(site)] = site
            own = entry if entry is None or entry[1] != "env" else self._own(site, move)
            if own is not None:
                self.added.setdefault(id(site), {})[own] = None
        for site, arg in found:
            self.gone.setdefault(id(site), {})[arg.span] = None
        return None

    def _own(self, site: Site, move: Move) -> tuple[str, str, str] | None:
        """What a block's own value comes from: a child may fill the arg from another variable than its parent does."""
        values = [a.value for a in site.args or () if a.name == move.arg]
        if not values:
            return (move.spec.id, "env", (*move.spec.env_names, move.spec.name)[0])
        source = origin(self.world, site.target, values[-1])
        return (move.spec.id, "env", source.removeprefix("env:")) if source.startswith("env:") else None

    def _shared(self, found: Sequence[tuple[Site, Arg]], move: Move) -> Refused | None:
        for site, arg in found:
            if site.path != self.world.own.path:
                return Refused("caller-shared", f"{arg.name} is inherited from {site.path}", arg.line)
            for user in self.users.get(id(site), ()):
                other = self.wants.get(user, {}).get(arg.name)
                if other is None or (other.spec.id, other.ssh, other.supplied) != (move.spec.id, move.ssh, move.supplied):
                    return Refused("caller-shared", f"target {user} takes {arg.name} from the same block", arg.line)
        return None

    def _env(self, target: str, found: Sequence[tuple[Site, Arg]], move: Move) -> tuple[tuple[str, str, str] | None, Refused | None]:
        if not found:  # nothing was passed so far
            return (move.spec.id, "env", (*move.spec.env_names, move.spec.name)[0]), None
        arg = found[-1][1]
        source = origin(self.world, target, arg.value)
        name = move.arg if move.arg.isidentifier() else move.spec.id.upper()
        entry = f"id={move.spec.id},env={name}"
        line = f'secret = ["{entry}"]' if self.world.own.path.endswith(".hcl") else f'"secret": ["{entry}"]'
        by_hand = (line, f"and {name}, with the whole value, in the environment of docker buildx bake")
        if source == "literal":
            return None, Refused("caller-value", f"the value of {arg.name} stands in the file: rotate it", arg.line, by_hand)
        if not source:
            name_of = arg.value.variable
            why = f"{arg.name} is put together by an expression"
            if name_of:
                why = f"{name_of} is not only filled by the environment: it has a default, or comes from elsewhere"
            return None, Refused("caller-value", why, arg.line, by_hand)
        return (move.spec.id, "env", source.removeprefix("env:")), None

    def _file(self, job: Job, move: Move) -> tuple[tuple[str, str, str] | None, Refused | None]:
        if job.build.folder is None:
            return None, Refused("caller-which-file", "it is not known in which folder bake runs", job.build.line)
        return (move.spec.id, "src", posixpath.relpath(move.source, job.build.folder)), None

    def _ssh(self, job: Job, move: Move) -> tuple[tuple[str, str, str] | None, Refused | None]:
        if move.source and job.build.folder is not None:
            path = posixpath.relpath(move.source, job.build.folder)
            return ("", "ssh", f"{move.spec.id}={path if path.startswith('../') else './' + path}"), None
        if job.build.ssh:  # an agent is at hand already
            return ("", "ssh", move.spec.id), None
        by_hand = ('eval "$(ssh-agent -s)" && ssh-add KEY_FILE', f'ssh = ["{move.spec.id}"]')
        return None, Refused("caller-key", line=job.build.line, by_hand=by_hand)

    def done(self) -> Rewritten:
        if self.refused:
            return Rewritten(refused=tuple(self.refused))
        edits: list[FileEdit] = []
        for key, site in self.sites.items():
            entries = [e for e in self.added.get(key, {}) if not self._above(site, e)]
            added = Additions(tuple(e for e in entries if e[1] != "ssh"), tuple(e[2] for e in entries if e[1] == "ssh"))
            made = self.world.own.edits(site, tuple(self.gone.get(key, {})), added)
            if made is None:
                return Rewritten(refused=tuple(self._unwritten(site)))
            edits += [FileEdit(self.world.own.path, e) for e in made]
        return Rewritten(tuple(edits))

    def _above(self, site: Site, entry: tuple[str, str, str]) -> bool:
        """Whether the target inherits the same entry from a block that gets it, too."""
        chain = self.world.chain(site.target) or ()
        return any(s is not site and s.target != site.target and entry in self.added.get(id(s), {}) for s in chain)

    def _unwritten(self, site: Site) -> Iterator[JobRefused]:
        why = Refused("caller-format", f"the target {site.target} stands in one line", site.line)
        for number, job in enumerate(self.jobs):
            if any(s is site for s in self.world.chain(str(job.build.key)) or ()):
                yield from (JobRefused(number, m.spec.id, why) for m in job.moves)


def _room(sites: Sequence[Site], key: str) -> Refused | None:
    for site in sites:
        if (site.ssh if key == "ssh" else site.secrets) is None:
            return Refused("caller-arguments", f"`{key}` of {site.target} is no plain list", site.line)
    return None

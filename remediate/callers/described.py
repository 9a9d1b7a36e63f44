"""Which Compose or Bake file a command builds by, and which of its builds the command starts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from remediate.callers.model import Build, Over, Refused
from remediate.callers.places import joined
from remediate.callers.readings import Readings
from remediate.callers.repository import Repository
from remediate.callers.shell.paths import ROOT, name_of
from remediate.model import NamedTuple
from remediate.text import late

COMPOSE = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
COMPOSE_OVER = ("compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml")
# https://docs.docker.com/build/bake/overrides/#default-file-lookup
BAKE = (*COMPOSE, "docker-bake.json", "docker-bake.hcl", "docker-bake.override.json", "docker-bake.override.hcl")
MOST_FILES = 50
_STARTED_ANYWHERE = ("shell", "python", "docs")
_SECRETS = late(rb"\bsecrets?\b")
_SET = late(rb"^[ \t]*(?:export[ \t]+)?COMPOSE_FILE[ \t]*=[ \t]*[\"']?([^\s\"'#]*)", re.M)
BY_HAND = {
    "compose": (
        "services:", "  SERVICE:", "    build:", "      secrets: [ID]", "secrets:", "  ID:", "    environment: NAME",
        "(and the build then without this --build-arg)",
    ),
    "bake": ("docker buildx bake --set 'TARGET.secrets=id=ID,env=NAME' ...",),
}  # fmt: skip


class Named(NamedTuple):
    """`files` in the order in which they count, `data` their content; `builds` are those of the command, by file."""

    tool: str
    files: tuple[str, ...]
    data: tuple[bytes, ...]
    builds: tuple[Build, ...]

    @property
    def has_secrets(self) -> bool:
        return any(_SECRETS.search(d) for d in self.data)

    @property
    def inherits(self) -> bool:
        return any(b"inherits" in d for d in self.data)

    def reached(self, build: Build, arg: str) -> tuple[Build, ...]:
        """The builds of the file that get a build arg of the command. A target that inherits from one gets it, too."""
        patterns = [p for name, p in build.over.patterns if name == arg] if build.over is not None else []
        if self.tool != "bake" or self.inherits:
            return self.builds
        return tuple(b for b in self.builds if any(fnmatchcase(b.name, p) for p in patterns))

    def mentions(self, name: str) -> int:
        """How often the files use a variable: `${T}`, `$T`; in Bake its bare name, where that is no key, nor what a secret is."""
        word = re.escape(name.encode("utf-8", "surrogateescape"))
        pattern = rb"(?<![\w$])\$\{?" + word + rb"\b"
        if self.tool == "bake":
            pattern = rb"(?<!env=)(?<!variable \")\b" + word + rb"\b(?!\"[ \t]*:|[ \t]*=[^=])"
        return sum(len(re.findall(pattern, d)) for d in self.data)

    def variable(self, build: Build, id: str) -> str:
        """The variable of a secret that the file has already; "" when it comes from elsewhere."""
        for data in self.data:
            pattern = rb"(?m)^[ \t]+" + re.escape(id.encode()) + rb"[ \t]*:[ \t]*(?:\{[ \t]*|\n[ \t]+)environment:[ \t]*[\"']?(\w+)"
            if self.tool == "bake":
                pattern = rb"[\"'](?:type=env,)?id=" + re.escape(id.encode()) + rb",env=(\w+)[\"']"
            found = {m.decode() for m in re.findall(pattern, data)}
            if found:
                return found.pop() if len(found) == 1 else ""
        return ""


def named(build: Build, readings: Readings) -> Named | Refused:
    """What the command builds, or why that is not known."""
    over = build.over
    assert over is not None
    if over.why:
        return _refused(build, over.why)
    if not over.files and over.tool == "compose" and _elsewhere(build, readings.repository):
        return _refused(build, "what COMPOSE_FILE holds is not known")
    if build.folder is None:
        return _refused(build, "the folder in which it runs is not known")
    found = list(dict.fromkeys(files for f in _folders(build) if (files := _there(f, over, readings.repository))))
    if len(found) != 1:
        what = "Compose" if over.tool == "compose" else "Bake"
        why = f"the {what} file is not found in this repository" if not found else f"it may be {found[0][0]}, or {found[1][0]}"
        return _refused(build, why)
    return _read(build, over, found[0], readings)


def described(build: Build, repository: Repository) -> bool:
    """Whether the file that it builds by is there, seen from its folder."""
    return build.over is not None and build.folder is not None and bool(_there(build.folder, build.over, repository))


def _there(folder: str, over: Over, repository: Repository) -> tuple[str, ...]:
    """The files, when all of them are there."""
    files = _files(folder, over, repository)
    return files if all(repository.read(p) is not None for p in files) else ()


def _refused(build: Build, why: str) -> Refused:
    return Refused("caller-which-file", why, build.line, BY_HAND[build.over.tool if build.over is not None else "compose"])


def _elsewhere(build: Build, repository: Repository) -> bool:
    """Whether the caller's file speaks of COMPOSE_FILE in a way that its reader did not take for this command."""
    return b"COMPOSE_FILE" in (repository.read(build.path) or b"")


def _folders(build: Build) -> Iterator[str]:
    yield build.folder or "."
    if build.folder == "." and build.kind in _STARTED_ANYWHERE and posixpath.dirname(build.path):
        yield posixpath.dirname(build.path)


def _files(folder: str, over: Over, repository: Repository) -> tuple[str, ...]:
    if over.files:
        paths = [name_of(f) if f.startswith(ROOT) else joined(folder, f) for f in over.files]
        return tuple(p for p in paths if p is not None) if None not in paths else ()
    if over.tool == "bake":
        return tuple(p for n in BAKE if repository.read(p := posixpath.normpath(posixpath.join(folder, n))) is not None)
    return tuple(_default(folder, repository))


def _default(folder: str, repository: Repository) -> list[str]:
    """The Compose file of the folder or of one above it, and its override; or what `.env` names."""
    named_there = _SET.search(repository.read(posixpath.normpath(posixpath.join(folder, ".env"))) or b"")
    if named_there is not None:
        return [joined(folder, f) or "" for f in named_there[1].decode("utf-8", "replace").split(":")]
    here = "" if folder == "." else folder
    while True:
        found = [p for n in COMPOSE if repository.read(p := posixpath.join(here, n)) is not None]
        if found:
            more = [p for n in COMPOSE_OVER if repository.read(p := posixpath.join(here, n)) is not None]
            return [found[0], *more[:1]]
        if not here:
            return []
        here = posixpath.dirname(here)


def _read(build: Build, over: Over, files: Sequence[str], readings: Readings) -> Named | Refused:
    """The builds of the files and of those that they include."""
    todo = list(files)
    builds: list[Build] = []
    for path in todo:
        reading = readings.known(path)
        data = readings.repository.read(path)
        if data is None or len(todo) > MOST_FILES or (reading is None and b"build" in data) or (reading is not None and reading.unread):
            return _refused(build, f"{path} is not read")
        builds += reading.builds if reading is not None else ()
        if b"include" in data and path.endswith((".yml", ".yaml")):
            todo += [p for p in _included(path, readings.repository) if p not in todo]
    mine = [b for b in builds if not over.names or b.name in over.names]
    if over.tool == "bake" and not set(over.names) <= {b.name for b in builds}:  # groups
        mine = builds
    datas = tuple(readings.repository.read(p) or b"" for p in todo)
    return Named(over.tool, tuple(todo), datas, tuple(mine))


def _included(path: str, repository: Repository) -> list[str]:
    from remediate.callers.kinds.compose_around import included
    from remediate.callers.kinds.compose_model import load

    file = load(path, repository)
    return [f.path for f in included(file, repository)] if file is not None else []


def extended(build: Build, readings: Readings) -> tuple[Build, ...]:
    """The builds of other files that a Compose service is made of: what it takes from there is changed there."""
    if build.kind != "compose":
        return ()
    from remediate.callers.kinds.compose_model import layers, load

    file = load(build.path, readings.repository)
    made = layers(file, build.name, readings.repository) if file is not None and build.name in file.services else None
    out: list[Build] = []
    for layer in made or ():
        reading = readings.known(layer.path) if layer.build is not None and layer.path != build.path else None
        out += [b for b in reading.builds if b.name == layer.service] if reading is not None else []
    return tuple(out)

"""What else in the repository reads a Compose file: programs that know no build secrets, files that extend or override it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from functools import lru_cache

from remediate.callers.kinds.compose_model import BASES, ComposeFile, held, layer_of, load, resolve
from remediate.callers.kinds.compose_values import origin
from remediate.callers.model import Refused
from remediate.callers.places import joined
from remediate.callers.repository import Repository
from remediate.formats.node import Node
from remediate.text import late

# docker-compose 1 knows no build.secrets; what PyPI has under that name is always version 1.
_FIRST = late(
    rb"\bdocker/compose:(?:alpine-|debian-)?1\.|/compose/releases/download/v?1\.|\bdocker-compose\s?[=~]=\s?1\."
    rb"|\bpip3?[ \t]+install\b[^\n;&|]{0,200}[ \t]docker-compose(?=[\s;&|\"']|$)|\bCOMPOSE_VERSION[=: \t\"']{1,4}v?1\."
)
# docker stack refuses a file that has build.secrets (`services.x.build Additional property secrets is not allowed`).
_STACK = late(rb"\bdocker[ \t]+stack[ \t]+(?:deploy|up)\b([^\n;&|]{0,400})")
# Bake, given a Compose file, takes the name of the top-level secret for the id, whatever `target` says.
_BAKE = late(rb"\bbuildx[ \t]+bake\b|\bdocker/bake-action\b")
_SLUG = late(r"[^a-z0-9]+", 2)  # re.IGNORECASE
_PREFIX = late(r"^(?:docker-)?compose[.-]?")
MOST = 100  # included files
_ENV_FILES = (".env", ".env.example", ".env.sample", ".env.dist", ".env.template", ".env.defaults")


@lru_cache(maxsize=2)
def _hits(repository: Repository) -> tuple[str, tuple[bytes, ...], str]:
    """The first file that uses docker-compose 1, the files given to docker stack, the first file that bakes."""
    first, stacks, bakes = "", [], ""
    for path in repository.paths():
        data = repository.read(path) or b""
        if not first and _FIRST.search(data):
            first = path
        if not bakes and _BAKE.search(data):
            bakes = path
        stacks += [m[1] for m in _STACK.finditer(data)]
    return first, tuple(stacks), bakes


def too_old(path: str, repository: Repository) -> Refused | None:
    """A reason against build secrets in that file, when something here reads it that does not know them."""
    first, stacks, _ = _hits(repository)
    if first:
        return Refused("caller-builder-old", f"{first} uses docker-compose 1, which knows no build.secrets")
    name = posixpath.basename(path).encode()
    if any(name in words.replace(b"=", b" ").replace(b"/", b" ").split() for words in stacks):
        by_hand = ("keep `build` in a file of its own, which docker stack does not get, and run fix again",)
        return Refused("caller-builder", "docker stack reads this file, too, and takes no build.secrets", 0, by_hand)
    return None


def baked(repository: Repository) -> Refused | None:
    """A reason against `target` in build.secrets, when Bake may read the file."""
    bakes = _hits(repository)[2]
    why = f"{bakes} runs Bake, which takes no `target` of a build secret, and the id's own name is taken at the top level"
    return Refused("caller-builder", why) if bakes else None


def named_in_env_file(folder: str, name: str, repository: Repository) -> str:
    """The `.env` file beside the Compose file that sets a variable, or shows how."""
    pattern = late(rb"^[ \t]*(?:export[ \t]+)?" + name.encode() + rb"[ \t]*=", 8)
    for one in _ENV_FILES:
        data = repository.read(posixpath.normpath(posixpath.join(folder, one)))
        if data is not None and pattern.search(data):
            return one
    return ""


def extending(path: str, repository: Repository) -> Iterator[tuple[ComposeFile, str, str]]:
    """(file, its service, the service of `path`) wherever another file extends one of `path`."""
    name = posixpath.basename(path).encode()
    for other in repository.paths():
        data = repository.read(other) if other != path and other.endswith((".yml", ".yaml")) else None
        if data is None or b"extends" not in data or name not in data:
            continue
        file = load(other, repository)
        for service, node in file.services.items() if file is not None else ():
            found = held(node, "extends")
            value = resolve(found[1].value) if found else None
            if file is None or value is None or value.kind != "mapping":
                continue
            source, base = held(value, "file"), held(value, "service")
            if source and base and joined(posixpath.dirname(other), resolve(source[1].value).value) == path:
                yield file, service, resolve(base[1].value).value


def beside(path: str, repository: Repository) -> Iterator[ComposeFile]:
    """Other Compose files of the same folder, which may be read together with this one."""
    folder = posixpath.dirname(path)
    for other in repository.paths():
        if other == path or posixpath.dirname(other) != folder or not other.endswith((".yml", ".yaml")):
            continue
        data = repository.read(other)
        file = load(other, repository) if data is not None and b"secrets" in data and b"services" in data else None
        if file is not None:
            yield file


class Source(tuple[str, str]):
    """(`environment`, NAME) or (`file`, PATH): where a top-level secret comes from."""

    __slots__ = ()

    def is_of(self, secret: Node) -> bool:
        """Whether a top-level entry says the same."""
        known = {e.key.value: resolve(e.value) for e in secret.entries}
        value = known.pop(self[0], None)
        known.pop("name", None)
        if value is None or any(not k.startswith("x-") for k in known):
            return False
        return value.value == self[1] or (self[0] == "file" and posixpath.normpath(value.value) == posixpath.normpath(self[1]))


def secret_name(
    file: ComposeFile, id: str, arg: str, source: Source, coming: Mapping[str, Source], repository: Repository
) -> str:
    """The name of the top-level entry for a secret: its id, or another one where that name stands for something else.

    `coming` are the entries that the file gets by the same rewriting. A file that is laid over others, one of which fills the same build
    arg from another variable, names its own entry after itself: the entries of all files are merged by name.

    A file and one that it includes may not both declare a name, not even with the same words (`conflicts with imported resource`).
    """
    around = [*beside(file.path, repository), *included(file, repository)]
    start = id
    if any(id.encode() in f.data or source[1].encode() in f.data for f in _rivals(file, repository)):
        start = f"{id}_{_SLUG.sub('_', posixpath.dirname(file.path) or posixpath.splitext(file.path)[0]).strip('_')}"
    elif arg and posixpath.basename(file.path) not in BASES and _differs(file, arg, source, repository):
        start = f"{id}_{_SLUG.sub('_', _PREFIX.sub('', posixpath.splitext(posixpath.basename(file.path))[0])).strip('_') or 'own'}"
    for number in range(1, 100):
        name = start if number == 1 else f"{start}_build" if number == 2 else f"{start}_build{number - 1}"
        known = [s for f in (file, *around) if (s := f.secret(name)) is not None]
        if all(source.is_of(s) for s in known) and coming.get(name, source) == source:
            return name
    return ""


def _differs(file: ComposeFile, arg: str, source: Source, repository: Repository) -> bool:
    """Whether another Compose file fills the build arg from another variable."""
    for path in repository.paths():
        data = repository.read(path) if path != file.path and path.endswith((".yml", ".yaml")) else None
        if data is None or b"services" not in data or arg.encode() not in data:
            continue
        other = load(path, repository)
        for service in other.services if other is not None else ():
            sites = (layer_of(other, service).args or {}).get(arg, ()) if other is not None else ()
            if sites and origin(arg, sites[0].value).env not in ("", source[1]):
                return True
    return False


def is_declared(file: ComposeFile, name: str, repository: Repository) -> bool:
    """Whether the file has the top-level secret, itself or from what it includes."""
    return any(f.secret(name) is not None for f in (file, *included(file, repository)))


def included(file: ComposeFile, repository: Repository) -> list[ComposeFile]:
    """The files that it includes, as far as they are here."""
    found: list[ComposeFile] = []
    for path in _include_paths(file):
        one = load(path, repository)
        if one is not None and len(found) < MOST:
            found.append(one)
    return found


def _include_paths(file: ComposeFile) -> list[str]:
    entry = held(file.root, "include") if file.root is not None else None
    out = []
    for item in resolve(entry[1].value).items if entry else ():
        value = resolve(item.value)
        paths = held(value, "path") if value.kind == "mapping" else None
        values = [value] if paths is None else [resolve(paths[1].value), *(resolve(i.value) for i in resolve(paths[1].value).items)]
        out += [joined(posixpath.dirname(file.path), v.value) or "" for v in values if v.kind == "scalar" and "$" not in v.value]
    return [p for p in out if p]


def _rivals(file: ComposeFile, repository: Repository) -> Iterator[ComposeFile]:
    """The files that are one project with this one because another file includes it."""
    name = posixpath.basename(file.path).encode()
    for path in repository.paths():
        data = repository.read(path) if path != file.path and path.endswith((".yml", ".yaml")) else None
        if data is None or b"include" not in data or name not in data:
            continue
        other = load(path, repository)
        if other is not None and file.path in _include_paths(other):
            yield other
            yield from (f for f in included(other, repository) if f.path != file.path)

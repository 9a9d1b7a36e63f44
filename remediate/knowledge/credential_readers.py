"""Which tools take ready credentials from which files by themselves, where such a file has to lie for that, and by what use of the tool.

`npm ci` reads `~/.npmrc` of the user who runs it and the `.npmrc` of the folder it runs in; `npm cache clean` needs neither. The rows
tell a RUN that must still see the file from one that need not. A file that no row here speaks of is told by `tools.credential_files`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from remediate.knowledge import tools
from remediate.knowledge.commands_shape import Argv, Call, call, fits, shape
from remediate.knowledge.credential_readers_rows import FILES, READERS, CredentialFile, ReaderRow
from remediate.knowledge.globs import matches
from remediate.model import NamedTuple

__all__ = ["FILES", "READERS", "CredentialFile", "Lies", "ReaderRow", "reads_files", "takes_unknown_file", "where_it_lies"]


class Lies(NamedTuple):
    """A path that is file `id` when seen from `folder`: a home (`home`), a project's folder (`project`), anywhere (`system`, `maybe`)."""

    id: str
    place: str
    folder: str = ""
    use: str = "build"


def where_it_lies(path: str) -> tuple[Lies, ...]:
    """What credential file the absolute path may be, and of whose home or project it then is."""
    found = [lies for row in FILES for lies in _lies(row, path)]
    # `maybe` says something only where no better place is known of the same file.
    sure = {f.id for f in found if f.place != "maybe"}
    return tuple(f for f in found if f.place != "maybe" or f.id not in sure)


def _lies(row: CredentialFile, path: str) -> Iterator[Lies]:
    if any(matches(path, glob) for glob in row.system):
        yield Lies(row.id, "system", "", row.use)
    for place, globs in (("home", row.home), ("project", row.project)):
        for folder, tail in _tails(path):
            if any(matches(tail, glob) for glob in globs):
                yield Lies(row.id, place, folder, row.use)
                break
    if any(matches(path.rsplit("/", 1)[-1], glob) for glob in row.maybe):
        yield Lies(row.id, "maybe", "", row.use)


def _tails(path: str) -> Iterator[tuple[str, str]]:
    """(folder, what follows it) for every folder above the path, from the deepest up; a path has few parts, so many are cut off."""
    parts = path.split("/")
    for at in range(len(parts) - 1, max(0, len(parts) - 12), -1):
        yield "/".join(parts[:at]) or "/", "/".join(parts[at:])


@cache
def _by_program() -> dict[str, tuple[ReaderRow, ...]]:
    index: dict[str, list[ReaderRow]] = {}
    for row in READERS:
        for program in shape(row.run)[0]:
            index.setdefault(program, []).append(row)
    return {program: tuple(found) for program, found in index.items()}


def known(program: str) -> bool:
    """Whether any row speaks of this program."""
    return program in _by_program()


def speaks_of(row: ReaderRow, command: Call) -> bool:
    return fits(row, command) and not (row.bare and command.words)


def reads_files(argv: Argv) -> frozenset[str]:
    """The ids of the credential files that this command takes by itself."""
    command = call(argv)
    if command is None:
        return frozenset()
    rows = _by_program().get(command.program, ())
    return frozenset(f for row in rows if speaks_of(row, command) for f in row.files)


def takes_unknown_file(argv: Argv, path: str) -> bool:
    """For a file that `where_it_lies` knows nothing of: the tool's own row names it (`~/.pgpass` for psql)."""
    found = tools.reads(argv)
    return found is not None and any(
        matches(path, glob) if glob.startswith("/") else path.endswith("/" + glob) or matches(path, "*/" + glob)
        for glob in found.credential_files
    )

"""The surroundings of one Dockerfile, asked for only when a secret was found in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from remediate.analysis.reach import Reach, copied_sources
from remediate.analysis.surroundings import Place, Surroundings
from remediate.dockerfile.tree import Dockerfile
from remediate.knowledge.names_prefilter import may_carry
from remediate.model import CallerUse, IgnoreLines, RemediateError
from remediate.pipeline.one import Neighbourhood
from remediate.text import late

TYPE_CHECKING = False
if TYPE_CHECKING:
    from remediate.analysis.carried import ContextFiles
    from remediate.repo.context import BuildContext, ContextCache
    from remediate.repo.listing import Listing

MAX_OTHERS = 200  # Dockerfiles of one repository that are asked whether they take a file, too
_HINTS = late(
    r"(?:^|[\s\"'/])((?:package\.json|Makefile|requirements\.txt|pom\.xml|build\.gradle|Gemfile|composer\.json|go\.mod|Cargo\.toml|[\w./-]+\.sh))\b"
)

_COPY = late(rb"(?m)^[ \t\"'+]*(?:COPY|ADD)[ \t][^\n]{1,1000}")


class Beside:
    """The files beside one Dockerfile: its build context (looked for once) and the callers in its repository."""

    def __init__(
        self, path: Path, root: Path, cache: ContextCache, callers: dict[tuple[str, tuple[str, ...]], tuple[CallerUse, ...]],
        left_out: Callable[[Path], bool] = lambda path: False,
    ) -> None:  # fmt: skip
        self.path, self.root, self.cache, self._callers, self._left_out = path, root, cache, callers, left_out
        self._context: BuildContext | None = None

    def neighbourhood(self) -> Neighbourhood:
        return Neighbourhood(self.around, self.read, self.callers, self.context_folder, self.context_files)

    def context(self, tree: Dockerfile) -> BuildContext:
        """The build context that fits the COPY sources of this file best."""
        if self._context is None:
            from remediate.repo.context import choose_context

            self._context = choose_context(
                self.path.parent, self.root, copy_sources(tree), name=self.path.name, hints=_hints(tree), cache=self.cache
            )
        return self._context

    def around(self, tree: Dockerfile, names: Sequence[str]) -> Surroundings:
        if not Reach(tree).any():
            return Surroundings(at_hand=True)  # nothing of any context enters this build
        context = self.context(tree)
        if context.root is None:
            return Surroundings()
        root, found = os.fspath(context.root), context.mentions(list(names))
        passed = self._passed(names) if any(found.values()) else frozenset()
        mentions = {
            name: tuple(
                Place(m.path, m.line, m.kind) for m in places if not m.comment and (os.path.join(root, m.path), m.line) not in passed
            )
            for name, places in found.items()
        }
        at_hand = context.at_hand and not context.truncated
        return Surroundings(at_hand, mentions, takes=context.takes, files=context.files, read=context.read)

    def _passed(self, names: Sequence[str]) -> frozenset[tuple[str, int]]:
        """Where the names are passed as build args; made once for all Dockerfiles of a repository, which share their callers."""
        callers = self.callers(names)
        key = (os.fspath(self.root), tuple(names))
        if key not in self.cache.passed:
            self.cache.passed[key] = frozenset((os.path.join(key[0], c.path), c.line) for c in callers)
        return self.cache.passed[key]

    def carries(self, tree: Dockerfile) -> bool:
        """A credential file may come in by a folder or pattern of some COPY: asked for files that hold no secret themselves."""
        from remediate.analysis.carried import carried_files

        return bool(self._listing().named) and bool(carried_files(tree, self.context_files(tree)))

    def _listing(self) -> Listing:
        from remediate.knowledge.files import stem_pattern

        return self.cache.listing(os.fspath(self.root), stem_pattern())

    def context_files(self, tree: Dockerfile) -> ContextFiles:
        """What of the build context a COPY may bring in unnamed, and the `.dockerignore` that can keep it out."""
        from remediate.analysis.carried import ContextFiles

        context = self.context(tree)
        if context.root is None:
            return ContextFiles()
        listing = self._listing()
        below = os.path.relpath(context.root, os.path.realpath(self.root))
        prefix = "" if below == "." else below + "/"
        named = tuple(p[len(prefix) :] for p in listing.named if p.startswith(prefix)) if context.at_hand else ()
        return ContextFiles(
            beside=True,
            at_hand=context.at_hand,
            named=tuple(p for p in named if not context.ignore.excluded(p)),
            read=context.read,
            ignored=context.ignore.excluded,
            needed=lambda path: self._needed(path, prefix),
            ignore=lambda lines: self._ignore(context, lines),
        )

    def _needed(self, path: str, prefix: str) -> str:
        """Another Dockerfile of this context that takes the file, "" when none is seen to."""
        from remediate.analysis.takers import takes
        from remediate.dockerfile.parser import parse
        from remediate.repo.reading import read_inside

        own = os.path.relpath(os.path.realpath(self.path), os.path.realpath(self.root))
        base = path.rpartition("/")[2].encode("utf-8", "surrogateescape")
        for other in self._listing().dockerfiles[:MAX_OTHERS]:
            data = read_inside(os.fspath(self.root), other) if other != own else None
            if data is None or not (may_carry(data) or base in data or b"--mount=" in data):
                continue
            try:
                tree = parse(data)
            except RemediateError:
                continue
            folder = other.rpartition("/")[0]
            if prefix and not (folder + "/").startswith(prefix):
                continue
            if not prefix and folder and self._context_of(other, tree) != os.path.realpath(self.root):
                continue  # it is built in a folder of its own, with other ignore rules
            if takes(tree, path):
                return other
        return self._written_elsewhere(base)

    def _written_elsewhere(self, base: bytes) -> str:
        """A caller that holds the text of a Dockerfile (`dockerfile_inline`, a heredoc) which takes a file of that name."""
        from remediate.repo.caller_files import caller_sources

        for source in caller_sources(self.root, self.cache.sources):
            data = source.data if source.kind != "docs" else None
            copies = _COPY.findall(data) if data is not None and base in data and b"FROM" in data else ()
            if any(base in line for line in copies) and not self._left_out(self.root / source.path):
                return source.path
        return ""

    def _context_of(self, other: str, tree: Dockerfile) -> str:
        from remediate.repo.context import choose_context

        place = Path(os.path.realpath(self.root)) / other
        chosen = choose_context(place.parent, self.root, copy_sources(tree), name=place.name, hints=_hints(tree), cache=self.cache)
        return os.fspath(chosen.root) if chosen.root is not None else ""

    def _ignore(self, context: BuildContext, lines: Sequence[str]) -> tuple[IgnoreLines, ...]:
        """The lines in the file that is in force, a new one where there is none; empty when it cannot be written."""
        from remediate.repo.reading import read_inside

        root = os.path.realpath(self.root)
        full = context.ignore_path or os.path.join(os.fspath(context.root or ""), ".dockerignore")
        place = os.path.relpath(full, root)
        if place.startswith(os.pardir):
            return ()
        before = read_inside(root, place) if os.path.lexists(full) else None
        if os.path.lexists(full) and (before is None or os.path.islink(full)):
            return ()
        relative = os.path.relpath(full, os.getcwd())
        return (IgnoreLines(full if relative.startswith(os.pardir) else relative, before, tuple(lines)),)

    def context_folder(self, tree: Dockerfile) -> str:
        """The context's folder as a word for the command line: relative to where the tool runs, where it lies below."""
        root = self.context(tree).root if Reach(tree).any() else self.path.parent
        if root is None:
            return "."
        relative = os.path.relpath(root, os.getcwd())
        return str(root) if relative.startswith("..") else relative

    def read(self, tree: Dockerfile, path: str) -> bytes | None:
        """A file of the context; None when it is not at hand."""
        return self.context(tree).read(path)

    def callers(self, names: Sequence[str]) -> tuple[CallerUse, ...]:
        from remediate.repo.callers_scan import find_callers

        key = (str(self.root), tuple(names))
        if key not in self._callers:
            found = find_callers(self.root, names, self.cache.sources)
            self._callers[key] = tuple(c for c in found if not self._left_out(self.root / c.path))
        return self._callers[key]


def copy_sources(tree: Dockerfile) -> list[str]:
    """What COPY and ADD take from the build context."""
    return [s for i in tree.instructions if i.keyword in ("COPY", "ADD") for s in copied_sources(i)]


def _hints(tree: Dockerfile) -> list[str]:
    out: list[str] = []
    for instruction in tree.instructions:
        if instruction.keyword == "RUN":
            out += _HINTS.findall(instruction.args.text[:10_000])
    return list(dict.fromkeys(out))[:50]

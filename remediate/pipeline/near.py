"""The surroundings of one Dockerfile, asked for only when a secret was found in it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from remediate.analysis.reach import Reach, copied_sources
from remediate.analysis.surroundings import Place, Surroundings
from remediate.dockerfile.tree import Dockerfile
from remediate.model import CallerUse
from remediate.pipeline.one import Neighbourhood

TYPE_CHECKING = False
if TYPE_CHECKING:
    from remediate.repo.context import BuildContext, ContextCache

_HINTS = re.compile(
    r"(?:^|[\s\"'/])((?:package\.json|Makefile|requirements\.txt|pom\.xml|build\.gradle|Gemfile|composer\.json|go\.mod|Cargo\.toml|[\w./-]+\.sh))\b"
)


class Beside:
    """The files beside one Dockerfile: its build context (looked for once) and the callers in its repository."""

    def __init__(
        self, path: Path, root: Path, cache: ContextCache, callers: dict[tuple[str, tuple[str, ...]], tuple[CallerUse, ...]],
        left_out: Callable[[Path], bool] = lambda path: False,
    ) -> None:  # fmt: skip
        self.path, self.root, self.cache, self._callers, self._left_out = path, root, cache, callers, left_out
        self._context: BuildContext | None = None

    def neighbourhood(self) -> Neighbourhood:
        return Neighbourhood(self.around, self.read, self.callers, self.context_folder)

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
        passed = {(self.root / c.path, c.line) for c in self.callers(names)}
        mentions = {
            name: tuple(Place(m.path, m.line, m.kind) for m in places if not m.comment and (context.root / m.path, m.line) not in passed)
            for name, places in context.mentions(list(names)).items()
        }
        at_hand = context.at_hand and not context.truncated
        return Surroundings(at_hand, mentions, takes=context.takes, files=context.files, read=context.read)

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
            found = find_callers(self.root, names, self.cache.candidates)
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

"""The surroundings of one Dockerfile, asked for only when a secret was found in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from remediate.analysis.surroundings import Place, Surroundings
from remediate.dockerfile.tree import Dockerfile
from remediate.model import CallerUse
from remediate.pipeline.one import Neighbourhood

TYPE_CHECKING = False
if TYPE_CHECKING:
    from remediate.repo.context import BuildContext, ContextCache

_HINTS = re.compile(r"(?:^|[\s\"'/])((?:package\.json|Makefile|requirements\.txt|pom\.xml|build\.gradle|Gemfile|composer\.json|go\.mod|Cargo\.toml|[\w./-]+\.sh))\b")


class Beside:
    """The files beside one Dockerfile: its build context (looked for once) and the callers in its repository."""

    def __init__(self, path: Path, root: Path, cache: ContextCache, callers: dict[tuple[str, tuple[str, ...]], tuple[CallerUse, ...]]) -> None:
        self.path, self.root, self.cache, self._callers = path, root, cache, callers
        self._context: BuildContext | None = None

    def neighbourhood(self) -> Neighbourhood:
        return Neighbourhood(self.around, self.read, self.callers)

    def context(self, tree: Dockerfile) -> BuildContext:
        """The build context that fits the COPY sources of this file best."""
        if self._context is None:
            from remediate.repo.context import choose_context

            self._context = choose_context(
                self.path.parent, self.root, copy_sources(tree), name=self.path.name, hints=_hints(tree), cache=self.cache
            )
        return self._context

    def around(self, tree: Dockerfile, names: Sequence[str]) -> Surroundings:
        context = self.context(tree)
        if context.root is None:
            return Surroundings()
        found = context.mentions(list(names))
        mentions = {n: tuple(Place(m.path, m.line, m.kind) for m in places if not m.comment) for n, places in found.items()}
        return Surroundings(context.at_hand and not context.truncated, mentions, files=context.files, read=context.read)

    def read(self, tree: Dockerfile, path: str) -> bytes | None:
        """A file of the context; None when it is not at hand."""
        return self.context(tree).read(path)

    def callers(self, names: Sequence[str]) -> tuple[CallerUse, ...]:
        from remediate.repo.callers_scan import find_callers

        key = (str(self.root), tuple(names))
        if key not in self._callers:
            self._callers[key] = find_callers(self.root, names)
        return self._callers[key]


def copy_sources(tree: Dockerfile) -> list[str]:
    """What COPY and ADD take from the build context."""
    out = []
    for instruction in tree.instructions:
        if instruction.keyword not in ("COPY", "ADD") or any(f.name == "from" for f in instruction.flags):
            continue
        if instruction.exec_form is not None:
            out += [s.value for s in instruction.exec_form[:-1]]
        else:
            out += [w.text.text for w in instruction.words[:-1] if not w.text.data.startswith(b"<<")]
    return out


def _hints(tree: Dockerfile) -> list[str]:
    out: list[str] = []
    for instruction in tree.instructions:
        if instruction.keyword == "RUN":
            out += _HINTS.findall(instruction.args.text[:10_000])
    return list(dict.fromkeys(out))[:50]

"""Which Dockerfile a step builds: paths of the workspace, the Git context that the actions use by default, and what expressions can be."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from remediate.callers.kinds.github_actions_expr import Scope
from remediate.callers.kinds.github_actions_tree import Step, in_repository
from remediate.callers.model import Place
from remediate.callers.places import UNKNOWN, any_of, is_remote, place
from remediate.text import late

_OWN_GIT = late(
    r"(?:\{\{\s*defaultContext\s*\}\}"
    r"|(?:https://github\.com|\$\{\{\s*github\.server_url\s*\}\})/\$\{\{\s*github\.repository\s*\}\}(?:\.git)?(?:#[^:]*)?)(?::(.*))?"
)


class Where:
    """The places of one step. `git`: without a context the action builds the repository itself, as Git has it."""

    def __init__(self, step: Step, context: str, file: str, *, git: bool = True, inside: bool = False) -> None:
        self.step, self.context, self.file, self.git, self.inside = step, context, file, git, inside

    @property
    def place(self) -> Place:
        """All Dockerfiles that the step builds."""
        found = any_of(self._places())
        return found if len(found.paths) < 500 else Place(pattern="**")

    @property
    def folder(self) -> str | None:
        """The build context as a folder of the repository; None when there are several, or it is none."""
        found = {self._one(scope)[0] for scope in self.step.scopes}
        only = found.pop() if len(found) == 1 else None
        return None if only is None or UNKNOWN in only else only

    def _places(self) -> Iterable[Place]:
        for scope in self.step.scopes:
            contexts, _ = self._contexts(scope)
            files = scope.values(self.file) if self.file else ("",)
            for context in contexts:
                for file in files:
                    yield self._place(context, file)

    def _contexts(self, scope: Scope) -> tuple[tuple[str, ...], bool]:
        """(folders in the repository or URLs, whether Git brings them)."""
        if not self.context and self.git:
            return (".",), True
        own = _OWN_GIT.fullmatch(self.context)
        if own:
            return tuple(posixpath.normpath(v or ".") for v in scope.values(own.group(1) or ".")), True
        return scope.values(self.context or "."), False

    def _one(self, scope: Scope) -> tuple[str | None, bool]:
        contexts, git = self._contexts(scope)
        if len(contexts) != 1 or is_remote(contexts[0]):
            return None, git
        return (contexts[0] if git else in_repository(contexts[0], self.step.checkouts)), git

    def _place(self, context: str, file: str) -> Place:
        git = (not self.context and self.git) or _OWN_GIT.fullmatch(self.context) is not None
        if git:
            return place(".", _any_start(context), _any_start(file) if context == "." else file, file_in_context=True)
        if is_remote(context):
            return place(".", context, file)
        path = file if file and not self.inside else posixpath.join(context, file or "Dockerfile")
        found = in_repository(path, self.step.checkouts)
        return Place() if found is None else place(".", ".", _any_start(found))


def _any_start(path: str) -> str:
    """An unknown start may be any folder, also none."""
    return f"**{path[1:]}" if path.split("/", 1)[0] == UNKNOWN else path

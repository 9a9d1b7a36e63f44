"""What a place of a Python file that builds knows to do: the builds, and the edits for jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import libcst as cst

from remediate.callers.model import Build, Job, JobRefused, Move, Refused, Unread
from remediate.callers.python.argv import Argv
from remediate.callers.python.elsewhere import used_elsewhere
from remediate.callers.python.environment import Environments
from remediate.callers.python.folders import Folders
from remediate.callers.python.lists import Lists
from remediate.callers.python.names import callers_of, only_called
from remediate.callers.python.runners import Started, started
from remediate.callers.python.scopes import Scopes
from remediate.callers.python.showing import plain_reader
from remediate.callers.python.tree import tree_of
from remediate.callers.python.values import Values
from remediate.callers.repository import Repository
from remediate.model import Edit, NamedTuple, Span

# Variables that a builder, or what starts it, reads itself: they are not set for a secret's sake.
TELLING = frozenset(
    "PATH HOME USER SHELL TMPDIR LANG PYTHONPATH LD_PRELOAD LD_LIBRARY_PATH DOCKER_HOST DOCKER_CONFIG DOCKER_CONTEXT DOCKER_BUILDKIT"
    " DOCKER_CERT_PATH DOCKER_TLS_VERIFY DOCKER_DEFAULT_PLATFORM BUILDX_BUILDER BUILDKIT_HOST BUILDKIT_PROGRESS SSH_AUTH_SOCK"
    " HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy CONTAINER_HOST".split()
)


class Claim(NamedTuple):
    """An edit that one move of one job asks for. `node`: the word that it changes, when others may read that word, too."""

    job: int
    spec_id: str
    edit: Edit
    node: cst.CSTNode | None = None


class Answer:
    """What a site has to say to its jobs."""

    def __init__(self) -> None:
        self.claims: list[Claim] = []
        self.refused: list[JobRefused] = []
        self.told: list[tuple[int, str]] = []
        self.inside: set[bool] = set()  # whether values are made in the function that starts the process, or where it is called

    def refuse(self, job: int, move: Move, refused: Refused) -> None:
        self.refused.append(JobRefused(job, move.spec.id, refused))


class Site(Protocol):
    """One place. `reads`: the nodes whose words go into its builds."""

    at: int
    builds: tuple[Build, ...]
    unread: tuple[Unread, ...]

    def reads(self) -> frozenset[cst.CSTNode]: ...

    def rewrite(self, jobs: Sequence[tuple[int, Job]]) -> Answer: ...


class Context:
    """All that is known of one file."""

    def __init__(self, data: bytes, path: str, kind: str, repository: Repository, depth: int = 0) -> None:
        from remediate.callers.python.entries import members_of
        from remediate.callers.python.helpers import Helpers  # which reads other modules in the same way

        self.tree = tree_of(data, path)
        self.kind, self.repository = kind, repository
        self.scopes = Scopes(self.tree)
        self.values = Values(self.scopes)
        self.helpers = Helpers(self, depth)
        self.lists = Lists(self.scopes, self.values, lambda c: plain_reader(self.scopes, c) or self.started(c) is not None)
        self.lists.turns.entries = lambda node: members_of(self, node)
        self.lists.alone = self._alone
        self.folders = Folders(self.scopes, self.values, repository, kind == "tilt")
        self.environments = Environments(self.scopes, lambda: used_elsewhere(repository, path))
        self.argv = Argv(self.scopes, self.values, self.folders, kind)

    def _alone(self, function: cst.FunctionDef) -> bool:
        calls = callers_of(self.scopes, function)
        once = next(calls, None) is not None and next(calls, None) is None
        return once and only_called(self.scopes, function) and not used_elsewhere(self.repository, self.tree.path)

    def started(self, call: cst.Call) -> Started | None:
        """The process that a call starts: by itself, or through a helper of another module."""
        found = started(self.scopes, call, self.kind == "tilt")
        return found if found is not None or self.kind == "tilt" else self.helpers.started(call)

    def line(self, node: cst.CSTNode) -> int:
        return self.tree.line(node)


def empty(at: int) -> Span:
    return Span(at, at)


def hand(move: Move, name: str = "") -> tuple[str, ...]:
    """The lines to write by hand for an argument list."""
    id, variable = move.spec.id, name or move.arg or move.spec.name
    if move.ssh:
        return (f'"--ssh", "{id}"',)
    if move.source:
        return (f'"--secret", "id={id},src={move.source}"',)
    lines = [f'"--secret", "id={id},env={variable}"']
    if move.arg:
        lines[0] += f'  # in place of "--build-arg", "{move.arg}=..."'
        lines.append(f'env={{**os.environ, "{variable}": ...}}  # with the value of {move.arg}')
    return tuple(lines)

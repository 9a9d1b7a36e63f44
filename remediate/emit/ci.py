"""The build of a fixed file as a snippet for a CI system: its own way to take secrets from each store, and then the build.

    snippet("github", Build(...))  ->  steps of a job, and what they need

Where a CI system has no documented way to a store, the shell form of `fetching` stands there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from remediate.emit.commands import SSH_ORIGIN, build_command, is_variable, takes_variable
from remediate.emit.engines import engine_named
from remediate.emit.providers import Reference, reference
from remediate.model import Delivery, NamedTuple, SecretSpec

SYSTEMS = ("github", "gitlab", "jenkins")
Snippet = tuple[str, tuple[str, ...]]


class Build(NamedTuple):
    """One build: what `build_command` takes. `origins` is id -> origin as configured; what is missing there is as the spec implies."""

    path: str
    context: str
    specs: tuple[SecretSpec, ...]
    origins: Mapping[str, str]
    engine: str = "docker"
    engine_version: str = ""
    build_args: tuple[str, ...] = ()
    target: str = ""
    tag: str = ""

    @property
    def buildkit(self) -> bool:
        """Whether Docker's own tools do it."""
        return engine_named(self.engine).argv[0] == "docker"

    def line(self, origins: Mapping[str, str]) -> str:
        """The build as one line of shell, with these origins."""
        engine = "buildx" if self.buildkit and not self.engine_version else self.engine
        built = build_command(
            self.path, self.specs, engine=engine, engine_version=self.engine_version, build_args=self.build_args, target=self.target,
            tag=self.tag, context=self.context, origins=origins,
        )  # fmt: skip
        return built.shell


class Secret(NamedTuple):
    """One secret of a build. `variable` carries it in the CI job; `origin` is `env=X`, `src=PATH` or the agent's, "" with a `store`.

    `whole`: every byte counts, so that a variable which a shell has filled will not do.
    """

    id: str
    variable: str
    ssh: bool
    whole: bool
    origin: str
    store: Reference | None

    @property
    def kind(self) -> str:
        """The store's name, or ""."""
        return self.store.provider.name if self.store is not None else ""


def secrets_of(build: Build) -> tuple[Secret, ...]:
    """Each secret of the build once, no two of different origin with the same variable."""
    origins = {id: o for id, o in build.origins.items() if o.startswith(("env:", "file:"))}
    plain = dict(build_command(build.path, build.specs, context=build.context, engine=build.engine, origins=origins).secrets)
    found: list[Secret] = []
    for spec in {s.id: s for s in build.specs}.values():
        told = build.origins.get(spec.id, "")
        store = reference(told) if told else None
        origin = "" if store is not None else plain[spec.id]
        ssh = spec.delivery is Delivery.SSH
        found.append(Secret(spec.id, _free(_variable(spec, origin), found), ssh, not takes_variable(spec), origin, store))
    return tuple(found)


def _variable(spec: SecretSpec, origin: str) -> str:
    if origin.startswith("env="):
        return origin[4:]
    return spec.name if is_variable(spec.name) else re.sub(r"\W", "_", spec.id.upper(), flags=re.ASCII)


def _free(name: str, others: Iterable[Secret]) -> str:
    name = f"_{name}" if name[:1].isdigit() else name
    taken = {s.variable for s in others}
    return next(n for n in (name, *(f"{name}_{i}" for i in range(2, len(taken) + 3))) if n not in taken)


def snippet(system: str, build: Build) -> Snippet:
    """The text, ready to be put into a job, and what has to be set up for it. RemediateError for what cannot be written there."""
    if system == "github":
        from remediate.emit.ci_github import github

        return github(build)
    if system == "gitlab":
        from remediate.emit.ci_gitlab import gitlab

        return gitlab(build)
    from remediate.emit.ci_jenkins import jenkins

    return jenkins(build)


_PLAIN = re.compile(r"(?!(?:true|false|yes|no|on|off|null|~)$)[A-Za-z./$][\w./$@{}+=-]*(?: [\w./$@{}+=-]+)*", re.ASCII | re.IGNORECASE)


def scalar(text: str) -> str:
    """The text as a YAML scalar on one line."""
    return text if _PLAIN.fullmatch(text) else "'" + text.replace("'", "''") + "'"


def needed(words: Iterable[str], where: str) -> tuple[str, ...]:
    """A note on what has to be set, or nothing."""
    names = list(dict.fromkeys(words))
    return (f"set {where}: {', '.join(names)}",) if names else ()


def agent(secret: Secret) -> bool:
    """Whether the builder's SSH agent has the key."""
    return secret.origin == SSH_ORIGIN

"""What the Dockerfile half wants of the builds of one Dockerfile."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from remediate.model import Delivery, NamedTuple, SecretSpec


class Wanted(NamedTuple):
    """One Dockerfile after its fix. `path` is relative to the repository's root.

    `specs` came with the fix, `mounted` it mounts apart from these. `declares`: the ARGs that it still takes. `sources`: id of a copied
    credential file -> that file, relative to the root. `by_file`: its RUNs read secrets with `$(cat ...)`. `idle`: name of a stage ->
    ids that a build of it (`--target`) has no use for.
    """

    path: str
    specs: tuple[SecretSpec, ...] = ()
    mounted: tuple[SecretSpec, ...] = ()
    declares: frozenset[str] = frozenset()
    sources: Mapping[str, str] = MappingProxyType({})
    idle: Mapping[str, frozenset[str]] = MappingProxyType({})

    def asks(self, identity: str, target: str) -> bool:
        """Whether a build of that target ("" or unknown: any) may need the secret."""
        return identity not in self.idle.get(target.lower(), frozenset())

    def takes(self, arg: str) -> SecretSpec | None:
        """The secret that a build arg of that name used to carry."""
        for spec in self.specs:
            if spec.id not in self.sources and spec.name == arg:
                return spec
        for spec in self.mounted:
            if arg in _names(spec):
                return spec
        if arg in self.declares:
            return None
        return next((s for s in self.mounted if s.delivery is not Delivery.SSH and folded(s.id) == folded(arg)), None)

    @property
    def copied(self) -> tuple[SecretSpec, ...]:
        """Secrets that were copied from the build context, and now have to be handed over."""
        return tuple(s for s in self.specs if s.id in self.sources)

    @property
    def supplied_by_nobody(self) -> tuple[SecretSpec, ...]:
        """Secrets that each build has to pass."""
        return tuple(s for s in (*self.specs, *self.mounted) if s.required and s.id not in self.sources)


def _names(spec: SecretSpec) -> set[str]:
    """Build args that the secret took the place of: of several variables that get one secret, the one that its id is made of."""
    names = {spec.name, *spec.env_names}
    return {n for n in names if folded(n) == folded(spec.id)} or names


def folded(name: str) -> str:
    """`npm-token`, `NPM_TOKEN` and `npm.token` mean the same."""
    return re.sub(r"[-_.]", "", name).lower()

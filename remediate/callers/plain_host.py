"""A shell text for which the file around it does nothing but to start it, in a known folder."""

from __future__ import annotations

from remediate.callers.scripts import Carrier


class PlainHost(Carrier):
    """What the text does not assign itself (`own`) comes from the environment."""

    def __init__(self, folder: str | None, own: frozenset[str]) -> None:
        super().__init__()
        self._folder, self.own = folder, own

    @property
    def folder(self) -> str | None:
        return self._folder

    def exported(self, name: str) -> bool:
        return name not in self.own

    def carry(self, name: str, template: str) -> str | None:
        return None

    def resolve(self, text: str) -> tuple[str, ...] | None:
        return None

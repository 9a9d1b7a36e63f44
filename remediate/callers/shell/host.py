"""What the file around a shell text knows of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol


class Host(Protocol):
    """What the surrounding file knows. `folder` is the working directory relative to the repository's root, None when unknown."""

    @property
    def folder(self) -> str | None: ...

    def exported(self, name: str) -> bool:
        """Whether the variable is surely in the environment of every command there, if it is set at all."""
        ...

    def carry(self, name: str, template: str) -> str | None:
        """Make the value of a template available as an environment variable of this script, best as `name`; its name, or None."""
        ...

    def resolve(self, text: str) -> tuple[str, ...] | None:
        """The possible values of a template or of `$NAME` in a path; None when they are not known."""
        ...


# A host whose `shows` is true has templates that stand for themselves: the placeholders of a text for people (`<your token>`).


class ScriptHost:
    """A plain script: what it never assigns comes from the environment, if it is there at all.

    `own` are the names that the script assigns; None when it takes in another file, which may assign anything.
    """

    def __init__(self, folder: str | None = ".", own: Collection[str] | None = (), origin: str = "") -> None:
        self.folder: str | None = folder
        self.fixed: frozenset[str] = frozenset()  # what a file that is taken in may have made read-only
        self.origin = origin  # the name under which this repository is cloned, where that is known
        self._own = own

    def exported(self, name: str) -> bool:
        return self._own is not None and name not in self._own

    def carry(self, name: str, template: str) -> str | None:
        return None

    def resolve(self, text: str) -> tuple[str, ...] | None:
        return None

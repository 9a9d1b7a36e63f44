"""The Dockerfile tree: lossless, after BuildKit's grammar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from remediate.dockerfile.defects import problems
    from remediate.dockerfile.expand import references, unquote
    from remediate.dockerfile.parser import parse

__all__ = ["parse", "problems", "references", "unquote"]

_HOMES = {"parse": "parser", "problems": "defects", "references": "expand", "unquote": "expand"}


def __getattr__(name: str) -> Any:
    """The public functions, imported when first used."""
    if name not in _HOMES:
        raise AttributeError(name)
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

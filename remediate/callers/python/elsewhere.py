"""Whether other programs of the repository use the functions of a file: then its own calls are not all of them."""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakKeyDictionary

from remediate.callers.repository import Repository
from remediate.repo.python_imports import PythonImports

_READ: WeakKeyDictionary[Callable[[], tuple[str, ...]], PythonImports] = WeakKeyDictionary()  # one for all views of a repository


def used_elsewhere(repository: Repository, path: str) -> bool:
    imports = _READ.get(repository.listing)
    if imports is None:
        imports = _READ[repository.listing] = PythonImports(repository.root)
    return bool(imports.users(path))

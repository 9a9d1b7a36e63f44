"""Files whose kind another file says: GitLab includes and Azure templates may have any name, and look like something else.

    include: {local: ci/image.yml}        - template: steps/image.yml
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from remediate.callers.repository import Repository
from remediate.repo.caller_files import CallerSource
from remediate.text import late

MOST = 2_000  # files that are asked what they include
_YAML = (".yml", ".yaml")
# Lines of an `include:` (a path, `local: path`, a list of either), and of a template; what names no file here is looked up in vain.
_INCLUDED = late(rb"(?:^|[\s\[{,])(?:-[ \t]+|local:[ \t]*|include:[ \t]*)[\"']?/?([\w./*-]{1,300}\.ya?ml)\b")
_TEMPLATE = late(rb"\btemplate:[ \t]*[\"']?([\w./ -]{1,300}\.ya?ml)(?![\w@]|@(?!self\b))")
_WORDS = {"gitlab": b"include", "azure-pipelines": b"template:"}


def included(sources: Mapping[str, CallerSource], repository: Repository) -> dict[str, CallerSource]:
    """The sources that are of another kind than their names and their first words say."""
    out: dict[str, CallerSource] = {}
    for kind, word in _WORDS.items():
        todo = [s.path for s in sources.values() if s.kind == kind]
        seen: set[str] = set()
        while todo and len(seen) < MOST:
            path = todo.pop()
            if path in seen:
                continue
            seen.add(path)
            source = sources.get(path)
            if source is not None and source.kind != kind:
                out[path] = source._replace(kind=kind)
            data = repository.read(path)
            if data is not None and word in data:
                todo += _named(kind, path, data, sources)
    return out


def _named(kind: str, path: str, data: bytes, sources: Iterable[str]) -> Iterator[str]:
    """The files that a file names, relative to the root."""
    for found in (_INCLUDED if kind == "gitlab" else _TEMPLATE).finditer(data):
        name = found[1].decode()
        if kind == "gitlab" and "*" in name:
            yield from (s for s in sources if s.endswith(_YAML) and fnmatchcase(s, name))
        elif kind == "gitlab" or name.startswith("/"):
            yield posixpath.normpath(name.lstrip("/"))
        else:
            yield posixpath.normpath(posixpath.join(posixpath.dirname(path), name))

"""The ids under which copied files are mounted."""

from __future__ import annotations

import re

from remediate.analysis.flows import Trace

# Names that say something only together with their folder: `.aws/credentials`.
_COMMON = frozenset({"credentials", "config", "config.json", "credentials.toml", "config.toml", "auth.toml"})


def _telling(path: str) -> str:
    """`npmrc`, `aws_credentials`"""
    folder, _, name = path.lower().rpartition("/")
    above = folder.rpartition("/")[2].lstrip(".")
    return f"{above}_{name}" if name in _COMMON and above else name.lstrip(".")


class FileIds:
    """Mount ids for files: the one that some RUN shows at the same path already, else one from the file's name."""

    def __init__(self, trace: Trace) -> None:
        mounts = [m for v in trace.runs.views.values() for m in v.mounts]
        self._by_target = {m.target: m.id for m in mounts if m.target and not m.target.startswith("/run/secrets/")}
        self._taken = {m.id for m in mounts}
        self._given: dict[str, str] = {}

    def of(self, path: str, place: str) -> str:
        """The id for the context's file `path` that is mounted at `place`."""
        if place in self._by_target:
            return self._by_target[place]
        if path not in self._given:
            base = re.sub(r"[^a-z0-9_.-]", "_", _telling(path))
            name = base or "file"
            number = 2
            while name in self._taken:
                name, number = f"{base}_{number}", number + 1
            self._taken.add(name)
            self._given[path] = name
        return self._given[path]

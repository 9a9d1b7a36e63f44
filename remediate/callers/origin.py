"""Where this repository comes from: an address that a build fetches, or that is cloned, may be its own."""

from __future__ import annotations

from remediate.callers.repository import Repository
from remediate.text import late

_URL = late(rb"(?m)^[ \t]*url[ \t]*=[ \t]*(\S+)")


def origin_of(repository: Repository) -> str:
    """The name of this repository where it comes from; "" when that is not known, or it comes from several places."""
    names = {name_of(url.decode("utf-8", "replace")) for url in _URL.findall(repository.read(".git/config") or b"")}
    return names.pop() if len(names) == 1 else ""


def name_of(url: str) -> str:
    """The last part of an address, without `.git`: forks and other ways to the same host have it, too."""
    return url.rstrip("/").removesuffix(".git").replace(":", "/").rpartition("/")[2].lower()

"""Take secrets out of container builds.

    import remediate

    tree = remediate.parse(b"FROM alpine\\nARG NPM_TOKEN\\nRUN npm ci\\n")
    outcome = remediate.fix("FROM alpine\\nARG NPM_TOKEN\\nRUN npm ci\\n")
    outcome.files[0].after

Nothing here prints, exits, or writes a file. The rooms behind it are loaded when they are first asked for.
"""

from __future__ import annotations

from remediate.model import Applicability, Finding, Options, Outcome, Refusal, RemediateError, SecretSpec
from remediate.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from remediate.api import check, fix, parse

__all__ = [
    "Applicability", "Finding", "Options", "Outcome", "Refusal", "RemediateError", "SecretSpec", "__version__", "check", "fix", "parse",
]  # fmt: skip


def __getattr__(name: str) -> object:
    if name in ("check", "fix", "parse"):
        from remediate import api

        return getattr(api, name)
    raise AttributeError(f"module 'remediate' has no attribute {name!r}")

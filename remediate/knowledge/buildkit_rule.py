"""BuildKit's own check `SecretsUsedInArgOrEnv`, word for word, so that we can be measured against it.

It looks at the name alone and only at whole words between underscores. A name with one of the allowed words is let off.
Source: moby/buildkit, frontend/dockerfile/dockerfile2llb/validate.go, getSecretsRegex.
"""

from __future__ import annotations

import re
from functools import cache

DENIED = ("apikey", "auth", "credential", "credentials", "key", "password", "pword", "passwd", "secret", "token")
ALLOWED = ("public", "file", "version")


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    denied = re.compile(rf"(?i)(?:_|^)(?:{'|'.join(DENIED)})(?:_|$)")
    allowed = re.compile(rf"(?i)(?:_|^)(?:{'|'.join(ALLOWED)})(?:_|$)")
    return denied, allowed


def flags(name: str) -> bool:
    """Whether BuildKit warns about an ARG (inside a stage) or ENV of this name."""
    denied, allowed = _patterns()
    return bool(denied.search(name)) and not allowed.search(name)

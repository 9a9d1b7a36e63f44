"""What a COPY or ADD names of the build context, as a path in it."""

from __future__ import annotations


def clean_source(source: str) -> str | None:
    """A source as a path of the context: `/a`, `./a/` and `../a` are all `a`, as the builder reads them, and "" is all of it.

    None for an address, a variable or a heredoc.
    """
    if "$" in source or "://" in source or source.startswith(("<<", "git@")) or "\0" in source:
        return None
    parts: list[str] = []
    for part in source.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)

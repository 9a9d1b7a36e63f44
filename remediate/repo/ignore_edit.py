"""Lines added to a `.dockerignore`, in the file's own way of ending lines; nothing else of it changes."""

from __future__ import annotations

from collections.abc import Sequence

from remediate.repo.ignore import DockerIgnore


def pattern_for(path: str) -> str | None:
    """The line that leaves out exactly this file; None for a name that no line can hold."""
    if path != path.strip() or not path.isprintable() or not {"", ".", ".."}.isdisjoint(path.split("/")):
        return None
    line = "".join(f"\\{c}" if c in "*?[]\\" else c for c in path)
    line = f"./{line}" if line.startswith(("#", "!")) else line
    return line if DockerIgnore.parse(line.encode("utf-8", "surrogateescape")).excluded(path) else None


def with_lines(before: bytes | None, lines: Sequence[str]) -> bytes:
    """The file with each line that it does not have yet at its end, where it overrides what stands before it."""
    data = before or b""
    first = data.find(b"\n")
    newline = b"\r\n" if first > 0 and data[first - 1 : first] == b"\r" else b"\n"
    ended = not data or data.endswith(b"\n")
    held = [line.strip() for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n")]
    undone = max((n for n, line in enumerate(held) if line.startswith(b"!")), default=0)
    has = set(held[undone:])  # what stands before an exception may be undone by it
    fresh = [raw for line in dict.fromkeys(lines) if (raw := line.encode("utf-8", "surrogateescape")) not in has]
    if not fresh:
        return data
    added = newline.join(fresh)
    return data + added + newline if ended else data + newline + added

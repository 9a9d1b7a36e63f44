"""Unified diffs of bytes that both `git apply` and `patch -p1` take as they are.

A Dockerfile need not be UTF-8, may end its lines in CRLF, may lack the last newline, and its name may hold anything; so lines are
split at `\\n` only, nothing is decoded, and names are quoted the way Git quotes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.model import NamedTuple

MAX_DISTANCE = 600
MAX_STEPS = 3_000_000
_ESCAPES = {7: b"\\a", 8: b"\\b", 9: b"\\t", 10: b"\\n", 11: b"\\v", 12: b"\\f", 13: b"\\r", 34: b'\\"', 92: b"\\\\"}


class _Change(NamedTuple):
    """Lines `start`..`end` of the old file become lines `new_start`..`new_end` of the new one."""

    start: int
    end: int
    new_start: int
    new_end: int


def unified(path: str, before: bytes | None, after: bytes, context: int = 3, *, git: bool = True) -> bytes:
    """The patch that turns `before` (None: no such file yet) into `after`; empty when they are equal.

    `path` is relative to where the patch will be applied, with `/`. `git`: with Git's own header, for which `git apply` takes the path
    from the repository's root whatever folder it runs in, and passes over files outside of that folder without a word.
    """
    if before == after:
        return b""
    name = _clean(path).encode("utf-8", "surrogateescape")
    old, new = _quoted(b"a/" + name), _quoted(b"b/" + name)
    # A name with blanks ends at a tab for `patch`, which would else take the rest for a date.
    tab = b"\t" if b" " in name and not old.startswith(b'"') else b""
    head = b"diff --git " + old + b" " + new + b"\n" if git else b""
    if before is None:
        head += b"new file mode 100644\n" if git else b""
        if not after:
            return head
        old, before = b"/dev/null", b""
        head += b"--- /dev/null\n+++ " + new + tab + b"\n"
    else:
        head += b"--- " + old + tab + b"\n+++ " + new + tab + b"\n"
    a, b = _lines(before), _lines(after)
    return head + b"".join(_hunk(a, b, group, context) for group in _groups(list(_changes(a, b)), context))


def _clean(path: str) -> str:
    while path.startswith("./"):
        path = path[2:].lstrip("/")
    return path.lstrip("/")


def _quoted(name: bytes) -> bytes:
    """Git's C-quoting, only where it is needed: control characters, quotes, backslashes, bytes that are no UTF-8, a blank at the end."""
    try:
        name.decode("utf-8")
        plain = not any(c < 32 or c in (34, 92, 127) for c in name) and not name.endswith(b" ")
    except UnicodeDecodeError:
        plain = False
    if plain:
        return name
    out = b"".join(_ESCAPES.get(c) or (b"\\%03o" % c if c < 32 or c >= 127 else bytes((c,))) for c in name)
    return b'"' + out + b'"'


def _lines(data: bytes) -> list[bytes]:
    lines = data.split(b"\n")
    last = lines.pop()
    return [line + b"\n" for line in lines] + ([last] if last else [])


def _changes(a: Sequence[bytes], b: Sequence[bytes]) -> Iterator[_Change]:
    """Where the lines differ, in order. Edits are local, so the common ends are cut off first."""
    low, limit = 0, min(len(a), len(b))
    while low < limit and a[low] == b[low]:
        low += 1
    tail = 0
    while tail < limit - low and a[-1 - tail] == b[-1 - tail]:
        tail += 1
    ids: dict[bytes, int] = {}
    x = [ids.setdefault(line, len(ids)) for line in a[low : len(a) - tail]]
    y = [ids.setdefault(line, len(ids)) for line in b[low : len(b) - tail]]
    at_x = at_y = 0
    for same_x, same_y in [*_common(x, y), (len(x), len(y))]:
        if same_x > at_x or same_y > at_y:
            yield _Change(low + at_x, low + same_x, low + at_y, low + same_y)
        at_x, at_y = same_x + 1, same_y + 1


def _common(x: Sequence[int], y: Sequence[int]) -> list[tuple[int, int]]:
    """Pairs of equal lines that a shortest edit keeps (Myers); none when the texts differ too much to be worth the search."""
    reach = {1: 0}
    trace: list[dict[int, int]] = []
    steps = 0
    for distance in range(min(len(x) + len(y), MAX_DISTANCE) + 1):
        trace.append(reach.copy())
        for k in range(-distance, distance + 1, 2):
            down = k == -distance or (k != distance and reach[k - 1] < reach[k + 1])
            at = reach[k + 1] if down else reach[k - 1] + 1
            start = at
            while at < len(x) and at - k < len(y) and x[at] == y[at - k]:
                at += 1
            reach[k] = at
            if at >= len(x) and at - k >= len(y):
                return _backtrack(trace, len(x), len(y))
            steps += at - start + 1
        if steps > MAX_STEPS:
            break
    return []


def _backtrack(trace: Sequence[dict[int, int]], at_x: int, at_y: int) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    for distance in range(len(trace) - 1, -1, -1):
        reach, k = trace[distance], at_x - at_y
        down = k == -distance or (k != distance and reach[k - 1] < reach[k + 1])
        from_k = k + 1 if down else k - 1
        from_x = reach[from_k] if distance else 0
        from_y = from_x - from_k if distance else 0
        while at_x > from_x and at_y > from_y:
            at_x, at_y = at_x - 1, at_y - 1
            pairs.append((at_x, at_y))
        at_x, at_y = from_x, from_y
    return pairs[::-1]


def _groups(changes: Sequence[_Change], context: int) -> Iterator[list[_Change]]:
    """Changes whose context would touch share one hunk."""
    group: list[_Change] = []
    for change in changes:
        if group and change.start - group[-1].end > 2 * context:
            yield group
            group = []
        group.append(change)
    if group:
        yield group


def _hunk(a: Sequence[bytes], b: Sequence[bytes], group: Sequence[_Change], context: int) -> bytes:
    first, last = group[0], group[-1]
    start = max(first.start - context, 0)
    end = min(last.end + context, len(a))
    new_start, new_end = first.new_start - (first.start - start), last.new_end + (end - last.end)
    out = [b"@@ -%s +%s @@\n" % (_range(start, end), _range(new_start, new_end))]
    at = start
    for change in group:
        out += [_line(b" ", line) for line in a[at : change.start]]
        out += [_line(b"-", line) for line in a[change.start : change.end]]
        out += [_line(b"+", line) for line in b[change.new_start : change.new_end]]
        at = change.end
    out += [_line(b" ", line) for line in a[at:end]]
    return b"".join(out)


def _range(start: int, end: int) -> bytes:
    """Lines as a hunk header counts them: an empty range names the line before it."""
    count = end - start
    if count == 1:
        return b"%d" % (start + 1)
    return b"%d,%d" % (start + 1 if count else start, count)


def _line(sign: bytes, line: bytes) -> bytes:
    return sign + line if line.endswith(b"\n") else sign + line + b"\n\\ No newline at end of file\n"

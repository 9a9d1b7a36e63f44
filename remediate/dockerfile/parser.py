"""From bytes to the tree, with the instruction starts and ends of BuildKit's parser (frontend/dockerfile/parser).

Like BuildKit's parser it takes unknown instructions; `problems` names what a build would refuse. One pass, linear in the file.
"""

from __future__ import annotations

from remediate.dockerfile.directives import read_directives
from remediate.dockerfile.heredocs import Reader, Unterminated, openings
from remediate.dockerfile.lines import WIDE_LEADS, continues, leading_space, logical, trailing_space
from remediate.dockerfile.tree import Dockerfile, Heredoc, Instruction, keyword_of
from remediate.model import RemediateError
from remediate.text import BOM, Source

MAX_BYTES = 4 << 20
MAX_LINES = 300_000
MAX_LINE = 65_536
"""Limits: BuildKit itself reads no line over 64 KiB (bufio.MaxScanTokenSize); the others are this tool's, far above any real file."""

KEYWORDS = frozenset((
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL",
    "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
))  # fmt: skip
HEREDOC_KEYWORDS = frozenset(("RUN", "COPY", "ADD", "ONBUILD"))
_SPELLED = {spelling.encode(): known for known in KEYWORDS for spelling in (known, known.lower(), known.capitalize())}


def parse(data: bytes, path: str = "Dockerfile") -> Dockerfile:
    """The tree of one Dockerfile. Raises RemediateError, with the line, when BuildKit would read no Dockerfile there either."""
    _refuse(data, path)
    at = len(BOM) if data.startswith(BOM) else 0
    directives, escape = read_directives(data, at, path)
    instructions = _instructions(data, at, escape, path)
    if not instructions:
        raise RemediateError("file with no instructions", path, data.count(b"\n") + (not data.endswith(b"\n")) if data else 0)
    return Dockerfile(Source(data, path), directives, tuple(instructions), escape)


def _refuse(data: bytes, path: str) -> None:
    """Raises for what no Dockerfile is: too large, binary, a line that BuildKit's reader does not take."""
    if len(data) > MAX_BYTES:
        raise RemediateError(f"file larger than {MAX_BYTES >> 20} MB", path)
    nul = data.find(b"\0")
    if nul >= 0:
        raise RemediateError("binary file (NUL byte)", path, data.count(b"\n", 0, nul) + 1)
    if len(data) < MAX_LINE:
        return
    if data.count(b"\n") > MAX_LINES:
        raise RemediateError(f"more than {MAX_LINES} lines", path)
    at, line = 0, 1
    while at < len(data):
        stop = data.find(b"\n", at)
        after = len(data) + 1 if stop < 0 else stop + 1
        if after - at > MAX_LINE:
            raise RemediateError(f"line longer than {MAX_LINE - 1} bytes", path, line)
        at, line = after, line + 1


def _instructions(data: bytes, at: int, escape: bytes, path: str) -> list[Instruction]:
    out: list[Instruction] = []
    size, line, find = len(data), 1, data.find
    bodies: Reader | None = None
    while at < size:
        stop = find(b"\n", at)
        if stop < 0:
            stop = size
        text = data[at:stop]
        head = text.lstrip()
        if head and head[0] in WIDE_LEADS:
            head = head[leading_space(head) :]
        if not head or head[0] == 35:
            at, line = stop + 1, line + 1
            continue
        start, start_line = at, line
        at, line = stop + 1, line + 1
        if escape in text and continues(text, escape):
            at, line = _continued(data, at, line, escape)
        header_end = at if at < size else size
        keyword = _keyword(head, data, start, header_end, escape)
        one = Instruction(data, escape, keyword, start, header_end, header_end, start_line, line - 1)
        if keyword in HEREDOC_KEYWORDS and find(b"<", start, header_end) >= 0:
            bodies = bodies or Reader(data)
            one.heredocs, one.end = _heredocs(one, bodies, path)
            if one.heredocs:
                at = one.end
                line += data.count(b"\n", header_end, at) + (data[at - 1] != 10)
                one.end_line = line - 1
                one.forget_trigger()
        out.append(one)
    return out


def _continued(data: bytes, at: int, line: int, escape: bytes) -> tuple[int, int]:
    """Where an instruction that goes on at `at` ends, and the number of the line there. Comments and blank lines never end it."""
    size, more = len(data), True
    while more and at < size:
        stop = data.find(b"\n", at)
        if stop < 0:
            stop = size
        text = data[at:stop]
        head = text.lstrip()
        if head and head[0] in WIDE_LEADS:
            head = head[leading_space(head) :]
        if head and head[0] != 35:
            more = escape in text and continues(text, escape)
        at, line = stop + 1, line + 1
    return at, line


def _keyword(head: bytes, data: bytes, start: int, end: int, escape: bytes) -> str:
    """The upper-case keyword; `head` is the first physical line without its indentation."""
    parts = head.split(None, 1)
    known = _SPELLED.get(parts[0])
    if known and len(parts) == 2:
        return known
    if len(parts) == 1 or not parts[0].isascii():
        whole = b"".join([data[a:b] for a, b in logical(data, start, end, escape)])
        first = leading_space(whole)
        word = keyword_of(whole[first : trailing_space(whole, first, len(whole))])
    else:
        word = parts[0]
    return word.decode("utf-8", "surrogateescape").upper()


def _heredocs(one: Instruction, bodies: Reader, path: str) -> tuple[tuple[Heredoc, ...], int]:
    """The heredocs that begin behind the instruction's logical line, and where they end."""
    target = one.trigger if one.keyword == "ONBUILD" else one
    if b"<<" not in one.line.data or target is None or target.keyword not in HEREDOC_KEYWORDS or target.keyword == "ONBUILD":
        return (), one.end
    if target.exec_form is not None:
        return (), one.end
    try:
        return bodies.read(one.end, openings(one.line))
    except Unterminated as error:
        name = str(error)
        shown = f" {name}" if len(name) <= 12 and name.isascii() and name.isalpha() and name.isupper() else ""  # it may be anything
        raise RemediateError(f"unterminated heredoc{shown}", path, one.start_line) from None

"""Code blocks of Markdown, reStructuredText and AsciiDoc that hold shell commands, line by line."""

from __future__ import annotations

from collections.abc import Sequence

from remediate.formats.embedded import Embedded
from remediate.model import NamedTuple
from remediate.text import LogicalText, Piece, late

_FENCE = late(
    rb"([ \t]*(?:>[ \t]?|[-*+][ \t]+|[0-9]{1,3}[.)][ \t]+)*)(`{3,}|~{3,}|-{4,}|\.{4,})[ \t]*(?:\{[ \t.]*)?([A-Za-z0-9_+-]*)[^\r\n]*[\r\n]*"
)
_ADOC = late(rb"[ \t]*\[source,[ \t]*([A-Za-z0-9_+-]+)[^\]]*\][ \t\r\n]*")
_RST = late(rb"[ \t]*\.\.[ \t]+(?:code-block|code|sourcecode|prompt)::[ \t]*([A-Za-z0-9_+-]*)")
_PROMPT = late(rb"[ \t]*(?:\([\w.-]+\)[ \t]*)?(?:[\w.-]+@[\w.-]+[:~/\w. -]*)?[$%#][ \t]+(?=\S)")
_DOLLAR = late(rb"[ \t]*(?:\([\w.-]+\)[ \t]*)?(?:[\w.-]+@[\w.-]+[:~/\w. -]*)?[$%][ \t]+(?=\S)")
_COMMAND = late(
    rb"[ \t]*(?>(?:(?:sudo|time|env|[A-Z_][A-Z0-9_]*=(?><[^<>\n]{0,60}>|\S*))[ \t]+)*)"
    rb"(?:docker|podman|buildah|nerdctl|DOCKER)\b"
)
_SPEAKS = late(rb"(?:docker|podman|buildah|nerdctl)\b[^\n]{0,200}?\b(?:build|bud|bake)\b|build-arg")
SHELLS = frozenset(
    "bash sh shell zsh console terminal shell-session shellsession sh-session ksh dash text txt plaintext none bash-session".split()
)
DATA = frozenset("yaml yml hcl json jsonc dockerfile docker toml groovy terraform tf".split())
_ARGS = late(rb"[ \t]*(?:-[ \t]+)?(?:build[-_]args|args|buildArgs)[ \t]*[:=]")
MOST_LINES = 40_000


class Block(NamedTuple):
    """A block's language ("" when it does not say) and its lines as (start, end) without what stands before them."""

    language: str
    lines: tuple[tuple[int, int], ...]


def blocks(data: bytes) -> list[Block]:
    """The blocks that speak of a build, in order. What is indented without a fence counts for its command lines only."""
    lines = _lines(data)
    out: list[Block] = []
    loose: list[tuple[int, int]] = []
    at, language = 0, ""
    while at < len(lines):
        start, end = lines[at]
        line = data[start:end]
        named = _ADOC.match(line) or _RST.match(line)
        if named:
            language = named[1].decode().lower()
        fence = _FENCE.fullmatch(line)
        if fence is None or (fence[2][:1] in b"-." and not _is_adoc(data, lines, at)):
            if line[:1] in (b" ", b"\t"):
                loose.append((start, end))
            elif line.strip() and not named:
                language = ""
            at += 1
            continue
        close = _closing(data, lines, at, fence[2])
        name = fence[3].decode().lower() or language
        _add(out, data, Block(name, tuple([_inner(data, a, b, fence[1]) for a, b in lines[at + 1 : close]])))
        language, at = "", close + 1
    indented = _commands(data, loose)
    if indented:
        _add(out, data, Block("indented", tuple(indented)))
    return sorted(out, key=lambda b: b.lines[0])


def _add(out: list[Block], data: bytes, block: Block) -> None:
    if not block.lines:
        return
    text = b" ".join([data[a:b].rstrip(b"\\\r\n") for a, b in block.lines])
    if _SPEAKS.search(text) or (block.language in DATA and any(_ARGS.match(data, a, b) for a, b in block.lines)):
        out.append(block)


def _lines(data: bytes) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    at = 0
    while at < len(data) and len(out) < MOST_LINES:
        stop = data.find(b"\n", at)
        stop = len(data) if stop < 0 else stop + 1
        out.append((at, stop))
        at = stop
    return out


def _is_adoc(data: bytes, lines: Sequence[tuple[int, int]], at: int) -> bool:
    """`----` is a block's border in AsciiDoc behind `[source]` or a title, elsewhere a line or an underline."""
    before = data[slice(*lines[at - 1])] if at else b""
    return before.startswith((b"[source", b"[listing", b".")) and not before.startswith(b"..")


def _closing(data: bytes, lines: Sequence[tuple[int, int]], at: int, mark: bytes) -> int:
    for index in range(at + 1, len(lines)):
        line = data[slice(*lines[index])].strip(b" \t\r\n>")
        if line.startswith(mark) and not line.strip(mark[:1]):
            return index
    return len(lines)


def _inner(data: bytes, start: int, end: int, before: bytes) -> tuple[int, int]:
    """A line without the quote marks and the indentation that its fence has (a list's mark counts as a blank)."""
    for mark in before:
        wanted = bytes([mark]) if mark in b"> \t" else b" "
        if start < end and data[start : start + 1] == wanted:
            start += 1
    return start, end


def _commands(data: bytes, lines: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The lines that begin with a build command or a prompt, and those that go on from them."""
    out: list[tuple[int, int]] = []
    goes_on = False
    for start, end in lines:
        line = data[start:end]
        prompt = _PROMPT.match(line)
        if prompt and _COMMAND.match(line, prompt.end()):
            start += prompt.end()
        elif not (goes_on and out and out[-1][1] <= start) and not _COMMAND.match(line):
            goes_on = False
            continue
        out.append((start, end))
        goes_on = line.rstrip().endswith(b"\\")
    return out


def transcript(data: bytes, block: Block) -> list[tuple[int, int]]:
    """The commands of a block in which prompts stand before them; the rest is what they printed."""
    out: list[tuple[int, int]] = []
    goes_on = False
    for start, end in block.lines:
        prompt = _PROMPT.match(data, start, end)
        if prompt is not None:
            out.append((prompt.end(), end))
        elif goes_on:
            rest = data[start:end]
            cut = len(rest) - len(rest.lstrip(b" \t>")) if rest.lstrip(b" \t").startswith(b">") else 0
            out.append((start + cut, end))
        goes_on = bool(out) and out[-1][1] == end and data[start:end].rstrip().endswith(b"\\")
    return out


def has_prompts(data: bytes, block: Block) -> bool:
    return any(_DOLLAR.match(data, a, b) for a, b in block.lines)


def command_lines(data: bytes, block: Block) -> list[tuple[int, int]]:
    return _commands(data, block.lines)


def embedded(data: bytes, lines: Sequence[tuple[int, int]]) -> Embedded:
    """The lines as one shell text; `\\r` is white space to people and a letter to a shell."""
    pieces: list[Piece] = []
    for start, end in lines:
        line = data[start:end]
        if line.endswith(b"\r\n"):
            pieces += [Piece(line[:-2], start, end - 2), Piece(b"\n", end - 2, end)]
        else:
            pieces.append(Piece(line, start, end))
    return Embedded(LogicalText(pieces or [Piece(b"", 0, 0)]), lambda new: None if b"\n" in new else new)

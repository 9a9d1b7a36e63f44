"""Physical lines: which ones belong to one instruction, and which bytes of them are its text.

BuildKit reads line by line: it drops `\\r` and `\\n` at the end, goes on when the escape character is the last one before blanks (and
is not doubled), and between the lines of one instruction leaves out comment lines and blank lines, whatever they end in.
"""

from __future__ import annotations

from remediate.text import LogicalText, Piece, late

# Go's unicode.IsSpace in UTF-8, beyond ASCII: NEL, NBSP, ogham, en quad to hair space, line and paragraph separator, and so on.
WIDE_SPACE = rb"\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80"
WIDE_LEADS = frozenset((0xC2, 0xE1, 0xE2, 0xE3))
_LEADING = late(rb"(?>(?:[\t\n\v\f\r ]|" + WIDE_SPACE + rb")*)")

Segment = tuple[str, int, int]


def leading_space(text: bytes, start: int = 0) -> int:
    """Offset of the first byte from `start` on that is no white space."""
    found = _LEADING.match(text, start)
    return found.end() if found else start


def trailing_space(text: bytes, start: int, end: int) -> int:
    """The end of `text[start:end]` without the white space at its end, as Go's strings.TrimSpace sees it."""
    while end > start:
        kept = start + len(text[start:end].rstrip())
        for width in (2, 3):
            tail = text[max(kept - width, start) : kept]
            if len(tail) == width and tail[0] in WIDE_LEADS and leading_space(tail) == width:
                kept -= width
                break
        else:
            return kept
        end = kept
    return end


def continues(line: bytes, escape: bytes) -> bool:
    """Whether the instruction goes on after this line (given without its `\\n`)."""
    body = line.rstrip(b"\r").rstrip(b" \t")
    return body.endswith(escape) and body[-2:-1] != escape


def is_comment(line: bytes) -> bool:
    at = leading_space(line)
    return line[at : at + 1] == b"#"


def segments(data: bytes, start: int, end: int, escape: bytes) -> list[Segment]:
    """The lines `start`..`end` of one instruction as (kind, start, end).

    Kinds: indent, text, continuation, comment, blank, newline.
    """
    out: list[Segment] = []
    at, first = start, True
    while at < end:
        stop = data.find(b"\n", at, end)
        after = end if stop < 0 else stop + 1
        line = data[at : after if stop < 0 else stop]
        lead = leading_space(line)
        if not first and line[lead : lead + 1] == b"#":
            out.append(("comment", at, after))
        elif not first and lead == len(line):
            out.append(("blank", at, after))
        else:
            if first and lead:
                out.append(("indent", at, at + lead))
            _text_line(out, line, at + lead if first else at, at, after, escape)
            first = False
        at = after
    return out


def _text_line(out: list[Segment], line: bytes, text_at: int, line_at: int, after: int, escape: bytes) -> None:
    if continues(line, escape):
        cut, kind = line_at + len(line.rstrip(b"\r").rstrip(b" \t")) - 1, "continuation"
    else:
        cut, kind = line_at + len(line.rstrip(b"\r")), "newline"
    cut = max(cut, text_at)
    if cut > text_at:
        out.append(("text", text_at, cut))
    if after > cut:
        out.append((kind, cut, after))


def logical(data: bytes, start: int, end: int, escape: bytes) -> list[tuple[int, int]]:
    """Where the text of the instruction's logical line is, in file offsets: its lines without continuations, comments, blank lines."""
    return [(a, b) for kind, a, b in segments(data, start, end, escape) if kind == "text"]


def text_of(data: bytes, parts: list[tuple[int, int]], start: int, end: int) -> LogicalText:
    """The logical bytes `start`..`end` of these parts of the file."""
    out: list[Piece] = []
    at = 0
    for a, b in parts:
        first, last = max(start - at, 0), min(end - at, b - a)
        if first < last:
            out.append(Piece(data[a + first : a + last], a + first, a + last))
        elif at <= start <= at + b - a and not out and start >= end:
            return LogicalText.of(data, a + first, a + first)
        at += b - a
    return LogicalText(out) if out else LogicalText.of(data, *(parts[-1][1:] * 2 if parts else (0, 0)))

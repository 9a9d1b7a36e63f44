"""What the agent does to a pipeline when it uploads it: `$NAME` and `${NAME}` are replaced, `$$` and `\\$` become one dollar.

So `$NAME` in a command is no variable of the shell, but text that stands in the pipeline which Buildkite keeps (buildkite/interpolate:
an identifier begins with a letter; `$(` stays as it is).
"""

from __future__ import annotations

from remediate.callers.kinds.ci_script import Part
from remediate.formats.embedded import Embedded
from remediate.text import LogicalText, Piece, late

_OURS = late(rb"\\\\|(?:\$|\\)\$|\$[A-Za-z]\w*|\$\{(?:[^{}\n]|\$\{[^{}\n]*\})*\}")
_MASKED = late(rb"\x02([^\x02]*)\x02")
_ESCAPED = late(rb"[\\$]\$|\$\x02")
_DOLLAR = late(rb"\$(?=[A-Za-z{])")
TEMPLATE = late(rb"\x02[^\x02]*\x02|\{\{[ \t]*matrix(?:\.[\w-]+)?[ \t]*\}\}")
_NAME = late(r"\x02(?:\{([A-Za-z]\w*)\}|([A-Za-z]\w*))\x02")
_PLAIN = late(r"\$(?:\{([A-Za-z]\w*)\}|([A-Za-z]\w*))")


def uploaded(part: Part) -> Part:
    """The text as the shell gets it; what the agent replaces is marked, byte for byte."""
    text = part.embedded.text
    pieces: list[Piece] = []
    at = 0
    for found in _OURS.finditer(text.data):
        if found[0] == b"\\\\":
            continue
        pieces += text.slice(at, found.start()).pieces if at < found.start() else ()
        where = text.span(found.start(), found.end())
        new = b"$" if found[0] in (b"$$", b"\\$") else b"\x02" + found[0][1:] + b"\x02"
        pieces.append(Piece(new, where.start, where.end))
        at = found.end()
    pieces += text.slice(at, len(text)).pieces if at < len(text) else ()

    def written(new: bytes) -> bytes | None:
        if _ESCAPED.search(new):
            return None  # the agent would take that for its own
        return part.embedded.written(_MASKED.sub(rb"$\1", _DOLLAR.sub(b"$$", new)))

    return part._replace(embedded=Embedded(LogicalText(pieces or [Piece(b"", part.start, part.start)]), written))


def marked_name(template: str) -> str:
    """The variable of a marked place; "" for anything but the plain `$NAME` and `${NAME}`."""
    found = _NAME.fullmatch(template)
    return (found[1] or found[2]) if found is not None else ""


def plain_name(value: str) -> str:
    """The same of a value as it stands in the file."""
    found = _PLAIN.fullmatch(value)
    return (found[1] or found[2]) if found is not None else ""

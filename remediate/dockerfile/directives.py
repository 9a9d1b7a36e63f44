"""Parser directives at the head of the file: `# syntax=`, `# escape=`, `# check=`.

They end at the first line that is none. Behind a `#!` line the frontend still finds syntax and check, but the parser no longer escape.
"""

from __future__ import annotations

from remediate.dockerfile.lines import leading_space
from remediate.dockerfile.nodes import Directive
from remediate.model import RemediateError, Span
from remediate.text import late

_DIRECTIVE = late(rb"#[\t\n\v\f\r ]*([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*([^\t\n\f\r ].*|.)")
_KNOWN = frozenset(("syntax", "escape", "check"))


def read_directives(data: bytes, at: int, path: str) -> tuple[tuple[Directive, ...], bytes]:
    """The directives from offset `at` on, and the escape character."""
    out: list[Directive] = []
    escape, line, shebang, seen = b"\\", 1, False, set[str]()
    size = len(data)
    while at < size:
        stop = data.find(b"\n", at)
        after = size if stop < 0 else stop + 1
        text = data[at:after].rstrip(b"\r\n")
        if line == 1 and text.startswith(b"#!"):
            shebang = True
        else:
            one = _directive(data, text, at, after)
            if one is None:
                break
            if one.name in seen:
                raise RemediateError(f"only one {one.name} parser directive can be used", path, line)
            seen.add(one.name)
            if one.name == "escape":
                if not shebang:
                    escape = _escape(one.value, path, line)
                    out.append(one)
            else:
                out.append(one)
        at, line = after, line + 1
    return tuple(out), escape


def _directive(data: bytes, text: bytes, at: int, after: int) -> Directive | None:
    lead = leading_space(text)
    match = _DIRECTIVE.match(text, lead)
    name = match[1].decode().lower() if match else ""
    if match is None or name not in _KNOWN:
        return None
    start = at + match.start(2)
    end = start + len(match[2].rstrip(b"\t\n\f\r "))
    if end == start:
        return None
    value = data[start:end].decode("utf-8", "surrogateescape")
    return Directive(name, value, Span(at, after), Span(start, end))


def _escape(value: str, path: str, line: int) -> bytes:
    if value not in ("\\", "`"):
        raise RemediateError("invalid escape token in the escape directive: only \\ and ` are known", path, line)
    return value.encode()

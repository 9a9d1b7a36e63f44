"""How an instruction's text falls into flags, words, `name=value` pairs and JSON strings, after BuildKit's line parsers.

The three grammars differ: flags honour the escape character in both kinds of quotes and drop the quotes, ARG, ENV and LABEL keep the
quotes, and everything else knows no quotes at all.
"""

from __future__ import annotations

import re
from functools import cache

from remediate.dockerfile.expand import unquote
from remediate.dockerfile.lines import WIDE_SPACE
from remediate.dockerfile.nodes import Flag, JsonString, Pair, Word
from remediate.text import LogicalText, late

NAMED = frozenset(("ARG", "ENV", "LABEL"))
WHOLE = frozenset(("RUN", "CMD", "ENTRYPOINT", "SHELL", "USER", "WORKDIR", "STOPSIGNAL", "MAINTAINER"))
JSON = frozenset(("RUN", "CMD", "ENTRYPOINT", "SHELL", "ADD", "COPY", "VOLUME", "HEALTHCHECK"))

_BLANKS = late(rb"[\t\v\f\r ]+")
_SPLIT = late(rb"[^\t\v\f\r ]+")
_PLAIN_NAME = late(rb"[A-Za-z0-9_.\-]+")
_STRING = rb'"(?>(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"'
_JSON = late(rb"\[[ \t\r\n]*+(?:" + _STRING + rb"[ \t\r\n]*+(?>(?:,[ \t\r\n]*+" + _STRING + rb"[ \t\r\n]*+)*))?\][ \t\r\n]*+")
_JSON_STRING = late(_STRING)
_HEALTH = late(rb"[^\t\n\v\f\r ]+[\t\n\v\f\r ]*")


@cache
def _flag_pattern(escape: bytes) -> re.Pattern[bytes]:
    e = re.escape(escape)
    quoted = b"|".join(q + rb"(?>(?:[^" + q + e + rb"]++|" + e + rb"(?:.|\Z))*)(?:" + q + rb"|\Z)" for q in (b"'", b'"'))
    return re.compile(rb"--(?>(?:[^\s\x85\xa0'\"" + e + rb"]++|" + e + rb"(?:.|\Z)|" + quoted + rb")*)", re.S)


@cache
def _word_pattern(escape: bytes, wide: bool) -> re.Pattern[bytes]:
    e = re.escape(escape)
    plain = rb"[^\s'\"" + e + rb"]"
    plain = rb"(?:(?!" + WIDE_SPACE + rb")" + plain + rb")" if wide else plain + rb"++"
    double = rb'"(?>(?:[^"' + e + rb"]++|" + e + rb'.)*)(?:"|(?=' + e + rb"?\Z))"
    return re.compile(rb"(?:" + WIDE_SPACE + rb")|((?>(?:" + plain + rb"|" + e + rb".|" + double + rb"|'[^']*+(?:'|\Z))+))", re.S)


@cache
def _cook_pattern(escape: bytes) -> re.Pattern[bytes]:
    e = re.escape(escape)
    parts = [q + rb"((?>(?:[^" + q + e + rb"]++|" + e + rb"(?:.|\Z))*))(?:" + q + rb"|\Z)" for q in (b"'", b'"')]
    return re.compile(b"|".join(parts) + rb"|" + e + rb"(.?)", re.S)


def _cook_flag(raw: bytes, escape: bytes) -> bytes:
    """The flag without quotes and escapes, as BuildKit hands it on."""
    if escape not in raw and b"'" not in raw and b'"' not in raw:
        return raw

    def bare(match: re.Match[bytes]) -> bytes:
        inner = match[1] if match[1] is not None else match[2]
        if inner is None:
            return match[3] or b""
        return re.sub(re.escape(escape) + rb"(.?)", rb"\1", inner, flags=re.S)

    return _cook_pattern(escape).sub(bare, raw)


def split_flags(args: LogicalText, escape: bytes) -> tuple[tuple[Flag, ...], int]:
    """The flags at the head of `args`, and where the rest begins."""
    data = args.data
    if data[:2] != b"--":
        return (), 0
    out: list[Flag] = []
    at, pattern = 0, _flag_pattern(escape)
    while data[at : at + 2] == b"--":
        match = pattern.match(data, at)
        assert match is not None  # the pattern takes at least the two dashes
        raw, at = match.group(), match.end()
        cooked = _cook_flag(raw, escape)
        if cooked != b"--":
            out.append(_flag(args, raw, cooked, match.start(), at))
        while at < len(data) and data[at] in b"\t\n\v\f\r \x85\xa0":
            at += 1
        if cooked == b"--":
            break
    return tuple(out), at


def _flag(args: LogicalText, raw: bytes, cooked: bytes, start: int, end: int) -> Flag:
    name, sep, value = cooked[2:].decode("utf-8", "surrogateescape").partition("=")
    cut = raw.find(b"=")
    value_span = args.span(start + cut + 1, end) if sep and cut >= 0 else None
    return Flag(name, value if sep else None, args.span(start, end), value_span)


def _word(rest: LogicalText, start: int, end: int) -> Word:
    text = rest if end - start == len(rest) else rest.slice(start, end)
    return Word(text, rest.span(start, end), start, end)


def split_words(keyword: str, rest: LogicalText, escape: bytes, exec_form: bool) -> tuple[Word, ...]:
    """The words that BuildKit makes of `rest`: one for a command line, a user or a path; JSON strings of an exec form keep their quotes."""
    data = rest.data
    if not data:
        return ()
    if exec_form:
        start = len(_health_type(data)) if keyword == "HEALTHCHECK" else 0
        bounds = [m.span() for m in _JSON_STRING.finditer(data, start)]
        if start:
            bounds.insert(0, (0, len(data[:start].rstrip())))
    elif keyword in NAMED:
        bounds = _named_words(data, escape)
    elif keyword in WHOLE:
        bounds = [(0, len(data))]
    elif keyword == "HEALTHCHECK":
        start = len(_health_type(data))
        bounds = [(0, len(data[:start].rstrip()))] + ([(start, len(data))] if start < len(data) else [])
    else:
        bounds = [m.span() for m in _SPLIT.finditer(data)]
    return tuple(_word(rest, start, end) for start, end in bounds)


def _health_type(data: bytes) -> bytes:
    match = _HEALTH.match(data)
    return match.group() if match else b""


def _named_words(data: bytes, escape: bytes) -> list[tuple[int, int]]:
    return [m.span(1) for m in _word_pattern(escape, not data.isascii()).finditer(data) if m[1]]


def split_pairs(keyword: str, rest: LogicalText, escape: bytes) -> tuple[Pair, ...]:
    """The names and values of ARG, ENV and LABEL; () for every other instruction."""
    data = rest.data
    if keyword not in NAMED or not data:
        return ()
    bounds = _named_words(data, escape)
    if not bounds:
        return ()
    if keyword != "ARG" and data.find(b"=", *bounds[0]) < 0:
        return (_legacy(rest, escape),)
    return tuple(_pair(rest, start, end, escape) for start, end in bounds)


def _pair(rest: LogicalText, start: int, end: int, escape: bytes) -> Pair:
    cut = rest.data.find(b"=", start, end)
    stop = end if cut < 0 else cut
    value = None if cut < 0 else rest.slice(cut + 1, end)
    return Pair(_name(rest, start, stop, escape), rest.span(start, stop), value, rest.span(start, end))


def _legacy(rest: LogicalText, escape: bytes) -> Pair:
    gap = _BLANKS.search(rest.data)
    end = gap.start() if gap else len(rest.data)
    value = rest.slice(gap.end(), len(rest.data)) if gap else None
    return Pair(_name(rest, 0, end, escape), rest.span(0, end), value, rest.span(0, len(rest.data)), True)


def _name(rest: LogicalText, start: int, end: int, escape: bytes) -> str:
    raw = rest.data[start:end]
    if raw.isalnum() or _PLAIN_NAME.fullmatch(raw):
        return raw.decode("utf-8", "surrogateescape")
    static = unquote(rest.slice(start, end), escape)
    return raw.decode("utf-8", "surrogateescape") if static is None else static


def json_strings(keyword: str, rest: LogicalText) -> tuple[JsonString, ...] | None:
    """The exec form's strings, or None when `rest` is no JSON array of strings."""
    if keyword not in JSON:
        return None
    data = rest.data
    start = len(_health_type(data)) if keyword == "HEALTHCHECK" else 0
    if data[start : start + 1] != b"[" or not _JSON.fullmatch(data, start):
        return None
    return tuple(JsonString(_decode(m.group()), rest.span(*m.span())) for m in _JSON_STRING.finditer(data, start))


def _decode(raw: bytes) -> str:
    if b"\\" not in raw:
        return raw[1:-1].decode("utf-8", "surrogateescape")
    from json import loads

    return str(loads(raw.decode("utf-8", "surrogateescape")))

"""Builds in a script for a shell that is not read here (PowerShell, cmd): found and named, never changed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from remediate.callers.model import Build, Refused
from remediate.callers.words import Around, build_of, command_of
from remediate.text import LogicalText, late

_START = late(r"(?:^|[\s&|;({])((?:docker|podman|buildah|nerdctl)(?:\.exe)?)[ \t][^\r\n]*", 8)  # 8: re.MULTILINE
_CONTINUED = late(r"[`^\\][ \t]*\r?\n[ \t]*")
_WORD = late(r"(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s\"';|&]+)+")
_UNKNOWN = late(r"\$\([^)]*\)|\$\{[^}]*\}|\$[\w:.]+|%\w+%")
_ENDS = late(r"[;|&)}]+\Z")
MAX_SCRIPT = 256 * 1024
MAX_WORDS = 500


def foreign_builds(path: str, kind: str, text: LogicalText, lines: Sequence[int], why: Refused, folder: str | None = ".") -> list[Build]:
    """The builds of a script; `lines` are the line starts of its file."""
    out: list[Build] = []
    whole = text.data[:MAX_SCRIPT].decode("latin-1")  # a character is a byte, and stays at its place
    whole = _CONTINUED.sub(lambda m: " " * len(m[0]), whole)
    for found in _START.finditer(whole):
        words: list[str] = []
        where: list[int] = []
        for word in _WORD.finditer(whole, found.start(1), found.end()):
            if words and whole[word.start() - 1] in ";|&":
                break
            plain = _ENDS.sub("", word[0].encode("latin-1").decode("utf-8", "replace").replace('"', "").replace("'", ""))
            if plain:
                words.append(plain)
                where.append(bisect_right(lines, text.start_of(word.start())))
            if len(words) >= MAX_WORDS:
                break
        words[0] = words[0].removesuffix(".exe")
        command = command_of(words)
        if command is None or command.builder.style == "none":
            continue
        around = Around(path, kind, where, folder, _expand, lambda name, value: "")
        out.append(build_of(command, words, around, why._replace(line=where[0])))
    return out


def _expand(text: str) -> tuple[str, ...]:
    return (_UNKNOWN.sub("*", text).replace("\\", "/"),)

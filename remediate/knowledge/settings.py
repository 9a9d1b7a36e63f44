"""A setting as it is written, and the shell text of the same effect: `export NAME=value`, or the command that takes it back (SPEC 4).

pip config set global.index-url https://u:$T@pypi.example.com/simple  ->  export PIP_INDEX_URL="https://u:$T@pypi.example.com/simple"
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from remediate.knowledge.commands_shape import Argv, Call, any_argument, call, fits_words, program_name, shape
from remediate.knowledge.git_undo import undo_config
from remediate.knowledge.settings_rows import ROWS, UNDO_ROWS, SettingRow, UndoRow
from remediate.model import NamedTuple
from remediate.text import late

__all__ = ["Setting", "SettingRow", "UndoRow", "as_export", "double_quoted", "rows", "setting", "undo_of", "undo_rows", "variables"]

_NAMES = {
    "letters, digits, _ and -": re.compile(r"[A-Za-z][A-Za-z0-9_-]*"),
    "host": re.compile(r"[A-Za-z0-9][A-Za-z0-9.:_-]*"),
    "dotted": re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)+"),
}
_BARE = late(r"(?:[A-Za-z0-9_./:@%+,=-]|\$[A-Za-z_][A-Za-z0-9_]*|\$\{[A-Za-z_][A-Za-z0-9_]*\})+")
_STATIC = late(r"[A-Za-z0-9_./:@%+,=-]+")
_LONGEST = 4096


class Setting(NamedTuple):
    """What one command sets. `exports`: variable and value, quoted for a shell; `entry`: section, name and value (as they stand between
    double quotes) of the tool's JSON variable. `key` is the word that names what is set, "" where the tool has one setting only.
    """

    row: SettingRow
    key: str
    exports: tuple[tuple[str, str], ...] = ()
    entry: tuple[str, str, str] | None = None


def rows() -> tuple[SettingRow, ...]:
    return ROWS


def undo_rows() -> tuple[UndoRow, ...]:
    return UNDO_ROWS


@cache
def _programs() -> frozenset[str]:
    return frozenset(p for run in (*(r.run for r in ROWS), *(r.run for r in UNDO_ROWS)) for p in shape(run)[0])


def double_quoted(raw: str) -> str | None:
    """The word so that an assignment gives exactly its value: as it stands, or in double quotes. None for one that is not surely understood."""
    if len(raw) > _LONGEST or not raw:
        return None
    if _STATIC.fullmatch(raw) or (raw[0] == raw[-1] == "'" and len(raw) > 1 and "'" not in raw[1:-1]):
        return raw
    if _BARE.fullmatch(raw):
        return f'"{raw}"'
    return raw if _quoted_everywhere(raw) else None


def _quoted_everywhere(raw: str) -> bool:
    """All that the shell expands stands in double quotes, and what stands outside of quotes is plain."""
    quote = ""
    skip = False
    for char in raw:
        if skip:
            skip = False
        elif quote == "'":
            quote = "" if char == "'" else quote
        elif quote:
            skip = char == "\\"
            quote = "" if char == '"' else quote
            if char in "`(":
                return False
        elif char in "'\"":
            quote = char
        elif not _STATIC.fullmatch(char):
            return False
    return not quote and not skip


def _inner(raw: str) -> str | None:
    """The word as it can stand between double quotes in JSON: plain text and variables only."""
    text = raw[1:-1] if len(raw) > 2 and raw[0] == raw[-1] == '"' else raw
    return text if len(text) <= _LONGEST and _BARE.fullmatch(text) else None


def as_export(settings: Sequence[Setting]) -> str:
    """One `export` for all of them; entries of a JSON variable are joined in one value."""
    parts = [f"{name}={value}" for s in settings for name, value in s.exports]
    sections: dict[str, list[tuple[str, str]]] = {}
    for s in settings:
        if s.entry is not None:
            sections.setdefault(s.entry[0], []).append(s.entry[1:])
    if sections:
        text = ",".join(f'\\"{k}\\":{{' + ",".join(f'\\"{n}\\":\\"{v}\\"' for n, v in held) + "}" for k, held in sections.items())
        parts.append(f'COMPOSER_AUTH="{{{text}}}"')
    return "export " + " ".join(dict.fromkeys(parts))


def variables(found: Setting) -> tuple[str, ...]:
    """The variables that stand for the setting; a JSON one with the section and name inside it."""
    if found.entry is not None:
        return (f"COMPOSER_AUTH ({found.entry[0]}, {found.entry[1]})",)
    return tuple(name for name, _ in found.exports)


def _static(raw: Sequence[str]) -> list[str | None]:
    """The words of a command for matching; one that expands something stays as it is written, one that is all expansion is unknown."""
    texts = [w.replace('"', "").replace("'", "") for w in raw]
    return [None if t.startswith(("$", "`")) else t for t in texts]


def _direct(raw: Sequence[str]) -> Call | None:
    """The command when the tool itself is called by its name, without `sudo` and the like before it."""
    if not raw:
        return None
    first = program_name(raw[0])
    if first not in _programs() and not (first in ("python", "php") and len(raw) > 2):
        return None
    return call(_static(raw))


def setting(raw: Sequence[str], given: str | None = None) -> Setting | None:
    """What the command sets, when an environment variable does the same. `raw`: its words as written; `given`: the word that comes by its input."""
    command = _direct(raw)
    if command is None:
        return None
    words = raw[len(raw) - len(command.args) :]
    for row in ROWS:
        if row.stdin == (given is not None) and fits_words(row.run, command) and not any_argument(command, row.unless):
            found = _match(row, command.args, words, given)
            if found is not None:
                return found
    return None


def _match(row: SettingRow, args: Argv, raw: Sequence[str], given: str | None) -> Setting | None:
    """`args` and `raw` are the same words, for reading and as written."""
    held: dict[str, str] = {} if given is None else {"value": given}
    rest: list[tuple[str | None, str]] = []
    index = 0
    while index < len(args):
        arg = args[index]
        option, equals, _ = (arg or "").partition("=")
        if arg is not None and arg.startswith("-") and arg != "-":
            if option in row.given:
                index += not equals
                if index >= len(raw):
                    return None
                held["value"] = raw[index].split("=", 1)[1] if equals else raw[index]
            elif arg not in row.flags:
                return None
        else:
            rest.append((arg, raw[index]))
        index += 1
    return _fill(row, rest[len(shape(row.run)[1]) :], held) if _has_flags(row, args) else None


def _has_flags(row: SettingRow, args: Argv) -> bool:
    """Options without which the command does something else."""
    wanted = [f for f in row.flags if f in ("-w", "--with-token", "--stdin")]
    return all(f in args for f in wanted)


def _fill(row: SettingRow, rest: Sequence[tuple[str | None, str]], held: dict[str, str]) -> Setting | None:
    if len(rest) != len(row.args):
        return None
    key, name = next((a for a in row.args if "{" not in a), ""), ""
    for wanted, (arg, raw) in zip(row.args, rest, strict=True):
        if wanted in ("{value}", "{user}"):
            held[wanted[1:-1]] = raw
        elif wanted.endswith("={value}"):
            start = wanted.removesuffix("{value}")
            text = raw[1:] if raw[:1] == '"' else raw
            if not text.startswith(start):
                return None
            held["value"] = ('"' if raw[:1] == '"' else "") + text[len(start) :]
            key = start.rstrip("=")
        elif wanted.endswith("{}"):
            name = (arg or "").removeprefix(wanted[:-2])
            if arg is None or not arg.startswith(wanted[:-2]) or not _NAMES[row.names].fullmatch(name):
                return None
            key = arg
        elif arg != wanted:
            return None
    if "value" not in held:
        return None
    return _entry(row, key, name, held["value"]) if row.json else _exports(row, key, name, held)


def _entry(row: SettingRow, key: str, name: str, raw: str) -> Setting | None:
    inner = _inner(raw)
    return Setting(row, key, (), (row.json, name, inner)) if inner is not None else None


def _exports(row: SettingRow, key: str, name: str, held: dict[str, str]) -> Setting | None:
    for old, new in row.spell:
        name = name.replace(old, new)
    exports: list[tuple[str, str]] = []
    for variable, wanted in row.env:
        value = double_quoted(held[wanted[1:-1]])
        if value is None:
            return None
        exports.append((variable.replace("{}", name.upper()), value))
    return Setting(row, key, tuple(exports))


def undo_of(argv_raw_words: Sequence[str]) -> str | None:
    """The shell command after which no file keeps what this one set; None when none is known: then the file has to be removed.

    The words are taken as written, so that quotes and variables in a key stay what they are.
    """
    if argv_raw_words and program_name(argv_raw_words[0]) == "git":
        return undo_config(argv_raw_words)
    command = _direct(argv_raw_words)
    if command is None:
        return None
    row = next((r for r in UNDO_ROWS if _undoes(r, command)), None)
    return _undo_text(row, command, argv_raw_words) if row is not None else None


def _undoes(row: UndoRow, command: Call) -> bool:
    if not fits_words(row.run, command) or any_argument(command, row.unless):
        return False
    return not row.need or any_argument(command, row.need)


def _undo_text(row: UndoRow, command: Call, words: Sequence[str]) -> str | None:
    raw = list(words[len(words) - len(command.args) :])
    program = " ".join(words[: len(words) - len(command.args)])
    kept: list[str] = []
    named = ""
    rest: list[str] = []
    skip = ""
    for word, arg in zip(raw, command.args, strict=True):
        if skip:
            kept += [skip, word] if skip in row.keep else []
            named = word if skip in ("-n", "--name") else named
            skip = ""
        elif arg is not None and arg.startswith("-") and arg != "-":
            option = arg.split("=", 1)[0]
            takes = option in row.values or (option in ("--location", "-L", "--userconfig", "--prefix") and option in row.keep)
            if takes and "=" not in arg:
                skip = option
            elif option in row.keep:
                kept.append(word)
        else:
            rest.append(word)
    rest = rest[len(shape(row.run)[1]) :]
    if "{name}" in row.undo and not named:
        return None
    keys = _keys(row, rest)
    if keys is None:
        return None
    undo = row.undo if kept or not row.nowhere else row.nowhere
    text = undo.replace("{program}", program).replace("{where}", " ".join(kept)).replace("{name}", named)
    return " ".join(text.replace("{key}", " ".join(keys)).split())


def _keys(row: UndoRow, rest: Sequence[str]) -> list[str] | None:
    """The words that name what is taken back, as they were written."""
    if "{key}" not in row.undo:
        return []
    if not rest:
        return [] if row.last else None
    if row.last:
        return [rest[-1]]
    if not row.pairs or "=" not in rest[0]:
        return [rest[0]]
    keys: list[str] = []
    for word in rest:
        key, equals, _ = word.partition("=")
        if not equals or (key[:1] in "'\"" and key.count(key[:1]) > 1):
            return None
        keys.append(key + key[0] if key[:1] in ("'", '"') else key)
    return keys

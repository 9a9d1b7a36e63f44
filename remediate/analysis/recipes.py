"""What project code of two common kinds runs: the recipes of a Makefile, the scripts of a package.json, as shell texts.

RUN make deps        Makefile: `deps: ; npm ci`                    -> npm ci
RUN npm run fetch    package.json: {"scripts": {"fetch": "..."}}   -> that script, with its pre and post
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from remediate.analysis.references import tool_name
from remediate.analysis.surroundings import Surroundings
from remediate.shell.parse import parse_shell
from remediate.shell.view import Script
from remediate.text import LogicalText

_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
_LARGEST = 256 * 1024
_MOST = 200  # targets, or scripts
_RULE = re.compile(r"^([^\s:#=][^:#=\n]{0,400}?)\s*::?(?!=)\s*([^;#\n]*)(?:;([^\n]*))?$")
_SET = re.compile(r"^\s*(?:export\s+|override\s+)?([A-Za-z_][\w.-]{0,100})\s*(?:::?:?|\?|\+)?=\s*([^#\n]*)$")
_REF = re.compile(r"\$[({]([A-Za-z_][\w.-]{0,100})[)}]")
_RUNNERS = {"npm": ("run", "run-script"), "pnpm": ("run", "run-script"), "yarn": ("run",), "bun": ("run",)}
_SHORT = {"npm": ("test", "start"), "pnpm": ("test", "start"), "yarn": ("test", "start", "build"), "bun": ()}
_VALUE_OPTIONS = frozenset({"-C", "--directory", "-f", "--file", "--makefile", "-j", "-I", "-o", "-W", "-l"})


def recipes(argv: Sequence[str | None], around: Surroundings) -> list[tuple[str, Script]] | None:
    """(path, shell text) of all that the command runs of the project's own; None when that cannot be told."""
    tool = tool_name(argv)
    if tool in ("make", "gmake"):
        return _of_make(argv, around)
    if tool in _RUNNERS:
        return _of_package(tool, argv, around)
    return None


def _file(around: Surroundings, names: Sequence[str], folder: str) -> tuple[str, str] | None:
    """The file of one of these names in that folder of the context, with its text; None when it is not clear which one is meant."""
    paths = [f"{folder.strip('./')}/{n}".lstrip("/") if folder.strip("./") else n for n in names]
    held = [f for f in around.files() if f in paths] or [f for f in around.files() if f.rsplit("/", 1)[-1] in names and not folder]
    data = around.read(held[0]) if len(held) == 1 else None
    return (held[0], data.decode("utf-8", "replace")) if data is not None and len(data) <= _LARGEST else None


def _of_make(argv: Sequence[str | None], around: Surroundings) -> list[tuple[str, Script]] | None:
    folder, targets = "", list[str]()
    names: tuple[str, ...] = _MAKEFILES
    words = iter(argv[1:])
    for word in words:
        if word is None:
            return None
        if word in _VALUE_OPTIONS:
            value = next(words, None)
            if word in ("-C", "--directory"):
                folder = value or ""
            elif word in ("-f", "--file", "--makefile"):
                names = (value or "",)
        elif not word.startswith("-") and "=" not in word:
            targets.append(word)
    found = _file(around, names, folder)
    if found is None or re.search(r"^(?:-?include|sinclude|define)\b", found[1], re.MULTILINE):
        return None
    texts = _recipes_of(found[1], targets)
    return _scripts(found[0], texts) if texts is not None else None


def _recipes_of(text: str, targets: list[str]) -> list[str] | None:
    """The recipes of these targets (of the first one when there are none) and of what they depend on; None for an unknown target."""
    rules: dict[str, tuple[list[str], list[str]]] = {}
    settings: dict[str, str] = {"MAKE": "make"}
    current: list[str] = []
    first = ""
    for line in text.replace("\\\n", " ").split("\n"):
        if line.startswith("\t"):
            for name in current:
                rules[name][1].append(" ".join(line.split()).lstrip("@-+ "))
            continue
        found = _SET.match(line)
        rule = None if found is not None else _RULE.match(line)
        if found is not None:
            settings[found[1]] = found[2].strip()
        if rule is not None:
            current = rule[1].split()[:_MOST]
            first = first or next((n for n in current if not n.startswith(".")), "")
            for name in current:
                needs, lines = rules.setdefault(name, ([], []))
                needs += rule[2].replace("|", " ").split()
                lines += [rule[3].strip()] if rule[3] else []
    waiting, seen, out = targets or [first], set[str](), list[str]()
    if any(t not in rules for t in waiting):
        return None
    while waiting and len(seen) < _MOST:
        name = waiting.pop()
        if name in rules and name not in seen:
            seen.add(name)
            waiting += rules[name][0]
            out += rules[name][1]
    return [_expanded(line, settings) for line in out]


def _expanded(line: str, settings: dict[str, str]) -> str:
    for _ in range(3):
        line = _REF.sub(lambda m: settings.get(m[1], m[0])[:1000], line)[:10_000]
    return line.replace("$$", "$")


def _of_package(tool: str, argv: Sequence[str | None], around: Surroundings) -> list[tuple[str, Script]] | None:
    words = [w for w in argv[1:] if w is None or not w.startswith("-")]
    if None in words or not words or len([w for w in argv[1:] if w and w.startswith(("-C", "--prefix", "--dir", "--cwd", "-w"))]):
        return None
    plain = [w or "" for w in words]
    if plain[0] in _RUNNERS[tool]:
        name = plain[1] if len(plain) > 1 else ""
    elif plain[0] in _SHORT[tool]:
        name = plain[0]
    else:
        return None
    found = _file(around, ("package.json",), "")
    scripts = _script_table(found[1]) if found is not None else None
    if found is None or scripts is None or name not in scripts:
        return None
    return _scripts(found[0], [scripts[n] for n in (f"pre{name}", name, f"post{name}") if n in scripts])


def _script_table(text: str) -> dict[str, str] | None:
    import json

    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        return None
    scripts = held.get("scripts") if isinstance(held, dict) else None
    return {k: v for k, v in scripts.items() if isinstance(v, str)} if isinstance(scripts, dict) else None


def _scripts(path: str, texts: list[str]) -> list[tuple[str, Script]] | None:
    """The texts as shell; None when one cannot be read."""
    parsed = [parse_shell(LogicalText.of(t.encode("utf-8", "surrogateescape"))) for t in texts if t.strip()]
    return None if any(s.damaged for s in parsed) else [(path, s) for s in parsed]

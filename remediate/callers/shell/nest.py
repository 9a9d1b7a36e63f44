"""The shells of a text: its own, and those of scripts that it hands to other shells, with what may be written into each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from remediate.callers.shell.builders import EMPTIES, HANDS, REMOTE
from remediate.callers.shell.shells import Mask, Shell, inside, masked
from remediate.formats.embedded import Embedded
from remediate.shell.nested import handed, heredoc, nested, program
from remediate.shell.parse import parse_shell
from remediate.shell.view import Command, Script
from remediate.text import late

MOST_SHELLS = 200
DEEPEST = 4
_BUILD = late(r"\b(?:docker|podman|buildah|nerdctl)\b[^\n;|&]{0,120}?\b(?:build|bud|bake)\b|build-arg")
_SPECIAL = late(rb'[\\"$`]')
_BODY_SPECIAL = late(rb"[\\$`]")


def shells(embedded: Embedded, masks: Sequence[tuple[int, int]]) -> list[Shell]:
    """The text's own shell first, then those inside it."""
    whole = embedded.text
    named: list[Mask] = [(a, b, whole.data[a:b].decode("utf-8", "surrogateescape")) for a, b in sorted(masks)]
    top = Shell(parse_shell(masked(whole, masks)), embedded.written, named)
    out, queue = [top], [(top, 0)]
    while queue:
        shell, depth = queue.pop(0)
        for command in shell.script.commands if depth < DEEPEST else ():
            made = _inside(shell, command, len(out)) if len(out) < MOST_SHELLS else None
            if made is not None:
                out.append(made)
                queue.append((made, depth + 1))
    return out


def _inside(shell: Shell, command: Command, number: int) -> Shell | None:
    """The shell that a command starts with a script in its words or on its standard input."""
    name = program(command)[0]
    remote = shell.remote or name in REMOTE or name in ("su", "runuser") or any(w.value in EMPTIES.get(name, ()) for w in command.argv)
    script = _elsewhere(shell.script, command) if name in REMOTE else nested(shell.script, command) or _handed(shell.script, command)
    if script is None:
        return None
    written = _never if remote or name == "eval" else _writer(shell, command, script)
    return Shell(script, written, inside(script.text, shell.script.text, shell.masks), (shell, command), remote, number)


def _elsewhere(script: Script, command: Command) -> Script | None:
    """The script that `ssh host '...'` or `docker exec box sh -c '...'` runs, when it speaks of a build."""
    for word in command.argv[1:]:
        if " " in word.raw and _BUILD.search(word.raw):
            return handed(script, [word])
    inner = heredoc(script, command)
    return inner if inner is not None and _BUILD.search(inner.text.text) else None


def _handed(script: Script, command: Command) -> Script | None:
    """The text that a program behind wrappers hands to a shell (`nix-shell --run '...'`), when it speaks of a build."""
    for start, word in enumerate(command.argv):
        options = HANDS.get((word.value or "").rsplit("/", 1)[-1])
        for at in range(start + 1, len(command.argv)) if options else ():
            text, before = command.argv[at], command.argv[at - 1].value or ""
            if " " not in text.raw or not _BUILD.search(text.raw):
                continue
            last = before if before.startswith("--") else "-" + before[-1:] if before.startswith("-") else ""
            if options and ("" in options or last in options):
                return handed(script, [text])
    return None


def _never(_new: bytes) -> bytes | None:
    return None


def _writer(shell: Shell, command: Command, script: Script) -> Callable[[bytes], bytes | None]:
    """How new text is written where the nested script stands: in single quotes, in double quotes, in a heredoc's body."""
    at = script.text.start_of(0)
    around = shell.script.text
    for word in command.argv:
        where = around.span(word.start, word.end)
        if not where.start <= at < where.end:
            continue
        raw = shell.data[word.start : word.end]
        if raw[:1] == b"'" and raw.count(b"'") == 2 and raw[-1:] == b"'":
            return lambda new: None if b"'" in new else shell.written(new)
        if raw[:1] == b'"' and raw[-1:] == b'"' and len(raw) > 1:
            return lambda new: shell.written(_SPECIAL.sub(rb"\\\g<0>", new))
        return _never
    for redirect in command.redirects:
        if redirect.body is not None:
            if redirect.expand:
                return lambda new: shell.written(_BODY_SPECIAL.sub(rb"\\\g<0>", new))
            return shell.written
    return _never

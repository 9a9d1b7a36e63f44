"""What one script removes again of the files that it writes, and where it cannot be sure to.

echo "$T" > .npmrc && npm ci && rm .npmrc               gone: when `npm ci` fails, the RUN fails
echo "$T" > .npmrc && npm ci && rm .npmrc || true       not sure: when `npm ci` fails, the RUN goes on and keeps the file
trap 'rm -f .npmrc' EXIT; echo "$T" > .npmrc; npm ci    gone, whatever happens
"""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from itertools import pairwise

from remediate.analysis.git_calls import config_keys, git_call
from remediate.analysis.references import static_argv, tool_name
from remediate.analysis.runs import RunView
from remediate.knowledge import commands, persist
from remediate.shell.parse import parse_shell
from remediate.shell.view import Command, Script
from remediate.text import LogicalText

# Programs that put a file's content somewhere else; the first ones also by a name that only the shell knows.
_MOVES = frozenset("cp mv install ln tar rsync zip 7z scp cpio".split())
_COPIES = _MOVES | frozenset("cat tee dd sed awk grep base64 gzip head tail sort split openssl jq".split())


def working_folders(script: Script, run: RunView) -> list[str]:
    """The working directory of each command, by its index. One that cannot be known is a name that equals only itself."""
    moves: list[tuple[tuple[str, ...], str]] = []
    folders: list[str] = []
    for command in script.commands:
        folder = run.workdir
        for scopes, path in moves:
            if command.scopes[: len(scopes)] == scopes:
                folder = path
        folders.append(folder)
        if command.name in ("cd", "pushd", "popd", "chdir"):
            target = command.argv[1].value if command.name != "popd" and len(command.argv) == 2 else None
            known = target is not None and target != "-" and "?" not in folder
            moves.append((command.scopes, normal_path(target or "", run, folder) if known else f"/?{run.index}.{command.index}"))
    return folders


def normal_path(path: str, run: RunView, folder: str) -> str:
    """The path with `~`, `$HOME` and a relative start made absolute, as far as that is known."""
    home = "/root" if run.user in ("", "root", "0") else f"/home/{run.user}"
    if path in ("~", "$HOME", "${HOME}"):
        return home
    for start in ("~/", "$HOME/", "${HOME}/"):
        if path.startswith(start):
            return f"{home}/{path[len(start) :]}"
    if path and not path.startswith(("/", "$", "<")):
        path = f"{folder.rstrip('/')}/{path}"
    return posixpath.normpath(path) if path else path


class Removals:
    """Answers for one script. `folders` are the working directories of its commands."""

    def __init__(self, script: Script, run: RunView, folders: list[str]) -> None:
        self._script = script
        self._gone: dict[str, list[int]] = {}
        self._copies: list[tuple[int, tuple[str, ...]]] = []
        self._ends: list[int] = []
        self._undone: list[tuple[Command, tuple[str, ...]]] = []
        self._starts = [c.start for c in script.commands]
        self._tail = last_chain(script)
        self._trap = _at_exit(script, self._tail)
        self._at_exit, self._undone_at_exit = self._trapped(run)
        for command in script.commands:
            argv = static_argv(command)
            folder = folders[command.index]
            if tool_name(argv) in _COPIES or persist.persists(argv) is not None:
                self._copies.append((command.index, _read_paths(command, run, folder)))
            if _ends_well(command):
                self._ends.append(command.index)
            if not self._sure(command):
                continue
            for removed in (*commands.removes(_homely(command, argv)), *_overwritten(command), *self._brought_back(command, run, folder)):
                self._gone.setdefault(normal_path(removed, run, folder), []).append(command.index)
            undone = persist.undoes(argv)
            if undone:
                self._undone.append((command, undone))

    def _brought_back(self, command: Command, run: RunView, folder: str) -> tuple[str, ...]:
        """`cp -p f f.before; ...; mv -f f.before f`: what stood in the file before is there again."""
        words = [w.value for w in command.argv[1:] if w.value and not w.value.startswith("-")]
        if command.name != "mv" or len(words) != 2 or None in words:
            return ()
        kept, place = (normal_path(w or "", run, folder) for w in words)
        for earlier in self._script.commands[: command.index] if command in self._script.commands else self._script.commands:
            paths = [normal_path(w.value, run, run.workdir) for w in earlier.argv[1:] if w.value and not w.value.startswith("-")]
            if earlier.name == "cp" and paths == [place, kept] and place.startswith("/"):
                return (place,)
        return ()

    def _sure(self, command: Command) -> bool:
        return surely_runs(command, self._tail)

    def covers(self, path: str, writer: Command) -> bool:
        """A later command surely removes the file; none before it makes a copy or ends the RUN."""
        if not path or "$" in path or "*" in path:
            return False
        after = bisect_left(self._starts, writer.end)
        if self._traps(writer) and self._at_exit & set(_above(path)):
            return not any(after <= i and any(_takes(p, path) for p in paths) for i, paths in self._copies)
        lists = (self._gone.get(place, []) for place in _above(path))
        removed = min((found[at] for found in lists if (at := bisect_left(found, after)) < len(found)), default=None)
        if removed is None or bisect_left(self._ends, after) < bisect_left(self._ends, removed):
            return False
        first = bisect_left(self._copies, after, key=lambda copy: copy[0])
        last = bisect_left(self._copies, removed, key=lambda copy: copy[0])
        return not any(_takes(p, path) for _, paths in self._copies[first:last] for p in paths)

    def _trapped(self, run: RunView) -> tuple[frozenset[str], list[tuple[set[str], tuple[str, ...]]]]:
        """The paths that the trap removes when the shell ends, and the settings that it takes out."""
        if self._trap is None:
            return frozenset(), []
        inner = parse_shell(LogicalText.of((self._trap.argv[1].value or "").encode("utf-8", "surrogateescape")))
        moves = any(c.name in ("cd", "pushd", "popd", "chdir") for c in (*self._script.commands, *inner.commands))
        folder = f"/?{run.index}" if moves else run.workdir
        gone: set[str] = set()
        undone: list[tuple[set[str], tuple[str, ...]]] = []
        for command in () if inner.damaged else inner.commands:
            if command.scopes or command.stage or command.pipe_to_next or command.background or command.connector not in ("", ";"):
                break  # whether the rest runs is not certain
            argv = static_argv(command)
            given = commands.removes(_homely(command, argv))
            gone |= {normal_path(removed, run, folder) for removed in (*given, *self._brought_back(command, run, folder))}
            tools = persist.undoes(argv)
            if tools:
                undone.append((_keys(command), tools))
        return frozenset(gone), undone

    def _traps(self, writer: Command) -> bool:
        """The trap stands before the writer, which ends before the shell does."""
        return self._trap is not None and self._trap.index < writer.index and not writer.background

    def undoes(self, tool: str, writer: Command) -> bool:
        """A later command surely takes the value out again, under the key under which it was set: `npm config delete KEY`."""
        keys = _keys(writer)
        if self._traps(writer) and any(tool in tools and (own & keys or not own | keys) for own, tools in self._undone_at_exit):
            return True
        for command, tools in self._undone:
            between = any(writer.index < i < command.index for i in self._ends)
            if tool in tools and command.index > writer.index and not between and (_keys(command) & keys or not _keys(command) | keys):
                return True
        return False


def _overwritten(command: Command) -> tuple[str, ...]:
    """Files that `... > f` makes anew: what stood in them before is gone."""
    targets = (r.target.value for r in command.redirects if r.op in (">", ">|") and r.fd in (-1, 1) and r.target is not None)
    return tuple(t for t in targets if t and not t.startswith(("/dev/", "&")))


def _homely(command: Command, argv: tuple[str | None, ...]) -> tuple[str | None, ...]:
    """The words with `$HOME/x` told as it is written: `normal_path` knows where that is."""
    raw = [w.raw.strip('"') for w in command.argv][len(command.argv) - len(argv) :]
    if len(raw) != len(argv) or not any(v is None for v in argv):
        return argv
    return tuple(
        r if v is None and r.startswith(("$HOME/", "${HOME}/")) and r.count("$") == 1 else v for v, r in zip(argv, raw, strict=True)
    )


def surely_runs(command: Command, tail: frozenset[int]) -> bool:
    """The command runs whenever the RUN succeeds. `tail`: `last_chain` of its script."""
    if command.scopes or command.stage or command.background or command.pipe_to_next:
        return False
    return command.connector in ("", ";") or (command.connector == "&&" and command.index in tail)


def last_chain(script: Script) -> frozenset[int]:
    """Indexes of the commands that are joined by `&&` up to the very end of the script; none when a `||` stands among them."""
    found: list[int] = []
    for command in reversed([c for c in script.commands if not c.scopes and not c.stage]):
        if command.connector == "||":
            return frozenset()
        found.append(command.index)
        if command.connector != "&&":
            break
    return frozenset(found)


def _at_exit(script: Script, tail: frozenset[int]) -> Command | None:
    """The `trap '...' EXIT` that surely runs in the end: nothing sets or clears a trap after it, and nothing takes the shell's place."""
    found = [c for c in script.commands if c.name == "trap"]
    if len(found) != 1 or any(c.name == "exec" and len(c.argv) > 1 for c in script.commands):
        return None
    trap = found[0]
    if trap.scopes or trap.stage or trap.pipe_to_next or trap.background or len(trap.argv) != 3:
        return None
    surely = trap.connector in ("", ";") or (trap.connector == "&&" and trap.index in tail)
    return trap if surely and trap.argv[1].value and trap.argv[2].value in ("EXIT", "0") else None


def _ends_well(command: Command) -> bool:
    """`exit 0`, `exit`, `exec CMD`: the RUN may end here, and well."""
    if "substitution" in command.scopes or "subshell" in command.scopes:
        return False
    if command.name == "exec":
        return len(command.argv) > 1
    return command.name in ("exit", "return") and (command.argv[1].value if len(command.argv) > 1 else "0") in ("0", None)


def _keys(command: Command) -> set[str]:
    """The words of a setting command that say what is set: all but the tool, its verbs and options."""
    call = git_call(command)
    if call is not None and call.name == "config":
        return set(config_keys(call))
    raw = [w.raw for w in command.argv]
    if raw[:2] == ["dotnet", "nuget"]:  # a source has a name, by which it is removed
        named = [value for option, value in pairwise(raw) if option in ("-n", "--name") or (option == "source" and "remove" in raw)]
        return {w.strip("\"'") for w in named}
    words = (w for w in raw[1:] if any(c in w for c in "/.:$=\"'") and not w.startswith("-"))
    return {part for w in words for part in (w, w.strip("\"'").partition("=")[0])}


def _above(path: str) -> list[str]:
    """The path and the folders above it, without the root."""
    parts = path.split("/")
    return ["/".join(parts[:n]) for n in range(len(parts), 0, -1) if "/".join(parts[:n]) not in ("", "/")]


def _takes(place: str, path: str) -> bool:
    return place == "*" or path == place or path.startswith(place.rstrip("/") + "/")


def _read_paths(command: Command, run: RunView, folder: str) -> tuple[str, ...]:
    """The files and folders that a copying command reads; "*" where the shell puts in names that are not known here."""
    words = [w.value for w in command.argv[1:]]
    inputs = [r.target.value for r in command.redirects if r.target is not None and r.op == "<"]
    if tool_name(static_argv(command)) in _MOVES and any(w is None or any(c in w for c in "*?[") for w in words[:-1]):
        return ("*",)
    return tuple(normal_path(w, run, folder) for w in (*words, *inputs) if w)

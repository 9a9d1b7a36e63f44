"""Where a RUN leaves a secret behind: in a file of its layer, or in the build log (SPEC 4, 7).

The value is followed through assignments, substitutions and pipes to redirects, `tee`, `sed -i`, and to tools that persist what they are
given. A file that the same RUN removes again is no residue.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from remediate.analysis.chatter import chatter
from remediate.analysis.git_calls import git_call, kept_in
from remediate.analysis.mount_copies import copies_mount, takes_file
from remediate.analysis.references import all_words, static_argv, tool_name
from remediate.analysis.removals import Removals, normal_path, working_folders
from remediate.analysis.runs import POSIX_SHELLS, RunView, traces
from remediate.analysis.secret_files import FilesIn, MountedFiles
from remediate.analysis.taint import Taint, programs_of, redirected
from remediate.knowledge import commands, persist
from remediate.model import NamedTuple
from remediate.shell.nested import wrapper_assignments
from remediate.shell.view import Command, Redirect, Script, Word
from remediate.text import Source, late

_NOWHERE = late(r"^(/dev/(null|stdout|stderr|tty|fd/[012])|&?[012]|-)$")
_COPIES = frozenset("cp mv install ln tar rsync cat tee dd".split())
_WRITES_IN_CODE = late(r"open\s*\(|write|[^=<>-]>{1,2}\s*[\"'/\w]|to_file|put_contents|fs\.|dump\s*\(|spurt")
_OUTPUT_OPTIONS = frozenset({"-o", "-out", "--output", "--out", "-O"})


class Residue(NamedTuple):
    """The RUN with that instruction index leaves `name` in `target` ("" when unknown) through `tool`. `printed`: only the build log.

    `script` and `command` are indexes in `RunView.scripts` and `Script.commands` (-1: in a script of the context that the RUN starts);
    `path` is the target made absolute, as far as that is known; `beside` the path of the file with which this one was written along
    (a log, a second place).
    """

    run: int
    name: str
    line: int
    tool: str
    target: str
    printed: bool = False
    script: int = -1
    command: int = -1
    path: str = ""
    beside: str = ""


def find_residue(source: Source, run: RunView, name: str, opened: Sequence[Script] = ()) -> list[Residue]:
    """What this RUN leaves of the variable `name`, in its layer and in the build log. `opened`: scripts of the context that it starts."""
    names = {name}
    found = _of_scripts(source, run, name, run.scripts, names)
    line = run.instruction.start_line
    return found + [
        r._replace(line=line, script=-1, command=-1) for r in _of_scripts(source, run, name, opened, names)
    ]


def file_residue(source: Source, run: RunView, name: str, mounted: MountedFiles, names: Iterable[str] = ()) -> list[Residue]:
    """What this RUN leaves of the mounted files, and of the variables `names` that mounts fill."""
    return _of_scripts(source, run, name, run.scripts, set(names), mounted)


def _of_scripts(
    source: Source, run: RunView, name: str, scripts: Sequence[Script], names: set[str], mounted: MountedFiles | None = None
) -> list[Residue]:
    """`names` carry the secret at the start; what the scripts make of them is added."""
    found: list[Residue] = []
    exposed = bool(names)
    for number, script in enumerate(scripts):
        folders = working_folders(script, run)
        taint = Taint(script, names, FilesIn(mounted, script, run, folders) if mounted is not None else None, exposed)
        exposed = taint.exposed
        tracing = to_file = False
        removals = Removals(script, run, folders)
        for command in script.commands:
            line = source.line_of(script.text.start_of(command.start))
            tracing = tracing or _starts_trace(command)
            to_file = to_file or (command.name == "exec" and len(command.argv) == 1 and any(_to_file(r) for r in command.redirects))
            for tool, target in _writes(taint, command, to_file):
                path = "" if _another_home(target, command, run) else normal_path(target, run, folders[command.index])
                if _NOWHERE.match(target) or (taint.files is not None and taint.files.is_mount(path)):
                    continue
                main = path
                if not removals.covers(path, command) and not removals.undoes(tool, command):
                    found.append(Residue(run.index, name, line, tool, target, False, number, command.index, path))
                for other in _along(tool, target, command):
                    place = other.removesuffix("/*")
                    path = "" if _another_home(place, command, run) else normal_path(place, run, folders[command.index])
                    undone = place == other and removals.undoes(tool, command)
                    if not undone and not removals.covers(path, command):
                        found.append(Residue(run.index, name, line, tool, place, False, number, command.index, path, main))
            if _prints(taint, command) or ((tracing or run.prints_all) and _traced(taint, command)):
                found.append(Residue(run.index, name, line, command.name or "set -x", "", True, number, command.index))
        names |= taint.names | _handed_on(taint)  # a shell inside sees what this one exports or hands over
    return found


def _handed_on(taint: Taint) -> set[str]:
    """Names that `T2=$T sh -c`, `env T2=$T sh -c` and `sh -c '...' _ $T` give to the shell inside."""
    out: set[str] = {name for names in taint.given.values() for name in names}
    for command in taint.script.commands:
        out |= {a.name for a in wrapper_assignments(command) if a.value is not None and taint.word(a.value)}
        starts = command.name in POSIX_SHELLS or bool(commands.runs_file(static_argv(command)) if command.argv else ())
        if starts and taint.arguments(command):
            out |= {str(n) for n in range(10)} | {"@", "*"}
    return out


def _traced(taint: Taint, command: Command) -> bool:
    """`set -x` shows the words of the command, and those of a file that it reads in."""
    reads_in = command.name in (".", "source") and taint.files is not None and taint.files.named_by(command.argv[1:], command)
    return reads_in or any(taint.word(w) for w in all_words(command))


def _starts_trace(command: Command) -> bool:
    flags = [w.value or "" for w in command.argv[1:]]
    return command.name == "set" and (traces([f for f in flags if not f.startswith("-v")]) and "+x" not in flags)


def _writes(taint: Taint, command: Command, to_file: bool) -> list[tuple[str, str]]:
    """(tool, path or "") of each place where the command writes the secret down."""
    out: list[tuple[str, str]] = []
    argv = static_argv(command)
    name = tool_name(argv)
    tainted = taint.arguments(command)
    piped = taint.input(command)
    if taint.output(command):
        out += [(name, _path(r.target)) for r in command.redirects if _to_file(r)]
        if to_file and not redirected(command):
            out.append(("exec", ""))
    if not command.argv:
        return out
    out += [(name, path) for path in chatter(taint, command) if path]
    if taint.files is not None:
        out += copies_mount(taint.files, command, argv)
    if piped or taint.environ(command) or taint.reads_file(command):
        out += [(name, path) for path in commands.writes_stdin_to(argv)]
        out += [(name, _after(command, word)) for word in command.argv[1:] if word.value in _OUTPUT_OPTIONS and name != "curl"]
    if name in ("cp", "install", "mv") and len(argv) > 2 and any(w.raw.startswith("<(") and taint.word(w) for w in command.argv[1:]):
        out.append((name, argv[-1] or ""))
    behind = [w.raw for w in command.argv]
    if any(taint.word(w) and _bakes_in(name, w, behind[i]) for i, w in enumerate(command.argv[1:])):
        out.append((name, ""))
    if (taint.input_words(command) and commands.runs_input(argv)) or _is_a_program(taint, name, command):
        out.append((name, ""))  # the secret is part of a program that cannot be followed
    if (tainted or piped) and _kept_otherwise(name, command):
        out.append((name, ""))
    if taint.environ(command) and name in _COPIES and len(argv) > 2:
        out.append((name, argv[-1] or ""))
    if tainted or piped or (taint.files is not None and any(taint.files.text_names(w.raw) for w in command.argv[1:])):
        out += [(name, path) for path in commands.edits_file(argv)]
    if tainted or taint.looks_up(command):
        out += [(name, _code_path(code)) for code in _inline_code(command) if _WRITES_IN_CODE.search(code)]
    if taint.looks_up(command) or taint.code_reads(command):
        out += [(name, _code_path(code)) for code in programs_of(command) if _SURELY_WRITES.search(code)]
    row = persist.persists(argv, _raw(command, argv)) if name else None
    if row is not None and (tainted or piped or takes_file(taint.files, row.tool, command)):
        out += _kept_by(row, taint, command, piped)
    return out


_OTHER_USER = frozenset("sudo doas gosu su-exec setuser runuser setpriv chroot".split())


def _another_home(target: str, command: Command, run: RunView) -> bool:
    """The tool is run as another user (`gosu app npm config set`), so `~` in a row's path is that one's home, which is not known."""
    if not target.startswith("~") or any(_path(r.target) == target for r in command.redirects):
        return False
    words = [w.value or w.raw for w in command.argv[:1]]
    if not words or words[0].rsplit("/", 1)[-1] not in _OTHER_USER:
        return False
    return words[0] != "sudo" or run.user not in ("", "root", "0") or any(w.raw.startswith(("-u", "--user")) for w in command.argv[1:])


def _along(tool: str, target: str, command: Command) -> tuple[str, ...]:
    """Further files in which the command of a row leaves the value, beside the row's own."""
    argv = static_argv(command) if command.argv else ()
    row = persist.persists(argv, _raw(command, argv)) if argv else None
    return row.also if row is not None and row.tool == tool and target in row.writes[:1] else ()


def _kept_by(row: persist.PersistRow, taint: Taint, command: Command, piped: bool) -> list[tuple[str, str]]:
    """(tool, path) of what the row says is written. What stands before git's subcommand (`git -c ...`) is for that command alone."""
    call = git_call(command)
    if call is None:
        return [(row.tool, path) for path in row.writes[:1] or ("",)]
    if not piped and not any(taint.word(w) for w in command.argv[call.verb + 1 :]):
        return []
    inside = ("$clone/", ".git/", ".gitmodules", "$file")
    return [(row.tool, kept_in(call, path) if path.startswith(inside) else path) for path in row.writes[:1] or ("",)]


_SURELY_WRITES = late(r"open\s*\([^()]*,\s*(?:mode\s*=\s*)?[\"'][rbt]*[wax+]|[wW]rite|put_contents|dump\s*\([^()]*open|to_file|spurt")
_WRITE_MODE = late(r"\s*,\s*(?:mode\s*=\s*)?[\"'][rbt]*[wax+]")
_CODE_PATH = late(r"(?:open|put_contents|[wW]riteFile(?:Sync)?|File\.write|Path)\s*\(\s*[\"']([^\"'\n]{1,300})[\"']")


def _code_path(code: str) -> str:
    """The first file that program text opens or writes by name."""
    writes = (m for m in _CODE_PATH.finditer(code) if not m[0].startswith("open") or _WRITE_MODE.match(code, m.end()))
    found = next(writes, None)
    return found[1] if found is not None else ""


# Options of installers that are followed by what is installed, not by a value of their own.
_NO_VALUE = frozenset("--git -e --editable -g --global -D -E -O -S --dev --save --save-dev --no-cache-dir -U -q".split())
_INSTALLERS = frozenset("npm yarn pnpm bun bower pip pip3 pipenv poetry uv pdm cargo composer bundle gem conda pod".split())


def _bakes_in(name: str, word: Word, behind: str) -> bool:
    """The argument ends in what the command makes: a dependency's address in the package's records, `-X` in a Go binary.

    `behind`: the word before it; the value of an option (`--index-url https://...`) is used and not kept.
    """
    option_value = behind.startswith("-") and behind not in _NO_VALUE
    if name in ("pip", "pip3"):  # keeps the address of a clone; takes the credentials out of what else it records (direct_url.json)
        return "://" in word.raw and behind in ("-e", "--editable")
    if name in _INSTALLERS:
        return "://" in word.raw and not word.raw.startswith("-") and not option_value
    return name in ("go", "xx-go") and "-X" in word.raw


def _is_a_program(taint: Taint, name: str, command: Command) -> bool:
    """`bash <(echo ...$T...)`, `sh -c "$(printf ... $T)"`: what a substitution prints is run."""
    if name not in POSIX_SHELLS and name not in ("eval", "source", "."):
        return False
    return any(w.substitutions and taint.word(w) for w in command.argv[1:])


# Programs that keep what they are given, or that hand it to a shell which the words do not show as one.
_KEEP = frozenset({"sqlite3", "split", "logsave", "at", "batch"})
_EDIT_IN_PLACE = {"yq": ("-i", "--inplace"), "xmlstarlet": ("-L", "--inplace"), "xml": ("-L", "--inplace"), "vim": ("-",), "ex": ("-",)}
_START_SHELLS = frozenset({"find", "xargs", "parallel", "screen", "tmux", "script", "watch"})


def _kept_otherwise(name: str, command: Command) -> bool:
    """The secret is among the words or the input of a program that may write it where no row can say."""
    words = [w.raw for w in command.argv[1:]]
    if name in _KEEP:
        return True
    if any(w in _EDIT_IN_PLACE.get(name, ()) for w in words):
        return True
    if name == "sed" and any(re.search(r"[/|#,][gIp0-9]*w\s", w) for w in words):
        return True
    return name in _START_SHELLS and any(">" in w or "tee" in w for w in words)


_INTERPRETERS = frozenset("python python3 perl ruby node php awk gawk lua".split())


def _inline_code(command: Command) -> list[str]:
    """The program text among an interpreter's arguments."""
    if command.name not in _INTERPRETERS:
        return []
    return [w.raw for w in command.argv[1:] if not w.raw.startswith("-")]


def _after(command: Command, word: Word) -> str:
    at = command.argv.index(word) + 1
    return _path(command.argv[at]) if at < len(command.argv) else ""


def _raw(command: Command, argv: tuple[str | None, ...]) -> tuple[str, ...]:
    """The words as they are written, one for each of `argv` (wrappers before it are left off)."""
    words = tuple(w.raw for w in command.argv)
    return words[len(words) - len(argv) :] if len(words) >= len(argv) else ()


def _to_file(redirect: Redirect) -> bool:
    value = redirect.target.value if redirect.target is not None else None
    if redirect.op == ">&":
        if value is not None and value.isdigit():
            return int(value) > 2  # a descriptor that something opened
        return value != "-"  # bash: both outputs into a file
    if redirect.op not in (">", ">>", ">|", "&>", "&>>") or redirect.fd == 2:
        return False
    return value is None or not _NOWHERE.match(value)


def _path(word: Word | None) -> str:
    if word is None:
        return ""
    return word.value if word.value is not None else word.raw.strip("\"'")


def _prints(taint: Taint, command: Command) -> bool:
    if command.pipe_to_next or "substitution" in command.scopes or not command.argv or redirected(command):
        return False
    if command.name == "tee":
        return taint.input(command)
    if taint.exposed and not command.assignments and commands.dumps_environment(static_argv(command)):
        return True
    if any(not path for path in chatter(taint, command)):
        return True
    around = (c for c in taint.script.commands[: command.index] if not c.argv and c.end >= command.end and redirected(c))
    return taint.echoes(command) and next(around, None) is None

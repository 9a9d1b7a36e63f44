"""What a single command does to secrets, apart from reading them by itself: inert, starts files, prints, removes, names a variable.

Every function takes the argv of one simple command, with None for a word whose text is not static, and runs in time linear in it.
"""

from __future__ import annotations

from functools import cache

from remediate.knowledge.commands_inert import ASKS, ROWS, InertRow
from remediate.knowledge.commands_names import names_in_code
from remediate.knowledge.commands_runs import files_started, script_names, starts_standard_input
from remediate.knowledge.commands_shape import Argv, Call, call, fits, listed, program_name, shape, unwrap

__all__ = [
    "dumps_environment", "edits_file", "inert", "known", "names_variable", "passes_input", "prints", "removes", "runs_file", "runs_input",
    "runs_script", "unwrap", "uses_network", "writes_argument_to", "writes_stdin_to",
]  # fmt: skip

_PRINTS_ARGUMENTS = frozenset({"echo", "printf", "yes", "figlet", "logger", "cowsay", "expr", "seq"})
# Names that projects like for their own scripts.
_COMMON_SCRIPTS = frozenset({"install", "test", "package", "update", "setup", "clean", "console", "link", "patch", "time", "service", "login", "plugins.sh", "install-plugins.sh"})
_PASSES_INPUT = listed(
    "cat tac head tail grep egrep fgrep rg sed awk gawk mawk cut tr sort uniq tee nl fold rev od xxd hexdump base64 base32 strings less more "
    "jq yq envsubst iconv xargs gunzip zcat openssl dd pv sponge paste column fmt perl"
)


@cache
def _by_program() -> dict[str, tuple[InertRow, ...]]:
    index: dict[str, list[InertRow]] = {}
    for row in ROWS:
        for program in shape(row.run)[0]:
            index.setdefault(program, []).append(row)
    return {program: tuple(found) for program, found in index.items()}


def known(program: str) -> bool:
    """Whether any inert row speaks of this program."""
    return program in _by_program()


def _inert_row(command: Call) -> InertRow | None:
    return next((row for row in _by_program().get(command.program, ()) if fits(row, command)), None)


def inert(argv: Argv) -> bool:
    """Known to read no secret from the environment and to start no project code. A bare `[` or an assignment alone is inert, too."""
    if not argv:
        return True
    command = call(argv)
    if command is None:
        return False
    # `./install` and `/app/update.sh` are somebody's scripts; `/usr/bin/install` is the command.
    if _own_script(command.path, command.program):
        return False
    if len(command.args) == 1 and command.args[0] in ASKS:
        return True
    return _inert_row(command) is not None and not names_variable(argv)


def _own_script(path: str, program: str) -> bool:
    """A file of the project rather than an installed program; `bin/sdkmanager` is installed, `bin/install` need not be."""
    if "/" not in path or program in ("android", "sdkmanager") or path.startswith(("/bin/", "/sbin/", "/usr/", "/etc/init.d/")):
        return False
    return not path.endswith(f"bin/{program}") or program in _COMMON_SCRIPTS


def uses_network(argv: Argv) -> bool:
    """Inert, but on the network: a proxy address with a password in `http_proxy` is read by it."""
    command = call(argv)
    row = _inert_row(command) if command is not None else None
    return row is not None and row.network


def dumps_environment(argv: Argv) -> bool:
    """Prints every variable: `env`, `printenv`, `export -p`, `set`, `declare -p`."""
    inner = unwrap(argv)
    if not inner or inner[0] is None:
        return False
    name, args = program_name(inner[0]), inner[1:]
    if name == "env":
        return all(arg is not None and (arg.startswith("-") or "=" in arg) for arg in args)
    if name == "printenv":
        return all(arg is not None and arg.startswith("-") for arg in args)
    if name in ("export", "readonly"):
        return not args or tuple(args) == ("-p",)
    if name in ("declare", "typeset"):
        return all(arg is not None and arg.startswith("-") for arg in args)
    return name == "set" and not args


def prints(argv: Argv) -> bool:
    """Its standard output shows its arguments (`echo`), a hash of them (`openssl passwd`) or the environment (`env`, `printenv T`)."""
    command = call(argv)
    if command is None:
        return False
    if (command.program == "openssl" and command.words[:1] == ("passwd",)) or command.program == "mkpasswd":
        return True
    if command.program in ("htpasswd", "htdigest"):
        return any(arg is not None and arg.startswith("-") and "n" in arg for arg in command.args)
    return command.program in _PRINTS_ARGUMENTS or command.program == "printenv" or dumps_environment(argv)


def passes_input(argv: Argv) -> bool:
    """Its standard output shows what it reads from standard input or from its files (`cat`, `tee`, `grep`, `base64`)."""
    command = call(argv)
    return command is not None and command.program in _PASSES_INPUT


def removes(argv: Argv) -> tuple[str, ...]:
    """Paths that the command deletes."""
    command = call(argv)
    if command is None:
        return ()
    paths = tuple(word for word in command.words if word is not None)
    if command.program in ("rm", "unlink"):
        return paths
    deletes = any(arg in ("-u", "-zu", "-uz", "-fu", "-uf", "-ufz", "-fuz", "--remove") for arg in command.args)
    return paths if command.program == "shred" and deletes else ()


def names_variable(argv: Argv) -> tuple[str, ...]:
    """Variables whose names stand in the text of the arguments: `printenv T`, `python -c "os.environ['T']"`, `openssl -passin env:T`."""
    command = call(argv)
    return names_in_code(command) if command is not None else ()


def runs_file(argv: Argv) -> tuple[str, ...] | None:
    """Files that the command starts or takes its orders from, as written (globs for a tool's own); None when it starts none.

    An empty tuple: it starts something whose path is not static.
    """
    command = call(argv)
    return files_started(command) if command is not None else ()


def runs_script(argv: Argv) -> tuple[str, ...]:
    """Script or target names: `npm run build` starts `build` of package.json, `make a b` the targets a and b."""
    command = call(argv)
    return script_names(command) if command is not None else ()


def runs_input(argv: Argv) -> bool:
    """An interpreter that takes its program from standard input, as in `curl ... | bash -s`."""
    command = call(argv)
    return command is not None and starts_standard_input(command)


def writes_stdin_to(argv: Argv) -> tuple[str, ...]:
    """Files into which the command writes its standard input: `tee`, `sponge`, `dd of=`, `install /dev/stdin x`, `cp /dev/stdin x`."""
    command = call(argv)
    if command is None:
        return ()
    words = tuple(word for word in command.words if word is not None)
    if command.program in ("tee", "sponge"):
        return words
    if command.program == "dd":
        has_input = any(word.startswith("if=") for word in words)
        return () if has_input else tuple(word[3:] for word in words if word.startswith("of="))
    reads_input = words[:1] in (("/dev/stdin",), ("/proc/self/fd/0",))
    return words[-1:] if command.program in ("install", "cp") and reads_input and len(words) > 1 else ()


def edits_file(argv: Argv) -> tuple[str, ...]:
    """Files changed in place with text from the arguments: `sed -i`, `perl -i`, `ed`, `crudini --set`."""
    command = call(argv)
    if command is None:
        return ()
    words = tuple(word for word in command.words if word is not None)
    if command.program == "crudini":
        return words[:1] if "--set" in command.args else ()
    if command.program not in ("sed", "perl", "gawk", "ruby"):
        return words[:1] if command.program in ("ed", "ex") else ()
    if not any(_in_place(arg) for arg in command.args):
        return ()
    # The script is the first word unless an option brings it (`-e script`, `-pie script`).
    return _after_script(command)


def _in_place(arg: str | None) -> bool:
    if arg is None or not arg.startswith("-"):
        return False
    if arg.startswith("--"):
        return arg.startswith("--in-place")
    return "i" in arg and arg[1:2] in tuple("inrEplsz0w") and not arg.startswith("-inc")


def _after_script(command: Call) -> tuple[str, ...]:
    by_option = False
    files: list[str | None] = []
    skip = False
    for arg in command.args:
        if skip:
            skip = False
        elif arg is not None and arg.startswith("-") and arg != "-":
            brings = arg in ("-e", "-f", "--expression", "--file") or (not arg.startswith("--") and arg.endswith("e") and len(arg) > 2)
            by_option = by_option or brings or arg.startswith("--expression=")
            skip = brings
        else:
            files.append(arg)
    return tuple(name for name in (files if by_option else files[1:]) if name is not None)


def writes_argument_to(argv: Argv) -> tuple[str, ...]:
    """Files into which a command that is given a value writes it: those of `edits_file`; what tools keep is in `persist`."""
    return edits_file(argv)

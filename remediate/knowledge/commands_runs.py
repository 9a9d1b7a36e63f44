"""Which files a command starts or takes its orders from, so that the search of the build context knows where to look first."""

from __future__ import annotations

from remediate.knowledge.commands_shape import Call
from remediate.knowledge.globs import matches
from remediate.knowledge.tools import row_for

_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "fish", "pwsh", "powershell", "cmd"})
# Interpreters, and the options with which the program stands in the argument instead of in a file.
_INTERPRETERS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_SHELLS, ("-c", "-*c", "-Command")),
    "python": ("-c", "-m"), "node": ("-e", "-p", "--eval", "--print"), "ruby": ("-e",), "perl": ("-e", "-*e", "-E"), "php": ("-r",),
    "Rscript": ("-e",), "lua": ("-e",), "ts-node": ("-e",), "tsx": ("-e",), "deno": ("eval",), "julia": ("-e",), "elixir": ("-e",),
    "groovy": ("-e",), "tclsh": (), "expect": ("-c",), "escript": (), "runghc": (), "ocaml": (), "fsharpi": (), "babel-node": ("-e",),
    "nodemon": (), "source": (), ".": (), "r": ("-e",), "R": ("-e",), "sbcl": ("--eval",), "emacs": ("--eval",), "racket": ("-e",),
}  # fmt: skip
_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
_FILE_OPTIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "make": (("-f", "--file", "--makefile"), _MAKEFILES), "rake": (("-f", "--rakefile"), ("Rakefile", "rakefile", "Rakefile.rb", "lib/tasks/*.rake")),
    "just": (("-f", "--justfile"), ("justfile", "Justfile", ".justfile")), "task": (("-t", "--taskfile"), ("Taskfile.yml", "Taskfile.yaml")),
    "ant": (("-f", "-file", "-buildfile"), ("build.xml",)), "mvn": (("-f", "--file"), ("pom.xml",)),
    "gradle": (("-b", "--build-file"), ("build.gradle", "build.gradle.kts")), "pip": (("-r", "--requirement", "-c", "--constraint"), ()),
    "uv": (("-r", "--requirement", "--requirements"), ()), "awk": (("-f", "--file"), ()), "sed": (("-f", "--file"), ()),
    "conda": (("-f", "--file"), ()), "psql": (("-f", "--file"), ()), "docker-compose": (("-f", "--file"), ("docker-compose.yml", "compose.yaml")),
}  # fmt: skip
_DIRECTORY_OPTIONS = {"make": ("-C", "--directory"), "npm": ("--prefix", "-C"), "yarn": ("--cwd",), "pnpm": ("-C", "--dir"), "composer": ("-d", "--working-dir"),
                      "gradle": ("-p", "--project-dir"), "cargo": ("-C",), "go": ("-C",), "poetry": ("-C", "--directory"), "bun": ("--cwd",)}  # fmt: skip
_PLAYBOOKS = frozenset({"ansible-playbook", "dot", "jupyter", "drush", "vim", "hy", "sqlite3"})
_SYSTEM = ("/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/local/bin/", "/usr/local/sbin/", "/usr/libexec/", "/usr/lib/")
_JS_RUNNERS = frozenset({"npm", "pnpm", "yarn", "bun"})


def _values(command: Call, options: tuple[str, ...]) -> tuple[str, ...]:
    """Values of the options, as `-f X`, `-fX` or `--file=X`."""
    found: list[str] = []
    for index, arg in enumerate(command.args):
        following = command.args[index + 1] if index + 1 < len(command.args) else None
        for option in options:
            if arg == option and following is not None:
                found.append(following)
            elif arg is not None and option.startswith("--") and arg.startswith(option + "="):
                found.append(arg[len(option) + 1 :])
            elif arg is not None and len(option) == 2 and arg.startswith(option) and len(arg) > 2 and not arg.startswith("--"):
                found.append(arg[2:])
    return tuple(found)


def _inline(command: Call) -> bool:
    """The program text is an argument; the search for names in arguments has seen it."""
    globs = _INTERPRETERS.get(command.program, ())
    for arg in command.args:
        if arg is None or not (arg.startswith("-") or arg in globs):
            return False
        if any(matches(arg, glob) for glob in globs) and not (arg.startswith("--") and arg not in globs):
            return True
    return False


def _module(command: Call) -> tuple[str, ...]:
    module = next(iter(_values(command, ("-m",))), "")
    path = module.replace(".", "/")
    return (path + ".py", path + "/__main__.py") if module else ()


def _interpreted(command: Call) -> tuple[str, ...] | None:
    if command.program == "python" and "-m" in command.args:
        return _module(command)
    if _inline(command):
        return None
    words = command.words[1:] if command.program == "deno" and command.words[:1] == ("run",) else command.words
    if not words or words[0] == "-":
        return None
    return (words[0],) if words[0] is not None else ()


def starts_standard_input(command: Call) -> bool:
    """`bash`, `bash -s -- x`, `sh -`, `python -`: no file and no inline text."""
    if command.program not in _INTERPRETERS or command.program in ("source", ".") or _inline(command):
        return False
    return not command.words or command.words[0] == "-" or "-s" in command.args


def _local_program(command: Call) -> bool:
    """The program itself is a file of the project: `./build.sh`, `scripts/x`, `/app/run`, `install.sh`."""
    path = command.path
    return ("/" in path and not path.startswith(_SYSTEM)) or path.endswith((".sh", ".py", ".rb", ".pl", ".js", ".ps1", ".bat", ".cmd", ".bash"))


def _inside(command: Call, files: tuple[str, ...]) -> tuple[str, ...]:
    """Default files stand in the directory that an option names."""
    directory = next(iter(_values(command, _DIRECTORY_OPTIONS.get(command.program, ()))), "")
    return tuple(f"{directory.rstrip('/')}/{name}" for name in files) if directory else files


def files_started(command: Call) -> tuple[str, ...] | None:
    """Paths as written, or the tool's own file names and globs; None when the command starts no file."""
    if command.program in _INTERPRETERS:
        return None if starts_standard_input(command) else _interpreted(command)
    found: list[str] = [command.path] if _local_program(command) else []
    if command.program in _FILE_OPTIONS:
        options, default = _FILE_OPTIONS[command.program]
        given = _values(command, options)
        found.extend(_inside(command, given or default))
    elif command.program in _PLAYBOOKS:
        found.extend(word for word in command.words if word is not None)
    row = row_for(command)
    if row is not None and command.program not in ("make", "rake", "just", "task", "ant", "source", "."):
        found.extend(_inside(command, row.starts))
    return tuple(dict.fromkeys(found)) or None


def script_names(command: Call) -> tuple[str, ...]:
    """`npm run build` gives build, `yarn lint` lint, `npm ci` the life-cycle scripts, `make a b` the targets."""
    words = tuple(word for word in command.words if word is not None)
    if command.program == "make":
        return tuple(word for word in words if "=" not in word)
    if command.program == "composer" and words[:1] in (("run",), ("run-script",)):
        return words[1:2]
    if command.program not in _JS_RUNNERS:
        return words if command.program in ("rake", "just", "task", "gulp", "grunt", "invoke", "fab") else ()
    if words[:1] in (("run",), ("run-script",)):
        return words[1:2]
    if words[:1] in (("test",), ("t",), ("start",), ("stop",)):
        return ("test",) if words[0] == "t" else words[:1]
    installs = ("ci", "install", "i", "add", "clean-install")
    if (words[:1] and words[0] in installs) or (not words and command.program == "yarn"):
        return ("preinstall", "install", "postinstall", "prepare")
    return words[:1] if command.program in ("yarn", "pnpm", "bun") else ()

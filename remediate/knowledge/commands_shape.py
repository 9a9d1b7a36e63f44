"""How the rows of this room name a command: one line like `npm|pnpm config set`, matched against a static argv.

Every table (what reads, what is inert, what writes down) asks the same two questions, so they are answered once, here: which program
is it really (`python3 -m pip`, `./gradlew`, `npx prisma` are pip, gradle and prisma), and which of its words are the subcommand
(`git -C dir clone` is `git clone`). An argument that is not static text is None and matches no word.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Protocol

from remediate.knowledge.globs import matches
from remediate.model import NamedTuple
from remediate.text import late

Argv = Sequence[str | None]

_VERSIONED = late(r"(pip|python|pypy|easy_install|gem|bundle|rake|php|node|luarocks|perl|ruby|phpize|gcc|g\+\+|clang|julia)-?[0-9][0-9.]*")
_SUFFIXES = (".exe", ".cmd", ".bat", ".phar")
_ALIASES = {
    "gradlew": "gradle", "mvnw": "mvn", "bundler": "bundle", "nodejs": "node", "gmake": "make", "huggingface-cli": "hf",
    "jfrog": "jf", "mamba": "conda", "micromamba": "conda", "pypy": "python", "ipython": "python", "sbtx": "sbt", "mono": "mono",
    "td-agent-gem": "gem", "fluent-gem": "gem", "ckan-pip": "pip", "pip-python": "pip", "go-wrapper": "go", "django-admin.py": "django-admin",
    "pyinvoke": "invoke", "xx-go": "go", "xx-cargo": "cargo", "docker-compose-v1": "docker-compose", "nuget": "nuget", "yarnpkg": "yarn", "pnpx": "npx", "bunx": "npx",
}  # fmt: skip


def listed(names: str) -> frozenset[str]:
    """A set written as one line of words."""
    return frozenset(names.split())


_MODULES = listed(
    "pip poetry pipenv pdm uv twine build pytest venv virtualenv ensurepip compileall json.tool easy_install conan invoke "
    "sphinx ansible django awscli http.server pipx py_compile site zipfile tarfile"
)
_VALUE_OPTIONS: dict[str, frozenset[str]] = {
    "git": frozenset({"-C", "-c", "--git-dir", "--work-tree", "--namespace", "--exec-path", "--config-env"}),
    "npm": frozenset({"--prefix", "-C", "-w", "--workspace", "--registry", "--userconfig", "--loglevel", "--cache"}),
    "pnpm": frozenset({"-C", "--dir", "--filter", "-F", "--registry", "--loglevel", "--store-dir"}),
    "yarn": frozenset({"--cwd", "--registry", "--cache-folder", "--network-timeout", "--mutex", "--modules-folder", "--use-yarnrc"}),
    "bun": frozenset({"--cwd", "-c", "--config"}),
    "npx": frozenset({"-p", "--package", "-w", "--workspace"}),
    "pip": listed(
        "--proxy --timeout --default-timeout --retries --cert --trusted-host --log --cache-dir --python -r --requirement -c --constraint -i --index-url "
        "--extra-index-url -f --find-links -t --target --root --prefix --src --install-option --global-option --config-settings --no-binary --only-binary "
        "--python-version --platform --progress-bar -d --dest --wheel-dir -w --upgrade-strategy --group --use-feature --implementation --abi --build -b"
    ),
    "uv": frozenset({"--directory", "--project", "--config-file", "--cache-dir", "--color"}),
    "poetry": frozenset({"-C", "--directory", "-P", "--project"}),
    "pdm": frozenset({"-c", "--config", "-p", "--project"}),
    "composer": frozenset({"-d", "--working-dir"}),
    "go": frozenset({"-C"}),
    "cargo": frozenset({"-C", "--config", "-Z", "--color"}),
    "docker": frozenset({"--config", "-c", "--context", "-H", "--host", "-l", "--log-level"}),
    "helm": frozenset({"--kube-context", "--kubeconfig", "-n", "--namespace", "--registry-config", "--repository-config"}),
    "kubectl": frozenset({"-n", "--namespace", "--context", "--kubeconfig", "-s", "--server", "--token"}),
    "aws": frozenset({"--region", "--profile", "--output", "--endpoint-url", "--query", "--color"}),
    "gcloud": frozenset({"--project", "--account", "--configuration", "--format", "--verbosity"}),
    "svn": frozenset({"--username", "--password", "--config-dir"}),
    "terraform": frozenset(),
    "sentry-cli": frozenset({"--url", "--auth-token", "--api-key", "--header", "--log-level"}),
    "gradle": frozenset({"-p", "-b", "-c", "-g", "-I", "-x", "--project-dir", "--build-file", "--gradle-user-home", "--init-script"}),
    "mvn": frozenset({"-s", "--settings", "-f", "--file", "-pl", "-P", "-T", "-gs", "-t", "-l", "-o", "--threads"} - {"-o"}),
    "conda": frozenset({"-n", "--name", "-p", "--prefix"}),
    "bundle": frozenset({"--gemfile", "--jobs", "--retry"}),
    "make": frozenset({"-C", "-f", "-j", "-I", "-o", "-W", "--directory", "--file", "--makefile"}),
    "mix": frozenset(),
    "vault": frozenset({"-address", "-namespace"}),
    "nx": frozenset({"--target", "-t"}),
    "sudo": frozenset({"-u", "-g", "-h", "-p", "-C", "-r", "-t", "-U", "--user", "--group"}),
    "env": frozenset({"-u", "--unset", "-C", "--chdir"}),
    "nice": frozenset({"-n", "--adjustment"}),
    "timeout": frozenset({"-s", "-k", "--signal", "--kill-after"}),
    "python": frozenset({"-W", "-X", "-Q"}),
    "node": frozenset({"-r", "--require", "--import", "--loader", "--env-file"}),
    "ruby": frozenset({"-I", "-r", "-C"}),
    "perl": frozenset({"-I"}),
    "php": frozenset({"-d", "-c"}),
    "ts-node": frozenset({"-P", "--project", "-r", "--require", "-O"}),
    "just": frozenset({"-f", "--justfile", "-d", "--working-directory"}),
    "task": frozenset({"-t", "--taskfile", "-d", "--dir"}),
    "rake": frozenset({"-f", "-I", "-r", "--rakefile"}),
    "ant": frozenset({"-f", "-file", "-buildfile", "-lib"}),
    "bash": frozenset({"-o", "-O", "--rcfile", "--init-file"}),
    "sh": frozenset({"-o"}),
    "install": frozenset({"-m", "-o", "-g", "-t", "--mode", "--owner", "--group"}),
}


# Programs that only start another command, and how many words of their own stand before it.
_WRAPPERS = {
    "sudo": 0, "doas": 0, "env": 0, "time": 0, "nice": 0, "ionice": 0, "nohup": 0, "exec": 0, "command": 0, "builtin": 0, "timeout": 1,
    "gosu": 1, "su-exec": 1, "setuser": 1, "chroot": 1, "stdbuf": 0, "linux32": 0, "linux64": 0, "xvfb-run": 0, "eatmydata": 0,
    "unbuffer": 0, "fakeroot": 0, "tini": 0, "dumb-init": 0, "retry": 0, "travis_retry": 0, "catchsegv": 0, "!": 0, "busybox": 0,
}  # fmt: skip
_MAX_WRAPPERS = 8

_CLUSTER_ENDS = {"sh": "o", "bash": "o", "ash": "o", "dash": "o", "zsh": "o", "ksh": "o", "pip": "r"}


class Call(NamedTuple):
    """A simple command by its real name. `words` are the arguments that are no options; None where the text is not static."""

    program: str
    path: str
    args: tuple[str | None, ...]
    words: tuple[str | None, ...]

    @property
    def after_subcommand(self) -> tuple[str | None, ...]:
        """The arguments from the first word on: in `git -c a=b clone x` the `-c` is not clone's."""
        first = self.words[0] if self.words else None
        return self.args[self.args.index(first) :] if self.words else self.args


class Row(Protocol):
    """What every table's rows share: the shape, and argument globs of which one must be there (`need`) or must not (`unless`)."""

    @property
    def run(self) -> str: ...
    @property
    def need(self) -> tuple[str, ...]: ...
    @property
    def unless(self) -> tuple[str, ...]: ...


@lru_cache(maxsize=2048)
def program_name(word: str) -> str:
    """`/usr/bin/python3.11` is `python`, `./gradlew` is `gradle`."""
    name = word.replace("\\", "/").rsplit("/", 1)[-1]
    for suffix in _SUFFIXES:
        if name.endswith(suffix):
            name = name[: -len(suffix)]
    if (match := _VERSIONED.fullmatch(name)) is not None:
        name = match.group(1)
    return _ALIASES.get(name, name)


def words_of(program: str, args: Argv) -> tuple[str | None, ...]:
    """The arguments that are neither options nor the values of options known to take one."""
    values = _VALUE_OPTIONS.get(program, frozenset())
    found: list[str | None] = []
    skip = False
    for arg in args:
        if skip:
            skip = False
        elif arg is None or arg == "-" or not arg.startswith("-"):
            found.append(arg)
        else:
            # `bash -eo pipefail x.sh`, `pip install -qr x.txt`: a cluster of letters that ends in one that takes a value.
            skip = arg in values or (arg[-1] == _CLUSTER_ENDS.get(program) and not arg.startswith("--"))
    return tuple(found)


def _forwarded(name: str, args: tuple[str | None, ...]) -> tuple[str, tuple[str | None, ...]] | None:
    """`python -m pip ...`, `php composer.phar ...`, `corepack yarn ...`: the tool that does the work and its arguments."""
    if name == "python":
        for index, arg in enumerate(args[:-1]):
            if arg == "-m":
                module = args[index + 1]
                return (module, args[index + 2 :]) if module in _MODULES and module else None
            if arg is None or not arg.startswith("-"):
                return None
    first = args[0] if args else None
    if first and name == "php" and program_name(first) == "composer":
        return "composer", args[1:]
    if first and name == "corepack" and program_name(first.split("@", 1)[0]) in ("yarn", "pnpm", "npm"):
        return program_name(first.split("@", 1)[0]), args[1:]
    return None


def _inner(argv: Argv) -> Argv:
    """The command that a wrapper starts; empty when it starts none (`env` alone, `exec > log`)."""
    name = program_name(argv[0] or "")
    own, values = _WRAPPERS[name], _VALUE_OPTIONS.get(name, frozenset())
    index = 1
    while index < len(argv):
        arg = argv[index]
        if arg in values:
            index += 1
        elif name == "env" and arg is not None and "=" in arg and not arg.startswith("-"):
            pass
        elif arg is None or not arg.startswith("-"):
            if own == 0:
                return argv[index:]
            own -= 1
        index += 1
    return ()


def unwrap(argv: Argv) -> Argv:
    """`sudo -E env A=b timeout 60 npm ci` is `npm ci`; a wrapper that starts nothing stays as it is."""
    for _ in range(_MAX_WRAPPERS):
        if not argv or not argv[0] or program_name(argv[0]) not in _WRAPPERS:
            break
        inner = _inner(argv)
        if not inner:
            break
        argv = inner
    return argv


def call(argv: Argv) -> Call | None:
    """The command by its real name; None when there is none or its name is not static."""
    return _call(tuple(argv))


@lru_cache(maxsize=2048)  # each table asks anew
def _call(argv: tuple[str | None, ...]) -> Call | None:
    argv = tuple(unwrap(argv))
    if not argv or not argv[0]:
        return None
    name, args, path = program_name(argv[0]), tuple(argv[1:]), argv[0]
    forwarded = _forwarded(name, args)
    if forwarded is not None:
        name, args = forwarded
        path = name
    return Call(name, path, args, words_of(name, args))


@lru_cache(maxsize=2048)
def shape(run: str) -> tuple[frozenset[str], tuple[frozenset[str], ...]]:
    """`npm|pnpm config set` as the set of programs and the sets of words that must follow."""
    program, *words = run.split(" ")
    return frozenset(program.split("|")), tuple(frozenset(word.split("|")) for word in words)


def fits_words(run: str, command: Call) -> bool:
    programs, words = shape(run)
    if command.program not in programs or len(command.words) < len(words):
        return False
    return all("*" in wanted or given in wanted for wanted, given in zip(words, command.words, strict=False))


def any_argument(command: Call, globs: Iterable[str], *, own: bool = False) -> bool:
    """Whether one static argument fits one of the globs; a glob that starts with no `-` is not tried on the values of known options.

    `own`: only the subcommand's own options.
    """
    options = command.after_subcommand if own else command.args
    for glob in globs:
        texts = options if glob.startswith("-") else command.words
        if any(text is not None and matches(text, glob) for text in texts):
            return True
    return False


def fits(row: Row, command: Call, *, unknown: bool = False) -> bool:
    """Whether the row speaks of this command; `unknown` says how an argument that is not static counts towards `need`."""
    if not fits_words(row.run, command) or (row.unless and any_argument(command, row.unless)):
        return False
    own = " " in row.run
    return not row.need or any_argument(command, row.need, own=own) or (unknown and None in command.args)

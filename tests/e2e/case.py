r"""A golden case as data: `before/`, `after/`, `command.txt` and `case.toml`.

`case.toml` (all keys but `expect` may be left out):

    expect = "fixed"                  # fixed, unsafe (fixed by --unsafe-fixes) or refused
    build_args = ["NPM_TOKEN"]        # secrets that `before` gets as build args; the same variables are set for `after`
    values = { NODE_ENV = "test" }    # build args that are no secrets, given to both
    plants = { "abc123" = "KEY" }     # text in the files of before/ and after/ that stands for a secret: planted as KEY
    files = { ".netrc" = "abc123" }   # files that are in nobody's repository, written into both contexts
    before = "docker build ..."       # the old build command, when it is more than the build args
    optional = ["NPM_TOKEN"]          # also built without it, before and after; a forgotten one need not stop the build
    may_lose = ["NPM_TOKEN"]          # variables, or absolute paths of files, that a consumer no longer needs (it has another way)
    runtime = ["DB_PASSWORD"]         # ENV that leaves the image config (expect = "unsafe")
    gone = ["npm config delete x"]    # recorded commands that the fix takes out, exactly as recorded
    added = ["git config --global --remove-section x"]  # recorded commands that the fix brings in, exactly as recorded
    moved = ["npm config set x {{T}}"]  # recorded commands that the fix moves; on the same side of every consumer as before
    remedy = "sink"                   # copied, clone, environment, mounted, sink, ssh: what takes the secret out of the layers
    home = { ".netrc" = "abc123" }    # files in the home of the one who builds, planted: --secret id=netrc,src=$HOME/.netrc
    left = { "/app/.npmrc" = "x\n" }  # what stays of a file that held a secret in the old image, "" for nothing. Without it: the
                                      # same without the secret's lines or a URL's user, or nothing if only such lines were there
                                      # ("" also for a file, or a folder, that never comes to be and was empty in the end)
    engines = ["docker28"]            # default: every engine that knows what after/ uses
    not_on = { docker20 = "why" }     # engines that cannot build it, or on which the tool refuses it, with the reason
    shape = "hostile"                 # planted values with spaces, quotes and dollars; default plain
    dockerfile = "Dockerfile"         # path in before/ and after/
    skip_build = "why"                # not built, with the reason

    [options]                         # what the tool is run with (engine, delivery, unsafe ...): for the tests of the tool

    [consumers]                       # who needs which secret: beginnings of recorded commands; obligatory when built
    NPM_TOKEN = ["npm ci"]

    [ssh]                             # as [consumers], for those that get at the key by an agent in the fixed build
    SSH_KEY = ["git clone git@github.com:acme/"]

    [reads."npm ci"]                  # what a command finds in a file, before and after: text in which {{NAME}} is a secret.
    "/root/.npmrc" = "//npm.example.com/:_authToken={{NPM_TOKEN}}\n"   # (each consumer's own files are compared without this, too)

    [environment."pip install"]       # variables by which a command gets its secret in the fixed build only
    PIP_INDEX_URL = "https://ci:{{PIP_TOKEN}}@pip.example.com/simple"

    [argv]                            # commands that may change, with credentials as {{NAME}}
    "git clone https://{{T}}@github.com/o/r" = "git clone https://github.com/o/r"
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

REMEDIES = ("", "clone", "copied", "environment", "mounted", "sink", "ssh")


@dataclass(frozen=True, slots=True)
class Case:
    """One case; see the module's docstring for each field."""

    folder: Path
    expect: str
    build_args: tuple[str, ...] = ()
    values: dict[str, str] = field(default_factory=dict)
    plants: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    before: str = ""
    optional: tuple[str, ...] = ()
    may_lose: tuple[str, ...] = ()
    runtime: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    engines: tuple[str, ...] = ()
    not_on: dict[str, str] = field(default_factory=dict)
    shape: str = "plain"
    dockerfile: str = "Dockerfile"
    skip_build: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    consumers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    argv: dict[str, str] = field(default_factory=dict)
    added: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    remedy: str = ""
    home: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    ssh: dict[str, tuple[str, ...]] = field(default_factory=dict)
    reads: dict[str, dict[str, str]] = field(default_factory=dict)
    environment: dict[str, dict[str, str]] = field(default_factory=dict)
    finds: tuple[str, ...] = ()  # only in tests/e2e/examples: the kinds of difference or leak that must be found

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def secrets(self) -> tuple[str, ...]:
        """The names of everything planted."""
        return tuple(dict.fromkeys((*self.build_args, *self.plants.values())))

    @property
    def named_starts(self) -> tuple[str, ...]:
        """The beginnings of commands that the case says something about: each must be the beginning of some command."""
        listed = (*self.consumers.values(), *self.ssh.values())
        return tuple(dict.fromkeys((*(start for starts in listed for start in starts), *self.reads, *self.environment)))

    @property
    def built(self) -> bool:
        """Is this case for real builds?"""
        return self.expect in ("fixed", "unsafe") and not self.skip_build

    def before_line(self) -> str:
        """The old build command as a line of shell."""
        if self.before:
            return self.before
        given = "".join(f" --build-arg {name}" for name in (*self.build_args, *self.values))
        return f"docker build{given} -f {self.dockerfile} ."


def load(folder: Path) -> Case:
    """Read `case.toml`; an unknown or ill-typed key is an error, so that a misspelt one is not silently without effect."""
    data = tomllib.loads((folder / "case.toml").read_text())
    known = {f.name: str(f.type) for f in fields(Case) if f.name != "folder"}
    unknown = sorted(set(data) - set(known))
    if unknown:
        raise ValueError(f"{folder.name}/case.toml: unknown keys {unknown}")
    for name, value in data.items():
        if known[name].startswith("tuple"):
            if not isinstance(value, list):
                raise ValueError(f"{folder.name}/case.toml: {name} must be a list")
            data[name] = tuple(value)
    for table in ("consumers", "ssh"):
        data[table] = {name: tuple(starts) for name, starts in data.get(table, {}).items()}
    case = Case(folder=folder, **data)
    if case.expect not in ("fixed", "unsafe", "refused"):
        raise ValueError(f"{folder.name}/case.toml: expect is fixed, unsafe or refused")
    if case.remedy not in REMEDIES:
        raise ValueError(f"{folder.name}/case.toml: remedy is one of {REMEDIES[1:]}")
    if case.built and "consumers" not in tomllib.loads((folder / "case.toml").read_text()):
        raise ValueError(f"{folder.name}/case.toml: [consumers] says who needs which secret; an empty table says nobody")
    for name in (*case.consumers, *case.ssh, *case.optional):
        if name not in case.secrets:
            raise ValueError(f"{folder.name}/case.toml: {name} is neither in build_args nor in plants")
    return case


def load_all(root: Path) -> tuple[Case, ...]:
    """Every case below `root` that has a `case.toml`."""
    return tuple(load(path.parent) for path in sorted(root.glob("*/case.toml")))

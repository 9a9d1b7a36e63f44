"""The form of one row: a command, and what it reads by itself from the environment and from files."""

from __future__ import annotations

from remediate.model import NamedTuple

# What a tool may plausibly take through a configuration file nobody has seen; opaque commands may take all of them.
REGISTRY = ("registry-token", "git-token", "url-with-credentials", "generic")
GIT = ("git-token", "url-with-credentials", "generic")
CLOUD = ("cloud", "generic")
DATABASE = ("db-password", "url-with-credentials")
# A compiler cache stands before every compiler that these tools start (RUSTC_WRAPPER, CMAKE_CXX_COMPILER_LAUNCHER, CC="sccache cc").
COMPILER_CACHE = ("ACTIONS_RUNTIME_TOKEN", "ACTIONS_CACHE_URL", "ACTIONS_RESULTS_URL", "SCCACHE_*")
ALL = ("registry-token", "git-token", "url-with-credentials", "cloud", "db-password", "app-runtime", "ssh-key", "generic")


class ToolRow(NamedTuple):
    """`run` is the command's shape. `names` are globs of variables the tool itself looks up, by its documentation.

    `convention`: globs of names that its configuration files usually expand. `expands`: the files in which it expands `${NAME}`.
    `credentials`: the files from which it takes ready credentials. `opaque`: runs project code, which may read anything;
    `opaque_when` are argument globs that make it so. `starts` are project files whose code or settings it runs.
    """

    run: str
    source: str
    example: str
    counter: str
    names: tuple[str, ...] = ()
    convention: tuple[str, ...] = ()
    expands: tuple[str, ...] = ()
    credentials: tuple[str, ...] = ()
    opaque: bool = False
    opaque_when: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    need: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()

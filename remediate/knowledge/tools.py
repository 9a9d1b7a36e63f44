"""Which known tools read a secret without naming it: `npm ci` takes NPM_CONFIG_*, psql takes PGPASSWORD, `./build.sh` may take anything.

The rows stand in `tools_*.py`. A program that no row and no inert row knows is opaque: it may read whatever is in its environment.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

from remediate.knowledge import tools_javascript, tools_languages, tools_python, tools_system
from remediate.knowledge.commands_shape import Call, any_argument, call, fits, listed, shape
from remediate.knowledge.globs import matches
from remediate.knowledge.tools_row import ToolRow
from remediate.model import NamedTuple


class ToolReads(NamedTuple):
    """What one command reads by itself.

    `names` are globs of variables the tool looks up; `by_convention` globs of those its config files usually expand.
    `config_files` are the context files in which `${NAME}` is expanded (globs, by their last components), `credential_files` those from
    which it takes ready credentials, `starts` the project files whose code or settings it runs. `opaque`: it may read any variable.
    `kinds` are the kinds of secret it may plausibly take through a file that nobody has seen.
    """

    tool: str
    names: tuple[str, ...]
    by_convention: tuple[str, ...]
    config_files: tuple[str, ...]
    credential_files: tuple[str, ...]
    starts: tuple[str, ...]
    opaque: bool
    kinds: tuple[str, ...]
    source: str


def rows() -> tuple[ToolRow, ...]:
    return tools_javascript.ROWS + tools_python.ROWS + tools_languages.ROWS + tools_system.ROWS


@cache
def _by_program() -> dict[str, tuple[ToolRow, ...]]:
    index: dict[str, list[ToolRow]] = {}
    for row in rows():
        for program in shape(row.run)[0]:
            index.setdefault(program, []).append(row)
    return {program: tuple(found) for program, found in index.items()}


def known(program: str) -> bool:
    """Whether any row speaks of this program."""
    return program in _by_program()


def row_for(command: Call) -> ToolRow | None:
    return next((row for row in _by_program().get(command.program, ()) if fits(row, command)), None)


def reads(argv: Sequence[str | None]) -> ToolReads | None:
    """What the command reads by itself; None for a program (or a use of it) that no row knows."""
    command = call(argv)
    row = row_for(command) if command is not None else None
    if command is None or row is None:
        return None
    opaque = row.opaque or any_argument(command, row.opaque_when)
    return ToolReads(
        command.program, row.names, row.convention, row.expands, row.credentials, row.starts, opaque, row.kinds, row.source
    )


@lru_cache(maxsize=512)
def some_tool_takes(name: str) -> bool:
    """Whether any known tool looks the variable up by itself: a library or a script may start it unseen."""
    return any(matches(name, glob) for row in rows() for glob in row.names)


def takes_name(found: ToolReads, name: str) -> bool:
    """Whether the tool looks the variable up by itself, by its documentation."""
    return any(matches(name, glob) for glob in found.names)


# Addresses of data stores and mail servers: no package manager or version control reads one, whatever credentials it holds.
_DATA_WORDS = listed(
    "DATABASE DB DSN JDBC MONGO MONGODB REDIS POSTGRES POSTGRESQL PG MYSQL MARIADB AMQP RABBITMQ CLOUDAMQP SMTP MAIL MAILER CELERY KAFKA ELASTICSEARCH SENTRY BROKER"
)


def may_take(found: ToolReads, name: str, kind: str) -> bool:
    """Whether the tool may read the variable when no context can be searched: by name, by convention, by kind, or as project code."""
    if found.opaque or takes_name(found, name):
        return True
    if any(matches(name, glob) for glob in found.by_convention):
        return True
    if kind == "url-with-credentials" and "registry-token" in found.kinds and _DATA_WORDS & set(name.upper().split("_")):
        return False
    return kind in found.kinds

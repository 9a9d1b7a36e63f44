"""The build command that goes with a fixed file."""

from __future__ import annotations

from remediate.emit.commands import build_command
from remediate.emit.mounts import SYNTAX_LINE
from remediate.model import BuildCommand, FileOutcome, Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from remediate.repo.config import Config


def command_for(file: FileOutcome, options: Options, config: Config | None = None) -> BuildCommand:
    """How to build this file after the fix, with every secret and its origin."""
    origins = {}
    specs = (*file.secrets, *file.mounted)
    for spec in specs:
        told = config.origin(spec.name) if config is not None else ""
        kind, _, rest = told.partition(":")
        if kind == "env" and rest:
            origins[spec.id] = f"env={rest}"
        elif kind == "file" and rest:
            origins[spec.id] = f"src={rest}"
    added = SYNTAX_LINE.encode() in file.after and SYNTAX_LINE.encode() not in file.before
    return build_command(
        file.path,
        specs,
        context=file.context,
        engine=options.engine,
        engine_version=options.engine_version,
        build_args=file.build_args,
        target=options.target,
        tag=options.tag,
        origins=origins,
        syntax_line=added,
    )

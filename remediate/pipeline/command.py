"""The build command that goes with a fixed file."""

from __future__ import annotations

from remediate.emit.commands import build_command
from remediate.emit.mounts import SYNTAX_LINE
from remediate.model import BuildCommand, FileOutcome, Options, RemediateError, SecretSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from remediate.repo.config import Config


def command_for(file: FileOutcome, options: Options, config: Config | None = None) -> BuildCommand:
    """How to build this file after the fix, with every secret and its origin."""
    specs = (*file.secrets, *file.mounted)
    origins = _told(specs, options, config)
    added = SYNTAX_LINE.encode() in file.after and SYNTAX_LINE.encode() not in file.before
    built = build_command(
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
    if not options.ci:
        return built
    from remediate.emit.ci import Build, snippet

    build = Build(
        file.path, file.context, specs, origins, options.engine, options.engine_version, file.build_args, options.target, options.tag
    )
    text, notes = snippet(options.ci, build)
    return built._replace(snippet=text, notes=notes)


def _told(specs: tuple[SecretSpec, ...], options: Options, config: Config | None) -> dict[str, str]:
    """Id -> the origin that the command line or the configuration names."""
    given = dict(options.origins)
    told = {s.id: given.get(s.name) or (config.origin(s.name) if config is not None else "") for s in specs}
    return {id: origin for id, origin in told.items() if origin}


def checked(config: Config) -> Config:
    """The same configuration. RemediateError for an origin that is not of its store's shape, without showing it."""
    if config.origins:
        from remediate.emit.providers import reference

        for name, origin in config.origins:
            try:
                reference(origin)
            except RemediateError as error:
                raise RemediateError(f"origins.{name if name.isprintable() else repr(name)}: {error.message}", config.path) from None
    return config

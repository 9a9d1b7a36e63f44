"""The build command that goes with a fixed file."""

from __future__ import annotations

from remediate.emit.commands import build_command
from remediate.emit.mounts import SYNTAX_LINE
from remediate.model import BuildCommand, Delivery, FileOutcome, Options, SecretSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from remediate.emit.fetching import Fetched
    from remediate.repo.config import Config


def command_for(file: FileOutcome, options: Options, config: Config | None = None) -> BuildCommand:
    """How to build this file after the fix, with every secret and its origin."""
    origins: dict[str, str] = {}
    fetched: list[Fetched] = []
    specs = (*file.secrets, *file.mounted)
    for spec in {s.id: s for s in specs}.values():
        told = dict(options.origins).get(spec.name) or (config.origin(spec.name) if config is not None else "")
        kind, _, rest = told.partition(":")
        if kind == "env" and rest:
            origins[spec.id] = f"env={rest}"
        elif kind == "file" and rest:
            origins[spec.id] = f"src={rest}"
        elif told:
            fetched.append(_fetched(spec, told))
            one = fetched[-1]
            origins[spec.id] = f"src={_HERE}/{one.id}" if one.file else f"env={one.name}"
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
    return _with_fetching(built, fetched) if fetched else built


_HERE = "remediate-private-folder"  # stands for `$d` until the shell line is quoted


def _fetched(spec: SecretSpec, told: str) -> Fetched:
    """Into a variable, unless the build wants a file: a key for the agent, or one that was copied."""
    from remediate.emit.fetching import Fetched
    from remediate.emit.providers import reference

    read = reference(told)
    assert read is not None
    by_file = spec.delivery is Delivery.SSH or not spec.name.isidentifier()
    return Fetched(spec.id, spec.name if not by_file else "", read, by_file)


def _with_fetching(built: BuildCommand, fetched: list[Fetched]) -> BuildCommand:
    from remediate.emit.fetching import wrapped

    shell = built.shell.replace(f"{_HERE}/", '"$d"/')
    line = wrapped(shell, fetched)
    names = {f.id: f.reference.text for f in fetched}
    secrets = tuple((id, names.get(id, origin)) for id, origin in built.secrets)
    variables = {f.name for f in fetched}
    notes = tuple(n for n in built.notes if not any(n.startswith(f"{v} must be exported") for v in variables))
    return built._replace(argv=("sh", "-c", line), shell=line, secrets=secrets, notes=notes)

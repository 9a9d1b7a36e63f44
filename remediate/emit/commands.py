"""`SecretSpec` to the build command of each engine.

    build_command("Dockerfile", specs, engine="docker")
    ->  docker build --secret id=npm_token,env=NPM_TOKEN .

A secret is named on the command line, its value never is. Build args that are no secrets are passed through by name, so
that whatever the caller had in the environment still arrives.
"""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterable, Mapping, Sequence

from remediate.emit.engines import Engine, engine_named, knows
from remediate.model import BuildCommand, Delivery, RemediateError, SecretSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from remediate.emit.fetching import Fetched

SSH_ORIGIN = "ssh-agent"
# Around the name of a variable that the shell puts in; no path and no name can hold it.
_HOLE = "\0"


def build_command(
    path: str,
    specs: Sequence[SecretSpec],
    *,
    engine: str = "docker",
    engine_version: str = "",
    build_args: Sequence[str] = (),
    target: str = "",
    tag: str = "",
    context: str = ".",
    origins: Mapping[str, str] | None = None,
    syntax_line: bool = False,
) -> BuildCommand:
    """The command that builds the fixed `path`.

    `origins` maps ids to `env=NAME`, `src=PATH` (or, as configured, `env:NAME`, `file:PATH`, `vault:...` and the other stores) or
    `held_in(VARIABLE)`, and overrides what the spec implies; `syntax_line` says that the fix put a `# syntax` line there.
    RemediateError for any other origin, and for one that the engine's command line cannot carry.
    """
    row = engine_named(engine)
    fetched = {spec.id: one for spec in _unique(specs) if (one := _fetched(spec, (origins or {}).get(spec.id, ""), path)) is not None}
    origins = {**(origins or {}), **{id: _place(one) for id, one in fetched.items()}}
    secrets = tuple((spec.id, _origin(spec, origins, context, path)) for spec in _unique(specs))
    keys = frozenset(spec.id for spec in specs if spec.delivery is Delivery.SSH)
    argv = [*_start(row, engine_version)]
    for id, origin in secrets:
        argv += ["--ssh", _agent_or_key(id, origin, path)] if id in keys else ["--secret", _fields(row, id, origin, path)]
    for name in dict.fromkeys(build_args):
        argv += ["--build-arg", name]
    if target:
        argv += ["--target", target]
    if tag:
        argv += ["-t", tag]
    if row.always_names_file or path == "-" or posixpath.normpath(path) != posixpath.normpath(posixpath.join(context, "Dockerfile")):
        argv += ["-f", _not_an_option(path)]
    argv.append(_not_an_option(context))
    shell = " ".join(map(_filled, argv))
    notes = [*_engine_notes(row, engine_version, syntax_line), *_secret_notes(specs, secrets, fetched)]
    if fetched:
        from remediate.emit.fetching import tools_note, wrapped

        shell = wrapped(shell, tuple(fetched.values()))
        notes.append(tools_note(tuple(fetched.values())))
        secrets = tuple((id, fetched[id].reference.text if id in fetched else origin) for id, origin in secrets)
    if fetched or any(_HOLE in word for word in argv):
        argv = ["sh", "-c", shell]
    return BuildCommand(path, row.name, tuple(argv), shell, secrets, tuple(notes))


def held_in(variable: str) -> str:
    """The origin of a secret that lies in the file which the shell's variable names."""
    return f"src={_HOLE}{variable}{_HOLE}"


def takes_variable(spec: SecretSpec) -> bool:
    """Whether a variable can carry it. What was a file, and a key for the agent, needs every byte of it."""
    if spec.delivery is Delivery.SSH:
        return False
    is_default_target = not spec.target or spec.target.startswith("/run/secrets/")
    by_variable = spec.delivery is Delivery.FILE and is_default_target and is_variable(spec.name)
    return bool(spec.env_names) or spec.delivery is Delivery.ENV or by_variable


def _fetched(spec: SecretSpec, origin: str, path: str) -> Fetched | None:
    """A secret out of a store."""
    if not origin or origin.startswith(("env=", "env:", "src=", "file:")):
        return None
    from remediate.emit.fetching import Fetched
    from remediate.emit.providers import reference

    try:
        read = reference(origin)
    except RemediateError as error:
        raise RemediateError(f"secret '{spec.id}': {error.message}", path) from None
    assert read is not None
    return Fetched(spec.id, spec.name, read, file=not (takes_variable(spec) and is_variable(spec.name)))


def _place(one: Fetched) -> str:
    from remediate.emit.fetching import FOLDER

    return f"{held_in(FOLDER)}/{one.id}" if one.file else f"env={one.name}"


def _filled(word: str) -> str:
    """The word for the shell, with the variables that it puts in."""
    parts = word.split(_HOLE)
    if not all(map(is_variable, parts[1::2])):
        return quote(word)
    return "".join(f'"${part}"' if n % 2 else quote(part) if part or len(parts) == 1 else "" for n, part in enumerate(parts))


def quote(word: str) -> str:
    """The word for a POSIX shell, on one line whatever it holds (`$'...'` where it has control characters)."""
    if word.isprintable():
        return shlex.quote(word)
    return "$'" + "".join(_escaped(c) for c in word) + "'"


def _escaped(char: str) -> str:
    if char in "\\'":
        return "\\" + char
    if char.isprintable():
        return char
    return "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))


def _unique(specs: Iterable[SecretSpec]) -> list[SecretSpec]:
    """One spec an id: two stages may use the same secret."""
    return list({spec.id: spec for spec in reversed(tuple(specs))}.values())[::-1]


def _start(row: Engine, version: str) -> tuple[str, ...]:
    if row.name == "docker" and knows("docker", version, "default-buildkit") is False:
        return ("env", "DOCKER_BUILDKIT=1", *row.argv)
    return row.argv


def _origin(spec: SecretSpec, origins: Mapping[str, str], context: str, path: str) -> str:
    if origins.get(spec.id):
        return _given_origin(spec.id, origins[spec.id], path)
    if spec.delivery is Delivery.SSH and not spec.target:
        return SSH_ORIGIN
    if takes_variable(spec):
        return f"env={spec.name}"
    return f"src={posixpath.normpath(posixpath.join(context, spec.name.lstrip('/')))}"


def _given_origin(id: str, given: str, path: str) -> str:
    for prefix, kind in (("env=", "env="), ("env:", "env="), ("src=", "src="), ("file:", "src=")):
        if given.startswith(prefix) and len(given) > len(prefix):
            value = given[len(prefix) :]
            # No shell expands a tilde behind `src=`.
            return kind + (posixpath.expanduser(value) if kind == "src=" else value)
    raise RemediateError(f"the build command can take secret '{id}' from env:NAME, file:PATH or a store only", path)


def _agent_or_key(id: str, origin: str, path: str) -> str:
    """`default` for the running agent, `default=PATH` for a key's file; the engines split that at commas, without any quoting."""
    if origin == SSH_ORIGIN:
        return id
    if not origin.startswith("src=") or any(c in origin for c in ",\n\r"):
        raise RemediateError(f"the build command can take SSH key '{id}' from an agent or from a file whose path has no comma", path)
    return f"{id}={origin[4:]}"


def is_variable(name: str) -> bool:
    """Whether a shell takes it as the name of a variable."""
    return name.isascii() and name.isidentifier()


def _fields(row: Engine, id: str, origin: str, path: str) -> str:
    """`id=x,env=Y` as the engine splits it: BuildKit's clients read CSV, Buildah cuts at every comma."""
    fields = (f"id={id}", origin)
    if not any(c in field for field in fields for c in ',"\n\r'):
        return ",".join(fields)
    if not row.csv or any(c in field for field in fields for c in "\n\r"):
        raise RemediateError(f"{row.name} cannot take the origin of secret '{id}': it holds a comma, a quote or a line break", path)
    return ",".join('"' + field.replace('"', '""') + '"' if "," in field or '"' in field else field for field in fields)


def _not_an_option(path: str) -> str:
    return f"./{path}" if path.startswith("-") and path != "-" else path


def _engine_notes(row: Engine, version: str, syntax_line: bool) -> list[str]:
    notes = list(row.notes)
    if version and knows(row.name, version, "mounts") is False:
        notes.insert(0, f"{row.name} {version} has no secret mounts: this command fails there")
    if syntax_line and row.follows_syntax:
        notes.append("the `# syntax` line makes the builder pull docker/dockerfile:1: without access to a registry that fails the build")
    return notes


def _secret_notes(specs: Sequence[SecretSpec], secrets: Sequence[tuple[str, str]], fetched: Mapping[str, Fetched]) -> list[str]:
    notes: list[str] = []
    own = [(id, origin) for id, origin in secrets if id not in fetched and _HOLE not in origin]
    variables = list(dict.fromkeys(origin[4:] for _, origin in own if origin.startswith("env=")))
    if variables:
        many = len(variables) > 1
        notes.append(
            f"{', '.join(variables)} must be exported, with {'values' if many else 'a value'}: "
            "newer engines take an unset or empty variable as given, so required=true does not catch it"
        )
    keys = [spec for spec in specs if spec.delivery is Delivery.SSH]
    named = {spec.id for spec in keys}
    if any(origin.startswith("src=") and id not in named for id, origin in own):
        notes.append("src= is relative to where the command runs, and the file must be readable there")
    notes += _key_notes(keys, dict(secrets), fetched)
    if any(spec.literal for spec in specs):
        notes.append("the value that stood in the file is burnt: rotate it, then export the new one")
    return notes


def _key_hint(spec: SecretSpec) -> str:
    """How the caller's variable gets into an agent; a key in a form of the Dockerfile's own has to be decoded as it was there."""
    by_file = f"(or --ssh {spec.id}=PATH with the key's file)"
    if spec.encoded == "otherwise":
        return f"the agent needs the key as the Dockerfile made it of {spec.name}: the variable holds it in another form {by_file}"
    text = f"printf '%s' \"${spec.name}\" | base64 -d" if spec.encoded else f"printf '%s\\n' \"${spec.name}\""
    return f"to give the agent the key that {spec.name} held: eval \"$(ssh-agent -s)\" && {text} | ssh-add -   {by_file}"


def _key_notes(keys: Sequence[SecretSpec], origins: Mapping[str, str], fetched: Mapping[str, Fetched]) -> list[str]:
    notes: list[str] = []
    for spec in _unique(keys):
        if spec.id in fetched:
            notes.append(f"--ssh {spec.id}=PATH takes a key without a passphrase")
        elif origins.get(spec.id) != SSH_ORIGIN:
            notes.append(
                f"--ssh {spec.id}=PATH is relative to where the command runs, and takes a key without a passphrase; "
                f"one that has one goes through an agent: --ssh {spec.id}"
            )
        else:
            notes.append("--ssh needs a running ssh-agent that holds the key (`ssh-add -l`)")
            if spec.name != spec.id and is_variable(spec.name):
                notes.append(_key_hint(spec))
    return notes

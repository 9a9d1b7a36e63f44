"""The text of a mount flag, and which form of delivery the frontend and the engine take.

    mount_flag("npm_token", env="NPM_TOKEN")  ->  --mount=type=secret,id=npm_token,env=NPM_TOKEN,required=true
"""

from __future__ import annotations

from remediate.emit.engines import engine_named, knows
from remediate.emit.frontends import EnvSupport, Support, frontend_support

__all__ = ["EnvSupport", "Support", "fits_in_mount", "frontend_supports_env", "mount_flag"]

SYNTAX_LINE = "# syntax=docker/dockerfile:1"

# The flag is split at commas and has its `$` expanded; Buildah reads no quotes in it. What holds one of these is not written.
_NOT_IN_MOUNT = frozenset(",\"'$\\`")


def fits_in_mount(value: str) -> bool:
    """Whether an id or a path can stand in a mount flag as it is, for every engine."""
    return bool(value) and not any(c in _NOT_IN_MOUNT or c.isspace() or not c.isprintable() for c in value)


def mount_flag(
    id: str,
    *,
    env: str | None = None,
    target: str | None = None,
    required: bool = True,
    mode: int | None = None,
    uid: int | None = None,
    kind: str = "secret",
) -> str:
    """`--mount=type=secret,...` or `type=ssh` (where the id `default` goes without saying).

    `required=true` is written out, since Buildah 1.28 fails on a bare `required`. ValueError for a value that a mount cannot hold.
    """
    for value in (id, env, target):
        if value is not None and not fits_in_mount(value):
            raise ValueError("a mount flag cannot hold this id, variable or path")
    parts = [f"--mount=type={kind}"]
    if kind != "ssh" or id != "default":
        parts.append(f"id={id}")
    parts += [f"{key}={value}" for key, value in (("env", env), ("target", target), ("uid", uid)) if value is not None]
    if mode is not None:
        parts.append(f"mode={mode:04o}")
    if required:
        parts.append("required=true")
    return ",".join(parts)


def frontend_supports_env(syntax_value: str | None, engine: str = "docker", engine_version: str = "") -> Support:
    """Whether this Dockerfile, built by this engine, may say `env=` on a secret mount.

    `syntax_value` is what stands behind `# syntax=`, None when no such line is there.
    """
    row = engine_named(engine)
    engine = row.name
    shown = f"{engine} {engine_version}"
    if knows(engine, engine_version, "mounts") is False:
        return Support(EnvSupport.NO_MOUNTS, "engine-too-old", f"{shown} has no secret mounts")
    if knows(engine, engine_version, "env") is False:
        return Support(EnvSupport.FILE, "engine-no-env", f"{shown} knows no `env=` on a secret mount")
    if not row.follows_syntax:
        if knows(engine, engine_version, "env"):
            return Support(EnvSupport.YES)
        return Support(EnvSupport.FILE, "engine-unknown", f"`env=` needs a recent {engine}, and no --engine-version says that it is one")
    if syntax_value is None:
        if knows(engine, engine_version, "builtin-env"):
            return Support(EnvSupport.YES)
        return Support(EnvSupport.ADD_SYNTAX_LINE, "no-syntax-line", f"`env=` needs the frontend 1.10: `{SYNTAX_LINE}` asks for it")
    return frontend_support(syntax_value)

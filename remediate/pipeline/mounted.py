"""The secrets that a Dockerfile mounts already: its build command has to supply these, too."""

from __future__ import annotations

from collections.abc import Iterable

from remediate.dockerfile.tree import Dockerfile, Instruction
from remediate.model import Delivery, SecretSpec


def mounted_secrets(tree: Dockerfile, but: frozenset[str] = frozenset()) -> tuple[SecretSpec, ...]:
    """One spec for each secret or ssh id that some RUN mounts, without the ids in `but`."""
    if b"--mount" not in tree.source.data:
        return ()
    from remediate.analysis.runs import secret_mount

    found: dict[str, SecretSpec] = {}
    for instruction in tree.instructions:
        if instruction.keyword != "RUN":
            continue
        for flag in instruction.flags:
            options = dict(part.partition("=")[::2] for part in (flag.value or "").split(","))
            line = (instruction.start_line,)
            if flag.name != "mount" or (flag.value and "$" in flag.value):
                continue
            if options.get("type") == "ssh":
                identity = options.get("id") or "default"
                spec = SecretSpec(identity, identity, Delivery.SSH, consumers=line, required=_required(options))
            else:
                held = secret_mount(flag.value)
                if held is None or not held.id:
                    continue
                spec = _spec(held.id, held.env, held.target, _required(options), line)
            if spec.id not in but:
                found[spec.id] = _joined(found.get(spec.id), spec)
    return tuple(found.values())


def mounted_in(instructions: Iterable[Instruction]) -> frozenset[str]:
    """The ids of all secrets and keys that the RUNs mount."""
    found = set()
    for instruction in instructions:
        for flag in (instruction.trigger or instruction).flags:
            options = dict(part.partition("=")[::2] for part in (flag.value or "").split(","))
            if flag.name == "mount" and options.get("type") in ("secret", "ssh"):
                target = options.get("target") or options.get("dst") or options.get("destination") or ""
                found.add(options.get("id") or ("default" if options["type"] == "ssh" else target.rsplit("/", 1)[-1]))
    return frozenset(found)


def _required(options: dict[str, str]) -> bool:
    return "required" in options and options["required"] in ("", "true", "1")


def _spec(identity: str, env: str, target: str, required: bool, line: tuple[int, ...]) -> SecretSpec:
    """The caller's variable is taken to be the mount's own, or the id in upper case; for a file at a path of its own, that file."""
    if env:
        return SecretSpec(identity, env, Delivery.ENV, target, required, line, (env,))
    if target.startswith("/run/secrets/"):
        return SecretSpec(identity, "".join(c if c.isalnum() else "_" for c in identity.upper()), Delivery.FILE, target, required, line)
    return SecretSpec(identity, target.rsplit("/", 1)[-1], Delivery.FILE, target, required, line)


def _joined(first: SecretSpec | None, second: SecretSpec) -> SecretSpec:
    if first is None:
        return second
    return SecretSpec(
        first.id, first.name, first.delivery, first.target, first.required or second.required,
        (*first.consumers, *second.consumers), tuple(dict.fromkeys((*first.env_names, *second.env_names))),
    )  # fmt: skip

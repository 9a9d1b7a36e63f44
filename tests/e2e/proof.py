"""Runs one case on one engine: builds every stage before and after, compares, and searches for what leaked."""

from __future__ import annotations

import os
import shutil
import time
import uuid
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from zlib import crc32

from .agent import agent, public_key
from .case import Case
from .commands import Command, read
from .compare import Difference, Rewritten, calls_of, compare, leftovers
from .engines import ALL, ENGINES, SLOW_SHARE, SPARE, TURNS, Built, Engine
from .leaks import Leak, find_leaks, printed_by_commands
from .plants import Plant, mark, plant
from .produce import produce
from .sources import Facts, buildable, dockerfile_text, facts


class BuildFailed(Exception):
    """A build that had to work did not; the log's end, without planted values."""


@dataclass(slots=True)
class Proof:
    """What was found; a good fix has no differences, no leaks after, leaks before, and no forgiven secret."""

    differences: list[Difference] = field(default_factory=list)
    leaks_before: list[Leak] = field(default_factory=list)
    leaks_after: list[Leak] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)
    forgiven: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    builds: int = 0
    seconds: float = 0.0

    def kinds(self) -> set[str]:
        """Everything wrong with the fix, by kind; leaks as `leak:<place>`."""
        wrong = {d.kind for d in self.differences} | {f"leak:{leak.place}" for leak in self.leaks_after}
        return wrong | ({"forgiven"} if self.forgiven else set()) | ({"unused"} if self.unused else set())


@dataclass(slots=True)
class _Side:
    """One of the two builds, made ready: a copy of its context that can be built offline, and its command."""

    folder: Path
    command: Command
    facts: Facts
    env: dict[str, str]


def supports(engine: Engine, case: Case) -> str:
    """Why this engine does not build this case, or ""."""
    if case.engines and engine.name not in case.engines:
        return f"{case.name} is for {', '.join(case.engines)}"
    if engine.name in case.not_on:
        return case.not_on[engine.name]
    before = facts(dockerfile_text(case.folder / "before" / case.dockerfile), case.values)
    after = facts(dockerfile_text(case.folder / "after" / case.dockerfile), case.values)
    heredocs = before.heredocs or after.heredocs
    if not engine.env_mounts and (before.env_mounts or (after.env_mounts and "delivery" in case.options)):
        return f"{engine.name} does not know env= on a mount"
    if heredocs and not engine.heredocs:
        return f"{engine.name} does not know heredocs"
    if case.engines or os.environ.get("E2E_ENGINES") == "all":
        return ""
    if engine.name in SPARE and not heredocs:
        return f"{engine.name} is spared"
    parts = 12 if case.remedy else 6  # beside the newest Docker, the oldest builds one part, and a Buildah another
    if engine.name in ("docker20", *TURNS) and crc32(case.name.encode()) % parts != (0 if engine.name == "docker20" else 1):
        return f"{engine.name} is not in turn"
    return "" if engine.name not in TURNS or engine.name == _turn(case, before.env_mounts or after.env_mounts, heredocs) else f"{engine.name} is not in turn"


def _turn(case: Case, env_mounts: bool, heredocs: bool) -> str:
    """Which of the Buildahs builds this case, always the same one: the slow one takes its part, and what only it can build."""
    slow = next(engine for engine in ALL if engine.name == TURNS[-1])
    if slow.missing() or slow.name in case.not_on:
        return TURNS[0]
    only = heredocs or TURNS[0] in case.not_on or (env_mounts and "delivery" in case.options)
    return TURNS[-1] if only or crc32(case.name.encode()) % SLOW_SHARE == 0 else TURNS[0]


def prove(case: Case, engine: Engine) -> Proof:
    """Build both and compare: once with all secrets, once without the optional ones, and once with each required one forgotten."""
    began = time.monotonic()
    work = ENGINES / "work" / f"{case.name[:40]}-{uuid.uuid4().hex[:8]}"
    plants = {name: plant(name, case.shape) for name in case.secrets}
    proof = Proof()
    with agent(work / "home") if uses_ssh(case) else nullcontext({}) as environ:
        return _prove(case, engine, work, plants, environ, proof, began)


def uses_ssh(case: Case) -> bool:
    """Does one of the two builds forward an agent?"""
    texts = [dockerfile_text(case.folder / side / case.dockerfile) for side in ("before", "after")]
    return bool(case.ssh) or any("type=ssh" in text for text in texts)


def _prove(
    case: Case, engine: Engine, work: Path, plants: dict[str, Plant], environ: dict[str, str], proof: Proof, began: float
) -> Proof:
    try:
        fixed = produce(case, engine, work / "tool")
        before = _side(case, engine, work / "before", case.folder / "before", case.before_line(), plants, environ)
        after = _side(case, engine, work / "after", fixed.folder, fixed.command, plants, environ)
        _with_secrets(case, engine, before, after, tuple(plants.values()), proof)
        _with_forgotten(case, engine, after, proof)
        if case.optional:
            _without_optional(case, engine, before, after, tuple(plants.values()), proof)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    proof.seconds = time.monotonic() - began
    return proof


def _side(case: Case, engine: Engine, folder: Path, source: Path, line: str, plants: dict[str, Plant], environ: dict[str, str]) -> _Side:
    home = folder.parent / "home"
    shutil.copytree(source, folder, symlinks=True)
    for place, files in ((folder, case.files), (home, case.home)):
        place.mkdir(exist_ok=True)
        for name, content in files.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_text(content)
    for path in (*folder.rglob("*"), *(home / name for name in case.home)):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            held = {name for literal, name in case.plants.items() if literal.encode() in data}
            for literal, name in case.plants.items():
                data = data.replace(literal.encode(), plants[name].value.encode())
            if held & set(case.ssh):  # a builder that is given this file must find a key in it: the one that its agent would have
                data += (home / ".ssh/id_ed25519").read_bytes()
            path.write_bytes(data)
    dockerfile = folder / case.dockerfile
    text = dockerfile_text(dockerfile)
    dockerfile.write_bytes(buildable(text).encode("utf-8", "surrogateescape"))
    env = {**environ, **case.values, **{name: plants[name].value for name in case.build_args}}
    command = read(line, {**env, "HOME": str(home)}, folder)
    found = facts(text, {**case.values, **dict(a.split("=", 1) for a in command.build_args if "=" in a)})
    for image in found.images:
        engine.name_base(buildable(image))
    return _Side(folder, command, found, env)


def _build(engine: Engine, side: _Side, target: str, proof: Proof) -> Built:
    proof.builds += 1
    built = engine.build(side.command, target, side.folder, side.env)
    if not built.ok:
        raise BuildFailed(f"{engine.name}: {side.folder.name}, stage {target or 'final'}:\n{mark(built.log)[-3000:]}")
    return built


def _targets(side: _Side) -> list[str]:
    """Every stage, by name or index, that no other one continues (its layers and history are in those that do).

    The last one, or the command's own target, is built as the user builds it.
    """
    own = side.command.target or side.facts.stages[-1]
    return [*(stage for stage in side.facts.ends if stage != own), side.command.target]


def _with_secrets(case: Case, engine: Engine, before: _Side, after: _Side, plants: tuple[Plant, ...], proof: Proof) -> None:
    if before.facts.stages != after.facts.stages:
        proof.differences.append(Difference("changed_stages", "", f"{before.facts.stages} became {after.facts.stages}"))
        return
    patch = _rewritten(before.folder, after.folder)
    key = _key(case, after)
    seen: list[tuple[str, frozenset[str]]] = []
    came: set[str] = set()
    for target in _targets(before):
        old, new = _build(engine, before, target, proof), _build(engine, after, target, proof)
        assert old.image is not None and new.image is not None
        stage = target or before.facts.stages[-1]
        printed = printed_by_commands(stage, old.log, plants)
        proof.differences += compare(case, stage, old.image, new.image, patch, key)
        proof.leaks_before += find_leaks(stage, old, plants)
        proof.leaks_after += find_leaks(stage, new, plants, printed)
        proof.leftovers += [f"{stage}: {path}" for path in leftovers(old.image, new.image)]
        seen += [(call.text + " ", call.sees()) for call in calls_of(old.image)]
        came |= {call.text for call in calls_of(new.image)}
    proof.unused += _unused(case, seen, came)


def _key(case: Case, side: _Side) -> str:
    return public_key(side.folder.parent / "home") if uses_ssh(case) else ""


def _unused(case: Case, seen: list[tuple[str, frozenset[str]]], came: set[str]) -> list[str]:
    """What the case says of commands that never ran so: it would prove nothing."""
    found = []
    for name, starts in (*case.consumers.items(), *case.ssh.items()):
        for start in starts:
            if not any(text.startswith(start.rstrip() + " ") and name in names for text, names in seen):
                found.append(f"{start} never saw {name} before the fix")
    for start in case.named_starts:
        if not any(text.startswith(start.rstrip() + " ") for text, _ in seen):
            found.append(f"{start} never ran before the fix")
    found += [f"{text} never ran before the fix" for text in (*case.gone, *case.moved) if text + " " not in {text for text, _ in seen}]
    return found + [f"{text} never ran after the fix" for text in case.added if text not in came]


def _with_forgotten(case: Case, engine: Engine, after: _Side, proof: Proof) -> None:
    """A forgotten secret or agent must stop the build, unless the case calls it optional."""
    if after.command.ssh and not set(case.ssh) & set(case.optional):
        proof.builds += 1
        if engine.build(replace(after.command, ssh=()), after.command.target, after.folder, after.env).ok:
            proof.forgiven.append("the build passes without --ssh")
    for spec in after.command.secrets:
        parts = dict(part.partition("=")[::2] for part in spec.split(","))
        origin = parts.get("env") or parts.get("src") or parts.get("source") or parts.get("id", "")
        if origin in case.optional or case.plants.get(origin) in case.optional:
            continue
        proof.builds += 1
        if engine.build(after.command.without_secret(spec), after.command.target, after.folder, after.env).ok:
            proof.forgiven.append(f"the build passes without the secret {parts.get('id')}")


def _without_optional(case: Case, engine: Engine, before: _Side, after: _Side, plants: tuple[Plant, ...], proof: Proof) -> None:
    """The same two builds by somebody who has not got the optional secrets: the defaults must mean what they meant."""
    for side in (before, after):
        side.env = {name: value for name, value in side.env.items() if name not in case.optional}
        side.command = Command(
            tuple(a for a in side.command.build_args if a.partition("=")[0] not in case.optional),
            tuple(s for s in side.command.secrets if not any(f"env={name}" in s.split(",") for name in case.optional)),
            side.command.ssh, side.command.labels, side.command.target, side.command.file, side.command.context,
        )
    patch = _rewritten(before.folder, after.folder)
    for target in _targets(before):
        old, new = _build(engine, before, target, proof), _build(engine, after, target, proof)
        assert old.image is not None and new.image is not None
        stage = f"{target or before.facts.stages[-1]} without {', '.join(case.optional)}"
        proof.differences += compare(case, stage, old.image, new.image, patch, _key(case, after))


def _rewritten(before: Path, after: Path) -> Rewritten:
    def contents(folder: Path) -> dict[str, bytes]:
        files = [p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()]
        return {str(p.relative_to(folder)): p.read_bytes() for p in files}

    old, new = contents(before), contents(after)
    changed = [path for path in {*old, *new} if old.get(path) != new.get(path)]
    return Rewritten(frozenset(old[p] for p in changed if p in old), frozenset(new[p] for p in changed if p in new))


def clear_work() -> None:
    """Remove what an interrupted run left."""
    shutil.rmtree(ENGINES / "work", ignore_errors=True)
    os.makedirs(ENGINES / "work", exist_ok=True)

"""Compares what two builds of one stage did: the same commands with the same secrets, and nobody sees more than it must.

Kinds of difference: `missing_command extra_command changed_order changed_argv changed_cwd changed_user changed_env
changed_stdin lost_consumer value_changed changed_mode exposed changed_file changed_config wrong_case`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .case import Case
from .images import Entry, Image, file_system, logs
from .records import MARK, Call, parse_log, planted
from .residue import holds_plant, wrongly_left
from .sequence import Lines, by_agent, consumed, named, table

_OWN_CONFIG = ("GIT_CONFIG_",)  # variables by which a fix configures one command in place of a file
_CONFIG_KEYS = ("User", "ExposedPorts", "Entrypoint", "Cmd", "Volumes", "WorkingDir", "StopSignal", "Shell", "Healthcheck", "OnBuild")


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which the fixed build is not the old one; `detail` holds no secret value."""

    kind: str
    stage: str
    detail: str


def calls_of(image: Image) -> tuple[Call, ...]:
    """The recorded calls of a stage, in order, numbered by the layer that they belong to."""
    return tuple(call for number, text in logs(image) for call in parse_log(text, number))


@dataclass(frozen=True, slots=True)
class Rewritten:
    """Contents of the context's files that the patch changes (Dockerfile, .dockerignore, callers): `COPY . .` carries them along."""

    before: frozenset[bytes] = frozenset()
    after: frozenset[bytes] = frozenset()

    def explains(self, was: Entry | None, now: Entry | None) -> bool:
        """Is this path a copy of a file that the patch changes?"""
        if was is not None and now is not None and (was.mode, was.owner) != (now.mode, now.owner):
            return False
        return (was is None or was.data in self.before) and (now is None or now.data in self.after)


def compare(
    case: Case, stage: str, before: Image, after: Image, patch: Rewritten = Rewritten(), key: str = ""
) -> list[Difference]:
    """All differences of one stage, its inherited commands included; `key` is the public key that an agent must have, in hex."""
    old, new = calls_of(before), calls_of(after)
    lines = Lines(case, old, new)
    found = [Difference(kind, stage, detail) for kind, detail in lines.differences()]
    pairs = lines.pairs()
    for first, second in pairs:
        details = _one(case, first, second) + _reads(case, first, second) + _agent(case, first, second, key)
        found += [Difference(kind, stage, f"{first.text}: {detail}") for kind, detail in details]
    found += [Difference("exposed", stage, detail) for detail in _exposed(case, new, pairs)]
    found += [Difference("changed_file", stage, detail) for detail in _files(case, before, after, patch)]
    found += [Difference("changed_config", stage, detail) for detail in _config(case, before, after)]
    return found


def _one(case: Case, old: Call, new: Call) -> list[tuple[str, str]]:
    """Two records of one command."""
    found: list[tuple[str, str]] = []
    if old.cwd != new.cwd:
        found.append(("changed_cwd", f"{old.cwd} became {new.cwd}"))
    if old.uid != new.uid:
        found.append(("changed_user", f"{old.uid} became {new.uid}"))
    if old.stdin != new.stdin:
        found.append(("changed_stdin", f"{old.stdin!r} became {new.stdin!r}"))
    for name in sorted((consumed(case, old) - by_agent(case, old)) & old.sees() - new.sees()):
        found.append(("lost_consumer", f"does not see {name}"))
    found += _arguments(case, old, new)
    needs = named(case, old)
    for name in sorted(set(old.env) | set(new.env)):
        found += _variable(case, name, old, new, needs)
    return found + _credentials(case, old, new)


def _arguments(case: Case, old: Call, new: Call) -> list[tuple[str, str]]:
    """A secret that was in an argument is still there, or comes in a way that was not there before: the variable alone is read by nobody."""
    found: list[tuple[str, str]] = []
    wanted = case.argv.get(old.text, "")
    if MARK.search(wanted) and new.text != wanted:
        found.append(("changed_argv", f"became {new.text}"))
    known = old.channels()
    fresh = [text for place, text in new.channels().items() if known.get(place) != text and not place.startswith("file:/run/secrets/")]
    ways = " ".join((new.text, *fresh))
    for name in sorted(set(MARK.findall(old.text)) - set(MARK.findall(ways)) - by_agent(case, old) - set(case.may_lose)):
        found.append(("lost_consumer", f"got {name} as an argument, and has no other way to it now"))
    return found


def _credentials(case: Case, old: Call, new: Call) -> list[tuple[str, str]]:
    """The files in which a consumer found its secret, and those beside them that tools read: known hosts, a registry without a token."""
    needs, keys = named(case, old), by_agent(case, old)
    found: list[tuple[str, str]] = []
    for path, text in sorted(old.files.items()):
        held = set(MARK.findall(text))
        concerns = held & needs or (needs and not held) or (keys and not planted(text))
        if not concerns or path in case.may_lose or path.startswith("/run/secrets/"):
            continue
        if new.files.get(path) != text:
            kind = "value_changed" if path in new.files else "lost_consumer"
            found.append((kind, f"file {path} held {text!r}, now {new.files.get(path)!r}"))
        elif not old.modes[path][0] & 0o077 and new.modes[path][0] & 0o077:
            found.append(("changed_mode", f"file {path} had mode {old.modes[path][0]:o}, now {new.modes[path][0]:o}"))
    return found


def _reads(case: Case, old: Call, new: Call) -> list[tuple[str, str]]:
    """The case's own word on files and variables of this command; one that is wrong about the old build is no proof."""
    found: list[tuple[str, str]] = []
    for path, text in table(case.reads, old).items():
        if old.files.get(path) != text:
            found.append(("wrong_case", f"file {path} held {old.files.get(path)!r} in the old build"))
        if new.files.get(path) != text:
            found.append(("lost_consumer" if path not in new.files else "value_changed", f"file {path}: {new.files.get(path)!r}"))
    for name, value in table(case.environment, old).items():
        if name in old.env:
            found.append(("wrong_case", f"variable {name} is there in the old build"))
        if new.env.get(name) != value:
            found.append(("lost_consumer" if name not in new.env else "value_changed", f"variable {name}: {new.env.get(name)!r}"))
    return found


def _agent(case: Case, old: Call, new: Call, key: str) -> list[tuple[str, str]]:
    if by_agent(case, old) and not (key and key in new.agent):
        return [("lost_consumer", "reaches no agent that has the key")]
    return [("lost_consumer", "no longer reaches an agent")] if old.agent and not new.agent else []


def _variable(case: Case, name: str, old: Call, new: Call, needs: frozenset[str]) -> list[tuple[str, str]]:
    was, now = old.env.get(name), new.env.get(name)
    if was == now or name in case.may_lose or name in case.runtime:
        return []
    if was is not None and planted(was):
        hidden = not MARK.search(was)  # base64: which secret it is cannot be told, so whoever consumes any must keep it
        if not (set(MARK.findall(was)) & needs) and not (hidden and needs):
            return []
        return [("value_changed" if now is not None else "lost_consumer", f"variable {name} was {was!r}, now {now!r}")]
    if now is not None and planted(now):
        return [("value_changed", f"variable {name} was {was!r}, now {now!r}")] if was else []
    if name in case.secrets and not (was or now):
        return []  # an absent secret: BuildKit sets the variable of an env= mount, empty
    if was is None and name in table(case.environment, old):  # whether it is the right value: `_reads`
        return []
    if was is None and (name.startswith(_OWN_CONFIG) or (name == "SSH_AUTH_SOCK" and new.agent)):  # who may see an agent: `_exposed`
        return []
    return [("changed_env", f"variable {name} was {was!r}, now {now!r}")]


def _exposed(case: Case, calls: tuple[Call, ...], pairs: list[tuple[Call, Call]]) -> list[str]:
    """A secret that is visible in a RUN none of whose commands consumes it (or consumed it before, as an argument)."""
    needs: dict[int, set[str]] = {}
    for call in calls:
        needs.setdefault(call.run, set()).update(consumed(case, call))
    for old, new in pairs:
        needs[new.run] |= consumed(case, old)
    found = [f"{call.text} sees {name}" for call in calls for name in sorted(call.sees() - needs[call.run])]
    served = {call.run for call in calls if by_agent(case, call)} | {new.run for old, new in pairs if old.agent}
    return found + [f"{call.text} reaches the agent" for call in calls if call.agent and call.run not in served]


def _files(case: Case, before: Image, after: Image, patch: Rewritten) -> list[str]:
    """Paths that differ, but for leftovers of mounts (see `leftovers`); where the secret itself was, what is left must be right."""
    old, new = file_system(before), file_system(after)
    excused = set(leftovers(before, after))
    found: list[str] = []
    for path in sorted(set(old) | set(new)):
        was, now = old.get(path), new.get(path)
        if was == now or path in excused or patch.explains(was, now):
            continue
        if was is not None and holds_plant(was):
            wrong = wrongly_left(case, path, was, now)
            found += [wrong] if wrong else []
        elif was is None:
            found.append(f"{path} is new")
        elif now is None:
            if case.left.get("/" + path) != "" and not (was.kind == "5" and any(holds_plant(e) for p, e in old.items() if p.startswith(path + "/"))):
                found.append(f"{path} is missing")
        else:
            what = [name for name in ("kind", "mode", "owner", "data") if getattr(was, name) != getattr(now, name)]
            found.append(f"{path}: other {' and '.join(what)}")
    return found


def leftovers(before: Image, after: Image) -> list[str]:
    """Empty folders and empty files that only the fixed build leaves: mount points that the engine made."""
    old, new = file_system(before), file_system(after)
    fresh = [path for path in new if path not in old]
    filled = [path for path in fresh if new[path].kind != "5" and new[path].data]
    return sorted(path for path in fresh if path not in filled and not any(p.startswith(path + "/") for p in filled))


def _environment(config: dict[str, Any]) -> dict[str, str]:
    return dict(item.split("=", 1) for item in config.get("Env") or [])


def _config(case: Case, before: Image, after: Image) -> list[str]:
    old, new = before.config.get("config") or {}, after.config.get("config") or {}
    found = [f"{key} was {old.get(key)}, now {new.get(key)}" for key in _CONFIG_KEYS if (old.get(key) or None) != (new.get(key) or None)]
    pairs = [("Env", _environment(old), _environment(new)), ("Labels", old.get("Labels") or {}, new.get("Labels") or {})]
    for what, was, now in pairs:
        for name in sorted(set(was) | set(now)):
            if was.get(name) == now.get(name) or "PLANTx" in str(was.get(name)) or name in case.runtime:
                continue
            if name in case.secrets and not was.get(name) and name not in now:
                continue
            found.append(f"{what} {name} was set to {was.get(name)!r}, now {now.get(name)!r}")
    return found

"""Compares what two builds of one stage did: the same commands with the same secrets, and nobody sees more than it must.

Kinds of difference: `missing_command extra_command changed_order changed_argv changed_cwd changed_user changed_env
changed_stdin lost_consumer value_changed exposed changed_file changed_config`.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from .case import Case
from .images import Entry, Image, file_system, logs
from .records import MARK, Call, parse_log, planted

_USERINFO = re.compile(r"(?<=://)[^/@\s]*\{\{\w+\}\}[^/@\s]*@")
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


def compare(case: Case, stage: str, before: Image, after: Image, patch: Rewritten = Rewritten()) -> list[Difference]:
    """All differences of one stage, its inherited commands included."""
    old, new = calls_of(before), calls_of(after)
    old = tuple(call for call in old if call.text not in case.gone)
    found = [Difference(kind, stage, detail) for kind, detail in _sequence(case, old, new)]
    pairs = _pairs(case, old, new)
    for first, second in pairs:
        found += [Difference(kind, stage, f"{first.text}: {detail}") for kind, detail in _one(case, first, second)]
    found += [Difference("exposed", stage, detail) for detail in _exposed(case, new, pairs)]
    found += [Difference("changed_file", stage, detail) for detail in _files(before, after, patch)]
    found += [Difference("changed_config", stage, detail) for detail in _config(case, before, after)]
    return found


def named(case: Case, call: Call) -> frozenset[str]:
    """The secrets that this command needs by its own, as the case says; they must come by the same variable or file."""
    line = call.text + " "
    return frozenset(name for name, starts in case.consumers.items() for start in starts if line.startswith(start.rstrip() + " "))


def consumed(case: Case, call: Call) -> frozenset[str]:
    """The secrets that it needs in any way: also those in its arguments or its input."""
    return named(case, call) | set(MARK.findall(call.stdin + " " + call.text))


def _expected(case: Case, call: Call) -> str:
    """The command line that the fixed build may show for a command of the old one, beside the same."""
    return case.argv.get(call.text) or _USERINFO.sub("", call.text)


def _key(case: Case, call: Call, *, old: bool) -> str:
    return _expected(case, call) if old else _USERINFO.sub("", call.text)


def _sequence(case: Case, old: tuple[Call, ...], new: tuple[Call, ...]) -> list[tuple[str, str]]:
    first, second = [_key(case, c, old=True) for c in old], [_key(case, c, old=False) for c in new]
    if first == second:
        return []
    if Counter(first) == Counter(second):
        return [("changed_order", f"{first} became {second}")]
    found: list[tuple[str, str]] = []
    for op, a1, a2, b1, b2 in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        if op == "equal":
            continue
        width = min(a2 - a1, b2 - b1)
        for i in range(max(a2 - a1, b2 - b1)):
            if i < width and old[a1 + i].program == new[b1 + i].program:
                found.append(("changed_argv", f"{first[a1 + i]} became {second[b1 + i]}"))
                continue
            found += [("missing_command", first[a1 + i])] if a1 + i < a2 else []
            found += [("extra_command", second[b1 + i])] if b1 + i < b2 else []
    return found


def _pairs(case: Case, old: tuple[Call, ...], new: tuple[Call, ...]) -> list[tuple[Call, Call]]:
    first, second = [_key(case, c, old=True) for c in old], [_key(case, c, old=False) for c in new]
    blocks = SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks()
    return [(old[block.a + i], new[block.b + i]) for block in blocks for i in range(block.size)]


def _one(case: Case, old: Call, new: Call) -> list[tuple[str, str]]:
    """Two records of one command."""
    found: list[tuple[str, str]] = []
    if old.cwd != new.cwd:
        found.append(("changed_cwd", f"{old.cwd} became {new.cwd}"))
    if old.uid != new.uid:
        found.append(("changed_user", f"{old.uid} became {new.uid}"))
    if old.stdin != new.stdin:
        found.append(("changed_stdin", f"{old.stdin!r} became {new.stdin!r}"))
    for name in sorted(consumed(case, old) & old.sees() - new.sees()):
        found.append(("lost_consumer", f"does not see {name}"))
    needs = named(case, old)
    for name in sorted(set(old.env) | set(new.env)):
        found += _variable(case, name, old, new, needs)
    for path, text in sorted(old.files.items()):
        if set(MARK.findall(text)) & needs and new.files.get(path) != text and not path.startswith("/run/secrets/"):
            kind = "value_changed" if path in new.files else "lost_consumer"
            found.append((kind, f"file {path} held {text!r}, now {new.files.get(path)!r}"))
    return found


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
    if was is None and name.startswith(_OWN_CONFIG):
        return []
    return [("changed_env", f"variable {name} was {was!r}, now {now!r}")]


def _exposed(case: Case, calls: tuple[Call, ...], pairs: list[tuple[Call, Call]]) -> list[str]:
    """A secret that is visible in a RUN none of whose commands consumes it (or consumed it before, as an argument)."""
    needs: dict[int, set[str]] = {}
    for call in calls:
        needs.setdefault(call.run, set()).update(consumed(case, call))
    for old, new in pairs:
        needs[new.run] |= consumed(case, old)
    return [f"{call.text} sees {name}" for call in calls for name in sorted(call.sees() - needs[call.run])]


def _holds_plant(entry: Entry | None) -> bool:
    return entry is not None and b"PLANTx" in entry.data


def _files(before: Image, after: Image, patch: Rewritten) -> list[str]:
    """Paths that differ, but for those where the secret itself was, and for leftovers of mounts (see `leftovers`)."""
    old, new = file_system(before), file_system(after)
    excused = set(leftovers(before, after))
    found: list[str] = []
    for path in sorted(set(old) | set(new)):
        was, now = old.get(path), new.get(path)
        if was == now or _holds_plant(was) or path in excused or patch.explains(was, now):
            continue
        if was is None:
            found.append(f"{path} is new")
        elif now is None:
            if not (was.kind == "5" and any(_holds_plant(e) for p, e in old.items() if p.startswith(path + "/"))):
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

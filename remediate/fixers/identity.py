"""The id of each secret, and whether a build may go on without it (SPEC 5)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from remediate.analysis.flows import Flow, Trace
from remediate.analysis.references import all_words

_EMPTINESS = frozenset({"-n", "-z", "=", "!=", "=="})


def secret_ids(trace: Trace, passed: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    """Root name -> mount id: the one that the file uses already for that variable, else what callers pass, else the name in lower case."""
    mounts = [m for v in trace.runs.views.values() for m in v.mounts]
    by_env = {m.env: m.id for m in mounts if m.env}
    # An id whose file is shown at a path of its own is a whole file (an .npmrc, say), not this variable's value.
    files = {m.id for m in mounts if not m.env and m.target != f"/run/secrets/{m.id}"}
    taken = set(files)
    out: dict[str, str] = {}
    for flow in trace.flows:
        for root in flow.roots:
            identity = by_env.get(root.name) or passed.get(root.name) or re.sub(r"[^a-z0-9_.-]", "_", root.name.lower())
            while identity in taken:
                identity += "_2"
            taken.add(identity)
            out[root.name] = identity
    return out


def optional_roots(trace: Trace, flow: Flow) -> frozenset[str]:
    """Roots that have a default, or for whose emptiness a RUN asks."""
    out = {trace.binding(n).name for n, _ in flow.defaults} & {r.name for r in flow.roots if not r.literal}
    names = {trace.binding(n).name for n in flow.carriers}
    for number in flow.carriers:
        binding = trace.binding(number)
        if any(ref.op in (":-", "-") and ref.name in names for ref in binding.refs):
            out |= {r.name for r in flow.roots}
    for index in flow.runs():
        for _, command in trace.runs.views[index].commands():
            for word in all_words(command):
                asked = {
                    e.name
                    for e in word.expansions
                    if e.op in (":-", ":+", "-", "+", ":=") or (e.length and command.name in ("[", "[[", "test"))
                }
                if command.name in ("[", "test", "[["):
                    if any((w.value or "") in _EMPTINESS for w in command.argv) or len(command.argv) <= 3:
                        asked |= {e.name for e in word.expansions if not e.op}
                    asked |= {m[1] for text in word.single for m in re.finditer(r"\$\{?(\w+)", text)}
                for name in asked & names:
                    out |= _roots_of(trace, flow, name)
        for script in trace.runs.views[index].scripts:  # `case "$T" in "")`
            asks = b"case" in script.text.data
            for name in {e.name for e in script.loose if e.op in (":-", ":+", "-", "+", ":=") or asks} & names:
                out |= _roots_of(trace, flow, name)
    return frozenset(out) - {r.name for r in flow.roots if r.literal}  # a literal was always there


def _roots_of(trace: Trace, flow: Flow, name: str) -> set[str]:
    direct = {r.name for r in flow.roots if r.name == name}
    return direct or {r.name for r in flow.roots}

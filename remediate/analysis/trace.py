"""Dockerfile in, flows out: where each secret enters, which RUNs consume it, where it stays, and what else takes it."""

from __future__ import annotations

import re

from remediate.analysis.bindings import Bindings
from remediate.analysis.consumers import Consumers, How, Use
from remediate.analysis.flows import Elsewhere, Flow, Root, Trace
from remediate.analysis.origins import Origins
from remediate.analysis.reach import Reach
from remediate.analysis.residue import Residue, find_residue
from remediate.analysis.runs import Runs, RunView, view_runs
from remediate.analysis.surroundings import Surroundings
from remediate.analysis.uses import Uses
from remediate.dockerfile.expand import references
from remediate.dockerfile.tree import Dockerfile, Instruction
from remediate.knowledge.names import Judge, judge_name

_RUN_TIME = frozenset({"CMD", "ENTRYPOINT", "HEALTHCHECK"})
_SILENT = frozenset({"RUN", "ARG", "ENV", "SHELL", "MAINTAINER"})


def secret_origins(tree: Dockerfile, judge: Judge, ignored: frozenset[int]) -> tuple[Bindings, Origins]:
    """The bindings of a file and which of them carry a secret. `ignored` are numbers of bindings that a comment silences."""
    bindings = Bindings(tree)
    return bindings, Origins(bindings, judge, Uses(tree, bindings), ignored)


def trace(bindings: Bindings, origins: Origins, around: Surroundings) -> Trace:
    """Follow every secret of the file. Reads no file: what it may know of the build context is in `around`."""
    tree = bindings.tree
    if not origins.roots:
        return Trace(tree, bindings, Runs(), (), around)
    runs = view_runs(tree)
    around.planted = _planted(tree, runs)
    around.reach = Reach(tree).sources
    consumers = Consumers(tree.source, around)
    flows = []
    for names, carriers in _groups(origins):
        roots = tuple(origins.roots[n] for n in sorted(names))
        flows.append(_follow(bindings, runs, consumers, roots, carriers))
    flows.sort(key=lambda f: f.carriers[0])
    return Trace(tree, bindings, runs, tuple(flows), around)


def _groups(origins: Origins) -> list[tuple[frozenset[str], tuple[int, ...]]]:
    """Roots that some value joins belong together; with each group the numbers of its bindings."""
    groups: list[set[str]] = [{name} for name in origins.roots]
    for names in origins.carried.values():
        if len(names) > 1:
            joined = [g for g in groups if g & names]
            groups = [g for g in groups if not g & names] + [set().union(*joined)]
    out = []
    for group in groups:
        numbers = tuple(sorted(n for n, names in origins.carried.items() if names & group))
        if numbers:
            out.append((frozenset(group), numbers))
    return out


def _follow(bindings: Bindings, runs: Runs, consumers: Consumers, roots: tuple[Root, ...], carriers: tuple[int, ...]) -> Flow:
    tree = bindings.tree
    held = frozenset(carriers)
    uses: list[Use] = []
    residue: list[Residue] = []
    for index, run in runs.views.items():
        for name, binding in bindings.at(index).items():
            if binding.number not in held:
                continue
            root = next((r for r in roots if r.name == name), roots[0])
            kind = judge_name(name).kind or root.kind
            found = consumers.uses(run, name, kind)
            uses += found
            residue += find_residue(tree.source, run, name) if found or _may_leave(run, name) else []
    uses = _without_feeders(uses)
    elsewhere = [
        place for index, instruction in enumerate(tree.instructions) for place in _elsewhere(bindings, index, instruction, held)
    ]
    return Flow(roots, carriers, tuple(uses), tuple(elsewhere), tuple(dict.fromkeys(residue)))


def _without_feeders(uses: list[Use]) -> list[Use]:
    """Suspicions that evidence elsewhere makes idle: a RUN that surely reads one variable of the secret is not suspected of reading
    another one, too; and a program that nobody knows is suspected only when nothing else uses the secret.
    """
    sure = {u.run for u in uses if u.how in (How.NAMES, How.TOOL, How.CONTEXT)}
    known = any(u.how is not How.FOREIGN for u in uses)
    return [u for u in uses if not (u.how is How.UNKNOWN and u.run in sure) and not (u.how is How.FOREIGN and known)]


_WHOLE_ENVIRONMENT = re.compile(rb"\b(?:env|printenv|export|set|declare|typeset|environ)\b")


def _may_leave(run: RunView, name: str) -> bool:
    """The RUN does not use the variable, but may write it down with all the others."""
    data = b"".join([run.instruction.args.data, *(h.body.data for h in run.instruction.heredocs)])
    return name.encode("utf-8", "surrogateescape") in data or _WHOLE_ENVIRONMENT.search(data) is not None


def _elsewhere(bindings: Bindings, index: int, instruction: Instruction, held: frozenset[int]) -> list[Elsewhere]:
    keyword = instruction.keyword
    scope = bindings.at(index)
    names: set[str] = set()
    if keyword == "RUN":
        for flag in instruction.flags:
            names |= {m[1] for m in re.finditer(r"\$\{?(\w+)", flag.value or "")}
    elif keyword in _RUN_TIME or keyword == "ONBUILD":
        names = {m[1] for m in re.finditer(r"\$(?:env:|\{)?(\w+)", instruction.args.text)}
        if keyword != "ONBUILD":
            names = {n for n in names if n in scope and scope[n].keyword == "ENV"}
    elif keyword not in _SILENT:
        names = {r.name for r in references(instruction.args, bindings.tree.escape)}
        for doc in instruction.heredocs:
            if doc.expand:
                names |= {r.name for r in references(doc.body, bindings.tree.escape)}
    return [
        Elsewhere(n, index, keyword, instruction.start_line) for n in sorted(names) if n in scope and scope[n].number in held
    ]


_UNEXPANDED = re.compile(r"\$\{?([A-Za-z_]\w*)")


def _planted(tree: Dockerfile, runs: Runs) -> dict[str, list[tuple[str, int]]]:
    """Configuration files that the Dockerfile writes with a variable left unexpanded, for a tool to expand when it reads them."""
    out: dict[str, list[tuple[str, int]]] = {}
    for index, run in runs.views.items():
        for script, command in run.commands():
            for redirect in command.redirects:
                target = redirect.target.value if redirect.target is not None and redirect.op in (">", ">>", ">|") else None
                if not target:
                    continue
                texts = [s for w in command.argv for s in w.single]
                texts += [r.body.text for r in command.redirects if r.body is not None and not r.expand]
                texts += [w.raw.replace("\\$", "$") for w in command.argv if "\\$" in w.raw]
                for text in texts:
                    out.setdefault(target.rsplit("/", 1)[-1], []).extend((m[1], index) for m in _UNEXPANDED.finditer(text))
    for index, instruction in enumerate(tree.instructions):
        if instruction.keyword not in ("COPY", "ADD") or not instruction.words:
            continue
        target = instruction.words[-1].text.text.rsplit("/", 1)[-1]
        for doc in instruction.heredocs:
            if not doc.expand:
                found = [(m[1], index) for m in _UNEXPANDED.finditer(doc.body.text)]
                out.setdefault(target or doc.name, []).extend(found)
    return out

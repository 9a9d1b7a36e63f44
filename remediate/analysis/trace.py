"""Dockerfile in, flows out: where each secret enters, which RUNs consume it, where it stays, and what else takes it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from remediate.analysis.bindings import Bindings
from remediate.analysis.consumers import Consumers, How, Use
from remediate.analysis.elsewhere import other_takers
from remediate.analysis.flows import Elsewhere, Flow, Root, Trace
from remediate.analysis.origins import Origins
from remediate.analysis.planted import planted_files
from remediate.analysis.reach import Reach
from remediate.analysis.references import static_argv
from remediate.analysis.residue import Residue, find_residue
from remediate.analysis.runs import Runs, RunView, view_runs
from remediate.analysis.surroundings import Surroundings
from remediate.analysis.uses import Uses
from remediate.dockerfile.tree import Dockerfile
from remediate.knowledge import commands
from remediate.knowledge.libraries import some_library_reads
from remediate.knowledge.names import Judge, judge_name
from remediate.knowledge.tools import some_tool_takes
from remediate.model import RemediateError
from remediate.text import late

MAX_PAIRS = 50_000  # (RUN, carried variable) pairs that are looked at in one file; a person's file has some dozens


def secret_origins(tree: Dockerfile, judge: Judge, bindings: Bindings, ignored: frozenset[int]) -> Origins:
    """Which bindings of a file carry a secret. `ignored` are numbers of bindings that a comment silences."""
    return Origins(bindings, judge, Uses(tree, bindings), ignored)


def trace(bindings: Bindings, origins: Origins, around: Surroundings, *, always: bool = False) -> Trace:
    """Follow every secret of the file. Reads no file: what it may know of the build context is in `around`.

    `always`: look at the RUNs even when no secret enters by ARG or ENV.
    RemediateError when there are more secrets and RUNs than can be followed.
    """
    tree = bindings.tree
    if not origins.roots and not always:
        return Trace(tree, bindings, Runs(), (), around)
    runs = view_runs(tree)
    around.planted = planted_files(tree, runs)
    around.reach = Reach(tree).sources
    around.brought = _brought(tree)
    groups = _groups(origins)
    flow_of = {number: index for index, (_, numbers) in enumerate(groups) for number in numbers}
    uses, residue = _look_at_runs(bindings, runs, Consumers(tree.source, around), origins, flow_of)
    takers = other_takers(bindings, flow_of)
    flows = [
        _flow(bindings, origins, names, numbers, uses[index], residue[index], takers[index], around, runs)
        for index, (names, numbers) in enumerate(groups)
    ]
    return Trace(tree, bindings, runs, tuple(sorted(flows, key=lambda f: f.carriers[0])), around)


_CLONES = late(rb"\bgit\s+(?:-\S+\s+)*clone\b|\bgh\s+repo\s+clone\b|\bsvn\s+(?:co|checkout)\b|\bdegit\b|\bhg\s+clone\b")


def _brought(tree: Dockerfile) -> tuple[int, ...]:
    """Instructions that bring in code which is not in the build context."""
    return tuple(
        index
        for index, i in enumerate(tree.instructions)
        if (i.keyword == "RUN" and _CLONES.search(i.args.data)) or (i.keyword == "ADD" and b"://" in i.args.data)
    )


def _groups(origins: Origins) -> list[tuple[frozenset[str], tuple[int, ...]]]:
    """Roots that some value joins belong together; with each group the numbers of its bindings."""
    leader = {name: name for name in origins.roots}

    def find(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for names in origins.carried.values():
        first, *others = names or ("",)
        for other in others:
            leader[find(other)] = find(first)
    for binding in origins.bindings.all:  # `ENV X_TOKEN=${T:+...}`: another secret that would change if this one went
        own = origins.carried.get(binding.number)
        scope = origins.bindings.of(binding)
        for ref in binding.refs if own else ():
            source = scope.get(ref.name)
            held = origins.carried.get(source.number) if source is not None else None
            if own and held:
                leader[find(next(iter(held)))] = find(next(iter(own)))
    members: dict[str, set[str]] = defaultdict(set)
    numbers: dict[str, list[int]] = defaultdict(list)
    for name in origins.roots:
        members[find(name)].add(name)
    for number, names in origins.carried.items():
        if names:
            numbers[find(next(iter(names)))].append(number)
    return [(frozenset(members[top]), tuple(sorted(held))) for top, held in numbers.items()]


def _look_at_runs(
    bindings: Bindings, runs: Runs, consumers: Consumers, origins: Origins, flow_of: Mapping[int, int]
) -> tuple[dict[int, list[Use]], dict[int, list[Residue]]]:
    """For each flow, which RUNs use it and what they leave of it."""
    uses: dict[int, list[Use]] = defaultdict(list)
    residue: dict[int, list[Residue]] = defaultdict(list)
    budget = MAX_PAIRS
    for index, run in runs.views.items():
        held = [(name, b.number) for name, b in bindings.at(index).items() if b.number in flow_of]
        budget -= len(held) * (1 + sum(len(c.argv) for _, c in run.commands()) // 50)  # each is looked for in every word
        if budget < 0:
            raise RemediateError("more secrets and RUN instructions than can be followed", line=run.instruction.start_line)
        for name, number in held:
            root = origins.roots[next(iter(origins.carried[number]))]
            found = consumers.uses(run, name, judge_name(name).kind or root.kind)
            uses[flow_of[number]] += found
            if found or _may_leave(run, name):
                residue[flow_of[number]] += find_residue(
                    bindings.tree.source, run, name, tuple(consumers.opened.get((index, name), {}).values())
                )
    return uses, residue


def _flow(
    bindings: Bindings, origins: Origins, names: frozenset[str], carriers: tuple[int, ...], uses: list[Use],
    residue: list[Residue], takers: list[Elsewhere], around: Surroundings, runs: Runs,
) -> Flow:  # fmt: skip
    copies: dict[str, set[str]] = defaultdict(set)
    held = [bindings.all[n] for n in carriers]
    exported = {b.name for b in held if b.keyword == "ENV"}
    for binding in held:
        source = binding.plain_copy_of
        # An ARG whose name nobody knows only feeds the ENV; one that is an ENV itself, or that tools look up, is meant to be read.
        if binding.keyword == "ENV" and source and source not in exported and not (some_tool_takes(source) or some_library_reads(source)):
            copies[source].add(binding.name)
    roots: tuple[Root, ...] = tuple(origins.roots[n] for n in sorted(names))
    written = (around.planted_names(bindings.all[n].name) for n in carriers)
    planted = next((index for index in written if index is not None), None)
    stages = {(u.run, u.name): bindings.at(u.run)[u.name].stage for u in uses}
    kept = _without_idle_suspicions(uses, copies, stages)
    defaults = tuple((n, origins.defaults[n]) for n in carriers if n in origins.defaults)
    unread = "" if kept else _unread(bindings, runs, carriers, around)
    return Flow(roots, carriers, tuple(kept), tuple(takers), tuple(dict.fromkeys(residue)), planted, unread, defaults)


def _unread(bindings: Bindings, runs: Runs, carriers: tuple[int, ...], around: Surroundings) -> str:
    """A file that names the variable and that a RUN, which may do anything, can see."""
    held = set(carriers)
    for index, run in runs.views.items():
        names = [n for n, b in bindings.at(index).items() if b.number in held]
        if names and not all(commands.inert(static_argv(c)) for _, c in run.commands() if c.argv):
            for name in names:
                place = around.names_it_within_reach(name, (index,))
                if place:
                    return place
    return ""


_EVIDENCE = (How.NAMES, How.TOOL, How.CONTEXT, How.ASKS)


def _without_idle_suspicions(uses: list[Use], copies: Mapping[str, set[str]], stages: Mapping[tuple[int, str], int]) -> list[Use]:
    """Suspicions that evidence elsewhere makes idle: of an ARG that only feeds another variable which the RUN reads; and of a program
    that nobody knows, when something else uses the secret that its stage declares (a mere test is no use).

    `stages`: (RUN, variable) -> the stage whose declaration it sees.
    """
    known = {stages[u.run, u.name] for u in uses if u.how not in (How.FOREIGN, How.ASKS)}
    kept = [u for u in uses if not (u.how is How.FOREIGN and stages[u.run, u.name] in known)]
    asked = {(u.run, u.name) for u in kept}
    # `ARG T` / `ENV NPM_TOKEN=$T`: who may read either was meant to read the last.
    return [u for u in kept if u.how in _EVIDENCE or not any((u.run, n) in asked for n in copies.get(u.name, ()))]


_WHOLE_ENVIRONMENT = late(rb"\b(?:env|printenv|export|set|declare|typeset|environ)\b")


def _may_leave(run: RunView, name: str) -> bool:
    """The RUN does not use the variable, but may write it down with all the others."""
    data = b"".join([run.instruction.args.data, *(h.body.data for h in run.instruction.heredocs)])
    return name.encode("utf-8", "surrogateescape") in data or _WHOLE_ENVIRONMENT.search(data) is not None

"""The pre-pass: what writes a secret down is changed so that nothing keeps it; the main job then reads the file that comes out.

Every thing that is kept gets the first remedy that is provably right; a secret of which something stays is refused whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from remediate.analysis.flows import Elsewhere, Flow, Trace
from remediate.analysis.residue import Residue
from remediate.fixers.checks import refusal_but_residue
from remediate.fixers.own_part import without_the_emptied
from remediate.fixers.reasons import refuse
from remediate.fixers.remedy import Kept, Remedied, Remedy, RunEdit, Situation, joined
from remediate.fixers.rewrite import reads_back, rewrite
from remediate.model import Options, Refusal
from remediate.text import OverlappingEdits, apply

# What shells write with: no tool of theirs takes a setting from the environment.
_TEXT = frozenset(("", "echo", "printf", "cat", "tee", "sed"))
_KEY_WORDS = ("ssh", "rsa", "dsa", "ed25519", "key", "identity", "id_")


# Each remedy is loaded only for what it may be the remedy of: start-up time counts.
def _clone(s: Situation) -> Remedy | Refusal | None:
    if all(r.tool != "git" for r in s.kept.residues):
        return None
    from remediate.fixers import clones

    return clones.propose(s)


def _setting(s: Situation) -> Remedy | Refusal | None:
    if all(r.tool in _TEXT for r in s.kept.residues):
        return None
    from remediate.fixers import settings

    return settings.propose(s)


def _key_file(s: Situation) -> Remedy | Refusal | None:
    if not any(w in s.kept.path.lower() for w in _KEY_WORDS) and all(r.kind != "ssh-key" for r in s.flow.roots):
        return None
    from remediate.fixers import ssh

    return ssh.propose(s)


def _sink(s: Situation) -> Remedy | Refusal | None:
    from remediate.fixers import sink

    return sink.propose(s)


def _inline(trace: Trace, flow: Flow, place: Elsewhere) -> Remedy | Refusal | None:
    from remediate.fixers import inline_file

    return inline_file.propose(trace, flow, place)


REMEDIES: tuple[Callable[[Situation], Remedy | Refusal | None], ...] = (_clone, _setting, _key_file, _sink)


MAX_PLACES = 4_000  # places that keep a secret times commands; a person's file has some hundreds


def too_many(trace: Trace, residues: Sequence[Residue], files: int = 0) -> Refusal | None:
    """Remedies are proved for each place against every command: a file with more than can be followed gets none.

    `files`: those that a COPY writes from the Dockerfile itself.
    """
    places = {(r.run, r.script, r.command, r.path) for r in residues if not r.printed}
    commands = sum(len(s.commands) for v in trace.runs.views.values() for s in v.scripts)
    count = len(places) + files
    if count < 2 or count * commands <= MAX_PLACES:
        return None
    return refuse("too-many-places", detail=f"{count} places, {commands} commands", line=residues[0].line if residues else 0)


def remedied(trace: Trace, options: Options, others: Sequence[Remedy] = (), left_out: frozenset[int] = frozenset()) -> Remedied:
    """Remedies for all flows that leave something. `others`: remedies that belong to no flow; `left_out`: flows that get none."""
    out = Remedied()
    inline_files = sum(place.keyword == "COPY" for flow in trace.flows for place in flow.elsewhere)
    bound = too_many(trace, [r for flow in trace.flows for r in flow.residue], inline_files)
    if bound is not None:
        out.refusals = {i: bound for i, flow in enumerate(trace.flows) if any(not r.printed for r in flow.residue) or flow.elsewhere}
        return out
    proposals = _proposals(trace, options)
    for index, flow in enumerate(trace.flows):
        stays = [r for r in flow.residue if not r.printed]
        inline = [_inline(trace, flow, place) for place in flow.elsewhere if place.keyword == "COPY"]
        if not (stays or inline) or index in left_out:
            continue
        if None in inline or refusal_but_residue(trace, flow._replace(elsewhere=_not_copies(flow))) is not None:
            continue  # the main job says why
        answers = [*(proposals[_key(r)] for r in stays), *inline]
        refusal = next((a for a in answers if isinstance(a, Refusal)), None)
        if refusal is not None:
            out.refusals[index] = refusal
        else:
            out.remedies[index] = list({id(a): a for a in answers if isinstance(a, Remedy)}.values())
    _settle(trace, out, others)
    return out


def _not_copies(flow: Flow) -> tuple[Elsewhere, ...]:
    return tuple(p for p in flow.elsewhere if p.keyword != "COPY")


def _key(rest: Residue) -> tuple[str, str]:
    """Residue in one file belongs together; what goes to an unknown place is a thing of its own."""
    path = rest.beside or rest.path
    if path.startswith("/") and "$" not in path:
        return (path, "")
    return (f"{rest.run}.{rest.script}.{rest.command}", rest.tool)


def _proposals(trace: Trace, options: Options) -> Mapping[tuple[str, str], Remedy | Refusal]:
    """The answer for each thing that is kept, whichever flows it comes from."""
    kept: dict[tuple[str, str], list[tuple[Flow, Residue]]] = {}
    for flow in trace.flows:
        for rest in flow.residue:
            if not rest.printed:
                kept.setdefault(_key(rest), []).append((flow, rest))
    out: dict[tuple[str, str], Remedy | Refusal] = {}
    for key, pairs in kept.items():
        residues = tuple(sorted({r for _, r in pairs}, key=_order))
        situation = Situation(trace, pairs[0][0], _kept(residues), options)
        out[key] = _first(situation)
    return out


def _order(rest: Residue) -> tuple[int, int, int, str]:
    return (rest.run, rest.script, rest.command, rest.beside)


def _kept(residues: tuple[Residue, ...]) -> Kept:
    first = residues[0]
    return Kept(first.beside or first.path, first.tool, residues)


def answers(trace: Trace, residues: Sequence[Residue], options: Options) -> dict[Residue, Remedy | Refusal]:
    """The answer for each residue of mounted secrets; what only goes to the log has none."""
    bound = too_many(trace, residues)
    if bound is not None:
        return {r: bound for r in residues if not r.printed}
    kept: dict[tuple[str, str], list[Residue]] = {}
    for rest in residues:
        if not rest.printed:
            kept.setdefault(_key(rest), []).append(rest)
    out: dict[Residue, Remedy | Refusal] = {}
    for group in kept.values():
        residues_ = tuple(sorted(set(group), key=_order))
        found = _first(Situation(trace, Flow((), ()), _kept(residues_), options))
        out |= dict.fromkeys(residues_, found)
    return out


def _first(situation: Situation) -> Remedy | Refusal:
    refusal: Refusal | None = None
    for propose in REMEDIES:
        found = propose(situation)
        if isinstance(found, Remedy) or (found is not None and propose is _clone):
            return found  # what git keeps is not for the sink, which would move the clone itself
        refusal = refusal or found
    rest = situation.kept.residues[0]
    return refusal or refuse("persisted", detail=f"line {rest.line}: {rest.tool or 'a redirect'}", line=rest.line)


def _settle(trace: Trace, out: Remedied, others: Sequence[Remedy]) -> None:
    """One rewriting for all remedies; those that do not go together, or do not read back as meant, are taken out one by one."""
    for _ in range(len(out.remedies) + len(others) + 1):
        remedies = list({id(r): r for group in out.remedies.values() for r in group}.values())
        problem = _apply(trace, out, [*others, *remedies])
        if problem is None:
            out.others = list(others)
            return
        alone = next((o for o in others if _apply(trace, Remedied(), [o]) is not None), None)
        culprit = _culprit(trace, out, others) if alone is None else None
        if culprit is None:
            others = [o for o in others if o is not alone] if alone is not None else others[:-1]
            continue
        out.refusals[culprit] = problem
        del out.remedies[culprit]
    out.edits = []


def _apply(trace: Trace, out: Remedied, remedies: Sequence[Remedy]) -> Refusal | None:
    if not remedies:
        out.edits = []
        return None
    whole = without_the_emptied(trace, merged(remedies))
    edits = rewrite(trace, whole)
    if isinstance(edits, Refusal):
        return edits
    try:
        after = apply(trace.tree.source.data, edits)
    except OverlappingEdits as error:
        return refuse("meaning-changed", detail=str(error))
    problem = reads_back(trace, whole, after)
    if problem:
        return refuse("meaning-changed", detail=problem)
    out.edits = edits
    return None


def _culprit(trace: Trace, out: Remedied, others: Sequence[Remedy]) -> int | None:
    """Index of the flow whose remedies fail by themselves, else of the last one; None when only `others` are left."""
    for index, group in out.remedies.items():
        if _apply(trace, Remedied(), group) is not None:
            return index
    return max(out.remedies) if out.remedies else None


def merged(remedies: Sequence[Remedy]) -> Remedy:
    """All remedies as one. What enters a RUN keeps the order of the remedies, and comes once."""
    runs: dict[int, RunEdit] = {}
    sources: dict[int, frozenset[int]] = {}
    for remedy in remedies:
        for index, edit in remedy.runs.items():
            runs[index] = joined(runs.get(index, RunEdit()), edit)
        for index, words in remedy.sources.items():
            sources[index] = sources.get(index, frozenset()) | words
    return Remedy(
        runs=runs,
        gone=frozenset(i for r in remedies for i in r.gone),
        sources=sources,
        mends=tuple(m for r in remedies for m in r.mends),
        ignore=tuple(dict.fromkeys(line for r in remedies for line in r.ignore)),
        secrets=tuple(dict.fromkeys(s for r in remedies for s in r.secrets)),
    )

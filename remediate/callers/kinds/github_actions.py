"""GitHub Actions (Forgejo and Gitea, too): workflows, reusable workflows and composite actions that build images."""

from __future__ import annotations

from collections.abc import Sequence

from remediate.callers.kinds.github_actions_unit import Unit
from remediate.callers.kinds.github_actions_units import units
from remediate.callers.model import Build, CallerFile, FileEdit, Job, JobRefused, Reading, Refused, Rewritten, Told, Unread
from remediate.callers.repository import Repository
from remediate.formats.embedded import FormatError


def read(file: CallerFile, repository: Repository) -> Reading:
    """The builds of all steps, in the file's order."""
    try:
        found = units(file, repository)
    except (FormatError, RecursionError) as error:
        line = error.line if isinstance(error, FormatError) else 1
        detail = error.message if isinstance(error, FormatError) else "it is nested too deeply"
        return Reading(unread=(Unread(line, Refused("caller-format", detail, line)),))
    return Reading(tuple(b for unit in found for b in unit.numbered), tuple(u for unit in found for u in unit.unread))


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    """The edits for all jobs; a step that is used twice (an anchor) is only changed when both uses want the same."""
    found = units(file, repository)
    wanted = _by_unit(jobs)
    edits: dict[FileEdit, None] = {}
    refused: list[JobRefused] = []
    told: list[Told] = []
    sharers: dict[int, list[int]] = {}
    for number, unit in enumerate(found):
        for node in unit.nodes:
            sharers.setdefault(node, []).append(number)
    for number, numbered in wanted.items():
        unit = found[number]
        if clash := _clash(found, number, wanted, sharers):
            refused += [JobRefused(n, m.spec.id, clash) for n, job in numbered for m in job.moves]
            continue
        done = unit.rewrite([(n, job._replace(build=_inner(job.build))) for n, job in numbered])
        edits.update(dict.fromkeys(done.edits))
        refused += done.refused
        told += done.told
    return Rewritten(() if refused else tuple(edits), tuple(refused), tuple(told))


def _by_unit(jobs: Sequence[Job]) -> dict[int, list[tuple[int, Job]]]:
    out: dict[int, list[tuple[int, Job]]] = {}
    for index, job in enumerate(jobs):
        assert isinstance(job.build.key, tuple)
        out.setdefault(job.build.key[0], []).append((index, job))
    return out


def _inner(build: Build) -> Build:
    assert isinstance(build.key, tuple)
    return build._replace(key=build.key[1])


def _clash(found: Sequence[Unit], number: int, wanted: dict[int, list[tuple[int, Job]]], sharers: dict[int, list[int]]) -> Refused | None:
    """Another step that shares the text of this one, and does not want the same."""
    mine = _moves(wanted[number])
    unit = found[number]
    for other in sorted({n for node in unit.nodes for n in sharers[node]} - {number}):
        if _moves(wanted.get(other, [])) != mine:
            return Refused("caller-shared", f"the text also serves line {found[other].line}", unit.line)
    return None


def _moves(numbered: Sequence[tuple[int, Job]]) -> set[tuple[str, str, str, bool]]:
    return {(m.spec.id, m.arg, m.source, m.supplied) for _, job in numbered for m in job.moves}

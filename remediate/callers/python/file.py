"""One Python file (or Tiltfile): its builds, and the edits for jobs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from remediate.callers.model import CallerFile, FileEdit, Job, JobRefused, Reading, Refused, Rewritten, Told
from remediate.callers.python.scan import Scan
from remediate.callers.python.site import Answer, Claim, Context
from remediate.callers.repository import Repository


def builds_of(file: CallerFile, repository: Repository) -> Reading:
    """FormatError for what cannot be read."""
    scan = _scan(file, repository)
    builds = tuple(b for site in scan.sites for b in site.builds)
    unread = (*(u for site in scan.sites for u in site.unread), *scan.unread)
    return Reading(builds, tuple(sorted(set(unread), key=lambda u: (u.line, u.name))))


@lru_cache(maxsize=2)
def _scan(file: CallerFile, repository: Repository) -> Scan:
    return Scan(Context(file.data, file.path, file.kind, repository))


def rewritten(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    """All edits at once, or what is refused."""
    scan = _scan(file, repository)
    mine: dict[int, list[tuple[int, Job]]] = {}
    refused: list[JobRefused] = []
    for number, job in enumerate(jobs):
        key = job.build.key
        site = key[0] if isinstance(key, tuple) and isinstance(key[0], int) else -1
        if 0 <= site < len(scan.sites):
            mine.setdefault(site, []).append((number, job))
        else:
            refused += [
                JobRefused(number, m.spec.id, Refused("caller-unproved", "the build is not there any more", job.build.line))
                for m in job.moves
            ]
    answers = {site: scan.sites[site].rewrite(wanted) for site, wanted in mine.items()}
    refused += [r for a in answers.values() for r in a.refused]
    if not refused:
        refused = _shared(scan, answers, jobs)
    if refused:
        return Rewritten(refused=tuple(dict.fromkeys(refused)))
    edits = dict.fromkeys(c.edit for a in answers.values() for c in a.claims)
    told = dict.fromkeys(Told(job, text) for a in answers.values() for job, text in a.told)
    return Rewritten(tuple(FileEdit(file.path, e) for e in edits), (), tuple(told))


def _shared(scan: Scan, answers: dict[int, Answer], jobs: Sequence[Job]) -> list[JobRefused]:
    """Words that serve several builds change only when each of them wants the same."""
    out: list[JobRefused] = []
    readers: dict[object, list[int]] = {}
    for number, site in enumerate(scan.sites):
        for node in site.reads():
            readers.setdefault(node, []).append(number)
    for number, answer in answers.items():
        for claim in answer.claims:
            if claim.node is not None and claim.node in scan.lent:
                detail = f"the words also go to the program that line {scan.lent[claim.node]} starts"
                out.append(JobRefused(claim.job, claim.spec_id, Refused("caller-shared", detail, jobs[claim.job].build.line)))
            for other in readers.get(claim.node, ()) if claim.node is not None else ():
                if other != number and not _wants(answers.get(other), claim):
                    line = jobs[claim.job].build.line
                    detail = (
                        f"the words also serve the build of line {scan.sites[other].builds[0].line}" if scan.sites[other].builds else ""
                    )
                    out.append(JobRefused(claim.job, claim.spec_id, Refused("caller-shared", detail, line)))
    return out + _clashing(answers, jobs)


def _wants(answer: Answer | None, claim: Claim) -> bool:
    return answer is not None and any(c.edit == claim.edit for c in answer.claims)


def _clashing(answers: dict[int, Answer], jobs: Sequence[Job]) -> list[JobRefused]:
    """Two edits of one place that do not say the same: neither is made."""
    claims = sorted({c.edit: c for a in answers.values() for c in a.claims}.values(), key=lambda c: (c.edit.span.start, c.edit.span.end))
    out: list[JobRefused] = []
    end, last = -1, None
    for claim in claims:
        if claim.edit.span.start < end and last is not None:
            for one in (claim, last):
                out.append(
                    JobRefused(one.job, one.spec_id, Refused("caller-arguments", "two changes meet in one place", jobs[one.job].build.line))
                )
        if claim.edit.span.end >= end:
            end, last = claim.edit.span.end, claim
    return out

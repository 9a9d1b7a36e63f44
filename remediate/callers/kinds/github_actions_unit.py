"""A unit is one place of a workflow that builds: a step, or a job that calls another workflow. Each sort of unit is a class of its own."""

from __future__ import annotations

from collections.abc import Sequence

from remediate.callers.kinds.github_actions_tree import Step
from remediate.callers.model import Build, CallerFile, Job, JobRefused, Refused, Rewritten, Unread


class Unit:
    """`nodes` are where the texts begin that an edit of this unit would change: two units with a common one share their text."""

    def __init__(
        self, file: CallerFile, step: Step, builds: Sequence[Build], unread: Sequence[Unread] = (), nodes: frozenset[int] = frozenset()
    ) -> None:
        self.file, self.step, self.builds, self.unread = file, step, tuple(builds), tuple(unread)
        self.nodes = nodes | {step.node.span.start}
        self.number = 0

    @property
    def line(self) -> int:
        return self.builds[0].line if self.builds else self.step.node.line

    @property
    def numbered(self) -> tuple[Build, ...]:
        """The builds, each with the number of its unit in its key."""
        return tuple(b._replace(key=(self.number, b.key)) for b in self.builds)

    def rewrite(self, jobs: Sequence[tuple[int, Job]]) -> Rewritten:
        """The edits for the jobs (with their numbers) of this unit; what is only read refuses."""
        refused = self.builds[0].refused or Refused("caller-arguments", "", self.line)
        return Rewritten(refused=tuple(JobRefused(n, m.spec.id, refused) for n, job in jobs for m in job.moves))

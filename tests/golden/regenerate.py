"""Writes `report.txt` and `command.txt` of every golden case anew: `PYTHONPATH=tests python -m golden.regenerate [CASE...]`.

Only for cases whose outcome is the committed `after/`: a wrong outcome is named and its files are left, so that a report cannot be
bent to a bug. `after/` itself is written by hand, never by this.
"""

from __future__ import annotations

import sys

from e2e.case import Case

from .ran import CASES, Ran, ran, read_tree


def expected_command(case: Case, done: Ran) -> str:
    """command.txt: the command for the case's Dockerfile; without any secret the plain build that is left."""
    shell = done.commands.get(case.dockerfile)
    if shell is None and case.expect == "refused":
        return ""
    return (shell or "docker build .") + "\n"


def main(names: list[str]) -> int:
    """The number of cases whose outcome is not their `after/`."""
    wrong = 0
    for case in CASES:
        if names and case.name not in names:
            continue
        done = ran(case.name)
        if done.tree != read_tree(case.folder / "after"):
            print(f"{case.name}: the outcome is not after/; nothing written")
            wrong += 1
            continue
        (case.folder / "report.txt").write_text(done.report)
        command = expected_command(case, done)
        if command:
            (case.folder / "command.txt").write_text(command)
    return wrong


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))

"""For the tests of what a remedy does to the text: a file, changes by the number of the RUN, and the file after them."""

from __future__ import annotations

from remediate.analysis.bindings import Bindings
from remediate.analysis.flows import Trace
from remediate.analysis.runs import view_runs
from remediate.analysis.surroundings import Surroundings
from remediate.dockerfile.parser import parse
from remediate.fixers.remedy import Remedy, RunEdit
from remediate.fixers.rewrite import reads_back, rewrite
from remediate.model import Refusal
from remediate.text import apply


def traced(data: bytes) -> Trace:
    tree = parse(data)
    return Trace(tree, Bindings(tree), view_runs(tree), (), Surroundings())


def remedied(text: str, remedy: Remedy) -> str | Refusal:
    data = text.encode()
    trace = traced(data)
    edits = rewrite(trace, remedy)
    if isinstance(edits, Refusal):
        return edits
    after = apply(data, edits)
    problem = reads_back(trace, remedy, after)
    assert not problem, f"{problem}\n{after.decode()}"
    return after.decode()


def run_edited(text: str, edit: RunEdit) -> str | Refusal:
    """The edit on the file's first RUN."""
    trace = traced(text.encode())
    return remedied(text, Remedy(runs={min(trace.runs.views): edit}))

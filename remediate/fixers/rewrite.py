"""From a remedy to exact edits: instructions and sources that go, RUNs that change. Everything else keeps its bytes."""

from __future__ import annotations

from remediate.analysis.flows import Trace
from remediate.fixers.copy_sources import remove_sources
from remediate.fixers.read_back import reads_back
from remediate.fixers.remedy import Remedy
from remediate.fixers.run_shape import shape_of
from remediate.fixers.run_text import edit_run, merged
from remediate.fixers.whole_lines import remove_instructions
from remediate.model import Edit, Refusal

__all__ = ["reads_back", "rewrite"]


def rewrite(trace: Trace, remedy: Remedy) -> list[Edit] | Refusal:
    """The edits that make the remedy's file, or why they cannot be made. Prove them with `reads_back`."""
    out: list[Edit] = []
    gone = set(remedy.gone)
    for index, edit in sorted(remedy.runs.items()):
        if index in remedy.gone:
            continue
        run = trace.runs.views[index]
        shape = shape_of(run, edit)
        if isinstance(shape, Refusal):
            return shape
        if shape is not None and shape.gone:
            gone.add(index)
            continue
        edits = edit_run(trace.tree, run, edit, shape)
        if isinstance(edits, Refusal):
            return edits
        out += edits
    for index, sources in sorted(remedy.sources.items()):
        if index not in gone and sources:
            found = remove_sources(trace.tree, trace.tree.instructions[index], sources)
            if isinstance(found, Refusal):
                return found
            out += merged(found)
    return [*out, *remove_instructions(trace.tree, gone)]

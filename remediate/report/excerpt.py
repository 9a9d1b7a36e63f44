"""The lines that a finding marks, ready to show: masked, printable, short, each with its line number.

      enters here   3 | ARG NPM_TOKEN=***
        used here   9 | RUN npm ci
"""

from __future__ import annotations

from collections.abc import Iterator

from remediate.model import FileOutcome, Finding, Mark
from remediate.report.mask import MASK, Masker
from remediate.report.terminal import visible

_LINES_A_MARK = 4
_WIDTH = 160
_MASKED_WIDTH = 4096


class Excerpts:
    """Quotes one file. Made once a file, since finding the values to hide reads all of it."""

    def __init__(self, file: FileOutcome) -> None:
        text = file.before.decode("utf-8", "surrogateescape")
        self._lines = text.split("\n")
        names = [finding.name for finding in file.findings]
        names += [name for spec in file.secrets for name in (spec.name, *spec.env_names)]
        self.masker = Masker(names, text, filter(None, map(self._spanned_value, file.findings)))

    def _spanned_value(self, finding: Finding) -> str:
        """What a finding covers, if that is the value itself (a literal in a RUN) and not a name or a path."""
        if finding.line != finding.end_line or not 0 < finding.line <= len(self._lines):
            return ""
        text = self._lines[finding.line - 1][finding.column - 1 : finding.end_column - 1]
        is_name = text == finding.name or text.strip("\"'") == finding.name or text.strip("${}") == finding.name
        return "" if is_name or finding.instruction in ("COPY", "ADD") else text

    def rows(self, finding: Finding) -> Iterator[tuple[str, int, str]]:
        """(label, line number, text) of each line to show; the label only on the first line of a mark."""
        marks = finding.marks or (Mark("enters here", finding.instruction_line, finding.end_line),)
        for mark in sorted(set(marks), key=lambda m: (m.line, m.label)):
            yield from self._mark(mark, whole=finding.instruction not in ("COPY", "ADD"))

    def _mark(self, mark: Mark, *, whole: bool) -> Iterator[tuple[str, int, str]]:
        if not 0 < mark.line <= len(self._lines):
            return
        # A heredoc's body can be all secret; of a COPY only the first line is shown.
        shown = min(max(mark.end_line, mark.line), mark.line + _LINES_A_MARK - 1) if whole else mark.line
        lines = self._lines[mark.line - 1 : shown]
        cut = any(len(line) > _MASKED_WIDTH for line in lines)
        masked = self.masker.mask("\n".join(line.rstrip("\r")[:_MASKED_WIDTH] for line in lines)).split("\n")
        for index, line in enumerate(masked[: len(lines)]):
            yield mark.label if index == 0 else "", mark.line + index, _short(line, cut)
        if mark.end_line > shown and whole:
            yield "", 0, "..."


def _short(line: str, cut: bool) -> str:
    if cut and len(line) <= _WIDTH:
        return MASK  # the cut may have split a value so that it was not recognised
    text = visible(line)
    return text if len(text) <= _WIDTH else text[: _WIDTH - 3] + "..."

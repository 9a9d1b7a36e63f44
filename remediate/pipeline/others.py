"""What is found apart from variables: credential files that are copied in, and mounted secrets that a RUN writes down again.

Each has its finding and, where it can be proved, a remedy that goes into the same pre-pass as those of the variables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from remediate.analysis.carried import ContextFiles, carried_files, without_folders
from remediate.analysis.copies import CopiedFile, copied_files
from remediate.dockerfile.tree import Dockerfile
from remediate.fixers.places import copied, mounted
from remediate.model import Applicability, Finding, Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from remediate.analysis.flows import Trace
    from remediate.analysis.residue import Residue
    from remediate.fixers.copied import Proposed
    from remediate.fixers.findings import Places
    from remediate.fixers.remedy import Remedy
    from remediate.knowledge.names import Judge
    from remediate.model import Refusal


class Others(NamedTuple):
    """`copies`: copied files with what is proposed; `leaks`: residue of mounts with its remedy or why there is none."""

    tree: Dockerfile
    copies: tuple[Proposed, ...] = ()
    leaks: tuple[tuple[Residue, Remedy | Refusal | None], ...] = ()
    notes: tuple[str, ...] = ()

    def remedies(self, options: Options) -> tuple[Remedy, ...]:
        """Those that the user's choices apply, each once."""
        wanted = [p.remedy for p in self.copies if p.remedy is not None and (p.fix is Applicability.SAFE or options.unsafe)]
        wanted += [r for _, r in self.leaks if r is not None and not is_refusal(r)]  # type: ignore[misc]
        return () if options.transition else tuple({id(r): r for r in wanted}.values())

    def findings(self, applied: Sequence[Remedy], places: Places) -> list[Finding]:
        """One finding for each, with whether its remedy is among the applied ones."""
        done = {id(r) for r in applied}
        found = [copied(self.tree, p.file, places, p, applied=p.remedy is not None and id(p.remedy) in done) for p in self.copies]
        return found + [mounted(self.tree, rest, answer, places, applied=id(answer) in done) for rest, answer in self.leaks]


def is_refusal(answer: object) -> bool:
    from remediate.model import Refusal

    return isinstance(answer, Refusal)


class Search(NamedTuple):
    """How the others of one file are looked for. `heard` tells whether no comment silences a finding."""

    files: ContextFiles
    read: Callable[[str], bytes | None]
    judge: Judge
    options: Options
    places: Places
    heard: Callable[[Finding], bool]

    def copies(self, tree: Dockerfile, kinds: frozenset[str]) -> list[CopiedFile]:
        """Copied credential files. `kinds` are those of the secrets that the file takes by ARG and ENV."""
        named = copied_files(tree, kinds, self.read)
        found = without_folders(named, carried_files(tree, self.files, self.judge))
        return [f for f in found if self.heard(copied(tree, f, self.places))]

    def all(self, trace: Trace, found: Sequence[CopiedFile]) -> Others:
        """All that this file holds besides ARG and ENV."""
        tree = trace.tree
        leaks: tuple[tuple[Residue, Remedy | Refusal | None], ...] = ()
        notes: tuple[str, ...] = ()
        if b"type=secret" in tree.source.data:
            leaks, notes = self._leaks(trace)
        return Others(tree, self._proposed(trace, found), leaks, notes)

    def _leaks(self, trace: Trace) -> tuple[tuple[tuple[Residue, Remedy | Refusal | None], ...], tuple[str, ...]]:
        from remediate.analysis.mounted import mount_troubles, mounted_residue

        rests = mounted_residue(trace.tree, trace.runs, trace.bindings)
        rests = [r for r in rests if self.heard(mounted(trace.tree, r, None, self.places))]
        notes = tuple(dict.fromkeys(f"line {t.line}: {t.message}" for t in mount_troubles(trace.tree, trace.runs, trace.bindings)))
        if not rests:
            return (), notes
        from remediate.fixers.remedies import answers

        told = answers(trace, rests, self.options)
        return tuple((rest, told.get(rest)) for rest in rests), notes

    def _proposed(self, trace: Trace, found: Sequence[CopiedFile]) -> tuple[Proposed, ...]:
        """The agent for ssh keys where it serves, else a mount of the file."""
        if not found:
            return ()
        from remediate.analysis.destinations import image_path
        from remediate.fixers.copied import Proposed, propose_copied
        from remediate.fixers.ssh import propose_copied_key

        keys: list[Proposed] = []
        for file in found:
            alone = not file.carried and sum(f.name == file.name for f in found) == 1
            path = image_path(trace.tree, trace.bindings, file.instruction, file.source, file.name) if alone else None
            answer = propose_copied_key(trace, file, path) if path is not None else None
            if answer is None or is_refusal(answer):
                continue
            remedy: Remedy = answer  # type: ignore[assignment]
            ignore = remedy.ignore if not any(self.files.needed(p) or self.files.ignored(p) for p in remedy.ignore) else ()
            keys.append(Proposed(file, Applicability.SAFE, remedy._replace(ignore=ignore)))
        held = {p.file for p in keys}
        return (*keys, *propose_copied(trace, [f for f in found if f not in held], self.files))

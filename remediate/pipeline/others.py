"""What is found apart from variables: credential files that are copied in, and mounted secrets that a RUN writes down again.

Each has its finding and, where it can be proved, a remedy that goes into the same pre-pass as those of the variables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from remediate.analysis.carried import ContextFiles, carried_files, without_folders
from remediate.analysis.copies import CopiedFile, copied_files
from remediate.dockerfile.tree import Dockerfile
from remediate.fixers.places import copied, mounted
from remediate.model import Applicability, Finding, NamedTuple, Options, Refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from remediate.analysis.flows import Trace
    from remediate.analysis.residue import Residue
    from remediate.fixers.copied import Proposed
    from remediate.fixers.findings import Places
    from remediate.fixers.remedy import Remedy
    from remediate.knowledge.names import Judge


class Others(NamedTuple):
    """`copies`: copied files with what is proposed; `leaks`: residue of mounts with its remedy or why there is none."""

    tree: Dockerfile
    copies: tuple[Proposed, ...] = ()
    leaks: tuple[tuple[Residue, Remedy | Refusal | None], ...] = ()
    notes: tuple[str, ...] = ()

    def remedies(self, options: Options) -> tuple[Remedy, ...]:
        """Those that the user's choices apply, each once."""
        wanted = [p.remedy for p in self.copies if p.remedy is not None and (p.fix is Applicability.SAFE or options.unsafe)]
        wanted += [r for _, r in self.leaks if r is not None and not isinstance(r, Refusal)]
        return () if options.transition else tuple({id(r): r for r in wanted}.values())

    def findings(self, applied: Sequence[Remedy], places: Places) -> list[Finding]:
        """One finding for each, with whether its remedy is among the applied ones."""
        done = {id(r) for r in applied}
        found = [copied(self.tree, p.file, places, p, applied=p.remedy is not None and id(p.remedy) in done) for p in self.copies]
        told: set[tuple[int, int, int, str]] = set()  # what one command leaves in several places is one finding
        for rest, answer in sorted(self.leaks, key=lambda leak: bool(leak[0].beside)):
            command = (rest.run, rest.script, rest.command, rest.name)
            if not rest.beside or command not in told:
                told.add(command)
                found.append(mounted(self.tree, rest, answer, places, applied=id(answer) in done))
        return found


class Search(NamedTuple):
    """How the others of one file are looked for. `heard` tells whether no comment silences a finding; `held`: as in `Neighbourhood`."""

    files: ContextFiles
    read: Callable[[str], bytes | None]
    judge: Judge
    options: Options
    places: Places
    heard: Callable[[Finding], bool]
    held: Mapping[str, Refusal]

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
        from remediate.fixers.copied import Proposed, propose_copied

        keys: list[Proposed] = []
        for file in found:
            answer = self._agent(trace, file, found)
            if isinstance(answer, Refusal):
                keys.append(Proposed(file, Applicability.REFUSED, None, answer))
            elif answer is not None:
                keys.append(Proposed(file, Applicability.SAFE, answer))
        agreed = {p.file for p in keys}
        rest = propose_copied(trace, [f for f in found if f not in agreed], self.files, self._silenced(trace.tree, found))
        return tuple(map(self._waiting, (*keys, *rest)))

    def _waiting(self, proposed: Proposed) -> Proposed:
        """Refused when a caller that would have to hand over the file cannot be rewritten."""
        names = [s.name for s in proposed.remedy.secrets] if proposed.remedy is not None else []
        waits = next((self.held[name] for name in names if name in self.held), None)
        return proposed if waits is None else proposed._replace(fix=Applicability.REFUSED, remedy=None, reason=waits)

    def _agent(self, trace: Trace, file: CopiedFile, found: Sequence[CopiedFile]) -> Remedy | Refusal | None:
        """The agent for an SSH key that this COPY alone brings; the `.dockerignore` keeps it out of folders. A refusal: no mount either."""
        from remediate.analysis.destinations import image_path
        from remediate.analysis.takers import brought_elsewhere, needs
        from remediate.fixers.ssh import propose_copied_key
        from remediate.repo.sources import clean_source

        name = clean_source(file.name)
        if name is None or file.carried or any(f is not file and clean_source(f.name) == name for f in found):
            return None
        path = image_path(trace.tree, trace.bindings, file.instruction, file.source, name)
        answer = propose_copied_key(trace, file, path) if path is not None else None
        if answer is None:
            return None
        if isinstance(answer, Refusal):
            return answer if answer.code == "copied-for-run-time" else None
        stays = bool(self.files.needed(name)) or needs(trace.tree, name) is not None
        if brought_elsewhere(trace.tree, name, file.instruction) and (stays or not self.files.beside) and not self.files.ignored(name):
            return None  # a folder would bring the key all the same
        return answer._replace(ignore=()) if stays or self.files.ignored(name) else answer

    def _silenced(self, tree: Dockerfile, found: Sequence[CopiedFile]) -> Callable[[int, str], bool]:
        """Whether a comment lets a COPY bring the file."""

        def silenced(copy: int, path: str) -> bool:
            file = next((f for f in found if f.name == path), None) or next(iter(found))
            span = tree.instructions[copy].keyword_span
            return not self.heard(copied(tree, file._replace(instruction=copy, name=path, span=span), self.places))

        return silenced

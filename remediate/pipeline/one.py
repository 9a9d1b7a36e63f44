"""The whole in one direction: bytes to tree, tree to flows, flows to plan, plan to outcome. Each room takes a value and returns the next.

tree  = parse(source)          flows = trace(tree, surroundings)
plan  = plan(flows, options)   outcome = settle(plan)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from remediate.dockerfile.parser import KEYWORDS, parse
from remediate.dockerfile.tree import Dockerfile, Instruction
from remediate.knowledge.names_prefilter import assigned_pattern, may_carry, may_hold
from remediate.model import CallerUse, Edit, FileOutcome, Finding, NamedTuple, Options, Refusal, RemediateError, SecretSpec
from remediate.pipeline.mounted import mounted_secrets
from remediate.text import apply

TYPE_CHECKING = False
if TYPE_CHECKING:
    from remediate.analysis.bindings import Bindings
    from remediate.analysis.carried import ContextFiles
    from remediate.analysis.copies import LiteralInText
    from remediate.analysis.flows import Trace
    from remediate.analysis.origins import Origins
    from remediate.analysis.silence import Silence
    from remediate.analysis.surroundings import Surroundings
    from remediate.fixers.findings import Places
    from remediate.fixers.plan import Decision, Plan
    from remediate.knowledge.names import Judge
    from remediate.pipeline.others import Others, Search


class Neighbourhood(NamedTuple):
    """How a file's surroundings are asked for, so that nothing is read before a secret is found.

    `around(tree, names)` searches the build context; `read(path)` gives a context file's content; `callers(names)` who passes
    build args; `context(tree)` names the
    context's folder for the build command; `files(tree)` tells what a COPY may bring in unnamed, None when there is no context.
    `held`: secrets (variable, or copied path) whose edit waits for a caller, and why.
    """

    around: Callable[[Dockerfile, Sequence[str]], Surroundings]
    read: Callable[[Dockerfile, str], bytes | None]
    callers: Callable[[Sequence[str]], tuple[CallerUse, ...]]
    context: Callable[[Dockerfile], str] = lambda tree: "."
    files: Callable[[Dockerfile], ContextFiles] | None = None
    held: Mapping[str, Refusal] = MappingProxyType({})


def _nothing_around(tree: Dockerfile, names: Sequence[str]) -> Surroundings:
    from remediate.analysis.surroundings import Surroundings

    return Surroundings()


ALONE = Neighbourhood(_nothing_around, lambda tree, path: None, lambda names: ())


def _none_carried(tree: Dockerfile) -> bool:
    return False


def process(
    data: bytes,
    path: str = "Dockerfile",
    options: Options = Options(),  # noqa: B008  frozen
    *,
    judge: Judge | None = None,
    ignore: tuple[str, ...] = (),
    near: Callable[[], Neighbourhood] = lambda: ALONE,
    carries: Callable[[Dockerfile], bool] = _none_carried,
) -> FileOutcome:
    """Everything that is found in one Dockerfile and what it becomes. RemediateError when it cannot be parsed.

    `near` is only called for a file that may hold a secret; `carries` only for one that holds none itself, but copies folders.
    """
    tree = parse(data, path)
    held = judge.may_hold(data) if judge is not None and judge.secret else may_hold(data)
    if not held and not (may_carry(data) and carries(tree)):
        if any(i.keyword not in KEYWORDS for i in tree.instructions):
            _no_problems(tree, path)
        return FileOutcome(path, data, data)
    _no_problems(tree, path)
    if len(tree.instructions) > MAX_INSTRUCTIONS:
        raise RemediateError(f"more than {MAX_INSTRUCTIONS} instructions", path, tree.instructions[MAX_INSTRUCTIONS].start_line)
    from remediate.knowledge.names import Judge

    rows = judge or Judge()
    return _Process(tree, path, options, rows, ignore, near()).outcome()


MAX_INSTRUCTIONS = 20_000  # more than any file that a person or a generator made in a collection of 100,000


def _no_problems(tree: Dockerfile, path: str) -> None:
    """A file that no builder takes is not analysed: what it would become cannot be proved."""
    from remediate.dockerfile.defects import problems

    for line, message in problems(tree)[:1]:
        raise RemediateError(message, path, line)


class _Process:
    def __init__(self, tree: Dockerfile, path: str, options: Options, judge: Judge, ignore: tuple[str, ...], near: Neighbourhood) -> None:
        from remediate.analysis.silence import Silence
        from remediate.fixers.transition import proved_way_out

        self.before, self.path, self.options, self.judge, self.near = tree, path, options, judge, near
        self.undo: list[Edit] = [] if options.transition else sorted(proved_way_out(tree), key=lambda e: e.span.start)
        self.tree = parse(apply(tree.source.data, self.undo), path) if self.undo else tree
        self.silence: Silence = Silence(self.tree, ignore)

    def outcome(self) -> FileOutcome:
        from remediate.analysis.bindings import Bindings
        from remediate.analysis.trace import secret_origins, trace
        from remediate.fixers.findings import Places
        from remediate.fixers.places import literal

        places = Places(self.before.source, self._original)
        literals = [literal(self.tree, found, places) for found in self._literals()]
        bindings = Bindings(self.tree)
        origins = secret_origins(self.tree, self.judge, bindings, self._ignored(bindings))
        names = sorted({bindings.all[n].name for n, roots in origins.carried.items() if roots})
        search = self._search(places)
        copies = search.copies(self.tree, frozenset(r.kind for r in origins.roots.values()))
        more = bool(copies) or b"type=secret" in self.tree.source.data
        if not origins.roots and not more:
            return self._nothing(literals)
        traced = trace(bindings, origins, self.near.around(self.tree, names), always=more)
        others = search.all(traced, copies) if more else None
        if others is not None and not (others.copies or others.leaks or others.notes):
            others = None
        if others is None and not traced.flows:
            return self._nothing(literals)
        return self._settle(traced, origins, literals, names, places, others)

    def _search(self, places: Places) -> Search:
        from remediate.analysis.carried import NO_FILES
        from remediate.pipeline.others import Search

        copying = any(declared(i) in ("COPY", "ADD") for i in self.tree.instructions)
        files = self.near.files(self.tree) if self.near.files is not None and copying else NO_FILES
        return Search(
            files, lambda p: self.near.read(self.tree, p), self.judge, self.options, places,
            lambda f: bool(self._heard([f])), self.near.held,
        )  # fmt: skip

    def _nothing(self, literals: list[Finding]) -> FileOutcome:
        data = self.before.source.data
        return FileOutcome(
            self.path, data, data, self._heard(literals), mounted=mounted_secrets(self.before), context=self.near.context(self.tree)
        )

    def _literals(self) -> list[LiteralInText]:
        """Values in the text of instructions, and variables that a RUN sets to one; each place once."""
        from remediate.analysis.copies import assigned_literals, literals
        from remediate.analysis.runs import view_runs

        found = literals(self.tree)
        if assigned_pattern().search(self.before.source.data.lower()) is None:
            return found
        lines = {self.tree.source.line_of(f.span.start) for f in found}
        named = assigned_literals(view_runs(self.tree), self.judge)
        return found + [f for f in named if self.tree.source.line_of(f.span.start) not in lines]

    def _settle(
        self, traced: Trace, origins: Origins, literals: list[Finding], names: Sequence[str], places: Places, others: Others | None
    ) -> FileOutcome:  # fmt: skip
        from remediate.fixers.callers import Callers
        from remediate.fixers.findings import findings
        from remediate.pipeline.prepass import Prepass, remedy_specs

        callers = self.near.callers(names) if names else ()
        remedies = others.remedies(self.options) if others is not None else ()
        done = Prepass(traced, origins, self.options, Callers(callers, self.near.held), remedies).settle()
        shown = literals + [f for d in done.decisions for f in findings(traced, d, places)]
        shown += others.findings(done.remedies, places) if others is not None else []
        plan, after = done.plan, done.after
        if not any(d.applied for d in plan.decisions) and not done.remedies:
            after = self.before.source.data  # nothing to gain from a half-way undo
        specs = (*_specs(done.inner, plan, after), *remedy_specs(done.remedies, lambda data: mounted_secrets(parse(data)), after))
        lines = tuple(dict.fromkeys(line for r in done.remedies for line in r.ignore))
        return FileOutcome(
            self.path,
            self.before.source.data,
            after,
            self._heard(shown),
            specs,
            build_args(traced, frozenset(traced.binding(n).name for d in plan.decisions if d.applied for n in d.flow.carriers)),
            tuple(s.name or str(s.index) for s in self.tree.stages),
            callers,
            (*plan.notes, *(others.notes if others is not None else ())),
            mounted_secrets(parse(after), frozenset(s.id for s in specs)),
            self.near.context(self.tree),
            self.near.files(self.tree).ignore(lines) if lines and self.near.files is not None else (),
        )

    def _heard(self, found: Sequence[Finding]) -> tuple[Finding, ...]:
        """Findings that no comment silences, in the order of the file."""
        kept = []
        for finding in found:
            index = self.silence.instruction_at(finding.instruction_line)
            if not self.silence.says(finding.rule, finding.name, index, finding.line):
                kept.append(finding)
        return tuple(sorted(kept, key=lambda f: (f.line, f.column, f.rule)))

    def _ignored(self, bindings: Bindings) -> frozenset[int]:
        """Numbers of the bindings that a comment or the configuration silences."""
        from remediate.analysis.bindings import declaring

        out = set()
        source = self.tree.source
        for binding in bindings.all:
            pair = declaring(self.tree.instructions[binding.instruction]).pairs[binding.pair]
            line = source.line_of(pair.name_span.start)
            if self.silence.says(f"secret-in-{binding.keyword.lower()}", binding.name, binding.instruction, line):
                out.add(binding.number)
        return frozenset(out)

    def _original(self, offset: int) -> int:
        """Where a byte of the analysed file stands in the user's file (they differ while a transition is taken back)."""
        for edit in self.undo:
            if edit.span.start > offset:
                break
            offset += edit.span.end - edit.span.start - len(edit.text)
        return offset


def declared(instruction: Instruction) -> str:
    """The keyword, behind an ONBUILD that of its trigger."""
    trigger = instruction.trigger
    return trigger.keyword if trigger is not None else instruction.keyword


PREDEFINED = frozenset(
    "HTTP_PROXY http_proxy HTTPS_PROXY https_proxy FTP_PROXY ftp_proxy NO_PROXY no_proxy ALL_PROXY all_proxy TARGETPLATFORM TARGETOS "
    "TARGETARCH TARGETVARIANT BUILDPLATFORM BUILDOS BUILDARCH BUILDVARIANT SOURCE_DATE_EPOCH BUILDKIT_INLINE_CACHE TARGETSTAGE".split()
)


def build_args(traced: Trace, held: frozenset[str]) -> tuple[str, ...]:
    """Build args that the caller still has to give: declared without a value, not taken out (`held`), not set by the builder itself.

    A secret that is not fixed is among them: the build needs it as before. Of `ARG A=1 # what it is` the builder takes every word for
    a name; nobody means to pass those behind the `#`.
    """
    declared = [b for b in traced.bindings.all if b.keyword == "ARG"]
    with_default = {b.name for b in declared if b.value is not None}
    remarks = {b.instruction: b.pair for b in reversed(declared) if b.name.startswith("#")}
    names = [b.name for b in declared if b.pair < remarks.get(b.instruction, b.pair + 1)]
    return tuple(dict.fromkeys(n for n in names if n not in held and n not in with_default and n not in PREDEFINED))


def _specs(traced: Trace, plan: Plan, after: bytes) -> tuple[SecretSpec, ...]:
    """What the build must supply: one for each root of each applied flow that some RUN mounts."""
    runs_before = [i for i, n in enumerate(traced.tree.instructions) if n.keyword == "RUN"]
    runs_after = [n.start_line for n in parse(after).instructions if n.keyword == "RUN"] if any(d.applied for d in plan.decisions) else []
    lines: Mapping[int, int] = dict(zip(runs_before, runs_after, strict=False))
    out: list[SecretSpec] = []
    for decision in plan.decisions:
        if decision.applied:
            out += [s for s in (_spec(decision, plan, root, lines) for root in decision.ids) if s.consumers]
    return tuple(out)


def _spec(decision: Decision, plan: Plan, root: str, lines: Mapping[int, int]) -> SecretSpec:
    identity = decision.ids[root]
    names: list[str] = []
    consumers = []
    for index, change in sorted(decision.changes.items()):
        for kind, got, variable in change.mounted:
            if got == root and kind:
                names.append(variable)
                consumers.append(lines[index])
    return SecretSpec(
        identity,
        root,
        plan.delivery,
        f"/run/secrets/{identity}" if plan.delivery.value == "file" else "",
        root not in decision.optional and not plan.transition,
        tuple(dict.fromkeys(consumers)),
        tuple(dict.fromkeys(names)),
        any(r.name == root and r.literal for r in decision.flow.roots),
    )

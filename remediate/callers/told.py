"""What is said of each caller: rewritten, refused and why, and what to write there by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from remediate.callers.decide import Done
from remediate.callers.jobs import Lacking
from remediate.callers.model import Build, Move, Refused
from remediate.callers.reasons import MAY_LACK, REASONS
from remediate.model import CallerUse, Delivery, Refusal, SecretSpec

# Callers that explain a build to people, and do not build by themselves: nothing waits for them.
TALK = frozenset({"docs"})
# Folders whose files are read by tests, and run by nobody.
SAMPLES = frozenset({"fixture", "fixtures", "__fixtures__", "testdata", "test_data", "test-data", "__snapshots__"})
DOCKERFILE_ONLY = "`fix --dockerfile-only` writes it all the same"
WAYS_OUT = f"`fix --transition` writes a Dockerfile that takes both, {DOCKERFILE_ONLY}"


_SUPPLIED = "secret {} was passed there already: see that it holds what {} did"


def sentence(refused: Refused) -> str:
    """The reason in one sentence, with what is special here."""
    said = REASONS[refused.code][0]
    return f"{said} ({refused.detail})" if refused.detail else said


def use_of(done: Done, dockerfile: str) -> CallerUse:
    """One move as the report tells it."""
    build, move = done.task.build, done.task.move
    name = move.arg or move.spec.name
    origin = next((a.origin for a in build.args if a.name == move.arg and a.line == done.task.line), "")
    use = CallerUse(build.path, done.task.line, name, build.kind, dockerfile, move.spec.id, origin=origin)
    if done.refused is None:
        new = any(spec.id == move.spec.id for w in done.task.wanted for spec in w.specs)
        perhaps = move.spec.required and any(a.lax and a.name == move.arg for a in build.args)
        supplied = move.supplied and new and not move.ssh
        told = (*((_SUPPLIED.format(move.spec.id, name),) if supplied else ()), *((MAY_LACK,) if perhaps else ()), *done.told)
        return use._replace(applied=True, message="; ".join(told))
    refusal = refused_use(use, done.refused, by_hand(hand_kind(build), move.spec, move), move)
    return refusal._replace(holds=False) if build.idle else refusal


def refused_use(use: CallerUse, refused: Refused, default: Sequence[str] = (), move: Move | None = None) -> CallerUse:
    """The use with its reason; what is not only talk makes the Dockerfile's edit wait. `default`: by hand, where the kind says nothing."""
    lines = tuple(_filled(line, use, move) for line in refused.by_hand)
    if move is not None and move.ssh and any("--secret" in line or "secrets=" in line for line in lines):
        lines = ()  # the kind's own words hand over a value, and this is a key for the agent
    return use._replace(
        line=refused.line or use.line, reason=refused.code, message=sentence(refused), advice=REASONS[refused.code][1],
        by_hand=lines or tuple(default), holds=use.kind not in TALK and not _is_sample(use),
    )  # fmt: skip


def _is_sample(use: CallerUse) -> bool:
    """Whether the caller is data of a test, and the Dockerfile is not."""
    folders = use.path.replace("\\", "/").lower().split("/")[:-1]
    below = next((n for n, folder in enumerate(folders, 1) if folder in SAMPLES), 0)
    return below > 0 and "/".join(folders[:below]) not in use.dockerfile.replace("\\", "/").lower()


def _filled(line: str, use: CallerUse, move: Move | None) -> str:
    """`id=ID,env=NAME` of a kind's own words with this secret's id and variable, or its file."""
    if move is not None and move.source:
        line = line.replace("env=NAME", f"src={move.source}")
    name = variable(use.name, use.id)
    words = {"ID": use.id or "ID", "NAME": name}
    return re.sub(r"\b(?:ID|NAME)\b", lambda found: words[found[0]], line)


def lacking_use(lacking: Lacking, dockerfile: str) -> CallerUse:
    """A build that passes nothing for a secret that its Dockerfile asks for; before the fix it went on without."""
    build, spec = lacking.build, lacking.spec
    use = CallerUse(build.path, build.line, spec.name, build.kind, dockerfile, spec.id)
    why = Refused("caller-without") if build.refused is None else build.refused._replace(code="caller-without", line=0)
    return refused_use(use, why, by_hand(hand_kind(build), spec), Move(spec))._replace(holds=False)


def waiting(uses: Sequence[CallerUse], *, copied: bool = False) -> Refusal:
    """Why the Dockerfile's edit of a secret waits; `uses` are the callers that cannot be rewritten. `copied`: no transition is possible."""
    first = min(uses, key=lambda use: use.reason == "caller-waits")  # the one that the others wait for
    more = f" (and {len(uses) - 1} more)" if len(uses) > 1 else ""
    return Refusal(
        first.reason,
        f"{first.display or first.path}:{first.line}{more} supplies it and is not rewritten: {first.message}",
        f"change it there by hand, then run fix again; {DOCKERFILE_ONLY if copied else WAYS_OUT}",
    )


def variable(name: str, id: str) -> str:
    """The environment variable of a secret that may be called after its file."""
    return name if name.isidentifier() else re.sub(r"\W", "_", id.upper())


def by_hand(kind: str, spec: SecretSpec, move: Move | None = None) -> tuple[str, ...]:
    """What to write at a caller of that kind, ready to copy: the variable's name stands for wherever its value comes from."""
    return tuple(_by_hand(kind, spec, move.source if move is not None else ""))


def hand_kind(build: Build) -> str:
    """Whose words `by_hand` speaks: those of the file that the command builds by."""
    return build.kind if build.over is None else f"{build.over.tool}, by command"


def _by_hand(kind: str, spec: SecretSpec, source: str) -> Iterator[str]:
    name = variable(spec.name, spec.id)
    if kind.endswith(", by command"):
        yield f"export {name}   # with the value that the build arg had, which goes; in the file:"
        kind = kind.partition(",")[0]
    if spec.delivery is Delivery.SSH:
        yield {"compose": f"ssh: [{spec.id}]", "github-actions": f"ssh: {spec.id}"}.get(kind, f"--ssh {spec.id}")
    elif kind == "github-actions" and not source:
        yield "secrets: |"
        yield f"  {spec.id}=${{{{ secrets.{name} }}}}"
    elif kind == "github-actions":
        yield "secret-files: |"
        yield f"  {spec.id}={source}"
    elif kind == "compose":
        yield "build:"
        yield f"  secrets: [{spec.id}]"
        yield "secrets:"
        yield f"  {spec.id}:"
        yield f"    file: {source}" if source else f"    environment: {name}"
    elif kind == "bake":
        yield f'secret = ["id={spec.id},{f"src={source}" if source else f"env={name}"}"]'
    else:
        yield f"--secret id={spec.id},{f'src={source}' if source else f'env={name}'}"

"""What is said of each caller: rewritten, refused and why, and what to write there by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from remediate.callers.decide import Done
from remediate.callers.jobs import Lacking
from remediate.callers.model import Move, Refused
from remediate.callers.reasons import REASONS
from remediate.model import CallerUse, Delivery, Refusal, SecretSpec

# Callers that explain a build to people, and do not build by themselves: nothing waits for them.
TALK = frozenset({"docs"})
# Folders whose files are read by tests, and run by nobody.
SAMPLES = frozenset({"fixture", "fixtures", "__fixtures__", "testdata", "test_data", "test-data", "__snapshots__"})
DOCKERFILE_ONLY = "`fix --dockerfile-only` writes it all the same"
WAYS_OUT = f"`fix --transition` writes a Dockerfile that takes both, {DOCKERFILE_ONLY}"


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
        return use._replace(applied=True, message="; ".join(done.told))
    told = refused_use(use, done.refused, by_hand(build.kind, move.spec, move), move)
    return told._replace(holds=False) if build.idle else told


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
    return refused_use(use, why, by_hand(build.kind, spec), Move(spec))._replace(holds=False)


def waiting(uses: Sequence[CallerUse], *, copied: bool = False) -> Refusal:
    """Why the Dockerfile's edit of a secret waits; `uses` are the callers that cannot be rewritten. `copied`: no transition is possible."""
    first = uses[0]
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


def _by_hand(kind: str, spec: SecretSpec, source: str) -> Iterator[str]:
    name = variable(spec.name, spec.id)
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

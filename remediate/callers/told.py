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
WAYS_OUT = "`fix --transition` writes a Dockerfile that takes both, `fix --dockerfile-only` writes it all the same"


def sentence(refused: Refused) -> str:
    """The reason in one sentence, with what is special here."""
    said = REASONS[refused.code][0]
    return f"{said} ({refused.detail})" if refused.detail else said


def use_of(done: Done, dockerfile: str) -> CallerUse:
    """One move as the report tells it."""
    build, move = done.task.build, done.task.move
    name = move.arg or move.spec.name
    use = CallerUse(build.path, done.task.line, name, build.kind, dockerfile, move.spec.id)
    if done.refused is None:
        return use._replace(applied=True, message="; ".join(done.told))
    return refused_use(use, done.refused, by_hand(build.kind, move.spec, move))


def refused_use(use: CallerUse, refused: Refused, default: Sequence[str] = ()) -> CallerUse:
    """The use with its reason; what is not only talk makes the Dockerfile's edit wait."""
    return use._replace(
        line=refused.line or use.line, reason=refused.code, message=sentence(refused), advice=REASONS[refused.code][1],
        by_hand=tuple(_filled(line, use) for line in refused.by_hand) or tuple(default), holds=use.kind not in TALK,
    )  # fmt: skip


def _filled(line: str, use: CallerUse) -> str:
    """`id=ID,env=NAME` of a kind's own words with this secret's id and variable."""
    name = use.name if use.name.isidentifier() else use.id.upper()
    return re.sub(r"\b(?:ID|NAME)\b", lambda found: use.id if found[0] == "ID" and use.id else name if found[0] == "NAME" else found[0], line)


def lacking_use(lacking: Lacking, dockerfile: str) -> CallerUse:
    """A build that passes nothing for a secret that its Dockerfile asks for; before the fix it went on without."""
    build, spec = lacking.build, lacking.spec
    use = CallerUse(build.path, build.line, spec.name, build.kind, dockerfile, spec.id)
    return refused_use(use, Refused("caller-without"), by_hand(build.kind, spec))._replace(holds=False)


def waiting(uses: Sequence[CallerUse]) -> Refusal:
    """Why the Dockerfile's edit of a secret waits; `uses` are the callers that cannot be rewritten."""
    first = uses[0]
    more = f" (and {len(uses) - 1} more)" if len(uses) > 1 else ""
    return Refusal(
        first.reason,
        f"shown, not written: {first.path}:{first.line}{more} supplies it and is not rewritten: {first.message}",
        f"{first.advice}; {WAYS_OUT}",
    )


def by_hand(kind: str, spec: SecretSpec, move: Move | None = None) -> tuple[str, ...]:
    """What to write at a caller of that kind, ready to copy: the variable's name stands for wherever its value comes from."""
    return tuple(_by_hand(kind, spec, move.source if move is not None else ""))


def _by_hand(kind: str, spec: SecretSpec, source: str) -> Iterator[str]:
    name = spec.name if spec.name.isidentifier() else spec.id.upper()
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

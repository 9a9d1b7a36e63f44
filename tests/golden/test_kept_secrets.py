"""What is fixed builds as before: the same calls with the same credentials in sight, the same files, and no layer that keeps the secret."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, assume, given, settings

from remediate.pipeline.one import process

from .layered import SECRET, Built, Layered, differences
from .sinks import kept_secrets

NAME = "NPM_TOKEN"


def built(text: str, given_args: dict[str, str], secrets: dict[str, str], fail: str = "") -> Built:
    with TemporaryDirectory() as folder:
        return Layered(Path(folder) / "build", given_args, secrets, fail).build(text)


def problems(text: str, fail: str = "") -> tuple[bool, list[str]]:
    """Whether the text is fixed, and what the fixed one does otherwise than the text, when that builds."""
    done = process(text.encode())
    if done.after == done.before or any(f.reason for f in done.findings):
        return False, []
    before = built(text, {NAME: SECRET}, {}, fail)
    if before.failed and not fail:
        return False, []
    after = built(done.after.decode(), {}, {s.id: SECRET for s in done.secrets}, fail)
    found = differences(before, after)
    again = process(done.after)
    if again.after != done.after or again.findings:
        found.append(f"a second run still finds {[(f.rule, f.line, f.reason) for f in again.findings]}")
    return True, [f"{p}\n{done.after.decode()}" for p in found]


@settings(max_examples=60, deadline=None, derandomize=True, database=None, print_blob=False, suppress_health_check=list(HealthCheck))
@given(kept_secrets())
def test_the_fixed_file_builds_the_same_and_keeps_nothing(text: str) -> None:
    fixed, found = problems(text)
    assume(fixed)
    assert not found, found[0]


def test_the_generator_reaches_fixes_and_refusals() -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=80, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(kept_secrets())
    def look(text: str) -> None:
        done = process(text.encode())
        seen["fixed" if done.after != done.before else "refused"] += 1

    look()
    assert min(seen["fixed"], seen["refused"]) >= 15, seen


def test_the_simulation_sees_what_goes_wrong() -> None:
    """The law is worth something: a lost credential, a leak, another order and a RUN that fails are told."""
    text = f'FROM a\nARG {NAME}\nRUN echo "x=${NAME}" > ~/.npmrc\nRUN npm ci\nRUN rm ~/.npmrc\n'
    first = built(text, {NAME: SECRET}, {})
    assert first.leaks and not first.failed and SECRET in first.calls[0]
    assert differences(first, built(text.replace("RUN echo", "RUN true ||"), {NAME: SECRET}, {}))
    assert differences(first, built(text, {NAME: SECRET}, {}))[0].startswith("leaks")
    assert "failed" in differences(first, built("FROM a\nRUN npm ci\nRUN rm ~/.npmrc\n", {}, {}))[0]

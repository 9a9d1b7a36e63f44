"""Promise 1 on generated Dockerfiles: after the fix every RUN calls the same programs with the same words, prints the same, ends the same.

Built in miniature (`simulated`), with the secrets given, and without those that the fix calls optional.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from remediate.model import FileOutcome, Options, RemediateError
from remediate.pipeline.one import process

from .generated import LITERALS, OTHERS, SECRETS, dockerfiles
from .simulated import Build, environment_is_shown
from .test_generated import accepted

VALUES = {name: f"v-{name}-$x 'y' \"z\" {number}" for number, name in enumerate((*SECRETS, *OTHERS))}
# Shrinking takes minutes here; take `phases` out to see the smallest counterexample.
QUICK = (Phase.explicit, Phase.reuse, Phase.generate)
options = st.builds(Options, delivery=st.sampled_from(("auto", "file")), unsafe=st.booleans(), engine=st.just("docker"))


def built(data: bytes, given: dict[str, str], secrets: dict[str, str]) -> object:
    with tempfile.TemporaryDirectory() as temporary:
        build = Build(Path(temporary), given, secrets)
        build.run(data.decode("utf-8").replace("\r\n", "\n"))
        ended, notes, files = build.result()
        return ended, notes.replace(temporary, ""), files


def after_with(done: FileOutcome, values: dict[str, str]) -> object:
    """The fixed build: every secret that the fix mounts by --secret, every other variable as before."""
    secrets = {s.id: values[s.name] for s in (*done.secrets, *done.mounted) if s.name in values}
    gone = {s.name for s in done.secrets}
    return built(done.after, {n: v for n, v in values.items() if n not in gone}, secrets)


@settings(max_examples=1200, deadline=None, suppress_health_check=list(HealthCheck), print_blob=False, phases=QUICK)
@given(dockerfiles(), options)
def test_every_command_runs_as_before(data: bytes, chosen: Options) -> None:
    assume(accepted(data) is not None and not environment_is_shown(data) and b"type=secret" not in data)
    try:
        done = process(data, "Dockerfile", chosen)
    except RemediateError:
        assume(False)
    assume(done.after != data and not any(literal.encode() in data for literal in LITERALS))
    assert after_with(done, VALUES) == built(data, VALUES, {})
    if not any(s.required for s in done.secrets):
        less = {n: v for n, v in VALUES.items() if n not in {s.name for s in done.secrets}}
        assert after_with(done, less) == built(data, less, {})


def test_the_simulation_can_fail() -> None:
    """It sees a lost variable, another argument, and a command that is gone."""
    data = b"FROM node:20\nARG NPM_TOKEN\nRUN npm ci && curl -u ci:$NPM_TOKEN https://api.example.com/\n"
    right = built(data, VALUES, {})
    for wrong in (data.replace(b"ARG NPM_TOKEN\n", b""), data.replace(b" ci && curl", b" && curl"), data.replace(b"npm ci && ", b"")):
        assert built(wrong, VALUES, {}) != right
    assert "v-NPM_TOKEN" in str(right)

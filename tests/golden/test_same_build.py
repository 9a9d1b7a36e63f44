"""Promise 1 on generated Dockerfiles: after the fix every RUN calls the same programs with the same words, prints the same, ends the same.

Built in miniature (`simulated`), with the secrets given, and without those that the fix calls optional.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from remediate.model import FileOutcome, Options, RemediateError
from remediate.pipeline.one import process

from .generated import LITERALS, OTHERS, SECRETS, dockerfiles
from .simulated import Build, Ended, environment_is_shown
from .test_generated import accepted

VALUES = {name: f"v-{name}-$x 'y' \"z\" {number}" for number, name in enumerate((*SECRETS, *OTHERS))}
# Shrinking takes minutes here; take `phases` out to see the smallest counterexample.
QUICK = (Phase.explicit, Phase.reuse, Phase.generate)
options = st.builds(Options, delivery=st.sampled_from(("auto", "file")), unsafe=st.booleans(), engine=st.just("docker"))


Result = tuple[list[Ended], str, dict[str, bytes]]
# A clone whose URL had the token gets it by a setting of that one call.
_SETTING = re.compile(r"<-c url\.(https://[^<>\n]*?)github\.com/\.insteadOf=https://github\.com/ clone https://github\.com/")


def built(data: bytes, given: dict[str, str], secrets: dict[str, str]) -> Result:
    with tempfile.TemporaryDirectory() as temporary:
        build = Build(Path(temporary), given, secrets)
        build.run(data.decode("utf-8").replace("\r\n", "\n"))
        ended, notes, files = build.result()
        return ended, notes.replace(temporary, ""), files


def after_with(done: FileOutcome, values: dict[str, str]) -> Result:
    """The fixed build: every secret that the fix mounts by --secret, every other variable as before."""
    secrets = {s.id: values[s.name] for s in (*done.secrets, *done.mounted) if s.name in values}
    gone = {s.name for s in done.secrets}
    return built(done.after, {n: v for n, v in values.items() if n not in gone}, secrets)


def same(now: Result, was: Result) -> bool:
    """The same build; where it left a secret in a file, or a clone, the same calls with the same to read, in RUNs that may be others."""
    if now == was:
        return True
    if "<-c> <url." in now[1]:
        now, was = (now[0], cloned(now[1]), now[2]), (was[0], cloned(was[1]), was[2])
    if now == was:
        return True
    left = {name for name, data in was[2].items() if b"v-" in data}
    if not left or any(one.status for one in was[0]):
        return False  # after a failure a real build would have ended; what a chain then skips is another matter
    return in_one(*now[:2]) == in_one(*was[:2]) and all(kept(now[2].get(name), data, name in left) for name, data in was[2].items())


def cloned(calls: str) -> str:
    """The calls with the token of a clone back in its URL, where a value with spaces was several words; sorted anew in each RUN."""
    flat = _SETTING.sub(r"<clone \1github.com/", calls.replace("> <", " "))
    runs = re.split(r"^(end of RUN \d+)$", flat, flags=re.MULTILINE)
    return "\n".join("\n".join(sorted(run.splitlines())) for run in runs)


def in_one(ended: list[Ended], calls: str) -> object:
    """Calls and output by stage, whatever RUN they were in."""
    stages = sorted({one.stage for one in ended})
    lines = [line for line in calls.splitlines() if not line.startswith("end of RUN")]
    output = ["".join(one.output for one in ended if one.stage == stage) for stage in stages]
    return sorted(lines), [sorted(text.splitlines()) for text in output], any(one.status for one in ended)


def kept(now: bytes | None, was: bytes, secret: bool) -> bool:
    """A file is what it was, or without the lines that hold a secret."""
    rest = b"".join(line for line in was.splitlines(keepends=True) if b"v-" not in line)
    return now == was or (secret and (now or b"") == rest)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), print_blob=False, phases=QUICK)
@given(dockerfiles(), options)
def test_every_command_runs_as_before(data: bytes, chosen: Options) -> None:
    assume(accepted(data) is not None and not environment_is_shown(data) and b"type=secret" not in data)
    try:
        done = process(data, "Dockerfile", chosen)
    except RemediateError:
        assume(False)
    assume(done.after != data and not any(literal.encode() in data for literal in LITERALS))
    assert same(after_with(done, VALUES), built(data, VALUES, {}))
    if not any(s.required for s in done.secrets):
        less = {n: v for n, v in VALUES.items() if n not in {s.name for s in done.secrets}}
        assert same(after_with(done, less), built(data, less, {}))


def test_the_simulation_can_fail() -> None:
    """It sees a lost variable, another argument, and a command that is gone."""
    data = b"FROM node:20\nARG NPM_TOKEN\nRUN npm ci && curl -u ci:$NPM_TOKEN https://api.example.com/\n"
    right = built(data, VALUES, {})
    for wrong in (data.replace(b"ARG NPM_TOKEN\n", b""), data.replace(b" ci && curl", b" && curl"), data.replace(b"npm ci && ", b"")):
        assert built(wrong, VALUES, {}) != right
    assert "v-NPM_TOKEN" in str(right)


def test_the_simulation_of_files_can_fail() -> None:
    """It sees a reader that comes too early or has nothing to read, a lost command, and what is not restored."""
    head, tail = b"FROM node:20\nARG NPM_TOKEN\n", b"RUN rm -f .npmrc\n"
    data = head + b'RUN echo "t=$NPM_TOKEN" > .npmrc\nRUN npm ci\nRUN yarn\n'
    was = built(data, VALUES, {})
    sunk = head + b'RUN echo "t=$NPM_TOKEN" > .npmrc && npm ci && yarn && rm -f .npmrc\n'
    assert same(built(sunk, VALUES, {}), was)
    for wrong in (sunk.replace(b" && npm ci && yarn", b" && npm ci") + b"RUN yarn\n", sunk.replace(b"npm ci && ", b""), sunk.replace(b'"t=', b'"u=')):
        assert not same(built(wrong, VALUES, {}), was)
    assert not same(built(sunk.replace(b"rm -f .npmrc", b"echo x > .npmrc"), VALUES, {}), was)
    assert not same(built(data + tail, VALUES, {}), built(data.replace(b"RUN npm ci\n", b"") + tail, VALUES, {}))

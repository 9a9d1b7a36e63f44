"""The recorder must be able to fail: fixes that are wrong on purpose, each with the kinds of trouble that must be seen.

All wrong fixes start from the same old build, so that a row shows nothing but its mistake; `right` is the row that must be clean.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from .case import Case, load, load_all
from .conftest import Farm, write_case
from .engines import ALL, OPTIONAL, SPARE, Engine
from .proof import Proof, prove

BEFORE = """FROM node:20-alpine
ARG NPM_TOKEN
ENV LEVEL=warn MODE=full
WORKDIR /app
RUN apk add git && echo built > state
RUN npm ci
RUN curl -H "Authorization: Bearer $NPM_TOKEN" https://npm.example.com/whoami
RUN npm run build
CMD ["node", "index.js"]
"""
HEAD = """FROM node:20-alpine
ENV LEVEL=warn MODE=full
WORKDIR /app
RUN apk add git && echo built > state
"""
MOUNT = "RUN --mount=type=secret,id=npm_token,required=true "
READ = 'export NPM_TOKEN="$(cat /run/secrets/npm_token)" && '
CI = MOUNT + READ + "npm ci\n"
CURL_TEXT = 'curl -H "Authorization: Bearer $NPM_TOKEN" https://npm.example.com/whoami\n'
CURL = MOUNT + READ + CURL_TEXT
BUILD = "RUN npm run build\n"
TAIL = 'CMD ["node", "index.js"]\n'
GIVEN = "--secret id=npm_token,env=NPM_TOKEN"
TOML = 'expect = "fixed"\nbuild_args = ["NPM_TOKEN"]\n[consumers]\nNPM_TOKEN = ["npm ci"]\n'

# name: after/Dockerfile, build command, every kind that must be reported, no more and no less
ROWS: dict[str, tuple[str, str, set[str]]] = {
    "right": (HEAD + CI + CURL + BUILD + TAIL, GIVEN, set()),
    "lost-mount": (HEAD + "RUN npm ci\n" + CURL + BUILD + TAIL, GIVEN, {"lost_consumer"}),
    "lost-value": (
        HEAD + CI + MOUNT + CURL_TEXT + BUILD + TAIL, GIVEN, {"changed_argv", "exposed"},
    ),
    "expanded-too-early": (
        HEAD + CI + MOUNT + 'NPM_TOKEN="$(cat /run/secrets/npm_token)" ' + CURL_TEXT + BUILD + TAIL, GIVEN, {"changed_argv", "exposed"},
    ),
    "not-exported": (
        HEAD + MOUNT + 'NPM_TOKEN="$(cat /run/secrets/npm_token)" && npm ci\n' + CURL + BUILD + TAIL, GIVEN, {"lost_consumer"},
    ),
    "other-value": (
        HEAD + MOUNT + 'export NPM_TOKEN="$(cat /run/secrets/npm_token | tr a-f A-F)x" && npm ci\n' + CURL + BUILD + TAIL, GIVEN,
        {"value_changed"},
    ),
    "other-variable": (HEAD + CI.replace("NPM_TOKEN", "NODE_AUTH_TOKEN") + CURL + BUILD + TAIL, GIVEN, {"lost_consumer"}),
    "wrong-run": (
        HEAD.replace("RUN apk", MOUNT + READ + "apk") + "RUN npm ci\n" + CURL + BUILD + TAIL, GIVEN, {"lost_consumer", "exposed"},
    ),
    "one-run-too-many": (HEAD + CI + CURL + MOUNT + READ + "npm run build\n" + TAIL, GIVEN, {"exposed"}),
    "mounted-but-not-read": (HEAD + CI + CURL + MOUNT + "npm run build\n" + TAIL, GIVEN, {"exposed"}),
    "order": (HEAD + CURL + CI + BUILD + TAIL, GIVEN, {"changed_order"}),
    "lost-command": (HEAD + CI + CURL + TAIL, GIVEN, {"missing_command", "changed_file"}),
    "lost-shell-command": (HEAD.replace(" && echo built > state", "") + CI + CURL + BUILD + TAIL, GIVEN, {"changed_file"}),
    "doubled-command": (HEAD + CI + CI + CURL + BUILD + TAIL, GIVEN, {"extra_command"}),
    "other-folder": (HEAD + MOUNT + READ + "cd / && npm ci\n" + CURL + BUILD + TAIL, GIVEN, {"changed_cwd", "changed_file"}),
    "other-user": (HEAD + CI + CURL + "USER 0:1000\n" + BUILD + TAIL, GIVEN, {"changed_file", "changed_config"}),
    "other-env": (HEAD.replace(" MODE=full", "") + CI + CURL + BUILD + TAIL, GIVEN, {"changed_env", "changed_config"}),
    "lost-cmd": (HEAD + CI + CURL + BUILD, GIVEN, {"changed_config"}),
    "not-required": (HEAD + CI.replace(",required=true", "") + CURL.replace(",required=true", "") + BUILD + TAIL, GIVEN, {"forgiven"}),
    "arg-left": (
        "ARG NPM_TOKEN\n" + HEAD.replace("ENV", "ARG NPM_TOKEN\nENV") + CI + CURL + BUILD + TAIL, GIVEN + " --build-arg NPM_TOKEN",
        {"exposed", "leak:history"},
    ),
    "env-left": (
        HEAD.replace("ENV", "ARG NPM_TOKEN\nENV NPM_TOKEN=$NPM_TOKEN\nENV") + CI + CURL + BUILD + TAIL, GIVEN + " --build-arg NPM_TOKEN",
        {"exposed", "leak:history", "leak:config", "changed_config"},
    ),
    "written": (HEAD + MOUNT + READ + "npm ci && echo $NPM_TOKEN > note\n" + CURL + BUILD + TAIL, GIVEN,
                {"leak:layer", "changed_file", "exposed"}),
    "written-then-removed": (HEAD + MOUNT + READ + "npm ci && echo $NPM_TOKEN > /note\n" + CURL + "RUN rm /note\n" + BUILD + TAIL, GIVEN,
                             {"leak:layer"}),
    "written-encoded": (HEAD + MOUNT + READ + "npm ci && echo -n u:$NPM_TOKEN | base64 -w 0 > /note\n" + CURL + "RUN rm /note\n" + BUILD + TAIL,
                        GIVEN, {"leak:layer"}),
    "printed": (HEAD + MOUNT + READ + "npm ci && echo got $NPM_TOKEN\n" + CURL + BUILD + TAIL, GIVEN, {"leak:log"}),
    "printed-by-x": (HEAD + CI + MOUNT + "set -x; " + READ + CURL_TEXT + BUILD + TAIL, GIVEN, {"leak:log"}),
}


EVERYWHERE = ("right", "lost-mount", "wrong-run", "env-left", "written-then-removed", "printed")  # one of each way to find out
PLACES = [(row, e) for row in ROWS for e in ALL if e.name == "docker28" or (row in EVERYWHERE and e.name not in SPARE + OPTIONAL)]


def prove_row(folder: Path, row: str, engine: Engine) -> Proof:
    text, given, _ = ROWS[row]
    written = write_case(folder / f"{row}-{engine.name}", {"Dockerfile": BEFORE}, {"Dockerfile": text}, TOML, f"docker build {given} .")
    return prove(load(written), engine)


@pytest.mark.parametrize(("row", "engine"), PLACES, ids=[f"{row}-{e.name}" for row, e in PLACES])
def test_wrong_fix_is_seen(row: str, engine: Engine, farm: Farm, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> None:
    farm.need(engine)
    _, given, expected = ROWS[row]
    folder = tmp_path_factory.mktemp("wrong")
    jobs = {f"test_wrong_fix_is_seen[{r}-{e.name}]": (e, partial(prove_row, folder, r, e)) for r, e in PLACES}
    proof = farm.queued(request, jobs).result()
    found = proof.kinds() - {"leak:document"}  # provenance and metadata hold every build arg, where the engine writes any
    if "--build-arg" in given:
        found -= {"leak:log"}  # BuildKit shows some RUNs with the build args expanded; which ones differs by version
    assert found == expected, (proof.differences, proof.leaks_after, proof.forgiven)
    assert proof.leaks_before


FINDS = [case for case in load_all(Path(__file__).parent / "examples") if case.finds]


@pytest.mark.parametrize("case", FINDS, ids=lambda case: case.name)
def test_wrong_example_is_seen(case: Case, farm: Farm, request: pytest.FixtureRequest) -> None:
    farm.need(ALL[0])
    proof = farm.queued(request, {f"test_wrong_example_is_seen[{c.name}]": (ALL[0], partial(prove, c, ALL[0])) for c in FINDS}).result()
    assert set(case.finds) <= proof.kinds(), (proof.differences, proof.leaks_after)

"""Steps of Azure Pipelines, Cloud Build and Tekton, run as their systems run them, before and after: the builder gets the same values.

The systems are played here, without the project's code: an independent YAML reader, their replacements, and a docker that takes notes.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from remediate.model import Delivery

from .recorder import Recorder, on_no_argv, same
from .working import moved

IDS = {"NPM_TOKEN": "npm_token", "PIP_TOKEN": "pip_token"}
SECRETS = {"npm": "npm-$x 'value\"", "pip.token": "pip-value"}

AZURE = [
    """
steps:
- script: |
    docker build --build-arg NPM_TOKEN='$(pip.token)' --build-arg MODE="$(mode)" -t app .
    docker build --build-arg "PIP_TOKEN=$(pip.token)" -f other.Dockerfile .
""",
    """
steps:
- bash: |
    set -eu
    args=(--build-arg "PIP_TOKEN=$PIP" --build-arg A=b)
    cd web && docker build "${args[@]}" .
  env: {PIP: $(pip.token)}
""",
    """
steps:
- task: Docker@2
  inputs:
    command: build
    Dockerfile: api/Dockerfile
    arguments: >-
      --no-cache --build-arg NPM_TOKEN=$(pip.token)
      --build-arg "PIP_TOKEN=a $(pip.token)" --build-arg MODE=$(mode)
""",
]
CLOUD = [
    """
steps:
- name: docker
  args: ['build', '--build-arg', 'NPM_TOKEN=$_NPM', '--build-arg=PIP_TOKEN=x-${_PIP}', '--build-arg', 'MODE=$_MODE', '.']
""",
    """
steps:
- name: docker
  args:
  - build
  - --build-arg
  - NPM_TOKEN
  - -t
  - app:$_MODE
  - .
  secretEnv: [NPM_TOKEN]
""",
    """
steps:
- name: gcr.io/cloud-builders/docker
  entrypoint: bash
  args:
  - -ec
  - |
    for n in a b; do
      docker build --build-arg NPM_TOKEN="$$NPM_TOKEN" --build-arg PIP_TOKEN=$_PIP -t $$n:$_MODE .
    done
  secretEnv: [NPM_TOKEN]
""",
    """
steps:
- name: docker
  script: docker build --build-arg NPM_TOKEN="user:$NPM_TOKEN" .
  secretEnv: [NPM_TOKEN]
""",
]
TEKTON = [
    """
apiVersion: tekton.dev/v1
kind: Task
spec:
  steps:
  - image: docker:27
    script: |
      docker build --build-arg NPM_TOKEN=$(params.pip) \\
        --build-arg PIP_TOKEN="x$(params.pip)" .
""",
    """
apiVersion: tekton.dev/v1
kind: Task
spec:
  steps:
  - image: docker:27
    command: [docker]
    args: [build, --build-arg, NPM_TOKEN=$(NPM_TOKEN), "--build-arg=PIP_TOKEN=$(params.pip)", .]
    env:
    - name: NPM_TOKEN
      valueFrom: {secretKeyRef: {name: a, key: b}}
""",
]


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    (tmp_path / "web").mkdir()
    return Recorder(tmp_path)


def azure(step: dict[str, Any]) -> tuple[list[str], dict[str, str], str]:
    """(argv, environment, script): the agent writes the script to a file."""
    known = {**SECRETS, "mode": "ci"}

    def filled(text: object) -> str:
        return re.sub(r"\$\(([\w.]+)\)", lambda m: known.get(m[1], m[0]), str(text))

    env = {k: filled(v) for k, v in step.get("env", {}).items()}
    if "task" not in step:
        return [], env, filled(step.get("bash") or step.get("script"))
    words = re.findall(r'(?:"[^"]*"|[^\s"])+', step["inputs"]["arguments"])
    argv = ["docker", "build", "-f", step["inputs"]["Dockerfile"], *(filled(w).replace('"', "") for w in words), "api"]
    return argv, env, ""


def cloud(step: dict[str, Any]) -> tuple[list[str], dict[str, str], str]:
    known = {"_NPM": SECRETS["npm"], "_PIP": SECRETS["pip.token"], "_MODE": "ci"}

    def filled(text: str) -> str:
        return re.sub(r"\$\$|\$\{?(_[A-Z]+)\}?", lambda m: known[m[1]] if m[1] else "$", text)

    env = dict(filled(e).split("=", 1) for e in step.get("env", ())) | dict.fromkeys(step.get("secretEnv", ()), SECRETS["npm"])
    if "script" in step:
        return [], env, step["script"]
    return [step.get("entrypoint", "docker"), *map(filled, step["args"])], env, ""


def tekton(step: dict[str, Any]) -> tuple[list[str], dict[str, str], str]:
    def filled(text: str) -> str:
        return text.replace("$(params.pip)", SECRETS["pip.token"])

    env = {e["name"]: filled(e["value"]) if "value" in e else SECRETS["npm"] for e in step.get("env", ())}
    if "script" in step:
        return [], env, filled(step["script"])
    words = [filled(w) for w in (*step["command"], *step["args"])]
    return [re.sub(r"\$\((\w+)\)", lambda m: env.get(m[1], m[0]), w) for w in words], env, ""


CASES = [
    *(("azure-pipelines", "azure-pipelines.yml", azure, t) for t in AZURE),
    *(("cloud-build", "cloudbuild.yaml", cloud, t) for t in CLOUD),
    *(("tekton", "task.yaml", tekton, t) for t in TEKTON),
]


def calls(recorder: Recorder, tmp_path: Path, play: Any, text: str) -> list[dict]:
    out = []
    document = yaml.safe_load(text)
    for step in document.get("steps") or document["spec"]["steps"]:
        argv, env, script = play(step)
        if script:
            (tmp_path / "script.sh").write_text(script)
            argv = ["bash", "script.sh"]
        found, status, printed = recorder.run([str(recorder.bin / argv[0]) if argv[0] == "docker" else argv[0], *argv[1:]], tmp_path, env)
        assert status == 0, printed
        out += found
    return out


@pytest.mark.parametrize(("kind", "path", "play", "text"), CASES)
def test_the_builder_gets_the_same_and_no_argument_list_has_a_value(recorder, tmp_path, kind, path, play, text):
    before = calls(recorder, tmp_path, play, text)
    after = calls(recorder, tmp_path, play, moved(path, text, kind, IDS, delivery=Delivery.FILE))
    assert before
    same(before, after, IDS)
    on_no_argv(after, list(SECRETS.values()))


SCHEMAS = {"azure-pipelines": "vendor.azure-pipelines", "cloud-build": "vendor.cloudbuild"}


@pytest.mark.parametrize(("kind", "path", "text"), [(k, p, t) for k, p, _, t in CASES if k in SCHEMAS])
def test_it_still_fits_the_schema(kind, path, text):
    pytest.importorskip("check_jsonschema")
    from check_jsonschema.builtin_schemas import get_builtin_schema
    from jsonschema import Draft7Validator

    check = Draft7Validator(get_builtin_schema(SCHEMAS[kind]))
    assert check.is_valid(yaml.safe_load(text))
    assert check.is_valid(yaml.safe_load(moved(path, text, kind, IDS, delivery=Delivery.FILE)))

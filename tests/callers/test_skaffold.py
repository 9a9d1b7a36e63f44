"""Skaffold."""

from __future__ import annotations

import pytest
import yaml

from remediate.model import Delivery
from tests.callers.working import jobs_for, moved, read, refused, rewrite

KIND = "skaffold"
IDS = {"NPM_TOKEN": "npm_token", "PIP_TOKEN": "pip_token"}
HEAD = "apiVersion: skaffold/v4beta6\nkind: Config\n"
SECRET = [{"id": "npm_token", "env": "NPM_TOKEN"}]


def built(text: str, **kw):
    return yaml.safe_load(moved("skaffold.yaml", text, KIND, IDS, **kw))["build"]


def test_plain() -> None:
    text = HEAD + (
        "build:\n  artifacts:\n    - image: app # the app\n      context: api\n      docker:\n        dockerfile: Dockerfile.prod\n"
        "        buildArgs:\n          NPM_TOKEN: '{{.NPM_TOKEN}}'\n  local:\n    push: false\n"
    )
    want = text.replace(
        "        buildArgs:\n          NPM_TOKEN: '{{.NPM_TOKEN}}'\n",
        "        secrets:\n          - id: npm_token\n            env: NPM_TOKEN\n",
    ).replace("    push: false\n", "    push: false\n    useBuildkit: true\n")
    assert moved("skaffold.yaml", text, KIND, IDS) == want
    (build,) = read("skaffold.yaml", text, KIND).builds
    assert (build.place.paths, build.context, build.folder, build.name) == (("api/Dockerfile.prod",), "api", ".", "app")


def test_other_args_stay_and_secrets_are_extended() -> None:
    text = HEAD + (
        "build:\n  local: {useBuildkit: true}\n  artifacts:\n  - image: app\n    docker:\n      buildArgs:\n        A: b\n        NPM_TOKEN:\n"
        '        PIP_TOKEN: "{{ .CI_PIP }}"\n        # about c\n        C: d\n      secrets:\n      - id: x\n        src: f\n'
    )
    docker = built(text)["artifacts"][0]["docker"]
    assert docker["buildArgs"] == {"A": "b", "C": "d"}
    assert docker["secrets"] == [{"id": "x", "src": "f"}, *SECRET, {"id": "pip_token", "env": "CI_PIP"}]
    assert "        # about c\n" in moved("skaffold.yaml", text, KIND, IDS)


def test_flow_and_no_local_builder() -> None:
    text = HEAD + "build:\n  artifacts:\n  - {image: app, docker: {buildArgs: {NPM_TOKEN: '{{.NPM_TOKEN}}'}, target: x}}\n"
    found = built(text)
    assert found["artifacts"][0]["docker"] == {"secrets": SECRET, "target": "x"}
    assert found["local"] == {"useBuildkit": True}


def test_null_local() -> None:
    text = HEAD + "build:\n  local:\n  artifacts:\n  - image: app\n    docker:\n      buildArgs: {NPM_TOKEN: '{{.NPM_TOKEN}}', A: b}\n"
    found = built(text)
    assert found["local"] == {"useBuildkit": True}
    assert found["artifacts"][0]["docker"] == {"buildArgs": {"A": "b"}, "secrets": SECRET}


def test_profile_with_a_local_builder_of_its_own() -> None:
    text = HEAD + (
        "build:\n  artifacts:\n  - image: app\n    docker:\n      buildArgs:\n        NPM_TOKEN: '{{.NPM_TOKEN}}'\nprofiles:\n- name: ci\n  build:\n"
        "    local:\n      push: true\n"
    )
    after = yaml.safe_load(moved("skaffold.yaml", text, KIND, IDS))
    assert after["build"]["local"] == {"useBuildkit": True}
    assert after["profiles"][0]["build"]["local"] == {"push": True, "useBuildkit": True}


def test_artifacts_of_a_profile() -> None:
    text = HEAD + (
        "build:\n  artifacts:\n  - image: app\nprofiles:\n- name: ci\n  build:\n    artifacts:\n    - image: app\n      docker:\n"
        "        buildArgs:\n          NPM_TOKEN: '{{.NPM_TOKEN}}'\n"
    )
    assert [b.name for b in read("skaffold.yaml", text, KIND).builds] == ["app", "app (ci)"]
    after = yaml.safe_load(moved("skaffold.yaml", text, KIND, IDS))
    assert after["profiles"][0]["build"]["artifacts"][0]["docker"] == {"secrets": SECRET}
    assert after["build"]["local"] == {"useBuildkit": True}


def test_profile_without_a_builder_anywhere() -> None:
    text = HEAD + (
        "profiles:\n- name: ci\n  build:\n    artifacts:\n    - image: app\n      docker:\n        buildArgs:\n          NPM_TOKEN: '{{.NPM_TOKEN}}'\n"
    )
    after = yaml.safe_load(moved("skaffold.yaml", text, KIND, IDS))["profiles"][0]["build"]
    assert after == {"artifacts": [{"image": "app", "docker": {"secrets": SECRET}}], "local": {"useBuildkit": True}}


def test_copied_file_and_no_docker_section() -> None:
    text = HEAD + "build:\n  artifacts:\n  - image: app\n    context: api\n"
    from remediate.callers.model import Job, Move
    from tests.callers.working import applied, spec

    (build,) = read("deploy/skaffold.yaml", text, KIND).builds
    job = Job(build, (Move(spec(".npmrc", "npmrc", Delivery.FILE), source="api/.npmrc"),))
    after = applied(rewrite("deploy/skaffold.yaml", text, KIND, [job]), {"deploy/skaffold.yaml": text})["deploy/skaffold.yaml"]
    assert yaml.safe_load(after)["build"]["artifacts"][0]["docker"] == {"secrets": [{"id": "npmrc", "src": "../api/.npmrc"}]}


def test_custom_command_runs_in_the_context() -> None:
    text = HEAD + (
        "build:\n  artifacts:\n  - image: app\n    context: api\n    custom:\n"
        "      buildCommand: docker build --build-arg NPM_TOKEN=$NPM_TOKEN -t $IMAGE .\n"
        "  - image: b\n    hooks:\n      before:\n      - command: [sh, -c, 'docker build --build-arg NPM_TOKEN tools']\n"
    )
    builds = read("skaffold.yaml", text, KIND).builds
    assert [b.place.paths for b in builds] == [("Dockerfile",), ("api/Dockerfile",), ("tools/Dockerfile",)]
    after = built(text)["artifacts"]
    assert after[0]["custom"]["buildCommand"] == "docker build --secret id=npm_token,env=NPM_TOKEN -t $IMAGE ."
    assert after[1]["hooks"]["before"][0]["command"][2] == "docker build --secret id=npm_token,env=NPM_TOKEN tools"


def test_anchor_shared_by_two_artifacts() -> None:
    text = HEAD + (
        "build:\n  artifacts:\n  - image: a\n    docker: &d\n      buildArgs:\n        NPM_TOKEN: '{{.NPM_TOKEN}}'\n  - image: b\n    context: b\n    docker: *d\n"
    )
    assert [a["docker"] for a in built(text)["artifacts"]] == [{"secrets": SECRET}] * 2
    jobs = jobs_for(read("skaffold.yaml", text, KIND).builds, IDS)
    assert [r.refused.code for r in rewrite("skaffold.yaml", text, KIND, jobs[:1]).refused] == ["caller-shared"]


REFUSED = {
    "kaniko": ("build:\n  artifacts:\n  - image: a\n    kaniko:\n      buildArgs:\n        NPM_TOKEN: '{{.NPM_TOKEN}}'\n", "caller-builder"),
    "cloud": ("build:\n  googleCloudBuild: {}\n  artifacts:\n  - image: a\n    docker: {buildArgs: {NPM_TOKEN: x}}\n", "caller-builder"),
    "buildkit off": ("build:\n  local: {useBuildkit: false}\n  artifacts:\n  - image: a\n    docker: {buildArgs: {NPM_TOKEN: x}}\n", "caller-builder"),
    "profile in the cloud": (
        "build:\n  artifacts:\n  - image: a\n    docker: {buildArgs: {NPM_TOKEN: }}\nprofiles:\n- name: p\n  build: {googleCloudBuild: {projectId: x}}\n",
        "caller-builder",
    ),
    "literal": ("build:\n  artifacts:\n  - image: a\n    docker: {buildArgs: {NPM_TOKEN: abc}}\n", "caller-value"),
    "expression": ("build:\n  artifacts:\n  - image: a\n    docker: {buildArgs: {NPM_TOKEN: '{{.A}}{{.B}}'}}\n", "caller-value"),
    "merged": (
        "build:\n  artifacts:\n  - image: z\n    docker:\n      buildArgs: &x {A: b, NPM_TOKEN: }\n  - image: a\n    docker:\n      buildArgs:\n        <<: *x\n",
        "caller-shared",
    ),
    "patch": (
        "build:\n  artifacts:\n  - image: a\nprofiles:\n- name: p\n  patches:\n  - op: add\n    path: /build/artifacts/0/docker/buildArgs/NPM_TOKEN\n    value: x\n",
        "caller-arguments",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    text, code = REFUSED[name]
    assert code in refused("skaffold.yaml", HEAD + text, KIND, IDS)


def test_old_schema() -> None:
    text = "apiVersion: skaffold/v2beta12\nbuild:\n  artifacts:\n  - image: a\n    docker: {buildArgs: {NPM_TOKEN: }}\n"
    assert refused("skaffold.yaml", text, KIND, IDS) == ["caller-builder-old"]


def test_no_value_is_told() -> None:
    text = HEAD + "build:\n  artifacts:\n  - image: a\n    docker: {buildArgs: {NPM_TOKEN: s3cr3t}}\n"
    reading = read("skaffold.yaml", text, KIND)
    done = rewrite("skaffold.yaml", text, KIND, jobs_for(reading.builds, IDS))
    assert "s3cr3t" not in repr(done) + repr(reading)

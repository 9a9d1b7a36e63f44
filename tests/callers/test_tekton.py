"""Tekton: scripts and words of steps; parameters go into `env:`; Tasks of the catalogue and Kaniko are refused."""

from __future__ import annotations

import textwrap

import pytest
import yaml

from remediate.model import Delivery

from .working import moved, read, refused

KIND = "tekton"
PATH = "ci/task.yaml"
IDS = {"NPM_TOKEN": "npm_token"}


def text(of: str) -> str:
    return textwrap.dedent(of).lstrip("\n")


def steps(after: str) -> list[dict]:
    return [s for d in yaml.safe_load_all(after) for s in d.get("spec", {}).get("steps", [])]


SCRIPT = text("""
    apiVersion: tekton.dev/v1
    kind: Task
    metadata:
      name: image
    spec:
      params:
      - name: token
        type: string
      workspaces:
      - name: source
      steps:
      - name: build
        image: quay.io/buildah/stable:v1.45.0
        workingDir: $(workspaces.source.path)/web
        script: |
          #!/usr/bin/env bash
          set -e
          buildah bud --build-arg NPM_TOKEN=$(params.token) -t "$(params.IMAGE)" .
        securityContext:
          privileged: true
    """)


def test_a_parameter_goes_into_the_environment_of_the_step():
    build = read(PATH, SCRIPT, KIND).builds[0]
    assert (build.place.paths, build.folder, build.engine) == (("web/Dockerfile",), "web", "buildah")
    step = steps(moved(PATH, SCRIPT, KIND, IDS))[0]
    assert step["env"] == [{"name": "NPM_TOKEN", "value": "$(params.token)"}]
    assert "--secret id=npm_token,env=NPM_TOKEN" in step["script"] and "params.token" not in step["script"]


WORDS = text("""
    apiVersion: v1
    kind: ConfigMap
    data: {steps: none}
    ---
    apiVersion: tekton.dev/v1beta1
    kind: Task
    spec:
      stepTemplate:
        env:
        - name: MODE
          value: ci
      params:
      - name: DOCKERFILE
        default: ./docker/Dockerfile
      steps:
        - name: build
          image: quay.io/buildah/stable
          workingDir: $(workspaces.source.path)
          command: ["buildah", "bud"]
          args: ["--build-arg", "NPM_TOKEN=$(NPM)", '-f', $(params.DOCKERFILE), "--build-arg=NPM_TOKEN2=$(params.other)", "."]
          env:
            - name: NPM
              valueFrom:
                secretKeyRef: {name: npm, key: token}
    ---
    apiVersion: tekton.dev/v1beta1
    kind: TaskRun
    spec:
      taskSpec:
        steps:
        - image: docker:27
          workingDir: /workspace/source
          command: [sh, -ec]
          args:
          - docker build --build-arg NPM_TOKEN=$(NPM) .
          env:
          - {name: NPM, valueFrom: {secretKeyRef: {name: npm, key: token}}}
    """)


def test_words_and_shells_that_kubernetes_fills_in():
    builds = read(PATH, WORDS, KIND).builds
    assert [b.place.paths for b in builds] == [("docker/Dockerfile",), ("Dockerfile",)]
    after = moved(PATH, WORDS, KIND, {**IDS, "NPM_TOKEN2": "npm_token2"})
    first = next(s for s in steps(after) if s.get("name") == "build")
    assert first["args"] == [
        "--secret", "id=npm_token,env=NPM", "-f", "$(params.DOCKERFILE)", "--secret=id=npm_token2,env=NPM_TOKEN2", ".",
    ]  # fmt: skip
    assert [e["name"] for e in first["env"]] == ["NPM", "NPM_TOKEN2"]
    assert "- docker build --secret id=npm_token,env=NPM .\n" in after


def test_an_old_docker_is_asked_for_buildkit():
    before = WORDS.replace("docker:27", "docker:20.10")
    after = moved(PATH, before, KIND, IDS)
    assert "DOCKER_BUILDKIT=1 docker build --secret" in after or "export DOCKER_BUILDKIT=1" in after


CATALOGUE = """
    apiVersion: tekton.dev/v1
    kind: Pipeline
    spec:
      tasks:
      - name: image
        taskRef:
          resolver: hub
          params:
          - {name: name, value: buildah}
        params:
        - name: DOCKERFILE
          value: ./api/Dockerfile
        - name: BUILD_ARGS
          value: ["NPM_TOKEN=$(params.token)"]
    """


def test_a_task_of_the_catalogue_is_named_with_its_dockerfile():
    build = read(PATH, text(CATALOGUE), KIND).builds[0]
    assert (build.place.paths, [a.name for a in build.args]) == (("api/Dockerfile",), ["NPM_TOKEN"])


@pytest.mark.parametrize(
    ("task", "code"),
    [
        (CATALOGUE, "caller-elsewhere"),
        (CATALOGUE.replace("BUILD_ARGS", "BUILD_EXTRA_ARGS").replace('["NPM_TOKEN', "--build-arg NPM_TOKEN").replace(')"]', ")"), "caller-elsewhere"),
        (CATALOGUE.replace("value: buildah", "value: own-thing").replace('["NPM_TOKEN', "--build-arg NPM_TOKEN").replace(')"]', ")"), "caller-elsewhere"),
        ("""
         apiVersion: tekton.dev/v1
         kind: Task
         spec:
           steps:
           - image: gcr.io/kaniko-project/executor:v1.9.0
             args:
             - --dockerfile=$(params.DOCKERFILE)
             - --build-arg=NPM_TOKEN=$(params.token)
         """, "caller-builder"),
        (SCRIPT.replace(":v1.45.0", ":v1.11.0"), "caller-builder-old"),
        (SCRIPT.replace(":v1.45.0", ":v1.33"), "caller-builder-old"),
        (SCRIPT.replace("#!/usr/bin/env bash", "#!/usr/bin/env python3").replace("bud", "bud --build-arg NPM_TOKEN"), "caller-shell"),
        (SCRIPT.replace("workingDir", "env: *e\n    workingDir"), "caller-format"),
        ("apiVersion: tekton.dev/v1\nspec:\n{{ if x }}\n  a: b\n", "caller-format"),
    ],
)  # fmt: skip
def test_refused(task: str, code: str):
    assert code in refused(PATH, text(task), KIND, IDS)


def test_file_delivery_does_for_an_older_buildah():
    assert refused(PATH, SCRIPT.replace(":v1.45.0", ":v1.33"), KIND, IDS, delivery=Delivery.FILE) == []


def test_other_documents_are_left_alone():
    assert read(PATH, "apiVersion: apps/v1\nspec:\n  steps:\n  - image: docker\n    args: [build, .]\n", KIND).builds == ()


def test_build_args_that_a_run_hands_to_a_pipeline_elsewhere_are_named():
    run = """
        apiVersion: tekton.dev/v1
        kind: PipelineRun
        spec:
          params:
          - name: build-args
            value: ["NPM_TOKEN=$(params.t)", MODE=ci]
          pipelineRef: {name: shared}
        """
    assert [u.name for u in read(PATH, text(run), KIND).unread] == ["NPM_TOKEN", "MODE"]


def test_words_behind_an_anchor_are_left():
    before = text("""
        apiVersion: tekton.dev/v1
        kind: Task
        spec:
          steps:
          - name: a
            image: docker:27
            args: &words [build, --build-arg, NPM_TOKEN, .]
          - name: b
            image: docker:27
            args: *words
        """)
    assert set(refused(PATH, before, KIND, IDS)) == {"caller-shared"}

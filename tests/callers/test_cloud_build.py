"""Cloud Build: lists of words, shells and scripts; substitutions move into `env:`; its daemon knows no `env=` mounts."""

from __future__ import annotations

import json
import textwrap

import pytest
import yaml

from remediate.callers.words import command_of
from remediate.model import Delivery

from .working import moved, read, refused, rewrite

KIND = "cloud-build"
PATH = "cloudbuild.yaml"
IDS = {"NPM_TOKEN": "npm_token", "PIP_TOKEN": "pip_token"}
FILE = {"delivery": Delivery.FILE}


def text(of: str) -> str:
    return textwrap.dedent(of).lstrip("\n")


def steps(after: str) -> list[dict]:
    return yaml.safe_load(after)["steps"]


def test_a_secret_variable_in_a_list_of_words():
    before = text("""
        steps:
        # the image
        - name: gcr.io/cloud-builders/docker
          args:
          - build
          - --build-arg
          - NPM_TOKEN   # from Secret Manager
          - -t
          - gcr.io/$PROJECT_ID/app
          - .
          secretEnv: [NPM_TOKEN]
        availableSecrets:
          secretManager:
          - versionName: projects/$PROJECT_ID/secrets/npm/versions/latest
            env: NPM_TOKEN
        """)
    build = read(PATH, before, KIND).builds[0]
    assert (build.place.paths, build.line, build.args[0].origin) == (("Dockerfile",), 3, "env:NPM_TOKEN")
    after = moved(PATH, before, KIND, IDS, **FILE)
    wanted = before.replace("- --build-arg\n  - NPM_TOKEN   #", "- --secret\n  - id=npm_token,env=NPM_TOKEN   #")
    assert after == wanted.replace("  - .\n", "  - .\n  env:\n  - DOCKER_BUILDKIT=1\n")


@pytest.mark.parametrize("joined", [False, True])
def test_a_substitution_goes_into_the_environment_of_the_step(joined: bool):
    words = "'--build-arg=NPM_TOKEN=${_NPM}'" if joined else "'--build-arg', 'NPM_TOKEN=${_NPM}'"
    before = text(f"""
        steps:
        - name: 'gcr.io/cloud-builders/docker'
          dir: 'web'
          args: ['build', {words}, '--build-arg', 'A=b', '.']
          env: ['DOCKER_BUILDKIT=1']
        substitutions:
          _NPM: ''
        """)
    assert read(PATH, before, KIND).builds[0].place.paths == ("web/Dockerfile",)
    step = steps(moved(PATH, before, KIND, IDS, **FILE))[0]
    secret = ["--secret=id=npm_token,env=NPM_TOKEN"] if joined else ["--secret", "id=npm_token,env=NPM_TOKEN"]
    assert step["args"] == ["build", *secret, "--build-arg", "A=b", "."]
    assert step["env"] == ["DOCKER_BUILDKIT=1", "NPM_TOKEN=${_NPM}"]


def test_a_plain_word_in_brackets_gets_quotes_for_its_comma():
    before = "steps:\n- name: docker\n  args: [build, --build-arg, NPM_TOKEN, .]\n  secretEnv: [NPM_TOKEN]\n"
    assert steps(moved(PATH, before, KIND, IDS, **FILE))[0] == {
        "name": "docker", "args": ["build", "--secret", "id=npm_token,env=NPM_TOKEN", "."], "secretEnv": ["NPM_TOKEN"],
    }  # fmt: skip


def test_a_shell_keeps_its_text_and_its_dollars():
    before = text("""
        steps:
        - name: gcr.io/cloud-builders/docker
          entrypoint: bash
          args:
          - -c
          - |
            docker build \\
              --build-arg=NPM_TOKEN=$$NPM_TOKEN --build-arg PIP_TOKEN=$_PIP \\
              -t gcr.io/$PROJECT_ID/app:$SHORT_SHA .
          secretEnv: ['NPM_TOKEN']
        """)
    build = read(PATH, before, KIND).builds[0]
    assert (build.line, [a.name for a in build.args]) == (7, ["NPM_TOKEN", "PIP_TOKEN"])
    step = steps(moved(PATH, before, KIND, IDS, **FILE))[0]
    assert step["args"][1] == text("""
        docker build \\
          --secret=id=npm_token,env=NPM_TOKEN --secret id=pip_token,env=PIP_TOKEN \\
          -t gcr.io/$PROJECT_ID/app:$SHORT_SHA .
        """)
    assert step["env"] == ["PIP_TOKEN=$_PIP", "DOCKER_BUILDKIT=1"]


def test_a_value_that_is_put_together_keeps_doubled_dollars():
    before = text("""
        steps:
        - name: docker
          entrypoint: sh
          args: ['-c', 'docker build --build-arg NPM_TOKEN=user:$$PASS .']
          secretEnv: [PASS]
        """)
    after = moved(PATH, before, KIND, IDS, **FILE)
    assert 'NPM_TOKEN="user:$$PASS" docker build --secret' in after.replace("NPM_TOKEN=user:$$PASS", 'NPM_TOKEN="user:$$PASS"')


def test_a_script_without_substitutions():
    before = text("""
        steps:
        - name: gcr.io/cloud-builders/docker
          script: |
            #!/usr/bin/env bash
            export DOCKER_BUILDKIT=1
            docker build --build-arg NPM_TOKEN="$NPM_TOKEN" .
          secretEnv: [NPM_TOKEN]
        """)
    assert moved(PATH, before, KIND, IDS, **FILE) == before.replace(
        '--build-arg NPM_TOKEN="$NPM_TOKEN"', "--secret id=npm_token,env=NPM_TOKEN"
    )


def test_json():
    before = json.dumps(
        {"steps": [{"name": "gcr.io/cloud-builders/docker", "args": ["build", "--build-arg", "NPM_TOKEN=$_T", "."], "timeout": "60s"}]},
        indent=2,
    )
    after = moved("cloudbuild.json", before, KIND, IDS, **FILE)
    step = json.loads(after)["steps"][0]
    assert step["args"] == ["build", "--secret", "id=npm_token,env=NPM_TOKEN", "."]
    assert step["env"] == ["NPM_TOKEN=$_T", "DOCKER_BUILDKIT=1"]
    assert after.count("\n") >= before.count("\n")


def test_a_file_that_was_copied_is_handed_over():
    from remediate.callers.model import Job, Move

    from .working import applied, spec

    before = "steps:\n- name: docker\n  dir: web\n  args:\n  - build\n  - .\n"
    build = read(PATH, before, KIND).builds[0]
    job = Job(build, (Move(spec("web/.npmrc", "npmrc", Delivery.FILE), source="web/.npmrc"),))
    after = applied(rewrite(PATH, before, KIND, [job]), {PATH: before})[PATH].decode()
    assert steps(after)[0]["args"] == ["build", "--secret", "id=npmrc,src=.npmrc", "."]


def test_the_configuration_of_a_subfolder():
    others = {"services/api/Dockerfile": "FROM x\n"}
    before = "steps:\n- name: docker\n  args: [build, .]\n"
    build = read("services/api/cloudbuild.yaml", before, KIND, others).builds[0]
    assert (build.place.paths, build.folder) == (("services/api/Dockerfile",), "services/api")


@pytest.mark.parametrize(
    ("config", "code"),
    [
        (
            "steps:\n- name: gcr.io/kaniko-project/executor:latest\n  args: [--build-arg=NPM_TOKEN=$_T, --dockerfile=Dockerfile]\n",
            "caller-builder",
        ),
        ("steps:\n- name: gcr.io/$PROJECT_ID/docker-compose\n  args: [build, --build-arg, NPM_TOKEN=$_T]\n", "caller-builder"),
        ("steps:\n- name: docker\n  env: [DOCKER_BUILDKIT=0]\n  args: [build, --build-arg, NPM_TOKEN, .]\n", "caller-builder-old"),
        ("steps:\n- name: docker\n  args: [build, --build-arg, NPM_TOKEN=$$OTHER, .]\n", "caller-value"),
        ("steps:\n- name: x/y\n  args: [go, --build-arg NPM_TOKEN=$_T]\n", "caller-arguments"),
        ("a: &a [build, --build-arg, NPM_TOKEN, .]\nsteps:\n- name: docker\n  args: *a\n", "caller-shared"),
        ("steps:\n- {{ step }}\n", "caller-format"),
    ],
)
def test_refused(config: str, code: str):
    assert code in refused(PATH, config, KIND, IDS, **FILE)


def test_the_daemon_knows_no_env_mounts():
    before = "steps:\n- name: docker\n  args: [build, --build-arg, NPM_TOKEN, .]\n  secretEnv: [NPM_TOKEN]\n"
    assert refused(PATH, before, KIND, IDS) == ["caller-builder-old"]
    newer = before.replace("steps:\n", "steps:\n- name: docker\n  args: [buildx, create, --use]\n- name: docker\n  args: [buildx create]\n")
    assert refused(PATH, newer, KIND, IDS) == []


def test_words_of_a_command():
    command = command_of(
        ["docker", "--context", "x", "buildx", "build", "-fa/Dockerfile", "--target=t", "--no-cache", "--build-arg", "A=b", "ctx"]
    )
    assert command is not None
    assert [(f.name, f.value) for f in command.flags] == [
        ("-f", "a/Dockerfile"),
        ("--target", "t"),
        ("--no-cache", None),
        ("--build-arg", "A=b"),
    ]
    assert command.context == 10
    assert command_of(["docker", "run", "build"]) is None


def test_build_args_that_no_step_is_given_directly_are_named():
    before = (
        "steps:\n- name: docker\n  entrypoint: sh\n  args: [-c, docker build $_ARGS .]\nsubstitutions:\n  _ARGS: --build-arg NPM_TOKEN=x\n"
    )
    assert [(u.name, u.refused.code) for u in read(PATH, before, KIND).unread] == [("NPM_TOKEN", "caller-arguments")]


def test_bake_and_compose_are_named_by_what_they_get():
    before = (
        "steps:\n- name: docker\n  args: [buildx, bake, --set, '*.args.NPM_TOKEN=$_T']\n- name: docker\n  args: [compose, build, web]\n"
    )
    reading = read(PATH, before, KIND)
    assert (reading.builds, [u.name for u in reading.unread]) == ((), ["NPM_TOKEN"])

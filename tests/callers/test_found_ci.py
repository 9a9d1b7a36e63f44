"""What was found by trying whole repositories with CI systems: each case once went wrong, through the pipeline as a user runs it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from remediate import pipeline
from remediate.model import Options, Outcome

DOCKERFILE = "FROM node:20\nARG NPM_TOKEN\nCOPY package.json .npmrc ./\nRUN npm ci\n"
NPMRC = "//npm.example.com/:_authToken=${NPM_TOKEN}\n"
CIRCLE = """version: 2.1
commands:
  image:
    parameters:
      token: {type: env_var_name, default: NPM_TOKEN}
    steps:
      - run: docker build --build-arg NPM_TOKEN=WHAT -t app .
jobs:
  build:
    machine: true
    steps:
      - checkout
      - image
      - image: {token: OTHER_TOKEN}
"""
ACTIONS = """on: push
jobs:
  x:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
"""


class Repo:
    """A repository with one Dockerfile that takes NPM_TOKEN, and what its fix gives."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fix(self, files: dict[str, str], at: str = ".", **options: object) -> Outcome:
        for path, text in {f"{at}/Dockerfile": DOCKERFILE, f"{at}/.npmrc": NPMRC, f"{at}/package.json": "{}", **files}.items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_text(text)
        return pipeline.run(["."], Options(**options))  # type: ignore[arg-type]


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return Repo(tmp_path)


def changed(done: Outcome) -> dict[str, str]:
    return {os.path.normpath(c.path): c.after.decode() for c in done.changes}


def held(done: Outcome) -> bool:
    return all(f.after == f.before for f in done.files) and not done.changes


def reasons(done: Outcome) -> list[tuple[str, int, str]]:
    return [(c.path, c.line, c.reason) for f in done.files for c in f.callers if not c.applied]


# -- a build that would break ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["${<< parameters.token >>}", '"${<< parameters.token >>}"', "$(vault read << parameters.token >>)"])
def test_a_template_inside_an_expansion_stays_as_it_is_written(repo: Repo, value: str) -> None:
    done = repo.fix({".circleci/config.yml": CIRCLE.replace("WHAT", value)})
    after = changed(done)[".circleci/config.yml"]
    assert "QQ" not in after
    assert f"NPM_TOKEN={value} docker build --secret id=npm_token,env=NPM_TOKEN" in after


def test_a_template_in_the_path_of_a_file(repo: Repo) -> None:
    step = "      - run: docker build --build-arg NPM_TOKEN=$(cat ${{ inputs.file }}) .\n"
    after = changed(repo.fix({".github/workflows/ci.yml": ACTIONS + step}))[".github/workflows/ci.yml"]
    assert "run: NPM_TOKEN=$(cat ${{ inputs.file }}) docker build --secret id=npm_token,env=NPM_TOKEN ." in after


def test_gitlab_variables_that_turn_buildkit_off(repo: Repo) -> None:
    job = "build:\n  image: docker:27\n  script:\n    - docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n"
    done = repo.fix({".gitlab-ci.yml": f"variables:\n  DOCKER_BUILDKIT: 0\n{job}"})
    assert held(done) and [r[2] for r in reasons(done)] == ["caller-builder"]


GITLAB_OLD = """build:
  image: docker:{client}
  services: ["docker:{daemon}-dind"]
  variables: {more}
  script:
    - docker build --build-arg NPM_TOKEN=$NPM_TOKEN .
"""


@pytest.mark.parametrize(("client", "daemon", "more"), [("20.10", "20.10", "{}"), ("20.10.24", "20.10.24", "{DOCKER_BUILDKIT: 1}"), ("27", "20.10", "{}")])
def test_docker_20_10_gets_a_dockerfile_that_reads_the_secret_as_a_file(repo: Repo, client: str, daemon: str, more: str) -> None:
    """Its BuildKit does not know `env=` in a mount, whatever the frontend."""
    done = repo.fix({".gitlab-ci.yml": GITLAB_OLD.format(client=client, daemon=daemon, more=more)})
    assert b"$(cat /run/secrets/npm_token)" in done.files[0].after and b",env=" not in done.files[0].after
    assert "--secret id=npm_token,env=NPM_TOKEN" in changed(done)[".gitlab-ci.yml"]


def test_an_old_client_of_a_new_daemon_may_mount_variables(repo: Repo) -> None:
    done = repo.fix({".gitlab-ci.yml": GITLAB_OLD.format(client="20.10", daemon="27", more="{}")})
    assert b",env=NPM_TOKEN" in done.files[0].after
    assert "export DOCKER_BUILDKIT=1" in changed(done)[".gitlab-ci.yml"]


@pytest.mark.parametrize(("path", "text"), [
    ("bitbucket-pipelines.yml", "pipelines:\n  default:\n    - step:\n        script:\n          - docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n"),
    (".travis.yml", "services: docker\nscript:\n  - docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n"),
    (".circleci/config.yml", "version: 2.1\njobs:\n  b:\n    docker: [{image: cimg/base:current}]\n    steps:\n      - checkout\n      - setup_remote_docker:\n"
     "          version: 20.10.24\n      - run: docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n"),
    (".drone.yml", "kind: pipeline\nname: a\nsteps:\n  - name: b\n    image: docker:20.10\n    commands:\n      - docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n"),
])  # fmt: skip
def test_machines_with_docker_20_10(repo: Repo, path: str, text: str) -> None:
    done = repo.fix({path: text})
    assert b"$(cat /run/secrets/npm_token)" in done.files[0].after
    assert "DOCKER_BUILDKIT=1" in changed(done)[path]


def test_the_docker_plugin_of_drone_brings_docker_20_10(repo: Repo) -> None:
    step = "  - name: b\n    image: plugins/docker\n    settings:\n      repo: a/b\n      build_args_from_env: [NPM_TOKEN]\n"
    done = repo.fix({".drone.yml": f"kind: pipeline\nname: a\nsteps:\n{step}"})
    assert b"$(cat /run/secrets/npm_token)" in done.files[0].after
    assert "secrets_from_env" in changed(done)[".drone.yml"]


# -- files of any name -------------------------------------------------------------------------------------------------------------------

AZURE_STEP = "steps:\n  - bash: docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n    env:\n      NPM_TOKEN: ${{ parameters.token }}\n"


def test_a_template_of_azure_with_any_name(repo: Repo) -> None:
    template = f"parameters:\n  - name: token\n    type: string\n{AZURE_STEP}"
    main = "pool: {vmImage: ubuntu-latest}\nsteps:\n  - template: ci/steps/image.yml\n    parameters:\n      token: $(NPM_TOKEN)\n"
    done = repo.fix({"azure-pipelines.yml": main, "ci/steps/image.yml": template})
    assert "docker build --secret id=npm_token,env=NPM_TOKEN ." in changed(done)["ci/steps/image.yml"]


@pytest.mark.parametrize("include", ["include: ci/image.yml", "include:\n  - local: /ci/image.yml", "include:\n  - local: 'ci/*.yml'"])
def test_a_file_that_gitlab_includes_is_no_compose_file_because_it_has_services(repo: Repo, include: str) -> None:
    text = "image: docker:27\nservices:\n  - docker:27-dind\nbuild:\n  script:\n    - docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n"
    done = repo.fix({".gitlab-ci.yml": f"{include}\nstages: [build]\n", "ci/image.yml": text})
    assert "docker build --secret id=npm_token,env=NPM_TOKEN ." in changed(done)["ci/image.yml"]


@pytest.mark.parametrize("text", [
    "version: 0.2\nphases:\n  build:\n    commands:\n      - docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n",
    "steps:\n  - name: gcr.io/cloud-builders/docker\n    args: [build, --build-arg, NPM_TOKEN, .]\n    env: [NPM_TOKEN=x]\n",
])  # fmt: skip
def test_builds_of_clouds_in_files_of_any_name(repo: Repo, text: str) -> None:
    done = repo.fix({"deploy/production.yml": text})
    assert "id=npm_token,env=NPM_TOKEN" in changed(done)["deploy/production.yml"]


# -- what is said ------------------------------------------------------------------------------------------------------------------------


def test_build_and_push_of_azure_is_told_once_at_the_argument(repo: Repo) -> None:
    task = "pool: {vmImage: ubuntu-latest}\nsteps:\n  - task: Docker@2\n    inputs:\n      command: buildAndPush\n      repository: a\n"
    done = repo.fix({"azure-pipelines.yml": f"{task}      arguments: --build-arg NPM_TOKEN=$(NPM_TOKEN)\n"})
    assert held(done) and reasons(done) == [("azure-pipelines.yml", 7, "caller-value")]
    done = repo.fix({"azure-pipelines.yml": f"{task}      arguments: --build-arg VERSION=1\n"})
    assert not held(done) and reasons(done) == [("azure-pipelines.yml", 3, "caller-without")]


def test_a_secret_in_the_settings_of_a_plugin_is_told_once(repo: Repo) -> None:
    plugin = "    image: woodpeckerci/plugin-docker-buildx\n    settings:\n      build_args:\n        NPM_TOKEN:\n          from_secret: npm_token\n"
    done = repo.fix({".woodpecker.yml": f"steps:\n  publish:\n{plugin}"})
    assert reasons(done) == [(".woodpecker.yml", 6, "caller-value")]


# -- what was held without need ----------------------------------------------------------------------------------------------------------

KANIKO = "/kaniko/executor --context . --build-arg NPM_TOKEN=$NPM_TOKEN"
PUSH = "      - uses: docker/build-push-action@v6\n        with:\n          context: .\n          build-args: |\n            NPM_TOKEN=${{ secrets.NPM_TOKEN }}\n"


@pytest.mark.parametrize("path, text", [
    (".github/workflows/old.yml", ACTIONS.replace("    runs-on", "    if: false\n    runs-on") + f"      - run: {KANIKO}\n"),
    (".github/workflows/old.yml", ACTIONS + f"      - if: ${{{{ false }}}}\n        run: {KANIKO}\n"),
    (".gitlab-ci.yml", f".old:\n  script:\n    - {KANIKO}\n"),
    (".gitlab-ci.yml", f"old:\n  rules:\n    - when: never\n  script:\n    - {KANIKO}\n"),
    (".gitlab-ci.yml", f"old:\n  when: never\n  script:\n    - {KANIKO}\n"),
])  # fmt: skip
def test_nothing_waits_for_what_never_runs(repo: Repo, path: str, text: str) -> None:
    done = repo.fix({path: text, ".github/workflows/ci.yml": ACTIONS + PUSH})
    assert ".github/workflows/ci.yml" in changed(done)
    assert [r[2] for r in reasons(done)] == ["caller-builder"]


@pytest.mark.parametrize("use", ["    - !reference [.old, script]\n", "    - *old\n"])
def test_a_hidden_job_whose_text_another_one_runs_is_waited_for(repo: Repo, use: str) -> None:
    done = repo.fix({".gitlab-ci.yml": f".old:\n  script:\n    - &old {KANIKO}\nnew:\n  script:\n{use}"})
    assert held(done)


def test_a_folder_that_holds_another_repository(repo: Repo) -> None:
    other = "      - uses: actions/checkout@v4\n        with: {repository: a/b, path: other}\n      - run: docker build --build-arg NPM_TOKEN=$T other\n"
    done = repo.fix({".github/workflows/ci.yml": ACTIONS + other + PUSH})
    after = changed(done)[".github/workflows/ci.yml"]
    assert "docker build --build-arg NPM_TOKEN=$T other" in after and "npm_token=${{ secrets.NPM_TOKEN }}" in after


def test_this_repository_in_a_folder_of_the_workspace(repo: Repo) -> None:
    steps = "      - uses: actions/checkout@v4\n        with: {path: src}\n      - run: docker build --build-arg NPM_TOKEN=$NPM_TOKEN src\n" \
            "      - run: docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n        working-directory: src\n"
    done = repo.fix({".github/workflows/ci.yml": "\n".join(ACTIONS.splitlines()[:-1]) + "\n" + steps})
    assert changed(done)[".github/workflows/ci.yml"].count("--secret id=npm_token,env=NPM_TOKEN") == 2


def test_more_build_args_from_a_step(repo: Repo) -> None:
    """The one that is written out moves; a secret that may be among the others is waited for."""
    done = repo.fix({".github/workflows/ci.yml": ACTIONS + PUSH + "            ${{ steps.args.outputs.args }}\n"})
    assert "npm_token=${{ secrets.NPM_TOKEN }}" in changed(done)[".github/workflows/ci.yml"]
    hidden = PUSH.replace("NPM_TOKEN=${{ secrets.NPM_TOKEN }}", "${{ steps.args.outputs.args }}")
    done = repo.fix({".github/workflows/ci.yml": ACTIONS + hidden})
    assert held(done)
    assert done.files[0].callers[0].by_hand == ("secrets: |", "  npm_token=${{ secrets.NPM_TOKEN }}")


def test_a_called_workflow_does_not_lack_what_its_callers_hand_over(repo: Repo) -> None:
    called = "on:\n  workflow_call:\n    inputs:\n      args: {type: string}\n" + ACTIONS.partition("\n")[2] + PUSH.partition("          build-args")[0]
    call = "on: push\njobs:\n  a:\n    uses: ./.github/workflows/b.yml\n    with:\n      args: |\n        NPM_TOKEN=${{ secrets.NPM_TOKEN }}\n"
    done = repo.fix({".github/workflows/b.yml": called + "          build-args: ${{ inputs.args }}\n", ".github/workflows/a.yml": call})
    assert changed(done).keys() == {".github/workflows/a.yml", ".github/workflows/b.yml"} and not reasons(done)


def test_a_variable_of_the_workflow_is_taken_as_it_is(repo: Repo) -> None:
    step = "        env: {MY_TOKEN: x}\n      - run: docker build --build-arg NPM_TOKEN=${{ env.MY_TOKEN }} .\n        env:\n          MY_TOKEN: ${{ secrets.T }}\n"
    done = repo.fix({".github/workflows/ci.yml": ACTIONS + step})
    assert "run: docker build --secret id=npm_token,env=MY_TOKEN ." in changed(done)[".github/workflows/ci.yml"]


def test_by_hand_in_a_step_that_runs_a_command(repo: Repo) -> None:
    done = repo.fix({".github/workflows/ci.yml": ACTIONS + f"      - run: ssh host '{KANIKO[1:]}'\n      - run: sudo -i docker build --build-arg NPM_TOKEN=$T .\n"})
    assert held(done)
    assert all("secrets: |" not in c.by_hand for f in done.files for c in f.callers)


def test_data_of_tests_is_waited_for_by_nothing_else(repo: Repo) -> None:
    sample = {"test/fixtures/.github/workflows/x.yml": ACTIONS + f"      - run: {KANIKO}\n"}
    done = repo.fix({**sample, ".github/workflows/ci.yml": ACTIONS + PUSH})
    assert ".github/workflows/ci.yml" in changed(done) and [r[0] for r in reasons(done)] == ["test/fixtures/.github/workflows/x.yml"]


def test_a_builder_that_is_named_by_no_other_word(repo: Repo) -> None:
    done = repo.fix({".github/workflows/ci.yml": ACTIONS + "      - run: depot build --build-arg NPM_TOKEN=${{ secrets.NPM_TOKEN }} .\n"})
    assert "depot build --secret id=npm_token,env=NPM_TOKEN ." in changed(done)[".github/workflows/ci.yml"]


def test_jobs_that_share_a_script_with_variables_of_their_own(repo: Repo) -> None:
    job = ".x: &x\n  image: docker:27\n  script:\n    - docker build --build-arg NPM_TOKEN=$TOKEN .\n"
    done = repo.fix({".gitlab-ci.yml": job + "a:\n  <<: *x\n  variables: {TOKEN: $DEV}\nb:\n  <<: *x\n  variables: {TOKEN: $PROD}\n"})
    assert "docker build --secret id=npm_token,env=TOKEN ." in changed(done)[".gitlab-ci.yml"]


def test_a_comment_behind_a_command(repo: Repo) -> None:
    done = repo.fix({".gitlab-ci.yml": "a:\n  image: docker:27\n  script:\n    - docker build . # --build-arg NPM_TOKEN=$NPM_TOKEN\n"})
    assert not held(done) and [r[2] for r in reasons(done)] == ["caller-without"]


def test_an_executor_of_circleci_turns_buildkit_off(repo: Repo) -> None:
    build = "    steps:\n      - checkout\n      - run: docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n"
    done = repo.fix({".circleci/config.yml": f"version: 2.1\nexecutors:\n  d:\n    machine: true\n    environment: {{DOCKER_BUILDKIT: '0'}}\njobs:\n  b:\n    executor: d\n{build}"})
    assert held(done) and [r[2] for r in reasons(done)] == ["caller-builder"]


def test_a_command_of_circleci_runs_on_the_remote_docker_of_its_job(repo: Repo) -> None:
    text = CIRCLE.replace("WHAT", "$NPM_TOKEN").replace("      - checkout\n", "      - checkout\n      - setup_remote_docker: {version: 20.10.24}\n")
    done = repo.fix({".circleci/config.yml": text})
    assert b"$(cat /run/secrets/npm_token)" in done.files[0].after
    assert "DOCKER_BUILDKIT=1" in changed(done)[".circleci/config.yml"]


def test_steps_of_azure_that_never_run_and_containers_with_an_old_docker(repo: Repo) -> None:
    task = "  - task: Docker@2\n    condition: false\n    inputs:\n      command: buildAndPush\n      arguments: --build-arg NPM_TOKEN=$(NPM_TOKEN)\n"
    main = "pool: {vmImage: ubuntu-latest}\nsteps:\n" + task + "  - script: docker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n"
    assert "--secret id=npm_token,env=NPM_TOKEN ." in changed(repo.fix({"azure-pipelines.yml": main}))["azure-pipelines.yml"]
    done = repo.fix({"azure-pipelines.yml": "container: docker:19.03\n" + main})
    assert held(done)


# -- builds that a CI system starts in another file ----------------------------------------------------------------------------------------

BUCKET = "pipelines:\n  default:\n    - step:\n        services: [docker]\n        script:\n"
CLOUD = "steps:\n- name: gcr.io/cloud-builders/docker\n  entrypoint: bash\n  args: [ci/build.sh]\n"
SCRIPT = "#!/bin/sh\ndocker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n"


@pytest.mark.parametrize("path, text, line", [
    ("bitbucket-pipelines.yml", f"{BUCKET}          - ./ci/build.sh\n", 6), ("cloudbuild.yaml", CLOUD, 2),
    (".gitlab-ci.yml", "build:\n  image: docker:20.10\n  script:\n    - sh ci/build.sh\n", 4),
])  # fmt: skip
def test_a_script_that_an_old_docker_runs_has_to_ask_for_buildkit(repo: Repo, path: str, text: str, line: int) -> None:
    done = repo.fix({path: text, "ci/build.sh": SCRIPT})
    assert held(done)
    (caller,) = done.files[0].callers
    assert (caller.path, caller.line, caller.reason) == ("ci/build.sh", 2, "caller-builder-old")
    assert f"{path}:{line} runs it" in caller.message and caller.by_hand == ("export DOCKER_BUILDKIT=1",)


def test_once_it_asks_the_dockerfile_reads_the_secret_as_a_file(repo: Repo) -> None:
    asks = SCRIPT.replace("docker", "DOCKER_BUILDKIT=1 docker")
    done = repo.fix({"bitbucket-pipelines.yml": f"{BUCKET}          - ./ci/build.sh\n", "ci/build.sh": asks})
    assert b"$(cat /run/secrets/npm_token)" in done.files[0].after
    assert "--secret id=npm_token,env=NPM_TOKEN" in changed(done)["ci/build.sh"]


@pytest.mark.parametrize("call, path, text", [
    ("docker compose build", "compose.yaml", "services:\n  a:\n    build:\n      context: .\n      args: {NPM_TOKEN: null}\n"),
    ("make image", "Makefile", "image:\n\tDOCKER_BUILDKIT=1 docker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n"),
])  # fmt: skip
def test_what_an_old_docker_builds_by_a_program(repo: Repo, call: str, path: str, text: str) -> None:
    done = repo.fix({".gitlab-ci.yml": f"build:\n  image: docker:20.10\n  script:\n    - {call}\n", path: text})
    assert b"$(cat /run/secrets/npm_token)" in done.files[0].after and path in changed(done)


# -- other shells --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path, text", [
    (".gitlab-ci.yml", "build:\n  tags: [windows]\n  script:\n    - docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n"),
    (".gitlab-ci.yml", "build:\n  script:\n    - docker build --build-arg NPM_TOKEN=$env:NPM_TOKEN .\n"),
    (".github/workflows/ci.yml", ACTIONS.replace("ubuntu-latest", "[self-hosted, Windows]") + "      - run: docker build --build-arg NPM_TOKEN=$env:NPM_TOKEN .\n"),
])  # fmt: skip
def test_powershell_is_refused(repo: Repo, path: str, text: str) -> None:
    done = repo.fix({path: text})
    assert held(done) and [r[2] for r in reasons(done)] == ["caller-shell"]


def test_a_build_in_a_heredoc_is_told_once_at_its_own_line(repo: Repo) -> None:
    script = "      - run: |\n          ssh host <<'EOF'\n          docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n          EOF\n"
    done = repo.fix({".github/workflows/ci.yml": ACTIONS + script})
    assert held(done) and reasons(done) == [(".github/workflows/ci.yml", 9, "caller-remote")]

"""What was found by reading real pipelines of other CI systems: each case once went wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from remediate.callers.search import speaks_of_builds
from remediate.model import Delivery
from remediate.repo.caller_files import caller_kind
from remediate.repo.callers_scan import find_callers
from tests.callers.working import jobs_for, moved, read, refused, rewrite

RESERVED = ("SECRET_KEY_BASE", "INPUT_TOKEN", "ENDPOINT_AUTH_X", "SECUREFILE_TICKET_X", "VSTS_TASKVARIABLE_X", "Secret_Token")


@pytest.mark.parametrize("name", RESERVED)
def test_azure_withholds_variables_of_its_own_prefixes_from_what_a_task_runs(name: str) -> None:
    script = f"steps:\n- script: docker build --build-arg {name}=$(RailsKey) .\n"
    after = moved("azure-pipelines.yml", script, "azure-pipelines", {name: "key"})
    assert f"--secret id=key,env=BUILD_{name} ." in after
    assert f"  env:\n    BUILD_{name}: $(RailsKey)\n" in after
    task = f"steps:\n- task: Docker@2\n  inputs:\n    command: build\n    arguments: --build-arg {name}=$(RailsKey)\n"
    after = moved("azure-pipelines.yml", task, "azure-pipelines", {name: "key"})
    assert f"arguments: --secret id=key,env=BUILD_{name}\n  env:\n    BUILD_{name}: $(RailsKey)\n" in after


def test_azure_takes_no_withheld_variable_for_one_that_is_there() -> None:
    text = (
        "steps:\n- bash: docker build --build-arg SECRET_KEY_BASE=$(RailsKey) .\n"
        "  env:\n    SECRET_KEY_BASE: $(RailsKey)\n"
    )  # fmt: skip
    after = moved("azure-pipelines.yml", text, "azure-pipelines", {"SECRET_KEY_BASE": "key"})
    assert "env=BUILD_SECRET_KEY_BASE ." in after and "    BUILD_SECRET_KEY_BASE: $(RailsKey)\n" in after


CLOUD = """substitutions:
  _EXTRA: NPM_TOKEN=value
steps:
- name: gcr.io/cloud-builders/docker
  args: [build, '--build-arg=${_EXTRA}', '--build-arg', '$_UNKNOWN', .]
"""


def test_the_name_of_a_build_arg_in_a_substitution_is_looked_up() -> None:
    text = CLOUD.replace(", '--build-arg', '$_UNKNOWN'", "")
    known = read("cloudbuild.yaml", text, "cloud-build").builds[0]
    assert [a.name for a in known.args] == ["NPM_TOKEN"] and known.refused is None
    assert refused("cloudbuild.yaml", text, "cloud-build", {"NPM_TOKEN": "t"}, delivery=Delivery.FILE) == ["caller-arguments"]
    unknown = read("cloudbuild.yaml", CLOUD, "cloud-build").builds[0]
    assert unknown.refused is not None and unknown.refused.code == "caller-arguments"


def test_the_name_of_a_build_arg_in_a_macro_is_looked_up() -> None:
    text = "variables:\n  extra: NPM_TOKEN=x\nsteps:\n- task: Docker@2\n  inputs:\n    command: build\n    arguments: --build-arg $(extra)\n"
    build = read("azure-pipelines.yml", text, "azure-pipelines").builds[0]
    assert [a.name for a in build.args] == ["NPM_TOKEN"] and build.refused is None
    build = read("azure-pipelines.yml", text.replace("extra:", "other:"), "azure-pipelines").builds[0]
    assert build.refused is not None and build.refused.code == "caller-arguments"


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        (".azure/tenant.azure-pipelines.a.yaml", "x: 1\n", "azure-pipelines"),
        (".azure/tenant.yaml", "trigger: none\nextends:\n  template: /.azure/base.yaml\n", "azure-pipelines"),
        ("ci/build.yml", "stages:\n- template: docker/build.yml@templates\n  parameters:\n    a: b\n", "azure-pipelines"),
        ("ci/gitlab.yml", "include:\n  - template: Jobs/Build.gitlab-ci.yml\nx:\n  script: make\n", "gitlab"),
    ],
)
def test_a_pipeline_that_only_names_its_template_is_one_of_azure(path: str, text: str, kind: str) -> None:
    assert caller_kind(path, text.encode()) == kind


@pytest.mark.parametrize(
    "step",
    [
        "  environment:\n    PLUGIN_BUILD_ARGS:\n      from_secret: args\n",
        "  environment:\n    plugin_build_args: NPM_TOKEN=x,B=c\n",
        "  environment:\n    PLUGIN_BUILD_ARGS_FROM_ENV: NPM_TOKEN\n",
        "  secrets:\n  - source: args\n    target: plugin_build_args\n",
    ],
)
def test_a_setting_of_a_drone_plugin_may_stand_in_a_variable(step: str) -> None:
    text = f"steps:\n- name: a\n  image: plugins/docker:21\n{step}  settings:\n    repo: acme/app\n"
    (build,) = read(".drone.yml", text, "drone").builds
    assert [a.name for a in build.args][:1] == ["NPM_TOKEN"] or (build.refused is not None and build.refused.code == "caller-arguments")
    assert not build.args or refused(".drone.yml", text, "drone", {"NPM_TOKEN": "t"}) == ["caller-value"]


@pytest.mark.parametrize(
    "code",
    [
        "buildImage(image: 'x', buildArgs: [NPM_TOKEN: env.NPM, 'B': 'c'], dockerfile: 'Dockerfile')",
        "buildImage(image: 'x', dockerBuildArgs: [\"NPM_TOKEN=${env.NPM}\"], push: true)",
        "buildImage image: 'x', build_args: \"A=1 NPM_TOKEN=${env.NPM}\"",
        "def buildArgs = ['NPM_TOKEN']\n  buildImage('x', buildArgs)",
        "buildArguments = [\n    A: 1,\n    NPM_TOKEN: env.NPM,\n  ]",
    ],
)
def test_build_args_for_a_step_of_a_library_are_told(code: str) -> None:
    found = read("Jenkinsfile", f"node {{\n  {code}\n}}\n", "jenkins").unread
    assert "NPM_TOKEN" in {u.name for u in found} and {u.refused.code for u in found} == {"caller-arguments"}
    assert "image" not in {u.name for u in found} and "push" not in {u.name for u in found}


def test_arguments_of_other_tools_are_no_build_args() -> None:
    text = "node {\n  mvn(buildArgs: '-DNPM_TOKEN=x --no-cache', options: [NPM_TOKEN: 1])\n  buildArgs = other\n}\n"
    assert read("Jenkinsfile", text, "jenkins").unread == ()


def test_a_jenkinsfile_that_only_hands_build_args_on_is_read() -> None:
    assert speaks_of_builds("jenkins", b"@Library('ci') _\nbuildImage(name: 'x', buildArgs: [NPM_TOKEN: env.NPM])\n")


@pytest.mark.parametrize("end", [" \\\n", "\\\n", " \\\\\\\n"])
def test_a_last_line_that_would_go_on_is_no_error(end: str) -> None:
    """As in scripts whose last line was taken out."""
    found = read("build.sh", f"docker build . \\\n  --build-arg=T=$T{end}", "shell")
    assert [[a.name for a in b.args] for b in found.builds] == [["T"]] and not found.unread


CLOUD_SCRIPT = """steps:
- name: gcr.io/cloud-builders/docker
  entrypoint: bash
  args:
  - -c
  - |
    docker build . \\
      --build-arg=BRANCH=$BRANCH_NAME \\
      --build-arg=NPM_TOKEN=$$NPM_TOKEN \\
  secretEnv: [NPM_TOKEN]
"""


def test_such_a_step_of_cloud_build_is_rewritten() -> None:
    after = moved("cloudbuild.yaml", CLOUD_SCRIPT, "cloud-build", {"NPM_TOKEN": "t"}, delivery=Delivery.FILE)
    assert "      --secret=id=t,env=NPM_TOKEN \\\n" in after or "      --secret id=t,env=NPM_TOKEN \\\n" in after


GROWN = """def build(Map conf) {
    def dockerArgs = "--build-arg PREFIX=${conf.prefix} --build-arg NPM_TOKEN='${env.NPM_TOKEN}' "
    if (params.CLEAN) {
        dockerArgs = dockerArgs + " --no-cache "
    }
    if (params.PULL) {
        dockerArgs += '--pull --build-arg EXTRA=1'
    }
    echo "Arguments: ${dockerArgs}"
    docker.build("app", dockerArgs + ' .')
    sh "docker build ${dockerArgs} -t two ."
}
def other() {
    def dockerArgs = '--build-arg OTHER=1'
    dockerArgs = dockerArgs + ' -q'
    docker.build("other", dockerArgs + ' other')
}
"""


def test_arguments_that_grow_are_followed() -> None:
    found = read("Jenkinsfile", GROWN, "jenkins")
    assert [[a.name for a in b.args] for b in found.builds] == [["PREFIX", "NPM_TOKEN", "EXTRA"]] * 2 + [["OTHER"]]
    assert not found.unread
    after = moved("Jenkinsfile", GROWN, "jenkins", {"NPM_TOKEN": "t"})
    assert after == GROWN.replace("--build-arg NPM_TOKEN='${env.NPM_TOKEN}'", "--secret id=t,env=NPM_TOKEN")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("dockerArgs = dockerArgs + \" --no-cache \"", "dockerArgs = ' --no-cache'"),
        ("dockerArgs = dockerArgs + \" --no-cache \"", "dockerArgs = \"${dockerArgs} --no-cache\""),
        ("    sh \"docker build ${dockerArgs} -t two .\"\n", "    sh \"docker build ${dockerArgs} -t two .\"\n    dockerArgs += ' -q'\n"),
    ],
)
def test_arguments_that_are_set_anew_are_not(old: str, new: str) -> None:
    found = read("Jenkinsfile", GROWN.replace(old, new, 1), "jenkins")
    assert "NPM_TOKEN" in {u.name for u in found.unread}


def test_a_value_of_two_credentials_is_put_together_around_the_step() -> None:
    text = (
        "node {\n  withCredentials([usernamePassword(credentialsId: 'x', usernameVariable: 'USER_NAME', passwordVariable: 'PASS')]) {\n"
        "    docker.build('app', \"--build-arg A=1 --build-arg NPM_TOKEN=$USER_NAME:$PASS .\")\n  }\n}\n"
    )  # fmt: skip
    jobs = jobs_for(read("Jenkinsfile", text, "jenkins").builds, {"NPM_TOKEN": "t"})
    (no,) = rewrite("Jenkinsfile", text, "jenkins", jobs).refused
    assert no.refused.code == "caller-value" and "NPM_TOKEN" in no.refused.detail
    assert no.refused.by_hand[0] == 'withEnv(["NPM_TOKEN=$USER_NAME:$PASS"]) {'
    literal = text.replace("$USER_NAME:$PASS .", "user:$PASS .")
    (no,) = rewrite("Jenkinsfile", literal, "jenkins", jobs_for(read("Jenkinsfile", literal, "jenkins").builds, {"NPM_TOKEN": "t"})).refused
    assert not any("user:" in line for line in (no.refused.detail, *no.refused.by_hand))


METHOD = """def image(boolean fresh) {
    sh "docker build --build-arg NPM_TOKEN=${env.NPM_TOKEN} ."
}
node('docker') {
    withCredentials([string(credentialsId: 'npm', variable: 'NPM_TOKEN')]) {
        image(params.FRESH)
    }
}
"""


def test_a_method_has_the_environment_of_its_call() -> None:
    after = moved("Jenkinsfile", METHOD, "jenkins", {"NPM_TOKEN": "t"})
    assert after == METHOD.replace("--build-arg NPM_TOKEN=${env.NPM_TOKEN}", "--secret id=t,env=NPM_TOKEN")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('    sh "docker', "    withCredentials([string(credentialsId: 'y', variable: 'NPM_TOKEN')]) {\n        x()\n    }\n    sh \"docker"),
        ("        image(params", '        args = "--build-arg NPM_TOKEN=${env.NPM_TOKEN}"\n        image(params'),
    ],
)
def test_a_method_that_binds_itself_or_uses_what_was_made_elsewhere_is_not_known(old: str, new: str) -> None:
    assert "caller-value" in refused("Jenkinsfile", METHOD.replace(old, new), "jenkins", {"NPM_TOKEN": "t"})


TEMPLATE = """    image: "shop:${BUILD_TAG:-latest}"
    build:
      context: ../
      args:
        - NPM_TOKEN=${NPM_TOKEN:-}
        - RELEASE=${CI_SHA:-}
"""


@pytest.mark.parametrize("name", ["templates/service.yml.j2", "service.yaml.tmpl", "service.yml.erb"])
def test_a_template_of_yaml_that_describes_a_build_is_told(name: str, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(TEMPLATE)
    assert [(u.path, u.line, u.name) for u in find_callers(tmp_path, ["NPM_TOKEN"])] == [(name, 5, "NPM_TOKEN")]

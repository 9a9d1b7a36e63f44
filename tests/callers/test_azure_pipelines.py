"""Azure Pipelines: macros go into `env:`, Docker tasks keep their words, what no shell of ours reads is refused."""

from __future__ import annotations

import textwrap

import pytest
import yaml

from tests.clock import SLOWER

from .working import moved, read, refused

KIND = "azure-pipelines"
PATH = "azure-pipelines.yml"
IDS = {"NPM_TOKEN": "npm_token", "PIP_TOKEN": "pip_token"}


def text(of: str) -> str:
    return textwrap.dedent(of).lstrip("\n")


def gone(old: str, new: str) -> tuple[list[str], list[str]]:
    """Lines that only the old, and only the new file has."""
    a, b = old.split("\n"), new.split("\n")
    return [x for x in a if x not in b], [x for x in b if x not in a]


def test_a_script_with_a_macro_gets_it_in_its_environment():
    before = text("""
        pool:
          vmImage: ubuntu-latest
        steps:
        - script: docker build --build-arg NPM_TOKEN=$(NPM_TOKEN) -t app .   # the image
          displayName: Build
        - script: echo done
        """)
    after = moved(PATH, before, KIND, IDS)
    assert gone(before, after) == (
        ["- script: docker build --build-arg NPM_TOKEN=$(NPM_TOKEN) -t app .   # the image"],
        ["- script: docker build --secret id=npm_token,env=NPM_TOKEN -t app .   # the image", "  env:", "    NPM_TOKEN: $(NPM_TOKEN)"],
    )
    step = yaml.safe_load(after)["steps"][0]
    assert step["env"] == {"NPM_TOKEN": "$(NPM_TOKEN)"}


def test_a_bash_block_keeps_its_environment_and_gets_an_entry():
    before = text("""
        jobs:
        - job: build
          steps:
          - bash: |
              set -e
              cd services/api
              docker build \\
                --build-arg PIP_TOKEN="$(Feed.Token)" \\
                --build-arg VERSION=$(Build.BuildId) \\
                -t api .
            workingDirectory: $(Build.SourcesDirectory)
            env:
              MODE: ci   # stays
          - bash: echo
        """)
    reading = read(PATH, before, KIND)
    assert reading.builds[0].place.paths == ("services/api/Dockerfile",)
    after = moved(PATH, before, KIND, IDS)
    step = yaml.safe_load(after)["jobs"][0]["steps"][0]
    assert step["env"] == {"MODE": "ci", "PIP_TOKEN": "$(Feed.Token)"}
    assert "--secret id=pip_token,env=PIP_TOKEN \\\n" in step["bash"]
    assert "VERSION=$(Build.BuildId)" in step["bash"]
    assert "Feed.Token" not in step["bash"]


def test_a_mapped_variable_is_passed_by_its_name():
    before = text("""
        steps:
        - script: docker build --build-arg NPM_TOKEN=$NPM_TOKEN .
          env:
            NPM_TOKEN: $(secret)
        """)
    after = moved(PATH, before, KIND, IDS)
    assert after == before.replace("--build-arg NPM_TOKEN=$NPM_TOKEN", "--secret id=npm_token,env=NPM_TOKEN")


@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_the_docker_task(quote: str):
    before = text(f"""
        steps:
        - task: Docker@2
          displayName: image
          inputs:
            command: build
            Dockerfile: '$(Build.SourcesDirectory)/api/Dockerfile'
            arguments: {quote}--build-arg NPM_TOKEN=$(NPM_TOKEN) --build-arg MODE=ci{quote}
            tags: |
              $(Build.BuildId)
        """)
    build = read(PATH, before, KIND).builds[0]
    assert (build.place.paths, build.context, [a.name for a in build.args]) == (("api/Dockerfile",), "api", ["NPM_TOKEN", "MODE"])
    assert (build.args[0].origin, build.args[0].line) == ("ci:NPM_TOKEN", 7)
    task = yaml.safe_load(moved(PATH, before, KIND, IDS))["steps"][0]
    assert task["inputs"]["arguments"] == "--secret id=npm_token,env=NPM_TOKEN --build-arg MODE=ci"
    assert task["env"] == {"NPM_TOKEN": "$(NPM_TOKEN)"}


def test_arguments_over_several_lines():
    before = text("""
        steps:
          - task: Docker@2
            inputs:
              command: 'build'
              dockerfile: '**/Dockerfile'
              arguments: |
                --build-arg "NPM_TOKEN=$(NPM_TOKEN)"
                --build-arg=PIP_TOKEN=${{ parameters.pip }}
                --target final
            env:
              A: b
        """)
    build = read(PATH, before, KIND).builds[0]
    assert (build.place.pattern, build.target) == ("**/Dockerfile", "final")
    after = moved(PATH, before, KIND, IDS)
    task = yaml.safe_load(after)["steps"][0]
    assert task["inputs"]["arguments"].split() == [
        "--secret", "id=npm_token,env=NPM_TOKEN", "--secret=id=pip_token,env=PIP_TOKEN", "--target", "final",
    ]  # fmt: skip
    assert task["env"] == {"A": "b", "NPM_TOKEN": "$(NPM_TOKEN)", "PIP_TOKEN": "${{ parameters.pip }}"}


def test_a_secret_that_is_there_already_only_loses_the_build_arg():
    before = text("""
        steps:
        - task: Docker@2
          inputs:
            command: build
            arguments: --build-arg NPM_TOKEN=$(NPM_TOKEN) --secret id=npm_token,env=NPM_TOKEN
          env:
            NPM_TOKEN: $(NPM_TOKEN)
        """)
    assert moved(PATH, before, KIND, IDS) == before.replace("--build-arg NPM_TOKEN=$(NPM_TOKEN) ", "")


def test_script_tasks():
    before = text("""
        steps:
        - task: Bash@3
          inputs:
            targetType: inline
            script: |
              docker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .
        - task: CmdLine@2
          inputs:
            script: docker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .
            workingDirectory: web
        - task: AzureCLI@2
          inputs:
            scriptType: bash
            scriptLocation: inlineScript
            inlineScript: |
              az acr login -n reg
              docker build -f deploy/Dockerfile --build-arg NPM_TOKEN=$(NPM_TOKEN) .
        """)
    builds = read(PATH, before, KIND).builds
    assert [b.place.paths for b in builds] == [("Dockerfile",), ("web/Dockerfile",), ("deploy/Dockerfile",)]
    steps = yaml.safe_load(moved(PATH, before, KIND, IDS))["steps"]
    assert [s["env"] for s in steps] == [{"NPM_TOKEN": "$(NPM_TOKEN)"}] * 3


def test_steps_below_template_expressions_and_stages():
    before = text("""
        stages:
        - stage: a
          jobs:
          - ${{ if eq(variables['Build.SourceBranch'], 'refs/heads/main') }}:
            - job: x
              steps:
              - checkout: self
              - ${{ each name in parameters.names }}:
                - bash: docker build --build-arg NPM_TOKEN=$(NPM_TOKEN) -f ${{ name }}/Dockerfile .
        """)
    build = read(PATH, before, KIND).builds[0]
    assert build.place.pattern.endswith("*/Dockerfile")
    assert "--secret id=npm_token,env=NPM_TOKEN -f ${{ name }}/Dockerfile" in moved(PATH, before, KIND, IDS)


def test_paths_come_from_variables_and_matrices():
    before = text("""
        variables:
        - name: folder
          value: services
        jobs:
        - job: b
          strategy:
            matrix:
              one: {app: api}
              two: {app: web}
          steps:
          - task: Docker@2
            inputs: {command: build, dockerfile: '$(folder)/$(app)/Dockerfile', arguments: '--build-arg NPM_TOKEN=$(T)'}
        """)
    assert read(PATH, before, KIND).builds[0].place.paths == ("services/api/Dockerfile", "services/web/Dockerfile")
    task = yaml.safe_load(moved(PATH, before, KIND, IDS))["jobs"][0]["steps"][0]
    assert (task["inputs"]["arguments"], task["env"]) == ("--secret id=npm_token,env=NPM_TOKEN", {"NPM_TOKEN": "$(T)"})


def test_a_template_knows_what_its_callers_hand_over():
    template = text("""
        parameters:
        - name: dockerfile
          type: string
        steps:
        - task: Docker@2
          inputs:
            command: build
            Dockerfile: ${{ parameters.dockerfile }}
            arguments: --build-arg NPM_TOKEN=$(NPM_TOKEN)
        """)
    others = {"azure-pipelines.yml": "steps:\n- template: ci/build.yml\n  parameters:\n    dockerfile: api/Dockerfile\n"}
    assert read("ci/build.yml", template, KIND, others).builds[0].place.paths == ("api/Dockerfile",)


def test_a_taken_name_gives_way_to_another():
    before = text("""
        steps:
        - bash: docker build --build-arg NPM_TOKEN=$(publish) .
          env:
            NPM_TOKEN: $(read)
        """)
    after = moved(PATH, before, KIND, IDS)
    assert "--secret id=npm_token,env=BUILD_NPM_TOKEN" in after
    assert yaml.safe_load(after)["steps"][0]["env"] == {"NPM_TOKEN": "$(read)", "BUILD_NPM_TOKEN": "$(publish)"}


POWERSHELL = """
    steps:
    - pwsh: |
        docker build `
          --build-arg NPM_TOKEN=$env:NPM_TOKEN `
          -f web/Dockerfile .
    """


def test_powershell_is_named_with_its_dockerfile():
    build = read(PATH, text(POWERSHELL), KIND).builds[0]
    assert (build.place.paths, build.line, [(a.name, a.line) for a in build.args]) == (("web/Dockerfile",), 3, [("NPM_TOKEN", 4)])


@pytest.mark.parametrize(
    ("pipeline", "code"),
    [
        (POWERSHELL, "caller-shell"),
        ("""
         steps:
         - task: Docker@2
           inputs:
             command: buildAndPush
             arguments: --build-arg NPM_TOKEN=$(NPM_TOKEN)
         """, "caller-value"),
        ("""
         steps:
         - task: Docker@0
           inputs:
             buildArguments: |
               NPM_TOKEN=$(NPM_TOKEN)
         """, "caller-builder"),
        ("""
         steps:
         - template: build.yml
           parameters:
             arguments: --build-arg NPM_TOKEN=$(NPM_TOKEN)
         """, "caller-arguments"),
        ("""
         variables:
           DOCKER_BUILDKIT: 0
         steps:
         - task: Docker@2
           inputs: {command: build, arguments: --build-arg NPM_TOKEN=$(NPM_TOKEN)}
         """, "caller-builder"),
        ("""
         pool: {vmImage: windows-latest}
         steps:
         - bash: docker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .
         """, "caller-builder-old"),
        ("""
         steps:
         - task: Docker@2
           inputs:
             command: build
             arguments: --build-arg NPM_TOKEN=$NPM_TOKEN
         """, "caller-value"),
        ("""
         steps:
         - task: DockerCompose@0
           inputs:
             action: Build services
             arguments: --build-arg NPM_TOKEN=$(NPM_TOKEN)
         """, "caller-builder"),
        ("""
         steps:
         - bash: docker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .
           env: ${{ parameters.env }}
         """, "caller-value"),
        ("steps:\n- bash: a\n  bash: docker build .\n", "caller-format"),
    ],
)  # fmt: skip
def test_refused(pipeline: str, code: str):
    assert code in refused(PATH, text(pipeline), KIND, IDS)


def test_a_literal_leaves_the_argument_list():
    before = text("""
        steps:
        - task: Docker@2
          inputs:
            command: build
            arguments: --build-arg NPM_TOKEN=abc123
        """)
    task = yaml.safe_load(moved(PATH, before, KIND, IDS))["steps"][0]
    assert (task["inputs"]["arguments"], task["env"]) == ("--secret id=npm_token,env=NPM_TOKEN", {"NPM_TOKEN": "abc123"})


def test_arguments_in_brackets_get_quotes_for_their_comma():
    before = "steps:\n- task: Docker@2\n  inputs: {command: build, arguments: --build-arg NPM_TOKEN=$(T) --pull}\n"
    task = yaml.safe_load(moved(PATH, before, KIND, IDS))["steps"][0]
    assert task == {
        "task": "Docker@2",
        "inputs": {"command": "build", "arguments": "--secret id=npm_token,env=NPM_TOKEN --pull"},
        "env": {"NPM_TOKEN": "$(T)"},
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ('--build-arg T=$(T) "a b"c', ["--build-arg", "T=$(T)", "a bc"]),
        (r'x"\"y" \n', ['x"y', r"\n"]),
        ("--x=${{ a b }}\n--y", ["--x=${{ a b }}", "--y"]),
        ('"open', ["open"]),
        ("", []),
    ],
)
def test_arguments_are_cut_as_the_task_cuts_them(arguments: str, words: list[str]):
    from remediate.callers.kinds.azure_pipelines_docker import cut

    found = cut(arguments.encode())
    assert [w for _, _, w in found] == words


def test_a_name_that_the_script_uses_otherwise_is_not_taken():
    before = "steps:\n- bash: |\n    docker build --build-arg NPM_TOKEN=$(read) .\n    publish $NPM_TOKEN\n"
    after = moved(PATH, before, KIND, IDS)
    assert "--secret id=npm_token,env=BUILD_NPM_TOKEN ." in after and "publish $NPM_TOKEN" in after


def test_a_file_that_cannot_be_read_quickly_is_read_in_time():
    from time import process_time

    start = process_time()
    for line in ('"\\' * 100_000, "$(" * 100_000, "${{" * 60_000):
        read(PATH, f"steps:\n- task: Docker@2\n  inputs:\n    command: build\n    arguments: |\n      {line}\n", KIND)
    assert process_time() - start < 10 * SLOWER

"""Reusable workflows, composite actions, bake: what other files of the repository bring."""

from __future__ import annotations

import pytest

from callers.github_workflows import KIND, PATH, changes, workflow
from callers.working import applied, jobs_for, moved, read, reads_back, refused, rewrite
from remediate.callers.model import Place

IDS = {"NPM_TOKEN": "npm_token"}
ACTION = ".github/actions/build/action.yml"
CALLED = ".github/workflows/build.yml"

COMPOSITE = """name: build
inputs:
  dir:
    default: .
  build-args:
    description: one a line
    default: ""
runs:
  using: composite
  steps:
    - uses: docker/build-push-action@v6
      with:
        context: ${{ inputs.dir }}
        build-args: |
          MODE=production
          ${{ inputs.build-args }}
"""
OPEN_COMPOSITE = COMPOSITE.replace("  dir:", "  secrets: {}\n  dir:") + "        secrets: ${{ inputs.secrets }}\n"
REUSABLE = """on:
  workflow_call:
    inputs:
      dir: {type: string, default: .}
    secrets:
      build_args:
        required: false
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: docker/build-push-action@v6
        with:
          context: ${{ inputs.dir }}
          build-args: ${{ secrets.build_args }}
"""


def use(inputs: str) -> str:
    return workflow("- uses: ./.github/actions/build\n  with:\n" + "".join(f"    {line}\n" for line in inputs.strip("\n").split("\n")))


def call(rest: str) -> str:
    return "on: push\njobs:\n  image:\n    uses: ./.github/workflows/build.yml\n" + "".join(f"    {line}\n" for line in rest.strip("\n").split("\n"))


def both(path: str, text: str, others: dict[str, str]) -> dict[str, str]:
    """All files after the rewrite of one; the called files read back as they should, too."""
    before = read(path, text, KIND, others)
    jobs = jobs_for(before.builds, IDS)
    assert jobs
    done = rewrite(path, text, KIND, jobs, others)
    assert not done.refused, done.refused
    files = {p: d.decode() for p, d in applied(done, {**others, path: text}).items()}
    reads_back(before.builds, read(path, files[path], KIND, files).builds, jobs)
    for other, old in others.items():
        reads_back(read(other, old, KIND, {**others, path: text}).builds, read(other, files[other], KIND, files).builds, [])
    return files


def test_a_called_file_knows_its_callers_folders():
    others = {"a.yml": "", ".github/workflows/one.yml": use("dir: a"), ".github/workflows/two.yml": use("dir: ${{ matrix.d }}").replace("    runs-on", "    strategy: {matrix: {d: [b, c]}}\n    runs-on")}
    build = read(ACTION, COMPOSITE, KIND, others).builds[0]
    assert build.place == Place(("a/Dockerfile", "b/Dockerfile", "c/Dockerfile"))
    assert [a.name for a in build.args] == ["MODE"]
    assert read(ACTION, COMPOSITE, KIND).builds[0].place == Place(("Dockerfile",))


def test_a_build_arg_of_the_called_file_itself_is_rewritten_there():
    text = REUSABLE.replace("${{ secrets.build_args }}", "NPM_TOKEN=${{ secrets.npm }}")
    after = moved(CALLED, text, KIND, IDS, {PATH: call("secrets: inherit")})
    assert after == text.replace("build-args: NPM_TOKEN", "secrets: npm_token")


def test_build_args_through_an_action_that_passes_secrets_on():
    text = use("dir: app\nbuild-args: |\n  NPM_TOKEN=${{ secrets.A }}\n  MORE=1")
    build = read(PATH, text, KIND, {ACTION: OPEN_COMPOSITE}).builds[0]
    assert (build.place, [a.name for a in build.args]) == (Place(("app/Dockerfile",)), ["NPM_TOKEN", "MORE"])
    files = both(PATH, text, {ACTION: OPEN_COMPOSITE})
    assert files[ACTION] == OPEN_COMPOSITE
    assert changes(text, files[PATH]) == {"jobs.image.steps.0.with.build-args", "jobs.image.steps.0.with.secrets"}
    assert files[PATH].endswith("          build-args: |\n            MORE=1\n          secrets: |\n            npm_token=${{ secrets.A }}\n")
    only = use("build-args: NPM_TOKEN=${{ secrets.A }}")
    assert both(PATH, only, {ACTION: OPEN_COMPOSITE})[PATH] == only.replace("build-args: NPM_TOKEN", "secrets: npm_token")


def test_an_action_without_a_way_gets_one():
    text = use("build-args: |\n  NPM_TOKEN=${{ secrets.A }}\n  MORE=1")
    files = both(PATH, text, {ACTION: COMPOSITE})
    assert changes(COMPOSITE, files[ACTION]) == {"inputs.secrets", "runs.steps.0.with.secrets"}
    assert "        secrets: ${{ inputs.secrets }}\n" in files[ACTION]
    assert "          secrets: |\n            npm_token=${{ secrets.A }}\n" in files[PATH]


def test_a_workflow_without_a_way_gets_one():
    text = call("with:\n  dir: app\nsecrets:\n  build_args: |\n    NPM_TOKEN=${{ secrets.A }}\n    MORE=1")
    files = both(PATH, text, {CALLED: REUSABLE})
    assert changes(REUSABLE, files[CALLED]) == {"on.workflow_call.secrets.build_secrets", "jobs.build.steps.0.with.secrets"}
    assert changes(text, files[PATH]) == {"jobs.image.secrets.build_args", "jobs.image.secrets.build_secrets"}
    assert "          secrets: ${{ secrets.build_secrets }}\n" in files[CALLED]
    assert "      build_secrets: |\n        npm_token=${{ secrets.A }}\n" in files[PATH]


def test_two_callers_ask_for_the_same_change_of_the_called_file():
    text = use("build-args: NPM_TOKEN=${{ secrets.A }}")
    edits = []
    for path in (PATH, ".github/workflows/other.yml"):
        jobs = jobs_for(read(path, text, KIND, {ACTION: COMPOSITE}).builds, IDS)
        edits.append([e for e in rewrite(path, text, KIND, jobs, {ACTION: COMPOSITE}).edits if e.path == ACTION])
    assert edits[0] == edits[1] != []


CALL_REFUSED = [
    # what the called file makes of the list is not seen
    ("caller-arguments", use("build-args: NPM_TOKEN=${{ secrets.A }}"), {ACTION: COMPOSITE.replace("${{ inputs.build-args }}", "${{ format('{0}', inputs.build-args) }}")}),
    ("caller-arguments", use("args: --build-arg NPM_TOKEN=${{ secrets.A }}"), {ACTION: "inputs: {args: {}}\nruns:\n  using: composite\n  steps:\n    - shell: bash\n      run: docker build ${{ inputs.args }} .\n"}),
    ("caller-elsewhere", use("build-args: NPM_TOKEN=${{ secrets.A }}"), {}),
    ("caller-elsewhere", call("with:\n  build-args: NPM_TOKEN=${{ github.token }}").replace("./.github", "someone/ci/.github").replace(".yml\n", ".yml@v1\n"), {}),
    ("caller-elsewhere", call("secrets:\n  build_args: NPM_TOKEN=${{ secrets.A }}").replace("./.github", "someone/ci/.github").replace(".yml\n", ".yml@v1\n"), {}),
    # a value without a name of its own
    ("caller-arguments", use("build-args: NPM_TOKEN"), {ACTION: COMPOSITE}),
]  # fmt: skip


@pytest.mark.parametrize(("code", "text", "others"), CALL_REFUSED)
def test_calls_that_are_refused(code: str, text: str, others: dict[str, str]):
    assert refused(PATH, text, KIND, IDS, others) == [code]


def test_calls_that_pass_nothing_are_no_builds():
    assert not read(PATH, use("dir: app\nversion: 1"), KIND, {ACTION: COMPOSITE}).builds
    assert not read(PATH, call("secrets: inherit"), KIND, {CALLED: REUSABLE}).builds


def test_a_called_file_that_calls_itself_ends():
    text = "on: {workflow_call: {inputs: {dir: {type: string}}}}\njobs:\n  a:\n    uses: ./.github/workflows/image.yml\n    with: {dir: '${{ inputs.dir }}', build-args: 'A=1'}\n"
    assert read(PATH, text, KIND).unread == ()


BAKE_FILE = 'target "app" {\n  context = "."\n}\n'
BAKE = """- uses: docker/bake-action@v6
  with:
    source: .
    set: |
      *.tags=app:latest
      app.args.NPM_TOKEN=${{ secrets.A }}
      app.args.MODE=production
"""


def test_bake():
    text = workflow(BAKE)
    after = moved(PATH, text, KIND, IDS, {"docker-bake.hcl": BAKE_FILE})
    assert after == text.replace("app.args.NPM_TOKEN=${{ secrets.A }}", "app.secrets=id=npm_token,env=NPM_TOKEN") + (
        "        env:\n          NPM_TOKEN: ${{ secrets.A }}\n"
    )


def test_bake_takes_variables_from_the_environment():
    """A variable of the bake file must not get another value by the way."""
    text = workflow(BAKE)
    after = moved(PATH, text, KIND, IDS, {"docker-bake.hcl": BAKE_FILE + 'variable "NPM_TOKEN" {}\n'})
    assert "app.secrets=id=npm_token,env=SECRET_NPM_TOKEN" in after
    assert "          SECRET_NPM_TOKEN: ${{ secrets.A }}\n" in after


@pytest.mark.parametrize(
    ("step", "files"),
    [
        (BAKE, {}),
        (BAKE, {"docker-bake.hcl": BAKE_FILE.replace("context", 'secret = ["id=x"]\n  context')}),
        (BAKE.replace("source: .", "source: .\n    files: other.hcl"), {"docker-bake.hcl": BAKE_FILE}),
        (BAKE.replace("source: .", "source: https://github.com/a/b.git"), {"docker-bake.hcl": BAKE_FILE}),
        (BAKE + "      *.secrets=id=x,env=X\n", {"docker-bake.hcl": BAKE_FILE}),
        (BAKE + '      "app.args.X=1\n', {"docker-bake.hcl": BAKE_FILE + "# secret\n"}),
    ],
)
def test_bake_refused(step: str, files: dict[str, str]):
    assert refused(PATH, workflow(step), KIND, IDS, files) == ["caller-arguments"]


def test_bake_without_build_args_is_read_in_the_bake_file():
    assert not read(PATH, workflow(BAKE.replace(".args.", ".labels.")), KIND, {"docker-bake.hcl": BAKE_FILE}).builds

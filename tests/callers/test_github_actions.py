"""docker/build-push-action and its forks: what is read, what is rewritten, what is refused."""

from __future__ import annotations

import pytest

from callers.github_workflows import KIND, PATH, changes, steps, workflow
from callers.working import jobs_for, moved, read, refused, rewrite, spec
from remediate.callers.kinds.github_actions_rows import ACTIONS, Action
from remediate.callers.model import Job, Move, Reading
from remediate.model import Delivery

IDS = {"NPM_TOKEN": "npm_token", "SENTRY": "sentry", "KEY": "key"}
CHECKOUT = "- uses: actions/checkout@v4"
PLAIN = """
- uses: docker/build-push-action@v6
  with:
    context: .
    build-args: |
      NPM_TOKEN=${{ secrets.NPM_TOKEN }}
      MODE=production
    push: true
"""


def push(inputs: str, version: str = "docker/build-push-action@v6") -> str:
    body = "".join(f"    {line}\n" for line in inputs.strip("\n").split("\n"))
    return f"- uses: {version}\n  with:\n{body}"


def after_inputs(inputs: str, version: str = "docker/build-push-action@v6", ids=IDS, **move) -> str:
    """The `with:` of the one step after the rewrite, at column 0; nothing outside of it changes."""
    head, tail = workflow(CHECKOUT, "- run: echo one"), "      - run: echo two\n"
    before = head + workflow(push(inputs, version)).split("    steps:\n")[1] + tail
    done = moved(PATH, before, KIND, ids, **move)
    start = f"{head}      - uses: {version}\n        with:\n"
    assert done.startswith(start)
    assert done.endswith(tail)
    return "".join(line.removeprefix("          ") for line in done[len(start) : -len(tail)].splitlines(keepends=True))


def test_a_build_arg_becomes_a_secret():
    before = workflow(PLAIN)
    after = moved(PATH, before, KIND, IDS)
    assert changes(before, after) == {"jobs.image.steps.0.with.build-args", "jobs.image.steps.0.with.secrets"}
    assert steps(after)[0]["with"]["secrets"] == "npm_token=${{ secrets.NPM_TOKEN }}\n"
    assert steps(after)[0]["with"]["build-args"] == "MODE=production\n"


ALL_MOVE = [
    # one line, in each style of YAML
    ("build-args: NPM_TOKEN=${{ secrets.NPM_TOKEN }}", "secrets: npm_token=${{ secrets.NPM_TOKEN }}"),
    ('build-args: "NPM_TOKEN=${{ secrets.NPM_TOKEN }}"', 'secrets: "npm_token=${{ secrets.NPM_TOKEN }}"'),
    ("build-args: 'NPM_TOKEN=${{ secrets.NPM_TOKEN }}'", "secrets: 'npm_token=${{ secrets.NPM_TOKEN }}'"),
    ("build-args: >-\n  NPM_TOKEN=${{ secrets.NPM_TOKEN }}", "secrets: >-\n  npm_token=${{ secrets.NPM_TOKEN }}"),
    ("build-args:\n  NPM_TOKEN=${{ secrets.NPM_TOKEN }}", "secrets:\n  npm_token=${{ secrets.NPM_TOKEN }}"),
    ('"build-args": NPM_TOKEN=${{ secrets.NPM_TOKEN }}', "secrets: npm_token=${{ secrets.NPM_TOKEN }}"),
    # inputs have no case
    ("Build-Args: NPM_TOKEN=${{ secrets.NPM_TOKEN }}", "secrets: npm_token=${{ secrets.NPM_TOKEN }}"),
    ("build-args: |-  # the token\n  NPM_TOKEN=${{secrets.NPM_TOKEN}}", "secrets: |-  # the token\n  npm_token=${{secrets.NPM_TOKEN}}"),
    # several lines, blank ones between
    ("build-args: |\n  NPM_TOKEN=${{ secrets.A }}\n\n  SENTRY=${{ secrets.B }}", "secrets: |\n  npm_token=${{ secrets.A }}\n\n  sentry=${{ secrets.B }}"),
    # quoted as the action's CSV reader has it: a secret of several lines
    ('build-args: |\n  "KEY=${{ secrets.KEY }}"', 'secrets: |\n  "key=${{ secrets.KEY }}"'),
    ('build-args: |\n  "KEY=one\n  two ""three"", four"', 'secrets: |\n  "key=one\n  two ""three"", four"'),
    # quotes inside a value are the value's own
    ('build-args: |\n  NPM_TOKEN="${{ secrets.NPM_TOKEN }}"', 'secrets: |\n  npm_token="${{ secrets.NPM_TOKEN }}"'),
    # any expression keeps its text
    ("build-args: NPM_TOKEN=${{ steps.vault.outputs.token }}", "secrets: npm_token=${{ steps.vault.outputs.token }}"),
    ("build-args: NPM_TOKEN=${{ secrets['NPM'] || github.token }}", "secrets: npm_token=${{ secrets['NPM'] || github.token }}"),
    ("build-args: NPM_TOKEN=${{ env.A }}.${{ inputs.b }}", "secrets: npm_token=${{ env.A }}.${{ inputs.b }}"),
    ("build-args: |\n  NPM_TOKEN=${{ format('a}}=\"{0}', secrets.A) }}", "secrets: |\n  npm_token=${{ format('a}}=\"{0}', secrets.A) }}"),
    # a bare name takes its value from the environment
    ("build-args: NPM_TOKEN", "secret-envs: npm_token=NPM_TOKEN"),
]


@pytest.mark.parametrize(("before", "after"), ALL_MOVE)
def test_only_names_change_when_all_build_args_move(before: str, after: str):
    assert after_inputs(f"context: .\n{before}\npush: true") == f"context: .\n{after}\npush: true\n"
    assert after_inputs(before) == f"{after}\n"


SOME_MOVE = [
    (
        "build-args: |\n  A=1\n  NPM_TOKEN=${{ secrets.NPM_TOKEN }}\n  B=2",
        "build-args: |\n  A=1\n  B=2\nsecrets: |\n  npm_token=${{ secrets.NPM_TOKEN }}",
    ),
    (
        "build-args: |\n  # the registry\n  NPM_TOKEN=${{ secrets.NPM_TOKEN }}\ntags: x",
        "build-args: |\n  # the registry\nsecrets: |\n  npm_token=${{ secrets.NPM_TOKEN }}\ntags: x",
    ),
    (
        'build-args: "A=1\\nNPM_TOKEN=${{ secrets.NPM_TOKEN }}\\nB=2"',
        'build-args: "A=1\\nB=2"\nsecrets: |\n  npm_token=${{ secrets.NPM_TOKEN }}',
    ),
    (  # a list that is there is extended
        "secrets: |\n  other=${{ secrets.OTHER }}\nbuild-args: |\n  NPM_TOKEN=${{ secrets.NPM_TOKEN }}\n  A=1",
        "secrets: |\n  other=${{ secrets.OTHER }}\n  npm_token=${{ secrets.NPM_TOKEN }}\nbuild-args: |\n  A=1",
    ),
    (  # commas part this list
        "secret-envs: a=A,b=B\nbuild-args: NPM_TOKEN",
        "secret-envs: |\n  a=A,b=B\n  npm_token=NPM_TOKEN",
    ),
    (  # one line becomes a block, with room for both
        "secrets: other=${{ secrets.OTHER }}\nbuild-args: |\n  NPM_TOKEN=${{ secrets.N }}\n  SENTRY=${{ secrets.S }}",
        "secrets: |\n  other=${{ secrets.OTHER }}\n  npm_token=${{ secrets.N }}\n  sentry=${{ secrets.S }}",
    ),
    (  # the empty key goes, wherever it stands
        "build-args: |\n  NPM_TOKEN=${{ secrets.NPM_TOKEN }}\n# the tags\ntags: x\nsecrets: |\n  other=1",
        "# the tags\ntags: x\nsecrets: |\n  other=1\n  npm_token=${{ secrets.NPM_TOKEN }}",
    ),
    (  # two sorts of values, two lists
        "build-args: |\n  NPM_TOKEN=${{ secrets.NPM_TOKEN }}\n  SENTRY\ntags: x",
        "secrets: |\n  npm_token=${{ secrets.NPM_TOKEN }}\nsecret-envs: |\n  sentry=SENTRY\ntags: x",
    ),
    (  # passed both ways already: only the build arg goes
        "secrets: |\n  npm_token=${{ secrets.NPM_TOKEN }}\nbuild-args: |\n  NPM_TOKEN=${{ secrets.NPM_TOKEN }}\n  A=1",
        "secrets: |\n  npm_token=${{ secrets.NPM_TOKEN }}\nbuild-args: |\n  A=1",
    ),
    (
        'build-args: |\n  A=1\n  "KEY=a\n  b"\n  B=2',
        'build-args: |\n  A=1\n  B=2\nsecrets: |\n  "key=a\n  b"',
    ),
]


@pytest.mark.parametrize(("before", "after"), SOME_MOVE)
def test_lists_are_parted(before: str, after: str):
    assert after_inputs(before) == f"{after}\n"


def test_flow_style():
    step = '- { uses: docker/build-push-action@v6, with: { context: ., build-args: "NPM_TOKEN=${{ secrets.T }}" } }'
    after = moved(PATH, workflow(step), KIND, IDS)
    assert step.replace("build-args", "secrets").replace("NPM_TOKEN=", "npm_token=") in after
    step = '- { uses: docker/build-push-action@v6, with: { build-args: "A=1\\nNPM_TOKEN=${{ secrets.T }}", push: true } }'
    after = moved(PATH, workflow(step), KIND, IDS)
    assert steps(after)[0]["with"] == {"build-args": "A=1", "secrets": "npm_token=${{ secrets.T }}\n", "push": "true"}


@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
@pytest.mark.parametrize("first", ["NPM_TOKEN=${{ secrets.T }}\n            A=1", "A=1\n            NPM_TOKEN=${{ secrets.T }}"])
def test_the_end_of_a_file_stays(first: str, end: str):
    before = workflow("- uses: docker/build-push-action@v6").rstrip("\n") + f"\n        with:\n          build-args: |\n            {first}{end}"
    after = moved(PATH, before, KIND, IDS)
    assert after == before.replace(f"            {first}", "            A=1\n          secrets: |\n            npm_token=${{ secrets.T }}")


def test_windows_line_ends_stay():
    before = workflow(PLAIN).replace("\n", "\r\n")
    after = moved(PATH, before, KIND, IDS)
    assert after == moved(PATH, workflow(PLAIN), KIND, IDS).replace("\n", "\r\n")


def test_the_layout_of_the_file_is_taken():
    before = "jobs:\n    image:\n        steps:\n        -   uses: docker/build-push-action@v6\n            with:\n                context: .\n                build-args: |\n                    A=1\n                    NPM_TOKEN=${{ secrets.T }}\n"
    after = moved(PATH, before, KIND, IDS)
    assert after == before.replace(
        "                    NPM_TOKEN=${{ secrets.T }}\n", "                secrets: |\n                    npm_token=${{ secrets.T }}\n"
    )


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("docker/build-push-action@v5.1.0", "secret-envs: npm_token=NPM_TOKEN"),
        ("docker/build-push-action@v5", "secret-envs: npm_token=NPM_TOKEN"),
        ("docker/build-push-action@v5.0.0", "secrets: |\n  npm_token=${{ env.NPM_TOKEN }}"),
        ("docker/build-push-action@v3", "secrets: |\n  npm_token=${{ env.NPM_TOKEN }}"),
        ("docker/build-push-action@263435318d21b8e681c14492fe198d362a7d2c83", "secret-envs: npm_token=NPM_TOKEN"),
        ("depot/build-push-action@v1", "secret-envs: npm_token=NPM_TOKEN"),
        ("Docker/Build-Push-Action@v6", "secret-envs: npm_token=NPM_TOKEN"),
    ],
)
def test_an_old_version_has_no_secret_envs(version: str, expected: str):
    assert after_inputs("context: .\nbuild-args: NPM_TOKEN", version) == f"context: .\n{expected}\n"


def test_a_copied_file_comes_from_the_workspace():
    def done(*steps_: str) -> list[str] | str:
        text = workflow(*steps_)
        build = read(PATH, text, KIND).builds[-1]
        result = rewrite(PATH, text, KIND, [Job(build, (Move(spec("npmrc", "npmrc", Delivery.FILE), source="app/.npmrc"),))])
        return [r.refused.code for r in result.refused] or "".join(e.edit.text.decode() for e in result.edits)

    step = push("context: app")
    assert done(CHECKOUT, step) == "          secret-files: |\n            npmrc=app/.npmrc\n"
    assert done(step) == ["caller-value"]
    assert done(CHECKOUT + "\n  with:\n    path: src", push("context: src/app")) == "          secret-files: |\n            npmrc=src/app/.npmrc\n"
    assert done(CHECKOUT, "- uses: docker/build-push-action@v6") == (
        "        with:\n          secret-files: |\n            npmrc=app/.npmrc\n"
    )


def test_an_ssh_key_needs_an_agent_that_holds_it():
    agent = "- uses: webfactory/ssh-agent@v0.9.0\n  with:\n    ssh-private-key: ${{ secrets.SSH_KEY }}"
    step = push("context: .\nbuild-args: |\n  A=1\n  SSH_KEY=${{ secrets.SSH_KEY }}")
    ids = {"SSH_KEY": "default"}
    after = moved(PATH, workflow(agent, step), KIND, ids, delivery=Delivery.SSH)
    assert steps(after)[1]["with"] == {"context": ".", "build-args": "A=1\n", "ssh": "default"}
    assert refused(PATH, workflow(step), KIND, ids, delivery=Delivery.SSH) == ["caller-key"]
    assert refused(PATH, workflow(agent.replace("SSH_KEY", "OTHER"), step), KIND, ids, delivery=Delivery.SSH) == ["caller-key"]


REFUSED = [
    ("caller-builder-old", push("dockerfile: Dockerfile\nbuild_args: NPM_TOKEN=${{ secrets.T }},A=1", "docker/build-push-action@v1")),
    ("caller-builder-old", push("repository: a/b\nbuild_args: NPM_TOKEN=${{ secrets.T }}", "docker/build-push-action@master")),
    ("caller-arguments", push("context: .\nbuild_args: NPM_TOKEN=${{ secrets.T }}")),
    ("caller-arguments", push("build-args: |\n  NPM_TOKEN=1\n  NPM_TOKEN=2")),
    ("caller-arguments", push("build-args: |\n  \"NPM_TOKEN\"=${{ secrets.T }}")),
    ("caller-arguments", push("build-args: |\n  NPM_TOKEN = ${{ secrets.T }}")),
    ("caller-arguments", push('build-args: |\n  A=1,"x\n  NPM_TOKEN=${{ secrets.T }}"')),  # quotes that take lines in
    ("caller-arguments", push('build-args: |\n  "A=1" x\n  NPM_TOKEN=${{ secrets.T }}')),
    ("caller-arguments", push('build-args: "A=1\\r\\nNPM_TOKEN=${{ secrets.T }}"')),
    ("caller-format", push('secrets: |\n  "A=1\nbuild-args: NPM_TOKEN=${{ secrets.T }}')),
    ("caller-format", push('secrets: A=${{ secrets.A\nbuild-args: |\n  NPM_TOKEN=${{ secrets.T }}')),
    ("caller-arguments", push("build-args: ${{ steps.args.outputs.args }}")),
    ("caller-arguments", push("build-args: ${{ secrets.BUILD_ARGS }}")),
    ("caller-arguments", push("build-args: |\n  ${{ env.NOWHERE }}\n  NPM_TOKEN=1")),
    ("caller-value", push("build-args: NPM_TOKEN=")),
    ("caller-format", push("build-args:\n  - NPM_TOKEN=${{ secrets.T }}")),
    ("caller-format", push("build-args: >\n  NPM_TOKEN=${{ secrets.T }}\n\n  A=1")),
    ("caller-builder", "- uses: int128/kaniko-action@v1\n  with:\n    build-args: NPM_TOKEN=${{ secrets.T }}"),
    ("caller-arguments", "- uses: redhat-actions/buildah-build@v2\n  with:\n    containerfiles: ./Dockerfile\n    build-args: NPM_TOKEN=${{ secrets.T }}"),
    ("caller-elsewhere", "- uses: someone/docker@v1\n  with:\n    build_args: A=1,NPM_TOKEN=${{ secrets.T }}"),
    ("caller-elsewhere", "- uses: someone/docker@v1\n  with:\n    extra: --pull --build-arg NPM_TOKEN=${{ secrets.T }}"),
]


@pytest.mark.parametrize(("code", "step"), REFUSED)
def test_refused(code: str, step: str):
    assert refused(PATH, workflow(step), KIND, IDS) == [code]


def test_what_is_refused_says_what_to_write_and_no_value():
    text = workflow(push("build-args: |\n  NPM_TOKEN=hunter2\n  NPM_TOKEN=hunter3"))
    done = rewrite(PATH, text, KIND, jobs_for(read(PATH, text, KIND).builds, IDS))
    assert done.refused[0].refused.by_hand == ("secrets: |", "  npm_token=<the value of NPM_TOKEN>")
    assert "hunter" not in repr(done)
    kaniko = read(PATH, workflow("- uses: int128/kaniko-action@v1\n  with:\n    build-args: NPM_TOKEN=${{ secrets.T }}"), KIND).builds[0]
    assert kaniko.refused is not None
    assert kaniko.refused.by_hand == ("uses: docker/build-push-action@v6", "with:", "  secrets: |", "    npm_token=${{ secrets.T }}")


def test_a_literal_leaves_the_argument_list_and_is_said_to_be_burnt():
    text = workflow(push("build-args: NPM_TOKEN=hunter2"))
    done = rewrite(PATH, text, KIND, jobs_for(read(PATH, text, KIND).builds, IDS))
    assert [t.text.split(":")[0] for t in done.told] == ["the value of NPM_TOKEN stands in the file"]
    assert "hunter2" not in repr(done)


def test_forks_get_an_empty_secret():
    text = workflow(PLAIN).replace("on: push", "on: [push, pull_request]")
    done = rewrite(PATH, text, KIND, jobs_for(read(PATH, text, KIND).builds, IDS))
    assert "fork" in done.told[0].text
    text = workflow(PLAIN)
    assert not rewrite(PATH, text, KIND, jobs_for(read(PATH, text, KIND).builds, IDS)).told


def test_a_step_that_is_used_twice():
    first = "- &build\n  uses: docker/build-push-action@v6\n  with:\n    context: .\n    build-args: NPM_TOKEN=${{ secrets.T }}"
    text = workflow(first, "- *build")
    after = moved(PATH, text, KIND, IDS)
    assert after == text.replace("build-args: NPM_TOKEN", "secrets: npm_token")
    builds = read(PATH, text, KIND).builds
    assert len(builds) == 2
    done = rewrite(PATH, text, KIND, jobs_for(builds[:1], IDS))
    assert [r.refused.code for r in done.refused] == ["caller-shared"]
    assert not done.edits


def test_generated_workflows_are_left_alone():
    header = "# This file is auto-generated by the platform team. Do not edit.\n"
    assert refused(PATH, header + workflow(PLAIN), KIND, IDS) == ["caller-generated"]
    assert "secrets: |" in moved(PATH, "# Generated images go to the registry.\n" + workflow(PLAIN), KIND, IDS)


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "jobs:\n\tbuild: {}\n",
        "jobs: {}\njobs: {}\n",
        "jobs:\n  a:\n    {{- if .Values.x }}\n    steps: []\n",
        "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(f"b{i}: &b{i} [*{p}, *{p}, *{p}, *{p}, *{p}, *{p}, *{p}, *{p}]\n" for i, p in enumerate(["a", *(f"b{n}" for n in range(12))])),
        "jobs: " + "[" * 5000,
        b"jobs:\n  a: \xff\xfe\n",
        "jobs: " + "{a: " * 3000,
    ],
)  # fmt: skip
def test_what_is_no_yaml_is_named(text: str | bytes):
    found = read(PATH, text, KIND)
    assert [u.refused.code for u in found.unread] == ["caller-format"]


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n", "version: 2\nupdates:\n  - package-ecosystem: docker\n", "jobs: []\n", "jobs:\n  a: x\n", "jobs:\n  a:\n    steps: {}\n", "runs: x\n", "jobs:\n  a:\n    steps: [x, null, {uses: }, {run: }]\n"])  # fmt: skip
def test_other_files_build_nothing(text: str):
    assert read(PATH, text, KIND) == Reading()


def test_ten_thousand_steps():
    step = "      - uses: docker/build-push-action@v6\n        with: {context: ., build-args: A=1}\n"
    text = "jobs:\n  image:\n    steps:\n" + step * 10_000
    assert len(read(PATH, text[: 1024 * 1024 - 1].rsplit("      - uses", 1)[0], KIND).builds) > 9_000


def test_hidden_build_args_may_be_what_the_job_has_at_hand():
    make = "- id: args\n  run: ./args.sh >> $GITHUB_OUTPUT\n  env:\n    NPM_TOKEN: ${{ secrets.A }}"
    text = workflow(make, push("build-args: ${{ steps.args.outputs.args }}"), push("context: b\nbuild-args: SENTRY=${{ secrets.S }}"))
    found = read(PATH, text, KIND)
    assert [(u.name, u.refused.code) for u in found.unread] == [("NPM_TOKEN", "caller-arguments"), ("A", "caller-arguments")]
    assert not read(PATH, text.replace("steps.args.outputs.args", "needs.a.outputs.args"), KIND).unread


def test_an_action_with_an_image_of_its_own():
    text = "name: x\nruns:\n  using: docker\n  image: Dockerfile\n"
    build = read("tools/lint/action.yml", text, KIND).builds[0]
    assert build.place.paths == ("tools/lint/Dockerfile",)
    assert build.refused is not None
    assert build.refused.code == "caller-builder"
    assert not read("action.yml", text.replace("Dockerfile", "docker://alpine:3"), KIND).builds


@pytest.mark.parametrize("action", ACTIONS, ids=lambda a: a.name)
def test_every_row(action: Action):
    """A step that uses the action's own inputs is found, with its build arg, and moved or refused as the row says."""
    value = {"bake": "*.args.NPM_TOKEN=1", "script": "docker build --build-arg NPM_TOKEN=1 .", "remote": "docker build --build-arg NPM_TOKEN=1 ."}
    text = workflow(f"- uses: {action.name}@v9\n  with:\n    {action.args}: '{value.get(action.form, 'NPM_TOKEN=1')}'\n    {action.file}: app/Dockerfile")
    build = read(PATH, text, KIND).builds[0]
    assert [a.name for a in build.args] == ["NPM_TOKEN"]
    code = {"remote": "caller-remote", "other": action.code}.get(action.form)
    assert (build.refused and build.refused.code) == code
    if action.form in ("push", "other"):
        assert build.place.paths == ("app/Dockerfile",)
    assert not read(PATH, text.replace(action.name, "someone/else").replace(f"{action.args}:", "other:").replace("--build-arg ", ""), KIND).builds
    assert action.source

"""Which Dockerfile a step builds: contexts, files, matrix, env, inputs, checkouts."""

from __future__ import annotations

import pytest

from callers.github_workflows import KIND, PATH, workflow
from callers.working import read
from remediate.callers.kinds.github_actions_expr import Scope, contexts, expressions, path_of, split
from remediate.callers.model import Place

CHECKOUT = "- uses: actions/checkout@v4"


def push(inputs: str) -> str:
    return "- uses: docker/build-push-action@v6\n  with:\n" + "".join(f"    {line}\n" for line in inputs.strip("\n").split("\n"))


def places(*steps: str, **kw: str) -> list[Place]:
    return [b.place for b in read(PATH, workflow(*steps, **kw), KIND).builds]


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ("push: true", Place(("Dockerfile",))),
        ("context: .", Place(("Dockerfile",))),
        ("context: ./app/", Place(("app/Dockerfile",))),
        ("context: app\nfile: docker/Dockerfile.app", Place(("docker/Dockerfile.app",))),
        ("file: ./docker/Dockerfile.app", Place(("docker/Dockerfile.app",))),
        ("context: '{{defaultContext}}:app'", Place(("app/Dockerfile",))),
        ("context: '{{ defaultContext }}:app'\nfile: x.Dockerfile", Place(("app/x.Dockerfile",))),
        ("context: https://github.com/${{ github.repository }}.git#${{ github.ref }}:app", Place(("app/Dockerfile",))),
        ("context: https://github.com/other/thing.git", Place(url="https://github.com/other/thing.git", fetched="Dockerfile")),
        ("context: ${{ github.workspace }}\nfile: ${{ github.workspace }}/app/Dockerfile", Place(("app/Dockerfile",))),
        ("context: ${{ steps.a.outputs.dir }}", Place(pattern="**/Dockerfile")),
        ("context: services/${{ needs.a.outputs.name }}", Place(pattern="services/*/Dockerfile")),
        ("context: ../other", Place()),
        ("context: ${{ github.event_name == 'push' && 'a' || 'b' }}", Place(("a/Dockerfile", "b/Dockerfile"))),
        ("context: .\nfile: ${{ '' || 'x/Dockerfile' }}", Place(("x/Dockerfile",))),
    ],
)
def test_context_and_file(inputs: str, expected: Place):
    assert places(CHECKOUT, push(inputs)) == [expected]


MATRIX = """strategy:
  matrix:
    app: [a, b]
    os: [x]
    include:
      - app: b
        file: Dockerfile.b
      - app: c
        file: Dockerfile.c
    exclude: []
"""


def test_matrix():
    found = places(push("context: ${{ matrix.app }}\nfile: ${{ matrix.app }}/${{ matrix.file || 'Dockerfile' }}"), job=MATRIX)
    assert found == [Place(("a/Dockerfile", "b/Dockerfile.b", "c/Dockerfile.c"))]


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ("include:\n  - {d: one}\n  - {d: two}", Place(("one/Dockerfile", "two/Dockerfile"))),
        ("t:\n  - {d: one}\n  - {d: two}", Place(("one/Dockerfile", "two/Dockerfile"))),
        ("d: ${{ fromJSON(needs.a.outputs.d) }}", Place(pattern="**/Dockerfile")),
        ("n: " + str(list(range(20))) + "\nm: " + str(list(range(20))), Place(pattern="**/Dockerfile")),
    ],
)
def test_more_of_matrix(matrix: str, expected: Place):
    name = "matrix.t.d" if matrix.startswith("t:") else "matrix.d"
    job = "strategy:\n  matrix:\n" + "".join(f"    {line}\n" for line in matrix.split("\n"))
    assert places(push(f"context: ${{{{ {name} }}}}"), job=job) == [expected]


def test_a_matrix_that_is_an_expression():
    assert places(push("context: ${{ matrix.d }}"), job="strategy:\n  matrix: ${{ fromJSON(needs.a.outputs.m) }}\n") == [Place(pattern="**/Dockerfile")]


def test_env_of_workflow_job_and_step():
    step = push("context: ${{ env.A }}/${{ env.B }}/${{ env.C }}") + "  env:\n    C: c\n"
    assert places(step, top="env:\n  A: a\n  B: wrong\n", job="env:\n  B: b\n") == [Place(("a/b/c/Dockerfile",))]


def test_env_that_a_command_sets_is_not_known():
    command = "- run: echo \"A=$(cat where)\" >> $GITHUB_ENV"
    assert places(command, push("context: ${{ env.A }}"), job="env:\n  A: a\n") == [Place(pattern="**/Dockerfile")]
    assert places(push("context: ${{ env.A }}"), command, job="env:\n  A: a\n") == [Place(("a/Dockerfile",))]


def test_env_that_means_itself_ends():
    assert places(push("context: ${{ env.A }}"), job="env:\n  A: ${{ env.A }}\n") == [Place(pattern="**/Dockerfile")]


def test_a_checkout_in_a_folder():
    own = "- uses: actions/checkout@v4\n  with:\n    path: src"
    other = "- uses: actions/checkout@v4\n  with:\n    repository: another/one\n    path: lib"
    assert places(own, other, push("context: src/app"), push("context: lib"), push("context: ."), push("push: true")) == [
        Place(("app/Dockerfile",)), Place(), Place(), Place(("Dockerfile",)),
    ]  # fmt: skip
    assert places(CHECKOUT, other, push("context: lib"), push("context: app")) == [Place(), Place(("app/Dockerfile",))]


def test_a_build_without_args_is_found_too():
    build = read(PATH, workflow(CHECKOUT, push("context: app\ntarget: prod\nsecrets: a=1\nsecret-files: b=c\nssh: default")), KIND).builds[0]
    assert (build.args, build.target, build.secrets, build.ssh, build.context, build.line) == ((), "prod", ("a", "b"), ("default",), "app", 8)


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        ("A=1\nB", [("A", "literal"), ("B", "env:B")]),
        ("A=${{ secrets.X }}\nB=${{ env.Y }}\nC=${{ inputs.z }}", [("A", "ci:X"), ("B", "env:Y"), ("C", "")]),
        ("A=${{ secrets['X'] }}", [("A", "ci:X")]),
        ("${{ matrix.args }}\nA=1", [("A", "literal"), ("M", ""), ("N", "")]),
    ],
)
def test_build_args(lines: str, names: list[tuple[str, str]]):
    text = "build-args: |\n" + "\n".join(f"  {line}" for line in lines.split("\n"))
    job = 'strategy:\n  matrix:\n    args: ["M=1\\nN=2"]\n'
    assert [(a.name, a.origin) for a in read(PATH, workflow(push(text), job=job), KIND).builds[0].args] == names


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("a ${{ b }} c ${{d}}", ["b", "d"]),
        ("${{ format('}}', x) }}", ["format('}}', x)"]),
        ("${{ 'it''s }}' }}", ["'it''s }}'"]),
        ("${{ open", []),
        ("$ {{ a }} {{ b }}", []),
    ],
)
def test_expressions(text: str, inner: list[str]):
    assert [e.inner for e in expressions(text)] == inner


def test_expressions_are_bounded():
    assert expressions("${{ " * 100_000) == ()
    assert path_of("a." * 100_000) == ()
    assert Scope(env=[{"A": "${{ matrix.a }}" * 50}], matrix={"a": "${{ env.A }}"}).values("${{ env.A }}" * 40)
    assert split("a || 'b || c' || f(d || e)", "||") == ["a ", " 'b || c' ", " f(d || e)"]
    assert contexts("${{ format('secrets.A', env.B) }} matrix.c") == {"env"}

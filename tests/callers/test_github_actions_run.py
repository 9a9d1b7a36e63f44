"""`run:` steps: expressions of GitHub in shell text, `env:`, shells, folders; the scripts run with a recording docker."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from callers.github_workflows import KIND, PATH, changes, steps, workflow
from callers.working import jobs_for, moved, read, refused, rewrite
from remediate.callers.model import Place

IDS = {"NPM_TOKEN": "npm_token", "OTHER": "other"}


def after(script: str, *, more: str = "", **kw: str) -> str:
    """The lines of the one step after the rewrite."""
    text = workflow(f"- run: {script}{more}", **kw)
    done = moved(PATH, text, KIND, IDS)
    head = text[: text.index("      - run:")]
    assert done.startswith(head)
    return "".join(line[6:] if line.strip() else line for line in done[len(head) :].splitlines(keepends=True))


def test_an_expression_goes_by_the_environment():
    text = workflow("- run: docker build --build-arg NPM_TOKEN=${{ secrets.NPM_TOKEN }} -t app .\n  name: image")
    done = moved(PATH, text, KIND, IDS)
    assert changes(text, done) == {"jobs.image.steps.0.run", "jobs.image.steps.0.env"}
    assert steps(done)[0] == {
        "run": "docker build --secret id=npm_token,env=NPM_TOKEN -t app .",
        "env": {"NPM_TOKEN": "${{ secrets.NPM_TOKEN }}"},
        "name": "image",
    }


BLOCK = """|
    docker build \\
      --build-arg NPM_TOKEN="${{ secrets.NPM_TOKEN }}" \\
      --build-arg MODE=production \\
      -t app .
"""


def test_a_block_over_several_lines():
    assert after(BLOCK) == (
        "- run: |\n    docker build \\\n      --secret id=npm_token,env=NPM_TOKEN \\\n      --build-arg MODE=production \\\n      -t app .\n"
        "  env:\n    NPM_TOKEN: ${{ secrets.NPM_TOKEN }}\n"
    )


def test_an_env_of_the_step_is_used():
    assert after("docker build --build-arg NPM_TOKEN .", more="\n  env:\n    NPM_TOKEN: ${{ secrets.A }}") == (
        "- run: docker build --secret id=npm_token,env=NPM_TOKEN .\n  env:\n    NPM_TOKEN: ${{ secrets.A }}\n"
    )
    assert after('docker build --build-arg "NPM_TOKEN=$TOKEN" .', more="\n  env:\n    TOKEN: ${{ secrets.A }}") == (
        "- run: docker build --secret id=npm_token,env=TOKEN .\n  env:\n    TOKEN: ${{ secrets.A }}\n"
    )


def test_an_env_of_the_step_is_extended():
    assert after("docker build --build-arg NPM_TOKEN=${{ secrets.A }} .", more="\n  env:\n    OTHER: x  # mine") == (
        "- run: docker build --secret id=npm_token,env=NPM_TOKEN .\n  env:\n    OTHER: x  # mine\n    NPM_TOKEN: ${{ secrets.A }}\n"
    )
    assert after("docker build --build-arg NPM_TOKEN=${{ secrets.A }} .", more="\n  env: {OTHER: x}") == (
        '- run: docker build --secret id=npm_token,env=NPM_TOKEN .\n  env: {OTHER: x, NPM_TOKEN: "${{ secrets.A }}"}\n'
    )


def test_the_same_value_of_an_outer_env_is_used():
    assert after("docker build --build-arg NPM_TOKEN=${{ secrets.A }} .", top="env:\n  NPM_TOKEN: ${{ secrets.A }}\n") == (
        "- run: docker build --secret id=npm_token,env=NPM_TOKEN .\n"
    )


@pytest.mark.parametrize(
    ("script", "kw"),
    [
        ("docker build --build-arg NPM_TOKEN=${{ secrets.A }} .", {"top": "env:\n  NPM_TOKEN: ${{ secrets.B }}\n"}),
        ("docker build --build-arg NPM_TOKEN=${{ secrets.A }} . && test -z $NPM_TOKEN", {}),
    ],
)
def test_a_name_that_means_something_else_is_left_alone(script: str, kw: dict[str, str]):
    done = after(script, **kw)
    assert "--secret id=npm_token,env=SECRET_NPM_TOKEN" in done
    assert "    SECRET_NPM_TOKEN: ${{ secrets.A }}\n" in done


def test_a_variable_of_github_env_is_exported():
    text = workflow('- run: echo "NPM_TOKEN=$(fetch)" >> "$GITHUB_ENV"', "- run: docker build --build-arg NPM_TOKEN=$NPM_TOKEN .")
    done = moved(PATH, text, KIND, IDS)
    assert done == text.replace("--build-arg NPM_TOKEN=$NPM_TOKEN", "--secret id=npm_token,env=NPM_TOKEN")


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("- run: docker build -f a/Dockerfile a", Place(("a/Dockerfile",))),
        ("- run: docker build .\n  working-directory: a/b", Place(("a/b/Dockerfile",))),
        ("- run: docker build .\n  working-directory: ${{ matrix.d }}", Place(pattern="**/Dockerfile")),
        ("- run: docker build ${{ matrix.d }}", Place(("x/Dockerfile", "y/Dockerfile"))),
        ("- run: docker build \"$DIR\"\n  env:\n    DIR: z", Place(("z/Dockerfile",))),
        ("- run: docker build ${{ github.workspace }}/a", Place(("a/Dockerfile",))),
        ("- run: docker build ${{ needs.a.outputs.d }}", Place(pattern="**/Dockerfile")),
        ("- uses: nick-fields/retry@v3\n  with:\n    command: docker build a", Place(("a/Dockerfile",))),
    ],
)
def test_places(step: str, expected: Place):
    job = "strategy:\n  matrix:\n    d: [x, y]\n"
    assert [b.place for b in read(PATH, workflow(step, job=job), KIND).builds] == [expected]


def test_default_folder():
    text = workflow("- run: docker build .", top="defaults:\n  run:\n    working-directory: app\n")
    assert read(PATH, text, KIND).builds[0].place == Place(("app/Dockerfile",))


def test_lines_are_those_of_the_file():
    text = workflow("- run: |\n    # first\n    docker build --build-arg MODE=x --build-arg NPM_TOKEN=1 .", "- run: >\n    docker build\n    --build-arg NPM_TOKEN=1 .")
    builds = read(PATH, text, KIND).builds
    assert [text.split("\n")[b.line - 1].strip().split(" ")[0] for b in builds] == ["docker", "docker"]
    assert [b.args[-1].line for b in builds] == [9, 12]


REFUSED = [
    ("caller-shell", '- shell: pwsh\n  run: docker build --build-arg NPM_TOKEN="$env:NPM_TOKEN" .'),
    ("caller-shell", "- shell: python\n  run: |\n    import os\n    os.system('docker build --build-arg NPM_TOKEN=' + t)"),
    ("caller-shell", "- shell: cmd\n  run: docker build --build-arg NPM_TOKEN=%NPM_TOKEN% ."),
    ("caller-builder", "- run: docker build --build-arg NPM_TOKEN=${{ secrets.A }} .\n  env:\n    DOCKER_BUILDKIT: 0"),
    ("caller-remote", "- uses: appleboy/ssh-action@v1\n  with:\n    host: build.example\n    script: docker build --build-arg NPM_TOKEN=${{ secrets.A }} ."),
    ("caller-value", "- run: docker build --build-arg NPM_TOKEN=${{ secrets.A }} .\n  env: ${{ fromJSON(vars.ENV) }}"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "step"), REFUSED)
def test_refused(code: str, step: str):
    assert refused(PATH, workflow(step), KIND, IDS) == [code]


def test_windows_runs_powershell():
    text = workflow("- run: docker build --build-arg NPM_TOKEN=$env:X .").replace("ubuntu-latest", "windows-2022")
    assert refused(PATH, text, KIND, IDS) == ["caller-shell"]
    text = text.replace("- run: docker", "- shell: bash\n        run: docker").replace("$env:X", "$X")
    assert "--secret id=npm_token,env=NPM_TOKEN" in moved(PATH, text, KIND, IDS)


@pytest.mark.parametrize(
    ("job", "codes"),
    [
        ("container: docker:19.03\n", ["caller-builder-old"]),
        ("container:\n  image: docker:19-dind\n", ["caller-builder-old"]),
        ("container: docker:20.10\n", ["caller-builder-old"]),
        ("container: docker:20.10\nenv: {DOCKER_BUILDKIT: 1}\n", []),
        ("container: docker:19.03\nenv: {DOCKER_BUILDKIT: 1}\n", ["caller-builder-old"]),
        ("container: mirror.example/docker:27.1-cli\n", []),
        ("container: node:18\n", []),
    ],
)
def test_old_docker(job: str, codes: list[str]):
    text = workflow("- run: docker build --build-arg NPM_TOKEN=${{ secrets.A }} .", job=job)
    assert refused(PATH, text, KIND, IDS) == codes


def test_retry():
    step = "- uses: nick-fields/retry@v3\n  with:\n    max_attempts: 3\n    command: docker build --build-arg NPM_TOKEN=${{ secrets.A }} ."
    done = moved(PATH, workflow(step), KIND, IDS)
    assert steps(done)[0] == {
        "uses": "nick-fields/retry@v3",
        "with": {"max_attempts": "3", "command": "docker build --secret id=npm_token,env=NPM_TOKEN ."},
        "env": {"NPM_TOKEN": "${{ secrets.A }}"},
    }


def test_no_value_is_told():
    text = workflow("- run: docker build --build-arg NPM_TOKEN=hunter2 .")
    done = rewrite(PATH, text, KIND, jobs_for(read(PATH, text, KIND).builds, IDS))
    assert "hunter2" not in repr((done.told, done.refused))


@pytest.mark.parametrize(
    "text",
    [
        workflow("- run: make image\n  env:\n    ARGS: --build-arg NPM_TOKEN=${{ secrets.A }}"),
        workflow("- run: docker build $ARGS .", top="env:\n  ARGS: --pull --build-arg=NPM_TOKEN=${{ secrets.A }}\n"),
        workflow('- id: a\n  run: echo "args=--build-arg NPM_TOKEN=$X" >> $GITHUB_OUTPUT', "- run: make ARGS=${{ steps.a.outputs.args }}"),
    ],
)
def test_build_args_that_something_holds_are_named(text: str):
    found = read(PATH, text, KIND).unread
    assert [(u.name, u.refused.code) for u in found] == [("NPM_TOKEN", "caller-arguments")]


SCRIPTS = [
    "docker build --build-arg NPM_TOKEN=${{ secrets.NPM_TOKEN }} -t app .",
    'docker build --build-arg "NPM_TOKEN=${{ secrets.NPM_TOKEN }}" --build-arg MODE=x .',
    "|\n    set -euo pipefail\n    for d in . app; do\n      docker build --build-arg NPM_TOKEN='${{ secrets.NPM_TOKEN }}' \"$d\"\n    done",
    "|\n    args=(--build-arg NPM_TOKEN=${{ secrets.NPM_TOKEN }})\n    docker buildx build \"${args[@]}\" .",
    "|\n    if true; then\n      docker build \\\n        --build-arg=NPM_TOKEN=${{ secrets.NPM_TOKEN }} \\\n        .\n    fi",
]


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_script_runs_and_no_argument_holds_the_value(script: str, tmp_path: Path):
    """GitHub's part is done by hand: expressions are replaced in `run` and in `env`, and the text is given to bash as GitHub does."""
    step = steps(moved(PATH, workflow(f"- run: {script}"), KIND, IDS))[0]
    seen = _executed(step, tmp_path)
    assert seen
    for call in seen:
        assert "s3cr3t value" not in json.dumps(call["argv"])
        assert any("--secret" in a for a in call["argv"])
        secret = next(a for a in call["argv"] if "id=npm_token" in a)
        assert call["env"][secret.rsplit("env=", 1)[1]] == "s3cr3t value"


def _executed(step: dict, folder: Path) -> list[dict]:
    """Every call of docker that the step makes: its arguments and its environment."""
    log = folder / "calls.jsonl"
    docker = folder / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(
        "#!/usr/bin/env python3\nimport json, os, sys\n"
        f"open({str(log)!r}, 'a').write(json.dumps({{'argv': sys.argv[1:], 'env': dict(os.environ)}}) + '\\n')\n"
    )
    docker.chmod(0o755)
    values = {"${{ secrets.NPM_TOKEN }}": "s3cr3t value"}

    def replaced(text: str) -> str:
        for template, value in values.items():
            text = text.replace(template, value)
        return text

    script = folder / "step.sh"
    script.write_text(replaced(step["run"]))
    env = {**os.environ, **{k: replaced(v) for k, v in step.get("env", {}).items()}, "PATH": f"{docker.parent}:{os.environ['PATH']}"}
    subprocess.run(["bash", "-e", str(script)], check=True, env=env, cwd=folder, timeout=30)
    return [json.loads(line) for line in log.read_text().splitlines()]

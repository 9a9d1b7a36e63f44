"""Scripts before and after, run for real with programs that write down what they get."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.callers.recorder import Recorder, on_no_argv, same
from tests.callers.working import moved

SECRET = "planted-4f1d9c"
IDS = {"NPM_TOKEN": "npm_token", "PIP_TOKEN": "pip_token"}
BOTH = ("bash", "dash")

# name -> (shells, script). NPM_TOKEN and CI_TOKEN are in the environment; token.txt holds a value.
SCRIPTS: dict[str, tuple[tuple[str, ...], str]] = {
    "plain": (BOTH, "docker build --build-arg NPM_TOKEN=$NPM_TOKEN -t app .\n"),
    "quoted": (BOTH, 'set -eu\ndocker build --build-arg "NPM_TOKEN=${NPM_TOKEN}" -t "app:$TAG" .\n'),
    "equals": (BOTH, "docker build --build-arg=NPM_TOKEN=$NPM_TOKEN --build-arg=A=b .\n"),
    "equals quoted whole": (BOTH, 'docker build "--build-arg=NPM_TOKEN=$CI_TOKEN" .\n'),
    "equals quoted value": (BOTH, 'docker build --build-arg="NPM_TOKEN=$CI_TOKEN" .\n'),
    "value quoted alone": (BOTH, 'docker build --build-arg NPM_TOKEN="$CI_TOKEN" .\n'),
    "pass-through": (BOTH, "docker build --build-arg NPM_TOKEN --build-arg NODE_ENV .\n"),
    "pass-through of what is not there": (BOTH, "docker build --build-arg PIP_TOKEN .\n"),
    "renamed": (BOTH, 'docker build --build-arg "NPM_TOKEN=$CI_TOKEN" .\n'),
    "not exported": (BOTH, 'NPM_TOKEN=$(cat token.txt)\ndocker build --build-arg "NPM_TOKEN=$NPM_TOKEN" .\n'),
    "not exported and renamed": (BOTH, 'tok=$(cat token.txt)\ndocker build --build-arg NPM_TOKEN=$tok --build-arg A=$tok2 .\n'),
    "exported later": (BOTH, 'NPM_TOKEN=$(cat token.txt)\ndocker build --build-arg "NPM_TOKEN=$NPM_TOKEN" .\nexport NPM_TOKEN\n'),
    "exported before": (BOTH, 'NPM_TOKEN=$(cat token.txt)\nexport NPM_TOKEN\ndocker build --build-arg "NPM_TOKEN=$NPM_TOKEN" .\n'),
    "exported at once": (BOTH, 'export NPM_TOKEN="$(cat token.txt)"\ndocker build --build-arg "NPM_TOKEN=$NPM_TOKEN" .\n'),
    "export in a branch": (BOTH, 'T=$(cat token.txt)\nif false; then export T; fi\ndocker build --build-arg "NPM_TOKEN=$T" .\n'),
    "unset again": (BOTH, 'docker build --build-arg "NPM_TOKEN=$NPM_TOKEN" .\nunset NPM_TOKEN\n'),
    "export -n": (("bash",), 'export NPM_TOKEN=x-$CI_TOKEN\nexport -n NPM_TOKEN\ndocker build --build-arg "NPM_TOKEN=$NPM_TOKEN" .\n'),
    "allexport": (BOTH, 'set -a\nT=$(cat token.txt)\nset +a\ndocker build --build-arg "NPM_TOKEN=$T" .\n'),
    "taken in": (BOTH, '. ./env.sh\ndocker build --build-arg "NPM_TOKEN=$FROM_FILE" .\n'),
    "of a file": (BOTH, 'docker build --build-arg "NPM_TOKEN=$(cat token.txt)" .\n'),
    "of a file, bare": (BOTH, "docker build --build-arg NPM_TOKEN=$(cat ./token.txt) .\n"),
    "of a file, backquotes": (BOTH, "docker build --build-arg NPM_TOKEN=`cat ~/token.txt` .\n"),
    "of a file, home": (BOTH, 'docker build --build-arg NPM_TOKEN="$(cat ~/token.txt)" .\n'),
    "of a file by <": (("bash",), 'docker build --build-arg NPM_TOKEN="$(<token.txt)" .\n'),
    "of a file in a variable": (BOTH, 'docker build --build-arg NPM_TOKEN="$(cat "$HOME/token.txt")" .\n'),
    "of a pipeline": (BOTH, "docker build --build-arg NPM_TOKEN=$(grep -o 'p.*' token.txt | head -n1) .\n"),
    "with a default": (BOTH, 'set -u\ndocker build --build-arg "NPM_TOKEN=${NPM_TOKEN:-}" --build-arg "PIP_TOKEN=${PIP_TOKEN:-none}" .\n'),
    "glued": (BOTH, 'docker build --build-arg "NPM_TOKEN=Bearer $CI_TOKEN" .\n'),
    "literal": (BOTH, "docker build --build-arg NPM_TOKEN=planted-4f1d9c-in-text .\n"),
    "literal in single quotes": (BOTH, "docker build --build-arg 'NPM_TOKEN=planted-4f1d9c $x' .\n"),
    "two": (BOTH, 'docker build --build-arg NPM_TOKEN=$CI_TOKEN --build-arg PIP_TOKEN="$(cat token.txt)" .\n'),
    "two, one not exported": (BOTH, 'a=$CI_TOKEN\nb=$a-2\ndocker build --build-arg NPM_TOKEN=$a --build-arg PIP_TOKEN=$b .\n'),
    "continuation": (BOTH, "docker build \\\n  --build-arg NPM_TOKEN=$NPM_TOKEN \\\n  --build-arg \\\n    PIP_TOKEN=$CI_TOKEN \\\n  -t app .\n"),
    "prefix there": (BOTH, 'T=$(cat token.txt)\nDOCKER_BUILDKIT=1 docker build --build-arg "NPM_TOKEN=$T" .\n'),
    "buildx": (BOTH, "docker --context default buildx build --push --build-arg NPM_TOKEN=$NPM_TOKEN -f app/Dockerfile app\n"),
    "podman": (BOTH, "podman build --build-arg NPM_TOKEN=$NPM_TOKEN -t app .\n"),
    "buildah": (BOTH, "buildah bud --build-arg NPM_TOKEN=$NPM_TOKEN --layers -t app .\n"),
    "nerdctl": (BOTH, "nerdctl -n k8s.io build --build-arg NPM_TOKEN=$NPM_TOKEN -t app .\n"),
    "condition": (BOTH, 'if ! docker build --build-arg "NPM_TOKEN=$CI_TOKEN" .; then exit 3; fi\n'),
    "condition not exported": (BOTH, 't=$CI_TOKEN\nif ! docker build --build-arg "NPM_TOKEN=$t" .; then exit 3; fi\n'),
    "subshell": (BOTH, '(cd app && docker build --build-arg "NPM_TOKEN=$CI_TOKEN" .) && docker build app\n'),
    "substitution": (BOTH, 'id=$(docker build -q --build-arg "NPM_TOKEN=$CI_TOKEN" .)\necho "$id"\n'),
    "pipeline": (BOTH, 't=$CI_TOKEN\ndocker build --build-arg "NPM_TOKEN=$t" . 2>&1 | cat\n'),
    "background": (BOTH, 'docker build --build-arg "NPM_TOKEN=$CI_TOKEN" . &\nwait\n'),
    "time": (("bash",), 't=$CI_TOKEN\ntime docker build --build-arg "NPM_TOKEN=$t" .\ntime -p docker build --build-arg "NPM_TOKEN=$t" app\n'),
    "exec": (BOTH, 't=$CI_TOKEN\nexec docker build --build-arg "NPM_TOKEN=$t" .\n'),
    "wrappers": (BOTH, 't=$CI_TOKEN\nnice -n 5 timeout 50 env A=b docker build --build-arg "NPM_TOKEN=$t" .\n'),
    "env assigns": (BOTH, 'env NPM_TOKEN="$CI_TOKEN" docker build --build-arg NPM_TOKEN .\n'),
    "sudo": (BOTH, 'sudo docker build --build-arg "NPM_TOKEN=$CI_TOKEN" -t app .\n'),
    "sudo not exported": (BOTH, 't=$CI_TOKEN\nsudo -n docker build --build-arg "NPM_TOKEN=$t" --build-arg PIP_TOKEN=$CI_TOKEN .\n'),
    "sudo -E": (BOTH, 'sudo -E docker build --build-arg "NPM_TOKEN=$CI_TOKEN" .\n'),
    "sudo list": (BOTH, 'sudo --preserve-env=A,B docker build --build-arg "NPM_TOKEN=$CI_TOKEN" .\n'),
    "sudo assigns": (BOTH, 'sudo NPM_TOKEN="$CI_TOKEN" docker build --build-arg NPM_TOKEN .\n'),
    "variable": (BOTH, 'ARGS="--build-arg NPM_TOKEN=$NPM_TOKEN --pull"\ndocker build $ARGS .\n'),
    "variable grows": (BOTH, 'ARGS="--pull"\nif [ -n "$NPM_TOKEN" ]; then\n  ARGS="$ARGS --build-arg NPM_TOKEN=${NPM_TOKEN}"\nfi\nARGS="${ARGS} -q"\ndocker build $ARGS .\n'),
    "variable +=": (("bash",), 'ARGS=""\nARGS+=" --build-arg NPM_TOKEN=$CI_TOKEN"\ndocker build ${ARGS} .\n'),
    "variable not exported": (BOTH, 't=$(cat token.txt)\nARGS="--build-arg NPM_TOKEN=$t"\ndocker build $ARGS .\n'),
    "array": (("bash",), 'args=(--pull)\nargs+=(--build-arg "NPM_TOKEN=$NPM_TOKEN")\ndocker build "${args[@]}" .\n'),
    "array over lines": (("bash",), 't=$CI_TOKEN\nargs=(\n  --pull # always "fresh"\n  --build-arg NPM_TOKEN="$t"\n  --build-arg A="x y"\n)\ndocker build "${args[@]}" -t app .\n'),
    "array, only": (("bash",), 'args=()\n[ -z "$CI_TOKEN" ] || args=(--build-arg "NPM_TOKEN=$CI_TOKEN")\ndocker build ${args[@]+"${args[@]}"} .\n'),
    "if set": (BOTH, "docker build ${NPM_TOKEN:+--build-arg NPM_TOKEN=$NPM_TOKEN} ${PIP_TOKEN:+--build-arg PIP_TOKEN=$PIP_TOKEN} .\n"),
    "if set, quoted": (BOTH, 'docker build ${NPM_TOKEN:+--build-arg "NPM_TOKEN=$NPM_TOKEN"} .\n'),
    "function": (BOTH, 'build() {\n  docker build "$@" -t app .\n}\nbuild --build-arg NPM_TOKEN=$NPM_TOKEN\nbuild --build-arg NPM_TOKEN=$CI_TOKEN --pull\n'),
    "function with a name": (BOTH, 'build() {\n  name=$1\n  shift\n  docker build -f "$name/Dockerfile" "$@" "$name"\n}\nbuild app --build-arg NPM_TOKEN=$NPM_TOKEN\nbuild other\n'),
    "function, value as argument": (BOTH, 'build() {\n  docker build --build-arg "NPM_TOKEN=$2" "$1"\n}\nbuild app "$CI_TOKEN"\n'),
    "function, local": (BOTH, 'build() {\n  local t="$CI_TOKEN"\n  docker build --build-arg NPM_TOKEN="$t" .\n}\nbuild\n'),
    "retry": (BOTH, 'retry() { "$@" || "$@"; }\nt=$CI_TOKEN\nretry docker build --build-arg NPM_TOKEN="$t" .\n'),
    "loop": (BOTH, 'for d in app other; do\n  docker build -f $d/Dockerfile --build-arg NPM_TOKEN=$NPM_TOKEN $d\ndone\n'),
    "bash -c": (BOTH, "bash -c 'docker build --build-arg NPM_TOKEN=$NPM_TOKEN .'\n"),
    "bash -c, double": (BOTH, 'bash -c "docker build --build-arg NPM_TOKEN=$NPM_TOKEN ."\n'),
    "bash -c, double, not exported": (BOTH, 't=$CI_TOKEN\nbash -c "docker build --build-arg NPM_TOKEN=$t ."\n'),
    "bash -c, inner variable": (BOTH, "bash -c 't=$CI_TOKEN; docker build --build-arg NPM_TOKEN=$t .'\n"),
    "bash -c, escaped": (BOTH, 'bash -c "t=\\$CI_TOKEN; docker build --build-arg NPM_TOKEN=\\$t ."\n'),
    "sudo bash -c": (BOTH, 'sudo bash -c "docker build --build-arg NPM_TOKEN=$CI_TOKEN ."\n'),
    "heredoc": (BOTH, "bash <<'EOF'\nt=$CI_TOKEN\ndocker build --build-arg NPM_TOKEN=$t .\nEOF\n"),
    "heredoc, expanded": (BOTH, 'bash <<EOF\ndocker build --build-arg NPM_TOKEN=$CI_TOKEN .\nEOF\n'),
    "heredoc, expanded, not exported": (BOTH, 't=$CI_TOKEN\nbash <<EOF\ndocker build --build-arg NPM_TOKEN=$t .\nEOF\n'),
    "heredoc, expanded, inner variable": (BOTH, 'bash <<EOF\nt=\\$CI_TOKEN\ndocker build --build-arg NPM_TOKEN=\\$t .\nEOF\n'),
    "bash -c, quotes in quotes": (BOTH, 'bash -c "docker build --build-arg \\"NPM_TOKEN=$CI_TOKEN\\" -t \\"a\\" ."\n'),
    "condition with set -u": (("bash",), 'set -u\nargs=(--pull)\nif [ "${1:-}" = x ]; then t=$CI_TOKEN; args+=(--build-arg "NPM_TOKEN=$t"); fi\ndocker build "${args[@]}" .\nset -- x\n'),
    "own loop variable": (BOTH, 'for t in $CI_TOKEN $NPM_TOKEN; do docker build --build-arg NPM_TOKEN=$t .; done\n'),
    "own copy in a subshell": (BOTH, '(export t=$CI_TOKEN); t=$NPM_TOKEN; (docker build --build-arg NPM_TOKEN=$t .)\n'),
    "other branch exports": (BOTH, 't=$CI_TOKEN\ncase $TAG in 2) export t ;; 1) docker build --build-arg NPM_TOKEN=$t . ;; esac\n'),
    "either of two": (BOTH, 'if [ "$TAG" = 1 ]; then A="--build-arg NPM_TOKEN=$CI_TOKEN"; else A="--build-arg NPM_TOKEN=$NPM_TOKEN"; fi\ndocker build $A .\n'),
    "shell\'s own variable": (("bash",), 'docker build --build-arg "NPM_TOKEN=$HOSTTYPE" .\n'),
    "program in a variable": (BOTH, 'DOCKER=${DOCKER:-docker}\n$DOCKER build --build-arg NPM_TOKEN=$NPM_TOKEN .\n"$DOCKER" build app\n'),
    "command in a variable": (BOTH, 'CMD="docker build --build-arg NPM_TOKEN=$NPM_TOKEN"\n$CMD -t app .\n'),
    "existing secret": (BOTH, "docker build --secret id=other,env=CI_TOKEN --build-arg NPM_TOKEN=$NPM_TOKEN --ssh default .\n"),
    "fails": (BOTH, "set -e\nRECORDER_FAILS=7 docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\necho not reached\n"),
    "trace": (BOTH, 'set -x\nt=$CI_TOKEN\ndocker build --build-arg NPM_TOKEN=$t .\n'),
    "tabs and CRLF-free comment": (BOTH, "\tdocker build \\\n\t\t--build-arg NPM_TOKEN=$NPM_TOKEN . # --build-arg NPM_TOKEN=x\n"),
}  # fmt: skip


CASES = [(name, by_file) for name in SCRIPTS for by_file in (False, True) if not by_file or "cat " in SCRIPTS[name][1]]


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    return Recorder(tmp_path)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    for path, text in {
        "Dockerfile": "FROM scratch\n", "app/Dockerfile": "FROM scratch\n", "other/Dockerfile": "FROM scratch\n",
        "token.txt": f"{SECRET}-file\n", "env.sh": f"FROM_FILE={SECRET}-sourced\n",
    }.items():  # fmt: skip
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


@pytest.mark.parametrize(("name", "by_file"), CASES)
def test_the_builders_get_the_same(name: str, by_file: bool, recorder: Recorder, work: Path) -> None:
    shells, script = SCRIPTS[name]
    after = moved("build.sh", script, "shell", IDS, by_file=by_file)
    assert after != script
    (work / "before.sh").write_text(script)
    (work / "after.sh").write_text(after)
    env = {"NPM_TOKEN": f"{SECRET}-env", "CI_TOKEN": f"{SECRET}-ci", "TAG": "1", "NODE_ENV": "test"}
    for shell in shells:
        old, status, _ = recorder.run([shell, "before.sh"], work, env)
        new, status_after, printed = recorder.run([shell, "after.sh"], work, env)
        assert old, "the script builds nothing"
        assert status_after == status, printed
        same(old, new, IDS)
        on_no_argv(new, [SECRET])
        assert subprocess.run([shell, "-n", "after.sh"], cwd=work).returncode == 0


def checked(text: str) -> Counter[str]:
    beside = os.pathsep.join((os.path.dirname(sys.executable), os.environ.get("PATH", "")))  # the dev extra brings it
    program = shutil.which("shellcheck", path=beside)
    if program is None:
        assert not os.environ.get("CI"), "shellcheck is missing"
        pytest.skip("no shellcheck here")
    done = subprocess.run([program, "-s", "bash", "-S", "warning", "-f", "gcc", "-"], input=text, capture_output=True, text=True)
    return Counter(line.rpartition("[")[2] for line in done.stdout.splitlines())


@pytest.mark.parametrize("name", SCRIPTS)
def test_shellcheck_finds_nothing_new(name: str) -> None:
    script = SCRIPTS[name][1]
    after = moved("build.sh", script, "shell", IDS)
    assert not checked(after) - checked(script)

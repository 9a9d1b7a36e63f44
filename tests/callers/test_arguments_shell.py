"""Arguments that a script puts together: `set --`, functions that add to a list, `${T:+...}` in variables."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from remediate import pipeline
from remediate.callers.model import Build
from remediate.model import Options
from tests.callers.recorder import Recorder, on_no_argv, same
from tests.callers.working import moved, read, refused

SECRET = "planted-4f1d9c"
IDS = {"NPM_TOKEN": "npm_token", "PIP_TOKEN": "pip_token"}
BOTH = ("bash", "dash")

# name -> (shells, script, lines of what it becomes)
RUN: dict[str, tuple[tuple[str, ...], str, list[str]]] = {
    "set": (BOTH, 'set -- --pull\nset -- "$@" --build-arg NPM_TOKEN="$NPM_TOKEN"\ndocker build "$@" .\n',
            ['set -- "$@" --secret id=npm_token,env=NPM_TOKEN']),
    "set, with those of the script": (BOTH, 'set -- --build-arg "NPM_TOKEN=$NPM_TOKEN" "$@"\nexec docker build "$@" .\n',
                                      ['set -- --secret id=npm_token,env=NPM_TOKEN "$@"']),
    "set under a condition": (BOTH, 'set --\nif [ -n "$CI_TOKEN" ]; then\n  set -- "$@" --build-arg "NPM_TOKEN=$CI_TOKEN"\nfi\ndocker build "$@" .\n',
                              ['  set -- "$@" --secret id=npm_token,env=CI_TOKEN']),
    "set behind &&": (BOTH, 'set --\n[ -n "$CI_TOKEN" ] && set -- "$@" --build-arg "NPM_TOKEN=$CI_TOKEN"\ndocker build "$@" .\n', []),
    "set in branches": (BOTH, 'case $TAG in\n  1) set -- --build-arg "NPM_TOKEN=$NPM_TOKEN" ;;\n  *) set -- --build-arg "NPM_TOKEN=$CI_TOKEN" ;;\nesac\n'
                              'set -- "$@" app\ndocker build "$@"\n', []),
    "set, not exported": (BOTH, 'set -e\nt=$CI_TOKEN\nset -- --pull --build-arg "NPM_TOKEN=$t"\ndocker build "$@" .\n',
                          ['NPM_TOKEN="$t" docker build "$@" .']),
    "set, the whole command": (BOTH, 'set -- docker build --build-arg "NPM_TOKEN=$NPM_TOKEN"\n"$@" .\n', []),
    "set in a function": (BOTH, 'say() { echo "$@" >&2; }\nb() { d=$1; shift; set -- "$@" --build-arg "NPM_TOKEN=$NPM_TOKEN"; docker build "$@" "$d"; }\n'
                                'say hello\nb app --pull\nb . -q\n', []),
    "set, for a function": (BOTH, 'b() { docker build "$@" .; }\nset -- --build-arg "NPM_TOKEN=$NPM_TOKEN"\nb "$@" --pull\n', []),
    "set in a loop": (BOTH, 'for d in app .; do\n  set -- --build-arg "NPM_TOKEN=$NPM_TOKEN"\n  docker build "$@" $d\ndone\n', []),
    "set, then others": (BOTH, 'set -- --build-arg "NPM_TOKEN=$NPM_TOKEN"\ndocker build "$@" .\nset -- --pull\ndocker build "$@" app\n', []),
    "set, if there": (BOTH, 'set -- ${NPM_TOKEN:+--build-arg "NPM_TOKEN=$NPM_TOKEN"}\ndocker build "$@" .\n', []),
    "a variable, if there": (BOTH, "EXTRA=${NPM_TOKEN:+--build-arg NPM_TOKEN=$NPM_TOKEN}\ndocker build $EXTRA .\n",
                             ["EXTRA=${NPM_TOKEN:+--secret id=npm_token,env=NPM_TOKEN}"]),
    "a function adds another": (BOTH, 'A=\nb() { A="$A --build-arg $1=$2"; }\nb OTHER x\ndocker build $A --build-arg NPM_TOKEN=$NPM_TOKEN .\n',
                                ["docker build $A --secret id=npm_token,env=NPM_TOKEN ."]),
    "options of the script": (BOTH, 'A=\nwhile getopts "nt:" o; do\n  case "$o" in\n    n) A="$A --build-arg NPM_TOKEN=$NPM_TOKEN" ;;\n    t) A="$A -t $OPTARG" ;;\n'
                                    '  esac\ndone\nshift $((OPTIND - 1))\nif [ -z "$A" ]; then A="--build-arg NPM_TOKEN=$CI_TOKEN"; fi\ndocker build $A "${1:-.}"\n', []),
    "set, in turn": (BOTH, 'set -- a b\nfor x in "$@"; do\n  shift\n  case $x in a) ;; *) set -- "$@" "--label=$x" ;; esac\ndone\n'
                           'docker build "$@" --build-arg NPM_TOKEN=$NPM_TOKEN .\n', []),
    "xargs": (BOTH, "t=$CI_TOKEN\nls -d app | xargs -n1 docker build --build-arg NPM_TOKEN=$t\n", []),
}  # fmt: skip

REFUSED = {
    "a function adds it": ('A=\nadd() { A="$A --build-arg $1=$2"; }\nadd NPM_TOKEN "$NPM_TOKEN"\ndocker build $A .\n', "caller-arguments"),
    "a function adds it to an array": ('A=()\nadd() { A+=(--build-arg "$1"); }\nadd "NPM_TOKEN=$T"\ndocker build "${A[@]}" .\n', "caller-arguments"),
    "a function that others call": ('build() { docker build --build-arg "$1=$2" .; }\n', "caller-arguments"),
    "a function adds for others": ('A=\nadd() { A="$A --build-arg $1=$2"; }\nbuild() { docker build $A .; }\n', "caller-arguments"),
    "set, then shift": ('set -- x --build-arg "NPM_TOKEN=$NPM_TOKEN"\nshift\ndocker build "$@" .\n', "caller-arguments"),
    "set by names of a loop": ('set --\nfor n in NPM_TOKEN X; do set -- "$@" --build-arg "$n"; done\ndocker build "$@" .\n', "caller-arguments"),
    "set for another program": ('set -- --build-arg "NPM_TOKEN=$NPM_TOKEN"\ndocker build "$@" .\nother "$@"\n', "caller-shared"),
    "set, then another value": ('t=a\nset -- --build-arg "NPM_TOKEN=$t"\nt=b\ndocker build "$@" .\n', "caller-value"),
    "set later in the loop": ('set --\nfor d in a b; do docker build "$@" $d; set -- --build-arg "NPM_TOKEN=$NPM_TOKEN"; done\n', "caller-arguments"),
    "a script in a script that is not understood": ("bash <<'EOF'\ndocker build --build-arg NPM_TOKEN=$token\" -t shop .\nEOF\n", "caller-shell"),
    "one of two folders": ('if x; then set -- --build-arg NPM_TOKEN="$T" a; else set -- --build-arg NPM_TOKEN="$T" b; fi\ndocker build "$@"\n',
                           "caller-which-file"),
    "one of two commands": ('if x; then c=(docker build a); else c=(docker build b); fi\n"${c[@]}" --build-arg NPM_TOKEN="$T"\n', "caller-which-file"),
    "words of xargs": ("echo --build-arg NPM_TOKEN=$NPM_TOKEN . | xargs docker build\n", "caller-arguments"),
}  # fmt: skip


@pytest.mark.parametrize("name", RUN)
def test_the_builders_get_the_same(name: str, tmp_path: Path) -> None:
    shells, script, lines = RUN[name]
    after = moved("build.sh", script, "shell", IDS)
    assert after != script and "--build-arg NPM_TOKEN" not in after
    for line in lines:
        assert f"{line}\n" in after
    (tmp_path / "app").mkdir()
    (tmp_path / "before.sh").write_text(script)
    (tmp_path / "after.sh").write_text(after)
    recorder = Recorder(tmp_path)
    env = {"NPM_TOKEN": f"{SECRET}-env", "CI_TOKEN": f"{SECRET}-ci", "TAG": "1"}
    for shell in shells:
        old, status, _ = recorder.run([shell, "before.sh"], tmp_path, env)
        new, status_after, printed = recorder.run([shell, "after.sh"], tmp_path, env)
        assert old, "the script builds nothing"
        assert status_after == status, printed
        same(old, new, IDS)
        on_no_argv(new, [SECRET])
        assert subprocess.run([shell, "-n", "after.sh"], cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    text, code = REFUSED[name]
    codes = refused("build.sh", text, "shell", IDS)
    assert codes and set(codes) == {code}


def only(text: str) -> Build:
    (build,) = read("build.sh", text, "shell").builds
    return build


def test_names_that_calls_of_a_function_give() -> None:
    text = 'A=()\nadd() { A+=(--build-arg "$1=$2"); }\nadd NPM_TOKEN "$T"\nadd MODE fast\ndocker build "${A[@]}" .\n'
    assert [a.name for a in only(text).args] == ["NPM_TOKEN", "MODE"]


def test_the_dockerfile_behind_set() -> None:
    assert only('set -- -f app/Dockerfile\nset -- "$@" app\ndocker build "$@"\n').place.paths == ("app/Dockerfile",)


def test_a_function_that_adds_build_args_for_another_script() -> None:
    text = 'add() {\n  ARGS+=(--build-arg "$1=$2")\n}\n'
    assert [(u.name, u.line, u.refused.code) for u in read("lib.sh", text, "shell").unread] == [("", 2, "caller-arguments")]


def test_a_library_holds_the_dockerfile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "Dockerfile": "FROM node:20\nARG NPM_TOKEN\nRUN NPM_TOKEN=$NPM_TOKEN npm ci\n",
        "lib.sh": 'ARGS=()\nadd() { ARGS+=(--build-arg "$1=$2"); }\n',
        "build.sh": '#!/bin/bash\n. ./lib.sh\nadd NPM_TOKEN "$T"\ndocker build "${ARGS[@]}" .\n',
    }
    for path, data in files.items():
        (tmp_path / path).write_text(data)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    done = pipeline.run(["."], Options())
    assert not done.changes
    assert {(c.path.removeprefix("./"), c.reason) for f in done.files for c in f.callers if c.holds} == {("lib.sh", "caller-arguments")}

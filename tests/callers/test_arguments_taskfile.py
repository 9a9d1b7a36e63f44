"""Taskfiles whose arguments stand in variables; run by Task itself, before and after."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from . import recording
from .working import jobs_for, moved, read, refused, rewrite

KIND = "taskfile"
IDS = {"NPM_TOKEN": "npm_token", "PIP_TOKEN": "pip_token"}
SECRET = "s3cr3t-value"
HEAD = "version: '3'\n\n"
NEW = "--secret id=npm_token,env=NPM_TOKEN"
OVER_ENV = "    env:\n      NPM_TOKEN: '{{.NPM_TOKEN}}'\n"
BUILD = "  build:\n    desc: x\n    cmds:\n      - docker build {{.ARGS}} .\n"
TASK = shutil.which("task") or shutil.which("task", path=str(Path(sys.executable).parent))

# name: (the Taskfile, lines of what it becomes)
RUN = {
    "variable": (f"vars:\n  ARGS: --build-arg NPM_TOKEN={{{{.NPM_TOKEN}}}} --pull # all\ntasks:\n{BUILD}", [f"  ARGS: {NEW} --pull # all", OVER_ENV]),
    "variable of the shell": (f"vars:\n  ARGS: '--build-arg \"NPM_TOKEN=$NPM_TOKEN\"'\ntasks:\n{BUILD}", [f"  ARGS: '{NEW}'"]),
    "in double quotes": (f"vars:\n  ARGS: \"--label \\\"a=b\\\" --build-arg NPM_TOKEN=$NPM_TOKEN\"\ntasks:\n{BUILD}", [f"  ARGS: \"--label \\\"a=b\\\" {NEW}\""]),
    "of the task": ("tasks:\n  build:\n    vars:\n      ARGS: --pull --build-arg NPM_TOKEN={{.NPM_TOKEN}}\n    cmds:\n      - docker build {{ .ARGS }} .\n",
                    [f"      ARGS: --pull {NEW}\n", OVER_ENV]),
    "for another task": ("tasks:\n  build:\n    cmds:\n      - task: image\n        vars: {ARGS: '--build-arg NPM_TOKEN={{.NPM_TOKEN}}'}\n"
                         "  image:\n    cmds:\n      - docker build {{.ARGS}} .\n", [f"vars: {{ARGS: '{NEW}'}}"]),
    "for a task before": ("tasks:\n  build:\n    deps:\n      - task: image\n        vars:\n          ARGS: --build-arg NPM_TOKEN=$NPM_TOKEN\n"
                          "  image:\n    cmds:\n      - docker build {{.ARGS}} .\n", [f"          ARGS: {NEW}"]),
    "one in another": (f"vars:\n  SECRETS: --build-arg NPM_TOKEN={{{{.NPM_TOKEN}}}}\n  ARGS: '--pull {{{{.SECRETS}}}}'\ntasks:\n{BUILD}", [f"  SECRETS: {NEW}", OVER_ENV]),
    "if": ("tasks:\n  build:\n    cmds:\n      - docker build {{if .NPM_TOKEN}}--build-arg NPM_TOKEN={{.NPM_TOKEN}}{{end}} .\n",
           [f"docker build {{{{if .NPM_TOKEN}}}}{NEW}{{{{end}}}} ."]),
    "if, else": ("tasks:\n  build:\n    cmds:\n      - docker build {{ if .OTHER }}--pull{{ else }}--build-arg NPM_TOKEN=$NPM_TOKEN{{ end }} .\n",
                 [f"{{{{ else }}}}{NEW}{{{{ end }}}} ."]),
    "if, in a variable": (f"vars:\n  ARGS: '--pull {{{{if .NPM_TOKEN}}}}--build-arg NPM_TOKEN=$NPM_TOKEN{{{{end}}}}'\ntasks:\n{BUILD}", [f"{NEW}{{{{end}}}}'"]),
    "for two builds": ("vars:\n  ARGS: --build-arg NPM_TOKEN=$NPM_TOKEN\ntasks:\n  build:\n    cmds:\n      - docker build {{.ARGS}} .\n      - docker build {{.ARGS}} app\n",
                       [f"  ARGS: {NEW}"]),
    "a program": (f"vars:\n  TOKEN:\n    sh: cat token.txt\n  ARGS: --build-arg NPM_TOKEN={{{{.TOKEN}}}}\ntasks:\n{BUILD}",
                  ["  ARGS: --secret id=npm_token,env=BUILD_NPM_TOKEN", "      BUILD_NPM_TOKEN: '{{.TOKEN}}'"]),
    "of the environment file": (f"dotenv: ['.env']\nvars:\n  ARGS: --build-arg NPM_TOKEN={{{{.OF_FILE}}}}\ntasks:\n{BUILD}", ["      BUILD_NPM_TOKEN: '{{.OF_FILE}}'"]),
}  # fmt: skip

REFUSED = {
    "two values": (f"vars:\n  ARGS: --build-arg NPM_TOKEN=$NPM_TOKEN\ntasks:\n  ci:\n    cmds:\n      - task: build\n        vars: {{ARGS: --pull}}\n{BUILD}", "caller-arguments"),
    "another program": (f"vars:\n  ARGS: --build-arg NPM_TOKEN=$NPM_TOKEN\ntasks:\n  x:\n    cmds:\n      - other {{{{.ARGS}}}}\n{BUILD}", "caller-shared"),
    "from the command line": (f"vars:\n  ARGS: '{{{{.ARGS | default \"--build-arg NPM_TOKEN=x\"}}}}'\ntasks:\n{BUILD}", "caller-arguments"),
    "a default in the command": ("tasks:\n  build:\n    cmds:\n      - docker build {{.X | default \"--build-arg NPM_TOKEN=x\"}} .\n", "caller-arguments"),
    "arguments of the call": ("tasks:\n  ci:\n    cmds:\n      - task: a -- --build-arg NPM_TOKEN=$NPM_TOKEN\n  a:\n    cmds:\n      - docker build {{.CLI_ARGS}} .\n", "caller-arguments"),
    "a loop": ("tasks:\n  a:\n    cmds:\n      - docker build {{range $k, $v := .M}}--build-arg {{$k}}={{$v}} {{end}} .\n", "caller-arguments"),
    "in the environment": ("env:\n  ARGS: --build-arg NPM_TOKEN={{.NPM_TOKEN}}\ntasks:\n  a:\n    cmds:\n      - docker build $ARGS .\n", "caller-arguments"),
    "if, another file": ("tasks:\n  a:\n    cmds:\n      - docker build {{if .CI}}-f ci.Dockerfile --build-arg NPM_TOKEN=$NPM_TOKEN{{end}} .\n", "caller-which-file"),
    "if, glued": ("tasks:\n  a:\n    cmds:\n      - docker build {{- if .CI }} --build-arg NPM_TOKEN=$NPM_TOKEN{{- end }} .\n", "caller-arguments"),
    "a token of its own": (f"vars:\n  ARGS: --build-arg NPM_TOKEN={{{{.TOKEN}}}}\ntasks:\n  x:\n    vars: {{TOKEN: x}}\n{BUILD}", "caller-arguments"),
    "short form": ("vars:\n  ARGS: --build-arg NPM_TOKEN={{.NPM_TOKEN}}\ntasks:\n  a: docker build {{.ARGS}} .\n", "caller-value"),
}  # fmt: skip


@pytest.mark.parametrize("name", RUN)
def test_rewritten(name: str) -> None:
    before, lines = RUN[name]
    after = moved("Taskfile.yml", HEAD + before, KIND, IDS)
    for line in lines:
        assert line in after
    assert "--build-arg NPM_TOKEN" not in after


@pytest.mark.skipif(TASK is None, reason="task is not installed")
@pytest.mark.parametrize("name", RUN)
def test_task_gives_the_same_value(name: str, tmp_path: Path) -> None:
    before = HEAD + RUN[name][0]
    seen = []
    for text, folder in ((before, tmp_path / "before"), (moved("Taskfile.yml", before, KIND, IDS), tmp_path / "after")):
        folder.mkdir()
        (folder / "Taskfile.yml").write_text(text)
        (folder / "token.txt").write_text(SECRET + "\n")
        (folder / ".env").write_text(f"OF_FILE={SECRET}-file\n")
        found = recording.run([str(TASK), "--silent", "build"], folder, {"NPM_TOKEN": f"{SECRET}-env"}, tmp_path / "tools")
        seen.append([r._replace(folder=r.folder.replace(str(folder), "")) for r in found])
    recording.same_build(*seen, IDS, [SECRET])


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    text, code = REFUSED[name]
    assert code in refused("Taskfile.yml", HEAD + text, KIND, IDS)


def test_an_included_taskfile_that_reads_the_variable() -> None:
    text = HEAD + f"includes:\n  web: ./web\nvars:\n  ARGS: --build-arg NPM_TOKEN=$NPM_TOKEN\ntasks:\n{BUILD}"
    others = {"web/Taskfile.yml": HEAD + "tasks:\n  a:\n    cmds:\n      - docker build {{.ARGS}} .\n"}
    assert [u.name for u in read("Taskfile.yml", text, KIND, others).unread] == ["NPM_TOKEN"]
    assert not read("Taskfile.yml", text, KIND, {"web/Taskfile.yml": HEAD + "tasks: {}\n"}).unread


def test_a_taskfile_that_gives_the_variable_another_value() -> None:
    text = HEAD + RUN["variable of the shell"][0]
    others = {"Taskfile.yml": HEAD + "includes:\n  web:\n    taskfile: ./web\n    vars: {ARGS: --pull}\n"}
    assert [u.name for u in read("web/Taskfile.yml", text, KIND, others).unread] == ["NPM_TOKEN"]


def test_shared_arguments_need_the_same_move() -> None:
    text = HEAD + RUN["for two builds"][0]
    builds = read("Taskfile.yml", text, KIND).builds
    done = rewrite("Taskfile.yml", text, KIND, jobs_for(builds[:1], IDS))
    assert [r.refused.code for r in done.refused] == ["caller-shared"]


def test_many_variables() -> None:
    text = HEAD + "vars:\n" + "".join(f"  V{n}: --build-arg X={{{{.V{n + 1}}}}} {{{{.V{n + 1}}}}}\n" for n in range(200)) + "tasks:\n"
    text += "".join(f"  t{n}:\n    cmds:\n      - docker build {{{{.V{n}}}}} .\n" for n in range(190))
    assert len(read("Taskfile.yml", text, KIND).builds) == 190

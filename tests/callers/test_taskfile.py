"""Taskfiles."""

from __future__ import annotations

import time

import yaml

from tests.callers.working import moved, read, refused
from tests.clock import SLOWER

KIND = "taskfile"
IDS = {"NPM_TOKEN": "npm_token"}
HEAD = "version: '3'\n\n"
NEW = "--secret id=npm_token,env=NPM_TOKEN"


def test_plain() -> None:
    text = HEAD + "tasks:\n  image:\n    cmds:\n      - docker build --build-arg NPM_TOKEN -t app . # build\n      - task: push\n"
    assert moved("Taskfile.yml", text, KIND, IDS) == text.replace("--build-arg NPM_TOKEN", NEW)


def test_shell_variable() -> None:
    text = HEAD + "tasks:\n  image:\n    cmd: docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n"
    assert moved("Taskfile.yml", text, KIND, IDS) == text.replace("--build-arg NPM_TOKEN=$NPM_TOKEN", NEW)


def test_template_goes_over_the_environment_of_the_task() -> None:
    text = HEAD + "tasks:\n  image:\n    desc: x\n    cmds:\n      - docker build --build-arg NPM_TOKEN={{.NPM_TOKEN}} .\n"
    want = text.replace("--build-arg NPM_TOKEN={{.NPM_TOKEN}}", NEW).replace(
        "    desc: x\n", "    desc: x\n    env:\n      NPM_TOKEN: '{{.NPM_TOKEN}}'\n"
    )
    assert moved("Taskfile.yml", text, KIND, IDS) == want


def test_declared_variable_gets_a_name_of_its_own() -> None:
    text = HEAD + (
        "vars:\n  NPM_TOKEN: '{{.TOKEN | default \"\"}}'\ntasks:\n  image:\n    env:\n      A: b\n    cmds:\n"
        "      - >-\n        docker build\n        --build-arg NPM_TOKEN={{ .NPM_TOKEN }}\n        .\n"
    )
    after = yaml.safe_load(moved("Taskfile.yml", text, KIND, IDS))["tasks"]["image"]
    assert after["env"] == {"A": "b", "BUILD_NPM_TOKEN": "{{ .NPM_TOKEN }}"}
    assert after["cmds"] == ["docker build --secret id=npm_token,env=BUILD_NPM_TOKEN ."]


def test_block_with_several_lines() -> None:
    text = HEAD + (
        "tasks:\n  image:\n    dir: services/api\n    cmds:\n      - |\n        set -e\n        docker build \\\n"
        '          --build-arg "NPM_TOKEN=${NPM_TOKEN}" \\\n          -f Dockerfile.prod .\n'
    )
    (build,) = read("Taskfile.yml", text, KIND).builds
    assert (build.place.paths, build.context, build.folder, build.line) == (
        ("services/api/Dockerfile.prod",),
        "services/api",
        "services/api",
        9,
    )
    assert moved("Taskfile.yml", text, KIND, IDS) == text.replace('--build-arg "NPM_TOKEN=${NPM_TOKEN}"', NEW)


def test_every_form_of_a_command() -> None:
    text = HEAD + (
        "tasks:\n  a: docker build --build-arg NPM_TOKEN a\n  b: [docker build b, echo x]\n  c:\n    - docker build c\n"
        "  d:\n    cmds:\n      - cmd: docker build d\n        silent: true\n      - defer: docker build e\n"
        "      - for: [f, g]\n        cmd: docker build {{.ITEM}}\n    status:\n      - docker build h\n    vars:\n      X:\n        sh: docker build -q i\n"
    )
    found = [b.place.paths for b in read("Taskfile.yml", text, KIND).builds]
    assert found == [("a/Dockerfile",), ("b/Dockerfile",), ("c/Dockerfile",), ("d/Dockerfile",), ("e/Dockerfile",),
                     ("f/Dockerfile", "g/Dockerfile"), ("h/Dockerfile",), ("i/Dockerfile",)]  # fmt: skip


def test_short_form_with_a_template_is_refused() -> None:
    text = HEAD + "tasks:\n  a: docker build --build-arg NPM_TOKEN={{.NPM_TOKEN}} a\n"
    assert len(refused("Taskfile.yml", text, KIND, IDS)) == 1


def test_an_expression_is_refused() -> None:
    text = HEAD + "tasks:\n  a:\n    cmds:\n      - docker build --build-arg NPM_TOKEN={{.NPM_TOKEN | b64enc}} .\n"
    assert len(refused("Taskfile.yml", text, KIND, IDS)) == 1


def test_other_value_in_env_is_not_replaced() -> None:
    text = HEAD + "tasks:\n  a:\n    env: {NPM_TOKEN: x}\n    cmds:\n      - docker build --build-arg NPM_TOKEN={{.NPM_TOKEN}} .\n"
    assert len(refused("Taskfile.yml", text, KIND, IDS)) == 1


def test_included_file_runs_where_it_is_included() -> None:
    main = HEAD + "includes:\n  api: ./build/api.yml\n  web:\n    taskfile: ./web\n    dir: ./web\n"
    text = HEAD + "tasks:\n  a:\n    cmds: [docker build .]\n"
    (build,) = read("web/Taskfile.yml", text, KIND, {"Taskfile.yml": main}).builds
    assert build.place.paths == ("web/Dockerfile",)
    (build,) = read("build/api.yml", text, KIND, {"Taskfile.yml": main}).builds
    assert build.place.paths == ("Dockerfile",)


def test_anchor_for_two_tasks() -> None:
    text = HEAD + "tasks:\n  a:\n    cmds: &c\n      - docker build --build-arg NPM_TOKEN .\n  b:\n    cmds: *c\n"
    assert moved("Taskfile.yml", text, KIND, IDS) == text.replace("--build-arg NPM_TOKEN", NEW)


def test_many_commands() -> None:
    text = HEAD + "tasks:\n" + "".join(f"  t{i}:\n    cmds:\n      - docker build --build-arg NPM_TOKEN d{i}\n" for i in range(2500))
    begin = time.process_time()
    assert len(read("Taskfile.yml", text, KIND).builds) == 2500
    assert time.process_time() - begin < 6 * SLOWER


def test_templated_file() -> None:
    from remediate.callers.model import CallerFile
    from remediate.callers.search import read as read_any
    from tests.callers.working import repository

    data = b"version: '3'\ntasks:\n  a:\n    cmds:\n      - {{.DOCKER}} build .\n"
    reading = read_any(CallerFile("Taskfile.yml", data, KIND), repository({}))
    assert [(u.refused.code, u.line) for u in reading.unread] == [("caller-format", 5)]

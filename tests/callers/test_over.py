"""Build args on the command line of a build that a Compose or Bake file describes: the command and the file change together."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from remediate import pipeline
from remediate.model import Options, Outcome

DOCKERFILE = "FROM node:20\nARG NPM_TOKEN\nCOPY package.json .npmrc ./\nRUN npm ci\n"
NPMRC = "//npm.example.com/:_authToken=${NPM_TOKEN}\n"
COMPOSE = "services:\n  web:\n    build: .\n  db:\n    image: postgres:16\n"
BAKE = 'target "app" {\n  context = "."\n}\n'
ACTIONS = "on: push\njobs:\n  x:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n"


class Repo:
    """A repository with one Dockerfile that takes NPM_TOKEN, and what its fix gives."""

    def fix(self, files: dict[str, str], at: str = ".", **options: object) -> Outcome:
        for path, text in {f"{at}/Dockerfile": DOCKERFILE, f"{at}/.npmrc": NPMRC, f"{at}/package.json": "{}", **files}.items():
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_text(text)
        return pipeline.run(["."], Options(**options))  # type: ignore[arg-type]


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return Repo()


def changed(done: Outcome) -> dict[str, str]:
    return {os.path.normpath(c.path): c.after.decode() for c in done.changes}


def reasons(done: Outcome) -> list[tuple[str, str]]:
    return sorted({(os.path.normpath(c.path), c.reason) for f in done.files for c in f.callers if c.reason})


def secrets(text: str) -> tuple[dict[str, object], dict[str, object]]:
    """What a Compose file says of build secrets: of each service, and at the top."""
    found = yaml.safe_load(text)
    return {n: s["build"].get("secrets") for n, s in found["services"].items() if isinstance(s.get("build"), dict)}, found.get("secrets", {})


COMMANDS = {
    "passed through": ("docker compose build --build-arg NPM_TOKEN web\n", "docker compose build web\n"),
    "of the same name": ("docker compose build --build-arg NPM_TOKEN=$NPM_TOKEN\n", "docker compose build\n"),
    "joined": ('docker compose build --build-arg="NPM_TOKEN=${NPM_TOKEN}" --pull web\n', "docker compose build --pull web\n"),
    "another name": ("docker compose build --build-arg NPM_TOKEN=$CI_TOKEN\n", 'NPM_TOKEN="$CI_TOKEN" docker compose build\n'),
    "not exported": (
        "t=$(vault read x)\ndocker-compose build --build-arg NPM_TOKEN=$t web\n", 't=$(vault read x)\nNPM_TOKEN="$t" docker-compose build web\n'
    ),
    "a file": ("docker compose build --build-arg NPM_TOKEN=$(cat token)\n", "NPM_TOKEN=$(cat token) docker compose build\n"),
    "sudo": (
        "sudo docker compose build --build-arg NPM_TOKEN=$NPM_TOKEN web\n", "sudo --preserve-env=NPM_TOKEN docker compose build web\n"
    ),
    "an array": (
        '#!/bin/bash\nargs=(--build-arg NPM_TOKEN --pull)\ndocker compose build "${args[@]}"\n',
        '#!/bin/bash\nargs=(--pull)\ndocker compose build "${args[@]}"\n',
    ),
    "a variable": (
        'ARGS="--pull --build-arg NPM_TOKEN=$NPM_TOKEN"\ndocker compose build $ARGS web\n', 'ARGS="--pull"\ndocker compose build $ARGS web\n'
    ),
    "others stay": (
        "docker compose build --build-arg A=1 --build-arg NPM_TOKEN --build-arg B=2 web\n",
        "docker compose build --build-arg A=1 --build-arg B=2 web\n",
    ),
    "options of compose": (
        "docker compose -p x --profile ci --ansi never build --build-arg NPM_TOKEN web\n",
        "docker compose -p x --profile ci --ansi never build web\n",
    ),
    "either of two": (
        "if docker compose version; then C='docker compose'; else C=docker-compose; fi\n$C build --build-arg NPM_TOKEN=$T web\n",
        "if docker compose version; then C='docker compose'; else C=docker-compose; fi\nNPM_TOKEN=\"$T\" $C build web\n",
    ),
    "over several lines": (
        "docker compose build \\\n  --build-arg NPM_TOKEN=$NPM_TOKEN \\\n  --pull web\n", "docker compose build \\\n  --pull web\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", COMMANDS)
def test_the_command_and_the_compose_file(repo: Repo, case: str) -> None:
    before, after = COMMANDS[case]
    done = repo.fix({"compose.yaml": COMPOSE, "build.sh": before})
    found = changed(done)
    assert found["build.sh"] == after
    assert secrets(found["compose.yaml"]) == ({"web": ["npm_token"]}, {"npm_token": {"environment": "NPM_TOKEN"}})
    assert b"--mount=type=secret,id=npm_token" in done.files[0].after
    assert reasons(done) == []


FILES = {
    "named": ("docker compose -f ci/a.yml build --build-arg NPM_TOKEN\n", {"ci/a.yml": COMPOSE.replace("build: .", "build: ..")}, "ci/a.yml"),
    "joined": ("docker compose --file=docker-compose.ci.yml build --build-arg NPM_TOKEN\n", {"docker-compose.ci.yml": COMPOSE}, "docker-compose.ci.yml"),
    "by a variable": ("F=docker-compose.ci.yml\ndocker compose -f $F build --build-arg NPM_TOKEN\n", {"docker-compose.ci.yml": COMPOSE}, "docker-compose.ci.yml"),
    "COMPOSE_FILE": ("COMPOSE_FILE=docker-compose.ci.yml docker compose build --build-arg NPM_TOKEN\n", {"docker-compose.ci.yml": COMPOSE}, "docker-compose.ci.yml"),
    "COMPOSE_FILE, exported": ("export COMPOSE_FILE=docker-compose.ci.yml\ndocker compose build --build-arg NPM_TOKEN\n", {"docker-compose.ci.yml": COMPOSE}, "docker-compose.ci.yml"),
    "COMPOSE_FILE, in .env": ("docker compose build --build-arg NPM_TOKEN\n", {"docker-compose.ci.yml": COMPOSE, ".env": "COMPOSE_FILE=docker-compose.ci.yml\n"}, "docker-compose.ci.yml"),
    "of several, the first with the service": (
        "docker compose -f compose.yaml -f docker-compose.ci.yml build --build-arg NPM_TOKEN web\n",
        {"compose.yaml": COMPOSE, "docker-compose.ci.yml": "services:\n  web:\n    image: x\n"}, "compose.yaml"),
    "in the folder of the script": ("cd ..\ndocker compose build --build-arg NPM_TOKEN\n", {"compose.yaml": COMPOSE}, "compose.yaml"),
    "in the folder of cd": ("cd deploy && docker compose build --build-arg NPM_TOKEN\n", {"deploy/compose.yaml": COMPOSE.replace("build: .", "build: ..")}, "deploy/compose.yaml"),
    "of a folder above": ("cd deploy && docker compose build --build-arg NPM_TOKEN\n", {"compose.yaml": COMPOSE, "deploy/x": ""}, "compose.yaml"),
    "included": ("docker compose build --build-arg NPM_TOKEN web\n", {
        "compose.yaml": "include:\n  - services.yml\nservices:\n  db:\n    image: x\n", "services.yml": COMPOSE.replace("db", "mq")}, "services.yml"),
}  # fmt: skip


@pytest.mark.parametrize("case", FILES)
def test_which_file_it_is(repo: Repo, case: str) -> None:
    command, files, changes = FILES[case]
    path = "ci/build.sh" if case == "in the folder of the script" else "build.sh"
    done = repo.fix({path: command, **files})
    assert reasons(done) == []
    assert set(changed(done)) == {path, changes}
    assert changed(done)[path] == command.replace(" --build-arg NPM_TOKEN", "")
    assert secrets(changed(done)[changes])[0]["web"] == ["npm_token"]


def test_an_override_that_passes_it_too(repo: Repo) -> None:
    over = "services:\n  web:\n    build:\n      args:\n        NPM_TOKEN: ${NPM_TOKEN}\n"
    done = repo.fix({"compose.yaml": COMPOSE, "compose.override.yaml": over, "b.sh": "docker compose build --build-arg NPM_TOKEN=$NPM_TOKEN\n"})
    assert reasons(done) == []
    found = changed(done)
    assert found["b.sh"] == "docker compose build\n"
    assert "NPM_TOKEN: ${NPM_TOKEN}" not in found["compose.override.yaml"]
    assert secrets(found["compose.override.yaml"])[0] == {"web": ["npm_token"]}


def test_what_the_file_passes_goes_too_and_its_variable_counts(repo: Repo) -> None:
    file = "services:\n  web:\n    build:\n      context: .\n      args:\n        NPM_TOKEN: ${CI_TOKEN}\n"
    done = repo.fix({"compose.yaml": file, "b.sh": "docker compose build --build-arg NPM_TOKEN=$NPM_TOKEN\n"})
    found = changed(done)
    assert found["b.sh"] == 'CI_TOKEN="$NPM_TOKEN" docker compose build\n'
    assert secrets(found["compose.yaml"]) == ({"web": ["npm_token"]}, {"npm_token": {"environment": "CI_TOKEN"}})
    assert "args" not in found["compose.yaml"]


def test_a_secret_that_is_there_only_needs_its_variable(repo: Repo) -> None:
    file = "services:\n  web:\n    build:\n      context: .\n      secrets: [npm_token]\nsecrets:\n  npm_token:\n    environment: T\n"
    done = repo.fix({"compose.yaml": file, "b.sh": "docker compose build --build-arg NPM_TOKEN=$NPM_TOKEN\n"})
    assert changed(done) == {"b.sh": 'T="$NPM_TOKEN" docker compose build\n'}


def test_one_that_passes_nothing_is_told_and_holds_nothing_back(repo: Repo) -> None:
    scripts = {"a.sh": "docker compose build --build-arg NPM_TOKEN web\n", "b.sh": "set -e\ndocker compose build\n", "c.sh": "docker compose build db\n",
               "d.sh": "docker compose up -d --build web\n", "e.sh": "docker compose up -d\n"}  # fmt: skip
    done = repo.fix({"compose.yaml": COMPOSE, **scripts})
    assert reasons(done) == [("b.sh", "caller-without"), ("d.sh", "caller-without")]
    told = next(c for c in done.files[0].callers if c.reason)
    assert told.by_hand == ("export NPM_TOKEN   # with the value, before the command",) and told.line == 2
    assert set(changed(done)) == {"a.sh", "compose.yaml"}


PLACES = {
    "github-actions": (".github/workflows/ci.yml", ACTIONS + "      - run: docker compose build --build-arg NPM_TOKEN=${{ secrets.NPM_TOKEN }} web\n",
                       ACTIONS + "      - run: docker compose build web\n        env:\n          NPM_TOKEN: ${{ secrets.NPM_TOKEN }}\n"),
    "gitlab": (".gitlab-ci.yml", "build:\n  script:\n    - docker compose build --build-arg NPM_TOKEN=$NPM_TOKEN web\n",
               "build:\n  script:\n    - docker compose build web\n"),
    "make": ("Makefile", "image:\n\tdocker compose build --build-arg NPM_TOKEN=$(NPM_TOKEN) web\n", "image:\n\tdocker compose build web\n"),
    "package-json": ("package.json", '{"scripts": {"image": "docker compose build --build-arg NPM_TOKEN=$NPM_TOKEN web"}}\n',
                     '{"scripts": {"image": "docker compose build web"}}\n'),
    "docs": ("README.md", "```sh\ndocker compose build --build-arg NPM_TOKEN=$NPM_TOKEN web\n```\n", "```sh\ndocker compose build web\n```\n"),
    "python": ("b.py", 'import os\nos.system("docker compose build --build-arg NPM_TOKEN=$NPM_TOKEN web")\n', 'import os\nos.system("docker compose build web")\n'),
    "circleci": (".circleci/config.yml", "version: 2.1\njobs:\n  x:\n    machine: true\n    steps:\n      - checkout\n      - run: docker compose build --build-arg NPM_TOKEN web\n",
                 "version: 2.1\njobs:\n  x:\n    machine: true\n    steps:\n      - checkout\n      - run: docker compose build web\n"),
    "just": ("justfile", "image:\n  docker compose build --build-arg NPM_TOKEN=$NPM_TOKEN web\n", "image:\n  docker compose build web\n"),
    "taskfile": ("Taskfile.yml", "version: '3'\ntasks:\n  image:\n    cmds:\n      - docker compose build --build-arg NPM_TOKEN=$NPM_TOKEN web\n",
                 "version: '3'\ntasks:\n  image:\n    cmds:\n      - docker compose build web\n"),
    "jenkins": ("Jenkinsfile", "node {\n  sh 'docker compose build --build-arg NPM_TOKEN=$NPM_TOKEN web'\n}\n", "node {\n  sh 'docker compose build web'\n}\n"),
}  # fmt: skip


@pytest.mark.parametrize("kind", PLACES)
def test_where_such_a_command_stands(repo: Repo, kind: str) -> None:
    path, before, after = PLACES[kind]
    done = repo.fix({"compose.yaml": COMPOSE, path: before})
    assert reasons(done) == []
    assert changed(done)[path] == after
    assert secrets(changed(done)["compose.yaml"])[0] == {"web": ["npm_token"]}


REFUSED = {
    "no such file": ("docker compose -f other.yml build --build-arg NPM_TOKEN\n", {"compose.yaml": COMPOSE}, "caller-which-file"),
    "a file that is not known": ("docker compose -f $1 build --build-arg NPM_TOKEN\n", {"compose.yaml": COMPOSE}, "caller-which-file"),
    "a folder that is not known": ("cd $1\ndocker compose build --build-arg NPM_TOKEN\n", {"compose.yaml": COMPOSE}, "caller-which-file"),
    "project directory": ("docker compose --project-directory x build --build-arg NPM_TOKEN\n", {"compose.yaml": COMPOSE}, "caller-which-file"),
    "COMPOSE_FILE of something": ("export COMPOSE_FILE=$(ls *.yml)\ndocker compose build --build-arg NPM_TOKEN\n", {"compose.yaml": COMPOSE}, "caller-which-file"),
    "on another machine": ("ssh host docker compose build --build-arg NPM_TOKEN=$NPM_TOKEN\n", {"compose.yaml": COMPOSE}, "caller-remote"),
    "classic builder": ("DOCKER_BUILDKIT=0 docker compose build --build-arg NPM_TOKEN\n", {"compose.yaml": COMPOSE}, "caller-builder"),
    "a Dockerfile that is not here": (
        "docker compose build --build-arg NPM_TOKEN\n", {"compose.yaml": COMPOSE.replace("build: .", "build: ./gone")}, "caller-which-file"),
    "podman-compose": ("podman-compose build --build-arg NPM_TOKEN\n", {"compose.yaml": COMPOSE}, "caller-builder"),
    "a literal in the file": ("docker compose build --build-arg NPM_TOKEN=$X\n", {"compose.yaml": COMPOSE.replace("build: .", "build: {context: ., args: {NPM_TOKEN: abc}}")}, "caller-value"),
    "docker-compose 1": ("pip install docker-compose\ndocker-compose build --build-arg NPM_TOKEN\n", {"compose.yaml": COMPOSE}, "caller-builder-old"),
    "twice": ("docker compose build --build-arg NPM_TOKEN=$A --build-arg NPM_TOKEN=$B\n", {"compose.yaml": COMPOSE}, "caller-arguments"),
    "generated": ("docker compose build --build-arg NPM_TOKEN\n", {"compose.yaml": "# Code generated by x. DO NOT EDIT.\n" + COMPOSE}, "caller-generated"),
    "broken": ("docker compose build --build-arg NPM_TOKEN\n", {"compose.yaml": "services:\n  web: {build: {{ x }}}\n"}, "caller-which-file"),
    "the variable means more": ("docker compose build --build-arg NPM_TOKEN=$X\n", {"compose.yaml": COMPOSE.replace("postgres:16", "x:${NPM_TOKEN}")}, "caller-value"),
    "bake: fetched": ("docker buildx bake https://github.com/acme/app.git --set '*.args.NPM_TOKEN=$T'\n", {}, "caller-which-file"),
    "bake: words in one element": (
        '#!/bin/bash\no=("--set *.args.NPM_TOKEN=$NPM_TOKEN" "--load")\ndocker buildx bake ${o[@]} app\n', {"docker-bake.hcl": BAKE}, "caller-arguments"),
    "bake: another program": ("docker info\nbake_all --set '*.args.NPM_TOKEN=$T'\n", {"docker-bake.hcl": BAKE}, "caller-arguments"),
    "bake: no file": ("docker buildx bake --set '*.args.NPM_TOKEN'\n", {}, "caller-which-file"),
    "bake: the variable means more": ('X=$(vault read x)\ndocker buildx bake --set "*.args.NPM_TOKEN=$X"\n', {"docker-bake.hcl": BAKE.replace("}\n", '  tags = ["x:${NPM_TOKEN}"]\n}\nvariable "NPM_TOKEN" {}\n')}, "caller-value"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused_and_nothing_is_written(repo: Repo, case: str) -> None:
    text, files, code = REFUSED[case]
    done = repo.fix({"build.sh": text, **files})
    assert changed(done) == {}
    assert done.files[0].after == DOCKERFILE.encode()
    assert code in {reason for _, reason in reasons(done)}
    told = [c for f in done.files for c in f.callers if c.reason == code]
    assert all(c.by_hand and c.line for c in told), told


def test_a_context_that_is_not_known(repo: Repo) -> None:
    """The one Dockerfile there is that takes the build arg."""
    done = repo.fix({"compose.yaml": COMPOSE.replace("build: .", "build: ./${APP}"), "build.sh": "docker compose build --build-arg NPM_TOKEN\n"}, at="app")
    assert reasons(done) == [] and secrets(changed(done)["compose.yaml"])[0] == {"web": ["npm_token"]}


def test_two_services_one_of_which_still_takes_the_arg(repo: Repo) -> None:
    file = COMPOSE + "  old:\n    build: old\n"
    done = repo.fix({"compose.yaml": file, "old/Dockerfile": "FROM a\nARG NPM_TOKEN\n# nothing reads it\nRUN echo $NPM_TOKEN > /x\n",
                     "build.sh": "docker compose build --build-arg NPM_TOKEN\n"})  # fmt: skip
    assert changed(done) == {} and ("build.sh", "caller-shared") in reasons(done)
    named = repo.fix({"build.sh": "docker compose build --build-arg NPM_TOKEN web\n"})
    assert set(changed(named)) == {"build.sh", "compose.yaml"}


def test_both_halves_also_where_the_dockerfile_mounts_it_already(repo: Repo) -> None:
    """Nothing holds that Dockerfile back: the file and the command still go together."""
    mounted = "FROM node:20\nRUN --mount=type=secret,id=npm_token,env=NPM_TOKEN,required=true npm ci\n"
    files = {"Dockerfile": mounted, "compose.yaml": COMPOSE}
    done = repo.fix({**files, "a.sh": "docker compose build --build-arg NPM_TOKEN\n", "b.sh": "ssh h docker compose build --build-arg NPM_TOKEN\n"})
    assert set(changed(done)) == {"a.sh", "compose.yaml"}
    assert ("b.sh", "caller-remote") in reasons(done)
    done = repo.fix({**files, "a.sh": "docker compose build --build-arg NPM_TOKEN=$A --build-arg NPM_TOKEN=$B\n", "b.sh": "docker compose build --build-arg NPM_TOKEN\n"})
    assert changed(done) == {}
    assert reasons(done) == [("a.sh", "caller-arguments"), ("b.sh", "caller-waits"), ("compose.yaml", "caller-waits")]


BAKES = {
    "exported": ("docker buildx bake --set '*.args.NPM_TOKEN'\n", "docker buildx bake --set '*.secrets=id=npm_token,env=NPM_TOKEN'\n"),
    "of another name": ('docker buildx bake --set "app.args.NPM_TOKEN=$CI_TOKEN" app\n', "docker buildx bake --set app.secrets=id=npm_token,env=CI_TOKEN app\n"),
    "joined": ("docker buildx bake --set=*.args.NPM_TOKEN=$NPM_TOKEN\n", "docker buildx bake --set='*.secrets=id=npm_token,env=NPM_TOKEN'\n"),
    "not exported": ('t=$(vault read x)\ndocker buildx bake --set "*.args.NPM_TOKEN=$t"\n', "t=$(vault read x)\nNPM_TOKEN=\"$t\" docker buildx bake --set '*.secrets=id=npm_token,env=NPM_TOKEN'\n"),
    "others stay": ('docker buildx bake --set "*.args.A=1" --set "*.args.NPM_TOKEN=$NPM_TOKEN" --set "*.platform=linux/arm64" --push\n',
                    "docker buildx bake --set \"*.args.A=1\" --set '*.secrets=id=npm_token,env=NPM_TOKEN' --set \"*.platform=linux/arm64\" --push\n"),
    "in a variable": ('ARGS="--set *.args.NPM_TOKEN=$NPM_TOKEN"\ndocker buildx bake $ARGS\n', 'ARGS="--set *.secrets=id=npm_token,env=NPM_TOKEN"\ndocker buildx bake $ARGS\n'),
}  # fmt: skip


@pytest.mark.parametrize("case", BAKES)
def test_bake_is_told_on_the_command_line(repo: Repo, case: str) -> None:
    before, after = BAKES[case]
    done = repo.fix({"docker-bake.hcl": BAKE, "build.sh": before})
    assert reasons(done) == []
    assert changed(done) == {"build.sh": after}


def test_a_file_with_secrets_gets_this_one_too(repo: Repo) -> None:
    """`--set` would take the place of all that the file gives."""
    for entry in ('secret = ["id=x,env=X"]', 'args = {\n    NPM_TOKEN = NPM_TOKEN\n  }'):
        variable = 'variable "NPM_TOKEN" {\n  default = ""\n}\n' if "args" in entry else ""
        done = repo.fix({"docker-bake.hcl": variable + BAKE.replace("}\n", f"  {entry}\n}}\n"), "build.sh": 'docker buildx bake --set "*.args.NPM_TOKEN=$NPM_TOKEN" app\n'})
        assert reasons(done) == []
        assert changed(done)["build.sh"] == "docker buildx bake app\n"
        assert "id=npm_token,env=NPM_TOKEN" in changed(done)["docker-bake.hcl"]


def test_several_patterns_where_targets_inherit(repo: Repo) -> None:
    """A secret that is set for the heir takes the place of the one that it inherits; so the file gets it."""
    file = 'target "base" {\n  context = "."\n}\ntarget "app" {\n  inherits = ["base"]\n}\n'
    text = "docker buildx bake --set base.args.NPM_TOKEN --set '*.args.A=1' app\n"
    done = repo.fix({"docker-bake.hcl": file, "build.sh": text})
    assert changed(done)["build.sh"] == "docker buildx bake --set '*.args.A=1' app\n"
    assert changed(done)["docker-bake.hcl"].count('secret = ["id=npm_token,env=NPM_TOKEN"]') == 1
    one = repo.fix({"docker-bake.hcl": file, "build.sh": text.replace(" --set '*.args.A=1'", "")})
    assert changed(one) == {"build.sh": "docker buildx bake --set base.secrets=id=npm_token,env=NPM_TOKEN app\n"}


def test_secrets_that_the_command_sets_already(repo: Repo) -> None:
    text = "docker buildx bake --set app.secrets=id=x,env=X --set '*.args.NPM_TOKEN'\n"
    done = repo.fix({"docker-bake.hcl": BAKE, "build.sh": text})
    assert changed(done) == {"build.sh": "docker buildx bake --set app.secrets=id=x,env=X --set '*.secrets=id=npm_token,env=NPM_TOKEN'\n"}
    done = repo.fix({"docker-bake.hcl": BAKE.replace("}\n", '  secret = ["id=y,env=Y"]\n}\n')})
    assert changed(done) == {} and reasons(done) == [("build.sh", "caller-arguments")]
    given = "docker buildx bake --set '*.secrets=id=npm_token,env=T'"
    done = repo.fix({"docker-bake.hcl": BAKE, "build.sh": f"{given} --set '*.args.NPM_TOKEN'\n"})
    assert changed(done) == {"build.sh": given + "\n"}


def test_a_bake_that_passes_nothing_is_told(repo: Repo) -> None:
    done = repo.fix({"docker-bake.hcl": BAKE, "a.sh": "docker buildx bake --set '*.args.NPM_TOKEN'\n", "b.sh": "docker buildx bake\n"})
    assert reasons(done) == [("b.sh", "caller-without")]
    assert set(changed(done)) == {"a.sh"}


RUN = "import os\nimport subprocess\n\n\ndef image(token):\n    subprocess.run([{}], check=True)\n"
PYTHON = {
    "passed through": ('"docker", "compose", "build", "--build-arg", "NPM_TOKEN", "web"', '"docker", "compose", "build", "web"], '),
    "from the environment": ('"docker", "compose", "build", "--build-arg", f"NPM_TOKEN={os.environ[\'NPM_TOKEN\']}", "web"', '"docker", "compose", "build", "web"], '),
    "a value": ('"docker", "compose", "-f", "compose.yaml", "build", f"--build-arg=NPM_TOKEN={token}", "web"',
                '"docker", "compose", "-f", "compose.yaml", "build", "web"], check=True, env={**os.environ, "NPM_TOKEN": f"{token}"}'),
}  # fmt: skip


@pytest.mark.parametrize("case", PYTHON)
def test_an_argument_list_of_a_program(repo: Repo, case: str) -> None:
    before, after = PYTHON[case]
    done = repo.fix({"compose.yaml": COMPOSE, "b.py": RUN.replace("{}", before)})
    assert reasons(done) == []
    found = changed(done)
    assert after in found["b.py"]
    assert secrets(found["compose.yaml"]) == ({"web": ["npm_token"]}, {"npm_token": {"environment": "NPM_TOKEN"}})


def test_an_argument_list_for_bake(repo: Repo) -> None:
    done = repo.fix({"docker-bake.hcl": BAKE, "b.py": RUN.replace("{}", '"docker", "buildx", "bake", "--set", f"*.args.NPM_TOKEN={token}", "app"')})
    assert reasons(done) == []
    assert '"--set", "*.secrets=id=npm_token,env=NPM_TOKEN", "app"], check=True, env={**os.environ, "NPM_TOKEN": f"{token}"}' in changed(done)["b.py"]


PYTHON_REFUSED = {
    "a file that is not known": ('"docker", "compose", "-f", token, "build", "--build-arg", "NPM_TOKEN"', "caller-which-file"),
    "another variable": ('"docker", "compose", "-f", "other.yaml", "build", "--build-arg", "NPM_TOKEN"', "caller-value"),
    "sudo": ('"sudo", "docker", "compose", "build", "--build-arg", "NPM_TOKEN"', "caller-remote"),
}  # fmt: skip


@pytest.mark.parametrize("case", PYTHON_REFUSED)
def test_an_argument_list_that_is_refused(repo: Repo, case: str) -> None:
    text, code = PYTHON_REFUSED[case]
    other = "services:\n  web:\n    build:\n      context: .\n      args:\n        NPM_TOKEN: ${CI_TOKEN}\n"
    done = repo.fix({"compose.yaml": COMPOSE, "other.yaml": other, "b.py": RUN.replace("{}", text)})
    assert changed(done) == {} and code in {reason for _, reason in reasons(done)}

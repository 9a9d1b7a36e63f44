"""Shapes of real repositories that went wrong once, through the whole pipeline; scripts run for real, before and after."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from remediate import pipeline
from remediate.model import Options, Outcome
from remediate.pipeline import write
from tests.callers.recorder import Recorder, on_no_argv, same

DOCKERFILE = "FROM node:20\nARG NPM_TOKEN\nCOPY package.json .npmrc ./\nRUN npm ci\n"
NPMRC = "//npm.example.com/:_authToken=${NPM_TOKEN}\n"
IMAGE = {"Dockerfile": DOCKERFILE, ".npmrc": NPMRC, "package.json": "{}"}
SERVICES = {f"services/{name}/{path}": text for name in ("api", "web") for path, text in IMAGE.items()}
PLANTED = "planted-4f1d9c"
IDS = {"NPM_TOKEN": "npm_token"}
BUILD = 'docker build --build-arg NPM_TOKEN="$NPM_TOKEN" .\n'
MOVED = "docker build --secret id=npm_token,env=NPM_TOKEN .\n"


def lay(folder: Path, files: dict[str, str]) -> None:
    (folder / ".git").mkdir(parents=True, exist_ok=True)
    (folder / ".git" / "config").write_text('[remote "origin"]\n\turl = git@github.com:acme/shop.git\n')
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


@pytest.fixture
def fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def fixed(files: dict[str, str], base: dict[str, str] = IMAGE) -> Outcome:
        lay(tmp_path / "before", {**base, **files})
        lay(tmp_path / "after", {**base, **files})
        monkeypatch.chdir(tmp_path / "after")
        done = pipeline.run(["."], Options())
        write.write(done)
        return done

    return fixed


def changed(done: Outcome) -> dict[str, str]:
    return {os.path.normpath(c.path): c.after.decode() for c in done.changes}


def codes(done: Outcome) -> set[str]:
    return {c.reason for f in done.files for c in f.callers if c.holds}


def runs_alike(tmp_path: Path, *argv: str, env: dict[str, str] | None = None) -> None:
    """Both repositories' builders are called alike, what was a build arg arrives as a secret, and no process has it as an argument."""
    results = []
    for name in ("before", "after"):
        (tmp_path / f"tools-{name}").mkdir()
        found, code, printed = Recorder(tmp_path / f"tools-{name}").run(list(argv), tmp_path / name, env or {})
        results.append(([{**c, "folder": os.path.relpath(c["folder"], tmp_path / name)} for c in found], code, printed))
    (before, code, _), (after, later, printed) = results
    assert before and code == later, printed
    assert all(dict(c["args"]).get("NPM_TOKEN") == PLANTED for c in before)
    same(before, after, IDS)
    on_no_argv(after, [PLANTED])


HERE = {"NPM_TOKEN": PLANTED}
# name -> (script, environment): the secret has to arrive as it did
SCRIPTS: dict[str, tuple[str, dict[str, str]]] = {
    "sudo in a variable": ("SUDO=sudo\n$SUDO " + BUILD, HERE),
    "sudo by default": ("SUDO=${SUDO:-sudo}\n$SUDO " + BUILD, HERE),
    "sudo by default, at once": ("${SUDO:-sudo} " + BUILD, HERE),
    "sudo perhaps": ('set -u\nSUDO=""\nif [ -n "$NEEDED" ]; then SUDO="sudo"; fi\n$SUDO ' + BUILD, {**HERE, "NEEDED": "1"}),
    "sudo perhaps, not": ('set -u\nSUDO=""\nif [ -n "$NEEDED" ]; then SUDO="sudo"; fi\n$SUDO ' + BUILD, {**HERE, "NEEDED": ""}),
    "sudo with options": ('SUDO="sudo -n"\n$SUDO ' + BUILD, HERE),
    "sudo with options, perhaps": ('case "$NEEDED" in 1) S="sudo -n" ;; *) S="" ;; esac\n$S ' + BUILD, {**HERE, "NEEDED": "1"}),
    "a folder that is given": ('DIR=${1:-.}\ncd "$DIR" && ' + BUILD, HERE),
    "sudo in the builder's variable": ('DOCKER="sudo docker"\n' + BUILD.replace("docker", "$DOCKER"), HERE),
    "sudo in the builder's variable, perhaps": (
        'DOCKER="docker"\nif [ -n "$NEEDED" ]; then DOCKER="sudo docker"; fi\n' + BUILD.replace("docker", "$DOCKER"), {**HERE, "NEEDED": "1"},
    ),
    "sudo in an array": ("DOCKER=(sudo docker)\n" + BUILD.replace("docker", '"${DOCKER[@]}"'), HERE),
    "sudo in a whole command": ('CMD="sudo docker build --build-arg NPM_TOKEN=$NPM_TOKEN ."\n$CMD\n', HERE),
    "a function that runs its arguments with sudo": ('as_root() { sudo "$@"; }\nas_root ' + BUILD, HERE),
    "a function with sudo, perhaps": ('as_root() { if [ -n "$NO" ]; then "$@"; else sudo "$@"; fi; }\nas_root ' + BUILD, HERE),
    "a function of a function": ('as_root() { sudo "$@"; }\nrun() { echo "+ build"; as_root "$@"; }\nrun ' + BUILD, HERE),
    "readonly": (f"readonly NPM_TOKEN=$(echo {PLANTED})\n" + BUILD, {}),
    "readonly later": (f"NPM_TOKEN=$(echo {PLANTED})\nreadonly NPM_TOKEN\n" + BUILD, {}),
    "declare -r": (f"declare -r NPM_TOKEN=$(echo {PLANTED})\n" + BUILD, {}),
    "local -r": (f"f() {{ local -r NPM_TOKEN=$(echo {PLANTED}); {BUILD.strip()}; }}\nf\n", {}),
    "readonly, not the same": ("readonly NPM_TOKEN=x\n" + BUILD.replace("$NPM_TOKEN", "$(echo $T)"), {"T": PLANTED}),
    "declare +x": ("declare +x NPM_TOKEN\n" + BUILD, HERE),
    "declare of any name": ('while IFS== read -r k v; do declare "$k=$v"; done < env.txt\n' + BUILD, {}),
    "printf of any name": (f'n=NPM_TOKEN; printf -v "$n" %s {PLANTED}\n' + BUILD, {}),
    "read of any name": (f'n=NPM_TOKEN; read -r "$n" <<< {PLANTED}\n' + BUILD, {}),
    "a reference": (f"give() {{ local -n ref=$1; ref={PLANTED}; }}\ngive NPM_TOKEN\n" + BUILD, {}),
    "export of any name": ('while read -r line; do export "$line"; done < env.txt\n' + BUILD, {}),
    "a dry run's variable": ('run=""\n[ "${1:-}" = -n ] && run=echo\n$run ' + BUILD, HERE),
    "a dry run's word": ("${DRY_RUN:+echo} " + BUILD, HERE),
    "a builder that is looked for": (
        'DOCKER=${DOCKER:-$(command -v docker || command -v podman)}\n' + BUILD.replace("docker", '"$DOCKER"'), HERE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_hands_the_secret_over(name: str, tmp_path: Path, fix) -> None:
    text, env = SCRIPTS[name]
    done = fix({"build.sh": "#!/bin/bash\n" + text, "env.txt": f"NPM_TOKEN={PLANTED}\n"})
    assert "--secret" in changed(done)["build.sh"], codes(done)
    runs_alike(tmp_path, "bash", "build.sh", env=env)


def test_a_file_that_is_taken_in_makes_it_read_only(tmp_path: Path, fix) -> None:
    fix({"build.sh": "source ./env.sh\n" + BUILD, "env.sh": f"readonly NPM_TOKEN={PLANTED}\n"})
    runs_alike(tmp_path, "bash", "build.sh")


def test_elements_that_are_set_one_by_one_are_not_overlooked(fix) -> None:
    done = fix({"build.sh": 'a[0]="--build-arg"\na[1]="NPM_TOKEN=$NPM_TOKEN"\ndocker build "${a[@]}" .\n'})
    assert codes(done) == {"caller-arguments"} and done.files[0].after == done.files[0].before


REMOTE = {
    "env -i in a function": ('clean() { env -i PATH="$PATH" "$@"; }\nclean ' + BUILD, "caller-remote"),
    "ssh in a function": ('remote() { ssh host "$@"; }\nremote ' + BUILD, "caller-remote"),
    "a container in a function": ('in_box() { docker run --rm box "$@"; }\nin_box ' + BUILD, "caller-remote"),
    "an alias": ('shopt -s expand_aliases\nalias docker="sudo docker"\n' + BUILD, "caller-shell"),
    "a pure nix shell": ("nix-shell --pure --run '" + BUILD.strip() + "'\n", "caller-remote"),
    "nix without the environment": ("nix develop -i --command " + BUILD, "caller-remote"),
    "only the store's variables": ("chamber exec --pristine app -- " + BUILD, "caller-remote"),
}


@pytest.mark.parametrize("name", REMOTE)
def test_an_environment_that_does_not_arrive_is_refused(name: str, fix) -> None:
    text, code = REMOTE[name]
    done = fix({"build.sh": "#!/bin/bash\n" + text})
    assert not done.changes and codes(done) == {code}
    assert done.files[0].after == done.files[0].before


def test_a_package_script_that_reads_a_file_in(tmp_path: Path, fix) -> None:
    """What `.env` assigns is not exported."""
    line = "docker build --build-arg NPM_TOKEN=$NPM_TOKEN ."
    done = fix({"package.json": json.dumps({"scripts": {"image": f". ./.env && {line}"}}), ".env": f"NPM_TOKEN={PLANTED}\n"})
    script = json.loads(changed(done)["package.json"])["scripts"]["image"]
    assert script == '. ./.env && NPM_TOKEN="$NPM_TOKEN" docker build --secret id=npm_token,env=NPM_TOKEN .'
    (tmp_path / "before" / "run.sh").write_text(f". ./.env && {line}\n")
    (tmp_path / "after" / "run.sh").write_text(script + "\n")
    runs_alike(tmp_path, "sh", "run.sh")


def test_a_task_that_reads_a_file_in(fix) -> None:
    text = "version: '3'\ntasks:\n  b:\n    cmds:\n      - |\n        source .env\n        " + BUILD
    done = fix({"Taskfile.yml": text})
    assert changed(done)["Taskfile.yml"] == text.replace(BUILD, 'NPM_TOKEN="$NPM_TOKEN" ' + MOVED)


def test_an_agent_that_is_started_assigns_no_token(fix) -> None:
    done = fix({"build.sh": 'eval "$(ssh-agent -s)"\n' + BUILD})
    assert changed(done)["build.sh"] == 'eval "$(ssh-agent -s)"\n' + MOVED


KEEPING = (
    "cross-env DOCKER_BUILDKIT=1", "env-cmd -f .env", "dotenvx run --", "npx dotenv -e .env --", "npx env-cmd", "pnpm exec", "yarn exec",
    "infisical run --", "teller run --", "summon", "berglas exec --", "mise exec --", "poetry run", "uv run", "pipenv run", "bundle exec",
    "nix develop -c", "nix develop --command", "doppler run --", "op run --env-file=.env --", "aws-vault exec prod --", "chamber exec app --",
    "direnv exec .", "ssh-agent", "winpty", "npx cross-env X=1", "envconsul -secret x", "vault-env",
)  # fmt: skip


@pytest.mark.parametrize("wrapper", KEEPING)
def test_what_keeps_the_environment(wrapper: str, fix) -> None:
    line = "docker build --build-arg NPM_TOKEN=$NPM_TOKEN ."
    done = fix({"package.json": json.dumps({"scripts": {"image": f"{wrapper} {line}"}})})
    assert json.loads(changed(done)["package.json"])["scripts"]["image"] == f"{wrapper} {MOVED.strip()}"


HANDING = (
    "nix-shell --run 'TEXT'", "nix-shell -p docker --command 'TEXT'", "sops exec-env secrets.yaml 'TEXT'", "flock /tmp/l -c 'TEXT'",
    "cross-env-shell A=b \"TEXT\"", 'concurrently "TEXT" "tsc -w"', "script -qec 'TEXT' /dev/null", "sg docker -c 'TEXT'",
)  # fmt: skip


@pytest.mark.parametrize("around", HANDING)
def test_what_hands_a_text_to_a_shell(around: str, fix) -> None:
    line = around.replace("TEXT", "docker build --build-arg NPM_TOKEN=$NPM_TOKEN .")
    done = fix({"package.json": json.dumps({"scripts": {"image": line}})})
    assert json.loads(changed(done)["package.json"])["scripts"]["image"] == around.replace("TEXT", MOVED.strip())


FOLDERS = {
    "the folder above": ('HERE="$(cd "$(dirname "$0")" && pwd)"\nROOT=$(dirname "$HERE")\ncd "$ROOT"\n', "scripts/build.sh"),
    "two above": ('HERE=$(cd $(dirname ${BASH_SOURCE[0]}); pwd)\ncd "$(dirname "$(dirname "$HERE")")"\n', "scripts/ci/build.sh"),
    "without dirname": ('SELF="${BASH_SOURCE[0]}"\nHERE="${SELF%/*}"\ncd "$HERE/.."\n', "scripts/build.sh"),
    "cut off": ('HERE="$(cd "$(dirname "$0")" && pwd)"\ncd "${HERE%/*}"\n', "scripts/build.sh"),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_the_folder_of_the_script_is_followed(name: str, tmp_path: Path, fix) -> None:
    text, path = FOLDERS[name]
    done = fix({path: "#!/bin/bash\n" + text + BUILD, "services/api/Dockerfile": "FROM a\nARG NPM_TOKEN\nLABEL t=$NPM_TOKEN\n"})
    assert changed(done).get(path) == "#!/bin/bash\n" + text + MOVED
    runs_alike(tmp_path, "bash", path, env=HERE)


ARRAYS = {
    "by name": ('declare -A dirs=( [api]=services/api [web]="services/web" )\nfor n in "${!dirs[@]}"; do\n', '"${dirs[$n]}"'),
    "by number": ("dirs=(services/api services/web)\nfor n in 0 1; do\n", '"${dirs[n]}"'),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_a_context_out_of_an_array(name: str, tmp_path: Path, fix) -> None:
    head, context = ARRAYS[name]
    build = f'docker build --build-arg NPM_TOKEN="$NPM_TOKEN" {context}\n'
    done = fix({"build.sh": f"#!/bin/bash\n{head}{build}done\n"}, SERVICES)
    assert changed(done)["build.sh"] == f"#!/bin/bash\n{head}{MOVED.replace('.', context)}done\n"
    runs_alike(tmp_path, "bash", "build.sh", env=HERE)


CONDITIONS = {
    "exported perhaps": ('T=$(echo $NPM_TOKEN)\n[ -n "$NEEDED" ] && export T\n' + BUILD.replace("$NPM_TOKEN", "$T"), 'NPM_TOKEN="$T" docker'),
    "exported in the same list": ("export T=$NPM_TOKEN && " + BUILD.replace("$NPM_TOKEN", "$T"), "env=T"),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_an_export_behind_a_condition_is_not_certain(name: str, tmp_path: Path, fix) -> None:
    text, option = CONDITIONS[name]
    done = fix({"build.sh": "#!/bin/bash\n" + text})
    assert option in changed(done)["build.sh"]
    runs_alike(tmp_path, "bash", "build.sh", env=HERE)


CLONES = {
    "into a folder": 'git clone https://github.com/acme/base.git base-image\ncd base-image\n' + BUILD,
    "into a folder by its name": "git clone --depth 1 git@github.com:acme/base.git && cd base && " + BUILD,
    "into a temporary folder": 'tmp=$(mktemp -d)\ngit clone -b main https://github.com/acme/base "$tmp"\n' + BUILD.replace(" .\n", ' "$tmp"\n'),
    "below a temporary folder": (
        'tmp=$(mktemp -d)\ngit clone https://github.com/acme/base "$tmp/base"\n' + BUILD.replace(" .\n", ' -f "$tmp/base/Dockerfile" "$tmp/base"\n')
    ),
    "to an absolute path": "git clone https://github.com/acme/base /tmp/base\ncd /tmp/base && " + BUILD,
}


@pytest.mark.parametrize("name", CLONES)
def test_a_clone_of_another_repository_is_another_repository(name: str, fix) -> None:
    """Its Dockerfile still takes the build arg."""
    done = fix({"base.sh": CLONES[name], "build.sh": BUILD})
    assert changed(done) == {"build.sh": MOVED}


def test_a_clone_of_this_repository_is_not_another_one(fix) -> None:
    done = fix({"deploy.sh": "git clone https://github.com/acme/shop\ncd shop\n" + BUILD})
    assert changed(done) or codes(done)


def test_an_argument_of_the_script_is_still_an_argument(fix) -> None:
    done = fix({"build.sh": "docker build --build-arg NPM_TOKEN=$1 .\n"})
    assert changed(done)["build.sh"] == 'NPM_TOKEN="$1" ' + MOVED
    assert any("argument" in note for f in done.files for c in f.callers for note in (c.message,))


def test_skaffold_by_hand_names_the_variable(fix) -> None:
    text = (
        "apiVersion: skaffold/v4beta6\nkind: Config\nbuild:\n  artifacts:\n    - image: app\n      kaniko:\n        buildArgs:\n"
        '          NPM_TOKEN: "{{.NPM_TOKEN}}"\n  cluster: {}\n'
    )
    (use,) = [c for f in fix({"skaffold.yaml": text}).files for c in f.callers]
    assert use.holds and "env: NPM_TOKEN" in "\n".join(use.by_hand)

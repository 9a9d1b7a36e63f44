"""Drone and Woodpecker: commands with their own variables, plugins that build, older plugins, pipelines that are programs."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from remediate.callers.kinds.drone_plugins import PLUGINS, plugin_of, too_old
from remediate.callers.model import Job, Move
from remediate.model import Delivery
from tests.callers.ci_proof import changed, fits, hands_over, load, run
from tests.callers.working import applied, jobs_for, moved, read, refused, rewrite, spec

IDS = {"NPM_TOKEN": "npm_token", "PIP_TOKEN": "pip_token"}
VALUE = "s3cret value"


def after(path: str, text: str, schema: str = "drone") -> str:
    text = dedent(text)
    done = moved(path, text, "drone", IDS, delivery=Delivery.FILE)
    assert not fits(schema, done)
    return done


def plugin(settings: str, image: str = "plugins/docker") -> str:
    inner = "".join(f"      {line}\n" for line in dedent(settings).strip("\n").split("\n"))
    return f"kind: pipeline\ntype: docker\nname: default\nsteps:\n  - name: image\n    image: {image}\n    settings:\n{inner}"


def test_commands_have_the_shells_variables_behind_two_dollars(tmp_path: Path) -> None:
    before = """\
    kind: pipeline
    type: docker
    name: default
    steps:
      - name: image
        image: docker:27
        commands:
          - docker build --build-arg NPM_TOKEN="$${NPM_TOKEN}" -t a:${DRONE_TAG} .
          - TOKEN=$$(printf %s "$${RAW}")
          - docker build --build-arg NPM_TOKEN=$TOKEN b
    """
    before = before.replace("$$(", "$(")
    done = after(".drone.yml", before)
    commands = load(done)[0]["steps"][0]["commands"]
    assert commands[0] == "docker build --secret id=npm_token,env=NPM_TOKEN -t a:${DRONE_TAG} ."
    text = "\n".join(commands).replace("${DRONE_TAG}", "1").replace("$${", "${")
    hands_over(*run(text, tmp_path, {"NPM_TOKEN": VALUE, "RAW": VALUE}, "sh"), VALUE)


def test_a_value_that_drone_puts_in_is_refused() -> None:
    text = "kind: pipeline\nname: a\nsteps:\n  - name: b\n    image: docker\n    commands:\n      - docker build --build-arg NPM_TOKEN=${NPM_TOKEN} .\n"
    assert refused(".drone.yml", text, "drone", IDS) == ["caller-value"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("repo: a\nbuild_args_from_env: [NPM_TOKEN]", "repo: a\nsecrets_from_env:\n  - npm_token=NPM_TOKEN"),
        ("build_args_from_env: NPM_TOKEN\nrepo: a", "secrets_from_env:\n  - npm_token=NPM_TOKEN\nrepo: a"),
        (
            "build_args_from_env:\n  - STAGE\n  - NPM_TOKEN\n  - PIP_TOKEN\nrepo: a",
            "build_args_from_env:\n  - STAGE\nsecrets_from_env:\n  - npm_token=NPM_TOKEN\n  - pip_token=PIP_TOKEN\nrepo: a",
        ),
        (
            "secrets_from_env:\n  - ca=CA\nbuild_args_from_env:\n  - NPM_TOKEN\nrepo: a",
            "secrets_from_env:\n  - ca=CA\n  - npm_token=NPM_TOKEN\nrepo: a",
        ),
        ("secrets_from_env: ca=CA\nbuild_args_from_env:\n  - NPM_TOKEN\n  - A", "secrets_from_env: ca=CA,npm_token=NPM_TOKEN\nbuild_args_from_env:\n  - A"),
        ("build_args_from_env:\n  - A   # stays\n  # goes with it\n  - NPM_TOKEN\n", "build_args_from_env:\n  - A   # stays\n"),
        ("build_args: [A=1]\nbuild_args_from_env: [A, NPM_TOKEN]", "build_args: [A=1]\nbuild_args_from_env: [A]\nsecrets_from_env:\n  - npm_token=NPM_TOKEN"),
    ],
)
def test_settings_of_the_docker_plugin(settings: str, expected: str) -> None:
    before = plugin(settings)
    done = after(".drone.yml", before)
    if "goes with it" in settings:
        assert load(done)[0]["steps"][0]["settings"] == {"build_args_from_env": ["A"], "secrets_from_env": ["npm_token=NPM_TOKEN"]}
        return
    assert done == plugin(expected)
    assert all(p[:4] == (0, "steps", 0, "settings") for p in changed(before, done))


@pytest.mark.parametrize(
    "settings",
    [
        "build_args: [NPM_TOKEN=abc]", "build_args:\n  NPM_TOKEN:\n    from_secret: npm", "build_args: NPM_TOKEN=abc,A=b",
        "build_args:\n  - NPM_TOKEN=${NPM_TOKEN}", "build_args:\n  - NPM_TOKEN=abc\nbuild_args_from_env:\n  - NPM_TOKEN",
    ],
)  # fmt: skip
def test_values_in_build_args_are_refused_with_the_lines_to_write(settings: str) -> None:
    text = plugin(settings)
    builds = read(".drone.yml", text, "drone").builds
    done = rewrite(".drone.yml", text, "drone", jobs_for(builds, IDS, delivery=Delivery.FILE))
    assert {r.refused.code for r in done.refused} <= {"caller-value", "caller-arguments"}
    assert done.refused and "    - npm_token=NPM_TOKEN" in done.refused[0].refused.by_hand
    assert "abc" not in repr(done.refused)


def test_settings_that_stand_elsewhere_are_not_changed_for_one_step() -> None:
    text = dedent("""\
    common: &common
      build_args_from_env: [NPM_TOKEN]
    kind: pipeline
    name: default
    steps:
      - {name: a, image: plugins/docker, settings: *common}
      - name: b
        image: plugins/docker
        settings:
          <<: *common
          repo: b
    """)
    builds = read(".drone.yml", text, "drone").builds
    assert [[a.name for a in b.args] for b in builds] == [["NPM_TOKEN"], ["NPM_TOKEN"]]
    done = rewrite(".drone.yml", text, "drone", jobs_for(builds, IDS, delivery=Delivery.FILE))
    assert [r.job for r in done.refused] == [0, 1]


def test_a_copied_file_and_a_secret_that_is_there_already() -> None:
    text = plugin("repo: a\nbuild_args_from_env: [NPM_TOKEN, A]\nsecrets_from_env: [npm_token=NPM_TOKEN]")
    (build,) = read(".drone.yml", text, "drone").builds
    assert build.secrets == ("npm_token",)
    moves = (Move(spec("NPM_TOKEN", "npm_token", Delivery.FILE), "NPM_TOKEN", supplied=True), Move(spec(".npmrc", "npmrc", Delivery.FILE), source="app/.npmrc"))
    done = applied(rewrite(".drone.yml", text, "drone", [Job(build, moves)]), {".drone.yml": text})
    assert load(done[".drone.yml"].decode())[0]["steps"][0]["settings"] == {
        "repo": "a", "build_args_from_env": ["A"], "secrets_from_env": ["npm_token=NPM_TOKEN"], "secrets_from_file": ["npmrc=app/.npmrc"],
    }  # fmt: skip


def test_woodpecker_steps_and_its_plugins() -> None:
    before = dedent("""\
    steps:
      image:
        image: codeberg.org/woodpecker-plugins/docker-buildx:6.0.1
        settings:
          dockerfile: shop/Dockerfile
          build_args_from_env: [NPM_TOKEN]
          secrets:
          - id=OTHER
    """)
    (build,) = read(".woodpecker.yml", before, "drone").builds
    assert build.place.paths == ("shop/Dockerfile",)
    done = after(".woodpecker.yml", before, "woodpecker")
    assert load(done)[0]["steps"]["image"]["settings"]["secrets"] == ["id=OTHER", "id=npm_token\\\\,env=NPM_TOKEN"]
    (again,) = read(".woodpecker.yml", done, "drone").builds
    assert again.secrets == ("OTHER", "npm_token")


def test_a_folder_of_a_woodpecker_step() -> None:
    text = "steps:\n  - name: a\n    image: docker\n    directory: shop\n    commands: docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n"
    (build,) = read(".woodpecker/a.yaml", text, "drone").builds
    assert build.place.paths == ("shop/Dockerfile",)


@pytest.mark.parametrize(
    ("image", "code"),
    [
        ("plugins/kaniko", "caller-builder"), ("plugins/docker:18", "caller-builder-old"), ("plugins/docker:20.10.1", "caller-builder-old"),
        ("woodpeckerci/plugin-docker-buildx:2", "caller-builder-old"), ("acme/builder", "caller-elsewhere"),
    ],
)  # fmt: skip
def test_plugins_without_secrets_are_refused(image: str, code: str) -> None:
    assert refused(".drone.yml", plugin("build_args_from_env: [NPM_TOKEN]", image), "drone", IDS) == [code]


@pytest.mark.parametrize("row", PLUGINS, ids=lambda r: r.example)
def test_rows(row) -> None:
    assert plugin_of(row.example) is row and plugin_of(f"registry.example.com/{row.example}:99") is row
    assert plugin_of(row.counter) is None
    assert not too_old(row, f"{row.example}:latest") and not too_old(row, f"{row.example}:99.1")


def test_pipelines_that_are_programs_are_named() -> None:
    text = 'def main(ctx):\n  return {"settings": {"build_args_from_env": ["NPM_TOKEN"]}}\n'
    (unread,) = read(".drone.star", text, "drone").unread
    assert (unread.name, unread.line, unread.refused.code) == ("", 2, "caller-format")
    assert read(".drone.jsonnet", "{ kind: 'pipeline' }", "drone").unread == ()


@pytest.mark.parametrize("text", [b"steps:\n\t- x\n", b"steps: [", b"", b"steps: 1\n", b"kind: a\nkind: b\n"])
def test_what_cannot_be_read_is_said(text: bytes) -> None:
    reading = read(".drone.yml", text, "drone")
    assert not reading.builds and all(u.refused.code == "caller-format" for u in reading.unread)


def test_a_name_in_lower_case_is_the_variable_that_the_step_has() -> None:
    old = "pipeline:\n  image:\n    image: plugins/docker\n    secrets: [docker_password, npm_token]\n    build_args_from_env:\n      - npm_token\n    tags: [latest]\n"
    builds = read(".drone.yml", old, "drone").builds
    assert [u.name for u in read(".drone.yml", old, "drone").unread] == ["NPM_TOKEN"]
    done = applied(rewrite(".drone.yml", old, "drone", jobs_for(builds, {"npm_token": "npm_token"}, delivery=Delivery.FILE)), {".drone.yml": old})[".drone.yml"].decode()
    assert done == old.replace("build_args_from_env:\n      - npm_token", "secrets_from_env:\n      - npm_token=NPM_TOKEN")
    unknown = old.replace(", npm_token]", "]")
    assert refused(".drone.yml", unknown, "drone", {"npm_token": "npm_token"}, delivery=Delivery.FILE) == ["caller-arguments", "caller-value"]


def test_a_containerfile() -> None:
    text = "steps:\n  - name: a\n    image: quay.io/thegeeklab/wp-docker-buildx:6\n    settings:\n      repo: a\n"
    (build,) = read(".woodpecker.yml", text, "drone").builds
    assert build.place.paths == ("Dockerfile", "Containerfile")
    (build,) = read(".woodpecker.yml", text + "      containerfile: a/Containerfile\n", "drone").builds
    assert build.place.paths == ("a/Containerfile",)

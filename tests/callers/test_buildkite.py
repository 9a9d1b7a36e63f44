"""Buildkite: what is replaced at upload and what the shell sees, steps in groups and matrices, plugins that build."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest

from remediate.callers.kinds.buildkite_plugins import PLUGINS, plugin_of, split, too_old
from remediate.callers.model import CallerFile, Job, Move
from remediate.model import Delivery
from tests.callers.ci_proof import changed, fits, hands_over, load, run
from tests.callers.working import applied, jobs_for, module_of, moved, read, refused, repository, rewrite, spec

PATH = ".buildkite/pipeline.yml"
IDS = {"NPM_TOKEN": "npm_token", "PIP_TOKEN": "pip_token"}
VALUE = "s3cret value"
CACHE = "seek-oss/docker-ecr-cache#v1.11.0"


def after(text: str, **more) -> str:
    text = dedent(text)
    done = moved(PATH, text, "buildkite", IDS, **more)
    assert not fits("buildkite", done)
    return done


def step(command: str, more: str = "") -> str:
    return f"steps:\n  - label: image\n    command: {command}\n{more}"


def at_run_time(text: str, uploaded: dict[str, str] | None = None) -> str:
    """What the agent makes of a command at upload."""

    def value(found: re.Match[str]) -> str:
        return "$" if found[0] in ("$$", "\\$") else (uploaded or {}).get(found[0].strip("${}"), "")

    return re.sub(r"\$\$|\\\$|\$[A-Za-z]\w*|\$\{\w+\}", value, text)


def plugin(settings: str, name: str = CACHE) -> str:
    inner = "".join(f"          {line}\n" for line in dedent(settings).strip("\n").split("\n"))
    return f"steps:\n  - label: image\n    plugins:\n      - {name}:\n{inner}"


def test_the_shells_variables_stand_behind_two_dollars(tmp_path: Path) -> None:
    done = after("""\
    steps:
      - label: image
        commands:
          - TOKEN=$$(printf %s "$$RAW")
          - docker build --build-arg NPM_TOKEN=$$TOKEN -t "a:$BUILDKITE_COMMIT" .
          - docker build --build-arg "NPM_TOKEN=\\${RAW}" --build-arg A=$$A b  # two
          - docker build --build-arg NPM_TOKEN c
    """)
    commands = load(done)[0]["steps"][0]["commands"]
    assert commands[1] == 'NPM_TOKEN="$$TOKEN" docker build --secret id=npm_token,env=NPM_TOKEN -t "a:$BUILDKITE_COMMIT" .'
    assert commands[2] == "docker build --secret id=npm_token,env=RAW --build-arg A=$$A b"
    assert commands[3] == "docker build --secret id=npm_token,env=NPM_TOKEN c"
    assert "b  # two\n" in done
    script = at_run_time("\n".join(commands[:2]), {"BUILDKITE_COMMIT": "c0ffee"})
    hands_over(*run(script, tmp_path, {"RAW": VALUE}), VALUE)


@pytest.mark.parametrize(
    "command",
    [
        "docker build --build-arg NPM_TOKEN=$$NPM_TOKEN .", 'docker build --build-arg "NPM_TOKEN=$${NPM_TOKEN}" .', r"docker build --build-arg NPM_TOKEN=\$RAW .",
        "docker build --build-arg NPM_TOKEN=$(cat token) .", 'docker build --build-arg NPM_TOKEN="$$(cat token)" .', "docker build --build-arg NPM_TOKEN=`cat token` .",
        "T=$$(cat token) && docker build --build-arg NPM_TOKEN=$$T .", "export A=$$RAW; docker build --build-arg=NPM_TOKEN=$$A .", "docker build --build-arg NPM_TOKEN .",
        'f() { docker build "$$@"; }; f --build-arg NPM_TOKEN=$$RAW .', "ARGS=\"--build-arg NPM_TOKEN=$$NPM_TOKEN\"; docker build $$ARGS .",
        'args=(--build-arg "NPM_TOKEN=$${RAW}"); docker build "$${args[@]}" .', "bash -c 'docker build --build-arg NPM_TOKEN=$$RAW .'",
        "NPM_TOKEN=$$RAW docker build --build-arg NPM_TOKEN .", "RAW=$$(cat token); docker build --build-arg NPM_TOKEN=$${RAW%%x} .",
        "docker build --build-arg NPM_TOKEN=$${MISSING:-$$RAW} -t a:$TAG .", "NPM_TOKEN=$UPLOADED docker build --build-arg NPM_TOKEN .",
    ],
)  # fmt: skip
def test_the_builder_gets_the_same_value_after_the_upload(tmp_path: Path, command: str) -> None:
    """The agent's replacement is done to both texts, and both are run."""
    value = "s3cret-value"
    (tmp_path / "token").write_text(value)
    uploaded, environment = {"TAG": "1", "UPLOADED": value}, {"NPM_TOKEN": value, "RAW": value}
    text = f"steps:\n  - label: image\n    command: |\n      {command}\n"
    argv, before = run(at_run_time(command, uploaded), tmp_path, environment)
    assert f"NPM_TOKEN={value}" in [a.removeprefix("--build-arg=") for a in argv] or ("NPM_TOKEN" in argv and before["NPM_TOKEN"] == value)
    for record in (tmp_path / ".tools").glob("record.*"):
        record.unlink()
    done = load(after(text))[0]["steps"][0]["command"]
    hands_over(*run(at_run_time(done, uploaded), tmp_path, environment), value)


def test_a_block_of_lines_a_group_and_a_matrix() -> None:
    text = dedent("""\
    steps:
      - group: images
        steps:
          - label: "{{matrix.app}}"
            command: |
              set -euo pipefail
              docker build \\
                --build-arg NPM_TOKEN="$$NPM_TOKEN" \\
                -f {{matrix.app}}/Dockerfile .
            matrix:
              setup:
                app: [shop, admin]
              adjustments:
                - with: {app: extra}
      - wait
      - command: docker build --build-arg NPM_TOKEN {{matrix}}
        matrix: [a, b]
    """)
    first, second = read(PATH, text, "buildkite").builds
    assert first.place.paths == ("shop/Dockerfile", "admin/Dockerfile", "extra/Dockerfile")
    assert second.place.paths == ("a/Dockerfile", "b/Dockerfile")
    done = after(text)
    assert done == text.replace('--build-arg NPM_TOKEN="$$NPM_TOKEN"', "--secret id=npm_token,env=NPM_TOKEN").replace(
        "--build-arg NPM_TOKEN {{", "--secret id=npm_token,env=NPM_TOKEN {{"
    )


@pytest.mark.parametrize("command", ["$NPM_TOKEN", '"${NPM_TOKEN}"', '"${NPM_TOKEN:-none}"', "pre-$NPM_TOKEN", "$TOKEN"])
def test_a_value_that_is_put_in_at_upload_is_refused_with_what_to_write(command: str) -> None:
    text = step(f"'docker build --build-arg NPM_TOKEN={command} .'")
    done = rewrite(PATH, text, "buildkite", jobs_for(read(PATH, text, "buildkite").builds, IDS))
    assert [r.refused.code for r in done.refused] == ["caller-value"] and not done.edits
    if command in ("$NPM_TOKEN", "$TOKEN"):
        assert "pipeline that it keeps" in done.refused[0].refused.detail and "  - NAME" in done.refused[0].refused.by_hand


@pytest.mark.parametrize("more", ["    secrets: [NPM_TOKEN]\n", "    secrets:\n      NPM_TOKEN: shop_npm\n", "env:\n  NPM_TOKEN: $OTHER\n"])
def test_what_the_job_surely_has_too_is_taken_from_there(more: str) -> None:
    done = after(step("docker build --build-arg NPM_TOKEN=$NPM_TOKEN .", more))
    assert "docker build --secret id=npm_token,env=NPM_TOKEN ." in done
    assert len(changed(step("docker build --build-arg NPM_TOKEN=$NPM_TOKEN .", more), done)) == 1


@pytest.mark.parametrize("more", ["    env:\n      NPM_TOKEN: other\nenv:\n  NPM_TOKEN: a\n", "    plugins:\n      - docker#v5.10.0:\n          image: docker:27\nenv:\n  NPM_TOKEN: a\n"])
def test_another_value_in_the_job_is_not_taken_for_it(more: str) -> None:
    assert refused(PATH, step("docker build --build-arg NPM_TOKEN=$NPM_TOKEN .", more), "buildkite", IDS) == ["caller-value"]


def test_a_dollar_before_what_is_put_in_is_left_alone() -> None:
    assert refused(PATH, step(r"docker build --build-arg NPM_TOKEN=\$${NPM_TOKEN} ."), "buildkite", IDS) == ["caller-value"]


def test_steps_that_share_a_text() -> None:
    text = dedent("""\
    common:
      - &build
        command: docker build --build-arg NPM_TOKEN .
    steps:
      - <<: *build
        label: one
      - <<: *build
        label: two
    """)
    assert len(read(PATH, text, "buildkite").builds) == 1
    assert moved(PATH, text, "buildkite", IDS).count("--secret") == 1


def test_buildkit_turned_off_windows_and_steps_that_are_skipped() -> None:
    command = "docker build --build-arg NPM_TOKEN=$$NPM_TOKEN ."
    assert refused(PATH, step(command, '    env:\n      DOCKER_BUILDKIT: "0"\n'), "buildkite", IDS) == ["caller-builder"]
    assert refused(PATH, step(command, "    agents:\n      queue: windows\n"), "buildkite", IDS) == ["caller-shell"]
    assert [b.idle for b in read(PATH, step(command, "    skip: later\n"), "buildkite").builds] == [True]
    assert [b.idle for b in read(PATH, step(command, "    skip: false\n"), "buildkite").builds] == [False]


@pytest.mark.parametrize(("image", "codes"), [("docker:19.03", ["caller-builder-old"]), ("docker:20.10", ["caller-builder-old"]), ("docker:27", []), ("acme/tools", [])])
def test_commands_in_a_container_with_an_old_docker(image: str, codes: list[str]) -> None:
    text = step("docker build --build-arg NPM_TOKEN=$$NPM_TOKEN .", f"    plugins:\n      - docker#v5.10.0:\n          image: {image}\n")
    assert refused(PATH, text, "buildkite", IDS) == codes


def test_a_compose_file_with_another_name_is_said_to_be_unread() -> None:
    (unread,) = read(".buildkite/tools.yml", "services:\n  web:\n    build: {args: [NPM_TOKEN]}\n", "buildkite").unread
    assert (unread.name, unread.refused.code) == ("", "caller-format")


def test_a_pipeline_in_a_folder_of_its_own() -> None:
    """At the top of the repository, unless what it builds is only found from its own folder."""
    text = step("docker build --build-arg NPM_TOKEN .", f"  - plugins:\n      - {CACHE}:\n          build-args: [NPM_TOKEN]\n")
    for there, expected in (("Dockerfile", "Dockerfile"), ("templates/web/Dockerfile", "templates/web/Dockerfile"), ("other/Dockerfile", "Dockerfile")):
        repo = repository({PATH: text, there: "FROM node:20\n"})
        repo.exists = lambda path, there=there: path == there
        file = CallerFile(f"templates/web/{PATH}", text.encode(), "buildkite")
        assert [b.place.paths for b in module_of("buildkite").read(file, repo).builds] == [(expected,), (expected,)]


def test_a_list_of_steps_at_the_top_and_an_older_form_of_commands() -> None:
    text = "- command: docker build --build-arg NPM_TOKEN .\n- command:\n    command: docker build --build-arg NPM_TOKEN b\n"
    assert [b.place.paths for b in read(PATH, text, "buildkite").builds] == [("Dockerfile",), ("b/Dockerfile",)]


# -- plugins -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("build-args:\n  - NPM_TOKEN\ncache-on: [a]", "secrets:\n  - id=npm_token,env=NPM_TOKEN\ncache-on: [a]"),
        ("cache-on: [a]\nbuild-args: NPM_TOKEN", "cache-on: [a]\nsecrets:\n  - id=npm_token,env=NPM_TOKEN"),
        (
            "build-args:\n  - STAGE=x\n  - NPM_TOKEN  # goes\n  - PIP_TOKEN\ntarget: a",
            "build-args:\n  - STAGE=x\nsecrets:\n  - id=npm_token,env=NPM_TOKEN\n  - id=pip_token,env=PIP_TOKEN\ntarget: a",
        ),
        ("secrets:\n  - CA\nbuild-args: [NPM_TOKEN, A]", "secrets:\n  - CA\n  - id=npm_token,env=NPM_TOKEN\nbuild-args: [A]"),
        ("secrets: [CA]\nbuild-args: [NPM_TOKEN, A]", "secrets: [CA, 'id=npm_token,env=NPM_TOKEN']\nbuild-args: [A]"),
        ("secrets: id=ca,src=ca.pem\nbuild-args: [NPM_TOKEN, A]", "secrets:\n  - id=ca,src=ca.pem\n  - id=npm_token,env=NPM_TOKEN\nbuild-args: [A]"),
        ("secrets: [npm_token]\nbuild-args: [NPM_TOKEN, A]", "secrets: [npm_token]\nbuild-args: [A]"),
    ],
)
def test_settings_of_the_cache_plugin(settings: str, expected: str) -> None:
    assert after(plugin(settings)) == plugin(expected)


def test_one_plugin_for_many_steps_is_one_build() -> None:
    text = dedent(f"""\
    configs:
      - &cache
        {CACHE}:
          build-args:
            - NPM_TOKEN
          dockerfile: shop/Dockerfile
    steps:
      - label: one
        plugins: [*cache]
      - label: two
        plugins:
          - seek-oss/aws-sm#v2.0.0:
              env:
                NPM_TOKEN: npm/read-token
          - *cache
    """)
    (build,) = read(PATH, text, "buildkite").builds
    assert (build.place.paths, build.context, [a.name for a in build.args]) == (("shop/Dockerfile",), "shop", ["NPM_TOKEN"])
    done = moved(PATH, text, "buildkite", IDS)
    assert done == text.replace("build-args:\n        - NPM_TOKEN", "secrets:\n        - id=npm_token,env=NPM_TOKEN")


def test_a_copied_file() -> None:
    text = plugin("dockerfile: shop/Dockerfile\ncontext: .\ncache-on: [a]")
    (build,) = read(PATH, text, "buildkite").builds
    assert build.context == "."
    done = applied(rewrite(PATH, text, "buildkite", [Job(build, (Move(spec(".npmrc", "npmrc", Delivery.FILE), source="shop/.npmrc"),))]), {PATH: text})
    assert done[PATH].decode() == plugin("dockerfile: shop/Dockerfile\ncontext: .\ncache-on: [a]\nsecrets:\n  - id=npmrc,src=shop/.npmrc")


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (plugin("build-args: [NPM_TOKEN=abc]"), ["caller-value"]),
        (plugin("build-args:\n  - NPM_TOKEN=$NPM_TOKEN"), ["caller-value"]),
        (plugin("build-args:\n  - NPM_TOKEN=$$NPM_TOKEN"), ["caller-value"]),
        (plugin("build-args: [NPM_TOKEN]", "seek-oss/docker-ecr-cache#v1.9.0"), ["caller-builder-old"]),
        (plugin("build-args: [NPM_TOKEN]", "seek-oss/docker-ecr-cache#413040d"), ["caller-builder-old"]),
        (plugin("args: [NPM_TOKEN]\necr-name: a", "seek-oss/docker-ecr-publish#v2.5.1"), ["caller-builder"]),
        (plugin("default-args: NPM_TOKEN\necr-name: a", "seek-oss/docker-ecr-publish#v2.5.1"), ["caller-builder"]),
        (plugin("build: app\nargs:\n  - NPM_TOKEN", "docker-compose#v5.2.0"), ["caller-builder"]),
        (plugin("build-args:\n  - NPM_TOKEN", "acme/builder#v1"), ["caller-elsewhere"]),
        (plugin("build-args:\n  NPM_TOKEN: x", "acme/builder#v1"), ["caller-elsewhere"]),
        (plugin("additional-build-args: --build-arg NPM_TOKEN"), ["caller-elsewhere"]),
        (f"steps:\n  - plugins:\n      - {CACHE}: {{build-args: [NPM_TOKEN]}}\n", ["caller-arguments"]),
        (f"x: &x\n  build-args: [NPM_TOKEN]\nsteps:\n  - plugins:\n      - {CACHE}:\n          <<: *x\n          target: a\n", ["caller-shared"]),
        (f"x: &x [NPM_TOKEN]\nsteps:\n  - plugins:\n      - {CACHE}:\n          build-args: *x\n", ["caller-shared"]),
    ],
)
def test_what_a_plugin_cannot_take(text: str, codes: list[str]) -> None:
    assert refused(PATH, text, "buildkite", IDS) == codes


def test_a_plugin_that_is_given_a_variable_of_the_pipeline() -> None:
    done = after("env:\n  NPM_TOKEN: $UPLOADED\n" + plugin("build-args:\n  - NPM_TOKEN=${NPM_TOKEN}"))
    assert done.endswith("          secrets:\n            - id=npm_token,env=NPM_TOKEN\n")


def test_inline_dockerfiles_are_none_of_the_repository() -> None:
    assert read(PATH, plugin("dockerfile-inline: |\n  FROM node:20\nbuild-args: [NPM_TOKEN]"), "buildkite").builds == ()


@pytest.mark.parametrize(
    ("name", "settings", "old"),
    [
        ("docker-compose#v3.7.0", "run: app", True), ("docker-compose#v4.9.0", "build: app", True), ("docker-compose#v4.9.0", "run: a\ncli-version: 2", False),
        ("docker-compose#v5.2.0", "run: app", False), ("docker-compose#v5.2.0", "run: app\ncli-version: 1", True), ("docker#v3.0.0", "image: a", False),
    ],
)  # fmt: skip
def test_steps_with_compose_1(name: str, settings: str, old: bool) -> None:
    assert [(o.calls, o.never) for o in read(PATH, plugin(settings, name), "buildkite").old] == ([(("docker-compose",), True)] if old else [])


@pytest.mark.parametrize("row", PLUGINS, ids=lambda r: r.name)
def test_rows(row) -> None:
    name = row.example.partition("#")[0]
    assert plugin_of(row.example) is row and plugin_of(name) is row and plugin_of(row.counter) is not row
    assert plugin_of(f"https://github.com/{name if '/' in name else f'buildkite-plugins/{name}'}-buildkite-plugin.git#v9") is row
    assert not too_old(row, "v99.0.0") and not too_old(row, "main") and not too_old(row, "")


def test_names_of_plugins() -> None:
    assert split("git@github.com:acme/tool-buildkite-plugin.git#v1") == ("acme/tool", "v1")
    assert split("ssh://git@git.example.com/acme/tool.git#v1") == ("acme/tool", "v1")


@pytest.mark.parametrize("text", [b"steps:\n\t- x\n", b"steps: [", b"", b"steps: 1\n", b"steps:\n  - a\nsteps:\n  - b\n", b"- - -\n", b"steps: [{steps: [[]]}]\n"])
def test_what_cannot_be_read_is_said(text: bytes) -> None:
    reading = read(PATH, text, "buildkite")
    assert not reading.builds and all(u.refused.code == "caller-format" for u in reading.unread)

"""GitLab CI: templates, references, variables that hold arguments, old builders; each rewrite is read back, parsed and run."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from time import process_time

import pytest

from remediate.model import Delivery
from tests.callers.ci_proof import changed, fits, hands_over, load, run
from tests.callers.working import applied, jobs_for, moved, read, refused, rewrite
from tests.clock import SLOWER

IDS = {"NPM_TOKEN": "npm_token"}
CI = ".gitlab-ci.yml"
VALUE = "s3cret value"


def after(text: str, others: dict[str, str] | None = None) -> str:
    done = moved(CI, dedent(text).lstrip("\n"), "gitlab", IDS, others, delivery=Delivery.FILE)
    assert not fits("gitlab", done)
    return done


def codes(text: str, others: dict[str, str] | None = None) -> list[str]:
    return refused(CI, dedent(text).lstrip("\n"), "gitlab", IDS, others)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("docker build --build-arg NPM_TOKEN=$NPM_TOKEN .", "docker build --secret id=npm_token,env=NPM_TOKEN ."),
        ("docker build --build-arg NPM_TOKEN .", "docker build --secret id=npm_token,env=NPM_TOKEN ."),
        ("'docker build --build-arg NPM_TOKEN=\"$NPM_TOKEN\" .'", "'docker build --secret id=npm_token,env=NPM_TOKEN .'"),
        ('"docker build --build-arg NPM_TOKEN=\\"$NPM_TOKEN\\" -t \\"a b\\" ."', '"docker build --secret id=npm_token,env=NPM_TOKEN -t \\"a b\\" ."'),
        ("'docker build --build-arg ''NPM_TOKEN'' . # it''s'", "'docker build --secret id=npm_token,env=NPM_TOKEN . # it''s'"),
        ("docker build --build-arg NPM_TOKEN=$CI_JOB_TOKEN .", "docker build --secret id=npm_token,env=CI_JOB_TOKEN ."),
        ("docker buildx build --build-arg=NPM_TOKEN=${NPM_TOKEN} --push .", "docker buildx build --secret=id=npm_token,env=NPM_TOKEN --push ."),
    ],
)
def test_an_item_is_changed_in_its_own_style(item: str, expected: str, tmp_path: Path) -> None:
    before = f"build:\n  script:\n    - echo start\n    - {item}\n"
    done = after(before)
    assert done == before.replace(item, expected)
    assert list(changed(before, done)) == [(0, "build", "script", 1)]
    argv, env = run(load(done)[0]["build"]["script"], tmp_path, {"NPM_TOKEN": VALUE, "CI_JOB_TOKEN": VALUE})
    hands_over(argv, env, VALUE)


def test_a_block_keeps_its_lines_and_a_folded_one_its_folds(tmp_path: Path) -> None:
    before = """\
    build:
      script:
        - |
          set -e
          docker build \\
            --build-arg NPM_TOKEN="$NPM_TOKEN" \\
            --build-arg STAGE=ci \\
            .
        - >-
          docker build --target test
          --build-arg NPM_TOKEN=$NPM_TOKEN
          .
    """
    done = after(before)
    assert done == dedent(before).replace('--build-arg NPM_TOKEN="$NPM_TOKEN"', "--secret id=npm_token,env=NPM_TOKEN").replace(
        "--build-arg NPM_TOKEN=$NPM_TOKEN", "--secret id=npm_token,env=NPM_TOKEN"
    )
    hands_over(*run(load(done)[0]["build"]["script"], tmp_path, {"NPM_TOKEN": VALUE}), VALUE)


def test_the_folder_holds_from_one_item_to_the_next_and_from_before_script() -> None:
    text = """\
    default:
      before_script:
        - cd apps
    build:
      script:
        - cd shop
        - docker build --build-arg NPM_TOKEN=$NPM_TOKEN -f docker/Dockerfile .
      after_script:
        - docker build --build-arg NPM_TOKEN=$NPM_TOKEN .
    """
    found = read(CI, dedent(text), "gitlab").builds
    assert [b.place.paths for b in found] == [("apps/shop/docker/Dockerfile",), ("Dockerfile",)]
    assert [b.line for b in found] == [7, 9]
    after(text)


def test_a_value_that_the_script_makes_goes_by_the_environment_of_the_command(tmp_path: Path) -> None:
    done = after("build:\n  script:\n    - TOKEN=$(printf %s \"$RAW\")\n    - docker build --build-arg NPM_TOKEN=$TOKEN .\n")
    hands_over(*run(load(done)[0]["build"]["script"], tmp_path, {"RAW": VALUE}), VALUE)


def test_arguments_in_a_variable_are_changed_there(tmp_path: Path) -> None:
    before = """\
    variables:
      ARGS: "--build-arg NPM_TOKEN=$NPM_TOKEN --build-arg STAGE=ci"
      OTHER: {value: "x", description: nothing}
    build:
      script:
        - docker build $ARGS -t shop .
    test:
      script: [npm test]
    """
    done = after(before)
    assert done == dedent(before).replace("--build-arg NPM_TOKEN=$NPM_TOKEN ", "--secret id=npm_token,env=NPM_TOKEN ")
    variables = load(done)[0]["variables"]
    hands_over(*run("docker build $ARGS .", tmp_path, {"ARGS": variables["ARGS"], "NPM_TOKEN": VALUE}), VALUE)


def test_a_variable_that_another_job_uses_for_another_dockerfile_is_left() -> None:
    text = """\
    variables:
      ARGS: --build-arg NPM_TOKEN=$NPM_TOKEN
    shop:
      script: [docker build $ARGS shop]
    worker:
      script: [docker build $ARGS worker]
    """
    builds = read(CI, dedent(text), "gitlab").builds
    assert [b.place.paths for b in builds] == [("shop/Dockerfile",), ("worker/Dockerfile",)]
    done = rewrite(CI, dedent(text), "gitlab", jobs_for(builds[:1], IDS))
    assert [r.refused.code for r in done.refused] == ["caller-shared"]
    after(text)


def test_a_template_in_an_included_file_is_changed_there() -> None:
    template = ".build:\n  script:\n    - docker build --build-arg NPM_TOKEN=$NPM_TOKEN -f $FILE .\n"
    main = "include:\n  - local: /ci/build.yml\nbuild:\n  extends: .build\n  variables:\n    FILE: docker/Dockerfile\n"
    assert not read(CI, main, "gitlab", {"ci/build.yml": template}).builds
    found = read("ci/build.yml", template, "gitlab", {CI: main}).builds
    assert [(b.line, b.place.paths) for b in found] == [(3, ("docker/Dockerfile",))]
    files = {"ci/build.yml": template, CI: main}
    done = applied(rewrite("ci/build.yml", template, "gitlab", jobs_for(found, IDS), {CI: main}), files)
    assert b"--secret id=npm_token,env=NPM_TOKEN" in done["ci/build.yml"]
    assert done[CI] == main.encode()


def test_references_anchors_and_several_bases_give_the_script_that_runs() -> None:
    text = """\
    .login: &login
      - docker login
    .one:
      before_script: [cd one]
      script: [echo one]
    .two:
      script:
        - docker build --build-arg NPM_TOKEN=$NPM_TOKEN .
    build:
      extends: [.one, .two]
    other:
      script:
        - *login
        - !reference [.one, before_script]
        - !reference [.two, script]
    """
    found = read(CI, dedent(text), "gitlab").builds
    assert [(b.name, b.line, b.place.paths) for b in found] == [("build", 8, ("one/Dockerfile",)), ("other", 8, ("one/Dockerfile",))]
    assert after(text) == dedent(text).replace("--build-arg NPM_TOKEN=$NPM_TOKEN", "--secret id=npm_token,env=NPM_TOKEN")


def test_a_matrix_names_every_dockerfile() -> None:
    text = """\
    build:
      parallel:
        matrix:
          - APP: [shop, worker]
      script:
        - docker build --build-arg NPM_TOKEN=$NPM_TOKEN apps/$APP
    """
    (build,) = read(CI, dedent(text), "gitlab").builds
    assert build.place.paths == ("apps/shop/Dockerfile", "apps/worker/Dockerfile")


@pytest.mark.parametrize("image", ["docker:19.03", "docker:18-dind", "docker:stable", "registry.example.com/docker:19.03.1"])
def test_a_docker_that_is_too_old_is_refused(image: str) -> None:
    text = f"build:\n  image: {image}\n  script:\n    - docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n"
    assert codes(text) == ["caller-builder-old"]


def test_docker_20_10_is_asked_for_buildkit_once() -> None:
    before = "build:\n  image: docker:20.10-dind\n  script:\n    - docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n"
    done = after(before)
    assert load(done)[0]["build"]["script"] == ["export DOCKER_BUILDKIT=1", "docker build --secret id=npm_token,env=NPM_TOKEN ."]
    with_it = "variables: {DOCKER_BUILDKIT: 1}\n" + before
    assert "export" not in after(with_it)
    block = "build:\n  image: docker:20.10\n  script: |\n    docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n"
    assert after(block).endswith("    export DOCKER_BUILDKIT=1\n    docker build --secret id=npm_token,env=NPM_TOKEN .\n")


def test_kaniko_is_refused_with_the_way_out() -> None:
    text = "build:\n  image: {name: 'gcr.io/kaniko-project/executor:debug', entrypoint: ['']}\n  script:\n    - /kaniko/executor --build-arg NPM_TOKEN=$NPM_TOKEN --dockerfile Dockerfile\n"
    (build,) = read(CI, text, "gitlab").builds
    assert build.refused is not None and build.refused.code == "caller-builder" and build.refused.by_hand


def test_build_args_for_a_template_of_elsewhere_are_named() -> None:
    text = "include:\n  - project: acme/ci\n    file: docker.yml\nbuild:\n  extends: .docker\n  variables:\n    EXTRA: --build-arg NPM_TOKEN=$NPM_TOKEN\n"
    reading = read(CI, text, "gitlab")
    assert [(u.name, u.line, u.refused.code) for u in reading.unread] == [("NPM_TOKEN", 7, "caller-elsewhere")]


@pytest.mark.parametrize(
    "text",
    [
        b"build:\n\tscript: x\n", b"a: 1\na: 2\n", b"{{ if .x }}\nbuild: 1\n", b"\xff\xfe", b"build: [", b"a: &a [*a]\n",
        b"x: &x {<<: *x}\n" , b"- just\n- a\n- list\n", b"", b"a: " + b"[" * 5000,
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_and_nothing_is_raised(text: bytes) -> None:
    reading = read(CI, text, "gitlab")
    assert not reading.builds
    assert all(u.refused.code == "caller-format" for u in reading.unread)


def test_jobs_that_extend_each_other_in_a_circle_end() -> None:
    text = "a:\n  extends: b\n  script: [docker build .]\nb:\n  extends: a\n"
    assert read(CI, text, "gitlab").builds


def test_only_the_build_that_cannot_be_changed_is_refused() -> None:
    text = dedent("""\
    variables:
      ARGS: --build-arg NPM_TOKEN=$NPM_TOKEN
    shop:
      script:
        - docker build $ARGS shop
        - docker build --build-arg NPM_TOKEN=$NPM_TOKEN tools
    worker:
      script: [docker build $ARGS worker]
    """)
    builds = read(CI, text, "gitlab").builds
    assert [b.place.paths[0] for b in builds] == ["shop/Dockerfile", "tools/Dockerfile", "worker/Dockerfile"]
    done = rewrite(CI, text, "gitlab", jobs_for(builds[:2], IDS))
    assert [(r.job, r.refused.code) for r in done.refused] == [(0, "caller-shared")]
    assert "worker" in done.refused[0].refused.detail


def test_variables_of_a_job_win_over_those_of_its_base_and_of_the_file() -> None:
    text = """\
    variables: {FILE: a, ROOT: apps}
    .base:
      variables: {FILE: b}
      script: ["docker build --build-arg NPM_TOKEN=$NPM_TOKEN -f $ROOT/$FILE ."]
    one:
      extends: .base
    two:
      extends: .base
      inherit: {variables: false}
      variables: {FILE: c, ROOT: libs}
    """
    found = read(CI, dedent(text), "gitlab").builds
    assert [b.place.paths for b in found] == [("apps/b",), ("libs/c",)]


def test_long_chains_and_many_jobs_are_read_in_time() -> None:
    chain = "".join(f"j{i}:\n  extends: [j{i + 1}, j{i + 2}, j{i + 3}]\n" for i in range(500))
    jobs = "".join(f"k{i}:\n  script:\n    - docker build --build-arg NPM_TOKEN .\n" for i in range(200))
    start = process_time()
    assert len(read(CI, chain + jobs, "gitlab").builds) == 200
    assert process_time() - start < 5 * SLOWER


def test_lines_are_those_of_the_argument_itself() -> None:
    text = """\
    variables:
      ARGS: >-
        --pull
        --build-arg A=1
    build:
      script:
        - cd x
        - >-
          docker build
          --build-arg B=1
          $ARGS .
        - |
          docker build \\
            --build-arg C=1 \\
            .
        - docker build
          --build-arg D=1 .
    """
    found = read(CI, dedent(text), "gitlab").builds
    assert [(b.line, [(a.name, a.line) for a in b.args]) for b in found] == [(9, [("B", 10), ("A", 4)]), (13, [("C", 14)]), (16, [("D", 17)])]

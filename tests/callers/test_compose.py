"""Compose files: what is read as a build, what moves, and what does not."""

from __future__ import annotations

import pytest
import yaml

from remediate.callers.model import Job, Move, Reading, Rewritten
from remediate.model import Delivery
from tests.callers.working import applied, jobs_for, moved, read, reads_back, refused, rewrite, spec

TOKEN = {"NPM_TOKEN": "npm_token"}
TOP = "secrets:\n  npm_token:\n    environment: NPM_TOKEN\n"


def compose(text: str, path: str = "compose.yaml", ids=TOKEN, others=None, **move) -> str:
    after = moved(path, text, "compose", ids, others, **move)
    yaml.safe_load(after)
    return after


def no(text: str, path: str = "compose.yaml", ids=TOKEN, others=None, **move) -> list[str]:
    return refused(path, text, "compose", ids, others, **move)


def service(build: str) -> str:
    return f"services:\n  app:\n    build:\n      context: .\n{build}    ports: ['80']\n"


@pytest.mark.parametrize(
    ("before", "after", "source"),
    [
        ("      args:\n        - NPM_TOKEN\n", "      secrets:\n        - npm_token\n", "NPM_TOKEN"),
        ("      args:\n      - NPM_TOKEN=${NPM_TOKEN}\n      - A=1\n", "      args:\n      - A=1\n      secrets:\n      - npm_token\n", "NPM_TOKEN"),
        ('      args:\n        - "NPM_TOKEN=$NPM_TOKEN"\n', "      secrets:\n        - npm_token\n", "NPM_TOKEN"),
        ("      args:\n        NPM_TOKEN:\n        A: 1\n", "      args:\n        A: 1\n      secrets:\n        - npm_token\n", "NPM_TOKEN"),
        ("      args:\n        NPM_TOKEN: ~\n", "      secrets:\n        - npm_token\n", "NPM_TOKEN"),
        ("      args:\n        NPM_TOKEN: ${CI_TOKEN:-}\n", "      secrets:\n        - npm_token\n", "CI_TOKEN"),
        ("      args:\n        NPM_TOKEN: ${CI_TOKEN-}\n", "      secrets:\n        - npm_token\n", "CI_TOKEN"),
        ("      args: [NPM_TOKEN, A=1]\n", "      args: [A=1]\n      secrets:\n        - npm_token\n", "NPM_TOKEN"),
        ('      args: {A: 1, NPM_TOKEN: "${NPM_TOKEN}"}\n', "      args: {A: 1}\n      secrets:\n        - npm_token\n", "NPM_TOKEN"),
        ("      args:\n        - NPM_TOKEN\n      target: dev\n", "      secrets:\n        - npm_token\n      target: dev\n", "NPM_TOKEN"),
        ("      args:\n        - NPM_TOKEN=$A\n        - NPM_TOKEN=$B\n", "      secrets:\n        - npm_token\n", "B"),
    ],
)  # fmt: skip
def test_args_become_secrets_in_the_files_style(before: str, after: str, source: str):
    assert compose(service(before)) == service(after) + TOP.replace("environment: NPM_TOKEN", f"environment: {source}")


@pytest.mark.parametrize(
    "value",
    ["abc", '"abc"', "x-${NPM_TOKEN}", "${NPM_TOKEN:-abc}", "${NPM_TOKEN-abc}", "${NPM_TOKEN:+abc}", "${A}${B}", "${A:-${B}}", '""', "$${NPM_TOKEN}", "1"],
)
def test_a_value_that_is_no_variable_is_refused(value: str):
    text = service(f"      args:\n        NPM_TOKEN: {value}\n")
    assert no(text) == ["caller-value"]
    assert no(service(f"      args:\n        - NPM_TOKEN={value.strip(chr(34))}\n")) == ["caller-value"]


def test_an_arg_whose_name_is_put_together_is_refused():
    assert no(service("      args:\n        - ${NAME}\n"), ids={"${NAME}": "x"}) == ["caller-value"]


def done(text: str, path: str = "compose.yaml", others=None, ids=TOKEN) -> Rewritten:
    return rewrite(path, text, "compose", jobs_for(read(path, text, "compose", others).builds, ids), others)


def test_a_literal_is_not_told_and_the_lines_to_write_are():
    refusal = done(service("      args:\n        NPM_TOKEN: hunter2\n")).refused[0].refused
    assert "hunter2" not in repr(refusal)
    assert yaml.safe_load("\n".join(refusal.by_hand)) == {
        "services": {"app": {"build": {"secrets": ["npm_token"]}}}, "secrets": {"npm_token": {"environment": "NPM_TOKEN"}},
    }  # fmt: skip


def test_runtime_environment_stays():
    text = service("      args:\n        - NPM_TOKEN\n") + "    environment:\n      - NPM_TOKEN=${NPM_TOKEN}\n"
    assert "    environment:\n      - NPM_TOKEN=${NPM_TOKEN}\n" in compose(text)


@pytest.mark.parametrize(
    ("top", "after"),
    [
        ("secrets:\n  npm_token:\n    environment: NPM_TOKEN\n", "secrets:\n  npm_token:\n    environment: NPM_TOKEN\n"),
        ('secrets:\n  npm_token: {environment: "NPM_TOKEN"}\n', 'secrets:\n  npm_token: {environment: "NPM_TOKEN"}\n'),
        ("secrets: {a: {file: ./a}}\n", "secrets: {a: {file: ./a}, npm_token: {environment: NPM_TOKEN}}\n"),
        ("secrets:\n", "secrets:\n  npm_token:\n    environment: NPM_TOKEN\n"),
        ("secrets: {}\n", "secrets:\n  npm_token:\n    environment: NPM_TOKEN\n"),
        ("volumes:\n  v:\n\nnetworks:\n  n:\n", "volumes:\n  v:\n\nnetworks:\n  n:\n\nsecrets:\n  npm_token:\n    environment: NPM_TOKEN\n"),
    ],
)  # fmt: skip
def test_the_top_level_entry(top: str, after: str):
    before = "services:\n  app:\n    build:\n      args: [NPM_TOKEN]\n"
    assert compose(before + top).endswith(after)


def test_a_wide_indentation_is_kept():
    text = "services:\n    app:\n        build:\n            args: [NPM_TOKEN]\nsecrets:\n    a:\n        file: ./a\n"
    after = "services:\n    app:\n        build:\n            secrets:\n                - npm_token\nsecrets:\n    a:\n        file: ./a\n"
    assert compose(text) == after + "    npm_token:\n        environment: NPM_TOKEN\n"


@pytest.mark.parametrize("taken", ["external: true", "file: ./npm_token", "environment: OTHER"])
def test_another_name_where_the_ids_is_taken(taken: str):
    after = compose(service("      args: [NPM_TOKEN]\n") + f"secrets:\n  npm_token:\n    {taken}\n")
    assert "      secrets:\n        - source: npm_token_build\n          target: npm_token\n" in after
    assert after.endswith("  npm_token_build:\n    environment: NPM_TOKEN\n")


def test_no_other_name_where_bake_may_read_the_file():
    text = service("      args: [NPM_TOKEN]\n")
    taken = text + "secrets:\n  npm_token:\n    external: true\n"
    for other in ("docker buildx bake -f compose.yaml\n", "uses: docker/bake-action@v6\n"):
        assert no(taken, others={"ci.sh": other}) == ["caller-builder"]
        assert no(text, others={"ci.sh": other}) == []


def test_another_name_where_a_file_beside_it_takes_it():
    other = "services: {}\nsecrets:\n  npm_token:\n    external: true\n"
    after = compose(service("      args: [NPM_TOKEN]\n"), others={"compose.override.yaml": other})
    assert "source: npm_token_build" in after


def test_a_long_list_is_extended():
    text = service("      args: [NPM_TOKEN]\n      secrets:\n        - source: a\n          target: b\n") + "secrets:\n  a:\n    file: ./a\n"
    assert "          target: b\n        - npm_token\n    ports" in compose(text)


def test_a_secret_that_is_there_only_loses_its_arg():
    text = service("      args: [NPM_TOKEN=abc, A=1]\n      secrets:\n        - npm_token\n") + TOP
    assert compose(text) == text.replace("NPM_TOKEN=abc, ", "")


def test_two_services_of_one_dockerfile_share_the_top_level_entry():
    text = "services:\n  a:\n    build:\n      args: [NPM_TOKEN]\n  b:\n    build:\n      target: x\n      args:\n        NPM_TOKEN: $NPM_TOKEN\n"
    after = compose(text)
    assert after.count("environment: NPM_TOKEN") == 1
    assert after.count("        - npm_token\n") + after.count("- npm_token") >= 2


def test_two_services_with_two_origins_get_two_top_level_entries():
    text = "services:\n  a:\n    build:\n      args: [NPM_TOKEN=$ONE]\n  b:\n    build:\n      args: [NPM_TOKEN=$TWO]\n"
    after = yaml.safe_load(compose(text))
    assert after["secrets"] == {"npm_token": {"environment": "ONE"}, "npm_token_build": {"environment": "TWO"}}
    assert after["services"]["a"]["build"]["secrets"] == ["npm_token"]
    assert after["services"]["b"]["build"]["secrets"] == [{"source": "npm_token_build", "target": "npm_token"}]


def test_two_files_with_two_origins_do_not_share_a_name():
    base = "services:\n  a:\n    build:\n      args: [NPM_TOKEN]\n"
    over = "services:\n  b:\n    build:\n      args: [NPM_TOKEN=$CI_TOKEN]\n"
    assert "npm_token:\n    environment: NPM_TOKEN\n" in compose(base, others={"compose.override.yaml": over})
    after = yaml.safe_load(compose(over, "compose.override.yaml", others={"compose.yaml": base}))
    assert after["secrets"] == {"npm_token_override": {"environment": "CI_TOKEN"}}
    same = over.replace("$CI_TOKEN", "$NPM_TOKEN")
    assert yaml.safe_load(compose(same, "compose.override.yaml", others={"compose.yaml": base}))["secrets"] == {"npm_token": {"environment": "NPM_TOKEN"}}


ANCHORED = """x-build: &build
  context: .
  args: &args
    NPM_TOKEN: ${NPM_TOKEN}
services:
  a:
    build: *build
  b:
    build:
      <<: *build
      target: dev
  c:
    build:
      context: c
      args:
        <<: *args
        MODE: c
"""


def test_an_anchor_is_edited_once_for_all_that_use_it():
    after = compose(ANCHORED)
    assert after == ANCHORED.replace("args: &args\n    NPM_TOKEN: ${NPM_TOKEN}\n", "args: &args {}\n  secrets:\n    - npm_token\n") .replace(
        "        MODE: c\n", "        MODE: c\n      secrets:\n        - npm_token\n"
    ) + TOP  # fmt: skip


def test_one_user_of_an_anchor_that_keeps_the_arg_stands_against_it():
    builds = read("compose.yaml", ANCHORED, "compose").builds
    jobs = [Job(b, (Move(spec("NPM_TOKEN", "npm_token"), "NPM_TOKEN"),)) for b in builds if b.name != "c"]
    answer = rewrite("compose.yaml", ANCHORED, "compose", jobs)
    assert {r.refused.code for r in answer.refused} == {"caller-shared"}
    assert answer.edits == ()


def test_a_shared_list_of_secrets_is_no_place_for_one_services_secret():
    text = "services:\n  a:\n    build: &b\n      secrets: &s [x]\n      args: [NPM_TOKEN]\n  b:\n    build:\n      context: b\n      secrets: *s\nsecrets: {x: {file: x}}\n"
    assert no(text) == ["caller-shared"]


def test_merged_args_do_not_show_through():
    text = "x: &x\n  args: [OTHER]\nservices:\n  a:\n    build:\n      <<: *x\n      args: [NPM_TOKEN]\n"
    after = compose(text)
    assert yaml.safe_load(after)["services"]["a"]["build"]["args"] == []


BASE = "services:\n  app:\n    build:\n      context: web\n      dockerfile: docker/Dockerfile\n"


@pytest.mark.parametrize("path", ["compose.override.yaml", "docker-compose.prod.yml", "deploy/compose.ci.yml"])
def test_a_file_laid_over_another_takes_its_place_from_there(path: str):
    over = "services:\n  app:\n    build:\n      args:\n        - NPM_TOKEN\n  other:\n    image: x\n"
    others = {"compose.yaml": BASE, "web/docker/Dockerfile": "FROM a\n"}
    found = read(path, over, "compose", others).builds
    assert [(b.name, b.place.paths, b.folder) for b in found] == [("app", ("web/docker/Dockerfile",), ".")]
    after = compose(over, path, others=others)
    assert after == "services:\n  app:\n    build:\n      secrets:\n        - npm_token\n  other:\n    image: x\n" + TOP


def test_extends_in_one_file():
    text = "services:\n  base:\n    build:\n      context: .\n      args: [NPM_TOKEN]\n  app:\n    extends: base\n    build:\n      target: app\n"
    assert [(b.name, [a.name for a in b.args], b.target) for b in read("compose.yaml", text, "compose").builds] == [
        ("base", ["NPM_TOKEN"], ""), ("app", ["NPM_TOKEN"], "app"),
    ]  # fmt: skip
    assert compose(text).count("npm_token") == 2


COMMON = "services:\n  base:\n    build:\n      context: .\n      args:\n        - NPM_TOKEN\n"
EXTENDING = "services:\n  app:\n    extends:\n      file: sub/common.yml\n      service: base\n"


def test_extends_of_another_file_needs_the_top_level_entry_in_both():
    files = {"compose.yaml": EXTENDING, "sub/common.yml": COMMON, "sub/Dockerfile": "FROM a\n"}
    after, jobs = dict(files), {}
    for path in ("compose.yaml", "sub/common.yml"):
        others = {p: t for p, t in files.items() if p != path}
        builds = read(path, files[path], "compose", others).builds
        assert [b.place.paths for b in builds] == [("sub/Dockerfile",)]
        jobs[path] = jobs_for(builds, TOKEN)
        answer = rewrite(path, files[path], "compose", jobs[path], others)
        assert not answer.refused
        after[path] = applied(answer, {path: files[path]})[path].decode()
    assert after["compose.yaml"] == EXTENDING + TOP
    assert after["sub/common.yml"] == COMMON.replace("args:\n        - NPM_TOKEN", "secrets:\n        - npm_token") + TOP
    for path, mine in jobs.items():
        others = {p: t for p, t in after.items() if p != path}
        reads_back(tuple(j.build for j in mine), read(path, after[path], "compose", others).builds, mine)


def test_a_copied_file_of_a_service_that_only_extends():
    others = {"sub/common.yml": COMMON, "sub/Dockerfile": "FROM a\n"}
    build = read("compose.yaml", EXTENDING, "compose", others).builds[0]
    job = Job(build, (Move(spec(".npmrc", "npmrc", Delivery.FILE), source="sub/.npmrc"),))
    after = applied(rewrite("compose.yaml", EXTENDING, "compose", [job], others), {"compose.yaml": EXTENDING})["compose.yaml"].decode()
    assert after == EXTENDING + "secrets:\n  npmrc:\n    file: ./sub/.npmrc\n"


def test_extends_of_another_file_that_builds_something_else():
    other = EXTENDING + "    build:\n      dockerfile: Dockerfile.other\n"
    assert no(other, others={"sub/common.yml": COMMON, "sub/Dockerfile": "x", "sub/Dockerfile.other": "x"}) == ["caller-shared"]
    files = {"compose.yaml": other, "sub/Dockerfile": "x", "sub/Dockerfile.other": "x"}
    assert no(COMMON, "sub/common.yml", others=files) == ["caller-shared"]


def test_extends_of_a_file_that_is_not_here():
    assert no(EXTENDING + "    build:\n      args: [NPM_TOKEN]\n") == ["caller-which-file"]


INCLUDING = "include: [sub/compose.yaml]\nservices:\n  app:\n    build:\n      args: [NPM_TOKEN]\n"


def test_an_included_file_and_the_one_that_includes_it_declare_two_names():
    others = {"sub/compose.yaml": service("      args: [NPM_TOKEN]\n"), "sub/Dockerfile": "x", "Dockerfile": "x"}
    assert compose(INCLUDING, others=others).endswith(TOP)
    after = compose(others["sub/compose.yaml"], "sub/compose.yaml", others={"compose.yaml": INCLUDING, "sub/Dockerfile": "x"})
    assert after.endswith("secrets:\n  npm_token_sub:\n    environment: NPM_TOKEN\n")
    alone = {"compose.yaml": "include:\n  - path: sub/compose.yaml\n", "sub/Dockerfile": "x"}
    assert compose(others["sub/compose.yaml"], "sub/compose.yaml", others=alone).endswith(TOP)


def test_what_an_included_file_declares_is_not_declared_again():
    others = {"sub/compose.yaml": service("      secrets: [npm_token]\n") + TOP}
    assert "environment" not in compose(INCLUDING, others=others)


def place(build: str, path: str = "compose.yaml", others=None):
    found = read(path, f"services:\n  a:\n    build: {build}\n", "compose", others).builds[0]
    return found.place.paths or found.place.pattern, found.context, found.folder, found.target


def test_places():
    assert place("./web") == (("web/Dockerfile",), "web", ".", "")
    assert place("{context: web, dockerfile: ../d/Dockerfile, target: t}") == (("d/Dockerfile",), "web", ".", "t")
    assert place("{dockerfile: Dockerfile.a}")[0] == ("Dockerfile.a",)
    assert place("'${DIR:-web}/x'")[0] == ("web/x/Dockerfile",)
    assert place("./${DIR}/x")[0] == "*/x/Dockerfile"
    assert place("https://git.example/x.git")[0] == ""
    assert place("{dockerfile_inline: 'FROM a'}")[0] == ""
    assert place(".", "d/compose.yml", {"d/Dockerfile": "x", "Dockerfile": "x"}) == (("d/Dockerfile",), "d", "d", "")
    assert place("..", "d/compose.yml", {"Dockerfile": "x"}) == (("Dockerfile",), ".", "d", "")
    assert place(".", "d/compose.yml", {"Dockerfile": "x"}) == (("Dockerfile",), ".", ".", "")


def test_a_copied_file_reaches_every_form_of_build():
    text = "services:\n  a:\n    build: ./web # the site\n  b:\n    build:\n      context: web\n  c:\n    build: {context: web}\n"
    builds = read("deploy/compose.yaml", text, "compose", {"deploy/web/Dockerfile": "x"}).builds
    move = Move(spec(".npmrc", "npmrc", Delivery.FILE), source="deploy/web/.npmrc")
    jobs = [Job(b, (move,)) for b in builds]
    answer = rewrite("deploy/compose.yaml", text, "compose", jobs, {"deploy/web/Dockerfile": "x"})
    after = applied(answer, {"deploy/compose.yaml": text})["deploy/compose.yaml"].decode()
    assert after == (
        "services:\n  a:\n    build:\n      context: ./web\n      secrets:\n        - npmrc # the site\n  b:\n    build:\n      context: web\n"
        "      secrets:\n        - npmrc\n  c:\n    build: {context: web, secrets: [npmrc]}\nsecrets:\n  npmrc:\n    file: ./web/.npmrc\n"
    )
    reads_back(builds, read("deploy/compose.yaml", after, "compose", {"deploy/web/Dockerfile": "x"}).builds, jobs)


def test_a_copied_key_and_a_key_in_a_variable():
    text = "services:\n  a:\n    build:\n      context: .\n"
    build = read("compose.yaml", text, "compose").builds[0]
    job = Job(build, (Move(spec("id_rsa", "default", Delivery.SSH), source="id_rsa"),))
    after = applied(rewrite("compose.yaml", text, "compose", [job]), {"compose.yaml": text})["compose.yaml"].decode()
    assert after == text + "      ssh:\n        - default=./id_rsa\n"
    assert no(text + "      args: [SSH_KEY]\n", ids={"SSH_KEY": "default"}, delivery=Delivery.SSH) == ["caller-key"]
    agent = text + "      args: [SSH_KEY]\n      ssh: [default]\n"
    build = read("compose.yaml", agent, "compose").builds[0]
    job = Job(build, (Move(spec("SSH_KEY", "default", Delivery.SSH), "SSH_KEY", supplied=True),))
    after = applied(rewrite("compose.yaml", agent, "compose", [job]), {"compose.yaml": agent})["compose.yaml"].decode()
    assert after == text + "      ssh: [default]\n"


@pytest.mark.parametrize(
    ("path", "other"),
    [
        ("ci.sh", "docker run docker/compose:1.29.2 build\n"), ("ci.yml", "run: pip install docker-compose==1.29.2\n"),
        ("Jenkinsfile", "sh 'curl -L https://github.com/docker/compose/releases/download/1.29.2/docker-compose-Linux-x86_64'\n"),
        ("x.sh", "pip3 install docker-compose\n"),
    ],
)  # fmt: skip
def test_docker_compose_1_in_the_repository(path: str, other: str):
    assert no(service("      args: [NPM_TOKEN]\n"), others={path: other}) == ["caller-builder-old"]


@pytest.mark.parametrize(
    ("other", "codes"),
    [
        ("docker stack deploy -c deploy/compose.yaml app\n", ["caller-builder"]),
        ("docker stack deploy --compose-file=compose.yaml app\n", ["caller-builder"]),
        ("docker stack deploy -c stack.yaml app\n", []),
        ("docker-compose build\npip install docker-compose-lint\n", []),
    ],
)
def test_docker_stack_reads_the_file(other: str, codes: list[str]):
    assert no('version: "2"\n' + service("      args: [NPM_TOKEN]\n"), others={"deploy.sh": other}) == codes


def test_what_people_should_know_is_told():
    strict = done(service("      args:\n        NPM_TOKEN: ${NPM_TOKEN:?set it}\n"))
    assert ["no longer stops" in t.text for t in strict.told] == [True]
    told = done(service("      args: [NPM_TOKEN]\n"), others={".env.example": "A=1\nNPM_TOKEN=\n"}).told
    assert ["comes from .env.example" in t.text for t in told] == [True]
    assert done(service("      args: [NPM_TOKEN]\n"), others={".env": "MY_NPM_TOKEN=x\n"}).told == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("services:\n  a:\n\tbuild: .\n", "caller-format"), ("{% if x %}\nservices: {}\n{% endif %}\n", "caller-format"),
        ("services:\n  a:\n    build: .\n    build: x\n", "caller-format"),
        ("services: {}\n---\nservices: {}\n", "caller-format"), ("web:\n  build: .\n", "caller-builder-old"),
        ("services:\n  a:\n    build:\n      args: x\n", "caller-arguments"),
        ("services:\n  a:\n    build:\n      args:\n        - [NPM_TOKEN]\n", "caller-arguments"),
        ("services:\n  a:\n    build: [x]\n", "caller-arguments"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_said(text: str, code: str):
    found = read("compose.yaml", text, "compose")
    assert {u.refused.code for u in found.unread} | {b.refused.code for b in found.builds if b.refused} == {code}


def test_generated_files_are_left_alone():
    assert no("# This file is generated by gen.sh, do not edit\n" + service("      args: [NPM_TOKEN]\n")) == ["caller-generated"]


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "services:\n", "volumes:\n  a:\n", "services:\n  a:\n", "x: 1\n", "services:\n  a:\n    build:\n", "services: [a]\n", "- a\n"])
def test_files_without_builds(text: str):
    assert read("compose.yaml", text, "compose") == Reading()


@pytest.mark.parametrize(
    "text",
    [
        "services:\n  a:\n    extends: a\n    build: .\n",
        "services:\n" + "".join(f"  s{n}:\n    extends: s{n + 1}\n" for n in range(2000)),
        "services:\n" + "".join(f"  s{n}:\n    build:\n      args: [A{n}]\n" for n in range(2500)),
    ],
    ids=["cycle", "long", "many"],
)
def test_hostile_files_are_read_in_time(text: str):
    assert read("compose.yaml", text, "compose").builds


def test_line_endings_stay():
    text = service("      args:\n        - NPM_TOKEN\n").replace("\n", "\r\n")
    after = compose(text)
    assert "\n" not in after.replace("\r\n", "")


def test_too_many_services_are_said_to_be_unread():
    text = "services:\n" + "".join(f"  s{n}:\n    build: .\n" for n in range(4000))
    assert [u.refused.code for u in read("compose.yaml", text, "compose").unread] == ["caller-format"]

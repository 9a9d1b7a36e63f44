"""package.json: shell inside JSON strings."""

from __future__ import annotations

import json

import pytest

from remediate.formats.embedded import FormatError
from tests.callers.working import moved, read, refused

KIND = "package-json"
IDS = {"NPM_TOKEN": "npm_token"}


def package(**scripts: str) -> str:
    return json.dumps({"name": "app", "scripts": scripts}, indent=2) + "\n"


def after(script: str, **kw) -> str:
    return json.loads(moved("package.json", package(build=script), KIND, IDS, **kw))["scripts"]["build"]


def test_plain() -> None:
    text = package(lint="eslint .", docker="docker build --build-arg NPM_TOKEN -t app .")
    want = text.replace("--build-arg NPM_TOKEN", "--secret id=npm_token,env=NPM_TOKEN")
    assert moved("package.json", text, KIND, IDS) == want


def test_quotes_are_those_of_json() -> None:
    assert after('docker build --build-arg "NPM_TOKEN=$NPM_TOKEN" .') == "docker build --secret id=npm_token,env=NPM_TOKEN ."


def test_npm_config_is_in_the_environment() -> None:
    assert after("docker build --build-arg NPM_TOKEN=$npm_config_token .") == "docker build --secret id=npm_token,env=npm_config_token ."


def test_own_variable_reaches_the_builder() -> None:
    text = moved("package.json", package(build='TOKEN="$(pass npm)"; docker build --build-arg NPM_TOKEN=$TOKEN .'), KIND, IDS)
    script = json.loads(text)["scripts"]["build"]
    assert "--build-arg" not in script
    assert "--secret id=npm_token,env=NPM_TOKEN" in script
    assert "NPM_TOKEN=$TOKEN docker build" in script or 'NPM_TOKEN="$TOKEN" docker build' in script


def test_several_scripts_and_their_folder() -> None:
    text = package(a="docker build --build-arg NPM_TOKEN -f api/Dockerfile ../..", b="cd web && docker build --build-arg NPM_TOKEN .")
    builds = read("services/x/package.json", text, KIND).builds
    assert [(b.name, b.place.paths, b.context) for b in builds] == [
        ("a", ("services/x/api/Dockerfile",), "."),
        ("b", ("services/x/web/Dockerfile",), "services/x/web"),
    ]
    assert [b.line for b in builds] == [4, 5]
    assert moved("services/x/package.json", text, KIND, IDS).count("--secret") == 2


def test_tabs_crlf_and_the_rest_stay() -> None:
    text = '{\r\n\t"scripts" : {"d":"docker build --build-arg NPM_TOKEN ." },\r\n\t"x": [1 ,2]\r\n}'
    want = text.replace("--build-arg NPM_TOKEN", "--secret id=npm_token,env=NPM_TOKEN")
    assert moved("package.json", text, KIND, IDS) == want


def test_commands_of_wireit() -> None:
    text = json.dumps({"wireit": {"image": {"command": "docker build --build-arg NPM_TOKEN ."}}})
    assert "env=NPM_TOKEN" in moved("package.json", text, KIND, IDS)


def test_file() -> None:
    assert after("docker build --build-arg NPM_TOKEN=$(cat token) .", by_file=True) == "docker build --secret id=npm_token,src=token ."


def test_refused_for_cmd_exe() -> None:
    assert refused("package.json", package(d="docker build --build-arg NPM_TOKEN=%NPM_TOKEN% ."), KIND, IDS) == ["caller-shell"]


def test_build_args_elsewhere_are_named() -> None:
    text = json.dumps({"config": {"docker": "--build-arg NPM_TOKEN=x"}, "scripts": {"a": "docker build ."}})
    reading = read("package.json", text, KIND)
    assert [u.name for u in reading.unread] == ["NPM_TOKEN"]
    assert len(reading.builds) == 1


def test_words_about_builds_are_no_builds() -> None:
    text = json.dumps({"description": "docker build helper", "scripts": {"a": "echo docker build --build-arg NPM_TOKEN ."}})
    reading = read("package.json", text, KIND)
    assert reading.builds == () and reading.unread == ()


def test_a_literal_would_stay_on_the_argument_list_of_the_shell() -> None:
    assert refused("package.json", package(d="docker build --build-arg NPM_TOKEN=abc ."), KIND, IDS) == ["caller-value"]


def test_keys_that_stand_twice() -> None:
    text = '{"dependencies": {"a": "1", "a": "2"}, "scripts": {"d": "docker build --build-arg NPM_TOKEN ."}}'
    assert "--secret" in moved("package.json", text, KIND, IDS)
    with pytest.raises(FormatError):
        read("package.json", '{"scripts": {"d": "docker build .", "d": "docker build --build-arg NPM_TOKEN ."}}', KIND)


def test_a_file_that_is_no_json() -> None:
    from remediate.callers.model import CallerFile
    from remediate.callers.search import read as read_any
    from tests.callers.working import repository

    data = b'{"scripts": {"a": "docker build --build-arg NPM_TOKEN .",}}'
    reading = read_any(CallerFile("package.json", data, KIND), repository({"package.json": data}))
    assert [u.refused.code for u in reading.unread] == ["caller-format"]

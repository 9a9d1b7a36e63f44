"""Tiltfiles: docker_build, local, custom_build."""

from __future__ import annotations

import pytest

from tests.callers.working import moved, read, refused

IDS = {"NPM_TOKEN": "npm_token"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "docker_build('app', '.', build_args={'NPM_TOKEN': os.environ.get('NPM_TOKEN', '')})",
            "docker_build('app', '.', secret=['id=npm_token,env=NPM_TOKEN'])",
        ),
        (
            "docker_build(\n  'app',\n  '.',\n  build_args={\n    'V': '1',\n    'NPM_TOKEN': os.getenv('CI'),\n  },\n  secret='id=a,env=A',\n)",
            "docker_build(\n  'app',\n  '.',\n  build_args={\n    'V': '1',\n  },\n  secret=['id=a,env=A', 'id=npm_token,env=CI'],\n)",
        ),
        ("local('docker build --build-arg NPM_TOKEN=$NPM_TOKEN .')", "local('docker build --secret id=npm_token,env=NPM_TOKEN .')"),
        (
            "custom_build('app', 'docker build --build-arg NPM_TOKEN -t $EXPECTED_REF api', ['api'])",
            "custom_build('app', 'docker build --secret id=npm_token,env=NPM_TOKEN -t $EXPECTED_REF api', ['api'])",
        ),
        (
            "local(['docker', 'build', '--build-arg', 'NPM_TOKEN=' + token, '.'], quiet=True)",
            "local(['docker', 'build', '--secret', 'id=npm_token,env=NPM_TOKEN', '.'], quiet=True, env={'NPM_TOKEN': token})",
        ),
    ],
)
def test_moves(before: str, after: str) -> None:
    head = "load('ext://restart_process', 'docker_build_with_restart')\ntoken = read_file('t')\n"
    assert moved("Tiltfile", f"{head}{before}\n", "tilt", IDS) == f"{head}{after}\n"


def test_paths_are_those_of_the_tiltfile() -> None:
    build = read("web/Tiltfile", "docker_build('app', './api', dockerfile='docker/Dockerfile')\n", "tilt").builds[0]
    assert (build.place.paths, build.context, build.folder) == (("web/docker/Dockerfile",), "web/api", "web")
    assert read("Tiltfile", "docker_build('app', '.', dockerfile_contents=text)\n", "tilt").builds[0].place.paths == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("docker_build('app', '.', build_args={'NPM_TOKEN': str(read_file('token.txt'))})", "caller-value"),
        ("docker_build('app', '.', **options)", "caller-arguments"),
        ("docker_build('app', '.', build_args={'NPM_TOKEN': os.environ['T']}, secret=secrets())", "caller-arguments"),
        ("docker_build('app', '.', build_args={'NPM_TOKEN': 'x'}", "caller-format"),
        ("def f():\n  for x in y:\n    docker_build(x, x, build_args={'NPM_TOKEN': tokens[x]})", "caller-value"),
        ("local('docker build --build-arg NPM_TOKEN=%s .' % token)", "caller-value"),
    ],
)
def test_refused(text: str, code: str) -> None:
    assert code in refused("Tiltfile", text + "\n", "tilt", IDS)

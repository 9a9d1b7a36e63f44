"""Pipelines: `sh` steps, `docker.build`, agents; a Groovy that evaluates the rewritten file hands the same value to the builder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from remediate.callers.model import Reading

from . import recording
from .working import applied, jobs_for, moved, read, refused, rewrite

IDS = {"NPM_TOKEN": "npm_token"}
SECRET = "s3cr3t-value"


def declared(steps: str, environment: str = "NPM_TOKEN = credentials('npm')") -> str:
    return f"pipeline {{\n  agent any\n  environment {{ {environment} }}\n  stages {{ stage('image') {{ steps {{\n{steps}\n  }} }} }}\n}}\n"


def bound(steps: str, variable: str = "NPM_TOKEN") -> str:
    return f"node {{\n  withCredentials([string(credentialsId: 'npm', variable: '{variable}')]) {{\n{steps}\n  }}\n}}\n"


DONE = "--secret id=npm_token,env=NPM_TOKEN"
# name: (the Jenkinsfile, lines of what it becomes)
RUN = {
    "interpolated": (declared('sh "docker build --build-arg NPM_TOKEN=${NPM_TOKEN} -t x ."'), [f'sh "docker build {DONE} -t x ."']),
    "dollar": (bound('sh "docker build --build-arg NPM_TOKEN=$NPM_TOKEN ."'), [f'sh "docker build {DONE} ."']),
    "env": (declared('sh "docker build --build-arg NPM_TOKEN=${env.NPM_TOKEN} ."'), [f'sh "docker build {DONE} ."']),
    "env-dollar": (declared('sh "docker build --build-arg NPM_TOKEN=$env.NPM_TOKEN ."'), [f'sh "docker build {DONE} ."']),
    "by-the-shell": (bound("sh 'docker build --build-arg NPM_TOKEN=$NPM_TOKEN .'"), [f"sh 'docker build {DONE} .'"]),
    "escaped": (bound('sh "docker build --build-arg NPM_TOKEN=\\$NPM_TOKEN ."'), [f'sh "docker build {DONE} ."']),
    "renamed": (bound('sh "docker build --build-arg NPM_TOKEN=${TOK} ."', "TOK"), ['sh "docker build --secret id=npm_token,env=TOK ."']),
    "many-lines": (
        bound("    sh '''#!/bin/bash\n      set -e\n      docker build \\\\\n        --build-arg A=1 \\\\\n        --build-arg NPM_TOKEN=\"${NPM_TOKEN}\" \\\\\n        sub\n    '''"),
        ["--build-arg A=1 \\\\\n", f"        {DONE} \\\\\n"],
    ),
    "many-lines-interpolated": (
        declared('sh """\n  docker build \\\\\n    --build-arg NPM_TOKEN=${NPM_TOKEN} \\\\\n    -t "x:\\$(date +%s)" .\n"""'), [f"    {DONE} \\\\\n    -t \"x:\\$(date"],
    ),
    "named-arguments": (
        bound('def id = sh(returnStdout: true, script: "docker build -q --build-arg NPM_TOKEN=${NPM_TOKEN} .").trim()'),
        [f'script: "docker build -q {DONE} .").trim()'],
    ),
    "stripped": (bound('sh """\n  docker build --build-arg NPM_TOKEN=${NPM_TOKEN} .\n""".stripIndent()'), [f"  docker build {DONE} .\n"]),
    "joined": (bound('sh "docker build --build-arg NPM_TOKEN=" + NPM_TOKEN + " -t x ."'), [f'sh "docker build {DONE}" + " -t x ."']),
    "docker-build": (
        bound('def image = docker.build("x:${env.HOME}", "--build-arg NPM_TOKEN=${NPM_TOKEN} -f a.Dockerfile .")'),
        [f'docker.build("x:${{env.HOME}}", "{DONE} -f a.Dockerfile .")'],
    ),
    "docker-build-by-the-shell": (bound("docker.build('x', '--pull --build-arg NPM_TOKEN=$NPM_TOKEN .')"), [f"docker.build('x', '--pull {DONE} .')"]),
    "docker-build-variable": (
        bound('def args = "--build-arg NPM_TOKEN=${NPM_TOKEN} --pull"\ndocker.build("x", args + " .")\ndocker.build("y", "${args} sub")'),
        [f'def args = "{DONE} --pull"', 'docker.build("y", "${args} sub")'],
    ),
    "command-variable": (bound('def cmd = "docker build --build-arg NPM_TOKEN=${NPM_TOKEN} ."\nsh cmd'), [f'def cmd = "docker build {DONE} ."']),
    "first-name": (
        declared("script { def token = env.NPM_TOKEN\n docker.build('x', \"--build-arg NPM_TOKEN=${token} .\") }"), [f"docker.build('x', \"{DONE} .\")"],
    ),
    "folder": (bound('dir("sub") { sh "docker build --build-arg NPM_TOKEN=${NPM_TOKEN} ." }'), [f'dir("sub") {{ sh "docker build {DONE} ." }}']),
    "password": (
        "node { withCredentials([usernamePassword(credentialsId: 'n', usernameVariable: 'U', passwordVariable: 'P')]) {\n"
        ' sh "docker build --build-arg USER=${U} --build-arg NPM_TOKEN=${P} ."\n} }\n',
        ["--build-arg USER=${U} --secret id=npm_token,env=P ."],
    ),
    "with-env": (
        bound('withEnv(["TOK=${NPM_TOKEN}"]) { sh "docker build --build-arg NPM_TOKEN=${TOK} ." }'), ["--secret id=npm_token,env=TOK ."],
    ),
    "part-of-the-value": (
        bound('sh "docker build --build-arg NPM_TOKEN=user:${NPM_TOKEN} ."'), [f'sh "NPM_TOKEN=user:\\${{NPM_TOKEN}} docker build {DONE} ."'],
    ),
    "from-a-file": (
        bound("sh 'docker build --build-arg NPM_TOKEN=\"$(cat token.txt)\" .'"), [f"sh 'NPM_TOKEN=\"$(cat token.txt)\" docker build {DONE} .'"],
    ),
    "quotes-of-the-shell": (
        bound("sh 'docker build --build-arg NPM_TOKEN=\"' + NPM_TOKEN + '\" -t x .'"), [f"sh 'docker build {DONE} -t x .'"],
    ),
    "one-block-each": (
        bound(
            "stage('a') { def args = \"--build-arg NPM_TOKEN=${NPM_TOKEN}\"\n docker.build('x', args + ' .') }\n"
            "stage('b') { def args = \"--pull --build-arg NPM_TOKEN=${NPM_TOKEN}\"\n docker.build('x', args + ' sub') }"
        ),
        [f'def args = "{DONE}"', f'def args = "--pull {DONE}"'],
    ),
    "without-brackets": (bound('docker.build "x", "--build-arg NPM_TOKEN=${NPM_TOKEN} ."'), [f'docker.build "x", "{DONE} ."']),
    "with-buildkit": (
        declared("sh 'DOCKER_BUILDKIT=1 docker build --build-arg NPM_TOKEN=$NPM_TOKEN .'"), [f"sh 'DOCKER_BUILDKIT=1 docker build {DONE} .'"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RUN)
def test_rewritten(name):
    before, lines = RUN[name]
    after = moved("Jenkinsfile", before, "jenkins", IDS)
    for line in lines:
        assert line in after
    assert "--build-arg NPM_TOKEN" not in after


@pytest.mark.skipif(shutil.which("groovy") is None or shutil.which("java") is None, reason="Groovy is not installed")
def test_groovy_gives_the_same_value(tmp_path):
    """One run for all, since the virtual machine takes its time."""
    found = {}
    home = Path(os.path.realpath(str(shutil.which("java")))).parent.parent
    env = {"CREDENTIAL": SECRET, "JAVA_HOME": str(home), "TOK": SECRET}
    for side in ("before", "after"):
        files = []
        for name, (text, _) in RUN.items():
            (tmp_path / side / name / "sub").mkdir(parents=True)
            files.append(tmp_path / side / name / "Jenkinsfile")
            files[-1].write_text(text if side == "before" else moved("Jenkinsfile", text, "jenkins", IDS))
            files[-1].with_name("token.txt").write_text(SECRET)
        runner = str(Path(__file__).with_name("pipeline.groovy"))
        records = recording.run(["groovy", runner, *map(str, files)], tmp_path, env, tmp_path / "tools")
        found[side] = [r._replace(folder=r.folder.replace(f"/{side}/", "/")) for r in records]
    assert {Path(r.folder).relative_to(tmp_path).parts[0] for r in found["before"]} == set(RUN)
    recording.same_build(found["before"], found["after"], IDS, [SECRET])


def test_an_agent_from_a_dockerfile():
    text = "pipeline { agent { dockerfile {\n  filename 'ci.Dockerfile'\n  dir 'ci'\n  additionalBuildArgs '--pull --build-arg NPM_TOKEN=$NPM_TOKEN'\n} } stages { } }\n"
    (build,) = read("Jenkinsfile", text, "jenkins").builds
    assert build.place.paths == ("ci/ci.Dockerfile",) and build.context == "ci"
    assert "additionalBuildArgs '--pull --secret id=npm_token,env=NPM_TOKEN'" in moved("Jenkinsfile", text, "jenkins", IDS)


def test_an_agent_without_arguments_is_found():
    (build,) = read("Jenkinsfile", "pipeline { agent { dockerfile true } stages { } }\n", "jenkins").builds
    assert build.place.paths == ("Dockerfile",) and build.refused and build.refused.code == "caller-arguments"


def test_a_build_without_arguments_gets_some():
    from remediate.callers.model import Job, Move

    from .working import spec

    text = "node { docker.build('x') ; docker.build('y', '.')\n def z = docker.build 'z'\n }\n"
    builds = read("Jenkinsfile", text, "jenkins").builds
    jobs = [Job(b, (Move(spec("npmrc", "npmrc"), source=".npmrc"),)) for b in builds]
    done = rewrite("Jenkinsfile", text, "jenkins", jobs)
    assert not done.refused
    after = applied(done, {"Jenkinsfile": text})["Jenkinsfile"].decode()
    assert after == "node { docker.build('x', '--secret id=npmrc,src=.npmrc .') ; docker.build('y', '--secret id=npmrc,src=.npmrc .')\n def z = docker.build 'z', '--secret id=npmrc,src=.npmrc .'\n }\n"
    assert [b.secrets for b in read("Jenkinsfile", after, "jenkins").builds] == [("npmrc",)] * 3


REFUSED = {
    "groovy-value": (
        "def call(Map config) { sh \"docker build --build-arg NPM_TOKEN=${config.token} .\" }\n", "caller-value",
    ),
    "groovy-variable": (
        "node { def token = sh(returnStdout: true, script: 'cat t').trim()\n sh \"docker build --build-arg NPM_TOKEN=${token} .\" }\n", "caller-value",
    ),
    "bound-elsewhere": (
        "node { withCredentials([string(credentialsId: 'n', variable: 'TOK')]) { args = \"--build-arg NPM_TOKEN=${TOK}\" }\n"
        ' docker.build("x", "${args} .") }\n',
        "caller-value",
    ),
    "parameter-set-otherwise": (
        declared('sh "docker build --build-arg NPM_TOKEN=${params.NPM_TOKEN} ."', "NPM_TOKEN = 'x'"), "caller-value",
    ),
    "list": ("node { def a = ['--build-arg NPM_TOKEN=x', '--pull'].join(' ')\n sh \"docker build ${a} .\" }\n", "caller-arguments"),
    "set-anew": (
        "node { def a = '--pull'\n a = \" --build-arg NPM_TOKEN=${NPM_TOKEN}\"\n sh \"docker build ${a} .\" }\n", "caller-arguments",
    ),
    "library-step": ("node { dockerBuild(args: \"--build-arg NPM_TOKEN=${NPM_TOKEN}\") }\n", "caller-arguments"),
    "condition": (
        'node { docker.build("x", env.CI ? "--build-arg NPM_TOKEN=${NPM_TOKEN} ." : ".") }\n', "caller-arguments",
    ),
    "batch": ("node { bat \"docker build --build-arg NPM_TOKEN=%NPM_TOKEN% .\" }\n", "caller-shell"),
    "powershell": ("node { powershell 'docker build --build-arg NPM_TOKEN=$env:NPM_TOKEN .' }\n", "caller-shell"),
    "python": ("node { sh '''#!/usr/bin/env python3\nrun(\"docker build --build-arg NPM_TOKEN=x .\")''' }\n", "caller-shell"),
    "kaniko": (
        bound('container("kaniko") { sh "/kaniko/executor --context . --build-arg NPM_TOKEN=${NPM_TOKEN}" }'), "caller-builder",
    ),
    "classic-builder": (declared('sh "docker build --build-arg NPM_TOKEN=${NPM_TOKEN} ."', "DOCKER_BUILDKIT = '0'"), "caller-builder"),
    "remote": (bound('sh "ssh build.example.com docker build --build-arg NPM_TOKEN=${NPM_TOKEN} /src"'), "caller-remote"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    text, code = REFUSED[name]
    path = "vars/image.groovy" if text.startswith("def call") else "Jenkinsfile"
    assert code in refused(path, text, "jenkins", IDS)


def test_what_to_write_by_hand():
    text = REFUSED["groovy-value"][0]
    done = rewrite("vars/image.groovy", text, "jenkins", jobs_for(read("vars/image.groovy", text, "jenkins").builds, IDS))
    assert done.refused[0].refused.by_hand[0] == 'withEnv(["NPM_TOKEN=${config.token}"]) {'


def test_shared_arguments_need_the_same_move():
    text = bound('def args = "--build-arg NPM_TOKEN=${NPM_TOKEN}"\ndocker.build("x", args + " a")\ndocker.build("y", args + " b")')
    builds = read("Jenkinsfile", text, "jenkins").builds
    done = rewrite("Jenkinsfile", text, "jenkins", jobs_for(builds[:1], IDS))
    assert [r.refused.code for r in done.refused] == ["caller-shared"]


def test_places():
    text = bound("dir('a') { dir('b') { sh 'docker build .' } }\ndir(env.X) { sh 'docker build .' }\nsh 'docker build -f $WORKSPACE/x/Dockerfile x'")
    builds = read("Jenkinsfile", text, "jenkins").builds
    assert [b.place.paths or b.place.pattern for b in builds] == [("a/b/Dockerfile",), "**/Dockerfile", ("x/Dockerfile",)]


def test_what_is_only_printed_passes_nothing():
    text = "node { echo \"docker build --build-arg NPM_TOKEN=...\" // sh 'docker build .'\n /* sh 'docker build .' */ }\n"
    assert read("Jenkinsfile", text, "jenkins") == Reading()

"""What is read from Python programs, what is refused, and how edits look."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remediate.callers.model import Job, Move
from remediate.callers.python.runners import RUNNERS
from remediate.model import Delivery
from tests.callers.working import jobs_for, moved, read, refused, rewrite, spec
from tests.clock import SLOWER

IDS = {"NPM_TOKEN": "npm_token"}
HEAD = "import os\nimport subprocess\n"


def one(text: str, others: dict[str, str] | None = None, path: str = "build.py"):
    builds = read(path, text, "python", others).builds
    assert len(builds) == 1, builds
    return builds[0]


# where
@pytest.mark.parametrize(
    ("call", "paths", "pattern", "folder"),
    [
        ('subprocess.run(["docker", "build", "."])', ("Dockerfile",), "", "."),
        ('subprocess.run(["docker", "build", "-f", "docker/Dockerfile.prod", "app"])', ("docker/Dockerfile.prod",), "", "."),
        ('subprocess.run(["docker", "build", "."], cwd="services/api")', ("services/api/Dockerfile",), "", "services/api"),
        ('subprocess.run(["docker", "build", "."], cwd=where)', (), "**/Dockerfile", None),
        ('subprocess.run(["docker", "build", f"services/{name}"])', (), "services/*/Dockerfile", "."),
        ('subprocess.run(["docker", "build", "--file=" + os.path.join("a", "Dockerfile"), "."])', ("a/Dockerfile",), "", "."),
        ('subprocess.run(["docker", "build", "-"], input=b"")', (), "", "."),
        ('subprocess.run(["docker", "--context", "ci", "buildx", "build", "--push", "-t", "x", "app"])', ("app/Dockerfile",), "", "."),
        ('subprocess.run(["/usr/bin/podman", "build", "app"])', ("app/Dockerfile",), "", "."),
    ],
)
def test_the_dockerfile(call: str, paths: tuple[str, ...], pattern: str, folder: str | None) -> None:
    build = one(HEAD + call + "\n")
    assert (build.place.paths, build.place.pattern, build.folder) == (paths, pattern, folder)


def test_paths_from_the_place_of_the_program() -> None:
    text = HEAD + 'from pathlib import Path\nHERE = Path(__file__).resolve().parent\nROOT = HERE.parent\n'
    text += 'subprocess.run(["docker", "build", "-f", str(HERE / "Dockerfile.dev"), str(ROOT)], check=True)\n'
    build = one(text, path="tools/build.py")
    assert (build.place.paths, build.context) == (("tools/Dockerfile.dev",), ".")


def test_the_folder_that_holds_the_dockerfile_is_meant() -> None:
    text = HEAD + 'subprocess.run(["docker", "build", "."])\n'
    assert one(text, {"api/Dockerfile": "FROM x\n"}, "api/build.py").folder == "api"
    assert one(text, {"Dockerfile": "FROM x\n"}, "api/build.py").folder == "."
    both = one(text, {"Dockerfile": "FROM x\n", "api/Dockerfile": "FROM x\n"}, "api/build.py")
    assert (both.place.paths, both.folder) == (("Dockerfile", "api/Dockerfile"), None)


def test_chdir_is_seen() -> None:
    assert one(HEAD + 'os.chdir(where())\nsubprocess.run(["docker", "build", "."])\n').folder is None


# origins
@pytest.mark.parametrize(
    ("value", "origin"),
    [
        ('f"NPM_TOKEN={os.environ[\'CI\']}"', "env:CI"),
        ('"NPM_TOKEN=" + os.getenv("CI", "")', "env:CI"),
        ('"NPM_TOKEN=" + (os.environ.get("CI") or "")', "env:CI"),
        ('"NPM_TOKEN={}".format(os.environ.get("CI"))', "env:CI"),
        ('"NPM_TOKEN=%s" % os.environ["CI"]', "env:CI"),
        ('"NPM_TOKEN=" + os.getenv("CI", "fallback")', ""),
        ('"NPM_TOKEN=" + open("t.txt").read()', "file:t.txt"),
        ('"NPM_TOKEN=abc"', "literal"),
        ('"NPM_TOKEN"', "env:NPM_TOKEN"),
        ('f"NPM_TOKEN={fetch()}"', ""),
    ],
)
def test_origins(value: str, origin: str) -> None:
    build = one(HEAD + f'subprocess.run(["docker", "build", "--build-arg", {value}, "."])\n')
    assert [(a.name, a.origin) for a in build.args] == [("NPM_TOKEN", origin)]


def test_no_value_is_told() -> None:
    text = HEAD + 'T = "hunter2"\nsubprocess.run(["docker", "build", "--build-arg", f"NPM_TOKEN={T}", "."])\nx.images.build(buildargs={"NPM_TOKEN": "hunter2"})\n'
    reading = read("build.py", text, "python")
    done = rewrite("build.py", text, "python", jobs_for(reading.builds[:1], IDS))
    assert "burnt" in done.told[0].text
    assert "hunter2" not in repr(reading) + repr(done.told) + repr(done.refused)


# what is refused
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('args = {"NPM_TOKEN": t, "V": "1"}\ncmd = ["docker", "build"]\nfor k, v in args.items():\n    cmd += ["--build-arg", f"{k}={v}"]\nsubprocess.run(cmd + ["."])\njson.dump(args, out)', "caller-arguments"),
        ('from tools import run\nrun(["docker", "build", "--build-arg", f"NPM_TOKEN={t}", "."])', "caller-arguments"),
        ('import docker\ndocker.from_env().images.build(path=".", buildargs={"NPM_TOKEN": t})', "caller-builder"),
        ('import docker\nc = docker.APIClient()\nc.build(path=".", buildargs={"NPM_TOKEN": t})', "caller-builder"),
        ('from testcontainers.core.image import DockerImage\nDockerImage(path=".", buildargs={"NPM_TOKEN": t})', "caller-builder"),
        ('import pulumi_docker as docker\ndocker.Image("x", build=docker.DockerBuildArgs(args={"NPM_TOKEN": t}, context="."))', "caller-builder"),
        ('from aws_cdk.aws_lambda import Code\nCode.from_docker_build(".", build_args={"NPM_TOKEN": os.environ["T"]})', "caller-builder"),
        ('from aws_cdk.aws_ecr_assets import DockerImageAsset\nDockerImageAsset(s, "x", directory=".", build_args={"NPM_TOKEN": secret.value})', "caller-value"),
        ('from python_on_whales import docker\ndocker.build(".", build_args={"NPM_TOKEN": fetch()})', "caller-value"),
        ('from python_on_whales import docker\ndocker.build(".", build_args={**common, "NPM_TOKEN": t}, **more)', "caller-arguments"),
        ('subprocess.run(["docker", "compose", "build", "--build-arg", f"NPM_TOKEN={t}"])', "caller-builder"),
        ('subprocess.run(["sudo", "docker", "build", "--build-arg", f"NPM_TOKEN={t}", "."])', "caller-remote"),
        ('subprocess.run(["docker", "build", "--build-arg", f"NPM_TOKEN={t}", "."], env={"DOCKER_BUILDKIT": "0", **os.environ})', "caller-builder"),
        ('os.system(f"docker build --build-arg NPM_TOKEN={fetch()} .")', "caller-value"),
        ('os.execvp("docker", ["docker", "build", "--build-arg", f"NPM_TOKEN={fetch()}", "."])', "caller-value"),
        ('cmd = ["docker", "build", "--build-arg", f"NPM_TOKEN={fetch()}"]\nsubprocess.run(cmd + ["."])', "caller-value"),
        ('t = 1\ncmd = ["docker", "build", "--build-arg", f"NPM_TOKEN={t}", "."]\nt = 2\nsubprocess.run(cmd)', "caller-value"),
        ('cmd = ["docker", "build", "--build-arg", f"NPM_TOKEN={t}", "."]\nchange(cmd)\nsubprocess.run(cmd)', "caller-arguments"),
        ('cmd = ["docker", "build", "--build-arg", f"NPM_TOKEN={t}", "."]\nsubprocess.run(cmd)\nremote(cmd)', "caller-arguments"),
        ('cmd = ["docker", "build"]\nwhile more():\n    cmd += ["--build-arg", f"NPM_TOKEN={t}"]\n    subprocess.run(cmd)', "caller-arguments"),
        ('subprocess.run(["docker", "build", "--build-arg", "NPM_TOKEN=" + t, "."], **options)', "caller-value"),
        ('import fabric\nc = fabric.Connection("h")\nc.run(f"docker build --build-arg NPM_TOKEN={t} .")', "caller-remote"),
        ('subprocess.run(["docker", "build", "--build-arg", "NPM_TOKEN=a", "--build-arg", "NPM_TOKEN=b", "."])', "caller-arguments"),
        ('def f(os):\n    subprocess.run(["docker", "build", "--build-arg", f"NPM_TOKEN={t}", "."])', "caller-value"),
    ],
)  # fmt: skip
def test_refused(text: str, code: str) -> None:
    head = "" if "def f(os)" in text else "import os\n"
    codes = refused("build.py", f"{head}import subprocess\n{text}\n", "python", IDS)
    assert code in codes, codes
    done = jobs_for(read("build.py", f"{head}import subprocess\n{text}\n", "python").builds, IDS)
    assert not rewrite("build.py", f"{head}import subprocess\n{text}\n", "python", done).edits if done else True


def test_every_refusal_names_the_change() -> None:
    text = 'import docker\ndocker.from_env().images.build(path=".", buildargs={"NPM_TOKEN": t})\n'
    why = one(text).refused
    assert why is not None and why.line == 2 and any("secrets=" in line for line in why.by_hand)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('extra = ["--build-arg", f"NPM_TOKEN={t}"]\nlaunch("docker", extra, "build")', ["NPM_TOKEN"]),
        ('make(docker=True, build_args={"NPM_TOKEN": t, "V": 1})', ["NPM_TOKEN", "V"]),
        ('json.dump({"target": {"app": {"dockerfile": "Dockerfile", "args": {"NPM_TOKEN": t}}}}, docker_build)', ["NPM_TOKEN"]),
        ('cmd = ["docker", "build"]\nfor a in given.build_arg:\n    cmd += ["--build-arg", a]\nsubprocess.run(cmd + ["."])', [""]),
    ],
)
def test_what_is_not_followed_is_named(text: str, names: list[str]) -> None:
    assert [u.name for u in read("build.py", HEAD + text + "\n", "python").unread] == names


@pytest.mark.parametrize(
    "text",
    [
        'print("docker build --build-arg NPM_TOKEN=x .")',
        'HELP = "docker build --build-arg NPM_TOKEN=x ."\nprint(HELP)',
        '"""Run docker build --build-arg NPM_TOKEN=x ."""',
        'parser.add_argument("--build-arg", help="docker build")',
        'assert cmd == ["docker", "build", "--build-arg", "NPM_TOKEN=x", "."]',
        'mock.assert_called_once_with(["docker", "build", "."])',
        'if "--build-arg" in sys.argv: docker.build',
        'subprocess.run(["docker", "run", "app", "build"])',
        'subprocess.run(["docker", "push", "build"])',
        'where = os.path.join("docker", "build", "x")',
        '# docker build --build-arg NPM_TOKEN=x\nx = "docker" + " " + "build-tools"',
    ],
)
def test_no_build(text: str) -> None:
    reading = read("build.py", HEAD + text + "\n", "python")
    assert not reading.builds and not reading.unread


# bad input
@pytest.mark.parametrize(
    "data",
    [
        b'print "docker build --build-arg X"\n',
        b'import subprocess\nsubprocess.run(["docker", "build", "--build-arg"\n',
        b'# -*- coding: latin-1 -*-\nx = "docker build --build-arg \xe9"\n',
        b'x = "docker build --build-arg \xff"\n',
        b"docker build --build-arg\x00\n",
        b"x = " + b"(" * 5000 + b'"docker build --build-arg"',
        b"x = " + b"-" * 20_000 + b"1  # docker build --build-arg\n",
        b"x = " + b"+".join([b'"docker build --build-arg"'] * 20_000) + b"\n",
        b"if docker_build_args: pass\n" + b"elif b: pass\n" * 20_000,
        b"build_args = docker" + b".f()" * 10_000 + b"\n",
        b"x = '" + b"docker build --build-arg " * 50_000 + b"'\n",
    ],
)
def test_bad_input_is_named_not_raised(data: bytes) -> None:
    start = time.process_time()
    reading = read("build.py", data, "python")
    assert [u.refused.code for u in reading.unread] == ["caller-format"]
    assert time.process_time() - start < 5 * SLOWER


def test_a_bad_file_that_builds_nothing_is_no_matter() -> None:
    assert not read("old.py", b'print "the docker image is built elsewhere, build"\n', "python").unread


def test_two_thousand_lines_take_under_a_second() -> None:
    text = HEAD + "".join(
        f"def f{n}(a, b):\n    if a:\n        subprocess.run(['docker', 'tag', f'x{{a}}', b], check=True)\n    return b\n" for n in range(499)
    )
    text += 'subprocess.run(["docker", "build", "--build-arg", "NPM_TOKEN", "."])\n'
    read("warm.py", text + "#\n", "python")
    start = time.process_time()
    assert len(read("build.py", text, "python").builds) == 1
    assert time.process_time() - start < 1.5 * SLOWER


def test_libcst_is_loaded_only_when_needed() -> None:
    code = (
        "import sys; from remediate.callers.kinds import python; from remediate.callers.model import CallerFile;"
        "from remediate.callers.repository import Repository;"
        "assert python.read(CallerFile('a.py', b'import docker', 'python'), Repository('.')).builds == ();"
        "assert 'libcst' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# edits
def test_a_generated_file_is_refused() -> None:
    text = "# Code generated by x. DO NOT EDIT.\n" + HEAD + 'subprocess.run(["docker", "build", "--build-arg", "NPM_TOKEN", "."])\n'
    assert refused("build.py", text, "python", IDS) == ["caller-generated"]


def test_a_copied_file_comes_with_every_build() -> None:
    text = HEAD + 'subprocess.run(["docker", "build", "-t", "x", "."], cwd="app")\n'
    build = one(text)
    move = Move(spec(".npmrc", "npmrc", Delivery.FILE), source="app/.npmrc")
    done = rewrite("build.py", text, "python", [Job(build, (move,))])
    assert done.edits[0].edit.text == b', "--secret", "id=npmrc,src=.npmrc"'


def test_a_list_of_one_word_a_line_stays_one() -> None:
    text = HEAD + 'subprocess.run(\n    [\n        "docker",\n        "build",\n        ".",\n    ]\n)\n'
    move = Move(spec(".npmrc", "npmrc", Delivery.FILE), source=".npmrc")
    done = rewrite("build.py", text, "python", [Job(one(text), (move,))])
    assert done.edits[0].edit.text == b',\n        "--secret",\n        "id=npmrc,src=.npmrc"'


def test_what_is_supplied_only_goes() -> None:
    text = HEAD + 'subprocess.run(["docker", "build", "--build-arg", "NPM_TOKEN", "--secret", "id=npm_token,env=NPM_TOKEN", "."])\n'
    assert '["docker", "build", "--secret", "id=npm_token,env=NPM_TOKEN", "."]' in moved("build.py", text, "python", IDS)


def test_a_key_in_a_file_is_named_and_one_in_a_variable_refused() -> None:
    text = HEAD + 'subprocess.run(["docker", "build", "--build-arg", "KEY=" + open("id_ed25519").read(), "."])\n'
    after = moved("build.py", text, "python", {"KEY": "default"}, delivery=Delivery.SSH)
    assert '"--ssh", "default=id_ed25519"' in after
    text = HEAD + 'subprocess.run(["docker", "build", "--build-arg", "KEY=" + os.environ["KEY"], "."])\n'
    assert refused("build.py", text, "python", {"KEY": "default"}, delivery=Delivery.SSH) == ["caller-key"]


def test_a_shared_list_moves_only_for_all() -> None:
    text = HEAD + 'base = ["docker", "build", "--build-arg", "NPM_TOKEN"]\nsubprocess.run(base + ["a"])\nsubprocess.run(base + ["b"])\n'
    builds = read("build.py", text, "python").builds
    done = rewrite("build.py", text, "python", jobs_for(builds[:1], IDS))
    assert [r.refused.code for r in done.refused] == ["caller-shared"] and not done.edits
    assert len(rewrite("build.py", text, "python", jobs_for(builds, IDS)).edits) == 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('docker.build(".", build_args={"NPM_TOKEN": os.environ["T"]})', 'docker.build(".", secrets=["id=npm_token,env=T"])'),
        ("docker.build('.', build_args=dict(NPM_TOKEN=os.environ['T'], V='1'))", "docker.build('.', build_args=dict(V='1'), secrets=['id=npm_token,env=T'])"),
        (
            'docker.build(".", secrets="id=a,env=A", build_args={"V": "1", "NPM_TOKEN": os.environ["T"]})',
            'docker.build(".", secrets=["id=a,env=A", "id=npm_token,env=T"], build_args={"V": "1"})',
        ),
        (
            'a = {"NPM_TOKEN": os.environ["T"], "V": "1"}\ndocker.build(".", build_args=a)',
            'a = {"V": "1"}\ndocker.build(".", build_args=a, secrets=["id=npm_token,env=T"])',
        ),
        ('docker.build(".", build_args={"NPM_TOKEN": open("t").read()}, tags=["x"])', 'docker.build(".", secrets=["id=npm_token,src=t"], tags=["x"])'),
    ],
)
def test_python_on_whales(before: str, after: str) -> None:
    head = "import os\nfrom python_on_whales import docker\n"
    assert moved("build.py", head + before + "\n", "python", IDS) == head + after + "\n"


def test_pulumi_takes_the_value() -> None:
    text = 'import pulumi_docker_build as docker_build\nimage = docker_build.Image(\n    "app",\n    context={"location": "app"},\n    build_args={"NPM_TOKEN": token, "V": "1"},\n)\n'
    after = moved("__main__.py", text, "python", IDS)
    assert 'build_args={"V": "1"},\n    secrets={"npm_token": token},\n)' in after
    assert one(text).place.paths == ("app/Dockerfile",)


def test_cdk_takes_a_variable() -> None:
    text = 'import os\nfrom aws_cdk import aws_lambda as lambda_\nlambda_.DockerImageCode.from_image_asset("fn", build_args={"NPM_TOKEN": os.environ["NPM_TOKEN"]}, file="Dockerfile.fn")\n'
    assert 'build_secrets={"npm_token": "env=NPM_TOKEN"}, file=' in moved("app.py", text, "python", IDS)
    assert one(text).place.paths == ("fn/Dockerfile.fn",)


WORDS = st.sampled_from(['"--pull"', '"-t", "x"', '"--label", f"a={b}"', '"--build-arg", "V=1"', "*(['--push'] if b else [])", '"--target", b'])
SECRETS = st.sampled_from(
    ['"--build-arg", "NPM_TOKEN"', '"--build-arg=NPM_TOKEN"', "'--build-arg', f'NPM_TOKEN={b}'", '"--build-arg", "NPM_TOKEN=" + b', '"--build-arg", "NPM_TOKEN=%s" % (b,)']
)
SHAPES = st.sampled_from(
    [
        "def f(b):\n    subprocess.run([{}])\n",
        "def f(b):\n    cmd = [{}]\n    subprocess.run(cmd, check=True)\n",
        "def f(b, **kw):\n    subprocess.check_call(\n        ({},),\n        env=dict(os.environ, A='b'),\n    )\n",
        "class A:\n    def f(self, b):\n        return subprocess.Popen([{}], env=None).wait()\n",
        "def f(b):\n    cmd = []\n    cmd += [{}]\n    return subprocess.check_output(cmd)\n",
    ]
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(WORDS, max_size=4), SECRETS, st.lists(WORDS, max_size=3), SHAPES)
def test_argument_lists_read_back_and_compile(left: list[str], secret: str, right: list[str], shape: str) -> None:
    words = ", ".join(['"docker"', '"build"', *left, secret, *right, '"."'])
    text = "import os\nimport subprocess\n" + shape.format(words)
    after = moved("build.py", text, "python", IDS)
    compile(after, "build.py", "exec")
    assert "NPM_TOKEN=" not in after.replace("env=NPM_TOKEN", "")
    assert after.count("--build-arg") == text.count("--build-arg") - 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{\n    "V": "1",  # kept\n    "NPM_TOKEN": os.environ["T"],  # the token\n}', '{\n    "V": "1",  # kept\n}'),
        ('{\n    "NPM_TOKEN": os.environ["T"],\n    # about V\n    "V": "1",\n}', '{\n    # about V\n    "V": "1",\n}'),
        ('{"NPM_TOKEN": os.environ["T"], "V": "1"}', '{"V": "1"}'),
        ('{"V": "1", "NPM_TOKEN": os.environ["T"]}', '{"V": "1"}'),
        ('{"V": "1",  # kept\n "NPM_TOKEN": os.environ["T"]}', '{"V": "1",  # kept\n }'),
    ],
)
def test_comments_of_neighbours_stay(before: str, after: str) -> None:
    head = "import os\nfrom python_on_whales import docker\n"
    moved_text = moved("build.py", f'{head}docker.build(".", build_args={before})\n', "python", IDS)
    assert moved_text == f'{head}docker.build(".", build_args={after}, secrets=["id=npm_token,env=T"])\n'


def test_words_on_lines_of_their_own_go_with_their_lines() -> None:
    text = HEAD + 'subprocess.run([\n    "docker",\n    "build",  # b\n    "--build-arg",\n    "NPM_TOKEN",\n    "--secret",\n    "id=npm_token,env=NPM_TOKEN",\n    ".",\n])\n'
    assert '"build",  # b\n    "--secret",\n' in moved("build.py", text, "python", IDS)


@pytest.mark.parametrize("row", [r for r in RUNNERS if not r.remote], ids=lambda r: r.name)
def test_every_row_of_what_starts_a_process(row) -> None:
    words, before = '"docker", "build", "--build-arg", "NPM_TOKEN", "."', "a, " * row.at
    command = {"varargs": words, "string": '"docker build --build-arg NPM_TOKEN ."'}.get(row.form, f"[{words}]")
    head = f"import {row.name.rpartition('.')[0]}\n"
    assert [a.name for a in one(f"{head}{row.name}({before}{command})\n").args] == ["NPM_TOKEN"]
    others = read("build.py", f"{head}docker = 'build .'\n{row.counter}\n", "python").builds
    assert row.source and row.example and all(b.refused for b in others)


def test_the_folder_comes_through_a_wrapper() -> None:
    text = HEAD + 'def docker(*args, **kw):\n    return subprocess.run(("docker",) + args, check=True, **kw)\ndocker("build", ".", cwd="api")\n'
    assert one(text).place.paths == ("api/Dockerfile",)


@pytest.mark.parametrize(
    "text",
    [
        'from subprocess import *\nrun(["docker", "build", "--build-arg", "NPM_TOKEN", "."])\n',
        'try:\n    import subprocess32 as subprocess\nexcept ImportError:\n    import subprocess\nsubprocess.run(["docker", "build", "--build-arg", "NPM_TOKEN", "."])\n',
        'import subprocess\nsubprocess.run(["bash", "-ec", "docker build --build-arg NPM_TOKEN=$NPM_TOKEN ."])\n',
    ],
)
def test_other_ways_to_the_same_process(text: str) -> None:
    assert "id=npm_token,env=NPM_TOKEN" in moved("build.py", text, "python", IDS)


DOUBLED = "import subprocess\nx0 = {}\n" + "".join(f"x{n} = x{n - 1} + x{n - 1}\n" for n in range(1, 60)) + "subprocess.run(x59)\n"


@pytest.mark.parametrize(
    "text",
    [
        DOUBLED.format('["docker", "build", "--build-arg", "A", "."]'),
        DOUBLED.format('"docker build --build-arg A ."'),
        "import subprocess\ndef w(c):\n    subprocess.run(c)\n" + 'w(["docker", "build", "."])\n' * 3000,
    ],
)
def test_what_grows_without_end_is_named_in_time(text: str) -> None:
    start = time.process_time()
    assert [u.refused.code for u in read("build.py", text, "python").unread] == ["caller-format"]
    assert time.process_time() - start < 15 * SLOWER

"""Programs before and after, run for real with a `docker` that writes down what it gets."""

from __future__ import annotations

import ast
import os
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.callers.recorder import Recorder, on_no_argv, same
from tests.callers.working import moved

SECRET = "planted-7c2e10"
IDS = {"NPM_TOKEN": "npm_token", "PIP_TOKEN": "pip_token"}

# name -> program. NPM_TOKEN and CI_TOKEN are in the environment; token.txt holds a value; counted.py counts how often it is asked.
PROGRAMS: dict[str, str] = {
    "list": """
import os, subprocess
subprocess.run(["docker", "build", "--build-arg", f"NPM_TOKEN={os.environ['NPM_TOKEN']}", "-t", "app", "."], check=True)
""",
    "list through": """
import subprocess
subprocess.check_call(("docker", "build", "--build-arg", "NPM_TOKEN", "--build-arg=PIP_TOKEN", "."))
""",
    "renamed": """
import os, subprocess as sp
token = os.getenv("CI_TOKEN", "")
sp.run(["docker", "buildx", "build", "--build-arg=NPM_TOKEN=" + token, "--build-arg", "V=1", "."])
""",
    "a value of its own": """
'''Builds the image.'''
from __future__ import annotations

from subprocess import check_output as output
from counted import get_token

print(output(["docker", "build", "--build-arg", f"NPM_TOKEN={get_token()}", "."], text=True))
""",
    "none is text": """
import subprocess
token = None
subprocess.run(["docker", "build", "--build-arg", f"NPM_TOKEN={token}", "."])
subprocess.run(["docker", "build", "--build-arg", "NPM_TOKEN=%s" % token, "."])
subprocess.run(["docker", "build", "--build-arg", "NPM_TOKEN={}".format(token), "."])
""",
    "parts": """
import os, subprocess
user, password = "me", os.environ["CI_TOKEN"] + "!"
subprocess.run(["docker", "build", "--build-arg", f"NPM_TOKEN={user}:{password}", "."])
""",
    "a list that grows": """
import subprocess

def build(token, tag, push=False):
    cmd = ["docker", "build"]
    cmd += ["--build-arg", f"NPM_TOKEN={token}"]
    cmd.extend(["-t", tag])
    if push:
        cmd.append("--push")
    cmd.append(".")
    print("running", len(cmd))
    subprocess.run(cmd, check=True)

build(open("token.txt").read().strip(), "app:1", push=True)
build("planted-7c2e10-other", "app:2")
""",
    "in a branch": """
import os, subprocess
token = os.environ.get("CI_TOKEN")
for wanted in (True, False):
    cmd = ["docker", "build"]
    if wanted:
        cmd += ["--build-arg", f"NPM_TOKEN={token}"]
    subprocess.run([*cmd, "."])
""",
    "an environment that is there": """
import os, subprocess
env = os.environ.copy()
env["DOCKER_BUILDKIT"] = "1"
token = os.environ["CI_TOKEN"] * 2
subprocess.run(["docker", "build", "--build-arg", f"NPM_TOKEN={token}", "."], env=env)
subprocess.run(["docker", "build", "--build-arg", f"NPM_TOKEN={token}", "."], env={**os.environ, "A": "b"})
subprocess.run(["docker", "build", "--build-arg", f"NPM_TOKEN={token}", "."], env=dict(os.environ, A="b"))
subprocess.run(["docker", "build", "--build-arg", f"NPM_TOKEN={token}", "."], env=None)
subprocess.run(["docker", "build", "--build-arg", f"NPM_TOKEN={os.environ['NPM_TOKEN']}", "."], env=os.environ | {"A": "b"})
subprocess.run(["docker", "build", "--build-arg", f"NPM_TOKEN={os.environ['NPM_TOKEN']}", "."], env={"PATH": os.environ["PATH"]})
""",
    "an environment that may be none": """
import subprocess
def build(token, env=None):
    subprocess.run(["docker", "build", "--build-arg", f"NPM_TOKEN={token}", "."], env=env)
build("planted-7c2e10-a")
""",
    "a wrapper": """
import subprocess
def run(cmd, **kwargs):
    print("+", cmd[0])
    return subprocess.run(cmd, check=True, **kwargs)
token = open("token.txt").read()[:20]
run(["docker", "build", "--build-arg", f"NPM_TOKEN={token}", "."])
run(["podman", "build", "--build-arg", f"NPM_TOKEN={token}", "."], cwd=".")
""",
    "a wrapper of words": """
import subprocess
def docker(*args):
    subprocess.run(["docker", *args], check=True)
docker("build", "--build-arg", "NPM_TOKEN", ".")
docker("push", "app")
""",
    "a method": """
import os, subprocess
class Builder:
    def __init__(self):
        self.token = os.environ["CI_TOKEN"]
    def _run(self, args, env=None):
        subprocess.run(args, env=env, check=True)
    def build(self):
        self._run(["docker", "build", "--build-arg", "NPM_TOKEN=" + self.token, "."])
Builder().build()
""",
    "a shell line": """
import os, subprocess
tag = "1"
os.system(f"docker build --build-arg NPM_TOKEN={os.environ['NPM_TOKEN']} -t app:{tag} .")
os.system("docker build --build-arg NPM_TOKEN=$NPM_TOKEN .")
subprocess.run("docker build --build-arg NPM_TOKEN=" + os.environ["CI_TOKEN"] + " -t app:" + tag + " .", shell=True, check=True)
subprocess.call(
    "docker build "
    f"--build-arg NPM_TOKEN='{os.environ['CI_TOKEN']}' "
    "--build-arg V=1 .",
    shell=True,
)
""",
    "a shell line in a variable": """
import os, subprocess
from counted import get_token
token = get_token()
cmd = "docker build"
cmd += f" --build-arg NPM_TOKEN={token}"
cmd += " -t app ."
subprocess.check_output(cmd, shell=True)
""",
    "a split line": """
import shlex, subprocess
token = open("token.txt").read().strip()
subprocess.run(shlex.split(f"docker build --build-arg NPM_TOKEN={token} ."))
subprocess.run("docker build --build-arg NPM_TOKEN .".split())
subprocess.run(" ".join(["docker", "build", "--build-arg", f"NPM_TOKEN={token}", "."]), shell=True)
""",
    "asyncio": """
import asyncio, os
async def main():
    token = os.environ["CI_TOKEN"][::-1]
    p = await asyncio.create_subprocess_exec("docker", "build", "--build-arg", f"NPM_TOKEN={token}", ".")
    await p.wait()
    p = await asyncio.create_subprocess_shell(f"docker build --build-arg NPM_TOKEN={token} .")
    await p.wait()
asyncio.run(main())
""",
    "partial": """
import functools, subprocess
run = functools.partial(subprocess.run, check=True)
token = open("token.txt").readline()
run(["docker", "build", "--build-arg", "NPM_TOKEN={}".format(token), "."])
""",
    "exec": """
import os
token = os.environ["NPM_TOKEN"]
os.execvp("docker", ["docker", "build", "--build-arg", f"NPM_TOKEN={token}", "."])
""",
    "exec with an environment": """
import os
token = os.environ["CI_TOKEN"] + "x"
os.execvpe("docker", ["docker", "build", "--build-arg", f"NPM_TOKEN={token}", "."], dict(os.environ))
""",
    "two secrets": """
import os
import subprocess
a, b = os.environ["CI_TOKEN"] + "a", os.environ["CI_TOKEN"] + "b"
subprocess.run(
    [
        "docker",
        "build",
        "--build-arg",
        f"NPM_TOKEN={a}",
        "--build-arg",
        f"PIP_TOKEN={b}",
        ".",
    ],
    check=True,
)
""",
    "a folder": """
import os, subprocess
from pathlib import Path
HERE = Path(__file__).resolve().parent
subprocess.Popen(["docker", "build", "--build-arg", f"NPM_TOKEN={os.environ['NPM_TOKEN']}", "-f", str(HERE / "Dockerfile"), str(HERE)], cwd=HERE).wait()
""",
    "the same list twice": """
import os, subprocess
base = ["docker", "build", "--build-arg", f"NPM_TOKEN={os.environ['CI_TOKEN']}"]
subprocess.run(base + ["-t", "a", "."])
subprocess.run(base + ["-t", "b", "."])
""",
    "a literal": """
import subprocess
TOKEN = "planted-7c2e10-literal"
subprocess.run(["docker", "build", "--build-arg", f"NPM_TOKEN={TOKEN}", "."])
subprocess.run(["docker", "build", "--build-arg", "NPM_TOKEN=planted-7c2e10-plain", "."])
""",
    "the program changes its environment": """
import os, subprocess
os.environ["NPM_TOKEN"] = open("token.txt").read().strip()
subprocess.run(["docker", "build", "--build-arg", f"NPM_TOKEN={os.environ['NPM_TOKEN']}", "."])
""",
    "CRLF and tabs": "import subprocess\r\ndef f(t):\r\n\tsubprocess.run(\r\n\t\t['docker', 'build', '--build-arg', 'NPM_TOKEN=' + t, '.'],\r\n\t\tcheck=True,\r\n\t)\r\nf('planted-7c2e10')\r\n",
    "umlauts before it": "\ufeffimport os, subprocess\nname = 'Grüße, 日本'\nsubprocess.run(['docker', 'build', '--label', f'ä={name}', '--build-arg', f\"NPM_TOKEN={os.environ['CI_TOKEN']}\", '.'])\n",
}
COUNTED = "calls = 0\ndef get_token():\n    global calls\n    calls += 1\n    return f'planted-7c2e10-{calls}'\n"
LIBRARIES: dict[str, tuple[str, str]] = {
    "invoke": ("invoke", """
from invoke import Context, task
@task
def build(c, token):
    c.run(f"docker build --build-arg NPM_TOKEN='{token}' .", echo=False)
build(Context(), "planted-7c2e10-x")
"""),
    "sh": ("sh", """
import os
import sh
token = os.environ["CI_TOKEN"] + "!"
sh.docker.build("--build-arg", f"NPM_TOKEN={token}", ".")
"""),
    "plumbum": ("plumbum", """
import os
from plumbum.cmd import docker
docker["build", "--build-arg", f"NPM_TOKEN={os.environ['CI_TOKEN']}", "."]()
"""),
    "python_on_whales": ("python_on_whales", """
import os
from python_on_whales import docker
docker.build(".", build_args={"NPM_TOKEN": os.environ["CI_TOKEN"], "V": "1"}, output={"type": "cacheonly"})
docker.buildx.build(".", build_args={"NPM_TOKEN": os.environ["NPM_TOKEN"]}, secrets=["id=a,env=A"], output={"type": "cacheonly"})
"""),
}  # fmt: skip


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "token.txt").write_text(f"{SECRET}-file\n")
    (folder / "counted.py").write_text(COUNTED)
    (folder / "Dockerfile").write_text("FROM scratch\n")
    return folder


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    folder = tmp_path / "tools"
    folder.mkdir()
    return Recorder(folder)


def proved(program: str, recorder: Recorder, work: Path) -> None:
    after = moved("build.py", program, "python", IDS)
    assert after != program
    ast.parse(after.encode())
    (work / "before.py").write_bytes(program.encode())
    (work / "after.py").write_bytes(after.encode())
    env = {"NPM_TOKEN": f"{SECRET}-env", "CI_TOKEN": f"{SECRET}-ci", "PIP_TOKEN": f"{SECRET}-pip", "A": "a"}
    old, status, printed = recorder.run([sys.executable, "-B", "before.py"], work, env)
    new, status_after, printed_after = recorder.run([sys.executable, "-B", "after.py"], work, env)
    assert status == 0, printed
    assert old, "the program builds nothing"
    assert status_after == 0, printed_after
    same(old, new, IDS)
    on_no_argv(new, [SECRET])


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_builders_get_the_same(name: str, recorder: Recorder, work: Path) -> None:
    proved(PROGRAMS[name], recorder, work)


@pytest.mark.parametrize("name", LIBRARIES)
def test_libraries_hand_on_the_same(name: str, recorder: Recorder, work: Path) -> None:
    module, program = LIBRARIES[name]
    if find_spec(module) is None:
        assert not os.environ.get("CI"), f"{module} is missing: the dev extra brings it"
        pytest.skip(f"{module} is not installed")
    proved(program, recorder, work)

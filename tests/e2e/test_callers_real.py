"""Callers of the golden cases run for real, before and after the fix: each builds its own Dockerfile with a real engine.

Before, the image's history must hold the secret (else the case proves nothing) and, where the caller names the value, a process has it as
an argument. After, the consumer gets the same secret, and neither the image nor any process's arguments hold it. Only this is changed in
the files: no `# syntax` line (the frontend's image isn't at hand), no `--pull`, no `push`, no network for the build.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from . import real_compose
from .conftest import Farm
from .engines import ALL, ENGINES, SCRIPTS, Built, Engine
from .images import logs, read_archive
from .leaks import Leak, find_leaks
from .plants import CORE, Plant, plant
from .records import Call, parse_log

GOLDEN = Path(__file__).parents[2] / "golden"
DOCKER = next(e for e in ALL if e.name == "docker28")
SYNTAX = b"# syntax=docker/dockerfile:1\n"

# Writes down every argument list from itself up to the test, and becomes the real docker in the engine's system.
WRAPPER = """#!{python} -SE
import os, sys
pid, lines = os.getpid(), []
while pid not in (0, 1, {stop}):
    with open(f"/proc/{{pid}}/cmdline", "rb") as f:
        lines.append(f.read())
    with open(f"/proc/{{pid}}/stat") as f:
        pid = int(f.read().rpartition(")")[2].split()[1])
with open({log!r}, "ab") as f:
    f.write(b"\\n".join(lines) + b"\\n")
argv = [a for a in sys.argv[1:] if a != "--pull"]
if argv[0] == "push":
    sys.exit()
if "build" in argv and argv[0] != "compose":
    argv.insert(argv.index("build") + 1, "--network=none")
os.environ |= {{"DOCKER_HOST": {host!r}, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}}
os.execv({enter!r}, [{enter!r}, {root!r}, "docker", *argv])
"""


def step(folder: Path, value: str) -> tuple[list[str], dict[str, str]]:
    """The step that builds, as GitHub's runner runs it: templates filled in, the text in a file, `bash -e`."""
    workflow = yaml.safe_load((folder / ".github/workflows/image.yml").read_text())
    job = workflow["jobs"]["image"]
    one = next(s for s in job["steps"] if "docker build" in s.get("run", ""))

    def filled(text: str) -> str:
        return text.replace("${{ secrets.NPM_TOKEN }}", value)

    script = folder / "step.sh"
    inside = job.get("defaults", {}).get("run", {}).get("working-directory", ".")
    script.write_text(f"cd {inside}\n" + filled(one["run"]))
    return ["bash", "-e", str(script)], {k: filled(v) for d in (workflow, job, one) for k, v in d.get("env", {}).items()}


def readme(folder: Path, value: str) -> tuple[list[str], dict[str, str]]:
    """The first block of the README, with what a reader puts in for the placeholders."""
    block = (folder / "README.md").read_text().split("```bash\n")[1].partition("```")[0]
    script = folder / "block.sh"
    script.write_text(block.replace("NPM_TOKEN=...", f"NPM_TOKEN={value}").replace("<your name>", "proof"))
    return ["bash", str(script)], {}


def script_of(folder: Path, value: str) -> tuple[list[str], dict[str, str]]:
    """npm hands a script to `sh -c`; that is done here when there is no npm."""
    if shutil.which("npm"):
        return ["npm", "run", "--silent", "image"], {"NPM_TOKEN": value}
    return ["sh", "-c", json.loads((folder / "package.json").read_text())["scripts"]["image"]], {"NPM_TOKEN": value}


Start = Callable[[Path, str], tuple[list[str], dict[str, str]]]


@dataclass(frozen=True, slots=True)
class Row:
    """A golden case: `image` is what it builds. `start` gives the command and its environment, or `argv` is run with NPM_TOKEN set.

    `stored`: NPM_TOKEN is not set; the case fetches the secret from a store, or a file of the home. `listed`: the value is an argument of
    the old command; otherwise that has the name alone. `offline`: the file in which the build has to be told that there is no network.
    """

    case: str
    image: str
    argv: tuple[str, ...] = ()
    start: Start | None = None
    stored: bool = False
    listed: bool = True
    offline: str = ""


NO_NETWORK = {"      context: .\n": "      network: none\n", '  context = "."\n': '  network = "none"\n', '  context    = "."\n': '  network = "none"\n'}
PYTHON = sys.executable
ROWS = (
    Row("caller-shell-plain", "registry.example/shop:dev", ("sh", "build.sh")),
    Row("caller-shell-unexported", "shop", ("sh", "build.sh"), stored=True),
    Row("caller-shell-cat-file", "shop", ("sh", "build.sh"), stored=True),
    Row("caller-shell-array", "shop:x", ("bash", "build.sh", "x")),
    Row("caller-shell-function", "api", ("bash", "-c", "sed -i 's/ --target final//' tools/images.sh && bash tools/images.sh")),
    Row("caller-make-plain", "shop:latest", ("make", "image")),
    Row("caller-make-nasty", "shop:debug", ("make", "debug")),
    Row("caller-compose-plain", "shop-web:latest", ("docker", "compose", "build", "web"), listed=False, offline="compose.yaml"),
    Row("caller-bake-plain", "registry.example/shop:latest", ("docker", "buildx", "bake"), listed=False, offline="docker-bake.hcl"),
    Row("caller-compose-cli-plain", "shop-web", ("sh", "build.sh"), stored=True, offline="compose.yaml"),
    Row("caller-bake-set-plain", "registry.example/shop:latest", ("sh", "build.sh"), stored=True, offline="docker-bake.hcl"),
    Row("caller-python-plain", "app", (PYTHON, "build.py")),
    Row("caller-python-grown-list", "app:latest", (PYTHON, "build.py"), stored=True),
    Row("caller-python-whales", "app", (PYTHON, "build.py")),
    Row("caller-package-json-plain", "shop", start=script_of, listed=False),
    Row("caller-docs-plain", "proof/shop", start=readme),
    Row("caller-github-actions-run-expression", "shop", start=step),
    Row("caller-github-actions-run-env", "shop", start=step),
)


@dataclass(slots=True)
class Outcome:
    """What one side of a case came to."""

    leaks: list[Leak]
    calls: list[Call]
    lines: bytes
    seen: set[bytes]
    output: str


@pytest.fixture
def work(farm: Farm) -> Iterator[Path]:
    """A folder that the engine sees, once it runs."""
    farm.need(DOCKER)
    if why := real_compose.missing():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(why)
    DOCKER.name_base("node:20")
    folder = Path(tempfile.mkdtemp(prefix="callers-", dir=ENGINES / "work"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def prepared(row: Row, side: str, work: Path, secret: Plant) -> tuple[Path, dict[str, str]]:
    """A copy of the side that can be built here, and the environment of its caller; beside it the wrapper, a home and a store."""
    folder, tools, home = work / side, work / f"{side}-bin", work / f"{side}-home"
    shutil.copytree(GOLDEN / row.case / side, folder)
    tools.mkdir()
    (home / ".config").mkdir(parents=True)
    for path in folder.rglob("*"):
        if path.name == "Dockerfile":
            path.write_bytes(path.read_bytes().removeprefix(SYNTAX))
        elif path.name == "package.json":  # no layer of another case's build is used again
            path.write_bytes(path.read_bytes() + bytes(b" \t"[bit] for bit in map(int, f"{int(CORE.search(secret.core)[0][-22:-6], 16):064b}")))  # type: ignore[index]
    if row.offline:
        text = (folder / row.offline).read_text()
        old = next(line for line in NO_NETWORK if line in text)
        (folder / row.offline).write_text(text.replace(old, old + NO_NETWORK[old]))
    if row.stored:
        (home / ".config/npm-token").write_text(secret.value)
        (home / "credentials.py").write_text("from pathlib import Path\n\n\ndef fetch_token():\n    return (Path.home() / '.config/npm-token').read_text()\n")
        _program(tools / "vault", '#!/bin/sh\nexec cat "$HOME/.config/npm-token"\n')
    text = WRAPPER.format(
        python=PYTHON, stop=os.getpid(), log=str(work / f"{side}.log"), host=f"unix://{ENGINES}/dockerd-{DOCKER.suite}.sock",
        enter=str(SCRIPTS / "enter"), root=str(real_compose.ROOT),
    )  # fmt: skip
    _program(tools / "docker", text)
    return folder, {"PATH": f"{tools}:/usr/local/bin:/usr/bin:/bin", "HOME": str(home), "PYTHONPATH": str(home), "ENGINES": str(ENGINES), "TMPDIR": str(work)}


def _program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def run(row: Row, side: str, work: Path, secret: Plant) -> Outcome:
    """The caller of that side, run; its image, searched."""
    folder, env = prepared(row, side, work, secret)
    argv, more = row.start(folder, secret.value) if row.start else (list(row.argv), {} if row.stored else {"NPM_TOKEN": secret.value})
    with real_compose.Watch(secret.core) as watch:
        done = subprocess.run(
            argv, cwd=folder, env={**env, **more}, capture_output=True, text=True, errors="replace", timeout=120, stdin=subprocess.DEVNULL, check=False
        )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output.replace(secret.core, "<secret>")
    image = saved(DOCKER, row.image, work / f"{side}.tar")
    assert image.image is not None
    calls = [call for _, text in logs(image.image) for call in parse_log(text)]
    return Outcome(find_leaks("", image, (secret,)), calls, (work / f"{side}.log").read_bytes(), watch.seen, output)


def saved(engine: Engine, name: str, out: Path) -> Built:
    """The image of that name, and its history as docker tells it; the name is free again."""
    done = engine.run(*engine.client("save", "-o", str(out), name))
    assert done.returncode == 0, done.stdout
    history = engine.run(*engine.client("history", "--no-trunc", name)).stdout.encode()
    engine.run(*engine.client("rmi", "-f", name))
    built = Built(True, "", read_archive(out), {"docker history": history})
    out.unlink()
    return built


@pytest.mark.engine
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.case)
def test_a_caller_and_its_dockerfile(row: Row, work: Path) -> None:
    secret = plant("NPM_TOKEN")
    before = run(row, "before", work, secret)
    assert {leak.place for leak in before.leaks} >= {"history"}, "the old build leaks nothing: the case proves nothing"
    assert (secret.core.encode() in before.lines) == row.listed
    after = run(row, "after", work, secret)
    assert [call.text for call in after.calls] == [call.text for call in before.calls] == ["npm ci"]
    assert [call.env["NPM_TOKEN"] for call in after.calls] == ["{{NPM_TOKEN}}"]
    assert after.leaks == []
    assert b"docker" in after.lines
    assert secret.core.encode() not in after.lines
    assert not after.seen
    assert secret.core not in after.output

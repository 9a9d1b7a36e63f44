"""What real package managers write down of a secret, and real builds with them before and after the fix.

The tools come from Debian (tests/engines/tools_root.sh), the private packages from servers of the test that ask for the token.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from remediate.model import Options
from remediate.pipeline.one import process

from .conftest import Farm
from .engines import ALL, ENGINES, SCRIPTS, Built, Engine
from .images import read_archive
from .leaks import find_leaks
from .plants import Plant
from .real_tools import PREPARE, ROOTS, TOKEN, USES, Servers, Use, measure

pytestmark = [pytest.mark.engine, pytest.mark.slow]
PLANT = Plant("GITLAB_TOKEN", TOKEN, TOKEN)


@pytest.fixture(scope="module")
def roots() -> dict[str, Path]:
    """The tars of the roots with the tools."""
    if os.environ.get("CI") != "true" and not all((ENGINES / "tools" / f"{name}.ready").exists() for name in ROOTS):
        pytest.skip("; ".join(f"run tests/engines/tools_root.sh {name} bookworm {packages}" for name, packages in ROOTS.items()))
    made = {}
    for name, packages in ROOTS.items():
        argv = [SCRIPTS / "tools_root.sh", name, "bookworm", *packages.split()]
        done = subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, "ENGINES": str(ENGINES)})
        made[name] = Path(done.stdout.strip().splitlines()[-1])
    return made


@pytest.fixture(scope="module")
def servers(roots: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """The private registry and the Git server."""
    running = Servers(tmp_path_factory.mktemp("servers"))
    yield running
    running.close()


@pytest.mark.parametrize("use", USES, ids=lambda use: use.name)
def test_what_the_real_tool_leaves(use: Use, servers: Servers) -> None:
    left = measure(use, servers)
    assert left.status == 0, left.output.replace(TOKEN, "<token>")
    assert left.files == tuple(sorted(use.leaves))
    assert bool(left.let_in) == use.needs


# name -> (root, what the RUNs do, files that hold the token in the image before the fix)
BUILDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "npm": ("managers", """RUN npm config set //HOST/npm/:_authToken $GITLAB_TOKEN
RUN echo '{"name":"a","dependencies":{"acme":"^1.0.0"}}' > package.json
RUN npm install --no-audit --registry http://HOST/npm/
""", ("root/.npm/_logs/", "root/.npmrc")),
    "pip": ("managers", """RUN pip3 config set global.index-url http://u:$GITLAB_TOKEN@HOST/pip/
RUN pip3 install --break-system-packages --no-deps acme
""", ("root/.config/pip/pip.conf",)),
    "composer": ("managers", """ENV COMPOSER_ALLOW_SUPERUSER=1
RUN PREPARE
RUN composer config -g bearer.HOST $GITLAB_TOKEN
RUN echo '{"config":{"secure-http":false},"repositories":[{"packagist.org":false},{"type":"composer","url":"http://HOST/composer"}],"require":{"acme/lib":"1.0.0"}}' > composer.json
RUN composer install --no-interaction
""", ("root/.composer/auth.json",)),
    "bundler": ("managers", """RUN bundle config set --global NAME u:$GITLAB_TOKEN
RUN printf 'source "http://HOST/gems/"\\ngem "acme"\\n' > Gemfile
RUN bundle install
""", ("root/.bundle/config",)),
}  # fmt: skip


def _build(engine: Engine, text: str, folder: Path, *flags: str) -> Built:
    """One build on the host's network, without cache."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Dockerfile").write_text(text.removeprefix("# syntax=docker/dockerfile:1\n"))  # the frontend's image isn't at hand
    out = folder.with_suffix(".tar")
    argv = engine.client("buildx", "build", "--no-cache", "--network=host", "--progress=plain", "--provenance=mode=max", f"--output=type=oci,dest={out}", *flags, ".")
    done = engine.run(*argv, env={"GITLAB_TOKEN": TOKEN}, cwd=folder)
    return Built(done.returncode == 0, done.stdout, read_archive(out) if done.returncode == 0 else None)


@pytest.fixture(scope="module")
def docker(farm: Farm, roots: dict[str, Path]) -> Engine:
    """Docker with an image of the package managers."""
    engine = next(e for e in ALL if e.name == "docker28")
    farm.need(engine)
    done = engine.run(*engine.client("import", str(roots["managers"]), "tools/managers:1"))
    assert done.returncode == 0, done.stdout
    return engine


@pytest.mark.parametrize("name", BUILDS)
def test_real_builds(name: str, docker: Engine, servers: Servers) -> None:
    root, runs, leaves = BUILDS[name]
    host = servers.plain.host
    body = runs.replace("HOST", host).replace("NAME", host.partition(":")[0]).replace("PREPARE", PREPARE)
    before = f"# syntax=docker/dockerfile:1\nFROM tools/{root}:1\nWORKDIR /w\nARG GITLAB_TOKEN\n{body}"
    after = process(before.encode(), "Dockerfile", Options(engine="docker")).after.decode()
    assert after != before
    work = ENGINES / "work" / f"real-{name}"
    built = _build(docker, before, work / "before", "--build-arg", "GITLAB_TOKEN")
    assert built.ok, built.log.replace(TOKEN, "<token>")
    held = {leak.detail.partition(": ")[2] for leak in find_leaks("", built, (PLANT,)) if leak.place == "layer"}
    for path in leaves:
        assert any(h.startswith(path) for h in held), (path, held)
    assert len(held) == len(leaves)
    known = servers.let_in()
    fixed = _build(docker, after, work / "after", "--secret", "id=gitlab_token,env=GITLAB_TOKEN")
    assert fixed.ok, fixed.log.replace(TOKEN, "<token>")
    assert servers.let_in() > known
    assert find_leaks("", fixed, (PLANT,)) == []

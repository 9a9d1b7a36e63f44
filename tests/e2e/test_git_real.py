"""Real Git in real builds against a real server that asks for a token: before the fix the image keeps it, after it nothing does.

A build after the fix with a wrong token must fail where it did before: then it was the token that opened the repository.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from remediate.model import FileOutcome, Options
from remediate.pipeline.one import process

from .conftest import Farm
from .engines import ALL, ENGINES, SCRIPTS, Built, Engine
from .git_leaves import USES, Use, measure
from .git_server import GitServer
from .images import Image, file_system
from .leaks import find_leaks
from .plants import Plant

PACKAGES = {"bookworm": "git-bookworm", "forky": "git-forky"}
CORE = "PLANTxTOKENx0123456789abcdefxTNALP"
PLANT = Plant("TOKEN", CORE, CORE)


class Form(NamedTuple):
    """`run`: instructions with @ for the server. `there`: files that the image has afterwards; `asked`: repositories that the token opened."""

    name: str
    run: str
    there: tuple[str, ...]
    asked: tuple[str, ...]


LIB = ("acme/lib",)
FORMS = (
    Form("clone", "RUN git clone http://x:$TOKEN@@/acme/lib /d && cd /d && git log -1", ("d/README", "d/.git/config"), LIB),
    Form("token alone", 'RUN git clone --depth 1 -b dev "http://${TOKEN}@@/acme/lib.git" /d', ("d/README",), LIB),
    Form("mirror", "RUN git clone --mirror http://x:$TOKEN@@/acme/lib /d", ("d/config",), LIB),
    Form("submodules", "RUN git clone --recurse-submodules http://x:$TOKEN@@/acme/app /d", ("d/lib/README",), ("acme/app", "acme/lib")),
    Form(
        "later", "RUN git clone http://x:$TOKEN@@/acme/app /d\nWORKDIR /d\nRUN git fetch --tags && git submodule update --init && git describe --tags",
        ("d/lib/README",), ("acme/app", "acme/lib"),
    ),
    Form("remote", "WORKDIR /d\nRUN git init -q && git remote add origin http://x:$TOKEN@@/acme/lib && git fetch -q && git checkout -q dev", ("d/README",), LIB),
    Form("submodule add", "WORKDIR /d\nRUN git init -q && git submodule add http://x:$TOKEN@@/acme/lib lib", ("d/lib/README", "d/.gitmodules"), LIB),
    Form("pull", "WORKDIR /d\nRUN git init -q && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m a && git -c user.name=a -c user.email=a@b pull -q --no-rebase --no-edit --allow-unrelated-histories http://x:$TOKEN@@/acme/lib main", ("d/README",), LIB),
    Form("variable", 'RUN URL="http://x:$TOKEN@@/acme/lib"; git clone "$URL" /d', ("d/README",), LIB),
    Form("list", "RUN mkdir /w; cd /w; git clone http://x:$TOKEN@@/acme/lib; git clone http://x:$TOKEN@@/acme/app b; ls b/README", ("w/lib/README", "w/b/README"), ("acme/lib", "acme/app")),
    Form("header", 'RUN git clone -c "http.extraHeader=Authorization: Bearer $TOKEN" http://@/acme/lib /d', ("d/README",), LIB),
    Form("insteadOf", 'RUN git config --global url."http://x:$TOKEN@@/".insteadOf http://@/\nWORKDIR /d\nRUN git clone http://@/acme/lib .', ("d/README",), LIB),
    Form("insteadOf, taken back", 'RUN git config --global url."http://x:$TOKEN@@/".insteadOf http://@/\nRUN git clone http://@/acme/lib /d\nRUN git config --global --remove-section url."http://x:$TOKEN@@/"', ("d/README",), LIB),
    Form("extraheader", 'RUN git config --system http.extraheader "Authorization: Bearer $TOKEN"\nRUN git clone http://@/acme/lib /d', ("d/README",), LIB),
    Form("credentials", 'RUN git config --global credential.helper store && echo "http://x:$TOKEN@@" > ~/.git-credentials\nRUN git clone http://@/acme/lib /d', ("d/README",), LIB),
)  # fmt: skip
# The newest builds all of them; the older one, with its older Git and file delivery, one of each kind.
ON = [(form, "docker28") for form in FORMS] + [(form, "docker20") for form in FORMS if form.name in ("clone", "later", "insteadOf")]


def base(suite: str) -> Path:
    """The tar of a root with the real Git, made once on this machine."""
    tool = SCRIPTS / "tools_root.sh"
    packages = "git git-lfs ca-certificates bash coreutils sed grep findutils".split()
    done = subprocess.run([tool, PACKAGES[suite], suite, *packages], check=True, capture_output=True, text=True, timeout=600)
    return Path(done.stdout.strip().splitlines()[-1])


@pytest.fixture(scope="module")
def server() -> Iterator[GitServer]:
    folder = Path(tempfile.mkdtemp())
    running = GitServer(folder, CORE)
    try:
        yield running
    finally:
        running.close()
        shutil.rmtree(folder)


_imported: set[str] = set()


def real(engine: Engine, farm: Farm) -> None:
    """The engine, started, with the real Git as `tools:git`."""
    farm.need(engine)
    if engine.name not in _imported:
        done = engine.run(*engine.client("import", str(base(engine.suite)), "tools:git"))
        assert done.returncode == 0, done.stdout
        _imported.add(engine.name)


def build(engine: Engine, text: str, flags: list[str], token: str) -> Built:
    """One build on the host's network, so that the server can be reached."""
    with tempfile.TemporaryDirectory(dir=ENGINES / "work") as scratch:
        folder = Path(scratch)
        (folder / "Dockerfile").write_text(text)
        out, metadata = folder / "out.tar", folder / "out.json"
        common = ["--no-cache", "--network=host", "--progress=plain", *flags]
        environ = {"TOKEN": token}
        if engine.env_mounts:
            argv = ["buildx", "build", "--allow=network.host", "--provenance=mode=max", f"--output=type=oci,dest={out},compression=uncompressed", f"--metadata-file={metadata}"]
            done = engine.run(*engine.client(*argv, *common, "."), env=environ, cwd=folder)
            return engine._finish(done, out, metadata)
        done = engine.run(*engine.client("build", "-t", "git:real", *common, "."), env={**environ, "DOCKER_BUILDKIT": "1"}, cwd=folder)
        if done.returncode == 0:
            engine.run(*engine.client("save", "-o", str(out), "git:real"))
        return engine._finish(done, out, metadata)


def own(built: Built) -> Built:
    """The build without its base's layer, in which nothing is looked for."""
    assert built.image is not None, built.log
    image = built.image
    return Built(True, built.log, Image(image.config, image.layers[1:], image.documents), built.documents)


def fix(engine: Engine, text: str) -> FileOutcome:
    return process(text.encode(), "Dockerfile", Options(engine=engine.kind, engine_version=engine.claims))


def unlined(data: bytes) -> str:
    """Without the syntax line, which would ask a registry for a frontend."""
    return "".join(line for line in data.decode().splitlines(keepends=True) if not line.startswith("# syntax="))


@pytest.mark.parametrize(("form", "name"), ON, ids=[f"{form.name}-{name}" for form, name in ON])
def test_token_is_nowhere(form: Form, name: str, server: GitServer, farm: Farm) -> None:
    engine = next(e for e in ALL if e.name == name)
    real(engine, farm)
    before = f"FROM tools:git\nARG TOKEN\n{form.run.replace('@@', '@' + server.host).replace('http://@', 'http://' + server.host)}\n"
    done = fix(engine, before)
    assert [s.name for s in done.secrets] == ["TOKEN"], done.findings

    old = build(engine, before, ["--build-arg", "TOKEN"], CORE)
    assert [leak for leak in find_leaks("", own(old), (PLANT,)) if leak.place == "layer"], "the old build keeps nothing: this proves nothing"

    server.requests.clear()
    flags = [f"--secret=id={done.secrets[0].id},env=TOKEN"]
    new = build(engine, unlined(done.after), flags, CORE)
    assert new.ok, new.log
    found = own(new)
    assert find_leaks("", found, (PLANT,)) == []
    assert tuple(server.let_in()) == form.asked
    assert new.image is not None
    files = file_system(new.image)
    assert [path for path in form.there if path not in files] == []

    assert not build(engine, unlined(done.after), flags, "wrong").ok, "the repository opens without the token"


ROOTS = [ENGINES / "tools" / name for name in PACKAGES.values()]


@pytest.mark.parametrize("suite", PACKAGES)
@pytest.mark.parametrize("use", USES, ids=lambda use: use.name)
def test_what_git_leaves(use: Use, suite: str, server: GitServer) -> None:
    if os.geteuid() != 0:
        pytest.skip("build engines need root")
    base(suite)
    left = measure(use, ENGINES / "tools" / PACKAGES[suite], server)
    assert (left.files, left.status != 0) == (use.leaves, use.fails), left.output.replace(server.token, "<token>")

"""A real Git over a real SSH in real builds: before the fix a layer keeps the key, after it nothing does, and the repository still comes.

A build after the fix with another key must fail: then it was the agent's key that opened the repository.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from remediate.emit.commands import build_command
from remediate.model import Delivery, Options
from remediate.pipeline.one import process

from .commands import Command, read
from .conftest import Farm
from .engines import ALL, ENGINES, Built, Engine
from .images import Image, file_system
from .leaks import find_leaks
from .plants import Plant
from .ssh_server import SshServer, root_tar

ENGINE_NAMES = ("docker28", "docker20", "buildah128")
_ready: set[str] = set()


class Form(NamedTuple):
    """`run`: instructions with @U for the repository and @H for the server."""

    name: str
    run: str


KNOWN = "ssh-keyscan @H >> ~/.ssh/known_hosts 2>/dev/null"
FORMS = (
    Form("file", f'RUN mkdir -p ~/.ssh && echo "$SSH_PRIVATE_KEY" > ~/.ssh/id_ed25519 && chmod 600 ~/.ssh/id_ed25519 && {KNOWN}\nRUN git clone -q @U /d\n'),
    Form("an agent of its own", 'RUN eval $(ssh-agent -s) && mkdir -p -m 700 ~/.ssh && echo "$SSH_PRIVATE_KEY" > ~/.ssh/deploy_key '
         f"&& chmod 600 ~/.ssh/deploy_key && ssh-add ~/.ssh/deploy_key && {KNOWN} && git clone -q @U /d\n"),
    Form("named by an option", 'RUN mkdir -p ~/.ssh && printf "%s\\n" "$SSH_PRIVATE_KEY" > ~/.ssh/id_rsa\nRUN chmod 400 ~/.ssh/id_rsa\n'
         'RUN GIT_SSH_COMMAND="ssh -i ~/.ssh/id_rsa -o StrictHostKeyChecking=no" git clone -q @U /d\n'),
    Form("a setting and another user", 'USER app\nRUN mkdir -p -m 700 ~/.ssh && echo "$SSH_PRIVATE_KEY" > ~/.ssh/id_rsa && chmod 600 ~/.ssh/id_rsa '
         '&& printf "Host *\\n  IdentityFile ~/.ssh/id_rsa\\n  StrictHostKeyChecking no\\n" > ~/.ssh/config\nRUN git clone -q @U ~/d\n'),
)  # fmt: skip


@pytest.fixture(scope="module")
def server(farm: Farm) -> Iterator[SshServer]:
    farm.need(next(e for e in ALL if e.name == ENGINE_NAMES[0]))  # its lock is held while the work folder is in use
    root_tar()
    running = SshServer()
    try:
        yield running
    finally:
        running.close()


def real(name: str, farm: Farm) -> Engine:
    """The engine, started, with the real tools as `tools:ssh`."""
    engine = next(e for e in ALL if e.name == name)
    farm.need(engine)
    if name in _ready:
        return engine
    if engine.kind == "docker":
        done = engine.run(*engine.client("import", str(root_tar()), "tools:ssh"))
    else:
        with tempfile.TemporaryDirectory(dir=ENGINES / "work") as scratch:
            (Path(scratch) / "root.tar").hardlink_to(root_tar())
            (Path(scratch) / "Dockerfile").write_text("FROM scratch\nADD root.tar /\n")
            done = engine.run("buildah", "bud", "--isolation", "chroot", "--network", "host", "-t", "docker.io/library/tools:ssh", scratch)
    assert done.returncode == 0, done.stdout
    _ready.add(name)
    return engine


def build(engine: Engine, text: str, command: Command, environ: dict[str, str]) -> Built:
    """One build on the host's network, so that the server can be reached; without the base's layer, in which nothing is looked for."""
    with tempfile.TemporaryDirectory(dir=ENGINES / "work") as scratch:
        folder = Path(scratch)
        (folder / "Dockerfile").write_text(text)
        out, metadata = folder / "out.tar", folder / "out.json"
        flags = [f for value in command.build_args for f in ("--build-arg", value)] + [f for value in command.ssh for f in ("--ssh", value)]
        if engine.kind == "buildah":
            built = engine._buildah(flags, ".", "ssh:real", folder, environ, out)
        else:
            common = ["--no-cache", "--network=host", "--progress=plain", *flags, "."]
            if engine.env_mounts:
                start = ["buildx", "build", "--allow=network.host", "--provenance=mode=max"]
                argv = [*start, f"--output=type=oci,dest={out}", f"--metadata-file={metadata}"]
                done = engine.run(*engine.client(*argv, *common), env=environ, cwd=folder)
            else:
                done = engine.run(*engine.client("build", "-t", "ssh:real", *common), env={**environ, "DOCKER_BUILDKIT": "1"}, cwd=folder)
                if done.returncode == 0:
                    engine.run(*engine.client("save", "-o", str(out), "ssh:real"))
            built = engine._finish(done, out, metadata)
    if built.image is None:
        return built
    return Built(built.ok, built.log, Image(built.image.config, built.image.layers[1:], built.image.documents), built.documents)


PAIRS = [(FORMS[0], name) for name in ENGINE_NAMES] + [(form, ENGINE_NAMES[0]) for form in FORMS[1:]]


@pytest.mark.parametrize(("form", "name"), PAIRS, ids=lambda value: getattr(value, "name", value))
def test_the_key_is_nowhere(form: Form, name: str, server: SshServer, farm: Farm, tmp_path: Path) -> None:
    engine = real(name, farm)
    secret = server.key.read_text()
    plant = Plant("SSH_PRIVATE_KEY", secret.splitlines()[3], secret)
    before = "FROM tools:ssh\nARG SSH_PRIVATE_KEY\n" + form.run.replace("@U", server.url).replace("@H", server.host)
    fixed = process(before.encode(), "Dockerfile", Options(engine=engine.kind, engine_version=engine.claims))
    after = fixed.after.decode()
    assert [(s.id, s.delivery) for s in fixed.secrets] == [("default", Delivery.SSH)], after

    old = build(engine, before, Command(build_args=("SSH_PRIVATE_KEY",)), {"SSH_PRIVATE_KEY": secret})
    assert old.ok, old.log
    assert [leak for leak in find_leaks("", old, (plant,)) if leak.place == "layer"], "the old build keeps nothing: this proves nothing"

    came = server.let_in()
    shown = build_command("Dockerfile", fixed.secrets, engine=engine.kind, engine_version=engine.claims).shell
    command = read(shown, {}, tmp_path)
    new = build(engine, after, command, {"SSH_AUTH_SOCK": str(server.socket)})
    assert new.ok, new.log
    assert find_leaks("", new, (plant,)) == []
    assert server.let_in() > came
    assert new.image is not None and old.image is not None
    assert {p for p in file_system(new.image) if p.endswith("/d/README")} | {"d/README"} & set(file_system(new.image))
    lost = {p for p in file_system(old.image) if "/.git/" not in p} - set(file_system(new.image))
    assert all("id_" in p or p.endswith("deploy_key") or p.split("/")[0] == "tmp" for p in lost), lost

    if form is not FORMS[0]:
        return
    assert build(engine, after, Command(ssh=(f"default={server.key}",)), {}).ok, "the key's file does as well as the agent"
    assert not build(engine, after, Command(ssh=(f"default={server.stranger}",)), {}).ok, "the repository opens without the key"
    assert not build(engine, after, Command(), {}).ok, "the mount is required"


CONFIGS = {
    "nothing said": ("", True),
    "the file that is not there": ("  IdentityFile ~/.ssh/id_rsa\\n", True),
    "IdentitiesOnly": ("  IdentitiesOnly yes\\n", False),
    "IdentitiesOnly and the file that is not there": ("  IdentityFile ~/.ssh/id_rsa\\n  IdentitiesOnly yes\\n", False),
    "IdentityAgent": ("  IdentityAgent none\\n", False),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_what_a_client_asks_an_agent_for(name: str, server: SshServer, farm: Farm) -> None:
    """The facts on which the fix stands: the first two are fixed, the others left alone."""
    settings, works = CONFIGS[name]
    config = f"mkdir -p ~/.ssh && printf 'Host *\\n  StrictHostKeyChecking no\\n{settings}' > ~/.ssh/config"
    engine = real("docker28", farm)
    text = f"FROM tools:ssh\nRUN --mount=type=ssh,required=true {config} && git clone -q {server.url} /d\n"
    assert build(engine, text, Command(ssh=("default",)), {"SSH_AUTH_SOCK": str(server.socket)}).ok == works
    before = f"FROM tools:ssh\nARG SSH_PRIVATE_KEY\nRUN {config} && echo \"$SSH_PRIVATE_KEY\" > ~/.ssh/id_rsa\nRUN git clone -q {server.url} /d\n"
    specs = process(before.encode(), "Dockerfile", Options(engine="docker")).secrets
    assert any(s.delivery is Delivery.SSH for s in specs) == works

"""Real stores and a real build: the command that the tool gives fetches the secret, the image got the right one, and holds none.

HashiCorp Vault is played by OpenBao, server and client; AWS Secrets Manager by moto behind the real command line; SOPS is the real one.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from remediate.emit.commands import build_command
from remediate.emit.mounts import SYNTAX_LINE
from remediate.model import Delivery, Options, SecretSpec
from remediate.pipeline.command import command_for
from remediate.pipeline.one import process

from . import real_stores
from .conftest import Farm
from .engines import ALL
from .leaks import find_leaks
from .plants import Plant, plant
from .real_compose import Watch
from .real_stores import Stores

DOCKER = next(e for e in ALL if e.name == "docker28")
TOKENS = {name: plant(name, "hostile") for name in ("NPM_TOKEN", "PIP_TOKEN", "GH_TOKEN", "RAW_TOKEN")}
FILE = Plant("FILE", "PLANTxFILExa1b2c3d4e5f60718xTNALP", "//npm.example.com/:_authToken=PLANTxFILExa1b2c3d4e5f60718xTNALP\n\nalways-auth=true\n")
BYTES = bytes(range(256)) + b"PLANTxFILExa1b2c3d4e5f60718xTNALP\n\n"
ORIGINS = {
    "NPM_TOKEN": "vault:secret/ci/npm#token", "PIP_TOKEN": "aws:prod/pip#token", "RAW_TOKEN": "aws:prod/raw",
    "GH_TOKEN": "sops:ci/secrets.enc.yaml#gh.0.token",
}  # fmt: skip


@pytest.fixture(scope="module")
def stores(farm: Farm) -> Iterator[Stores]:
    if why := real_stores.missing():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(why)
    farm.need(DOCKER)  # its lock is held while the work folder is in use
    running = Stores()
    try:
        running.builder(DOCKER)
        (running.home / "repo/ci").mkdir()
        running.in_vault("secret", "ci/npm", {"token": TOKENS["NPM_TOKEN"].value, "empty": "", "npmrc": FILE.value})
        running.in_aws("prod/pip", json.dumps({"token": TOKENS["PIP_TOKEN"].value, "user": "ci"}))
        running.in_aws("prod/raw", TOKENS["RAW_TOKEN"].value)
        running.in_aws("prod/npmrc", FILE.value)
        running.in_aws("prod/bytes", b"\0\1\2")
        running.in_sops("ci/secrets.enc.yaml", json.dumps({"gh": [{"token": TOKENS["GH_TOKEN"].value}]}))
        running.in_sops("ci/npmrc.enc", FILE.value)
        running.in_sops("ci/bytes.enc", BYTES)
        yield running
    finally:
        running.close()


def digest(data: str | bytes) -> str:
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def fixed(stores: Stores) -> str:
    """The build command of a Dockerfile after the fix, whose RUN fails unless each variable is the right one."""
    checks = "".join(f'printf %s "${name}" | sha256sum | grep -q ^{digest(token.value)} || exit 1\n' for name, token in TOKENS.items())
    (stores.home / "repo/check.sh").write_text(checks)
    before = "FROM recorder:base\n" + "".join(f"ARG {name}\n" for name in TOKENS) + "COPY check.sh /\nRUN sh /check.sh && echo right > /right\n"
    outcome = process(before.encode(), "Dockerfile", Options(engine="docker", engine_version="28"))
    assert sorted(s.name for s in outcome.secrets) == sorted(TOKENS), outcome.findings
    # The frontend that this engine has built in does as well, without a registry.
    (stores.home / "repo/Dockerfile").write_bytes(outcome.after.replace(SYNTAX_LINE.encode(), b"").lstrip(b"\n"))
    return command_for(outcome, Options(engine="docker", origins=tuple(ORIGINS.items()))).shell


def test_the_image_gets_the_secrets_of_three_stores_and_holds_none(stores: Stores) -> None:
    command = fixed(stores)
    with Watch("xTNALP") as watch:
        done, built = stores.build("sh", f"set -x; {command}")
    assert done.returncode == 0 and built.ok and built.image is not None, done.stdout
    assert find_leaks("", built, tuple(TOKENS.values())) == []
    assert watch.looks > 10 and not watch.seen
    assert "xTNALP" not in done.stdout
    assert list((stores.home / "tmp").iterdir()) == []


def test_another_value_fails_the_same_build(stores: Stores) -> None:
    """Then the values that arrived above were the right ones."""
    command = fixed(stores)
    done, built = stores.build("sh", command.replace("-field=token", "-field=npmrc"))
    assert done.returncode and not built.ok
    assert "did not complete successfully" in done.stdout


NPMRC = SecretSpec("npmrc", ".npmrc", Delivery.FILE, "/app/.npmrc")


@pytest.mark.parametrize(
    ("origin", "data"),
    [("vault:secret/ci/npm#npmrc", FILE.value), ("aws:prod/npmrc", FILE.value), ("sops:ci/npmrc.enc", FILE.value), ("sops:ci/bytes.enc", BYTES)],
    ids=["vault", "aws", "sops", "sops, bytes"],
)
def test_a_copied_file_arrives_byte_by_byte(origin: str, data: str | bytes, stores: Stores) -> None:
    check = f"sha256sum < /app/.npmrc | grep -q ^{digest(data)} && echo right > /right"
    (stores.home / "repo/Dockerfile").write_text(f"FROM recorder:base\nRUN --mount=type=secret,id=npmrc,target=/app/.npmrc,required=true {check}\n")
    command = build_command("Dockerfile", [NPMRC], origins={"npmrc": origin}).shell
    with Watch("xTNALP") as watch:
        done, built = stores.build("sh", command)
    assert done.returncode == 0 and built.ok, done.stdout
    assert find_leaks("", built, (FILE,)) == []
    assert not watch.seen and "xTNALP" not in done.stdout
    assert list((stores.home / "tmp").iterdir()) == []


TOKEN = SecretSpec("npm_token", "NPM_TOKEN", Delivery.ENV, env_names=("NPM_TOKEN",))


@pytest.mark.parametrize("spec", [TOKEN, NPMRC], ids=lambda s: s.id)
@pytest.mark.parametrize(
    "origin",
    [
        "vault:secret/ci/npm#empty", "vault:secret/ci/npm#no", "vault:secret/no#token", "vault:no/ci/npm#token",
        "aws:no", "aws:prod/bytes", "aws:prod/pip#no", "aws:prod/raw#token", "sops:no.yaml", "sops:ci/secrets.enc.yaml#gh.7", "sops:ci/secrets.enc.yaml#no",
    ],
)  # fmt: skip
def test_what_is_not_there_stops_before_the_build(origin: str, spec: SecretSpec, stores: Stores) -> None:
    ran = stores.home / "ran"
    (stores.home / "bin/podman").write_text(f"#!/bin/sh\n: > {ran}\n")
    (stores.home / "bin/podman").chmod(0o755)
    done, _ = stores.build("sh", build_command("Dockerfile", [spec], engine="podman", origins={spec.id: origin}).shell)
    assert done.returncode
    assert not ran.exists()
    assert list((stores.home / "tmp").iterdir()) == []


@pytest.mark.parametrize("name", ["VAULT_ADDR", "AWS_ENDPOINT_URL"])
def test_a_store_that_does_not_answer_stops_before_the_build(name: str, stores: Stores) -> None:
    (stores.home / "bin/podman").write_text(f"#!/bin/sh\n: > {stores.home}/ran\n")
    (stores.home / "bin/podman").chmod(0o755)
    told = {"VAULT_ADDR": "vault:secret/ci/npm#token", "AWS_ENDPOINT_URL": "aws:prod/raw"}[name]
    command = build_command("Dockerfile", [TOKEN], engine="podman", origins={"npm_token": told}).shell
    done, _ = stores.build("sh", command, **{name: "http://127.0.0.1:1", "VAULT_MAX_RETRIES": "0", "AWS_MAX_ATTEMPTS": "1"})
    assert done.returncode
    assert not Path(stores.home / "ran").exists()

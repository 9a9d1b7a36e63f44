"""Secret stores for tests, on 127.0.0.1 (tests/engines/stores): OpenBao for Vault, moto for AWS, a SOPS file; and a builder in the PATH.

OpenBao is the fork of Vault's last free version, with the same commands and the same HTTP interface; it runs as `vault`.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from .engines import ENGINES, SCRIPTS, Built, Engine

ROOT = ENGINES / "tools/stores"
ADMIN = "root-token-of-the-test"


def missing() -> str:
    """Why the stores can't be used here, or ""."""
    return "" if (ENGINES / "tools/stores.ready").exists() else "run tests/engines/stores"


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def _open(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"no server: {process.args}")


class Stores:
    """The servers, until `close`; `environ` is what a user who is signed in to all of them has."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="stores-", dir=ENGINES / "work"))
        vault, aws = _free_port(), _free_port()
        self.environ = {
            "PATH": f"{self.home}/bin:{ROOT}/path:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.home), "TMPDIR": str(self.home / "tmp"), "ENGINES": str(ENGINES),
            "VAULT_ADDR": f"http://127.0.0.1:{vault}", "VAULT_TOKEN": ADMIN,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{aws}", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "eu-central-1", "SOPS_AGE_KEY_FILE": str(self.home / "age.key"),
        }  # fmt: skip
        for folder in ("bin", "tmp", "repo"):
            (self.home / folder).mkdir()
        bao = [ROOT / "bin/bao", "server", "-dev", f"-dev-root-token-id={ADMIN}", f"-dev-listen-address=127.0.0.1:{vault}"]
        self.running = [self._start(bao), self._start([ROOT / "bin/moto_server", "-H", "127.0.0.1", "-p", str(aws)])]
        for port, process in zip((vault, aws), self.running, strict=True):
            _open(port, process)
        self._until(lambda: self.tool("vault", "status").returncode == 0)

    def _start(self, argv: list[str | Path]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(argv, env=self.environ, cwd=self.home, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @staticmethod
    def _until(done: object) -> None:
        assert callable(done)
        for _ in range(100):
            if done():
                return
            time.sleep(0.1)
        raise RuntimeError("a server does not answer")

    def close(self) -> None:
        for process in self.running:
            process.terminate()
        for process in self.running:
            process.wait(10)
        shutil.rmtree(self.home)

    def tool(self, *argv: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """One of the stores' own tools; a value goes in by standard input or by a file."""
        return subprocess.run(argv, env=self.environ, cwd=self.home / "repo", capture_output=True, text=True, input=given, timeout=60, check=False)

    def in_vault(self, mount: str, path: str, fields: Mapping[str, str]) -> None:
        done = self.tool("vault", "kv", "put", f"-mount={mount}", path, "-", given=json.dumps(fields))
        assert done.returncode == 0, done.stderr

    def in_aws(self, id: str, value: str | bytes) -> None:
        given = self.home / "given"
        given.write_bytes(value if isinstance(value, bytes) else value.encode())
        option = "--secret-binary" if isinstance(value, bytes) else "--secret-string"
        done = self.tool("aws", "secretsmanager", "create-secret", "--name", id, option, f"fileb://{given}" if isinstance(value, bytes) else f"file://{given}")
        given.unlink()
        assert done.returncode == 0, done.stderr

    def in_sops(self, path: str, content: str | bytes) -> None:
        """An encrypted file in the repository."""
        key = self.home / "age.key"
        if not key.exists():
            made = "import pyrage; k = pyrage.x25519.Identity.generate(); print(k); print(k.to_public())"
            secret, public = self.tool(str(ROOT / "bin/python"), "-c", made).stdout.split()
            key.write_text(secret + "\n")
            (self.home / "age.pub").write_text(public)
        plain = self.home / f"plain-{os.path.basename(path)}"
        plain.write_bytes(content if isinstance(content, bytes) else content.encode())
        target = self.home / "repo" / path
        done = self.tool("sops", "encrypt", "--age", (self.home / "age.pub").read_text(), "--output", str(target), str(plain))
        plain.unlink()
        assert done.returncode == 0, done.stderr

    def builder(self, engine: Engine) -> None:
        """`docker` in the PATH: the engine's, whose image goes into a file."""
        client = " ".join(engine.client())
        (self.home / "bin/docker").write_text(
            f'#!/bin/sh\n[ "$1" = build ] && shift || exit 90\nexec {SCRIPTS}/enter {engine.root} {client} buildx build --no-cache --network=none '
            f'--progress=plain --provenance=mode=max --output=type=oci,dest={self.home}/out.tar --metadata-file={self.home}/out.json "$@"\n'
        )
        (self.home / "bin/docker").chmod(0o755)

    def build(self, shell: str, command: str, **env: str) -> tuple[subprocess.CompletedProcess[str], Built]:
        """Run the line of shell in the repository, and read what became of it."""
        out, metadata = self.home / "out.tar", self.home / "out.json"
        done = subprocess.run(
            [shell, "-c", command], env={**self.environ, **env}, cwd=self.home / "repo", text=True, errors="replace", timeout=120,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        built = Engine._finish(done, out, metadata)
        for path in (out, metadata):
            path.unlink(missing_ok=True)
        return done, built

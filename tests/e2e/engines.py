"""The real engines, each in its own root folder (tests/engines), behind one method: build one stage, give back everything."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from .commands import Command
from .images import Image, read_archive

SCRIPTS = Path(__file__).parent.parent / "engines"
ENGINES = Path(os.environ.get("ENGINES") or Path.home() / ".cache/remediate-engines").resolve()
BUILD_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Built:
    """One build: the image if it worked, the log, and what the engine wrote beside the image."""

    ok: bool
    log: str
    image: Image | None = None
    documents: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Engine:
    """`kind` is docker or buildah; `suite` the Debian suite that it comes from (tests/engines/setup)."""

    name: str
    kind: str
    suite: str
    env_mounts: bool
    heredocs: bool
    claims: str  # the version as a user gives it to the tool; test_engines holds it against the engine's own word

    @property
    def root(self) -> Path:
        """The folder with the engine's own system."""
        return ENGINES / f"root-{self.suite}"

    def missing(self) -> str:
        """Why this engine can't be used here, or ""."""
        if os.geteuid() != 0:
            return "build engines need root"
        return "" if (self.root / ".ready").exists() else f"run tests/engines/setup {self.suite}"

    def run(self, *argv: str, env: dict[str, str] | None = None, cwd: Path = ENGINES) -> subprocess.CompletedProcess[str]:
        """Run a program of the engine's system; standard error goes into the output."""
        environ = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "ENGINES": str(ENGINES), **(env or {})}
        return subprocess.run(
            [SCRIPTS / "enter", self.root, *argv], env=environ, cwd=cwd, text=True, errors="replace", timeout=BUILD_SECONDS,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False,
        )

    def client(self, *argv: str) -> tuple[str, ...]:
        """The engine's own command line."""
        if self.kind == "buildah":
            return ("buildah", *argv)
        return ("docker", "-H", f"unix://{ENGINES}/dockerd-{self.suite}.sock", *argv)

    def version(self) -> str:
        """What the engine says that it is."""
        query = ("version", "--format", "{{.Server.Version}}") if self.kind == "docker" else ("--version",)
        return self.run(*self.client(*query)).stdout.strip().splitlines()[0].removeprefix("buildah version ")

    def start(self, rootfs: Path) -> None:
        """Start the daemon if there is one, and load the base image under a name of its own."""
        if self.kind == "docker":
            self.stop()  # of a session that was killed: its lock is free, so nobody uses it
            subprocess.run([SCRIPTS / "start-dockerd", self.suite], check=True, env={**os.environ, "ENGINES": str(ENGINES)})
            done = self.run(*self.client("import", str(rootfs), "recorder:base"))
        else:
            self.run("rm", "-rf", "/var/lib/containers")
            folder = ENGINES / "work" / f"base-{self.name}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "rootfs.tar").write_bytes(rootfs.read_bytes())
            (folder / "Dockerfile").write_text("FROM scratch\nADD rootfs.tar /\n")
            done = self.run("buildah", "bud", "--isolation", "chroot", "--network", "host", "-t", "localhost/recorder:base", str(folder))
        if done.returncode:
            raise RuntimeError(f"{self.name}: no base image: {done.stdout}")

    def stop(self) -> None:
        """End the daemon that `start` started, known by its process id and its socket."""
        noted = ENGINES / f"dockerd-{self.suite}.pid"
        if self.kind != "docker" or not noted.exists():
            return
        pid = int(noted.read_text())
        cmdline = Path(f"/proc/{pid}/cmdline")
        if cmdline.exists() and f"dockerd-{self.suite}.sock".encode() in cmdline.read_bytes():
            os.kill(pid, signal.SIGTERM)
            for _ in range(100):
                if not cmdline.exists():
                    break
                time.sleep(0.1)
        noted.unlink()

    @cache  # noqa: B019  (engines live as long as the process)
    def name_base(self, image: str) -> None:
        """Let `FROM image` mean the base image."""
        name = image if ":" in image.rpartition("/")[2] else image + ":latest"
        if self.kind == "buildah":
            first = name.partition("/")[0]
            if "/" not in name:
                name = f"docker.io/library/{name}"
            elif "." not in first and ":" not in first and first != "localhost":
                name = f"docker.io/{name}"
        done = self.run(*self.client("tag", "localhost/recorder:base" if self.kind == "buildah" else "recorder:base", name))
        if done.returncode:
            raise RuntimeError(f"{self.name}: tag {name}: {done.stdout}")

    def build(self, command: Command, target: str, folder: Path, env: dict[str, str]) -> Built:
        """Build one stage of the context in `folder` (the working directory, too), without cache and without network."""
        out = folder.parent / f"{folder.name}-{target or 'final'}.tar"
        metadata = out.with_suffix(".json")
        flags = [f for value in command.build_args for f in ("--build-arg", value)]
        flags += [f for value in command.secrets for f in ("--secret", value)]
        flags += [f for value in command.ssh for f in ("--ssh", value)]
        flags += [f for value in command.labels for f in ("--label", value)]
        flags += ["--file", command.file] if command.file else []
        flags += ["--target", target] if target else []
        tag = f"proof-{folder.parent.name.lower()}:{folder.name}"
        if self.kind == "buildah":
            built = self._buildah(flags, command.context, tag, folder, env, out)
        elif self.env_mounts:
            flags += ["--provenance=mode=max", f"--output=type=oci,dest={out}", f"--metadata-file={metadata}"]
            argv = self.client("buildx", "build", "--no-cache", "--network=none", "--progress=plain", *flags, command.context)
            built = self._finish(self.run(*argv, env=env, cwd=folder), out, metadata)
        else:
            argv = self.client("build", "--no-cache", "--network=none", "--progress=plain", "-t", tag, *flags, command.context)
            done = self.run(*argv, env={**env, "DOCKER_BUILDKIT": "1"}, cwd=folder)
            history = b""
            if done.returncode == 0:
                history = self.run(*self.client("history", "--no-trunc", tag)).stdout.encode()
                self.run(*self.client("save", "-o", str(out), tag))
            built = self._finish(done, out, metadata)
            built.documents["docker history"] = history
        for path in (out, metadata):
            path.unlink(missing_ok=True)
        return built

    def _buildah(self, flags: list[str], context: str, tag: str, folder: Path, env: dict[str, str], out: Path) -> Built:
        argv = ["buildah", "bud", "--isolation", "oci", "--runtime", "runc", "--network", "host", "--layers", "--no-cache"]
        argv += ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096", "--pull-never", "-t", tag]
        done = self.run(*argv, *flags, context, env=env, cwd=folder)
        if done.returncode == 0:
            self.run("buildah", "push", tag, f"docker-archive:{out}:{tag}")
        return self._finish(done, out, out)

    @staticmethod
    def _finish(done: subprocess.CompletedProcess[str], out: Path, metadata: Path) -> Built:
        if done.returncode:
            return Built(False, done.stdout)
        documents = {"metadata file": metadata.read_bytes()} if metadata != out and metadata.exists() else {}
        return Built(True, done.stdout, read_archive(out), documents)


ALL = (
    Engine("docker28", "docker", "forky", env_mounts=True, heredocs=True, claims="28"),
    Engine("docker20", "docker", "bookworm", env_mounts=False, heredocs=False, claims="20.10"),
    Engine("buildah128", "buildah", "bookworm", env_mounts=False, heredocs=False, claims="1.28"),
    Engine("buildah143", "buildah", "forky", env_mounts=False, heredocs=True, claims="1.43"),
    Engine("buildah145", "buildah", "experimental", env_mounts=True, heredocs=True, claims="1.45"),
)
OPTIONAL = ("buildah145",)  # its suite moves on; used where it was set up, never missed
TURNS = ("buildah128", "buildah145")  # a case is built by one of them, unless it names its engines or E2E_ENGINES=all
SLOW_SHARE = 3  # every third case by the newer one, which takes more than twice the time
SPARE = ("buildah143",)  # the same code as its neighbours: only for cases that need it or name it, unless E2E_ENGINES=all

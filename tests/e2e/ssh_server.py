"""A real sshd on the loopback device with a Git repository behind it, keys, and an agent; all of it runs in the root that has openssh.

The repository opens for one key only, and the server's log says which key opened it.
"""

from __future__ import annotations

import socket
import subprocess
import tempfile
import time
from pathlib import Path

from .engines import ENGINES, SCRIPTS

PACKAGES = "openssh-client openssh-server git bash coreutils sed grep"
ROOT = ENGINES / "tools" / "ssh"
_USERS = "sshd:x:74:74::/run/sshd:/bin/false\n"


def root_tar() -> Path:
    """The tar of a root with the real ssh, sshd and Git, made once on this machine."""
    done = subprocess.run(
        [SCRIPTS / "tools_root.sh", "ssh", "bookworm", *PACKAGES.split()], check=True, capture_output=True, text=True, timeout=600
    )
    passwd = ROOT / "etc/passwd"
    if _USERS not in passwd.read_text():
        passwd.write_text(passwd.read_text() + _USERS)  # sshd does not start without its user
    return Path(done.stdout.strip().splitlines()[-1])


class SshServer:
    """`url` is the repository's address, `host` what `ssh-keyscan` is asked for. `key` opens it, `stranger` does not."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ssh-", dir=ENGINES / "work"))
        self.key, self.stranger, self.socket = self.folder / "key", self.folder / "stranger", self.folder / "agent"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.host = f"-p {self.port} 127.0.0.1"
        self.url = f"ssh://root@127.0.0.1:{self.port}{self.folder}/lib.git"
        for name in (self.key, self.stranger, self.folder / "host"):
            self._run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name.name, "-f", str(name))
        (self.folder / "authorized").write_bytes(self.key.with_suffix(".pub").read_bytes())
        self._repository()
        self._running = [self._sshd(), self._start("ssh-agent", "-D", "-a", str(self.socket))]
        self._wait()
        self._run("ssh-add", "-q", str(self.key), SSH_AUTH_SOCK=str(self.socket))

    def _environ(self, **more: str) -> dict[str, str]:
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "ENGINES": str(ENGINES), "HOME": "/root", **more}

    def _run(self, *argv: str, **more: str) -> str:
        done = subprocess.run(
            [SCRIPTS / "enter", ROOT, *argv], env=self._environ(**more), cwd=self.folder, check=False, timeout=60, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        return done.stdout

    def _start(self, *argv: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{Path(argv[0]).name}.out").open("wb") as out:
            return subprocess.Popen(
                [SCRIPTS / "enter", ROOT, *argv], env=self._environ(), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )

    def _repository(self) -> None:
        script = (
            "git init -q --bare -b main lib.git && git init -q -b main src && cd src && echo the library > README && git add . && "
            "git -c user.name=a -c user.email=a@b.example commit -q -m a && git push -q ../lib.git main"
        )
        self._run("sh", "-c", script)

    def _sshd(self) -> subprocess.Popen[bytes]:
        settings = {
            "Port": self.port, "ListenAddress": "127.0.0.1", "HostKey": self.folder / "host", "AuthorizedKeysFile": self.folder / "authorized",
            "StrictModes": "no", "UsePAM": "no", "PidFile": "none", "PasswordAuthentication": "no", "LogLevel": "VERBOSE",
            "PermitRootLogin": "prohibit-password",
        }  # fmt: skip
        (self.folder / "sshd_config").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
        return self._start("sh", "-c", f"mkdir -p /run/sshd && exec /usr/sbin/sshd -D -e -f {self.folder}/sshd_config")

    def _wait(self) -> None:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0 and self.socket.exists():
                    return
            time.sleep(0.05)
        raise RuntimeError(f"no sshd: {self.log()}")

    def log(self) -> str:
        return (self.folder / "sh.out").read_text(errors="replace")

    def let_in(self) -> int:
        """How often somebody came in with the key."""
        return self.log().count("Accepted publickey for root")

    def close(self) -> None:
        for process in self._running:
            process.terminate()
            process.wait()
        subprocess.run(["rm", "-rf", str(self.folder)], check=True)

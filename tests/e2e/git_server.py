"""A Git server over HTTP that asks for basic authentication: the real `git http-backend` behind the standard library's HTTP server.

It serves acme/lib (a file, the tag v1, the branch dev), acme/app (with acme/lib as submodule by a relative address) and acme/top
(with acme/app as submodule by an absolute address). Whoever gives the token as user or password gets in; nobody else does.
"""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple


class Request(NamedTuple):
    """One request as it came in. `let_in`: with the token."""

    path: str
    let_in: bool


class GitServer:
    """Serves the repositories of `folder` on a port of the loopback device until `close`."""

    def __init__(self, folder: Path, token: str) -> None:
        self.folder, self.token = folder, token
        self.requests: list[Request] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._http.daemon_threads = True
        self._http.git = self  # type: ignore[attr-defined]
        self.host = f"127.0.0.1:{self._http.server_port}"
        _repositories(folder, f"http://{self.host}")
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def lets_in(self, header: str) -> bool:
        """Whether the value of the header Authorization holds the token."""
        kind, _, encoded = header.partition(" ")
        if kind.lower() == "bearer":
            return encoded == self.token
        try:
            user, _, password = base64.b64decode(encoded).decode().partition(":")
        except ValueError:
            return False
        return kind.lower() == "basic" and bool({user, password} & {self.token, self.token + "=ab"})

    def let_in(self) -> list[str]:
        """The repositories that were asked for with the token, in order, each once."""
        return list(dict.fromkeys("/".join(r.path.split("/")[1:3]).removesuffix(".git") for r in self.requests if r.let_in))

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


def _git(folder: Path, *argv: str) -> None:
    names = {f"GIT_{who}_{what}": "a@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    dates = {"GIT_AUTHOR_DATE": "2024-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2024-01-01T00:00:00Z"}
    environ = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", **names, **dates}
    subprocess.run(["git", *argv], cwd=folder, env=environ, check=True, capture_output=True)


def _repositories(folder: Path, address: str) -> None:
    submodules = {"lib": {}, "app": {"lib": "../lib"}, "top": {"app": f"{address}/acme/app"}}
    for name, inside in submodules.items():
        bare = folder / "acme" / f"{name}.git"
        work = folder / "work" / name
        work.mkdir(parents=True)
        _git(work, "init", "-q", "-b", "main")
        (work / "README").write_text(f"{name}\n")
        (work / "package.json").write_text(f'{{"name": "acme-{name}", "version": "1.0.0"}}\n')
        (work / "setup.py").write_text(f"from setuptools import setup\nsetup(name='acme-{name}', version='1.0', py_modules=[])\n")
        _git(work, "add", ".")
        _git(work, "commit", "-q", "-m", "first")
        for path, url in inside.items():
            source = folder / "acme" / f"{path}.git"
            _git(work, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(source), path)
            _git(work, "config", "-f", ".gitmodules", f"submodule.{path}.url", url)
            _git(work, "add", ".gitmodules")
            _git(work, "commit", "-q", "-m", f"with {path}")
        _git(work, "tag", "v1")
        _git(work, "branch", "dev")
        bare.parent.mkdir(exist_ok=True)
        _git(folder, "clone", "-q", "--bare", str(work), str(bare))
        _git(bare, "config", "http.receivepack", "true")
        _git(bare, "config", "uploadpack.allowAnySHA1InWant", "true")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self._body())

    def log_message(self, format: str, *args: object) -> None:
        """Silent: the requests are kept instead."""

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        out = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            out += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return out

    def _serve(self, body: bytes) -> None:
        git: GitServer = self.server.git  # type: ignore[attr-defined]
        path, _, query = self.path.partition("?")
        let_in = git.lets_in(self.headers.get("Authorization", ""))
        git.requests.append(Request(path, let_in))
        if not let_in:
            self._answer(401, [("WWW-Authenticate", 'Basic realm="acme"')], b"who are you?\n")
            return
        first, slash, rest = path.lstrip("/").partition("/")
        repository, _, inside = rest.partition("/")
        place = f"/{first}{slash}{repository.removesuffix('.git')}.git/{inside}"
        environ = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "GIT_PROJECT_ROOT": str(git.folder), "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": place, "QUERY_STRING": query, "REQUEST_METHOD": self.command, "REMOTE_USER": "acme", "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""), "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
        }
        done = subprocess.run(["git", "http-backend"], input=body, env=environ, capture_output=True, check=False)
        head, _, data = done.stdout.partition(b"\r\n\r\n")
        fields = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n") if ": " in line]
        status = next((int(value.split()[0]) for name, value in fields if name == "Status"), 200)
        self._answer(status, [(name, value) for name, value in fields if name != "Status"], data)

    def _answer(self, status: int, fields: list[tuple[str, str]], data: bytes) -> None:
        self.send_response(status)
        for name, value in (*fields, ("Content-Length", str(len(data)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

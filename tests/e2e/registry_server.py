"""One private registry for many package managers, which lets in only who has the token: npm, pip, Composer, Bundler, Go.

Below /npm/, /pip/, /composer/, /gems/ and /go/ it serves the package acme (acme/lib, acme.example/lib) in version 1.0.0. Basic
authentication with the token as user or password, `Authorization: Bearer` and GitLab's `PRIVATE-TOKEN` are all good.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import ssl
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_GEMSPEC = b"""--- !ruby/object:Gem::Specification
name: acme
version: !ruby/object:Gem::Version
  version: 1.0.0
platform: ruby
authors: [acme]
date: 2024-01-01 00:00:00.000000000 Z
dependencies: []
summary: acme
files: [lib/acme.rb]
require_paths: [lib]
required_ruby_version: !ruby/object:Gem::Requirement
  requirements: [[">=", !ruby/object:Gem::Version {version: '0'}]]
required_rubygems_version: !ruby/object:Gem::Requirement
  requirements: [[">=", !ruby/object:Gem::Version {version: '0'}]]
rubygems_version: 3.3.15
specification_version: 4
"""


def _tar(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o644
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def _zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def _npm(address: str) -> dict[str, bytes]:
    package = {"name": "acme", "version": "1.0.0", "main": "index.js"}
    tarball = gzip.compress(_tar({"package/package.json": json.dumps(package).encode(), "package/index.js": b""}), mtime=0)
    dist = {"tarball": f"{address}/npm/acme/-/acme-1.0.0.tgz", "shasum": hashlib.sha1(tarball).hexdigest()}
    packument = {"name": "acme", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": {**package, "dist": dist}}}
    return {"/npm/acme": json.dumps(packument).encode(), "/npm/acme/-/acme-1.0.0.tgz": tarball}


def _pip() -> dict[str, bytes]:
    info = "acme-1.0.0.dist-info"
    files = {
        "acme.py": b"", f"{info}/METADATA": b"Metadata-Version: 2.1\nName: acme\nVersion: 1.0.0\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: a\nRoot-Is-Purelib: true\nTag: py3-none-any\n", f"{info}/RECORD": b"",
    }
    wheel = "acme-1.0.0-py3-none-any.whl"
    return {"/pip/acme/": f'<a href="../files/{wheel}">{wheel}</a>'.encode(), f"/pip/files/{wheel}": _zip(files)}


def _composer(address: str) -> dict[str, bytes]:
    package = {"name": "acme/lib", "version": "1.0.0"}
    archive = _zip({"composer.json": json.dumps(package).encode()})
    dist = {"type": "zip", "url": f"{address}/composer/lib.zip", "shasum": hashlib.sha1(archive).hexdigest()}
    packages = {"packages": {"acme/lib": {"1.0.0": {**package, "dist": dist}}}}
    return {"/composer/packages.json": json.dumps(packages).encode(), "/composer/lib.zip": archive}


def _gems() -> dict[str, bytes]:
    data = gzip.compress(_tar({"lib/acme.rb": b""}), mtime=0)
    gem = _tar({"metadata.gz": gzip.compress(_GEMSPEC, mtime=0), "data.tar.gz": data})
    info = f"---\n1.0.0 |checksum:{hashlib.sha256(gem).hexdigest()}\n".encode()
    versions = f"created_at: 2024-01-01T00:00:00Z\n---\nacme 1.0.0 {hashlib.md5(info).hexdigest()}\n".encode()
    return {"/gems/versions": versions, "/gems/info/acme": info, "/gems/gems/acme-1.0.0.gem": gem}


def _go() -> dict[str, bytes]:
    module = b"module acme.example/lib\n\ngo 1.19\n"
    archive = _zip({"acme.example/lib@v1.0.0/go.mod": module, "acme.example/lib@v1.0.0/lib.go": b"package lib\n"})
    at = "/go/acme.example/lib/@v/"
    return {f"{at}list": b"v1.0.0\n", f"{at}v1.0.0.info": b'{"Version":"v1.0.0"}', f"{at}v1.0.0.mod": module, f"{at}v1.0.0.zip": archive}


class RegistryServer:
    """Serves on a port of the loopback device until `close`; `let_in` and `sent_off` count the requests with and without the token.

    `certificate`: a PEM file with key and certificate, to serve HTTPS (Go sends no credentials without).
    """

    def __init__(self, token: str, certificate: Path | None = None) -> None:
        self.token = token
        self.let_in = self.sent_off = 0
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._http.daemon_threads = True
        self._http.registry = self  # type: ignore[attr-defined]
        self.host = f"127.0.0.1:{self._http.server_port}"
        address = f"http://{self.host}"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
            address = f"https://{self.host}"
        self.files = {**_npm(address), **_pip(), **_composer(address), **_gems(), **_go()}
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def lets_in(self, authorization: str, private_token: str) -> bool:
        kind, _, given = authorization.partition(" ")
        if kind.lower() == "bearer":
            return given == self.token
        if kind.lower() != "basic":
            return private_token == self.token
        try:
            user, _, password = base64.b64decode(given).decode().partition(":")
        except ValueError:
            return False
        return self.token in (user, password)

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        registry: RegistryServer = self.server.registry  # type: ignore[attr-defined]
        if not registry.lets_in(self.headers.get("Authorization", ""), self.headers.get("PRIVATE-TOKEN", "")):
            registry.sent_off += 1
            self._answer(401, b"who are you?\n")
            return
        registry.let_in += 1
        data = registry.files.get(self.path.partition("?")[0])
        self._answer(404 if data is None else 200, data or b"")

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""

    def _answer(self, status: int, data: bytes) -> None:
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="acme"')
        kind = "text/html" if self.path.startswith("/pip/") and self.path.endswith("/") else "application/octet-stream"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

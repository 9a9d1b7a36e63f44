"""Reads an image archive, as `docker save`, `buildah push docker-archive:` or buildx's OCI output writes it, without an engine."""

from __future__ import annotations

import gzip
import json
import posixpath
import tarfile
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

LOG = ".recorder/log"


@dataclass(frozen=True, slots=True)
class Entry:
    """One path of a layer or of the file system that the layers give: what a later command could tell apart."""

    kind: str
    mode: int
    owner: tuple[int, int]
    data: bytes


@dataclass(slots=True)
class Image:
    """Config, layers bottom first (uncompressed), and all other documents of the archive: manifests, attestations."""

    config: dict[str, Any]
    layers: list[bytes]
    documents: dict[str, bytes] = field(default_factory=dict)


def _members(archive: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            if member.isfile():
                stream = tar.extractfile(member)
                assert stream is not None
                found[member.name] = stream.read()
        for member in tar.getmembers():  # Docker 20 saves a layer that comes twice as a link to the first: `../<id>/layer.tar`
            target = posixpath.normpath(posixpath.join(posixpath.dirname(member.name), member.linkname))
            if member.issym() and target in found:
                found[member.name] = found[target]
    return found


def _plain(data: bytes) -> bytes:
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def read_archive(archive: Path) -> Image:
    """The one image of an archive in Docker's or in OCI's layout."""
    files = _members(archive)
    if "manifest.json" in files and "index.json" not in files:
        manifest = json.loads(files["manifest.json"])[0]
        used = [manifest["Config"], *manifest["Layers"]]
        image = Image(json.loads(files[manifest["Config"]]), [_plain(files[name]) for name in manifest["Layers"]])
        image.documents = {name: data for name, data in files.items() if name not in used and not name.endswith(".tar")}
        return image
    return _read_oci(files)


def _read_oci(files: dict[str, bytes]) -> Image:
    def blob(digest: str) -> bytes:
        return files["blobs/sha256/" + digest.removeprefix("sha256:")]

    pending: list[Any] = list(json.loads(files["index.json"])["manifests"])
    image: Image | None = None
    used: set[str] = set()
    while pending:
        entry = pending.pop()
        document = json.loads(blob(entry["digest"]))
        if "manifests" in document:
            pending += document["manifests"]
        elif entry.get("annotations", {}).get("vnd.docker.reference.type") != "attestation-manifest":
            layers = [layer["digest"] for layer in document["layers"]]
            image = Image(json.loads(blob(document["config"]["digest"])), [_plain(blob(layer)) for layer in layers])
            used = {"blobs/sha256/" + d.removeprefix("sha256:") for d in (*layers, document["config"]["digest"])}
    assert image is not None, "archive without an image manifest"
    image.documents = {name: _plain(data) for name, data in files.items() if name not in used}
    return image


@lru_cache(maxsize=256)
def entries(layer: bytes) -> dict[str, Entry]:
    """The paths of one layer, whiteouts included, in the order of the tar."""
    found: dict[str, Entry] = {}
    with tarfile.open(fileobj=BytesIO(layer)) as tar:
        for member in tar.getmembers():
            data = member.linkname.encode()
            if member.isfile():
                stream = tar.extractfile(member)
                assert stream is not None
                data = stream.read()
            name = member.name.removeprefix("./").strip("/")
            found[name] = Entry(member.type.decode(), member.mode & 0o7777, (member.uid, member.gid), data)
    return found


def file_system(image: Image) -> dict[str, Entry]:
    """The file system that the layers give, without the recorder's own folder."""
    tree: dict[str, Entry] = {}
    for layer in image.layers:
        for path, entry in entries(layer).items():
            folder, _, name = path.rpartition("/")
            if name == ".wh..wh..opq":
                _drop(tree, folder, keep=True)
            elif name.startswith(".wh."):
                _drop(tree, f"{folder}/{name[4:]}".strip("/"), keep=False)
            elif path and path != ".":
                tree[path] = entry
    return {path: entry for path, entry in tree.items() if not path.startswith(".recorder")}


def _drop(tree: dict[str, Entry], path: str, *, keep: bool) -> None:
    for name in [name for name in tree if name.startswith(path + "/") or (name == path and not keep)]:
        del tree[name]


def logs(image: Image) -> list[tuple[int, str]]:
    """What each layer added to the recorder's log: layer number and text; together the calls of the stage, in order."""
    parts: list[tuple[int, str]] = []
    before = ""
    for number, layer in enumerate(image.layers):
        entry = entries(layer).get(LOG)
        if entry is None or entry.kind not in ("0", "\0"):
            continue
        text = entry.data.decode("utf-8", "replace")
        parts.append((number, text.removeprefix(before)))
        before = text
    return parts

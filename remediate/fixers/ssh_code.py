"""Whether project code that a RUN starts may use SSH, or reads a key's file by itself: looked for in the build context."""

from __future__ import annotations

import posixpath

from remediate.analysis.runs import RunView
from remediate.analysis.surroundings import NOT_READ_BY_BUILDS, Surroundings
from remediate.knowledge import ssh
from remediate.repo.filekind import kind_of

_MAX_FILES = 3_000
_MAX_BYTES = 16 * 1024 * 1024
_MAX_FILE = 1024 * 1024


def code_may_use_ssh(around: Surroundings, run: RunView, path: str) -> bool | None:
    """True when some file may lead to an SSH client; None when the context is not at hand or too large, code came from elsewhere, or
    a file names the key, a private key's usual name, or what keeps a client from its agent.
    """
    if not around.at_hand or any(index <= run.index for index in around.brought):
        return None
    names = {posixpath.basename(path).encode("utf-8", "surrogateescape"), b"id_rsa", b"id_ed25519", b".ssh/"}
    files = [f for f in around.files() if kind_of(f) not in NOT_READ_BY_BUILDS]
    if len(files) > _MAX_FILES:
        return None
    total, found = 0, False
    for file in files:
        data = around.read(file)
        if data is None or len(data) > _MAX_FILE:
            continue
        total += len(data)
        if total > _MAX_BYTES or any(n in data for n in names) or ssh.forbids_agent(data):
            return None
        found = found or ssh.mentions_ssh(data)
    return found

"""Which SSH keys a file has, and which its clients are told to use: an agent offers all its keys, so it stands for one key only."""

from __future__ import annotations

import posixpath

from remediate.analysis.flows import Trace
from remediate.dockerfile.tree import Dockerfile
from remediate.knowledge import ssh
from remediate.text import late

_IDENTITY = late(r"(?i)identityfile[ \t=]{1,20}[\"']?([^\s\"'\\;&|]{1,4096})|(?<![^\s\"'=])-i[ \t]{1,20}([^\s\"';&|]{1,4096})")
_CONFIGS = frozenset({"config", "ssh_config", "ssh-config", "sshconfig", ".ssh_config"})


def keys_of(trace: Trace, path: str) -> set[str]:
    """The SSH keys that the file writes or copies, by path."""
    found = {path}
    for flow in trace.flows:
        found |= {r.path or r.tool for r in flow.residue if not r.printed and (r.tool == "ssh-add" or ssh.is_key_path(r.path))}
        if any(r.kind == "ssh-key" for r in flow.roots) and not flow.residue and flow.uses:
            found.add(f"${flow.roots[0].name}")
    for index, instruction in enumerate(trace.tree.instructions):
        if instruction.keyword in ("COPY", "ADD") and not any(f.name == "from" for f in instruction.flags) and len(instruction.words) > 1:
            target = instruction.words[-1].text.text
            names = [w.text.text for w in instruction.words[:-1]]
            found |= {f"{index}:{n}" for n in names if ssh.is_key_path(n) and not _same(n, target, path)}
    return found


def _same(source: str, target: str, path: str) -> bool:
    """The COPY's file becomes `path` (as far as its words say)."""
    base = posixpath.basename(path)
    into = target.endswith("/") or posixpath.basename(target) in (".ssh", ".", "")
    return posixpath.basename(target) == base or (posixpath.basename(source) == base and into)


def other_identities(tree: Dockerfile, path: str) -> bool:
    """An option or a setting names another private key than this one."""
    base = posixpath.basename(path)
    for instruction in tree.instructions:
        if instruction.keyword not in ("RUN", "ENV", "ARG", "COPY"):
            continue
        texts = [instruction.args.text, *(h.body.text for h in instruction.heredocs)]
        for text in texts:
            for match in _IDENTITY.finditer(text):
                given = match[1] or match[2] or ""
                of_a_client = match[1] or "ssh" in text[max(0, match.start() - 60) : match.start()]
                if posixpath.basename(given.rstrip("\"'")) != base and of_a_client:
                    return True
    return False


def unseen_configuration(trace: Trace) -> bool:
    """A client's configuration comes from the context, and it cannot be seen, or it forbids the agent or names keys."""
    for instruction in trace.tree.instructions:
        if instruction.keyword not in ("COPY", "ADD") or len(instruction.words) < 2 or any(f.name == "from" for f in instruction.flags):
            continue
        target = instruction.words[-1].text.text.rstrip("/\"")
        for word in instruction.words[:-1]:
            name = word.text.text.strip("\"'")
            base = posixpath.basename(name.rstrip("/"))
            folder = base in (".ssh", "ssh") and "/.ssh" in target
            is_config = posixpath.basename(target) in _CONFIGS or base in _CONFIGS
            if folder or (is_config and ("ssh" in name or "ssh" in target)):
                data = None if folder else trace.around.read(posixpath.normpath(name))
                if data is None or ssh.forbids_agent(data) or data.lower().count(b"identityfile") > 1:
                    return True
    return False

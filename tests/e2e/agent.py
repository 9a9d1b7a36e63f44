"""SSH for builds: a key and an agent of one proof's own, and the program by which the recorder asks an agent for its keys.

The program is machine code, written out below, since the base image has no library and busybox opens no unix socket: it connects to
the socket named by its first argument, sends SSH2_AGENTC_REQUEST_IDENTITIES, and copies the whole answer to its standard output.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOAD = 0x400000
CODE = bytes.fromhex("".join(row.partition(";")[0] for row in """
    58 5f 5e                 ; pop rax, rdi, rsi       argc, argv[0], argv[1]
    4881ec00200000           ; sub rsp, 8192
    66c704240100             ; mov word [rsp], 1       AF_UNIX
    488d7c2402               ; lea rdi, [rsp+2]
    ac aa 84c0 75fa          ; copy: lodsb, stosb, test al, al, jnz copy
    bf01000000 be01000000    ; mov edi, 1; mov esi, 1
    31d2 b829000000 0f05     ; xor edx, edx; socket
    89c3 89df 4889e6         ; mov ebx, eax; mov edi, ebx; mov rsi, rsp
    ba6e000000 b82a000000    ; mov edx, 110
    0f05 85c0 755a           ; connect; jnz fail
    89df 488d355d000000      ; mov edi, ebx; lea rsi, [request]
    ba05000000 b801000000    ; mov edx, 5
    0f05 4531e4              ; write; xor r12d, r12d
    31c0 89df 4a8d3424       ; more: xor eax, eax; mov edi, ebx; lea rsi, [rsp+r12]
    ba00200000 4429e2        ; mov edx, 8192; sub edx, r12d
    0f05 85c0 7e2c           ; read; jle fail
    4101c4 4183fc04 7ce1     ; add r12d, eax; cmp r12d, 4; jl more
    8b0c24 0fc9 83c104       ; mov ecx, [rsp]; bswap ecx; add ecx, 4     the length that the answer says
    4139cc 7cd4              ; cmp r12d, ecx; jl more
    bf01000000 4889e6 4489e2 ; mov edi, 1; mov rsi, rsp; mov edx, r12d
    b801000000 0f05          ; write
    31ff eb05                ; xor edi, edi; jmp done
    bf01000000               ; fail: mov edi, 1
    b83c000000 0f05          ; done: exit
    00000001 0b              ; request: a message of one byte, 11
""".splitlines()))


def program() -> bytes:
    """The program as an ELF file for x86-64; on another machine it does not start, and no agent is seen."""
    size = 64 + 56 + len(CODE)
    elf = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, LOAD + 120, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    return elf + struct.pack("<IIQQQQQQ", 1, 5, 0, LOAD, LOAD, size, size, 0x1000) + CODE


def missing() -> str:
    """Why no agent can be started here, or ""."""
    absent = [name for name in ("ssh-keygen", "ssh-agent", "ssh-add") if shutil.which(name) is None]
    return f"no {', '.join(absent)}: install openssh-client" if absent else ""


@contextmanager
def agent(home: Path) -> Iterator[dict[str, str]]:
    """A fresh key in `home`/.ssh, under the usual names, and a running agent that holds it; gives the variables of the agent's user."""
    keys, socket = home / ".ssh", home / "agent"
    keys.mkdir(parents=True, mode=0o700)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "proof", "-f", keys / "id_ed25519"], check=True)
    (keys / "id_rsa").write_bytes((keys / "id_ed25519").read_bytes())
    (keys / "id_rsa").chmod(0o600)
    running = subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            if socket.exists():
                break
            time.sleep(0.05)
        environ = {"SSH_AUTH_SOCK": str(socket)}
        subprocess.run(["ssh-add", "-q", keys / "id_ed25519"], check=True, env={**environ, "PATH": "/usr/bin:/bin"}, stderr=subprocess.DEVNULL)
        yield environ
    finally:
        running.terminate()
        running.wait()


def public_key(home: Path) -> str:
    """The key of `agent` as an agent's answer holds it, in hex."""
    import base64

    return base64.b64decode((home / ".ssh/id_ed25519.pub").read_text().split()[1]).hex()

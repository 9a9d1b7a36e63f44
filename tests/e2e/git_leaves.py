"""What the real Git leaves of a token, and where: each row is a shell text that uses it in one way, and the files that hold it afterwards.

`python -m tests.e2e.git_leaves [ROOT...]` prints the table for the roots that tests/engines/tools_root.sh made.
$U is the address with the token in it, $C the clean one, $T the token, $H the host with its port.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from .engines import ENGINES, SCRIPTS
from .git_server import GitServer

TOKEN = "tok3nPLANTx0123456789xTNALP"
# The remedy: the address that Git uses is the old one, the one that it writes down is the clean one.
WITH = 'git -c "url.$U/.insteadOf=$C/"'
KEY = '"url.$U/.insteadOf"'


class Use(NamedTuple):
    """`leaves`: files that hold the token afterwards, below the home `~` or the working directory, as measured; `fails`: the command does not work."""

    name: str
    shell: str
    leaves: tuple[str, ...] = ()
    fails: bool = False


USES = (
    Use("clone", "git clone $U/acme/lib d", ("d/.git/config",)),
    Use("clone, reflog", "git clone $U/acme/lib d && git -C d remote set-url origin $C/acme/lib", ()),
    Use("clone --mirror", "git clone --mirror $U/acme/lib d.git", ("d.git/config",)),
    Use("clone --bare", "git clone --bare $U/acme/lib d.git", ("d.git/config",)),
    Use("clone --depth", "git clone --depth 1 $U/acme/lib d", ("d/.git/config",)),
    Use("clone --no-checkout --separate-git-dir", "git clone -n --separate-git-dir=g $U/acme/lib d", ("g/config",)),
    Use("clone --recurse-submodules, relative", "git clone --recurse-submodules $U/acme/app d", ("d/.git/config", "d/.git/modules/lib/config")),
    Use("clone --recurse-submodules, absolute clean", "git clone --recurse-submodules $U/acme/top d", ("d/.git/config",), True),
    Use("clone without a token", "git clone $C/acme/lib d", (), True),
    Use("remedy: clone", f"{WITH} clone $C/acme/lib d"),
    Use("remedy: clone --mirror", f"{WITH} clone --mirror $C/acme/lib d.git"),
    Use("remedy: clone --recurse-submodules, relative", f"{WITH} clone --recurse-submodules $C/acme/app d"),
    Use("remedy: clone --recurse-submodules, absolute clean", f"{WITH} clone --recurse-submodules $C/acme/top d"),
    Use("remedy: clone, then bare fetch", f"{WITH} clone $C/acme/lib d && cd d && git fetch", (), True),
    Use("remedy: clone, then fetch, pull", f"{WITH} clone $C/acme/lib d && cd d && {WITH} fetch --tags && {WITH} pull && git log -1 && git describe --tags"),
    Use("remedy: clone, then submodule update", f"{WITH} clone $C/acme/app d && cd d && {WITH} submodule update --init --recursive"),
    Use("remedy: submodule add", f"git init -q d && cd d && {WITH} submodule add $C/acme/lib lib"),
    Use("remedy: remote add, fetch", f"git init -q d && cd d && git remote add origin $C/acme/lib && {WITH} fetch origin"),
    Use("remedy: lfs pull", f"{WITH} clone $C/acme/lib d && cd d && {WITH} lfs pull"),
    Use("environment: GIT_CONFIG_COUNT", f"export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0={KEY} GIT_CONFIG_VALUE_0=$C/; git clone --recurse-submodules $C/acme/app d"),
    Use("clone -c http.extraHeader", 'git clone -c "http.extraHeader=Authorization: Bearer $T" $C/acme/lib d', ("d/.git/config",)),
    Use("-c http.extraHeader clone", 'git -c "http.extraHeader=Authorization: Bearer $T" clone --recurse-submodules $C/acme/app d'),
    Use("submodule add", "git init -q d && cd d && git submodule add $U/acme/lib lib", ("d/.git/config", "d/.git/modules/lib/config", "d/.gitmodules")),
    Use("remote add", "git init -q d && cd d && git remote add origin $U/acme/lib", ("d/.git/config",)),
    Use("remote add, fetch", "git init -q d && cd d && git remote add origin $U/acme/lib && git fetch -q origin", ("d/.git/config",)),
    Use("remote add, remove", "git init -q d && cd d && git remote add origin $U/acme/lib && git remote remove origin"),
    Use("remote add, fetch, set-url", "git init -q d && cd d && git remote add origin $U/acme/lib && git fetch -q && git remote set-url origin $C/acme/lib"),
    Use("fetch URL", "git init -q d && cd d && git fetch $U/acme/lib main"),
    Use("pull URL", "git init -q d && cd d && git pull $U/acme/lib main"),
    Use("pull URL into history", "git init -q d && cd d && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x && git -c user.name=a -c user.email=a@b pull --no-rebase --no-edit --allow-unrelated-histories $U/acme/lib main", ("d/.git/logs/HEAD", "d/.git/logs/refs/heads/master")),
    Use("remedy: pull URL into history", "git init -q d && cd d && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x && git -c user.name=a -c user.email=a@b -c \"url.$U/.insteadOf=$C/\" pull --no-rebase --no-edit --allow-unrelated-histories $C/acme/lib main"),
    Use("remedy with a token that holds a =", 'git -c "url.http://x:$T=ab@$H/.insteadOf=$C/" clone $C/acme/lib d', (), True),
    Use("environment with a token that holds a =", 'GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="url.http://x:$T=ab@$H/.insteadOf" GIT_CONFIG_VALUE_0=$C/ git clone $C/acme/lib d'),
    Use("ls-remote URL", "git ls-remote $U/acme/lib"),
    Use("push URL", f"{WITH} clone $C/acme/lib d && cd d && git push $U/acme/lib HEAD:refs/heads/new-$$"),
    Use("archive --remote URL", "git archive --remote=$U/acme/lib HEAD", (), True),
    Use("config --global insteadOf", f"git config --global {KEY} $C/ && git clone $C/acme/lib d", ("~/.gitconfig",)),
    Use("config --global insteadOf, --remove-section", f'git config --global {KEY} $C/ && git clone $C/acme/lib d && git config --global --remove-section "url.$U/"'),
    Use("config --global insteadOf, --unset", f"git config --global {KEY} $C/ && git config --global --unset-all {KEY}"),
    Use("config --global insteadOf --add twice, --remove-section", f'git config --global {KEY} $C/ && git config --global --add {KEY} ssh://git@$H/ && git config --global --remove-section "url.$U/"'),
    Use("config --system insteadOf", f"git config --system {KEY} $C/ && git clone $C/acme/lib d", ("/etc/gitconfig",)),
    Use("config --system insteadOf, --remove-section", f'git config --system {KEY} $C/ && git config --system --remove-section "url.$U/"'),
    Use("config --global http.extraheader", 'git config --global http.extraheader "Authorization: Bearer $T" && git clone $C/acme/lib d', ("~/.gitconfig",)),
    Use("config --global http.extraheader, --unset-all", 'git config --global http.extraheader "Authorization: Bearer $T" && git clone $C/acme/lib d && git config --global --unset-all http.extraheader'),
    Use("config --global http.URL.extraheader, --unset-all", 'git config --global http.$C/.extraheader "Authorization: Bearer $T" && git clone $C/acme/lib d && git config --global --unset-all http.$C/.extraheader'),
    Use("config extraheader in the clone", 'git init -q d && cd d && git config http.extraheader "Authorization: Bearer $T"', ("d/.git/config",)),
    Use("config extraheader in the clone, --unset-all", 'git init -q d && cd d && git config http.extraheader "Authorization: Bearer $T" && git config --unset-all http.extraheader'),
    Use("credential.helper store, .git-credentials", 'git config --global credential.helper store && echo "$U" > ~/.git-credentials && git clone $C/acme/lib d', ("~/.git-credentials",)),
    Use("credential.helper store, clone with the token", "git config --global credential.helper store && git clone $U/acme/lib d", ("d/.git/config", "~/.git-credentials")),
    Use("credential.helper store, remedy", f"git config --global credential.helper store && {WITH} clone $C/acme/lib d", ("~/.git-credentials",)),
    Use("credential.helper with the token in it", 'git config --global credential.helper "!f() { echo username=x; echo password=$T; }; f" && git clone $C/acme/lib d', ("~/.gitconfig",)),
    Use("credential approve", 'git config --global credential.helper store && printf "url=$U\\n\\n" | git credential approve', ("~/.git-credentials",)),
)  # fmt: skip


class Left(NamedTuple):
    """What one use left: the files with the token, and how the shell ended."""

    files: tuple[str, ...]
    status: int
    output: str


def measure(use: Use, root: Path, server: GitServer, user: str = "x") -> Left:
    """Run one use in a fresh home and folder in that root. `user`: before the colon in the address; "" for the token alone."""
    (ENGINES / "work").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ENGINES / "work") as scratch:
        place = Path(scratch)
        (place / "home").mkdir()
        (place / "w").mkdir()
        system = place / "gitconfig"
        userinfo = f"{user}:{server.token}" if user else server.token
        environ = {
            "ENGINES": str(ENGINES), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "T": server.token, "H": server.host,
            "U": f"http://{userinfo}@{server.host}", "C": f"http://{server.host}", "GIT_TERMINAL_PROMPT": "0",
        }
        script = f"export HOME={place}/home GIT_CONFIG_SYSTEM={system}; cd {place}/w; {use.shell}"
        done = subprocess.run(
            [SCRIPTS / "enter", root, "sh", "-euc", script], env=environ, cwd=place / "w", text=True, errors="replace", timeout=60,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False,
        )
        held = [p for p in place.rglob("*") if p.is_file() and server.token.encode() in p.read_bytes()]
        names = {str(system): "/etc/gitconfig"}
        files = [names.get(str(p)) or str(p).replace(f"{place}/home/", "~/").replace(f"{place}/w/", "") for p in held]
        return Left(tuple(sorted(files)), done.returncode, done.stdout)


def main(roots: list[Path]) -> int:
    """Print the table as Markdown."""
    folder = Path(tempfile.mkdtemp())
    server = GitServer(folder, TOKEN)
    try:
        print("| use | works | " + " | ".join(f"{root.name}: token in" for root in roots) + " |")
        print("|---" * (len(roots) + 2) + "|")
        for use in USES:
            found = [measure(use, root, server) for root in roots]
            works = "no" if any(left.status for left in found) else "yes"
            print(f"| {use.name} | {works} | " + " | ".join(", ".join(left.files) or "-" for left in found) + " |")
    finally:
        server.close()
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main([Path(a) for a in sys.argv[1:]] or sorted(p.with_suffix("") for p in (ENGINES / "tools").glob("git-*.ready"))))

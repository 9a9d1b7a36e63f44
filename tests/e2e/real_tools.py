"""What the real package managers leave of a secret that they are told, before the fix and after it.

`python -m tests.e2e.real_tools` prints the table for the roots that tests/engines/tools_root.sh made (`ROOTS`).
In the shell texts $T is the token, $H the host of the registry with its port, $S that of the same over HTTPS, $G that of a Git server
with the same token.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from .engines import ENGINES, SCRIPTS
from .git_server import GitServer
from .registry_server import RegistryServer

TOKEN = "tok3nPLANTx0123456789xTNALP"
ROOTS = {
    "managers": "bash coreutils sed grep findutils tar gzip npm python3-pip composer unzip ruby-bundler git ca-certificates",
    "golang": "bash coreutils sed grep findutils golang-go git ca-certificates",
}
# Maintainer scripts don't run when a root is unpacked: PHP's extensions are turned on here.
PREPARE = "mkdir -p /etc/php/8.2/cli/conf.d; for f in /usr/share/php8.2-*/*/*.ini; do [ -e $f ] && cp $f /etc/php/8.2/cli/conf.d/20-${f##*/}; done; true"

_PACKAGE = "echo '{\"name\":\"a\",\"version\":\"1.0.0\",\"dependencies\":{\"acme\":\"^1.0.0\"}}' > package.json"
_NPM = "npm install --no-audit --no-fund --registry http://$H/npm/"
_NPM_SET = "npm config set //$H/npm/:_authToken $T"
_PIP = "pip3 install -q --no-cache-dir --break-system-packages --no-deps --target lib"
_PIP_ENV = 'export PIP_INDEX_URL="http://u:$T@$H/pip/"'
_COMPOSER = """echo '{"config":{"secure-http":false},"repositories":[{"packagist.org":false},{"type":"composer","url":"http://'$H'/composer"}],"require":{"acme/lib":"1.0.0"}}' > composer.json; """
_INSTALL = "composer install -q --no-interaction"
_GEMFILE = "printf 'source \"http://%s/gems/\"\\ngem \"acme\"\\n' $H > Gemfile; export GEM_HOME=$PWD/gems"
_GO = "printf 'module a\\n\\ngo 1.19\\n\\nrequire acme.example/lib v1.0.0\\n' > go.mod; export GONOSUMDB=acme.example GOFLAGS=-mod=mod GOPATH=$PWD/go; go mod download"


class Use(NamedTuple):
    """`shell` uses the token in one way; `leaves` are the files that hold it afterwards (`~` home, else the working directory), as measured.

    `needs`: the token must reach the server, so that the command fails without it.
    """

    tool: str
    name: str
    shell: str
    leaves: tuple[str, ...] = ()
    root: str = "managers"
    needs: bool = True


USES: tuple[Use, ...] = (
    Use("npm", "npm config set KEY VALUE", f"{_NPM_SET}; {_PACKAGE}; {_NPM}", ("~/.npm/_logs/*", "~/.npmrc")),
    Use("npm", "npm config set KEY=VALUE", f"npm config set //$H/npm/:_authToken=$T; {_PACKAGE}; {_NPM}", ("~/.npm/_logs/*", "~/.npmrc")),
    Use("npm", "npm config set, then npm config delete", f"{_NPM_SET}; {_PACKAGE}; {_NPM}; npm config delete //$H/npm/:_authToken", ("~/.npm/_logs/*", "~/.npmrc")),
    Use("npm", "npm config set --location=project, then delete", f"{_PACKAGE}; npm config set --location=project //$H/npm/:_authToken $T; {_NPM}; npm config delete --location=project //$H/npm/:_authToken", ("~/.npm/_logs/*",)),
    Use("npm", "npm set", f"npm set //$H/npm/:_authToken $T; {_PACKAGE}; {_NPM}", ("~/.npm/_logs/*", "~/.npmrc")),
    Use("npm", "npm config set, npm config delete --location=user, no _logs", f"{_NPM_SET}; {_PACKAGE}; {_NPM}; npm config delete --location=user //$H/npm/:_authToken && rm -rf ~/.npm/_logs"),
    Use("npm", "npm config set beside a package.json", f"{_PACKAGE}; {_NPM_SET}; {_NPM}", (".npmrc", "~/.npm/_logs/*")),
    Use("npm", "npm config set beside a package.json, both deletes, no _logs", f"{_PACKAGE}; {_NPM_SET}; {_NPM}; npm config delete --location=project //$H/npm/:_authToken && npm config delete --location=user //$H/npm/:_authToken && rm -rf ~/.npm/_logs"),
    Use("npm", "npm --logs-max=0 config set, then rm", f"npm --logs-max=0 config set //$H/npm/:_authToken $T; {_PACKAGE}; {_NPM}; rm ~/.npmrc"),
    Use("npm", ".npmrc written and removed", f"echo //$H/npm/:_authToken=$T > .npmrc; {_PACKAGE}; {_NPM}; rm .npmrc"),
    Use("npm", "npm install --//HOST/:_authToken=", f"{_PACKAGE}; {_NPM} --//$H/npm/:_authToken=$T", ("~/.npm/_logs/*",)),
    Use("npm", "npm install git+http://TOKEN@HOST", "echo '{\"name\":\"a\"}' > package.json; npm install --no-audit git+http://x:$T@$G/acme/lib.git", ("node_modules/.package-lock.json", "package-lock.json", "package.json", "~/.npm/_cacache/index-v5/*", "~/.npm/_logs/*")),
    Use("pip", "pip config set global.index-url", f"pip3 config set global.index-url http://u:$T@$H/pip/; {_PIP} acme", ("~/.config/pip/pip.conf",)),
    Use("pip", "pip config set, then pip config unset", f"pip3 config set global.index-url http://u:$T@$H/pip/; {_PIP} acme; pip3 config unset global.index-url"),
    Use("pip", "export PIP_INDEX_URL", f"{_PIP_ENV}; {_PIP} acme"),
    Use("pip", "pip install --index-url", f"{_PIP} --index-url http://u:$T@$H/pip/ acme"),
    Use("pip", "pip install --index-url, with the cache", "pip3 install -q --break-system-packages --target lib --index-url http://u:$T@$H/pip/ acme"),
    Use("pip", "pip install git+http://TOKEN@HOST", f"{_PIP} git+http://x:$T@$G/acme/lib.git"),
    Use("pip", "pip install git+http://u:TOKEN@HOST, with the cache", "pip3 install -q --break-system-packages --no-deps --no-build-isolation --target lib git+http://x:$T@$G/acme/lib.git@$(git ls-remote http://x:$T@$G/acme/lib.git HEAD | cut -c1-40)"),
    Use("pip", "pip install NAME@git+http://TOKEN@HOST, into the system", "pip3 install -q --no-cache-dir --break-system-packages --no-build-isolation --root root acme-lib@git+http://$T@$G/acme/lib.git"),
    Use("pip", "pip install -r, with the address in the file", 'echo "acme-lib @ git+http://x:${T}@$G/acme/lib.git" > r.txt; pip3 install -q --no-cache-dir --break-system-packages --no-build-isolation --target lib -r r.txt; rm r.txt'),
    Use("pip", "pip install -r, ${T} in the file", "echo \"acme-lib @ git+http://x:\\${T}@$G/acme/lib.git\" > r.txt; pip3 install -q --no-cache-dir --break-system-packages --no-build-isolation --target lib -r r.txt"),
    Use("pip", "pip install -e git+http://TOKEN@HOST", f"{_PIP} -e git+http://x:$T@$G/acme/lib.git#egg=acme-lib --src src", ("src/acme-lib/.git/config",)),
    Use("pip", "pip download git+http://TOKEN@HOST", "pip3 download -q --no-deps --no-build-isolation git+http://x:$T@$G/acme/lib.git"),
    Use("composer", "composer config -g http-basic", f"{_COMPOSER}composer config -g http-basic.$H u $T; {_INSTALL}", ("~/.composer/auth.json",)),
    Use("composer", "composer config -g bearer", f"{_COMPOSER}composer config -g bearer.$H $T; {_INSTALL}", ("~/.composer/auth.json",)),
    Use("composer", "composer config -g, then --unset", f"{_COMPOSER}composer config -g bearer.$H $T; {_INSTALL}; composer config -g --unset bearer.$H"),
    Use("composer", "composer config (of the project)", f"{_COMPOSER}composer config bearer.$H $T; {_INSTALL}", ("auth.json",)),
    Use("composer", "composer config (of the project), then --unset", f"{_COMPOSER}composer config bearer.$H $T; {_INSTALL}; composer config --unset bearer.$H"),
    Use("composer", "export COMPOSER_AUTH", _COMPOSER + 'export COMPOSER_AUTH="{\\"bearer\\":{\\"$H\\":\\"$T\\"}}"; ' + _INSTALL),
    Use("composer", "repository address with a password", _COMPOSER.replace("http://'$H'", "http://u:'$T@$H'") + _INSTALL, ("composer.json",)),
    Use("bundle", "bundle config HOST", f"{_GEMFILE}; bundle config ${{H%:*}} u:$T; bundle install --quiet", (".bundle/config",)),
    Use("bundle", "bundle config set --global HOST", f"{_GEMFILE}; bundle config set --global ${{H%:*}} u:$T; bundle install --quiet", ("~/.bundle/config",)),
    Use("bundle", "bundle config set --local HOST", f"{_GEMFILE}; bundle config set --local ${{H%:*}} u:$T; bundle install --quiet", (".bundle/config",)),
    Use("bundle", "bundle config set --local, then unset", f"{_GEMFILE}; bundle config set --local ${{H%:*}} u:$T; bundle install --quiet; bundle config unset --local ${{H%:*}}"),
    Use("bundle", "bundle config, then --delete", f"{_GEMFILE}; bundle config ${{H%:*}} u:$T; bundle install --quiet; bundle config --delete ${{H%:*}}"),
    Use("bundle", "export BUNDLE_HOST", f'{_GEMFILE}; export BUNDLE_127__0__0__1="u:$T"; bundle install --quiet'),
    Use("bundle", "Gemfile with the password in its source", "printf 'source \"http://u:%s@%s/gems/\"\\ngem \"acme\"\\n' $T $H > Gemfile; export GEM_HOME=$PWD/gems; bundle install --quiet", ("Gemfile", "Gemfile.lock")),
    Use("bundle", "gem from git, bundle config HOST", "printf 'gem \"lib\", git: \"http://%s/acme/lib.git\"\\n' $G > Gemfile; export GEM_HOME=$PWD/gems; bundle config ${G%:*} x:$T; bundle install --quiet || true", (".bundle/config", "gems/cache/bundler/git/lib-*/config")),
    Use("go", "go env -w GOPROXY", f"go env -w GOPROXY=https://u:$T@$S/go; {_GO}", ("~/.config/go/env",), "golang"),
    Use("go", "go env -w, then go env -u", f"go env -w GOPROXY=https://u:$T@$S/go; {_GO}; go env -u GOPROXY", (), "golang"),
    Use("go", "export GOPROXY", f'export GOPROXY="https://u:$T@$S/go"; {_GO}', (), "golang"),
    Use("go", "go build -ldflags -X", "printf 'package main\\n\\nvar t string\\n\\nfunc main() { println(t) }\\n' > m.go; go build -o app -ldflags \"-X main.t=$T\" m.go", ("app",), "golang", False),
)  # fmt: skip


# Names that differ from run to run: npm's logs, content addresses of caches, the commit in Bundler's.
_CHANGING = re.compile(r"(?<=_logs/)[^/]+$|(?<=index-v5/).*|(?<=lib-)[0-9a-f]{40}")


class Left(NamedTuple):
    """What one use left: the files with the token, how the shell ended, and how often the token was shown to a server."""

    files: tuple[str, ...]
    status: int
    output: str
    let_in: int


class Servers:
    """The private registry, with and without TLS, and the Git server; all know one token."""

    def __init__(self, folder: Path) -> None:
        certificate = folder / "tls.pem"
        made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
        (ENGINES / "lab").mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=ENGINES / "lab") as scratch:
            key, public = f"{scratch}/key", f"{scratch}/public"
            subprocess.run([SCRIPTS / "enter", ENGINES / "tools/golang", *made, "-keyout", key, "-out", public], check=True, capture_output=True, env={"PATH": _PATH, "ENGINES": str(ENGINES)})
            self.authority = Path(public).read_text()
            certificate.write_text(Path(key).read_text() + self.authority)
        self.plain = RegistryServer(TOKEN)
        self.tls = RegistryServer(TOKEN, certificate)
        self.git = GitServer(folder / "git", TOKEN)

    def let_in(self) -> int:
        """How many requests showed the token."""
        return self.plain.let_in + self.tls.let_in + sum(r.let_in for r in self.git.requests)

    def environ(self) -> dict[str, str]:
        """The variables of the shell texts."""
        return {"T": TOKEN, "H": self.plain.host, "S": self.tls.host, "G": self.git.host, **_QUIET}

    def close(self) -> None:
        for server in (self.plain, self.tls, self.git):
            server.close()


_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_QUIET = {"COMPOSER_ALLOW_SUPERUSER": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "GIT_TERMINAL_PROMPT": "0"}


def measure(use: Use, servers: Servers) -> Left:
    """Run one use in a fresh home and folder of its root."""
    (ENGINES / "lab").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ENGINES / "lab") as scratch:
        place = Path(scratch)
        for name in ("home", "w", "tmp"):
            (place / name).mkdir()
        environ = {"ENGINES": str(ENGINES), "PATH": _PATH, **servers.environ(), "SSL_CERT_FILE": str(place / "authority.pem")}
        (place / "authority.pem").write_text(servers.authority)
        script = f"{PREPARE}\nset -eu; export HOME={place}/home TMPDIR={place}/tmp; cd {place}/w; {use.shell}"
        before = servers.let_in()
        done = subprocess.run(
            [SCRIPTS / "enter", ENGINES / "tools" / use.root, "bash", "-c", script], env=environ, cwd=place / "w", text=True, errors="replace", timeout=120,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False,
        )
        held = [p for p in place.rglob("*") if p.is_file() and not p.is_symlink() and TOKEN.encode() in p.read_bytes()]
        files = [str(p).replace(f"{place}/home/", "~/").replace(f"{place}/w/", "").replace(f"{place}/tmp/", "$TMPDIR/") for p in held]
        files = [_CHANGING.sub("*", f) for f in files]
        return Left(tuple(sorted(set(files))), done.returncode, done.stdout, servers.let_in() - before)


def main() -> int:
    """Print the table as Markdown."""
    folder = Path(tempfile.mkdtemp())
    servers = Servers(folder)
    try:
        print("| tool | command | works | token shown | files that hold the token |\n|---|---|---|---|---|")
        for use in USES:
            left = measure(use, servers)
            works = "no" if left.status else "yes"
            print(f"| {use.tool} | {use.name} | {works} | {'yes' if left.let_in else 'no'} | {', '.join(f'`{f}`' for f in left.files) or '-'} |")
            if "-v" in sys.argv and (left.status or left.files != use.leaves or bool(left.let_in) != use.needs):
                print(left.output.replace(TOKEN, "<token>")[-1500:], file=sys.stderr)
    finally:
        servers.close()
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())

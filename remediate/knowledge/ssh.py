"""Which commands reach other machines by SSH, which only set SSH up, and what a private key's file is called.

With `--mount=type=ssh` an SSH client finds the builder's agent in SSH_AUTH_SOCK, whoever starts it: git, or npm that starts git. So the
question is whether a command may start an SSH client at all; what is asked for by an https address does not.
"""

from __future__ import annotations

import re
from functools import cache

from remediate.knowledge import tools
from remediate.knowledge.commands_shape import Argv, Call, call, fits, shape
from remediate.model import NamedTuple
from remediate.text import late

__all__ = ["AGENT", "SshRow", "forbids_agent", "is_key_path", "may_use_ssh", "mentions_ssh", "rows", "serves_agent", "tells_of_use"]


class SshRow(NamedTuple):
    """`run` may start an SSH client. `names`: not when it is given plain names of packages only. `address`: not when every address is an https one."""

    run: str
    source: str
    example: str
    counter: str
    names: bool = False
    address: bool = False
    need: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()


_NPM = "https://docs.npmjs.com/cli/v10/commands/npm-install (git urls)"
_PIP = "https://pip.pypa.io/en/stable/topics/vcs-support/"
ROWS: tuple[SshRow, ...] = (
    SshRow("ssh|scp|sftp|mosh|sshfs|autossh|ssh-copy-id", "https://man.openbsd.org/ssh#ENVIRONMENT (SSH_AUTH_SOCK)", "ssh -T git@github.com", "ssh-keyscan github.com"),
    SshRow("rsync", "https://download.samba.org/pub/rsync/rsync.1 (ACCESS VIA REMOTE SHELL)", "rsync -a deploy@files.example.com:x /x", "rsync -a /a /b", need=("*:*",)),
    SshRow("git clone", "https://git-scm.com/docs/git-clone#_git_urls", "git clone git@github.com:acme/app.git", "git clone https://github.com/acme/app.git", address=True),
    SshRow("git fetch|pull|push|ls-remote|lfs|subtree", "https://git-scm.com/docs/git-fetch", "git pull", "git ls-remote https://github.com/acme/app.git", address=True),
    SshRow("git submodule", "https://git-scm.com/docs/git-submodule", "git submodule update --init", "git submodule status", unless=("status", "foreach", "summary")),
    SshRow("git remote update", "https://git-scm.com/docs/git-remote", "git remote update", "git remote add origin git@github.com:acme/app.git"),
    SshRow("git archive", "https://git-scm.com/docs/git-archive", "git archive --remote=git@git.example.com:x HEAD", "git archive HEAD", need=("--remote*",)),
    SshRow("gclient|repo|wstool|rosdep|vcs|west", "https://gerrit.googlesource.com/git-repo", "repo sync", "ln -s a b"),
    SshRow("hg clone|pull|push|incoming", "https://www.mercurial-scm.org/wiki/SSH", "hg clone ssh://hg@hg.example.com/x", "hg clone https://hg.example.com/x", address=True),
    SshRow("svn checkout|co|export|update|up", "https://svnbook.red-bean.com/en/1.7/svn.serverconfig.svnserve.html", "svn co svn+ssh://svn.example.com/x", "svn co https://svn.example.com/x", address=True),
    SshRow("npm|pnpm|bun install|i|ci|add|update|upgrade|up|clean-install|isntall|fetch|import|dedupe", _NPM, "npm ci", "npm install -g yarn", names=True),
    SshRow("yarn install|add|up|upgrade|workspaces|dlx|global|import", "https://classic.yarnpkg.com/lang/en/docs/cli/add/", "yarn install", "yarn global add typescript", names=True),
    SshRow("bower|jspm install|update|i", "https://bower.io/docs/api/#install", "bower install", "bower --version"),
    SshRow("lerna|rush bootstrap|install|update", "https://lerna.js.org", "lerna bootstrap", "lerna --version"),
    SshRow("pip install|wheel|download", _PIP, "pip install -r requirements.txt", "pip install requests==2.0", names=True, unless=("--version",)),
    SshRow("pipenv install|sync|update|lock|upgrade", _PIP, "pipenv install --system --deploy", "pipenv --version"),
    SshRow("poetry install|add|update|lock|sync|build", "https://python-poetry.org/docs/dependency-specification/#git-dependencies", "poetry install --no-root", "poetry config virtualenvs.create false"),
    SshRow("pdm|hatch|rye|pixi|uvx install|add|update|sync|lock|build|run", _PIP, "pdm sync", "pdm config x y"),
    SshRow("uv sync|add|lock|pip|build|run|tool", "https://docs.astral.sh/uv/concepts/projects/dependencies/#git", "uv sync --frozen", "uv venv"),
    SshRow("conda env|create|install|update", "https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html", "conda env create -f environment.yml", "conda clean -a"),
    SshRow("go get|mod|build|install|test|run|generate|list|vet|work", "https://go.dev/ref/mod#vcs", "go mod download", "go version"),
    SshRow("dep|glide|govendor|godep|gopm ensure|install|sync|up|update|get|restore|fetch", "https://golang.github.io/dep/", "dep ensure -vendor-only", "dep version"),
    SshRow("bundle install|update|package|cache|check|lock|add", "https://bundler.io/guides/git.html", "bundle install", "bundle config set path vendor"),
    SshRow("composer install|update|require|create-project|global|i|u", "https://getcomposer.org/doc/05-repositories.md#vcs", "composer install --no-dev", "composer dump-autoload"),
    SshRow("cargo build|fetch|install|test|check|run|vendor|update|clippy|doc|chef|b|t|r|c", "https://doc.rust-lang.org/cargo/appendix/git-authentication.html", "cargo build --release", "cargo --version"),
    SshRow("mix deps.get|deps|do|compile|release|test", "https://hexdocs.pm/mix/Mix.Tasks.Deps.html", "mix deps.get", "mix local.hex"),
    SshRow("rebar3|rebar", "https://rebar3.org/docs/configuration/dependencies/", "rebar3 compile", "node -v"),
    SshRow("stack|cabal build|install|setup|update|test", "https://docs.haskellstack.org/en/stable/pantry/", "stack build --only-dependencies", "stack path"),
    SshRow("lein|sbt|bloop|shards|nimble|dub|opam|luarocks|pod|carthage|swift|dart|flutter|pub|conan|vcpkg|meson", "git dependencies of each package manager", "pod install", "java -version"),
    SshRow("terraform|tofu|terragrunt init|get", "https://developer.hashicorp.com/terraform/language/modules/sources#generic-git-repository", "terraform init", "terraform fmt"),
    SshRow("ansible-galaxy|berks|librarian-puppet|r10k", "https://docs.ansible.com/ansible/latest/galaxy/user_guide.html", "ansible-galaxy install -r requirements.yml", "ansible-lint x.yml"),
    SshRow("helm dependency|dep|plugin", "https://helm.sh/docs/helm/helm_plugin_install/", "helm plugin install git@github.com:acme/plugin.git", "helm version"),
)  # fmt: skip

# Programs that only make an agent of the RUN's own and give it the key: with the builder's agent there is nothing for them to do.
AGENT = frozenset({"ssh-agent", "ssh-add"})

_HTTP = late(r"^(?:https?|git|file|ftp)://|^/|^\./|^\.\./|^\.$")
# `npm install a/b` is a repository; `@scope/name` is not.
_PACKAGE = late(r"(?:@[\w.-]+/)?[A-Za-z0-9][\w.-]*(?:\[[\w,.-]*\])?(?:[@=<>!~^*]{1,3}[\w.*+!^~<>=,-]*)?")
# Options of a clone whose value is the next word.
_CLONE_VALUES = frozenset(
    "-b --branch -o --origin --depth -j --jobs -c --config --reference --reference-if-able --template -u --upload-pack --separate-git-dir "
    "--shallow-since --shallow-exclude --filter --server-option --bundle-uri -r --rev -R --username --password".split()
)
_FILES = frozenset("-r --requirement -e --editable -c --constraint --group".split())
# What in a script or a manifest says that SSH may be used.
_MENTIONS = late(rb"git@|ssh://|git\+ssh|\bgithub:|\bgitlab:|\bbitbucket:|(?<![\w./-])(?:ssh|scp|sftp|rsync)[ \t]|submodule")
_FORBIDS = late(rb"identitiesonly|identityagent|ssh_auth_sock|ssh_askpass|sshpass|\bpubkeyauthentication", re.IGNORECASE)

_KEY_NAMES = late(r"(?i)(?:^|[._-])id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?(?:[._-]|$)|_(?:rsa|ed25519)$|deploy[_-]?key$|(?:^|_)ssh[_-]?(?:private[_-]?)?key$|^identity$")
_NO_KEYS = frozenset({"known_hosts", "known_hosts2", "config", "authorized_keys", "authorized_keys2", "environment", "rc", ".ssh"})


def rows() -> tuple[SshRow, ...]:
    return ROWS


@cache
def _by_program() -> dict[str, tuple[SshRow, ...]]:
    index: dict[str, list[SshRow]] = {}
    for row in ROWS:
        for program in shape(row.run)[0]:
            index.setdefault(program, []).append(row)
    return {program: tuple(found) for program, found in index.items()}


def may_use_ssh(argv: Argv, *, rewritten: bool = False) -> bool:
    """Whether the command may start an SSH client. `rewritten`: Git is told to use SSH for https addresses (`insteadOf`)."""
    command = call(argv)
    if command is None:
        return False
    if command.program == "yarn" and not command.words:
        return not any(a in ("--version", "-v", "--help") for a in command.args)
    known = _by_program().get(command.program, ())
    for row in known:
        if fits(row, command, unknown=True):
            return not _surely_without(row, command, rewritten)
    if known:
        return False
    reads = tools.reads(argv)
    return reads is not None and ".ssh/*" in reads.credential_files


def _surely_without(row: SshRow, command: Call, rewritten: bool) -> bool:
    if row.address:
        recursive = any(a is not None and a.startswith(("--recurs", "--mirror=")) for a in command.args)
        return not rewritten and not recursive and _by_http(command)
    if row.names:
        return _names_only(command)
    return False


def _by_http(command: Call) -> bool:
    """The address, which is the first word behind the subcommand, is one that no SSH client serves."""
    rest = command.args[command.args.index(command.words[0]) + 1 :] if command.words[0] in command.args else ()
    value = False
    for arg in rest:
        if value:
            value = False
        elif arg is None or not arg.startswith("-"):
            return arg is not None and bool(_HTTP.match(arg))
        else:
            value = arg in _CLONE_VALUES
    return False


def tells_of_use(argv: Argv) -> bool:
    """The command is why somebody gives a build an SSH key: it names an SSH address, or gets what a project asks for.

    A clone by https with submodules may use SSH, and so may `easy_install`: neither is a reason for a key.
    """
    command = call(argv)
    if command is None:
        return False
    known = _by_program().get(command.program, ())
    return any(fits(row, command, unknown=True) and not (row.address and _by_http(command)) for row in known)


def _names_only(command: Call) -> bool:
    """Packages of a registry by name, without a project's own list: `pip install x==1`, `npm install -g x`."""
    words = command.words[1:]
    if command.program == "yarn":
        if command.words[:1] != ("global",):
            return False
        words = command.words[2:]
    elif command.program != "pip" and not any(a in ("-g", "--global", "--location=global") for a in command.args):
        return False
    if any(a is None or a in _FILES or a.startswith(("--requirement=", "--editable=", "-r")) for a in command.args):
        return False
    return bool(words) and all(w is not None and _PACKAGE.fullmatch(w) for w in words)


def serves_agent(argv: Argv) -> bool:
    """`ssh-agent -s`, `ssh-add ~/.ssh/id_rsa`; not `ssh-agent sh -c '...'`, which starts something."""
    command = call(argv)
    if command is None or command.program not in AGENT:
        return False
    return command.program == "ssh-add" or all(a is not None and a.startswith("-") and a not in ("-a", "-t") for a in command.args)


def is_key_path(path: str) -> bool:
    """Whether a file of that path is an SSH private key by its name: below `.ssh/`, or called as one."""
    folder, _, base = path.rpartition("/")
    if not base or base in _NO_KEYS or base.endswith(".pub"):
        return False
    return f"{folder}/".endswith("/.ssh/") or "/.ssh/" in folder or _KEY_NAMES.search(base) is not None


def mentions_ssh(data: bytes) -> bool:
    """Whether a script or a manifest may lead to the use of SSH."""
    return _MENTIONS.search(data) is not None


def forbids_agent(data: bytes) -> bool:
    """Options under which a client does not ask the agent, or not the one of the mount (measured: `IdentitiesOnly yes` without the key's file)."""
    return _FORBIDS.search(data) is not None


"""Settings that a tool takes from its environment just as well: the command that sets one, and the variable of the same effect (SPEC 4).

A setting stands here only when the variable beats the file and means the same to the same readers. Those that are left out on purpose:
npm (a variable can't be called `//host/:_authToken`, and one for `registry` would beat the project's .npmrc, which the user's
doesn't), `composer config http-basic` (a password may need escapes in JSON), conda (its lists are merged in another order),
`pip config set install.x` (the variable speaks to `pip download`, too), uv, nuget, docker and helm (no variable for one host).
"""

from __future__ import annotations

from remediate.model import NamedTuple


class SettingRow(NamedTuple):
    """`run`: the command's shape. `args`: what stands behind its words, in order: text, `prefix.{}` (a static name), `{value}`, `{user}`.

    `env`: the variable and what it is set to (`{}` is the name as `spell` and `upper` make it). `json`: the section of the tool's one JSON
    variable that the value goes into, under the name. `flags`: options that change nothing here; any other leaves the row out.
    `given`: options that hand over the value; `stdin`: it comes by standard input. `together`: settings of one credential,
    which move together or not at all. `shell`: what the example becomes.
    """

    tool: str
    run: str
    args: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    source: str
    example: str
    shell: str
    counter: str
    flags: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    stdin: bool = False
    json: str = ""
    names: str = "letters, digits, _ and -"
    spell: tuple[tuple[str, str], ...] = (("-", "_"),)
    unless: tuple[str, ...] = ()
    together: str = ""


class UndoRow(NamedTuple):
    """`run`: a command that sets something; `undo`: the command that takes it back, so that no file keeps it.

    In `undo`, `{program}` is the tool as it was called, `{key}` the first word behind the subcommand as written (up to `=` when
    `pairs`), `{where}` those of the options `keep` that were given. `last`: `{key}` is the last word. `nowhere`: the command when none of `keep` was given.
    """

    run: str
    undo: str
    source: str
    example: str
    result: str
    keep: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    pairs: bool = False
    last: bool = False
    need: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    nowhere: str = ""


_PIP = "https://pip.pypa.io/en/stable/topics/configuration/#precedence-override-order"
_POETRY = "https://python-poetry.org/docs/repositories/#configuring-credentials"
_PDM = "https://pdm-project.org/latest/reference/configuration/"
_COMPOSER = "https://getcomposer.org/doc/articles/authentication-for-private-packages.md"
_BUNDLE = "https://bundler.io/man/bundle-config.1.html"
_GO = "https://go.dev/ref/mod#environment-variables"
_AWS = "https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html"
_HOST = "host"
_DOTS = ((".", "__"),)
_GIT_HOSTS = ("--hostname=github.com",)
_JSON = "COMPOSER_AUTH"

ROWS: tuple[SettingRow, ...] = (
    SettingRow("pip", "pip config set", ("global.index-url", "{value}"), (("PIP_INDEX_URL", "{value}"),), _PIP, 'pip config set global.index-url "https://u:${T}@pypi.example.com/simple"', 'export PIP_INDEX_URL="https://u:${T}@pypi.example.com/simple"', "pip config set install.index-url x", flags=("--user",)),
    SettingRow("pip", "pip config set", ("global.extra-index-url", "{value}"), (("PIP_EXTRA_INDEX_URL", "{value}"),), _PIP, "pip3 config set global.extra-index-url https://u:$T@pypi.example.com/simple", 'export PIP_EXTRA_INDEX_URL="https://u:$T@pypi.example.com/simple"', "pip config unset global.extra-index-url", flags=("--user",)),
    SettingRow("poetry", "poetry config", ("http-basic.{}", "{user}", "{value}"), (("POETRY_HTTP_BASIC_{}_USERNAME", "{user}"), ("POETRY_HTTP_BASIC_{}_PASSWORD", "{value}")), _POETRY, 'poetry config http-basic.my-acme ci "$T"', 'export POETRY_HTTP_BASIC_MY_ACME_USERNAME=ci POETRY_HTTP_BASIC_MY_ACME_PASSWORD="$T"', "poetry config --unset http-basic.acme u x"),
    SettingRow("poetry", "poetry config", ("pypi-token.{}", "{value}"), (("POETRY_PYPI_TOKEN_{}", "{value}"),), _POETRY, "poetry config pypi-token.acme $T", 'export POETRY_PYPI_TOKEN_ACME="$T"', "poetry config virtualenvs.create x"),
    SettingRow("pdm", "pdm config", ("pypi.url", "{value}"), (("PDM_PYPI_URL", "{value}"),), _PDM, 'pdm config pypi.url "https://u:$T@pypi.example.com/simple"', 'export PDM_PYPI_URL="https://u:$T@pypi.example.com/simple"', "pdm config --local pypi.url x"),
    SettingRow("pdm", "pdm config", ("pypi.password", "{value}"), (("PDM_PYPI_PASSWORD", "{value}"),), _PDM, "pdm config pypi.password ${T}", 'export PDM_PYPI_PASSWORD="${T}"', "pdm config --delete pypi.password x"),
    SettingRow("composer", "composer config", ("github-oauth.{}", "{value}"), (), _COMPOSER, 'composer config -g github-oauth.github.com "$T"', 'export COMPOSER_AUTH="{\\"github-oauth\\":{\\"github.com\\":\\"$T\\"}}"', "composer config -g http-basic.repo.example.com u x", ("-g", "--global"), json="github-oauth", names=_HOST),
    SettingRow("composer", "composer config", ("gitlab-token.{}", "{value}"), (), _COMPOSER, "composer config gitlab-token.gitlab.example.com $T", 'export COMPOSER_AUTH="{\\"gitlab-token\\":{\\"gitlab.example.com\\":\\"$T\\"}}"', "composer config --unset gitlab-token.gitlab.example.com x", ("-g", "--global"), json="gitlab-token", names=_HOST),
    SettingRow("composer", "composer config", ("gitlab-oauth.{}", "{value}"), (), _COMPOSER, "composer config -g gitlab-oauth.gitlab.example.com $T", 'export COMPOSER_AUTH="{\\"gitlab-oauth\\":{\\"gitlab.example.com\\":\\"$T\\"}}"', "composer config gitlab-domains gitlab.example.com", ("-g", "--global"), json="gitlab-oauth", names=_HOST),
    SettingRow("composer", "composer config", ("bearer.{}", "{value}"), (), _COMPOSER, "composer config --global bearer.repo.example.com $T", 'export COMPOSER_AUTH="{\\"bearer\\":{\\"repo.example.com\\":\\"$T\\"}}"', "composer config bearer.repo.example.com", ("-g", "--global"), json="bearer", names=_HOST),
    SettingRow("composer", "composer global config", ("github-oauth.{}", "{value}"), (), _COMPOSER, "composer global config github-oauth.github.com ${T}", 'export COMPOSER_AUTH="{\\"github-oauth\\":{\\"github.com\\":\\"${T}\\"}}"', "composer global require acme/lib x", json="github-oauth", names=_HOST),
    SettingRow("yarn", "yarn config set", ("npmAuthToken", "{value}"), (("YARN_NPM_AUTH_TOKEN", "{value}"),), "https://yarnpkg.com/configuration/yarnrc", 'yarn config set npmAuthToken "$T"', 'export YARN_NPM_AUTH_TOKEN="$T"', "yarn config set npmScopes.acme.npmAuthToken x", ("--home", "-H")),
    SettingRow("bundle", "bundle config set", ("{}", "{value}"), (("BUNDLE_{}", "{value}"),), _BUNDLE, "bundle config set --local gems.example.com u:$T", 'export BUNDLE_GEMS__EXAMPLE__COM="u:$T"', "bundle config set --local my-gems.example.com u:x", ("--local", "--global"), names="dotted", spell=_DOTS),
    SettingRow("bundle", "bundle config", ("{}", "{value}"), (("BUNDLE_{}", "{value}"),), _BUNDLE, 'bundle config --global github.com "x-access-token:${T}"', 'export BUNDLE_GITHUB__COM="x-access-token:${T}"', "bundle config unset gems.example.com", ("--local", "--global"), names="dotted", spell=_DOTS, unless=("set", "unset", "get", "list")),
    SettingRow("cargo", "cargo login", ("{value}",), (("CARGO_REGISTRY_TOKEN", "{value}"),), "https://doc.rust-lang.org/cargo/reference/config.html#credentials", "cargo login $T", 'export CARGO_REGISTRY_TOKEN="$T"', "cargo login --registry acme x", unless=("--registry*",)),
    SettingRow("go", "go env", ("GOPROXY={value}",), (("GOPROXY", "{value}"),), _GO, "go env -w GOPROXY=https://u:$T@proxy.example.com,direct", 'export GOPROXY="https://u:$T@proxy.example.com,direct"', "go env -u GOPROXY=x", ("-w",)),
    SettingRow("aws", "aws configure set", ("aws_access_key_id", "{value}"), (("AWS_ACCESS_KEY_ID", "{value}"),), _AWS, "aws configure set aws_access_key_id $KEY", 'export AWS_ACCESS_KEY_ID="$KEY"', "aws configure set aws_access_key_id x --profile acme", together="aws"),
    SettingRow("aws", "aws configure set", ("aws_secret_access_key", "{value}"), (("AWS_SECRET_ACCESS_KEY", "{value}"),), _AWS, 'aws configure set aws_secret_access_key "$T"', 'export AWS_SECRET_ACCESS_KEY="$T"', "aws configure set acme.aws_secret_access_key x", together="aws"),
    SettingRow("aws", "aws configure set", ("aws_session_token", "{value}"), (("AWS_SESSION_TOKEN", "{value}"),), _AWS, "aws configure set aws_session_token $T", 'export AWS_SESSION_TOKEN="$T"', "aws configure get aws_session_token", together="aws"),
    SettingRow("gh", "gh auth login", (), (("GH_TOKEN", "{value}"),), "https://cli.github.com/manual/gh_help_environment", "gh auth login --with-token", 'export GH_TOKEN="$T"', "gh auth login --hostname git.example.com --with-token", ("--with-token", *_GIT_HOSTS), stdin=True),
    SettingRow("glab", "glab auth login", (), (("GITLAB_TOKEN", "{value}"),), "https://docs.gitlab.com/cli/#environment-variables", 'glab auth login --token "$T"', 'export GITLAB_TOKEN="$T"', "glab auth login --hostname gitlab.example.com --token x", given=("--token", "-t")),
    SettingRow("glab", "glab auth login", (), (("GITLAB_TOKEN", "{value}"),), "https://docs.gitlab.com/cli/#environment-variables", "glab auth login --stdin", 'export GITLAB_TOKEN="$T"', "glab auth login --hostname gitlab.example.com --stdin", ("--stdin",), stdin=True),
    SettingRow("doctl", "doctl auth init", (), (("DIGITALOCEAN_ACCESS_TOKEN", "{value}"),), "https://docs.digitalocean.com/reference/doctl/how-to/install/", "doctl auth init -t $T", 'export DIGITALOCEAN_ACCESS_TOKEN="$T"', "doctl auth init -t x --context acme", given=("-t", "--access-token")),
    SettingRow("sentry-cli", "sentry-cli login", (), (("SENTRY_AUTH_TOKEN", "{value}"),), "https://docs.sentry.io/cli/configuration/#auth-tokens", "sentry-cli login --auth-token=$T", 'export SENTRY_AUTH_TOKEN="$T"', "sentry-cli login", given=("--auth-token",)),
    SettingRow("vault", "vault login", ("{value}",), (("VAULT_TOKEN", "{value}"),), "https://developer.hashicorp.com/vault/docs/commands#environment-variables", "vault login $T", 'export VAULT_TOKEN="$T"', "vault login -method=userpass username=u", ("-no-print", "-no-print=true"), unless=("*=*", "-")),
)  # fmt: skip

_NPM = "https://github.com/npm/cli/blob/latest/docs/lib/content/commands/npm-config.md"
_NPM_KEEP = ("--location", "-L", "--global", "-g", "--userconfig", "--prefix")

# Without a location npm 9 uses the project's .npmrc in a folder with a package.json, else the user's: what was set in one of them may have
# to be taken from the other. npm 7 to 9 keep the words of every command in ~/.npm/_logs (all seen: tests/e2e/test_real_tools.py).
_NPM_UNDO = "{program} config delete {where} {key} && rm -rf ~/.npm/_logs"
_NPM_BOTH = "{program} config delete --location=project {key} && {program} config delete --location=user {key} && rm -rf ~/.npm/_logs"
_NPM_SAID = "npm config delete --location=project {0} && npm config delete --location=user {0} && rm -rf ~/.npm/_logs"

UNDO_ROWS: tuple[UndoRow, ...] = (
    UndoRow("npm config|c set", _NPM_UNDO, _NPM, 'npm config set //npm.example.com/:_authToken "$T"', _NPM_SAID.format("//npm.example.com/:_authToken"), _NPM_KEEP, pairs=True, nowhere=_NPM_BOTH),
    UndoRow("npm set", _NPM_UNDO, _NPM, 'npm set "//npm.example.com/:_authToken=$T"', _NPM_SAID.format('"//npm.example.com/:_authToken"'), _NPM_KEEP, pairs=True, nowhere=_NPM_BOTH),
    UndoRow("pnpm config|c set", "{program} config delete {key} {where}", "https://pnpm.io/cli/config", "pnpm config set //npm.example.com/:_authToken $T", "pnpm config delete //npm.example.com/:_authToken", ("--location", "--global", "-g"), pairs=True),
    UndoRow("yarn config set", "{program} config unset {where} {key}", "https://yarnpkg.com/cli/config/unset", "yarn config set --home npmAuthToken $T", "yarn config unset --home npmAuthToken", ("--home", "-H"), need=("npm[A-Z]*",)),
    UndoRow("yarn config set", "{program} config delete {key}", "https://classic.yarnpkg.com/en/docs/cli/config", "yarn config set //npm.example.com/:_authToken $T", "yarn config delete //npm.example.com/:_authToken", unless=("--home", "-H")),
    UndoRow("pip config set", "{program} config {where} unset {key}", "https://pip.pypa.io/en/stable/cli/pip_config/", "pip3 config --user set global.index-url https://u:$T@pypi.example.com/simple", "pip3 config --user unset global.index-url", ("--user", "--global", "--site")),
    UndoRow("poetry config", "{program} config {where} --unset {key}", "https://python-poetry.org/docs/cli/#config", "poetry config http-basic.acme u $T", "poetry config --unset http-basic.acme", ("--local",), unless=("--unset", "--list")),
    UndoRow("pdm config", "{program} config --delete {key}", "https://pdm-project.org/latest/reference/cli/#config", "pdm config pypi.password $T", "pdm config --delete pypi.password", unless=("-d", "--delete", "--local", "-l")),
    UndoRow("composer config", "{program} config {where} --unset {key}", "https://getcomposer.org/doc/03-cli.md#config", "composer config -g http-basic.repo.example.com u $T", "composer config -g --unset http-basic.repo.example.com", ("-g", "--global"), unless=("--unset", "-l", "--list")),
    UndoRow("composer global config", "{program} global config --unset {key}", "https://getcomposer.org/doc/03-cli.md#global", "composer global config github-oauth.github.com $T", "composer global config --unset github-oauth.github.com", unless=("--unset",)),
    UndoRow("bundle config set", "{program} config unset {where} {key}", _BUNDLE, "bundle config set --local gems.example.com u:$T", "bundle config unset --local gems.example.com", ("--local", "--global")),
    # The older form is also that of Bundler 1, which has no `unset`.
    UndoRow("bundle config", "{program} config {where} --delete {key}", _BUNDLE, "bundle config gems.example.com u:$T", "bundle config --delete gems.example.com", ("--local", "--global"), unless=("set", "unset", "get", "list", "--delete")),
    UndoRow("gem sources|source", "{program} sources --remove {key}", "https://guides.rubygems.org/command-reference/#gem-sources", "gem sources --add https://u:$T@gems.example.com/", "gem sources --remove https://u:$T@gems.example.com/", need=("-a", "--add")),
    UndoRow("go env", "{program} env -u {key}", "https://pkg.go.dev/cmd/go#hdr-Print_Go_environment_information", "go env -w GOPROXY=https://u:$T@proxy.example.com", "go env -u GOPROXY", pairs=True, need=("-w",)),
    UndoRow("conda config", "{program} config --remove-key {key}", "https://docs.conda.io/projects/conda/en/stable/commands/config.html", "conda config --set channel_alias https://conda.example.com/t/$T", "conda config --remove-key channel_alias", need=("--set",), unless=("--system", "--env", "--file")),
    UndoRow("dotnet nuget add source", "{program} nuget remove source {name}", "https://learn.microsoft.com/en-us/dotnet/core/tools/dotnet-nuget-remove-source", "dotnet nuget add source https://nuget.example.com/v3/index.json --name acme -u u -p $T --store-password-in-clear-text", "dotnet nuget remove source acme", values=("-n", "--name"), unless=("--configfile",)),
    UndoRow("docker|podman|buildah|nerdctl|skopeo login", "{program} logout {key}", "https://docs.docker.com/reference/cli/docker/logout/", "docker login -u u -p $T registry.example.com", "docker logout registry.example.com", values=("-u", "--username", "-p", "--password", "--authfile", "--cert-dir"), last=True, unless=("--authfile*",)),
    UndoRow("helm registry login", "{program} registry logout {key}", "https://helm.sh/docs/helm/helm_registry_logout/", "helm registry login registry.example.com -u u -p $T", "helm registry logout registry.example.com", values=("-u", "--username", "-p", "--password"), last=True, unless=("--registry-config*",)),
    UndoRow("helm repo add", "{program} repo remove {key}", "https://helm.sh/docs/helm/helm_repo_remove/", "helm repo add acme https://charts.example.com --username u --password $T", "helm repo remove acme"),
    UndoRow("gh auth login", "rm -f ~/.config/gh/hosts.yml", "https://cli.github.com/manual/gh_help_environment", "gh auth login --with-token", "rm -f ~/.config/gh/hosts.yml"),
    UndoRow("aws configure set", "rm -f ~/.aws/credentials", _AWS, "aws configure set aws_secret_access_key $T", "rm -f ~/.aws/credentials", need=("aws_access_key_id", "aws_secret_access_key", "aws_session_token", "*.aws_access_key_id", "*.aws_secret_access_key", "*.aws_session_token")),
    UndoRow("sentry-cli login", "rm -f ~/.sentryclirc", "https://docs.sentry.io/cli/configuration/", "sentry-cli login --auth-token $T", "rm -f ~/.sentryclirc"),
    UndoRow("vault login", "rm -f ~/.vault-token", "https://developer.hashicorp.com/vault/docs/commands/login", "vault login $T", "rm -f ~/.vault-token", unless=("-no-store*",)),
    UndoRow("cargo login", 'rm -f "${CARGO_HOME:-$HOME/.cargo}/credentials" "${CARGO_HOME:-$HOME/.cargo}/credentials.toml"', "https://doc.rust-lang.org/cargo/commands/cargo-login.html", "cargo login $T", 'rm -f "${CARGO_HOME:-$HOME/.cargo}/credentials" "${CARGO_HOME:-$HOME/.cargo}/credentials.toml"'),
)  # fmt: skip

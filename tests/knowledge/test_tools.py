"""Every tool row speaks of its own example and not of its counter-example; the uses that decide real files are spelled out."""

from __future__ import annotations

import shlex

import pytest

from remediate.knowledge import commands_inert, persist, tools
from remediate.knowledge.commands_shape import call
from remediate.knowledge.tools_row import ALL, ToolRow

# Stems of hosts that serve packages: a source is a page of documentation, never one of these.
REGISTRY_STEMS = ("npmjs", "pypi.", "//rubygems", "crates.", "packagist", "hexdocs", "hex.pm", "//nuget", "www.nuget", "hub.docker", "proxy.", "repo.maven", "pub.dev")


def argv(line: str) -> list[str | None]:
    """`$X` stands for a word that is not static."""
    return [None if "$" in word and not word.startswith(("'", "{")) else word for word in shlex.split(line)]


@pytest.mark.parametrize("row", tools.rows(), ids=lambda row: f"{row.example}"[:60])
def test_row_speaks_of_its_example_only(row: ToolRow) -> None:
    example, counter = call(shlex.split(row.example)), call(shlex.split(row.counter))
    assert example is not None and counter is not None
    assert tools.row_for(example) is row
    assert tools.row_for(counter) is not row


@pytest.mark.parametrize("row", tools.rows(), ids=lambda row: f"{row.example}"[:60])
def test_row_is_well_formed(row: ToolRow) -> None:
    assert set(row.kinds) <= set(ALL)
    assert not row.opaque or row.kinds == ALL


SOURCES = sorted({row.source for row in tools.rows()} | {row.source for row in persist.rows()} | {row.source for row in commands_inert.ROWS})


@pytest.mark.parametrize("source", SOURCES)
def test_sources_are_documentation(source: str) -> None:
    assert source.startswith("https://")
    assert not any(stem in source for stem in REGISTRY_STEMS)


@pytest.mark.parametrize(
    ("line", "opaque"),
    [
        ("npm ci", False), ("npm install -g typescript", False), ("npm run build", True), ("npm publish", False), ("yarn", False), ("yarn --frozen-lockfile", False),
        ("yarn build", True), ("yarn --cwd web install", False), ("yarn cache clean", False), ("pnpm i", False), ("pnpm -r build", True), ("bun install", False),
        ("pip install flask==1.0", False), ("pip install -r requirements.txt", False), ("pip install -r /app/requirements.txt", False), ("pip install .", True), ("pip install -qr /tmp/requirements.txt", False), ("pip install -qr x.txt ./lib", True),
        ("pip install -e .", True), ("pip3 install --no-cache-dir ./lib", True), ("python3 -m pip install flask", False), ("python -m pip install .", True),
        ("pip install --target /opt/x flask", False), ("python get-pip.py", False), ("python setup.py install", True), ("poetry install", False), ("poetry run x", True),
        ("uv sync --frozen", False), ("uv run x.py", True), ("bundle install", False), ("bundle exec rake", True), ("composer install", False), ("composer run build", True),
        ("php composer.phar install", False), ("php artisan migrate", True), ("cargo build --release", True), ("cargo fetch", False), ("go build ./...", False), ("go generate ./...", True),
        ("go mod download", False), ("mvn dependency:go-offline", False), ("./mvnw package", True), ("./gradlew build", True), ("dotnet restore", False), ("dotnet publish -c Release", True),
        ("mix deps.get", False), ("mix compile", True), ("git clone https://github.com/acme/x", False), ("make", True), ("sh x.sh", True), ("npx prisma generate", True),
        ("sudo -E npm ci", False), ("env CI=1 npm run build", True), ("curl -n https://example.com", False), ("psql -c x", False), ("docker build .", True), ("docker pull a", False),
    ],
)  # fmt: skip
def test_project_code_is_told_from_a_tool(line: str, opaque: bool) -> None:
    found = tools.reads(argv(line))
    assert found is not None
    assert found.opaque is opaque


@pytest.mark.parametrize(
    ("line", "name", "kind", "takes"),
    [
        ("npm ci", "NPM_TOKEN", "registry-token", True), ("npm ci", "ACME_TOKEN", "registry-token", True), ("npm ci", "DATABASE_URL", "app-runtime", False),
        ("npm ci", "SENTRY_AUTH_TOKEN", "cloud", False), ("npm cache clean --force", "NPM_TOKEN", "registry-token", False),
        ("npm ci", "npm_config__auth", "registry-token", True), ("yarn build", "SENTRY_AUTH_TOKEN", "cloud", True),
        ("pip install flask", "PIP_INDEX_URL", "url-with-credentials", True), ("pip install flask", "PYPI_TOKEN", "registry-token", False),
        ("pip install -r r.txt", "GITHUB_TOKEN", "git-token", True), ("pip install -r r.txt", "DB_PASSWORD", "db-password", False),
        ("bundle install", "BUNDLE_GEMS__EXAMPLE__COM", "registry-token", True), ("composer install", "COMPOSER_AUTH", "registry-token", True),
        ("go mod download", "GITHUB_TOKEN", "git-token", True), ("git clone https://github.com/a/b", "GITHUB_TOKEN", "git-token", False),
        ("aws configure set region x", "AWS_SECRET_ACCESS_KEY", "cloud", False), ("aws configure list", "AWS_SECRET_ACCESS_KEY", "cloud", True),
        ("git config --global credential.helper store", "GIT_TOKEN", "git-token", False), ("git config a.b c", "GIT_CONFIG_VALUE_0", "git-token", True),
        ("pip config set global.timeout 60", "PIP_PASSWORD", "registry-token", False), ("pip config list", "PIP_INDEX_URL", "url-with-credentials", True),
        ("aws s3 cp a b", "AWS_SECRET_ACCESS_KEY", "cloud", True), ("psql -c x", "PGPASSWORD", "db-password", True), ("psql -c x", "DB_PASS", "db-password", False),
        ("sentry-cli releases new x", "SENTRY_AUTH_TOKEN", "cloud", True), ("gh release list", "GH_TOKEN", "git-token", True), ("mix deps.get", "HEX_API_KEY", "registry-token", True),
        ("dotnet restore", "VSS_NUGET_EXTERNAL_FEED_ENDPOINTS", "registry-token", True), ("hf download a/b", "HF_TOKEN", "registry-token", True),
        ("apt-get update", "GITHUB_TOKEN", "git-token", False), ("pip install -r r.txt", "DATABASE_URL", "url-with-credentials", False),
        ("pip install -r r.txt", "ACME_INDEX", "url-with-credentials", True), ("npm run build", "DATABASE_URL", "url-with-credentials", True),
    ],
)  # fmt: skip
def test_who_may_take_which_variable(line: str, name: str, kind: str, takes: bool) -> None:
    found = tools.reads(argv(line))
    assert found is not None
    assert tools.may_take(found, name, kind) is takes


def test_names_by_documentation_only() -> None:
    found = tools.reads(["npm", "ci"])
    assert found is not None
    assert tools.takes_name(found, "NPM_CONFIG_REGISTRY")
    assert not tools.takes_name(found, "NPM_TOKEN")


@pytest.mark.parametrize("line", ["frobnicate --all", "npm --version", "./deploy"])
def test_unknown_programs_and_questions_have_no_row(line: str) -> None:
    assert tools.reads(argv(line)) is None


def test_a_name_that_is_not_static_has_no_row() -> None:
    assert tools.reads([None, "install"]) is None
    assert tools.reads([]) is None


def test_credential_files_of_readers() -> None:
    for line, path in (("git clone x", ".netrc"), ("npm ci", ".npmrc"), ("apt-get update", "/etc/apt/auth.conf.d/*"), ("pip install x", "pip.conf"), ("wget x", ".netrc")):
        found = tools.reads(argv(line))
        assert found is not None
        assert path in found.credential_files

"""Every persist row speaks of its example and not of its counter-example, and what it wrote can be taken back."""

from __future__ import annotations

import shlex

import pytest

from remediate.knowledge import persist
from remediate.knowledge.commands_shape import call, fits


@pytest.mark.parametrize("row", persist.rows(), ids=lambda row: f"{row.example}"[:60])
def test_row_speaks_of_its_example_only(row: persist.PersistRow) -> None:
    assert persist.persists(shlex.split(row.example)) is row
    counter = call(shlex.split(row.counter))
    assert counter is not None
    assert not fits(row, counter)


@pytest.mark.parametrize("row", persist.rows(), ids=lambda row: f"{row.example}"[:60])
def test_row_is_well_formed(row: persist.PersistRow) -> None:
    assert row.writes
    assert row.remedy in ("env", "per-command", "sink", "refuse")
    assert row.scope in ("global", "local", "system")
    assert row.kind in ("config", "login", "url", "account", "database")


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("npm config set //npm.example.com/:_authToken=x", "~/.npmrc"), ("npm set //npm.example.com/:_authToken x", "~/.npmrc"), ("yarn config set npmAuthToken x", ".yarnrc.yml"),
        ("pip config set global.index-url x", "~/.config/pip/pip.conf"), ("git config --global url.a.insteadOf b", "~/.gitconfig"), ("git config --system a.b c", "/etc/gitconfig"),
        ("git config http.extraheader x", ".git/config"), ("sudo git config --global a.b c", "~/.gitconfig"), ("git clone https://u:x@github.com/a/b", "$clone/.git/config"),
        ("git -C /src remote set-url origin https://x@github.com/a/b", ".git/config"), ("composer config -g github-oauth.github.com x", "~/.composer/auth.json"),
        ("composer config http-basic.example.com u x", "auth.json"), ("bundle config set --local a.example.com x", ".bundle/config"), ("bundle config a.example.com x", "~/.bundle/config"),
        ("poetry config http-basic.a u x", "~/.config/pypoetry/auth.toml"), ("aws configure set aws_secret_access_key x", "~/.aws/credentials"), ("docker login -u u -p x", "~/.docker/config.json"),
        ("dotnet nuget add source x -p y", "~/.nuget/NuGet/NuGet.Config"), ("gem sources --add https://u:x@gems.example.com", "~/.gemrc"), ("gh auth login --with-token", "~/.config/gh/hosts.yml"),
    ],
)  # fmt: skip
def test_where_it_stays(line: str, path: str) -> None:
    row = persist.persists(shlex.split(line))
    assert row is not None
    assert path in row.writes


@pytest.mark.parametrize(
    "line",
    ["npm ci", "npm config get registry", "git clone https://github.com/a/b", "git -c url.a.insteadOf=b clone https://github.com/a/b", "git config --global --unset a.b", "git config --get a.b",
     "git remote set-url origin https://github.com/a/b", "svn co --no-auth-cache --password x https://svn.example.com/a", "twine upload -p x dist/a", "curl -u u:x https://example.com", "psql --version",
     "useradd -m app", "pip install --index-url https://u:x@pypi.example.com a", "echo x", "vault kv get a", "frobnicate login"],
)  # fmt: skip
def test_what_keeps_nothing(line: str) -> None:
    assert persist.persists(shlex.split(line)) is None


def test_an_address_that_is_not_static_may_hold_the_secret() -> None:
    row = persist.persists(["git", "clone", None])
    assert row is not None
    assert row.kind == "url"
    assert persist.persists([None]) is None
    assert persist.persists([]) is None


@pytest.mark.parametrize(
    ("argv", "raw", "kept"),
    [
        (["git", "clone", None], ["git", "clone", "https://$T@github.com/a/b"], True), (["git", "clone", None], ["git", "clone", '"https://github.com/$ORG/b"'], False),
        (["git", "clone", None], ["git", "clone", '"$URL"'], True), (["mysql", None, "-e", "select 1"], ["mysql", '-p"$T"', "-e", "'select 1'"], False),
        (["mysql", "-e", None], ["mysql", "-e", "\"create user a identified by '$T'\""], True), (["psql", None, "-f", "x"], ["psql", "--host=$H", "-f", "x"], False),
        (["useradd", None, "app"], ["useradd", "-p$T", "app"], True),
    ],
)  # fmt: skip
def test_words_as_written_tell_more(argv: list[str | None], raw: list[str], kept: bool) -> None:
    assert (persist.persists(argv, raw) is not None) is kept


@pytest.mark.parametrize(
    ("line", "tool"),
    [("npm config delete //npm.example.com/:_authToken", "npm"), ("npm logout", "npm"), ("git config --global --unset url.a.insteadOf", "git"), ("git remote remove origin", "git"),
     ("docker logout", "docker"), ("pip config unset global.index-url", "pip"), ("bundle config unset a.example.com", "bundle"), ("composer config --global --unset github-oauth.github.com", "composer"),
     ("poetry config --unset http-basic.a", "poetry"), ("git config --global --remove-section url.a", "git")],
)  # fmt: skip
def test_taking_back(line: str, tool: str) -> None:
    assert tool in persist.undoes(shlex.split(line))


@pytest.mark.parametrize("line", ["git config --global a.b c", "npm config set a b", "npm ci", "docker login", "composer config -g a b", "poetry config http-basic.a u x", "go env -w A=b"])
def test_setting_is_not_taking_back(line: str) -> None:
    assert persist.undoes(shlex.split(line)) == ()


def test_what_stays_beside_the_file() -> None:
    for line in ("npm config set //npm.example.com/:_authToken x", "npm set //npm.example.com/:_authToken x", "npm config set --location=project x y"):
        row = persist.persists(shlex.split(line))
        assert row is not None
        assert "~/.npm/_logs/*" in row.also

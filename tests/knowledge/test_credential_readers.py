"""Every reader row speaks of its example and not of its counter-example; every file is known by its own place."""

from __future__ import annotations

import shlex

import pytest

from remediate.knowledge.commands_shape import call
from remediate.knowledge.credential_readers import (
    FILES,
    READERS,
    CredentialFile,
    ReaderRow,
    reads_files,
    speaks_of,
    takes_unknown_file,
    where_it_lies,
)


@pytest.mark.parametrize("row", READERS, ids=lambda row: f"{row.example}"[:60])
def test_row_speaks_of_its_example_only(row: ReaderRow) -> None:
    example, counter = call(shlex.split(row.example)), call(shlex.split(row.counter))
    assert example is not None and counter is not None
    assert speaks_of(row, example)
    assert not speaks_of(row, counter)
    assert reads_files(shlex.split(row.example)) >= set(row.files)


@pytest.mark.parametrize("row", READERS, ids=lambda row: f"{row.example}"[:60])
def test_row_is_well_formed(row: ReaderRow) -> None:
    assert row.source.startswith("https://")
    assert row.files and set(row.files) <= {f.id for f in FILES}


@pytest.mark.parametrize("row", FILES, ids=lambda row: row.id)
def test_file_is_known_by_its_place(row: CredentialFile) -> None:
    assert row.source.startswith("https://")
    assert row.id in {f.id for f in where_it_lies(row.example)}
    assert row.id not in {f.id for f in where_it_lies(row.counter)}
    assert row.use in ("build", "either")
    assert any(row.id in reader.files for reader in READERS)


def test_ids_are_unique() -> None:
    assert len({f.id for f in FILES}) == len(FILES)


@pytest.mark.parametrize(
    ("path", "place", "folder"),
    [("/root/.npmrc", "home", "/root"), ("/app/.npmrc", "project", "/app"), ("/.npmrc", "project", "/"), ("/root/.ssh/keys/a", "home", "/root"),
     ("/etc/pip.conf", "system", ""), ("/opt/venv/pip.conf", "maybe", ""), ("/src/app/nuget.config", "project", "/src/app"), ("/x/.git/config", "project", "/x")],
)  # fmt: skip
def test_where_it_lies(path: str, place: str, folder: str) -> None:
    assert (place, folder) in {(f.place, f.folder) for f in where_it_lies(path)}


@pytest.mark.parametrize("path", ["/app/config.json", "/app/.env", "/etc/app.conf", "", "/", "relative"])
def test_no_credential_file(path: str) -> None:
    assert where_it_lies(path) == ()


@pytest.mark.parametrize(
    ("line", "file", "reads"),
    [
        ("npm install -g pm2", "npmrc", False), ("npm install -g pm2", "user-npmrc", True), ("npm i", "ssh", True), ("npm run build", "user-npmrc", False), ("npm cache clean", "npmrc", False),
        ("yarn", "npmrc", True), ("yarn build", "npmrc", False), ("yarn --cwd web install", "yarnrc", True), ("pip install flask", "ssh", False), ("pip install flask", "netrc", True),
        ("pip install git+ssh://git@github.com/a/b", "ssh", True), ("python3 -m pip install -r r.txt", "pip-conf", True), ("go build ./...", "netrc", True), ("go env", "netrc", False),
        ("./gradlew build", "gradle", True), ("./mvnw -B package", "maven", True), ("sudo -E npm ci", "user-npmrc", True), ("curl -sSn https://example.com", "netrc", True),
        ("curl -sS https://example.com", "netrc", False), ("apt-get remove -y git", "apt", False), ("apt-get install -y git", "apt", True), ("git config --global a b", "gitconfig", False),
        ("git -C /src pull", "git-credentials", True), ("git lfs install", "netrc", False), ("dotnet build --no-restore", "nuget", False), ("dotnet test --no-build", "nuget", False), ("composer dump-autoload", "composer", False),
        ("bundle", "bundle", True), ("bundle exec rake", "bundle", False), ("frobnicate", "netrc", False), ("npm", "npmrc", False),
    ],
)  # fmt: skip
def test_uses(line: str, file: str, reads: bool) -> None:
    assert (file in reads_files(shlex.split(line))) is reads


def test_tools_rows_tell_the_rest() -> None:
    assert takes_unknown_file(["psql", "-c", "x"], "/root/.pgpass")
    assert not takes_unknown_file(["psql", "-c", "x"], "/app/config.json")
    assert not takes_unknown_file(["frobnicate"], "/root/.pgpass")
    assert reads_files([None]) == frozenset()

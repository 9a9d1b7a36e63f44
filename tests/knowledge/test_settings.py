"""Every setting row makes the export that it says of its example, and nothing of its counter-example; what was set can be taken back."""

from __future__ import annotations

import shlex
import subprocess

import pytest

from remediate.knowledge import persist, settings


def words(line: str) -> list[str]:
    """The words as they are written, quotes and all."""
    lexer = shlex.shlex(line, posix=False)
    lexer.whitespace_split = True
    lexer.commenters = ""
    return list(lexer)


@pytest.mark.parametrize("row", settings.rows(), ids=lambda row: row.example[:60])
def test_example_becomes_the_export(row: settings.SettingRow) -> None:
    found = settings.setting(words(row.example), '"$T"' if row.stdin else None)
    assert found is not None
    assert found.row is row
    assert settings.as_export([found]) == row.shell
    assert row.source.startswith("https://")


@pytest.mark.parametrize("row", settings.rows(), ids=lambda row: row.counter[:60])
def test_counter_example_is_left_alone(row: settings.SettingRow) -> None:
    assert settings.setting(words(row.counter), '"$T"' if row.stdin else None) is None


@pytest.mark.parametrize("row", settings.rows(), ids=lambda row: row.example[:60])
def test_the_setting_is_known_to_persist(row: settings.SettingRow) -> None:
    argv = [None if "$" in w else w for w in words(row.example)]
    kept = persist.persists(argv, words(row.example))
    assert kept is not None
    assert kept.tool == row.tool


@pytest.mark.parametrize("row", settings.undo_rows(), ids=lambda row: row.example[:60])
def test_undo(row: settings.UndoRow) -> None:
    assert settings.undo_of(words(row.example)) == row.result
    assert row.source.startswith("https://")


@pytest.mark.parametrize(
    ("line", "undo"),
    [
        ("npm config set --location=project //npm.example.com/:_authToken $T", "npm config delete --location=project //npm.example.com/:_authToken && rm -rf ~/.npm/_logs"),
        ("npm c set -g //$HOST/:_authToken=${T}", "npm config delete -g //$HOST/:_authToken && rm -rf ~/.npm/_logs"),
        ("npm config set --location project //npm.example.com/:_authToken $T", "npm config delete --location project //npm.example.com/:_authToken && rm -rf ~/.npm/_logs"),
        ("npm config set a=$T b=c", "npm config delete --location=project a b && npm config delete --location=user a b && rm -rf ~/.npm/_logs"),
        ("docker login --password-stdin -u u", "docker logout"),
        ("python3 -m pip config set global.index-url $U", "python3 -m pip config unset global.index-url"),
    ],
)  # fmt: skip
def test_undo_keeps_the_place_and_the_key(line: str, undo: str) -> None:
    assert settings.undo_of(words(line)) == undo


@pytest.mark.parametrize("line", ["npm ci", "sudo npm config set a b", "echo x", "git clone https://u:$T@github.com/acme/lib", "dotnet nuget add source https://nuget.example.com/v3/index.json -p $T", "gcloud auth login", ""])
def test_nothing_is_guessed(line: str) -> None:
    assert settings.undo_of(words(line)) is None


@pytest.mark.parametrize("raw", ["$T", '"$T"', "https://u:$T@h/simple", "https://u:${T}@h", '"https://u:$T@h/?a=b&c=d"', "'lite$ral'", "plain", 'a"$T"b', '"a$T"\'b$c\''])
@pytest.mark.parametrize("value", ["x", "a b", "a\\nb", "*", '"q"', "'", "$HOME", "~"])
def test_the_value_is_exactly_that_of_the_word(raw: str, value: str) -> None:
    quoted = settings.double_quoted(raw)
    assert quoted is not None
    reference = raw if raw.startswith(("'", '"')) or '"' in raw else f'"{raw}"'
    script = f"export N={quoted}; set -- {reference}; [ \"$N\" = \"$1\" ] && [ $# = 1 ] && sh -c 'printf %s \"$N\"'"
    for shell in ("dash", "bash"):
        done = subprocess.run([shell, "-c", script], env={"T": value, "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (shell, raw, value)
        assert raw.find("$T") < 0 or value in done.stdout


@pytest.mark.parametrize("raw", ["", "a$T*", "$(cat x)", '"$(cat x)"', "`x`", "a\\ b", "~/x", "$T'", '"$T', "${T:-a}", "a b", "$1", "x" * 5000])
def test_what_is_not_surely_understood_is_left(raw: str) -> None:
    assert settings.double_quoted(raw) is None


def test_entries_of_one_json_variable_are_joined() -> None:
    made = [
        settings.setting(words(line))
        for line in ("composer config -g github-oauth.github.com $A", 'composer config -g gitlab-token.gitlab.example.com "${B}"', "composer config -g github-oauth.git.example.com $C")
    ]
    text = settings.as_export([m for m in made if m is not None])
    done = subprocess.run(["sh", "-c", f'{text}; printf %s "$COMPOSER_AUTH"'], env={"A": "1", "B": "2", "C": "3"}, capture_output=True, text=True, check=True)
    assert done.stdout == '{"github-oauth":{"github.com":"1","git.example.com":"3"},"gitlab-token":{"gitlab.example.com":"2"}}'


@pytest.mark.parametrize(
    "line",
    ["composer config -g github-oauth.github.com \"$A'\"", "composer config -g github-oauth.github.com $(cat x)", "pip config --global set global.index-url $U", "pip config --site set global.index-url $U",
     "sudo pip config set global.index-url $U", "pip config set $K $U", "poetry config http-basic.my.acme u $T", "poetry config http-basic.acme u", "aws --profile x configure set aws_secret_access_key $T",
     "bundle config set gems.example.com:8080 u:$T", "bundle config frozen true", "go env GOPROXY=$U", "cargo login", "vault login token=$T", "bundle config $HOST $T", "doctl auth init -t"],
)  # fmt: skip
def test_what_the_environment_does_not_do_alike(line: str) -> None:
    assert settings.setting(words(line)) is None

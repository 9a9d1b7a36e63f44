"""A trap that removes the file when the shell ends: where it is as good as an `rm` at the end, and where it is not."""

from __future__ import annotations

import pytest

from remediate.analysis.removals import Removals, normal_path, working_folders
from remediate.analysis.runs import view_runs
from remediate.dockerfile.parser import parse
from remediate.pipeline.one import process


def covered(run: str, path: str = "/app/f") -> bool:
    """Whether the path is gone after the RUN, whose writer is the (last) command with `> `."""
    view = next(iter(view_runs(parse(f"FROM a\nWORKDIR /app\nRUN {run}\n".encode())).views.values()))
    script = view.scripts[0]
    writer = [c for c in script.commands if any(r.op == ">" for r in c.redirects)][-1]
    return Removals(script, view, working_folders(script, view)).covers(normal_path(path, view, view.workdir), writer)


GONE = [
    "trap 'rm -f f' EXIT; echo x > f; npm ci",
    "trap 'rm -f /app/f' EXIT; echo x > f; npm ci || true",
    'trap "rm -f f" 0; echo x > f && npm ci',
    "trap 'rm -f f' EXIT && echo x > f && npm ci",
    "trap 'rm -f g; rm -f f' EXIT; echo x > f || exit 1; npm ci",
    "trap 'rm -rf /app' EXIT; echo x > f; exit 0",
    "trap 'rm -f /app/f' EXIT; cd sub; echo x > /app/f; npm ci",
    "set -e; trap 'rm -f f' EXIT; echo x > f; if a; then b; fi",
    "<<E\ntrap 'rm -f f' EXIT\necho x > f || exit 1\nnpm ci\nE",
]
KEPT = [
    "echo x > f; trap 'rm -f f' EXIT; npm ci",
    "trap 'rm -f g' EXIT; echo x > f; npm ci",
    "trap 'rm -f f' INT; echo x > f; npm ci",
    "trap 'rm -f f' EXIT; echo x > f; trap - EXIT; npm ci",
    "trap 'rm -f f' EXIT; echo x > f; trap 'a' EXIT",
    "trap 'rm -f f' EXIT; echo x > f; exec npm ci",
    "trap 'a && rm -f f' EXIT; echo x > f; npm ci",
    "trap '(rm -f f)' EXIT; echo x > f; npm ci",
    "trap 'if a; then rm -f f; fi' EXIT; echo x > f",
    "trap 'rm -f f' EXIT; cd sub; echo x > /app/f; npm ci",
    "trap 'cd sub; rm -f f' EXIT; echo x > f",
    "(trap 'rm -f f' EXIT); echo x > f; npm ci",
    "if a; then trap 'rm -f f' EXIT; fi; echo x > f",
    "a && trap 'rm -f f' EXIT; echo x > f",
    "a || trap 'rm -f f' EXIT; echo x > f",
    "trap 'rm -f f' EXIT & echo x > f",
    'trap "rm -f $F" EXIT; echo x > f',
    "trap 'rm -f f' EXIT; echo x > f & npm ci",
    "trap 'rm -f f' EXIT; echo x > f; cp f g; npm ci",
]


@pytest.mark.parametrize("run", GONE)
def test_a_trap_removes(run: str) -> None:
    assert covered(run)


@pytest.mark.parametrize("run", KEPT)
def test_a_trap_that_may_not_remove(run: str) -> None:
    assert not covered(run)


@pytest.mark.parametrize(
    ("run", "undone"),
    [
        ("trap 'npm config delete //npm.example.com/:_authToken' EXIT; npm config set //npm.example.com/:_authToken x; npm ci", True),
        ("trap 'npm config delete //npm.example.net/:_authToken' EXIT; npm config set //npm.example.com/:_authToken x; npm ci", False),
        ("npm config set //npm.example.com/:_authToken x; trap 'npm config delete //npm.example.com/:_authToken' EXIT; npm ci", False),
    ],
)
def test_a_trap_takes_a_setting_out(run: str, undone: bool) -> None:
    view = next(iter(view_runs(parse(f"FROM a\nRUN {run}\n".encode())).views.values()))
    script = view.scripts[0]
    writer = next(c for c in script.commands if c.name == "npm")
    assert Removals(script, view, working_folders(script, view)).undoes("npm", writer) is undone


@pytest.mark.parametrize("home", ["$HOME", "${HOME}", "~"])
def test_the_home_folder_by_its_variable(home: str) -> None:
    text = f'FROM node\nARG T_TOKEN\nRUN echo "machine a password $T_TOKEN" > "{home}/.netrc" && npm ci && rm -f {home}/.netrc\n'.replace('"~/.netrc"', "~/.netrc")
    assert not [f for f in process(text.encode()).findings if f.rule == "secret-persisted"]


def test_a_construct_that_writes_and_reads_is_followed_by_the_removal() -> None:
    body = 'if [ -n "$T_TOKEN" ]; then echo "machine a password $T_TOKEN" > ${HOME}/.netrc && npm ci; fi'
    done = process(f"FROM node\nARG T_TOKEN\nRUN {body}\n".encode())
    assert b"npm ci; fi && " in done.after and done.after.endswith(b"rm -f ${HOME}/.netrc\n")


def test_a_setting_of_pdm_is_taken_back_by_its_name() -> None:
    put, taken = "pdm config pypi.acme.password $T_TOKEN", "pdm config --delete pypi.acme.password"
    head = "FROM a\nARG T_TOKEN\nRUN "
    assert not [f for f in process(f"{head}{put} && pdm install && {taken}\n".encode()).findings if f.rule == "secret-persisted"]
    other = taken.replace("acme", "other")
    assert [f for f in process(f"{head}{put} && pdm install && {other}\n".encode()).findings if f.rule == "secret-persisted"]

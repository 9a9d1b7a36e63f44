"""Of a secret that something writes down, the reason that is told is the one that stands, with the lines of the file as the user has it."""

from __future__ import annotations

import pytest

from remediate.model import Options
from remediate.pipeline.one import process

SINK = """RUN echo "//npm.example.com/:_authToken=$NPM_TOKEN" > ~/.npmrc
COPY package.json ./
RUN npm ci
"""


@pytest.mark.parametrize(
    ("text", "options", "reason", "says"),
    [
        ("FROM node:20\nARG NPM_TOKEN\nLABEL t=$NPM_TOKEN\n" + SINK, Options(), "used-elsewhere", "LABEL in line 3"),
        ("# syntax=docker/dockerfile:1.0\nFROM node:20\nARG NPM_TOKEN\n" + SINK, Options(), "frontend-too-old", "frontend before 1.2"),
        ("FROM node:20\nARG NPM_TOKEN\n" + SINK, Options(transition=True), "persisted-in-transition", "line 3: echo to ~/.npmrc"),
        ("FROM docker\nARG PASS_TOKEN\nRUN echo $PASS_TOKEN | docker login -u ci --password-stdin images.example.com\n", Options(), "kept-for-run-time", "~/.docker/config.json"),
    ],
)
def test_the_reason_is_the_one_that_stands(text: str, options: Options, reason: str, says: str) -> None:
    found = process(text.encode(), options=options)
    assert found.after == found.before
    assert {f.reason for f in found.findings} == {reason}
    assert all(says in f.advice for f in found.findings)


def test_the_lines_of_a_refusal_are_those_of_the_file_as_it_is() -> None:
    """The remedy of the one secret takes two lines away above the LABEL that stands against the other."""
    text = "FROM node:20\nARG NPM_TOKEN\nARG API_TOKEN\n" + SINK + "LABEL t=$API_TOKEN\n"
    found = process(text.encode())
    refused = next(f for f in found.findings if f.name == "API_TOKEN")
    assert found.after != found.before
    assert refused.reason == "used-elsewhere" and "LABEL in line 7" in refused.advice


def test_a_file_is_named_as_its_dockerfile_spells_it() -> None:
    found = process(("FROM node:20\nARG NPM_TOKEN\n" + SINK).encode())
    assert all("~/.npmrc is written, read and removed" in f.advice and "/root" not in f.advice for f in found.findings)


def test_lines_with_the_same_evidence_are_told_together() -> None:
    found = process(b"FROM node:20\nARG NPM_TOKEN\nRUN npm ci\nRUN npm publish\n")
    assert "lines 3 and 4: npm" in found.findings[0].advice and found.findings[0].advice.count("npm") == 1


@pytest.mark.parametrize(
    ("run", "rule", "label"),
    [("cat /run/secrets/x > /app/file", "secret-persisted", "stays here"), ("cat /run/secrets/x", "secret-in-log", "printed here")],
)
def test_where_a_mount_leaks_is_marked_as_that(run: str, rule: str, label: str) -> None:
    found = process(f"FROM alpine\nRUN --mount=type=secret,id=x \\\n    {run}\n".encode())
    (finding,) = found.findings
    assert finding.rule == rule
    assert [(m.label, m.line) for m in finding.marks] == [(label, 3)]


def test_what_one_command_leaves_of_a_mount_in_several_places_is_one_finding() -> None:
    text = b"FROM node:20\nRUN --mount=type=secret,id=t,env=T npm config set //npm.example.com/:_authToken $T\nRUN npm ci\n"
    assert [f.message for f in process(text).findings] == ["npm writes the mounted secret T into the layer (~/.npmrc)"]


def test_what_stays_by_another_instruction_is_marked() -> None:
    text = b"FROM node:20\nARG NPM_TOKEN\nCOPY <<EOF /root/.npmrc\n//npm.example.com/:_authToken=${NPM_TOKEN}\nEOF\nRUN npm ci\n"
    assert ("stays here", 3) in {(m.label, m.line) for m in process(text).findings[0].marks}


def test_of_an_address_that_add_fetches_the_history_is_told() -> None:
    (_, found) = process(b"FROM alpine\nARG TOKEN\nADD https://ci:${TOKEN}@files.example.com/app.tgz /opt/\n").findings
    assert (found.rule, found.reason, found.fix.value) == ("secret-in-add", "used-elsewhere", "refused")
    assert "history" in found.message and "ADD in line 3" in found.advice


@pytest.mark.parametrize(("content", "says"), [(None, "files of that name hold credentials"), (b"//npm.example.com/:_authToken=a1b2c3d4e5", "the file holds a credential")])
def test_why_a_copied_file_is_one(content: bytes | None, says: str) -> None:
    from remediate.pipeline.one import ALONE

    near = ALONE._replace(read=lambda tree, path: content if path == ".npmrc" else None)
    found = process(b"FROM node:20\nCOPY .npmrc /root/.npmrc\nRUN npm ci\n", near=lambda: near)
    assert says in found.findings[0].message and "npmrc:" not in found.findings[0].message

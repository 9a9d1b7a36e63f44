"""What is refused, and that nothing of the secret's is touched then."""

from __future__ import annotations

import pytest

from .rewriting import check_refused, outcome

ROWS = {
    "FROM": ("ARG NPM_TOKEN\nFROM node:$NPM_TOKEN\nRUN npm ci\n", "used-elsewhere"),
    "LABEL": ("FROM node\nARG NPM_TOKEN\nLABEL t=$NPM_TOKEN\nRUN npm ci\n", "used-elsewhere"),
    "ADD": ("FROM node\nARG NPM_TOKEN\nADD https://$NPM_TOKEN@npm.example.com/x /x\n", "used-elsewhere"),
    "COPY --chown": ("FROM node\nARG NPM_TOKEN\nCOPY --chown=$NPM_TOKEN a b\n", "used-elsewhere"),
    "COPY heredoc": ("FROM node\nARG NPM_TOKEN\nCOPY <<EOF .npmrc\n_authToken=${NPM_TOKEN:-x}\nEOF\nRUN npm ci\n", "used-elsewhere"),
    "a mount's flag": ("FROM node\nARG NPM_TOKEN\nRUN --mount=type=bind,source=$NPM_TOKEN npm ci\n", "used-elsewhere"),
    "CMD": ("FROM node\nARG NPM_TOKEN\nENV NPM_TOKEN=$NPM_TOKEN\nRUN npm ci\nCMD node x --t $NPM_TOKEN\n", "used-at-run-time"),
    "ONBUILD ARG": ("FROM node\nONBUILD ARG NPM_TOKEN\nONBUILD RUN npm ci\n", "onbuild"),
    "ONBUILD RUN": ("FROM node\nARG NPM_TOKEN\nENV NPM_TOKEN=$NPM_TOKEN\nONBUILD RUN npm ci $NPM_TOKEN\n", "onbuild"),
    "PowerShell": ('FROM mcr.example/windows/servercore:1\nARG NPM_TOKEN\nSHELL ["powershell"]\nRUN npm ci $env:NPM_TOKEN\n', "windows"),
    "python": ('FROM python\nARG API_TOKEN\nSHELL ["python", "-c"]\nRUN import os; print(os.environ["API_TOKEN"])\n', "foreign-shell"),
    "its presence is kept": ("FROM node\nARG NPM_TOKEN\nENV MODE=${NPM_TOKEN:+private}\nRUN npm ci\n", "used-elsewhere"),
    "a silenced copy": (
        "FROM node\nARG NPM_TOKEN\n# remediate: ignore[secret-in-env] needed\nENV OTHER_TOKEN=$NPM_TOKEN\nRUN npm ci\n", "used-elsewhere"
    ),
    "whether it is set": ("FROM node\nARG NPM_TOKEN\nRUN if [ -n \"${NPM_TOKEN+x}\" ]; then npm ci; fi\n", "unset-test"),
    "a derived value with bash's operators": (
        "FROM python\nARG T_TOKEN\nENV PIP_INDEX_URL=https://u:${T_TOKEN//a/b}@h.example/\nRUN pip install x\n", "derived-value"
    ),
    "a derived value that asks whether it is set": (
        "FROM python\nARG T_TOKEN\nENV OTHER_TOKEN=${T_TOKEN-def}\nRUN ./x $OTHER_TOKEN\n", "derived-value"
    ),
    "a derived value with a variable of the base image": (
        "FROM python\nARG T_TOKEN\nENV PIP_INDEX_URL=https://u:${T_TOKEN}@$HOST/\nRUN pip install x\n", "derived-value"
    ),
    "a global ARG made of it": (
        "ARG API_TOKEN\nARG U=https://x:$API_TOKEN@h.example/\nFROM node\nARG U\nRUN curl $U\n", "derived-value"
    ),
    "a frontend without mounts": ("# syntax=docker/dockerfile:1.0\nFROM node\nARG NPM_TOKEN\nRUN npm ci\n", "frontend-too-old"),
    "a build arg whose default is another one": (
        'FROM a\nARG FALLBACK_TOKEN\nARG T_TOKEN=$FALLBACK_TOKEN\nRUN curl "$T_TOKEN"\n', "default-value"
    ),
    "another secret that keeps its presence": (
        "FROM a\nARG NPM_TOKEN\nENV X_TOKEN=${NPM_TOKEN:+abcdef123456789}\nRUN npm ci $X_TOKEN\n", "derived-value"
    ),
    "a real value behind a reference": (
        "FROM a\nARG NPM_TOKEN\nENV T_TOKEN=${NPM_TOKEN:-npm_" + "a1B2" * 9 + "}\nRUN curl $T_TOKEN\n", "literal-in-place"
    ),
    "a base that varies": (
        "FROM node AS base-amd64\nARG NPM_TOKEN\nFROM node AS base-arm64\nARG NPM_TOKEN\nFROM base-$TARGETARCH\nRUN npm ci\n", "base-varies"
    ),
    "a base that is any stage": (
        "ARG FLAVOUR\nFROM node AS private\nARG NPM_TOKEN\nFROM node AS public\nFROM ${FLAVOUR}\nRUN npm ci\n", "base-varies"
    ),
    "a base that is one of the stages": (
        "ARG FLAVOUR=private\nFROM node AS private\nARG NPM_TOKEN\nFROM node AS public\nFROM ${FLAVOUR}\nRUN npm ci\n", "base-varies"
    ),
    "a file that names it and that nobody reads": ("FROM node\nARG NPM_TOKEN\nRUN echo '${NPM_TOKEN}' > /etc/x.conf\n", "unread-file"),
    "no name for a shell": ("FROM a\nARG A,B_TOKEN=\nRUN ./x\n", "not-a-variable"),
    "text that is no shell": ("FROM node\nARG NPM_TOKEN\nRUN npm ci ${{ x )) && 'a\n", "shell-not-understood"),
}


@pytest.mark.parametrize("name", ROWS)
def test_refused(name: str) -> None:
    check_refused(*ROWS[name])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('FROM node\nARG NPM_TOKEN\nRUN ["npm", "ci"]\n', "exec-form"),
        ('FROM node\nARG NPM_TOKEN\nSHELL ["/bin/bash", "-xc"]\nRUN npm ci\n', "shell-trace"),
        ('FROM node\nARG NPM_TOKEN\nSHELL ["/bin/bash", "-o", "xtrace", "-c"]\nRUN npm ci\n', "shell-trace"),
        ("FROM node\nARG NPM_TOKEN\nRUN <<EOF\n#!/bin/sh -x\nnpm ci\nEOF\n", "shell-trace"),
        ("FROM node\nARG NPM_TOKEN\nRUN --mount=type=secret,target=/run/secrets/npm_token,id=foo npm ci\n", "mount-in-use"),
    ],
)
def test_refused_in_file_delivery(text: str, reason: str) -> None:
    check_refused(text, reason, delivery="file")


def test_one_is_refused_the_other_fixed() -> None:
    done = outcome("FROM node\nARG NPM_TOKEN\nARG GH_TOKEN\nLABEL t=$GH_TOKEN\nRUN npm ci\n")
    assert b"ARG NPM_TOKEN" not in done.after
    assert b"ARG GH_TOKEN\nLABEL t=$GH_TOKEN" in done.after
    assert "GH_TOKEN" in done.build_args  # the build needs it as before


def test_a_harmless_default_in_one_stage_does_not_acquit_the_name() -> None:
    done = outcome('FROM a AS x\nARG T_TOKEN=none\nRUN curl "$T_TOKEN"\nFROM a\nARG T_TOKEN=xx\nRUN curl "$T_TOKEN"\n')
    assert [f.line for f in done.findings] == [2, 5]
    assert b"ARG" not in done.after


def test_one_build_arg_of_two_secrets_of_which_one_stays() -> None:
    """The caller cannot both pass it and not pass it. Found by the generated builds."""
    done = outcome(
        "ARG DB_PASSWORD TOKEN_PATH\nFROM golang:1.22\nARG TOKEN_PATH DB_PASSWORD\nRUN cat <<EOF > conf && npm ci\n$DB_PASSWORD\nEOF\n"
        "FROM node:20 AS s1\nARG DB_PASSWORD\nLABEL token=$TOKEN_PATH\nADD https://ci:${DB_PASSWORD}@files.example.com/x /x\n"
        "ARG DB_PASSWORD='$TOKEN_PATH'\nFROM s0 AS s2\nARG DB_PASSWORD=\"two words\" TOKEN_PATH=$DB_PASSWORD\n"
        "ARG DB_PASSWORD=${TOKEN_PATH+set} DB_PASSWORD\nRUN cat <<EOF > conf && npm ci\n$TOKEN_PATH\nEOF\n"
        "ENV DB_PASSWORD=https://ci:$DB_PASSWORD@pip.example.com/simple\nADD https://ci:${DB_PASSWORD}@files.example.com/x /x\n"
        'ARG DB_PASSWORD="${TOKEN_PATH}"\n'
    )
    assert done.after == done.before
    assert {f.reason for f in done.findings} == {"shared-name", "used-elsewhere"}

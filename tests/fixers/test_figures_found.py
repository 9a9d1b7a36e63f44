"""Rewrites of the public collection that were wrong when read by eye: each text is the smallest that showed it."""

from __future__ import annotations

import pytest

from remediate.pipeline.one import process

MOUNT = "RUN --mount=type=ssh,required=true "


def after(text: str) -> str:
    return process(text.encode()).after.decode()


def test_the_folder_of_a_key_is_made_where_its_copy_made_it() -> None:
    """The RUN that mentions the folder first goes with the key, so the next one has to make it."""
    text = (
        "FROM golang:1.22\nADD keys/deploy /root/.ssh/id_rsa\nRUN chmod 700 /root/.ssh/id_rsa\n"
        'RUN echo "StrictHostKeyChecking no" >> /root/.ssh/config\nRUN git clone git@github.com:acme/app.git\n'
    )
    assert after(text) == (
        'FROM golang:1.22\nRUN mkdir -p /root/.ssh && echo "StrictHostKeyChecking no" >> /root/.ssh/config\n'
        + MOUNT
        + "git clone git@github.com:acme/app.git\n"
    )


@pytest.mark.parametrize("reader", ("easy_install pip", "git clone --recursive https://github.com/acme/tools.git"))
def test_a_key_that_nothing_is_seen_to_use_may_be_for_the_container(reader: str) -> None:
    """An image of a deploy tool: what may use SSH by its dependencies is no proof that the key is for the build."""
    text = f"FROM ubuntu:24.04\nRUN mkdir /root/.ssh\nADD id_rsa /root/.ssh/id_rsa\nRUN chmod 400 /root/.ssh/id_rsa\nRUN {reader}\n"
    done = process(text.encode())
    assert done.after.decode() == text
    assert {f.reason for f in done.findings} == {"copied-for-run-time"}


@pytest.mark.parametrize("options", ("-b 11.0", "--branch $BRANCH --depth 1", "--depth=1 -o upstream", "-q"))
def test_a_clone_by_https_gets_no_agent(options: str) -> None:
    text = (
        "FROM python:3.12\nRUN mkdir /root/.ssh\nADD id_rsa /root/.ssh/id_rsa\nRUN chmod 400 /root/.ssh/id_rsa\n"
        f"RUN git clone {options} https://github.com/acme/open.git\nRUN git clone {options} git@github.com:acme/closed.git\n"
    )
    found = after(text)
    assert f"\nRUN git clone {options} https" in found
    assert f"\n{MOUNT}git clone {options} git@" in found


@pytest.mark.parametrize("wrapper", ("gosu builder", "su-exec builder", "sudo -u builder", "sudo -H -u builder"))
def test_what_another_user_keeps_is_not_in_the_own_home(wrapper: str) -> None:
    """`rm ~/.npmrc` of root does not take away what npm wrote as another user."""
    text = f"FROM node:20\nARG NPM_TOKEN\nRUN {wrapper} npm config set //npm.example.com/:_authToken=$NPM_TOKEN\nRUN {wrapper} npm ci\n"
    done = process(text.encode())
    assert done.after.decode() == text
    assert {f.rule for f in done.findings} == {"secret-in-arg", "secret-persisted"}
    gone = process(text.replace("\nRUN " + wrapper + " npm ci", " && npm ci && rm -f ~/.npmrc").encode())
    assert "secret-persisted" in {f.rule for f in gone.findings}


def test_a_source_that_the_secret_is_put_into_ends_in_what_is_made_of_it() -> None:
    """`cc` is known to read no credentials: what it makes of the file holds the secret, whatever becomes of the file."""
    text = (
        "FROM gcc:14\nWORKDIR /src\nCOPY *.c ./\nARG API_TOKEN\n"
        'RUN sed -i "s/@TOKEN@/$API_TOKEN/" client.c\nRUN cc -o /usr/bin/client client.c && rm *.c\n'
    )
    done = process(text.encode())
    assert done.after.decode() == text
    assert {f.reason for f in done.findings} == {"kept-unread"}

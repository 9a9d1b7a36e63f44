"""Fixes that once lost a consumer its credential, or left a command that fails without the file: each text is a small one that showed it."""

from __future__ import annotations

import pytest

from remediate.pipeline.one import process

HEAD = "FROM node:20\nARG NPM_TOKEN\n"
WRITE = 'RUN echo "//npm.example.com/:_authToken=$NPM_TOKEN" > ~/.npmrc\n'
LINE = 'echo "//npm.example.com/:_authToken=$NPM_TOKEN" > ~/.npmrc'


def fixed(text: str) -> str:
    done = process(text.encode())
    assert done.after != done.before and all(f.applied for f in done.findings), [f.reason for f in done.findings]
    assert process(done.after).after == done.after
    return done.after.decode()


def reasons(text: str) -> set[str]:
    done = process(text.encode())
    assert done.after == done.before
    return {f.reason for f in done.findings}


def test_every_life_of_a_file_is_followed() -> None:
    """Written, used, removed and written again; written in two stages: each reader has it."""
    again = fixed(f"{HEAD}{WRITE}RUN npm ci\nRUN rm ~/.npmrc\n{WRITE}RUN npm install x\nRUN rm ~/.npmrc\n")
    assert again.count(LINE) == 2 and "rm ~/" not in again
    stages = fixed(f"FROM node:20 AS a\nARG NPM_TOKEN\n{WRITE}RUN npm ci\n{HEAD}{WRITE}RUN npm install\nRUN rm ~/.npmrc\n")
    assert stages.count(LINE) == 2 and "rm ~/" not in stages


def test_settings_have_lives_too() -> None:
    told = 'RUN pip config set global.index-url "https://u:$PIP_PASS@pip.example.com/simple"\n'
    text = f"FROM python AS a\nARG PIP_PASS\n{told}RUN pip install x\nFROM python\nARG PIP_PASS\n{told}RUN pip install y\n"
    assert fixed(text).count("export PIP_INDEX_URL") == 2


def test_a_setting_taken_back_is_not_there_for_what_follows() -> None:
    told = 'RUN pip config set global.index-url "https://u:$PIP_PASS@pip.example.com/simple"\n'
    text = f"FROM python\nARG PIP_PASS\n{told}RUN pip install x && pip config unset global.index-url && pip install y\n"
    assert "export PIP_INDEX_URL" not in process(text.encode()).after.decode()


@pytest.mark.parametrize(
    ("rest", "left"),
    [
        ("RUN chmod 600 ~/.npmrc\n", ""), ("RUN chmod 600 ~/.npmrc && touch /tmp/x\n", "touch /tmp/x"), ("RUN sed -i s/a/b/ ~/.npmrc\n", ""),
        ("RUN env rm ~/.npmrc\n", ""), ("RUN [ -f ~/.npmrc ] && rm ~/.npmrc && touch /tmp/x\n", "touch /tmp/x"),
        ("RUN rm ~/.npmrc || true\n", "rm ~/.npmrc || true"), ("RUN if [ -e ~/.npmrc ]; then rm ~/.npmrc; fi\n", "if [ -e ~/.npmrc ]; then rm ~/.npmrc; fi"),
    ],
)  # fmt: skip
def test_what_comes_after_the_last_reader_is_well_without_the_file(rest: str, left: str) -> None:
    last = fixed(f"{HEAD}{WRITE}RUN npm ci\n{rest}").rstrip("\n").split("rm -f ~/.npmrc\n")[1:]
    assert (last[0].rpartition("RUN ")[2].rpartition("required=true ")[2] if last else "") == left


@pytest.mark.parametrize("rest", ["if true; then rm ~/.npmrc; fi", "(rm ~/.npmrc)", "rm ~/.npm*", "rm ~/.npmrc || exit 1; make", "chmod 600 ~/.npm*"])
def test_what_would_fail_without_the_file_is_refused(rest: str) -> None:
    assert reasons(f"{HEAD}{WRITE}RUN npm ci\nRUN {rest}\n") == {"sink-order"}


def test_a_file_that_comes_back_is_removed_as_before() -> None:
    after = fixed(f"{HEAD}{WRITE}RUN npm ci\nRUN echo registry=https://npm.example.com/ > ~/.npmrc\nRUN rm ~/.npmrc\n")
    assert after.endswith("\nRUN rm ~/.npmrc\n")


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}{WRITE}RUN --mount=type=cache,target=/root npm ci\n",
        f"{HEAD}{WRITE}RUN --mount=type=tmpfs,target=/root npm ci\n",
        f"{HEAD}{WRITE}ENV HOME=/app\nWORKDIR /app\nRUN npm ci\n",
        f"{HEAD}{WRITE}RUN rm() {{ echo no; }}; npm ci\n",
        f"{HEAD}{WRITE}RUN alias rm=echo; npm ci\n",
        f'{HEAD}RUN R=x; echo "//$R/:_authToken=$NPM_TOKEN" > ~/.npmrc\nRUN echo "$R" > /tmp/r; npm ci\n',
        f'{HEAD}RUN for R in x; do true; done; echo "//$R/:_authToken=$NPM_TOKEN" > ~/.npmrc\nRUN npm ci\n',
        f'{HEAD}RUN echo "//${{R:=x}}/:_authToken=$NPM_TOKEN" > ~/.npmrc\nRUN npm ci\n',
        f"{HEAD}{WRITE}RUN if [ -n \"$CI\" ]; then rm ~/.npmrc; fi\nRUN npm ci\n",
        "FROM node\nARG NPM_TOKEN\nCOPY <<X /srv/web/.npmrc\n//h/:_authToken=$NPM_TOKEN\nX\nRUN touch /srv/web/x\nRUN cd /srv/web && npm ci\n",
    ],
)  # fmt: skip
def test_another_place_is_refused(text: str) -> None:
    assert reasons(text) == {"sink-order"}


def test_an_inline_file_leaves_no_test_behind() -> None:
    text = "FROM node\nARG NPM_TOKEN\nCOPY <<X /root/.npmrc\n//h/:_authToken=$NPM_TOKEN\nX\nRUN npm ci\nRUN [ -f /root/.npmrc ] && rm /root/.npmrc\n"
    assert "[ -f" not in fixed(text)


def test_relative_inputs_are_written_out() -> None:
    """The script of `sed` is no path, and the file behind it is one, dot or no dot."""
    text = f"{HEAD}WORKDIR /app\nCOPY tpl tpl\nRUN sed s/TOKEN/$NPM_TOKEN/ tpl > ~/.npmrc\nWORKDIR /app/sub\nRUN npm ci\n"
    assert "sed s/TOKEN/$NPM_TOKEN/ /app/tpl > ~/.npmrc" in fixed(text)


def test_a_last_writing_that_nobody_reads_goes_with_its_removal() -> None:
    after = fixed(f"{HEAD}{WRITE}RUN npm ci\n{WRITE}RUN rm ~/.npmrc && touch /tmp/x\n")
    assert after.endswith("\nRUN touch /tmp/x\n") and after.count(LINE) == 1

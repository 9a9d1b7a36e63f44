"""`git config` that keeps a token: set, used and taken back in one RUN, by the tool as a whole."""

from __future__ import annotations

from .rewriting import check_refused, check_transformed

HEAD = "# syntax=docker/dockerfile:1\nFROM debian:12\n"
MOUNT = "RUN --mount=type=secret,id=github_token,env=GITHUB_TOKEN,required=true"
SET = 'git config --global url."https://x:$GITHUB_TOKEN@github.com/".insteadOf https://github.com/'
UNSET = 'git config --global --remove-section url."https://x:$GITHUB_TOKEN@github.com/"'
ARG = f"{HEAD}ARG GITHUB_TOKEN\n"


def test_setting_moves_to_its_reader() -> None:
    check_transformed(f"{ARG}RUN {SET}\nRUN git clone https://github.com/o/r\n", f"{HEAD}{MOUNT} \\\n    {SET} && \\\n    git clone https://github.com/o/r && \\\n    {UNSET}\n")


def test_old_undo_in_a_later_run_goes() -> None:
    for undo in (UNSET, f"{UNSET} || true"):
        done = f"{HEAD}{MOUNT} \\\n    {SET} && \\\n    git clone https://github.com/o/r && \\\n    {UNSET}\n"
        check_transformed(f"{ARG}RUN {SET}\nRUN git clone https://github.com/o/r\nRUN {undo}\n", done)


def test_own_undo_of_the_reader_is_enough() -> None:
    after = f"{HEAD}{MOUNT} \\\n    {SET} && \\\n    git clone https://github.com/o/r && {UNSET}\n"
    check_transformed(f"{ARG}RUN {SET}\nRUN git clone https://github.com/o/r && {UNSET}\n", after)


def test_setting_of_one_repository_stays_in_its_folder() -> None:
    header = 'git config http.extraheader "Authorization: bearer $GITHUB_TOKEN"'
    check_refused(f"{ARG}WORKDIR /a\nRUN git init && {header}\nWORKDIR /b\nRUN cd /a && git pull https://github.com/o/r main\n", "sink-order")

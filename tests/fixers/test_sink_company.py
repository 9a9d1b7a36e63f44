"""Commands that change or remove a credential file together with other files: what is left of them must still work without it."""

from __future__ import annotations

import pytest

from tests.fixers.rewriting import check_refused, check_transformed

HEAD = "# syntax=docker/dockerfile:1\nFROM node\nARG NPM_TOKEN\nWORKDIR /app\n"
BARE = "# syntax=docker/dockerfile:1\nFROM node\nWORKDIR /app\n"
MOUNT = "--mount=type=secret,id=npm_token,env=NPM_TOKEN,required=true"
WRITE = 'echo "//npm.example.com/:_authToken=$NPM_TOKEN" > ~/.npmrc'
END = "\nCOPY package.json ./\nRUN npm ci\n"


def sunk(*commands: str, path: str = "~/.npmrc") -> str:
    return f"\nCOPY package.json ./\nRUN {MOUNT} \\\n    " + " && \\\n    ".join((*commands, "npm ci", f"rm -f {path}")) + "\n"


@pytest.mark.parametrize(
    ("command", "stays", "moved"),
    [
        ("chmod 600 ~/.npmrc ~/known", "chmod 600 ~/known", "chmod 600 ~/.npmrc"),
        ("chmod 600 ~/known ~/.npmrc", "chmod 600 ~/known", "chmod 600 ~/.npmrc"),
        ("chown -v node:node ~/known ~/.npmrc ~/b", "chown -v node:node ~/known ~/b", "chown -v node:node ~/.npmrc"),
        ("chmod -R go-rwx ~/", "chmod -R go-rwx ~/", "chmod go-rwx /root/.npmrc"),
        ("chown -Rv node /root", "chown -Rv node /root", "chown -v node /root/.npmrc"),
    ],
)
def test_only_its_own_part_moves(command: str, stays: str, moved: str) -> None:
    """chmod of a file that is no longer there would fail, and chown -R of a folder would reach what came into it in between."""
    check_transformed(f"{HEAD}RUN {WRITE} && {command}{END}", f"{BARE}RUN {stays}{sunk(WRITE, moved)}")


@pytest.mark.parametrize("command", ["chmod 600 ~/.npm*", "chmod -R 600 ~/.n*", "sed -i s/a/b/ ~/.npmrc ~/known", "chmod --reference=a ~/b ~/known ~/.npmrc"])
def test_what_cannot_be_divided_is_refused(command: str) -> None:
    check_refused(f"{HEAD}RUN {WRITE} && {command}{END}", "sink-order")


def test_within_the_reading_run_nothing_is_divided() -> None:
    before = f"{HEAD}COPY package.json ./\nRUN {WRITE} && chmod 600 ~/.npm* && npm ci\n"
    check_transformed(before, f"{BARE}COPY package.json ./\nRUN {MOUNT} \\\n    {WRITE} && chmod 600 ~/.npm* && npm ci && \\\n    rm -f ~/.npmrc\n")


def test_a_command_whose_files_are_all_gone_goes() -> None:
    """Each file loses its word of `rm` and `chmod` to its own remedy: together they leave a command without an operand."""
    netrc = 'echo "machine git.example login ci password $GIT_TOKEN" > ~/.netrc'
    head = HEAD.replace("WORKDIR", "ARG GIT_TOKEN\nWORKDIR")
    before = f"{head}RUN {WRITE} && {netrc} && chmod 600 ~/.npmrc ~/.netrc{END}RUN rm ~/.npmrc ~/.netrc\n"
    parts = (WRITE, "chmod 600 ~/.npmrc", netrc, "chmod 600 ~/.netrc", "npm ci", "rm -f ~/.npmrc", "rm -f ~/.netrc")
    mounts = f"{MOUNT} \\\n    --mount=type=secret,id=git_token,env=GIT_TOKEN,required=true \\\n    "
    check_transformed(before, f"{BARE}COPY package.json ./\nRUN {mounts}" + " && \\\n    ".join(parts) + "\n")

"""Remedies that are wrong on purpose: each is one of the good examples with one change of its `after/`, and what must be seen of it."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pytest

from .case import load
from .conftest import Farm
from .engines import ALL, OPTIONAL, SPARE, Engine
from .proof import Proof, prove

EXAMPLES = Path(__file__).parent / "examples"
WRITER = ' \\\n && echo "//npm.example.com/:_authToken=$NPM_TOKEN" > ~/.npmrc'
SETTING = " \\\n && npm config set fund false"
MOUNT = "--mount=type=secret,id=npm_token,required=true "
EXPORT = 'export NPM_TOKEN="$(cat /run/secrets/npm_token)"'

# name: example, (file, old text, new text)..., every kind that must be reported, no more and no less
ROWS: dict[str, tuple[str, tuple[tuple[str, str, str], ...], set[str]]] = {
    "rm-forgotten": ("sink-npmrc", (("Dockerfile", " \\\n && rm -f ~/.npmrc", ""),), {"leak:layer", "exposed", "changed_file"}),
    "rm-in-a-later-run": ("sink-npmrc", (("Dockerfile", " \\\n && rm -f", "\nRUN rm -f"),), {"leak:layer"}),
    "writer-gone": ("sink-npmrc", (("Dockerfile", WRITER, ""),), {"value_changed"}),
    "moved-command-gone": ("sink-npmrc", (("Dockerfile", SETTING, ""),), {"missing_command", "value_changed"}),
    "moved-command-twice": ("sink-npmrc", (("Dockerfile", SETTING, SETTING + SETTING),), {"extra_command", "value_changed"}),
    "moved-after-its-consumer": (
        "sink-npmrc", (("Dockerfile", SETTING, ""), ("Dockerfile", "--omit=dev", "--omit=dev" + SETTING)), {"changed_order", "value_changed"},
    ),
    "moved-before-the-writer": (
        "sink-npmrc", (("Dockerfile", SETTING, ""), ("Dockerfile", WRITER, SETTING + WRITER)), {"value_changed"},
    ),
    "other-command-moved": (
        "sink-npmrc", (("Dockerfile", "RUN apt-get update\n", ""), ("Dockerfile", "~/.npmrc\nRUN", "~/.npmrc\nRUN apt-get update\nRUN")),
        {"changed_order"},
    ),
    "reader-in-another-run": (
        "sink-npmrc",
        (("Dockerfile", " \\\n && npm ci --omit=dev", ""), ("Dockerfile", "rm -f ~/.npmrc\n", f"rm -f ~/.npmrc\nRUN {MOUNT}{EXPORT} && npm ci --omit=dev\n")),
        {"lost_consumer", "exposed"},
    ),
    "other-path": ("sink-npmrc", (("Dockerfile", "> ~/.npmrc", "> .npmrc"), ("Dockerfile", "-f ~/", "-f .npmrc ~/")), {"value_changed"}),
    "trap-gone": ("sink-trap", (("Dockerfile", "    trap 'rm -f /app/.npmrc' EXIT; \\\n", ""),), {"leak:layer", "changed_file"}),
    "rm-that-an-exit-skips": (  # only in a stage that the final image does not continue
        "sink-trap", (("Dockerfile", "    trap 'rm -f /app/.npmrc' EXIT; \\\n", ""), ("Dockerfile", "npm audit", "npm audit; rm .npmrc")),
        {"leak:layer", "changed_file"},
    ),
    "dockerignore-forgotten": ("copied-npmrc", ((".dockerignore", ".npmrc\n", ""),), {"leak:layer"}),
    "copy-kept": ("copied-npmrc", ((".dockerignore", ".npmrc\n", ""), ("Dockerfile", "package.json ./", "package.json .npmrc ./")), {"leak:layer"}),
    "not-readable-for-the-user": ("copied-npmrc", (("Dockerfile", ",uid=1000", ""),), {"lost_consumer"}),
    "other-target": ("copied-npmrc", (("Dockerfile", "/app/.npmrc,", "/root/.npmrc,"),), {"lost_consumer"}),
    "copied-not-required": ("copied-npmrc", (("Dockerfile", ",required=true", ""),), {"forgiven"}),
    "no-ssh-mount": ("ssh-agent", (("Dockerfile", "--mount=type=ssh,required=true ", ""),), {"lost_consumer", "forgiven"}),
    "ssh-mount-elsewhere": (
        "ssh-agent", (("Dockerfile", "--mount=type=ssh,required=true ", ""), ("Dockerfile", "RUN go", "RUN --mount=type=ssh,required=true go")),
        {"lost_consumer", "exposed"},
    ),
    "ssh-not-required": ("ssh-agent", (("Dockerfile", ",required=true", ""),), {"forgiven"}),
    "known-hosts-lost": (
        "ssh-agent", (("Dockerfile", "RUN ssh-keyscan github.com >> ~/.ssh/known_hosts", "RUN ssh-keyscan github.com > /dev/null"),),
        {"lost_consumer", "changed_file"},
    ),
    "key-kept": (
        "ssh-agent", (("Dockerfile", "RUN mkdir -p ~/.ssh", "ARG SSH_KEY\nRUN mkdir -p ~/.ssh && echo $SSH_KEY > ~/.ssh/id_rsa"), ("", " .", " --build-arg SSH_KEY .")),
        {"leak:layer", "leak:history", "exposed", "changed_file"},
    ),
    "key-for-all": ("ssh-key-file", (("Dockerfile", "mode=0600", "mode=0444"),), {"changed_mode"}),
    "key-elsewhere": ("ssh-key-file", (("Dockerfile", "/root/.ssh/id_rsa", "/root/.ssh/id_ed25519"),), {"lost_consumer"}),
    "url-still-there": (
        "clone-url", (("Dockerfile", 'git -c url."https://x:$GIT_TOKEN@github.com/".insteadOf=https://github.com/ clone https://', 'git clone https://x:$GIT_TOKEN@'),),
        {"changed_argv", "leak:layer", "exposed"},
    ),
    "clone-without-token": (
        "clone-url", (("Dockerfile", 'url."https://x:$GIT_TOKEN@github.com/"', "url.https://github.com/"),), {"changed_argv", "lost_consumer"},
    ),
    "environment-without-mount": (
        "pip-environment", (("Dockerfile", "--mount=type=secret,id=pip_token,required=true ", ""), ("Dockerfile", 'secrets/pip_token)" &&', 'secrets/pip_token)";')),
        {"value_changed", "lost_consumer", "forgiven"},
    ),
    "environment-forgotten": (
        "pip-environment", (("Dockerfile", "PIP_INDEX_URL=https://ci:$PIP_TOKEN@pip.example.com/simple ", ""),), {"lost_consumer"},
    ),
    "environment-of-another-user": ("pip-environment", (("Dockerfile", "https://ci:", "https://other:"),), {"value_changed"}),
    "not-restored": ("restored-npmrc", (("Dockerfile", "mv /tmp/.npmrc .npmrc", "rm /tmp/.npmrc .npmrc"),), {"changed_file"}),
    "restored-to-nothing": ("restored-npmrc", (("Dockerfile", "cp .npmrc /tmp/.npmrc", ": > /tmp/.npmrc"),), {"changed_file"}),
    "restored-with-more": ("restored-npmrc", (("Dockerfile", "&& mv", "&& echo fund=false >> /tmp/.npmrc && mv"),), {"changed_file"}),
    "restored-by-a-copy": ("restored-npmrc", (("Dockerfile", "mv /tmp", "cp /tmp"),), {"changed_file"}),
}
EVERYWHERE = ("rm-forgotten", "not-readable-for-the-user", "no-ssh-mount")
PLACES = [(row, e) for row in ROWS for e in ALL if e.name == "docker28" or (row in EVERYWHERE and e.name not in SPARE + OPTIONAL)]


def change(folder: Path, file: str, old: str, new: str) -> None:
    """One change of an example; without a file's name, of the build command."""
    path = folder / "after" / file if file else folder / "command.txt"
    text = path.read_text()
    assert old in text, f"{path.name} has no {old!r}"
    path.write_text(text.replace(old, new))


def prove_row(folder: Path, row: str, engine: Engine) -> Proof:
    example, changes, _ = ROWS[row]
    copy = folder / f"{row}-{engine.name}"
    shutil.copytree(EXAMPLES / example, copy)
    for file, old, new in changes:
        change(copy, file, old, new)
    return prove(load(copy), engine)


@pytest.mark.parametrize(("row", "engine"), PLACES, ids=[f"{row}-{e.name}" for row, e in PLACES])
def test_wrong_remedy_is_seen(row: str, engine: Engine, farm: Farm, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> None:
    farm.need(engine)
    _, _, expected = ROWS[row]
    folder = tmp_path_factory.mktemp("wrong")
    jobs = {f"test_wrong_remedy_is_seen[{r}-{e.name}]": (e, partial(prove_row, folder, r, e)) for r, e in PLACES}
    proof = farm.queued(request, jobs).result()
    found = proof.kinds() - {"leak:document", "leak:log"}  # with a build arg, and differing by version: see test_wrong
    assert found == expected, (proof.differences, proof.leaks_after, proof.forgiven, proof.unused)
    assert proof.leaks_before

"""The rows of SSH's users, and the names of keys."""

from __future__ import annotations

import shlex

import pytest

from remediate.knowledge.ssh import SshRow, forbids_agent, is_key_path, may_use_ssh, mentions_ssh, rows, serves_agent


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.run)
def test_example_and_counter_example(row: SshRow) -> None:
    assert may_use_ssh(shlex.split(row.example))
    assert not may_use_ssh(shlex.split(row.counter))


USES = [
    "git clone ssh://git@git.example.com:2222/a/b.git", "git clone -q --depth 1 git@github.com:a/b", "git -C x fetch origin", "git submodule update --init",
    "git clone --recursive https://github.com/a/b", "yarn", "yarn --frozen-lockfile", "npm install", "npm install a/b", "pip install -r r.txt",
    "pip install git+ssh://git@github.com/a/b", "python -m pip install .", "pip3 install -e .", "go mod download", "composer install", "sudo -u x npm ci",
    "rsync -az x@h.example:/a /b", "scp h.example:/a /b",
]  # fmt: skip
NOT = [
    "git clone https://github.com/a/b", "git config --global user.name x", "npm install -g yarn@1 @acme/cli", "pip install --upgrade pip setuptools",
    "yarn global add typescript", "yarn --version", "apt-get install -y git", "ssh-keyscan github.com", "mkdir -p ~/.ssh", "node x.js", "curl https://h.example/x",
]  # fmt: skip


@pytest.mark.parametrize("line", USES)
def test_may(line: str) -> None:
    assert may_use_ssh(shlex.split(line))


@pytest.mark.parametrize("line", NOT)
def test_may_not(line: str) -> None:
    assert not may_use_ssh(shlex.split(line))


def test_an_unknown_address_may_be_an_ssh_one() -> None:
    assert may_use_ssh(("git", "clone", None))
    assert may_use_ssh(("git", "clone", "https://github.com/a/b"), rewritten=True)


def test_agents() -> None:
    assert serves_agent(("ssh-agent", "-s"))
    assert serves_agent(("ssh-add", "/root/.ssh/id_rsa"))
    assert not serves_agent(("ssh-agent", "sh", "-c", "npm ci"))
    assert not serves_agent(("ssh", "h.example"))


@pytest.mark.parametrize("path", ["/root/.ssh/id_rsa", "/root/.ssh/any", "/home/node/.ssh/deploy", "/id_ed25519", "/app/deploy_key", "/tmp/ssh_key", "id_rsa_acme"])
def test_names_of_keys(path: str) -> None:
    assert is_key_path(path)


@pytest.mark.parametrize("path", ["/root/.ssh/known_hosts", "/root/.ssh/config", "/root/.ssh/id_rsa.pub", "/root/.npmrc", "/root/.ssh/", "/a/server.key"])
def test_names_of_others(path: str) -> None:
    assert not is_key_path(path)


def test_texts() -> None:
    assert forbids_agent(b"ssh -o IdentitiesOnly=yes")
    assert forbids_agent(b"ENV SSH_AUTH_SOCK=/x")
    assert not forbids_agent(b"IdentityFile ~/.ssh/id_rsa\nStrictHostKeyChecking no")
    assert mentions_ssh(b'"a": "git+ssh://git@github.com/a/b"')
    assert mentions_ssh(b"\tscp x y:\n")
    assert not mentions_ssh(b'"a": "^1.0.0", "ssh2": "1"')

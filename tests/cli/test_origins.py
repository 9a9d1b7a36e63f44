"""Origins and `--ci` on the command line and in the configuration."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def run(folder: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    (folder / "Dockerfile").write_text("FROM node:20\nARG NPM_TOKEN\nRUN npm ci\n")
    env = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    return subprocess.run([sys.executable, "-m", "remediate", *argv], cwd=folder, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", ["check", "fix", "command"])
def test_an_origin_of_the_wrong_shape_is_a_bad_configuration(command: str, tmp_path: Path) -> None:
    (tmp_path / "remediate.toml").write_text('[origins]\nNPM_TOKEN = "vault:hunter2hunter2"\n')
    done = run(tmp_path, command)
    assert done.returncode == 3
    assert "origins.NPM_TOKEN: an origin in HashiCorp Vault looks like vault:secret/ci/npm#token" in done.stderr
    assert "hunter2" not in done.stdout + done.stderr and "Traceback" not in done.stderr
    assert (tmp_path / "Dockerfile").read_text().startswith("FROM node:20\nARG")


def test_an_origin_of_the_wrong_shape_on_the_command_line(tmp_path: Path) -> None:
    done = run(tmp_path, "command", "--origin", "NPM_TOKEN=aws:hunter2 x")
    assert done.returncode == 2 and "hunter2" not in done.stderr


def test_json_has_the_reference_and_one_line_of_shell(tmp_path: Path) -> None:
    done = run(tmp_path, "command", "--format", "json", "--origin", "NPM_TOKEN=vault:secret/ci/npm#token")
    (built,) = json.loads(done.stdout)["commands"]
    assert built["secrets"] == {"npm_token": "vault:secret/ci/npm#token"}
    assert built["argv"] == ["sh", "-c", built["shell"]]
    assert "vault kv get -mount=secret -field=token ci/npm" in built["shell"] and "\n" not in built["shell"]


@pytest.mark.parametrize(("ci", "first"), [("github", "permissions:"), ("gitlab", "build-image:"), ("jenkins", "withVault(vaultSecrets: [")])
def test_a_snippet_alone_is_on_standard_output(ci: str, first: str, tmp_path: Path) -> None:
    done = run(tmp_path, "command", "--ci", ci, "--origin", "NPM_TOKEN=vault:secret/ci/npm#token")
    assert done.returncode == 0
    assert done.stdout.startswith(first + "\n")
    assert "note: " in done.stderr and "note: " not in done.stdout


def test_a_snippet_is_no_json(tmp_path: Path) -> None:
    assert run(tmp_path, "command", "--ci", "github", "--format", "json").returncode == 2

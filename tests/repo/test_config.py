"""Configuration: where it is looked for, what it says, and that a typing mistake is an error."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from remediate.model import RemediateError
from remediate.repo.config import Config, load_config
from tests.clock import SLOWER

FULL = """
secret = ["ACME_*"]
not-secret = ["*_KEY_ID"]
exclude = ["examples/", "*.old.Dockerfile"]
ignore = ["literal"]
delivery = "file"
engine = "podman"
engine-version = "4.9"
[origins]
NPM_TOKEN = "env:CI_NPM_TOKEN"
"DEPLOY_*" = "file:~/.ssh/deploy"
[[per-file]]
path = "docker/legacy.*"
ignore = ["env"]
not-secret = ["OLD"]
"""

# Measuring coverage loads modules of its own into every process.
WITHOUT_COVERAGE = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")}


def test_all_keys(tmp_path: Path) -> None:
    (tmp_path / "remediate.toml").write_text(FULL)
    config = load_config(tmp_path)
    assert (config.secret, config.not_secret, config.ignore) == (("ACME_*",), ("*_KEY_ID",), ("literal",))
    assert (config.delivery, config.engine, config.engine_version) == ("file", "podman", "4.9")
    assert [config.origin(n) for n in ("NPM_TOKEN", "DEPLOY_KEY", "X")] == ["env:CI_NPM_TOKEN", "file:~/.ssh/deploy", ""]
    assert [config.excludes(tmp_path / p) for p in ("examples/a/Dockerfile", "x/a.old.Dockerfile", "Dockerfile", "../examples/a")] == [True, True, False, False]
    legacy, other = config.for_file(tmp_path / "docker/legacy.Dockerfile"), config.for_file(tmp_path / "Dockerfile")
    assert (legacy.ignore, legacy.not_secret) == (("literal", "env"), ("*_KEY_ID", "OLD"))
    assert (other.ignore, other.not_secret) == (("literal",), ("*_KEY_ID",))


def test_the_nearest_holds_and_none_above_the_repository(tmp_path: Path) -> None:
    repo = tmp_path / "repo"
    (repo / "a/b").mkdir(parents=True)
    (repo / ".git").mkdir()
    (tmp_path / "remediate.toml").write_text('engine = "podman"')
    assert load_config(repo / "a/b") == Config()
    (repo / "pyproject.toml").write_text('[tool.remediate]\nengine = "buildah"')
    assert load_config(repo / "a/b").engine == "buildah"
    (repo / "remediate.toml").write_text('engine = "nerdctl"')
    assert load_config(repo / "a/b/Dockerfile").engine == "nerdctl"
    (repo / "a/pyproject.toml").write_text('[project]\nname = "remediate-me"')
    assert load_config(repo / "a/b").engine == "nerdctl"
    (repo / "a/remediate.toml").write_text("")
    assert load_config(repo / "a/b") == Config(folder=repo / "a", path=str(repo / "a/remediate.toml"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("secrets = []", "unknown key 'secrets'; known are: secret, not-secret,"),
        ("secret = 'X'", "secret must be a list of texts"),
        ("ignore = [1]", "ignore must be a list of texts"),
        ("ignore = ['']", "ignore must be a list of texts"),
        ("delivery = 'mail'", "delivery must be one of: auto, env, file"),
        ("engine = ['docker']", "engine must be one of"),
        ("engine-version = 1", "engine-version must be text"),
        ("origins = 1", "origins must be a table"),
        ("[origins]\nT = 'hunter2'", "origins.T must be a text such as env:NAME"),
        ("[origins]\nT = 'hunter2:x'", "origins.T must be a text such as env:NAME"),
        ("[origins]\nT = 'env:'", "origins.T must be a text such as env:NAME"),
        ("per-file = {}", "per-file must be a list of tables"),
        ("[[per-file]]\nignore = []", "per-file needs a path"),
        ("[[per-file]]\npath = 'x'\nengine = 'y'", "unknown key per-file.'engine'"),
        ("x = [", "is no valid TOML"),
        ("\"a\\nb\" = 1", "unknown key 'a\\\\nb'"),
        ("x = " + "[" * 50_000, "is no valid TOML"),
        ("[" + "a." * 20_000 + "b]", "has a line with more than 300 dots"),
        ("".join(f"x{n}." + "a." * 290 + "b = 1\n" for n in range(400)), "unknown key 'x0'"),
        ("#" * 300_000, "is larger than"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "remediate.toml").write_text(text)
    began = time.process_time()
    with pytest.raises(RemediateError) as error:
        load_config(tmp_path)
    assert message in str(error.value) and str(error.value).startswith(f"{tmp_path}/remediate.toml: ")
    assert time.process_time() - began < 10 * SLOWER
    assert "\n" not in str(error.value) and "hunter2" not in str(error.value)


def test_not_utf8_not_regular_not_a_table(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool]\nremediate = 1")
    with pytest.raises(RemediateError, match=r"\[tool.remediate\] must be a table"):
        load_config(tmp_path)
    (tmp_path / "remediate.toml").write_bytes(b"secret = ['\xff']")
    with pytest.raises(RemediateError, match="is not UTF-8"):
        load_config(tmp_path)
    (tmp_path / "remediate.toml").unlink()
    os.symlink("/etc/passwd", tmp_path / "remediate.toml")
    with pytest.raises(RemediateError, match="is a symbolic link: not followed"):
        load_config(tmp_path)


def test_without_a_file_no_toml_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    code = f"import sys; from remediate.repo.config import load_config as f; f({str(tmp_path)!r}); print('tomllib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2], env=WITHOUT_COVERAGE)
    assert done.stdout == "False\n"

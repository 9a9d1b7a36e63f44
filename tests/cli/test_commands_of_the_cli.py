"""check, fix, command and explain from the outside: output, files, exit codes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest

import remediate

from .texts import BROKEN, CLEAN, FIXED, LEAKY, PLANTED, Run

SCHEMA = json.loads((Path(remediate.__file__).parent / "schema.json").read_text())


def test_check(folder: Path, remediate_cli: Run) -> None:
    (folder / "Dockerfile").write_text(LEAKY)
    done = remediate_cli("check")
    assert done.returncode == 1
    assert "Dockerfile:2:5: " in done.stdout and "[secret-in-arg]" in done.stdout
    assert "enters here     2 | ARG NPM_TOKEN" in done.stdout
    assert done.stderr == ""
    assert (folder / "Dockerfile").read_text() == LEAKY


def test_check_of_a_clean_tree(folder: Path, remediate_cli: Run) -> None:
    (folder / "Dockerfile").write_text(CLEAN)
    done = remediate_cli("check", ".")
    assert (done.returncode, done.stdout, done.stderr) == (0, "no secrets found in 1 Dockerfile\n", "")


def test_fix_writes_and_converges(folder: Path, remediate_cli: Run) -> None:
    (folder / "Dockerfile").write_text(LEAKY)
    done = remediate_cli("fix")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "Dockerfile").read_text() == FIXED
    assert "docker build --secret id=npm_token,env=NPM_TOKEN ." in done.stdout
    again = remediate_cli("fix", "--check", "--strict")
    assert again.returncode == 0
    assert remediate_cli("check").returncode == 0


@pytest.mark.parametrize("tool", [["git", "apply"], ["patch", "-p1", "-i"]], ids=["git", "patch"])
def test_diff_is_a_patch_that_applies(folder: Path, remediate_cli: Run, tool: list[str]) -> None:
    if not shutil.which(tool[0]):
        assert not os.environ.get("CI"), f"{tool[0]} is missing"
        pytest.skip(f"{tool[0]} is missing")
    (folder / "Dockerfile").write_text(LEAKY)
    done = remediate_cli("fix", "--diff")
    assert done.returncode == 0
    assert (folder / "Dockerfile").read_text() == LEAKY
    assert "#   docker build --secret id=npm_token,env=NPM_TOKEN ." in done.stdout
    assert "fixed by the patch" in done.stderr
    (folder / "p").write_text(done.stdout)
    subprocess.run([*tool, "p"], cwd=folder, check=True, capture_output=True)
    assert (folder / "Dockerfile").read_text() == FIXED


def test_diff_without_a_change_is_empty(folder: Path, remediate_cli: Run) -> None:
    (folder / "Dockerfile").write_text(CLEAN)
    done = remediate_cli("fix", "--diff", "--check")
    assert (done.returncode, done.stdout) == (0, "")


def test_fix_check_writes_nothing_and_says_so(folder: Path, remediate_cli: Run) -> None:
    (folder / "Dockerfile").write_text(LEAKY)
    for arguments in (("--check",), ("--check", "--diff")):
        assert remediate_cli("fix", *arguments).returncode == 1
    assert (folder / "Dockerfile").read_text() == LEAKY


def test_strict_fails_while_a_finding_is_left(folder: Path, remediate_cli: Run) -> None:
    (folder / "Dockerfile").write_text("FROM a\nARG NPM_TOKEN\nLABEL t=$NPM_TOKEN\nRUN npm ci\n")
    assert remediate_cli("fix", "--diff").returncode == 0
    assert remediate_cli("fix", "--diff", "--strict").returncode == 1


def test_standard_input(remediate_cli: Run) -> None:
    done = remediate_cli("fix", "-", stdin=LEAKY)
    assert (done.returncode, done.stdout) == (0, FIXED)
    assert "build" in done.stderr
    assert remediate_cli("fix", "-", stdin=CLEAN).stdout == CLEAN
    assert remediate_cli("check", "-", stdin=LEAKY).returncode == 1
    assert "diff --git a/Dockerfile b/Dockerfile" in remediate_cli("fix", "--diff", "-", stdin=LEAKY).stdout


def test_standard_input_beside_files(folder: Path, remediate_cli: Run) -> None:
    (folder / "Dockerfile").write_text(LEAKY)
    done = remediate_cli("fix", "-", "Dockerfile", stdin=CLEAN)
    assert done.stdout == CLEAN
    assert (folder / "Dockerfile").read_text() == FIXED


def test_standard_input_that_is_no_dockerfile(remediate_cli: Run) -> None:
    done = remediate_cli("fix", "-", stdin=BROKEN)
    assert (done.returncode, done.stdout) == (3, "")
    assert "error: " in done.stderr and "Traceback" not in done.stderr


def test_command(folder: Path, remediate_cli: Run) -> None:
    (folder / "Dockerfile").write_text(LEAKY)
    done = remediate_cli("command", "--target", "final", "--tag", "acme/app:1")
    assert (done.returncode, done.stdout) == (0, "docker build --secret id=npm_token,env=NPM_TOKEN --target final -t acme/app:1 .\n")
    assert "note: " in done.stderr
    assert remediate_cli("command", "--engine", "buildah").stdout.startswith("buildah build ")


def test_command_of_two_files_names_each(folder: Path, remediate_cli: Run) -> None:
    for name in ("a.Dockerfile", "b.Dockerfile"):
        (folder / name).write_text(LEAKY)
    lines = remediate_cli("command").stdout.split("\n")
    assert sorted(line for line in lines if line.startswith("#")) == ["# a.Dockerfile", "# b.Dockerfile"]


@pytest.mark.parametrize("arguments", [("check",), ("fix", "--check"), ("command",), ("fix",)])
def test_json_fits_the_schema(folder: Path, remediate_cli: Run, arguments: tuple[str, ...]) -> None:
    (folder / "Dockerfile").write_text(LEAKY + f"ENV DB_PASSWORD={PLANTED}\nLABEL x=$NPM_TOKEN\n")
    (folder / "ok.Dockerfile").write_text(LEAKY)
    (folder / "bad.Dockerfile").write_text(BROKEN)
    done = remediate_cli(*arguments, "--format", "json")
    report = json.loads(done.stdout)
    jsonschema.validate(report, SCHEMA)
    assert done.returncode == 3
    assert len(report["errors"]) == 1
    assert report["files"] and sum(len(file["findings"]) for file in report["files"]) >= 3
    assert PLANTED not in done.stdout + done.stderr
    applied = any(finding["applied"] for file in report["files"] for finding in file["findings"])
    assert applied is (arguments[0] != "check")
    assert bool(report["commands"]) is (arguments[0] != "check")


def test_no_report_shows_a_planted_value(folder: Path, remediate_cli: Run) -> None:
    text = (
        f"FROM a\nARG NPM_TOKEN={PLANTED}1\nENV DB_PASSWORD {PLANTED}2\nRUN npm ci\nRUN curl -u x:{PLANTED}3 https://files.example.com\n"
        f"RUN NPM_TOKEN={PLANTED}4 npm ci\nLABEL api.token={PLANTED}5\nADD https://ci:{PLANTED}6@files.example.com/x /x\n"
    )
    (folder / "Dockerfile").write_text(text)
    for arguments in (("check",), ("check", "--color", "always"), ("check", "--format", "json"), ("fix", "--check"), ("command",), ("fix", "--diff", "--redact")):
        done = remediate_cli(*arguments)
        assert PLANTED not in done.stdout + done.stderr, arguments
    assert PLANTED not in remediate_cli("fix", "--diff").stderr


def test_redacted_patch_says_that_it_does_not_apply(folder: Path, remediate_cli: Run) -> None:
    (folder / "Dockerfile").write_text(LEAKY)
    assert "does not apply" in remediate_cli("fix", "--diff", "--redact").stdout.split("\n")[0]


@pytest.mark.parametrize(
    "arguments",
    [
        ("fix", "--diff", "--format", "json"),
        ("fix", "--redact"),
        ("fix", "--transition", "--delivery", "env"),
        ("fix", "--engine", "kaniko"),
        ("check", "--nonsense"),
        ("check", "--format", "xml"),
        ("check", "--format"),
        ("explain", "secret-in-args"),
        ("nonsense",),
    ],
)
def test_wrong_usage_is_2(folder: Path, remediate_cli: Run, arguments: tuple[str, ...]) -> None:
    (folder / "Dockerfile").write_text(LEAKY)
    done = remediate_cli(*arguments)
    assert done.returncode == 2
    assert done.stdout == "" and done.stderr and "Traceback" not in done.stderr
    assert (folder / "Dockerfile").read_text() == LEAKY


def test_one_bad_file_does_not_stop_the_others(folder: Path, remediate_cli: Run) -> None:
    (folder / "a.Dockerfile").write_text(BROKEN)
    (folder / "b.Dockerfile").write_text(LEAKY)
    done = remediate_cli("fix", "a.Dockerfile", "b.Dockerfile", "missing.Dockerfile")
    assert done.returncode == 3
    assert (folder / "b.Dockerfile").read_text() == FIXED
    assert "a.Dockerfile:2: " in done.stdout and "missing.Dockerfile" in done.stdout


def test_a_file_that_cannot_be_written_is_told(folder: Path, remediate_cli: Run) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    (folder / "Dockerfile").write_text(LEAKY)
    folder.chmod(0o555)
    done = remediate_cli("fix")
    folder.chmod(0o755)
    assert done.returncode == 3
    assert (folder / "Dockerfile").read_text() == LEAKY
    assert "0 fixed" not in done.stdout and "not applied" in done.stdout


def test_explain(remediate_cli: Run) -> None:
    assert "secret-in-arg" in remediate_cli("explain").stdout
    done = remediate_cli("explain", "secret-in-arg")
    assert done.returncode == 0 and "bad:" in done.stdout
    assert "did you mean secret-in-arg" in remediate_cli("explain", "secret-in-args").stderr


def test_version_and_help(remediate_cli: Run) -> None:
    assert remediate_cli("--version").stdout == f"remediate {remediate.__version__}\n"
    for arguments in (("-h",), ("--help",), ("check", "-h"), ("fix", "--help"), ("command", "-h"), ("explain", "-h")):
        done = remediate_cli(*arguments)
        assert done.returncode == 0 and done.stdout.startswith("Usage: remediate")
    listed = remediate_cli("-h").stdout
    assert all(f"\n  {name} " in listed for name in ("check", "fix", "command", "explain"))
    assert "verify" not in listed and "bulk" not in listed and "sarif" not in listed.lower()


def test_colour(folder: Path, remediate_cli: Run) -> None:
    (folder / "Dockerfile").write_text(LEAKY)
    assert "\x1b[" not in remediate_cli("check").stdout
    assert "\x1b[" in remediate_cli("check", "--color=always").stdout
    assert "\x1b[" in remediate_cli("fix", "--diff", "--color", "always").stderr
    assert "\x1b[" not in remediate_cli("fix", "--diff", "--color", "always").stdout


@pytest.mark.parametrize("locale", ["C", "POSIX", "C.UTF-8"])
def test_any_name_in_any_locale(folder: Path, remediate_cli: Run, locale: str) -> None:
    (folder / os.fsdecode(b"caf\xc3\xa9 \xff\x1b[31m")).mkdir()
    (folder / os.fsdecode(b"caf\xc3\xa9 \xff\x1b[31m/Dockerfile")).write_text(LEAKY)
    done = remediate_cli("check", env={"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"})
    assert done.returncode == 1, done.stderr
    assert "\x1b" not in done.stdout

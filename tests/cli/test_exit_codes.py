"""Exit codes: 0 nothing left to do, 1 something found, 2 wrong usage, 3 a file could not be read or parsed; and how streams end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import remediate
from remediate import __main__ as start

from .texts import CLEAN, FIXED, LEAKY, Run

BROKEN = "FROM a\nNONSENSE x\n"
REFUSED = "FROM a\nARG NPM_TOKEN\nLABEL t=$NPM_TOKEN\nRUN npm ci\n"
UNSAFE = "FROM a\nENV NPM_TOKEN=pl4nted-Value.77\nRUN npm ci\n"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(remediate.__file__).parents[1])}
PROGRAM = [sys.executable, "-m", "remediate"]


@pytest.mark.parametrize(
    ("arguments", "content", "code"),
    [
        (["check"], CLEAN, 0),
        (["check"], FIXED, 0),
        (["check"], LEAKY, 1),
        (["check"], REFUSED, 1),
        (["check"], BROKEN, 3),
        (["check", "nowhere"], CLEAN, 3),
        (["check", "Dockerfile", "nowhere"], LEAKY, 3),
        (["fix"], CLEAN, 0),
        (["fix"], LEAKY, 0),
        (["fix"], REFUSED, 0),
        (["fix"], BROKEN, 3),
        (["fix", "nowhere"], CLEAN, 3),
        (["fix", "--strict"], LEAKY, 0),
        (["fix", "--strict"], REFUSED, 1),
        (["fix", "--strict"], UNSAFE, 1),
        (["fix", "--strict", "--unsafe-fixes"], UNSAFE, 0),
        (["fix", "--strict"], BROKEN, 3),
        (["fix", "--check"], CLEAN, 0),
        (["fix", "--check"], FIXED, 0),
        (["fix", "--check"], LEAKY, 1),
        (["fix", "--check"], REFUSED, 0),
        (["fix", "--check"], UNSAFE, 0),
        (["fix", "--check", "--unsafe-fixes"], UNSAFE, 1),
        (["fix", "--check", "--strict"], REFUSED, 1),
        (["fix", "--check"], BROKEN, 3),
        (["fix", "--diff"], CLEAN, 0),
        (["fix", "--diff"], LEAKY, 0),
        (["fix", "--diff", "--check"], LEAKY, 1),
        (["fix", "--diff", "--strict"], REFUSED, 1),
        (["fix", "--diff"], BROKEN, 3),
        (["command"], CLEAN, 0),
        (["command"], LEAKY, 0),
        (["command"], BROKEN, 3),
        (["explain"], CLEAN, 0),
        (["explain", "secret-in-arg"], CLEAN, 0),
        (["explain", "nonsense"], CLEAN, 2),
        (["fix", "--nonsense"], LEAKY, 2),
        (["fix", "--diff", "--format=json"], LEAKY, 2),
        (["check", "--color"], LEAKY, 2),
        (["nonsense"], LEAKY, 2),
        ([], LEAKY, 2),
        (["--version"], LEAKY, 0),
        (["--help"], LEAKY, 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_exit_code(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], arguments: list[str], content: str, code: int) -> None:
    monkeypatch.chdir(folder)
    Path("Dockerfile").write_text(content)
    assert start.run(arguments) == code
    if code == 2 and arguments:
        out, err = capfd.readouterr()
        assert out == "" and err
        assert Path("Dockerfile").read_text() == content


@pytest.mark.parametrize(
    ("arguments", "content", "code"),
    [(["check", "-"], CLEAN, 0), (["check", "-"], LEAKY, 1), (["check", "-"], BROKEN, 3), (["check", "-"], "", 3), (["fix", "--check", "-"], LEAKY, 1), (["command", "-"], LEAKY, 0)],
)
def test_exit_code_of_standard_input(remediate_cli: Run, arguments: list[str], content: str, code: int) -> None:
    done = remediate_cli(*arguments, stdin=content)
    assert done.returncode == code
    assert "Traceback" not in done.stderr


def test_the_line_of_an_error_on_standard_input(remediate_cli: Run) -> None:
    done = remediate_cli("check", "-", "--format", "json", stdin=BROKEN)
    assert [(e["path"], e["line"]) for e in json.loads(done.stdout)["errors"]] == [("<stdin>", 2)]


def test_configuration_that_is_broken_is_3(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(folder)
    Path("Dockerfile").write_text(LEAKY)
    Path("remediate.toml").write_text("secrets = 1\n")
    assert start.run(["check"]) == 3
    assert "remediate.toml: unknown key" in capfd.readouterr()[1]
    assert start.run(["fix"]) == 3
    assert Path("Dockerfile").read_text() == LEAKY


@pytest.mark.parametrize("arguments", [["check"], ["check", "--format=json"], ["fix", "--diff"], ["explain"]])
def test_a_reader_that_leaves_early(folder: Path, arguments: list[str]) -> None:
    for number in range(60):
        (folder / f"{number}.Dockerfile").write_text(LEAKY)
    process = subprocess.Popen([*PROGRAM, *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**ENVIRONMENT, "PYTHONUNBUFFERED": "1"})
    assert process.stdout is not None and process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) in (0, 1, start.BROKEN_PIPE)
    assert b"Traceback" not in said and b"Exception ignored" not in said and b"defect" not in said


@pytest.mark.parametrize("closed", [0, 1, 2])
@pytest.mark.parametrize("arguments", [["check", "Dockerfile"], ["check", "-"], ["fix", "--diff"], ["fix", "--check"], ["--version"], ["explain"], ["command"], ["check", "nowhere"]])
def test_a_closed_stream(folder: Path, arguments: list[str], closed: int) -> None:
    """`>&-`: nothing to write to is no defect of the tool, and nothing that it writes ends in a file that it opened."""
    (folder / "Dockerfile").write_text(LEAKY)
    done = subprocess.run([*PROGRAM, *arguments], cwd=folder, input=None if closed == 0 else b"", capture_output=True, check=False, env=ENVIRONMENT, preexec_fn=lambda: os.close(closed), timeout=60)
    assert b"Traceback" not in done.stderr and b"defect" not in done.stderr and b"Exception ignored" not in done.stderr
    assert done.returncode in (0, 1, 3, start.BROKEN_PIPE)
    assert (folder / "Dockerfile").read_text() == LEAKY


def test_a_full_output(folder: Path) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    (folder / "Dockerfile").write_text(LEAKY)
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*PROGRAM, "check"], cwd=folder, stdout=full, stderr=subprocess.PIPE, check=False, env=ENVIRONMENT, timeout=60)
    assert done.returncode == 3
    assert b"defect" not in done.stderr and b"error: " in done.stderr


def test_no_terminal_no_colour_and_plain_locale(folder: Path) -> None:
    (folder / "Dockerfile").write_text(LEAKY)
    bare = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": ENVIRONMENT["PYTHONPATH"], "LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for more in ({}, {"NO_COLOR": "1"}, {"TERM": "dumb"}, {"COLUMNS": "1"}, {"COLUMNS": "x"}):
        done = subprocess.run([*PROGRAM, "check"], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False, env={**bare, **more}, start_new_session=True, timeout=60)
        assert done.returncode == 1, done.stderr
        assert b"\x1b" not in done.stdout + done.stderr
        done.stdout.decode("ascii")


def test_colour_on_a_terminal_and_none_with_no_color(folder: Path) -> None:
    pty = pytest.importorskip("pty")
    (folder / "Dockerfile").write_text(LEAKY)
    for more, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        environment = {name: value for name, value in {**ENVIRONMENT, "TERM": "xterm", **more}.items() if name != "NO_COLOR" or more}
        ours, theirs = pty.openpty()
        process = subprocess.Popen([*PROGRAM, "check"], cwd=folder, stdout=theirs, stderr=subprocess.DEVNULL, env=environment)
        os.close(theirs)
        said = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:
                break
            if not part:
                break
            said += part
        os.close(ours)
        assert process.wait(60) == 1
        assert (b"\x1b[" in said) is coloured


def _hears_interrupts() -> None:
    """A shell that runs the tests in the background makes its children deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("arguments", [["check", "-"], ["fix", "-"], ["command", "-"]])
def test_control_c_is_130(folder: Path, arguments: list[str]) -> None:
    process = subprocess.Popen([*PROGRAM, *arguments], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=ENVIRONMENT, preexec_fn=_hears_interrupts)
    assert process.stdin is not None
    process.stdin.write(b"FROM a\n")
    process.stdin.flush()
    _wait_until_it_reads(process.pid)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == start.INTERRUPTED
    assert b"Traceback" not in errors


def _wait_until_it_reads(pid: int) -> None:
    """Until the process sleeps on its standard input (Linux), else long enough."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            if Path(f"/proc/{pid}/syscall").read_text().startswith("0 0x0 "):
                return
        except OSError:
            time.sleep(3)
            return
        time.sleep(0.05)


def test_a_working_directory_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    other = tmp_path / "Dockerfile"
    other.write_text(LEAKY)
    for arguments in (["check"], ["check", str(other)], ["fix", "--check"], ["fix", "--diff", str(other)]):
        code = f"import os, sys; os.rmdir({str(gone)!r}); sys.argv = ['remediate', *{arguments!r}]; from remediate.__main__ import main; main()"
        gone.mkdir(exist_ok=True)
        done = subprocess.run([sys.executable, "-c", code], cwd=gone, capture_output=True, text=True, check=False, env=ENVIRONMENT, timeout=60)
        assert "defect" not in done.stderr and "Traceback" not in done.stderr, (arguments, done.stderr)
        assert done.returncode in (0, 1, 3)

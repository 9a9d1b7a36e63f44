"""The README's examples, executed: each `console` block gives just what it shows, the Python block runs, the quick start names what exists."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def run(command: str) -> str:
    tool = f'"{sys.executable}" -m remediate'
    text = re.sub(r"(^|\| )remediate ", rf"\1{tool} ", command)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    return subprocess.run(["bash", "-c", text], cwd=ROOT, capture_output=True, text=True, check=False, env=environment).stdout


@pytest.mark.parametrize("block", blocks("console"), ids=lambda block: block.splitlines()[0])
def test_console(block: str) -> None:
    command, _, shown = block.partition("\n")
    assert command.startswith("$ ")
    assert run(command[2:]) == shown


def test_python(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = blocks("python")
    exec(compile(block, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN,required=true npm ci" in printed
    assert "docker build --secret id=npm_token,env=NPM_TOKEN ." in printed


def test_ignore_comments_silence_what_they_say() -> None:
    import remediate

    (block,) = blocks("dockerfile")
    found = remediate.check("FROM alpine\n" + block + "RUN ./x\n").files[0].findings
    assert [f.name for f in found] == ["NPM_TOKEN"]


def test_configuration(tmp_path: Path) -> None:
    from remediate.repo.config import load_config

    (block,) = blocks("toml")
    (tmp_path / "remediate.toml").write_text(block)
    config = load_config(tmp_path)
    assert config.secret == ("ACME_*_HANDLE",)
    assert config.origin("NPM_TOKEN") == "env:CI_NPM_TOKEN"


def test_quick_start_has_two_commands() -> None:
    commands = blocks("sh")
    assert len(commands) == 2
    assert (ROOT / commands[0].split()[-1]).is_dir()
    assert os.access(ROOT / commands[1].strip(), os.X_OK)


def table(head: str) -> list[list[str]]:
    """The cells of the table that begins with that line."""
    lines = README.split(head + "\n", 1)[1].split("\n\n", 1)[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if not line.startswith("|---")]


def quoted(cell: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", cell))


def test_the_tools_named_are_those_that_are_known() -> None:
    from remediate.knowledge import persist_rows, settings_rows

    rows = table("| | found | from the environment |")
    named = [tool for row in rows for tool in quoted(row[1])]
    assert sorted(named) == sorted({row.tool for row in persist_rows.ROWS})
    assert {tool for row in rows for tool in quoted(row[2])} == {row.tool for row in settings_rows.ROWS}


def test_what_real_tools_leave_is_as_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tests"))
    from e2e import git_leaves, real_tools

    leaves = {use.name: set(use.leaves) for use in (*real_tools.USES, *git_leaves.USES)}
    for before, held, after, nothing in table("| before the fix | holds the token | after the fix | holds it |"):
        assert quoted(held) == leaves[before] and leaves[before]
        assert nothing == "nothing" and not leaves[after]


def test_reasons_named_exist_and_those_of_residue_are_all_named() -> None:
    from remediate.fixers.reasons import REASONS

    named = {code for row in table("| reason | what stands against the fix |") for code in quoted(row[0])}
    families = ("kept-", "sink-", "cannot-", "clone-", "copied-", "persisted")
    assert named == {code for code in REASONS if code.startswith(families)}


def test_every_reason_and_rule_is_explained() -> None:
    from remediate.fixers.reasons import REASONS

    shown = run("remediate explain")
    assert all(code in shown for code in REASONS)

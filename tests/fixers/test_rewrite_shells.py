"""Random lists, random cuts: both texts run in real shells, and the commands that run are the same but for what the edit says.

`c ID STATUS` notes its ID and ends with that status. What is cut ends well: a cut only promises that.
"""

from __future__ import annotations

import random
import re
import shutil
import subprocess

import pytest

from remediate.dockerfile.parser import parse
from remediate.fixers.remedy import RunEdit
from remediate.model import Refusal
from remediate.shell.parse import parse_shell
from remediate.shell.statements import statements
from remediate.text import LogicalText

from .rewriting_text import run_edited

SHELLS = [s for s in (["dash"], ["bash"], ["busybox", "ash"], ["zsh", "--emulate", "sh"]) if shutil.which(s[0])] or [["sh"]]
SAMPLES = 80
PRELUDE = 'c() { echo "$1" >&3; return "$2"; }; '


class Maker:
    """One random RUN, with the statements (by index) that end well."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.number = 0
        self.well: list[int] = []

    def call(self, status: int) -> str:
        self.number += 1
        return f"c {self.number} {status}"

    def statement(self, index: int) -> str:
        pick = self.random.randrange(12)
        status = self.random.choice([0, 0, 0, 1])
        if status == 0:
            self.well.append(index)
        if pick < 5:
            return self.call(status)
        if pick == 5:
            return f"echo | {self.call(status)}"
        if pick == 6:
            return f"! {self.call(1 - status)}"
        if pick == 7:
            return f"{{ {self.call(self.random.randrange(2))}; {self.call(status)}; }}" if status else f"{{ {self.call(0)}; {self.call(0)}; }}"
        if pick == 8:
            return f"if {self.call(self.random.randrange(2))}; then {self.call(status)}; else {self.call(status)}; fi"
        if pick == 9:
            return f"for i in 1 2; do {self.call(0 if not status else self.random.randrange(2))}; {self.call(status)}; done"
        if pick == 10 and status:
            return f"{{ {self.call(1)} || exit {self.random.randrange(2)}; }}"
        return f"({self.call(0)}; {self.call(status)})"

    def list(self, operators: str, count: int) -> list[str]:
        """Statements and operators in turn; the first statement may be `set -e`."""
        parts = [self.statement(0)]
        if self.random.random() < 0.3:
            parts, self.well = ["set -e"], []
        for index in range(1, count):
            parts += [self.random.choice(operators.split()), self.statement(index)]
        return parts

    def laid_out(self, parts: list[str]) -> str:
        style = self.random.randrange(5)
        if style == 4:
            lines = "".join("\n" if p == ";" else f" {p} " if p in ("&&", "||") else p for p in parts)
            return f"RUN <<END\n{lines}\nEND\n"
        text = "RUN "
        for part in parts:
            if part in ("&&", "||", ";"):
                gap = self.random.choice([" ", " \\\n    "]) if style == 3 else " " if style == 0 else " \\\n    "
                comment = "    # a note\n" if "\n" in gap and self.random.random() < 0.2 else ""
                before = "" if part == ";" else " "
                text += f"{before}{part}{gap}" if style != 2 or part == ";" else f"{gap}{part} "
                text = text.removesuffix("    ") + comment + "    " if comment and text.endswith("\\\n    ") else text
            else:
                text += part
        return text + "\n"


def text_of(dockerfile: str) -> str:
    run = parse(dockerfile.encode()).instructions[1]
    return (run.heredocs[0].body if run.heredocs else run.rest).text


def ran(shell: list[str], text: str) -> tuple[list[str], int]:
    """The IDs in the order in which they ran, and the shell's status."""
    # The prelude's line ends before the text: a trap or a `set` of the text is its own.
    done = subprocess.run([*shell, "-c", f"exec 3>&1 >/dev/null\n{PRELUDE}\n{text}"], capture_output=True, timeout=10, check=False)
    assert b"yntax" not in done.stderr, (text, done.stderr)
    return done.stdout.decode().split(), done.returncode


def notes(text: str) -> set[str]:
    return set(re.findall(r"\bc (\d+) ", text))


@pytest.mark.parametrize("shell", SHELLS, ids=lambda s: s[0])
@pytest.mark.parametrize("operators", ["&&", "; &&", "&& ; ||"])
def test_what_is_cut_does_not_run_and_all_else_does(shell: list[str], operators: str) -> None:
    refused = 0
    for seed in range(SAMPLES):
        maker = Maker(seed)
        dockerfile = "FROM a\n" + maker.laid_out(maker.list(operators, maker.random.randrange(2, 7)))
        cut = frozenset(i for i in maker.well if maker.random.random() < 0.5)
        before = text_of(dockerfile)
        found = statements(parse_shell(LogicalText.of(before.encode())))
        after = run_edited(dockerfile, RunEdit(cut=cut))
        if isinstance(after, Refusal):
            refused += 1
            continue
        gone = {n for i in cut for n in notes(before[found[i].start : found[i].end])}
        ids, status = ran(shell, before)
        assert len(cut) < len(found) or "RUN" not in after
        if len(cut) < len(found):
            assert ran(shell, text_of(after)) == ([n for n in ids if n not in gone], status), (before, text_of(after))
    assert refused < SAMPLES * (0.7 if "||" in operators else 0.05)


@pytest.mark.parametrize("shell", SHELLS, ids=lambda s: s[0])
@pytest.mark.parametrize("operators", ["&&", "; &&", "&& ; ||"])
def test_what_comes_in_runs_first_and_last(shell: list[str], operators: str) -> None:
    for seed in range(SAMPLES):
        maker = Maker(seed)
        dockerfile = "FROM a\n" + maker.laid_out(maker.list(operators, maker.random.randrange(1, 5)))
        enter = tuple(f"c 90{n} 0" for n in range(maker.random.randrange(3)))
        leave = tuple(f"c '91{n}' 0" for n in range(maker.random.randrange(3)))
        after = run_edited(dockerfile, RunEdit(enter=enter, leave=leave))
        assert isinstance(after, str), (dockerfile, after)
        ids, status = ran(shell, text_of(dockerfile))
        got, ended = ran(shell, text_of(after))
        assert ended == status, (dockerfile, after)
        first, last = [f"90{n}" for n in range(len(enter))], [f"91{n}" for n in range(len(leave))]
        allowed = [[*first, *ids, *last]] + ([[*first, *ids]] if status else [])
        assert got in allowed, (dockerfile, after)


@pytest.mark.parametrize("shell", SHELLS, ids=lambda s: s[0])
@pytest.mark.parametrize("text", ["RUN c 1 0\n", "RUN c 1 0; c 2 0\n", "RUN <<E\nc 1 0\nc 2 0\nE\n"])
def test_a_failing_command_that_comes_first_ends_the_run(shell: list[str], text: str) -> None:
    after = run_edited("FROM a\n" + text, RunEdit(enter=("c 90 1",), leave=("c 91 0",)))
    assert isinstance(after, str)
    ids, status = ran(shell, text_of(after))
    assert [n for n in ids if n != "91"] == ["90"]
    assert status == 1

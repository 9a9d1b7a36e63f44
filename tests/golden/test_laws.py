"""The laws of ARCHITECTURE.md on every golden case. Law 7 with its variants is in test_variants, law 5 on generated text in test_generated."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from pathlib import Path

import dockerfile as buildkit
import pytest
from corpus.parser_diff import compare, laws, sanitized
from e2e.case import Case

from remediate.callers.reasons import REASONS as CALLER_REASONS
from remediate.dockerfile.parser import parse
from remediate.dockerfile.tree import Instruction
from remediate.fixers.reasons import REASONS
from remediate.knowledge.buildkit_rule import flags as buildkit_flags

from .callers import CALLERS
from .ran import CASES, dockerfiles, ran, read_tree, write_tree
from .regenerate import expected_command

each = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)

# Reasons that no Dockerfile reaches, with the reason for that.
UNREACHED = {
    "shared-name": "one name for two secrets of different fates, of which one is made of the other: tests/fixers/test_refusals.py",
    "too-many-places": "thousands of places: tests/corpus/bad_written.py",
    "meaning-changed": "the guard behind every rewrite: a file that reaches it shows a bug of the tool",
    "linked": "values that join two secrets are followed as one flow, so nothing is held up by another secret",
}
UNREACHED_CALLERS = {"caller-unproved": "the guard behind every rewrite of a caller: a file that reaches it shows a bug of the tool"}


def texts(tree: dict[str, bytes]) -> list[bytes]:
    return [tree[path] for path in dockerfiles(tree)]


@each
def test_outcome(case: Case) -> None:
    """`fix` makes of before/ what a person has written in after/, and every other file stays."""
    done = ran(case.name)
    wanted = read_tree(case.folder / "after")
    for path in sorted({*done.tree, *wanted}):
        got, want = (t.get(path, b"(no such file)").decode("utf-8", "backslashreplace") for t in (done.tree, wanted))
        assert got == want, path
    applied = [f for file in done.planned["files"] for f in file["findings"] if f["applied"]]
    assert bool(applied) == (case.expect != "refused")
    assert done.planned["errors"] == []


@each
def test_report_and_command(case: Case) -> None:
    done = ran(case.name)
    assert done.report == (case.folder / "report.txt").read_text()
    command = case.folder / "command.txt"
    assert expected_command(case, done) == (command.read_text() if command.exists() else "")
    assert (case not in CALLERS) + 1 <= len((case.folder / "why.md").read_text().splitlines()) <= 6


@each
def test_laws_1_and_2_prints_back_and_tiles(case: Case) -> None:
    for data in (*texts(read_tree(case.folder / "before")), *texts(ran(case.name).tree)):
        assert laws(data, parse(data)) == ""


def raw(one: Instruction) -> bytes:
    return one.data[one.start : one.end]


IN_TRANSITION = re.compile(rb"--mount=type=secret,id=\w+ \\\s+\[ ! -s [^;]*; \\\s+")


def subsequence(part: bytes, whole: bytes) -> bool:
    rest = iter(whole)
    return all(byte in rest for byte in part)


def between(data: bytes) -> list[bytes]:
    """Everything outside of instructions, line by line, without what a fix may put there."""
    out, at = [], 0
    spans = [(one.start, one.end) for one in parse(data).instructions]
    for start, end in (*spans, (len(data), len(data))):
        out += data[at:start].splitlines(keepends=True)
        at = end
    return [line for line in out if not re.match(rb"(?:\xef\xbb\xbf)?# (?:syntax=docker/dockerfile:1\r?\n|remediate: transition )", line)]


@each
def test_law_3_files_beside_it(case: Case) -> None:
    """Nothing but Dockerfiles, their callers (test_caller_laws) and `.dockerignore` changes, and a `.dockerignore` only gets lines."""
    done, before = ran(case.name), read_tree(case.folder / "before")
    assert set(before) <= set(done.tree)
    for path, after in done.tree.items():
        if case in CALLERS and path in before and not path.endswith(".dockerignore"):
            continue
        if after != before.get(path) and path not in dockerfiles(before):
            assert path.endswith(".dockerignore"), path
            assert case.remedy in ("copied", "ssh"), "a case whose .dockerignore changes says by which remedy"
            assert in_order(before.get(path, b"").splitlines(), after.splitlines())


def in_order(part: list[bytes], whole: list[bytes]) -> bool:
    """Is `part` what is left of `whole` when some of it is taken out?"""
    rest = iter(whole)
    return all(one in rest for one in part)


REMEDIED = [case for case in CASES if case.remedy and case.expect != "refused"]


@pytest.mark.parametrize("case", REMEDIED, ids=lambda case: case.name)
def test_law_3_for_remedies(case: Case) -> None:
    """Where a remedy moves and cuts text: no new comment, every other instruction is as it was, and a copy only has fewer sources.

    A RUN that is new, or gone, is one that the remedy is about: it writes, reads or removes what held the secret, so it is beside one
    that changed. All other RUNs are the same bytes in the same order.
    """
    done = ran(case.name)
    for path, before in read_tree(case.folder / "before").items():
        after = done.tree[path]
        if before == after or path not in dockerfiles(done.tree):
            continue
        assert in_order([line for line in between(after) if line.strip()], between(before)), "a comment that was not there"
        old, new = parse(before).instructions, parse(after).instructions
        loose = ("ARG", "ENV", "RUN", "COPY", "ADD")
        assert [raw(o) for o in new if o.keyword not in loose] == [raw(o) for o in old if o.keyword not in loose]
        copies = [raw(o) for o in old if o.keyword in ("COPY", "ADD")]
        for one in new:
            if one.keyword in ("COPY", "ADD"):
                copies = copies[next(i for i, c in enumerate(copies) if subsequence(raw(one), c)) + 1 :]
        was, now = ([raw(o) for o in side if o.keyword == "RUN"] for side in (old, new))
        assert len(now) <= len(was), "a layer more than before"
        kept = [text for text in was if text in now]
        assert [text for text in now if text in was] == kept, "RUNs that are no concern of the remedy changed places"
        assert kept != was


@each
def test_law_3_bytes_outside_edits(case: Case) -> None:
    """Comments, blank lines and all instructions but ARG, ENV and RUN are the same bytes; a RUN only grows, an ARG or ENV only shrinks."""
    if case in REMEDIED:
        return  # the law above
    done = ran(case.name)
    for path, before in read_tree(case.folder / "before").items():
        after = done.tree[path]
        if before == after or path not in dockerfiles(done.tree):
            continue
        assert between(before.removeprefix(b"\xef\xbb\xbf")) == between(after.removeprefix(b"\xef\xbb\xbf"))
        assert before.startswith(b"\xef\xbb\xbf") == after.startswith(b"\xef\xbb\xbf")
        old, new = parse(before).instructions, parse(after).instructions
        kept = [raw(one) for one in old if one.keyword not in ("ARG", "ENV", "RUN")]
        assert kept == [raw(one) for one in new if one.keyword not in ("ARG", "ENV", "RUN")]
        for was, now in zip(*([raw(o) for o in side if o.keyword == "RUN"] for side in (old, new)), strict=True):
            # the way out of a transition takes the statement of the way in out again
            assert subsequence(IN_TRANSITION.sub(b"", was) if b"# remediate: transition" in before else was, now)
        declared = [raw(one) for one in old if one.keyword in ("ARG", "ENV")]
        for one in new:
            if one.keyword in ("ARG", "ENV"):
                declared = declared[next(i for i, d in enumerate(declared) if subsequence(raw(one), d)) + 1 :]


@each
def test_laws_4_and_6_buildkit_reads_the_same(case: Case) -> None:
    """BuildKit's parser accepts what came out and reads it as this one does; the shell accepts every RUN that it accepted before."""
    before = read_tree(case.folder / "before")
    for path in dockerfiles(before):
        after = ran(case.name).tree[path]
        theirs = buildkit.parse_string(sanitized(after).decode())
        assert compare(parse(sanitized(after)), theirs, Counter()) == ""
        if after != before[path]:
            old = buildkit.parse_string(sanitized(before[path]).decode())
            olds, news = ([c for c in side if c.cmd.upper() == "RUN" and not c.json] for side in (old, theirs))
            if case.remedy:  # which RUN became which cannot be told: all must be read if all were
                assert all(map(shell_reads, news)) or not all(map(shell_reads, olds))
                continue
            for was, now in zip(olds, news, strict=True):
                if was.value != now.value and shell_reads(was):
                    assert shell_reads(now), now.value


def shell_reads(command: buildkit.Command) -> bool:
    text = "".join(h.content for h in command.heredocs) if command.heredocs else command.value[0]
    return subprocess.run(["dash", "-n"], input=text, text=True, capture_output=True, check=False).returncode == 0


@each
def test_law_5_converges(case: Case) -> None:
    """A second fix changes nothing, and check finds nothing of what was fixed; nor would BuildKit's own rule."""
    done = ran(case.name)
    assert done.again == done.tree
    if case.options.get("transition"):
        return
    fixed = {(f["name"], f["instruction"]) for file in done.planned["files"] for f in file["findings"] if f["applied"]}
    assert not fixed & {(f["name"], f["instruction"]) for file in done.left["files"] for f in file["findings"]}
    for data in texts(done.tree):
        # an empty ENV that undoes another one holds no secret, whatever its name
        pairs = [(o.keyword, p) for o in parse(data).instructions if o.keyword in ("ARG", "ENV") for p in o.pairs]
        declared = {(p.name, keyword) for keyword, p in pairs if keyword == "ARG" or (p.value is not None and p.value.text)}
        assert not {(name, keyword) for name, keyword in declared & fixed if buildkit_flags(name)}


SPOKEN = tuple((case, text) for case in CASES for text in case.plants)


@pytest.mark.parametrize(("case", "literal"), SPOKEN, ids=[case.name for case, _ in SPOKEN])
def test_law_8_no_report_shows_a_value(case: Case, literal: str) -> None:
    """Not the text, not JSON, not a command, not the lines that a patch adds, nor anything of a redacted patch."""
    done = ran(case.name)
    assert any(literal.encode() in data for data in read_tree(case.folder / "before").values())
    added = b"\n".join(line for line in done.patch.splitlines() if not line.startswith((b"-", b" ")))
    for shown in (done.report, str(done.planned), str(done.left), added.decode(), done.redacted.decode()):
        assert literal not in shown


@each
def test_law_9_the_patch_is_the_fix(case: Case, tmp_path: Path) -> None:
    """Real `git apply` and real `patch -p1` make of before/ what `fix` writes."""
    done = ran(case.name)
    before = read_tree(case.folder / "before")
    assert bool(done.patch) == (done.tree != before)
    if not done.patch:
        return
    for name, argv in (("git", ["git", "apply", "-"]), ("patch", ["patch", "-p1", "--binary", "--quiet", "--no-backup-if-mismatch"])):
        folder = tmp_path / name
        write_tree(before, folder)
        (folder / ".git").rmdir()
        applied = subprocess.run(argv, cwd=folder, input=done.patch, capture_output=True, check=False)
        assert applied.returncode == 0, applied.stderr + applied.stdout
        assert read_tree(folder) == done.tree


def test_every_reason_has_a_case() -> None:
    """Each code is reached by some case; a refused case named after a code reaches that one."""
    reached = {case.name: {f["reason"] for file in ran(case.name).left["files"] for f in file["findings"]} for case in CASES}
    planned = {case.name: {f["reason"] for file in ran(case.name).planned["files"] for f in file["findings"]} for case in CASES}
    callers = {use["reason"] for case in CASES for use in ran(case.name).planned["callers"]} - {""}
    codes = set().union(*reached.values(), *planned.values()) - {""} - set(CALLER_REASONS)
    assert codes == set(REASONS) - set(UNREACHED)
    assert callers == set(CALLER_REASONS) - set(UNREACHED_CALLERS)
    for case in CASES:
        if case.expect == "refused" and case not in CALLERS:
            assert any(case.name.startswith(f"refused-{code}") for code in planned[case.name] if code), case.name


def test_there_are_enough_cases() -> None:
    built = [case for case in CASES if case.expect in ("fixed", "unsafe")]
    assert len(built) >= 45
    assert len(CASES) - len(built) >= 17
    assert len(CALLERS) >= 120
    assert sum(case.expect == "refused" for case in CALLERS) >= 40

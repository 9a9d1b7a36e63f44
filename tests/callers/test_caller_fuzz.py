"""Callers that are a little wrong: what the golden cases hold, cut, doubled, mixed up. No reader may fall over, no edit may miss."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from remediate.callers.decide import reads_back
from remediate.callers.jobs import Task
from remediate.callers.model import CallerFile, Job, Move
from remediate.callers.repository import Repository
from remediate.callers.search import MODULES, read, rewritten, speaks_of_builds
from remediate.model import Delivery, Edit
from remediate.repo.caller_files import caller_kind
from remediate.text import apply

from .working import spec

GOLDEN = Path(__file__).parents[2] / "golden"
EACH = 60  # mutants of a kind; a second for each kind, in all
TOKENS = (
    b"'", b'"', b"\\", b"\n", b"\r\n", b"\t", b"$", b"${", b"$(", b"`", b"{", b"}", b"[", b"]", b"(", b")", b"#", b":", b": ", b"- ", b"|", b"&a ", b"*a", b"<<: *a",
    b"{{ x }}", b"${{ x }}", b"--build-arg ", b"--build-arg NPM_TOKEN=$NPM_TOKEN ", b"<<EOF\n", b"\\\n", b"\xff", b"\xc3\xa9", b"\xe2\x80\xa8", b"\0", b"\xef\xbb\xbf", b"=", b",", b";", b"//", b"/*", b"if ", b"docker build . ",
)  # fmt: skip


@cache
def callers() -> dict[str, list[tuple[Path, str]]]:
    """Kind -> the callers of the golden cases: the repository that holds one, its path."""
    out: dict[str, list[tuple[Path, str]]] = {}
    for before in sorted(GOLDEN.glob("caller-*/before")):
        for file in sorted(p for p in before.rglob("*") if p.is_file() and not p.is_symlink()):
            kind = caller_kind(str(file.relative_to(before)), data := file.read_bytes())
            if kind in MODULES and speaks_of_builds(kind, data):
                out.setdefault(kind, []).append((before, file.relative_to(before).as_posix()))
    return out


def mutants(kind: str) -> Iterator[tuple[Path, str, bytes]]:
    """The same ones in every run: first each file as it is and with other line ends, then changed in one to three places."""
    dice = random.Random(kind)
    files = callers()[kind]
    for before, path in files[: EACH // 4]:
        data = (before / path).read_bytes()
        yield before, path, data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    for _ in range(EACH):
        before, path = dice.choice(files)
        data = (before / path).read_bytes()
        if dice.random() < 0.2:
            data = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        for _ in range(dice.randint(1, 3)):
            data = mutated(data, dice)
        yield before, path, data


def mutated(data: bytes, dice: random.Random) -> bytes:
    lines = data.split(b"\n")
    at, line = dice.randint(0, len(data)), dice.randrange(len(lines))
    match dice.randrange(7):
        case 0:
            return data[:at] + data[at + dice.randint(1, 20) :]
        case 1:
            return data[:at] + dice.choice(TOKENS) + data[at:]
        case 2:
            return b"\n".join([*lines[:line], *lines[line + 1 :]])
        case 3:
            return b"\n".join([*lines[: line + 1], *lines[line:]])
        case 4:
            other = dice.randrange(len(lines))
            lines[line], lines[other] = lines[other], lines[line]
            return b"\n".join(lines)
        case 5:
            lines[line] = b" " * dice.randint(0, 3) + (lines[line].lstrip() if dice.random() < 0.5 else lines[line])
            return b"\n".join(lines)
        case _:
            return data[:at]


@pytest.mark.parametrize("kind", sorted(MODULES))
def test_a_mutant_is_read_or_refused(kind: str) -> None:
    """Never an accident, and what is written reads back: the coordinator would refuse it otherwise, but then a reader is wrong."""
    assert kind in callers(), "no golden case of this kind"
    for before, path, data in mutants(kind):
        place = f"{before.parent.name}/{path}: {data!r}"
        repository = Repository(str(before), over={path: data})
        file = CallerFile(path, data, kind)
        reading = read(file, repository)
        assert not any("defect" in u.refused.detail for u in reading.unread), f"{reading.unread} {place}"
        assert all(1 <= u.line <= data.count(b"\n") + 2 for u in reading.unread), f"{reading.unread} {place}"
        tasks = [
            Task(build, Move(spec(name, name.lower(), Delivery.ENV), name, name.lower() in build.secrets), build.line, ())
            for build in reading.builds if build.refused is None
            for name in dict.fromkeys(a.name for a in build.args if a.name.isidentifier())
        ]  # fmt: skip
        jobs = [Job(b, tuple(t.move for t in tasks if t.build is b)) for b in reading.builds if any(t.build is b for t in tasks)]
        if not jobs:
            continue
        done = rewritten(file, repository, jobs)
        assert not any("defect" in r.refused.detail for r in done.refused), f"{done.refused} {place}"
        if done.refused:
            continue  # it would be asked again, without these
        edits: dict[str, list[Edit]] = {}
        for one in dict.fromkeys(done.edits):
            text = repository.read(one.path)
            assert text is not None and 0 <= one.edit.span.start <= one.edit.span.end <= len(text), place
            edits.setdefault(one.path, []).append(one.edit)
        after = {p: apply(repository.read(p) or b"", es) for p, es in edits.items()}
        changed = repository.with_files(after)
        again = read(CallerFile(path, changed.read(path) or b"", kind), changed)
        assert reads_back(reading, again, tasks), f"{place}\n-> {changed.read(path)!r}"

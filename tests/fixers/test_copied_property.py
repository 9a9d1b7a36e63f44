"""Copied files in any spelling: what comes out is read by BuildKit's own parser, is stable, and its patch applies."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import dockerfile
import pytest

from remediate.fixers.remedies import merged
from remediate.fixers.rewrite import reads_back, rewrite
from remediate.model import Applicability, Refusal
from remediate.patch import unified
from remediate.text import apply
from tests.fixers.test_copied import proposed

MANY = 400
SECRETS = (".npmrc", ".netrc", "id_rsa")
DESTS = {".npmrc": ("./", "/app/.npmrc", "/root/.npmrc"), ".netrc": ("/root/.netrc", "/root/"), "id_rsa": ("/root/.ssh/id_rsa", "/root/.ssh/")}
PLAIN = ("package.json", "lib", "a-b.txt")
READ = ("npm ci", "git clone git@github.com:acme/app.git x", "curl -n https://x.example/a", "go mod download", "make all", "echo done")


def spelled(rng: random.Random) -> str:
    """A Dockerfile that copies credential files somehow, and does something with them."""
    escape = rng.choice(("\\", "\\", "\\", "`"))
    lines = ["# escape=`"] if escape == "`" else []
    lines += ["FROM node:20 AS build", "WORKDIR /app", "# about the files"]
    for _ in range(rng.randint(1, 3)):
        lines += copy_lines(rng, escape)
        if rng.random() < 0.3:
            lines += ["", "# a comment"]
    for _ in range(rng.randint(1, 3)):
        lines += run_lines(rng, escape)
    lines += rng.choice((["FROM scratch", "COPY --from=build /app/x /x"], ['CMD ["./x"]'], []))
    newline = rng.choice(("\n", "\n", "\r\n"))
    return newline.join(lines) + (newline if rng.random() < 0.8 else "")


def copy_lines(rng: random.Random, escape: str) -> list[str]:
    name = rng.choice(SECRETS)
    sources = [name, *rng.sample(PLAIN, rng.randint(0, 2))]
    rng.shuffle(sources)
    dest = rng.choice(DESTS[name]) if len(sources) == 1 else "/root/" if name != ".npmrc" else "./"
    key = rng.choice(("COPY", "COPY", "copy", "ADD", "COPY --chown=1:1", "COPY  --link"))
    if rng.random() < 0.25:
        return [f"{key} [" + ", ".join(f'"{s}"' for s in (*sources, dest)) + "]"]
    if rng.random() < 0.35:
        out = [f"{key} {sources[0]} {escape}"]
        for source in sources[1:]:
            out += [f"    {source} {escape}", *(["  # which one"] if rng.random() < 0.3 else [])]
        return [*out, f"    {dest}"]
    return [f"{key} " + rng.choice((" ", "  ", "\t")).join((*sources, dest))]


def run_lines(rng: random.Random, escape: str) -> list[str]:
    commands = rng.sample(READ, rng.randint(1, 3))
    if rng.random() < 0.6:
        name = rng.choice(SECRETS)
        place = {".npmrc": ".npmrc", ".netrc": "/root/.netrc", "id_rsa": "/root/.ssh/id_rsa"}[name]
        commands.append(rng.choice((f"rm -f {place}", f"rm {place} other", f"chmod 600 {place}", f"rm {place} || true")))
    if rng.random() < 0.15:
        return ["RUN <<EOF", *commands, "EOF"]
    joiner = rng.choice((" && ", " && ", "; ", f" && {escape}\n    ", f" {escape}\n # why\n && "))
    return ("RUN " + joiner.join(commands)).split("\n")


def fixed_or_not(text: str) -> bytes | None:
    """The file after what can be applied; None where nothing can."""
    trace, found = proposed(text)
    remedies = [p.remedy for p in found if p.remedy is not None and p.fix is Applicability.SAFE]
    if not remedies:
        return None
    whole = merged(remedies)
    edits = rewrite(trace, whole)
    if isinstance(edits, Refusal):
        return None
    after = apply(text.encode(), edits)
    assert reads_back(trace, whole, after) == "", text
    return after


@pytest.fixture(scope="module")
def cases() -> list[tuple[str, bytes]]:
    rng = random.Random(20)
    texts = [spelled(rng) for _ in range(MANY)]
    return [(text, after) for text in texts if (after := fixed_or_not(text)) is not None]


def test_there_are_enough(cases: list[tuple[str, bytes]]) -> None:
    assert len(cases) > MANY // 5


def test_buildkit_reads_them(cases: list[tuple[str, bytes]]) -> None:
    for text, after in cases:
        before = [c for c in dockerfile.parse_string(text) if c.cmd.lower() not in ("copy", "add", "run")]
        read = dockerfile.parse_string(after.decode())
        assert [(c.cmd, c.value) for c in read if c.cmd.lower() not in ("copy", "add", "run")] == [(c.cmd, c.value) for c in before], text
        for command in read:
            assert command.cmd.lower() not in ("copy", "add") or len(command.value) > 1, (text, after)


def test_a_second_time_changes_nothing(cases: list[tuple[str, bytes]]) -> None:
    for text, after in cases:
        again = fixed_or_not(after.decode()) if b".npmrc" in after or b".netrc" in after or b"id_rsa" in after else None
        assert again is None or b"--mount" in again, text
        assert again is None or fixed_or_not(again.decode()) in (None, again), text


def test_other_lines_keep_their_bytes(cases: list[tuple[str, bytes]]) -> None:
    kept = ("FROM", "WORKDIR", "CMD", "COPY --from")  # a comment goes with the COPY below it
    for text, after in cases:
        lines = after.decode().splitlines(keepends=True)
        for line in text.splitlines(keepends=True):
            assert not line.startswith(kept) or line in lines or line.rstrip() in after.decode(), text
        assert (b"\r\n" in after) == ("\r\n" in text), text
        assert b"\r\n" not in after or after.count(b"\r\n") == after.count(b"\n"), (text, after)


@pytest.mark.skipif(shutil.which("git") is None, reason="no git")
def test_the_patch_applies(cases: list[tuple[str, bytes]], tmp_path: Path) -> None:
    whole = b""
    for number, (text, after) in enumerate(cases):
        (tmp_path / f"d{number}").write_bytes(text.encode())
        whole += unified(f"d{number}", text.encode(), after)
    subprocess.run(["git", "apply", "-"], input=whole, cwd=tmp_path, check=True, capture_output=True)
    for number, (_, after) in enumerate(cases):
        assert (tmp_path / f"d{number}").read_bytes() == after

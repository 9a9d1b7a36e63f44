"""Laws 1 to 6 and 8 on generated Dockerfiles: never an exception, fixed twice is fixed once, and what is fixed is gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import dockerfile as buildkit
import pytest
from corpus.parser_diff import compare, laws, sanitized
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remediate.dockerfile.parser import parse
from remediate.dockerfile.tree import Dockerfile
from remediate.knowledge.buildkit_rule import flags as buildkit_flags
from remediate.model import Finding, Options, RemediateError
from remediate.pipeline.one import process

from .generated import LITERALS, dockerfiles

options = st.builds(
    Options,
    delivery=st.sampled_from(("auto", "auto", "env", "file")),
    engine=st.sampled_from(("docker", "docker", "buildah")),
    unsafe=st.booleans(),
    transition=st.sampled_from((False, False, False, True)),
)


def accepted(data: bytes) -> tuple[buildkit.Command, ...] | None:
    try:
        return buildkit.parse_string(sanitized(data).decode())  # type: ignore[no-any-return]
    except buildkit.GoParseError:
        return None


def declared(tree: Dockerfile) -> Counter[tuple[str, str]]:
    """How often each ARG and ENV stands in the file; ONBUILD's are not its own."""
    return Counter((p.name, one.keyword) for one in tree.instructions if one.keyword in ("ARG", "ENV") for p in one.pairs)


def named(findings: Iterable[Finding]) -> Counter[tuple[str, str, str]]:
    """How often a name is found at an instruction of that kind; the names of literals and files stand for themselves."""
    return Counter((f.name, f.instruction, f.rule) for f in findings)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], print_blob=False)
@given(dockerfiles(), options)
def test_fix_twice(data: bytes, chosen: Options) -> None:
    try:
        done = process(data, "Dockerfile", chosen)
    except RemediateError:
        assert accepted(data) is None or b"\x00" in data
        return
    tree = parse(done.after)
    assert laws(done.after, tree) == ""
    if accepted(data) is not None:
        theirs = accepted(done.after)
        assert theirs is not None
        assert compare(tree, theirs, Counter()) == ""
    again = process(done.after, "Dockerfile", chosen)
    assert again.after == done.after
    if not chosen.transition:
        kept = named(f for f in done.findings if not f.applied)
        assert named(again.findings) - kept == Counter(), "check finds what was fixed, or something new"
        fixed = Counter((f.name, f.instruction) for f in done.findings if f.applied and f.instruction in ("ARG", "ENV") and buildkit_flags(f.name))
        before, after = declared(parse(data)), declared(tree)
        assert all(after[key] <= before[key] - count for key, count in fixed.items())
    shown = repr((done.findings, done.notes, done.secrets, done.build_args))
    assert not any(literal in shown for literal in LITERALS)


def test_the_generator_reaches_all_outcomes() -> None:
    """What the law is worth: among generated files there are fixes, refusals for many reasons, and files that nothing is done to."""
    applied: Counter[str] = Counter()
    reasons: Counter[str] = Counter()

    @settings(max_examples=500, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(dockerfiles(), options)
    def look(data: bytes, chosen: Options) -> None:
        try:
            done = process(data, "Dockerfile", chosen)
        except RemediateError:
            return
        applied["changed" if done.after != data else "found" if done.findings else "clean"] += 1
        reasons.update(f.reason for f in done.findings if f.reason)

    look()
    assert min(applied["changed"], applied["found"]) >= 15
    assert len(reasons) >= 8, reasons


@pytest.mark.parametrize("data", [b"FROM a\nARG", b"ARG NPM_TOKEN", b"", b"FROM a\nRUN <<EOF\n", b"ENV NPM_TOKEN=${", b"FROM a\nENV NPM_TOKEN"])
def test_broken_files_are_errors_or_left(data: bytes) -> None:
    try:
        assert process(data, "Dockerfile", Options(unsafe=True)).after is not None
    except RemediateError as error:
        assert "\n" not in str(error)

"""Two verbs for the tests of the fixers: `check_transformed` and `check_refused`. Both also check that a second run changes nothing."""

from __future__ import annotations

from typing import Any

from remediate.analysis.surroundings import Place, Surroundings
from remediate.model import FileOutcome, Options
from remediate.pipeline.one import ALONE, Neighbourhood, process


def outcome(text: str | bytes, context: dict[str, list[tuple[str, str]]] | None = None, files: dict[str, str] | None = None, **options: Any) -> FileOutcome:
    """`context`: variable -> (path, kind) of context files that name it; None for no context at hand. `files`: path -> content of scripts."""
    held = {path: content.encode() for path, content in (files or {}).items()}
    data = text.encode() if isinstance(text, str) else text
    near = ALONE
    if context is not None:
        mentions = {name: tuple(Place(p, 1, k) for p, k in places) for name, places in context.items()}
        near = Neighbourhood(lambda tree, names: Surroundings(True, mentions, files=lambda: tuple(held), read=held.get), lambda tree, path: None, lambda names: ())
    return process(data, "Dockerfile", Options(engine=options.pop("engine", "docker"), **options), near=lambda: near)


def check_transformed(
    before: str | bytes,
    after: str | bytes,
    context: dict[str, list[tuple[str, str]]] | None = None,
    files: dict[str, str] | None = None,
    **options: Any,
) -> FileOutcome:
    done = outcome(before, context, files, **options)
    wanted = after.encode() if isinstance(after, str) else after
    assert done.after.decode("utf-8", "replace") == wanted.decode("utf-8", "replace")
    assert done.after == wanted
    again = outcome(done.after, context, files, **options)
    assert again.after == done.after, "a second run changes something"
    fixed = {(f.name, f.instruction) for f in done.findings if f.applied}
    if not options.get("transition"):
        assert not fixed & {(f.name, f.instruction) for f in again.findings}, "check still finds what was fixed"
    return done


def check_refused(before: str | bytes, reason: str, context: dict[str, list[tuple[str, str]]] | None = None, **options: Any) -> FileOutcome:
    done = outcome(before, context, **options)
    data = before.encode() if isinstance(before, str) else before
    assert done.after == data
    assert reason in {f.reason for f in done.findings}
    assert not any(f.applied for f in done.findings)
    return done

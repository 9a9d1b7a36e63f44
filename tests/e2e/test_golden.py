"""Every golden case that is fixed builds to the same thing without the leak, on every engine that knows what it uses."""

from __future__ import annotations

from pathlib import Path

import pytest

from .case import Case, load_all
from .conftest import Farm
from .engines import ALL, Engine
from .proof import Proof, prove, supports

GOLDEN = Path(__file__).parent.parent.parent / "golden"
EXAMPLES = Path(__file__).parent / "examples"
GOOD = [case for case in (*load_all(GOLDEN), *load_all(EXAMPLES)) if case.built and not case.finds]
PAIRS = [(case, engine) for case in GOOD for engine in ALL if not supports(engine, case)]


def _queue(farm: Farm, items: list[pytest.Item]) -> None:
    """Queue all pairs of this session at once, so that the engines work beside each other."""
    if farm.ready:
        return
    chosen = {item.name for item in items}
    for case, engine in PAIRS:
        if f"test_golden[{case.name}-{engine.name}]" in chosen and not engine.missing():
            farm.need(engine)
            farm.ready[case.name, engine.name] = farm.submit(
                engine, case.name, lambda case=case, engine=engine: prove(case, engine)  # type: ignore[misc]
            )


def assert_good(case: Case, proof: Proof) -> None:
    """The contract, promises 1 to 3, for one case on one engine."""
    assert proof.differences == []
    assert proof.leaks_after == []
    assert proof.forgiven == []
    assert proof.unused == []
    unseen = set(case.secrets) - {leak.name for leak in proof.leaks_before}
    assert not unseen, f"the old build leaks none of {unseen}: the case proves nothing about them"


@pytest.mark.parametrize(("case", "engine"), PAIRS, ids=[f"{case.name}-{engine.name}" for case, engine in PAIRS])
def test_golden(case: Case, engine: Engine, farm: Farm, request: pytest.FixtureRequest) -> None:
    farm.need(engine)
    _queue(farm, request.session.items)
    assert_good(case, farm.ready[case.name, engine.name].result())


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_each_case_is_built_somewhere(case: Case) -> None:
    assert any(first is case for first, _ in PAIRS), [supports(engine, case) for engine in ALL]

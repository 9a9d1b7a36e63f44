"""Every golden case that is fixed builds to the same thing without the leak, on every engine that knows what it uses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .case import Case, load_all
from .conftest import Farm
from .engines import ALL, Engine
from .proof import Proof, prove, supports

GOLDEN = Path(__file__).parent.parent.parent / "golden"
EXAMPLES = Path(__file__).parent / "examples"
# The Dockerfiles of cases of callers are those of other cases; their callers are run in test_callers_real.
GOOD = [case for case in (*load_all(GOLDEN), *load_all(EXAMPLES)) if case.built and not case.finds and not case.name.startswith("caller-")]
PAIRS = [(case, engine) for case in GOOD for engine in ALL if not supports(engine, case)]


def _leak_is_due(case: Case, engine: Engine) -> bool:
    """Older engines leak less (an inherited ARG is in nobody's history on docker20): the newest that builds the case must leak."""
    return engine == next(e for e in ALL if not supports(e, case))


def _queue(farm: Farm, items: list[pytest.Item], own: str) -> None:
    """Queue all pairs of this session at once, so that the engines work beside each other."""
    if farm.ready and "PYTEST_XDIST_WORKER" not in os.environ:
        return
    chosen = {item.name for item in items if "PYTEST_XDIST_WORKER" not in os.environ or item.nodeid == own}
    for case, engine in PAIRS:
        if f"test_golden[{case.name}-{engine.name}]" in chosen and not engine.missing():
            farm.need(engine)
            farm.ready[case.name, engine.name] = farm.submit(
                engine, case.name, lambda case=case, engine=engine: prove(case, engine)  # type: ignore[misc]
            )


def assert_good(case: Case, engine: Engine, proof: Proof) -> None:
    """The contract, promises 1 to 3, for one case on one engine."""
    assert proof.differences == []
    assert proof.leaks_after == []
    assert proof.forgiven == []
    assert proof.unused == []
    unseen = set(case.secrets) - {leak.name for leak in proof.leaks_before}
    assert not (unseen and _leak_is_due(case, engine)), f"the old build leaks none of {unseen}: the case proves nothing about them"


@pytest.mark.parametrize(("case", "engine"), PAIRS, ids=[f"{case.name}-{engine.name}" for case, engine in PAIRS])
def test_golden(case: Case, engine: Engine, farm: Farm, request: pytest.FixtureRequest) -> None:
    farm.need(engine)
    _queue(farm, request.session.items, request.node.nodeid)
    assert_good(case, engine, farm.ready[case.name, engine.name].result())


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_each_case_is_built_somewhere(case: Case) -> None:
    assert any(first is case for first, _ in PAIRS), [supports(engine, case) for engine in ALL]

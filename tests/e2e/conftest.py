"""Starts each engine once a session, and runs the builds of the engines beside each other, one thread each.

An engine that is missing is a visible skip on a developer's machine and a failure where CI=true.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TextIO

import pytest

from .base import write_rootfs
from .engines import ALL, ENGINES, OPTIONAL, Engine
from .proof import Proof, clear_work

TIMES: dict[str, list[tuple[str, float, int]]] = {}
VERSIONS: dict[str, str] = {}


class Farm:
    """The engines in use; `submit` queues work on one of them."""

    def __init__(self) -> None:
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self._started: dict[str, Engine] = {}
        self._lock = threading.Lock()
        self._held: TextIO | None = None
        self.ready: dict[Any, Future[Proof]] = {}

    def need(self, engine: Engine) -> None:
        """Start an engine on first use; skip or fail the test that needs a missing one."""
        why = engine.missing()
        if why:
            refuse = pytest.skip if engine.name in OPTIONAL or os.environ.get("CI") != "true" else pytest.fail
            refuse(f"{engine.name}: {why}")
        with self._lock:
            if engine.name in self._started:
                return
            if self._held is None:
                self._held = (ENGINES / "session.lock").open("w")  # a second session on this machine waits here
                fcntl.flock(self._held, fcntl.LOCK_EX)
                clear_work()
                write_rootfs(engine.root / "usr/bin/busybox", ENGINES / "work/rootfs.tar")
            engine.start(ENGINES / "work/rootfs.tar")
            self._started[engine.name] = engine
            VERSIONS[engine.name] = engine.version()
            self._pools[engine.name] = ThreadPoolExecutor(1)  # BuildKit gives two builds at once the result of a step that both have

    def submit(self, engine: Engine, name: str, work: Callable[[], Proof]) -> Future[Proof]:
        """Queue one proof on one engine (after `need`)."""

        def timed() -> Proof:
            proof = work()
            TIMES.setdefault(engine.name, []).append((name, proof.seconds, proof.builds))
            return proof

        return self._pools[engine.name].submit(timed)

    def queued(self, request: pytest.FixtureRequest, jobs: Mapping[str, tuple[Engine, Callable[[], Proof]]]) -> Future[Proof]:
        """The proof of this test. With the first one, those of all tests of the session are queued, so that no core waits. `jobs`: by test."""
        own = request.node.name
        if own not in self.ready:
            chosen = {own} if "PYTEST_XDIST_WORKER" in os.environ else {item.name for item in request.session.items}
            for name, (engine, work) in jobs.items():
                if name in chosen and not engine.missing():
                    self.need(engine)
                    self.ready[name] = self.submit(engine, name, work)
        return self.ready[own]

    def close(self) -> None:
        """Stop what was started."""
        for pool in self._pools.values():
            pool.shutdown(cancel_futures=True)
        for engine in self._started.values():
            engine.stop()
        if self._held is not None:
            clear_work()
            self._held.close()


@pytest.fixture(scope="session")
def farm() -> Iterator[Farm]:
    """The engines, stopped at the end of the session."""
    running = Farm()
    try:
        yield running
    finally:
        running.close()


@pytest.fixture(params=[engine.name for engine in ALL])
def engine(request: pytest.FixtureRequest, farm: Farm) -> Engine:
    """Each engine in turn, started."""
    found = next(engine for engine in ALL if engine.name == request.param)
    farm.need(found)
    return found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Real builds and seconds by engine, and the slowest cases."""
    if not TIMES:
        return
    terminalreporter.section("real builds")
    for name, rows in TIMES.items():
        builds, seconds = sum(row[2] for row in rows), sum(row[1] for row in rows)
        slowest = ", ".join(f"{case} {took:.1f} s" for case, took, _ in sorted(rows, key=lambda row: -row[1])[:3])
        terminalreporter.write_line(f"{name} ({VERSIONS[name]}): {len(rows)} proofs, {builds} builds, {seconds:.1f} s; slowest: {slowest}")


def write_case(folder: Path, before: dict[str, str], after: dict[str, str], toml: str, command: str) -> Path:
    """Write a case's folder from texts."""
    for side, files in (("before", before), ("after", after)):
        for name, text in files.items():
            path = folder / side / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    (folder / "case.toml").write_text(toml)
    (folder / "command.txt").write_text(command + "\n")
    return folder

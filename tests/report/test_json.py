"""The JSON object and its schema."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import remediate
from remediate.model import Outcome
from remediate.report.as_json import as_json, dumps

from . import sample

SCHEMA = json.loads((Path(remediate.__file__).parent / "schema.json").read_text())


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_output_fits_the_schema_and_has_everything() -> None:
    report = json.loads(dumps(sample.outcome()))
    jsonschema.validate(report, SCHEMA)
    assert list(report) == ["version", "files", "callers", "commands", "errors"]
    first, clean = report["files"]
    assert (first["changed"], clean["changed"]) == (True, False)
    assert [f["fix"] for f in first["findings"]] == ["safe", "unsafe", "refused"]
    assert first["findings"][0] | {"message": ""} == {
        "rule": "secret-in-arg", "name": "NPM_TOKEN", "instruction": "ARG", "instruction_line": 2, "line": 2, "column": 5, "end_line": 2,
        "end_column": 14, "stage": "build", "message": "", "fix": "safe", "applied": True, "reason": "", "advice": "",
    }  # fmt: skip
    assert first["secrets"] == [{"id": "npm_token", "name": "NPM_TOKEN", "delivery": "env", "target": "", "required": True, "consumers": [4]}]
    assert report["commands"][0]["secrets"] == {"npm_token": "env=NPM_TOKEN"}
    assert report["commands"][0]["argv"][:2] == ["docker", "build"]
    assert report["callers"] == [{"path": "ci.yml", "line": 7, "name": "NPM_TOKEN", "kind": "github-actions", "dockerfile": "Dockerfile"} | {
        "id": "", "applied": False, "reason": "", "message": "", "advice": "", "by_hand": [], "origin": "",
    }]
    assert report["errors"] == [{"path": "bad/Dockerfile", "line": 3, "message": "unknown instruction"}]


def test_no_value_in_it() -> None:
    assert sample.PLANTED not in dumps(sample.outcome())


@pytest.mark.parametrize("path", ["a b", "\u202ex", "a\nb", "\udcff", '"', "日本"])
def test_any_path_survives(path: str) -> None:
    text = dumps(sample.outcome(path))
    assert text.isascii()
    assert json.loads(text)["files"][0]["path"] == path


@pytest.mark.parametrize(
    "change", [{"line": 0}, {"rule": "other"}, {"instruction": "arg"}, {"fix": "refused"}], ids=["line", "rule", "instruction", "refused-but-applied"]
)
def test_the_schema_can_fail(change: dict[str, object]) -> None:
    outcome = sample.outcome()
    report = json.loads(json.dumps(as_json(Outcome(outcome.files))))
    report["files"][0]["findings"][0].update(change)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(report, SCHEMA)


def test_an_empty_outcome_fits() -> None:
    jsonschema.validate(as_json(Outcome()), SCHEMA)
    jsonschema.validate(as_json(sample.outcome()._replace(errors=())), SCHEMA)

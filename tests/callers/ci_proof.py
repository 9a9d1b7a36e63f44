"""Proof for CI files in YAML: an independent reader sees only the meant change, the schema still holds, the script hands over the secret."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

SCHEMAS = {
    "gitlab": "vendor.gitlab-ci", "circleci": "vendor.circle-ci", "bitbucket": "vendor.bitbucket-pipelines", "travis": "vendor.travis",
    "drone": "vendor.drone-ci", "woodpecker": "vendor.woodpecker-ci", "buildkite": "vendor.buildkite",
}  # fmt: skip
RECORDER = """#!/bin/sh
for word in "$@"; do printf '%s\\n' "$word" >> "$RECORD.argv"; done
env >> "$RECORD.env"
"""


class Loader(yaml.SafeLoader):
    """PyYAML, which takes GitLab's `!reference`, too."""


Loader.add_constructor("!reference", lambda loader, node: loader.construct_sequence(node))


def load(text: str) -> list[object]:
    return list(yaml.load_all(text, Loader))


def leaves(value: object, path: tuple[object, ...] = ()) -> Iterator[tuple[tuple[object, ...], object]]:
    """(path, value) of everything that is no mapping and no list."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from leaves(one, (*path, key))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from leaves(one, (*path, index))
    else:
        yield path, value


def changed(before: str, after: str) -> dict[tuple[object, ...], tuple[object, object]]:
    """What PyYAML reads otherwise: path -> (before, after)."""
    old, new = dict(leaves(load(before))), dict(leaves(load(after)))
    return {p: (old.get(p), new.get(p)) for p in {**old, **new} if old.get(p) != new.get(p)}


def fits(kind: str, text: str) -> list[str]:
    """What the vendored schema of the CI system has against the file."""
    from check_jsonschema.builtin_schemas import get_builtin_schema
    from jsonschema.validators import extend, validator_for

    schema = get_builtin_schema(SCHEMAS[kind])
    validator = extend(validator_for(schema), {"pattern": _pattern})(schema)
    return [f"{e.json_path}: {e.validator}" for document in load(text) for e in validator.iter_errors(document)]


def _pattern(validator: object, pattern: str, instance: object, schema: object) -> Iterator[Exception]:
    """Schemas have patterns of JavaScript; what Python cannot compile is let pass."""
    from jsonschema.exceptions import ValidationError

    try:
        found = not isinstance(instance, str) or re.search(pattern, instance)
    except re.error:
        return
    if not found:
        yield ValidationError(f"{pattern} does not match")


def run(script: Sequence[str] | str, folder: Path, environment: Mapping[str, str], shell: str = "bash") -> tuple[list[str], dict[str, str]]:
    """(argv, environment) of the `docker` that the commands start; the commands run in one shell, in `folder`."""
    tools = folder / ".tools"
    tools.mkdir(exist_ok=True)
    docker = tools / "docker"
    docker.write_text(RECORDER)
    docker.chmod(0o755)
    record = tools / "record"
    text = script if isinstance(script, str) else "\n".join(script)
    env = {**environment, "PATH": f"{tools}:{os.environ['PATH']}", "RECORD": str(record)}
    done = subprocess.run([shell, "-e", "-c", text], cwd=folder, env=env, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    seen = dict(line.partition("=")[::2] for line in (tools / "record.env").read_text().splitlines() if "=" in line)
    return (tools / "record.argv").read_text().splitlines(), seen


def hands_over(argv: Sequence[str], environment: Mapping[str, str], value: str, id: str = "npm_token") -> None:
    """The secret's id is on the command line, its value only in the environment that the id names."""
    named = [a for a in argv if a.startswith((f"id={id},env=", f"--secret=id={id},env="))]
    assert named, argv
    assert environment[named[0].rpartition("env=")[2]] == value
    assert not any(value in a for a in argv)

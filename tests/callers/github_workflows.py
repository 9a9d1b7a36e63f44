"""Workflow texts for tests, and what an independent YAML reader sees of a rewrite."""

from __future__ import annotations

import yaml

PATH = ".github/workflows/image.yml"
KIND = "github-actions"


def workflow(*steps: str, top: str = "", job: str = "") -> str:
    """A workflow of one job with these steps (each as it stands at column 0)."""
    body = "".join(_indented(s.strip("\n"), 6) for s in steps)
    return f"name: image\non: push\n{top}jobs:\n  image:\n    runs-on: ubuntu-latest\n{_indented(job, 4) if job else ''}    steps:\n{body}"


def _indented(text: str, by: int) -> str:
    return "".join(" " * by + line + "\n" if line else "\n" for line in text.rstrip("\n").split("\n"))


def changes(before: str, after: str) -> set[str]:
    """The paths (keys and indexes, with dots) whose values differ for PyYAML; a key that comes or goes is told itself."""
    found: set[str] = set()
    _compare(yaml.load(before, yaml.BaseLoader), yaml.load(after, yaml.BaseLoader), "", found)
    return found


def _compare(a, b, path: str, found: set[str]) -> None:
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted({*a, *b}):
            here = f"{path}.{key}".lstrip(".")
            if key in a and key in b:
                _compare(a[key], b[key], here, found)
            else:
                found.add(here)
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for index, (x, y) in enumerate(zip(a, b, strict=True)):
            _compare(x, y, f"{path}.{index}", found)
    elif a != b:
        found.add(path)


def steps(text: str, job: str = "image") -> list[dict]:
    return yaml.load(text, yaml.BaseLoader)["jobs"][job]["steps"]

"""Bitbucket Pipelines: a step's `script` is one shell script; steps are shared by anchors, and the same step in two pipelines is one text.

BuildKit is there, `--secret` is allowed, but it has to be asked for with `DOCKER_BUILDKIT=1` (bitbucket.org/blog: announcing support for
Docker BuildKit; support.atlassian.com: run Docker commands). `RUN --mount=type=ssh` only works with the key's file named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.callers.kinds import ci_docker
from remediate.callers.kinds.ci_rewrite import rewrite_scripts
from remediate.callers.kinds.ci_script import CiHost, Script, distinct
from remediate.callers.kinds.ci_yaml import commands, fields, read_jobs, read_yaml, text_of
from remediate.callers.model import CallerFile, Job, Reading, Rewritten
from remediate.callers.repository import Repository
from remediate.formats.yaml import Node, resolve

WHY = "Bitbucket's Docker service builds without BuildKit unless DOCKER_BUILDKIT=1 is set"
KEY = ("(Bitbucket has the key in a file: --ssh default=/opt/atlassian/pipelines/agent/ssh/id_rsa)",)
ELSEWHERE = "it goes to a pipe, which cannot be followed"


def read(file: CallerFile, repository: Repository) -> Reading:
    """The builds of every step."""
    del repository
    return read_jobs(file, _scripts, ELSEWHERE)


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    del repository
    return rewrite_scripts(_scripts(file, read_yaml(file.data)), file, jobs, {file.path: file.data})


def _scripts(file: CallerFile, roots: Sequence[Node]) -> list[Script]:
    out: list[Script] = []
    for root in roots:
        top = fields(root)
        image = text_of(top.get("image")) or text_of(fields(top.get("image")).get("name"))
        for name, step in (*_steps(top.get("pipelines")), *_steps(top.get("definitions"))):
            own = text_of(step.get("image")) or text_of(fields(step.get("image")).get("name")) or image
            old = ci_docker.of_image(own)
            for key in ("script", "after-script"):
                parts = commands(file.path, step.get(key))
                if parts:
                    known = old if old.buildkit == "old" else ci_docker.Builder("ask", WHY, True)
                    out.append(Script(name, parts, CiHost("."), None, *known[:2], ("image: docker:27",), KEY, known.files))
    return distinct(out)


def _steps(node: Node | None) -> Iterator[tuple[str, dict[str, Node]]]:
    """(name, entries) of every mapping with a script, wherever it stands: branches, parallel, stages, definitions."""
    todo = [("", node)] if node is not None else []
    seen: set[int] = set()
    while todo:
        name, one = todo.pop()
        found = resolve(one)
        if id(found) in seen:
            continue
        seen.add(id(found))
        if found.kind == "mapping":
            entries = fields(found)
            if "script" in entries:
                yield text_of(entries.get("name")) or name, entries
                continue
            todo += [(key, value) for key, value in reversed(entries.items())]
        todo += [(name, item.value) for item in reversed(found.items)]

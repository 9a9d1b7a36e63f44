"""GitLab CI: each job's `before_script` and `script` are one shell script, which may stand in several files of the repository.

GitLab replaces variables in the values of `variables:` before the job starts, and exports them all; so `ARGS: --build-arg T=$T` is an
assignment at the head of the script. A build belongs to the file in which its command stands.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence

from remediate.callers.kinds import ci_docker
from remediate.callers.kinds.ci_rewrite import rewrite_scripts
from remediate.callers.kinds.ci_script import CiHost, Part, Script, distinct, read_scripts, unread_whole, used_elsewhere
from remediate.callers.kinds.ci_yaml import commands, fields, leftovers, listed, part_of, text_of
from remediate.callers.kinds.gitlab_read import (
    At,
    Config,
    JobOf,
    References,
    config_of,
    jobs_of,
    matrix_of,
    mentioned,
    never,
    on_windows,
    values_of,
    variable_node,
    variable_text,
)  # fmt: skip
from remediate.callers.model import CallerFile, Job, Reading, Rewritten
from remediate.callers.repository import Repository
from remediate.formats.embedded import FormatError
from remediate.formats.yaml import Node
from remediate.text import late

_TEMPLATE = late(rb"\$\[\[[^\]]*\]\]")
_UNQUOTABLE = late(rb"[\"`\\\n]")
OLD = ("image: docker:27", "services:", "  - docker:27-dind")
ELSEWHERE = "no script of this repository uses it"


def read(file: CallerFile, repository: Repository) -> Reading:
    """The builds whose command stands in this file."""
    try:
        config = config_of(file.path, file.data, repository)
        scripts = _scripts(config, repository)
        reading = read_scripts(scripts, file)
        covered = {part.start for script in scripts for part in script.parts if part.path == file.path}
        more = leftovers(config.roots.get(file.path, ()), covered, "caller-elsewhere", ELSEWHERE)
    except FormatError as error:
        return unread_whole(error)
    return Reading(reading.builds, (*reading.unread, *more), reading.old)


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    """Edits in the file of each text: an included file's template is edited there."""
    config = config_of(file.path, file.data, repository)
    return rewrite_scripts(_scripts(config, repository), file, jobs, config.files)


def _scripts(config: Config, repository: Repository) -> list[Script]:
    out = []
    texts = Texts(config, repository)
    for job in jobs_of(config):
        values = values_of(job)
        builder = _builder(job, values).given(values.get("DOCKER_BUILDKIT", ("",))[0])
        for keys in (("before_script", "script"), ("after_script",)):
            parts, used = texts.of(job, keys)
            if parts:
                head = texts.variables(job, used)
                known = {n: values[n] for n in (*texts.reached(job, used), *sorted(used), "DOCKER_BUILDKIT") if n in values}
                script = Script(job.name, (*head, *parts), CiHost(".", known), _TEMPLATE, *builder[:2], OLD)
                out.append(script._replace(files=builder.files, idle=never(job), windows=on_windows(job)))
    return distinct(out)


class Texts:
    """The commands and variables of jobs; a text that many jobs share is taken apart once."""

    def __init__(self, config: Config, repository: Repository) -> None:
        self.config, self.repository = config, repository
        self.known: dict[tuple[str, int], tuple[tuple[Part, ...], frozenset[str]]] = {}
        self.elsewhere: dict[str, bool] = {}

    def of(self, job: JobOf, keys: Sequence[str]) -> tuple[tuple[Part, ...], frozenset[str]]:
        """The commands under these keys, and the names of the variables in them."""
        found = [self._commands(job.keys[k]) for k in keys if k in job.keys]
        return tuple(p for f in found for p in f[0]), frozenset().union(*(f[1] for f in found))

    def _commands(self, at: At) -> tuple[tuple[Part, ...], frozenset[str]]:
        place = (at.path, at.node.start)
        if place not in self.known:
            parts = commands(at.path, at.node, References(self.config))
            self.known[place] = (parts, mentioned(b"\n".join(p.embedded.text.data for p in parts)))
        return self.known[place]

    def reached(self, job: JobOf, used: Iterable[str]) -> list[str]:
        """The job's variables among these, and those in their values, each behind those that it uses."""
        order: list[str] = []
        todo = [(n, False) for n in sorted(used, reverse=True)]
        seen: set[str] = set()
        while todo:
            name, opened = todo.pop()
            if opened:
                order.append(name)
            elif name in job.variables and name not in seen:
                seen.add(name)
                todo.append((name, True))
                todo += [(n, False) for n in mentioned((variable_text(job.variables[name].node) or "").encode())]
        return order

    def variables(self, job: JobOf, used: Iterable[str]) -> list[Part]:
        """The variables that the script uses, as assignments at its head."""
        out: list[Part] = []
        varied = matrix_of(job)
        for name in self.reached(job, used):
            node = variable_node(job.variables[name].node)
            if node is None or name in varied or _UNQUOTABLE.search(node.text.text.data):
                continue
            export = "export " if "--" not in node.value or self._is_used_elsewhere(name) else ""  # programs may read what is exported
            head = f'{export}{name}="'.encode()
            out.append(part_of(job.variables[name].path, node)._replace(before=head, after=b'"\n'))
        return out

    def _is_used_elsewhere(self, name: str) -> bool:
        if name not in self.elsewhere:
            self.elsewhere[name] = used_elsewhere(name, self.repository, self.config.files)
        return self.elsewhere[name]


def _builder(job: JobOf, values: dict[str, tuple[str, ...]]) -> ci_docker.Builder:
    image = _image(job.keys["image"].node, values) if "image" in job.keys else ""
    services = tuple(_image(n, values) for n in listed(job.keys["services"].node)) if "services" in job.keys else ()
    return ci_docker.of_images(image, services)


def _image(node: Node, values: dict[str, tuple[str, ...]]) -> str:
    """An image's name, a variable in its tag replaced when its value is known."""
    name = text_of(node) or text_of(fields(node).get("name"))
    for variable in mentioned(name.encode()) & values.keys():
        for form in (f"${{{variable}}}", f"${variable}"):
            name = name.replace(form, values[variable][0])
    return posixpath.normpath(name) if name else ""

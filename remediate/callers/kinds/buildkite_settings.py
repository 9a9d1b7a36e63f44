"""The settings of Buildkite's plugins that build: which build args and secrets they get, and how they are moved."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

from remediate.callers.kinds.buildkite_plugins import COMPOSE, HARMLESS, Plugin, plugin_of, runs_old_compose, split, too_old
from remediate.callers.kinds.buildkite_text import plain_name
from remediate.callers.kinds.ci_lists import Given, against, given, ids, moved, passed
from remediate.callers.kinds.ci_yaml import fields, listed, text_of
from remediate.callers.model import Build, CallerFile, FileEdit, Job, JobRefused, Move, OldDocker, Refused, Rewritten, Unread
from remediate.callers.places import joined, place
from remediate.callers.shell.builders import BUILDERS
from remediate.callers.words import by_path, secret_id
from remediate.formats.embedded import FormatError
from remediate.formats.node import Node, resolve
from remediate.model import NamedTuple
from remediate.text import late

_ANY_ARGS = ("build-args", "build_args", "buildArgs", "build-arg", "args", "build-arguments", "build_arguments")
_SECRET = late(r"--secret[= ]+['\"]?(id=[^\s'\"]+)")
_UNKNOWN = late(r"\$(?:\{[^}]*\}|\w+)")


class Used(NamedTuple):
    """A plugin of a step. `uploaded`: what is known when the file is uploaded; `sure`: the names of it that the job has, too."""

    step: str
    name: str
    version: str
    settings: Node
    uploaded: Mapping[str, str]
    sure: frozenset[str]
    plugin: Plugin | None
    idle: bool

    @property
    def harmless(self) -> bool:
        return self.name in HARMLESS


def used_plugins(step: str, node: Node | None, uploaded: Mapping[str, str], sure: frozenset[str], *, idle: bool) -> Iterator[Used]:
    """The plugins of a step: a list of names and of `NAME: settings`, or one mapping of these."""
    for item in listed(node) if node is not None else ():
        found = resolve(item)
        if text_of(found):
            name, version = split(text_of(found))
            yield Used(step, name, version, found, uploaded, sure, plugin_of(text_of(found)), idle)
        for reference, settings in fields(found).items():
            name, version = split(reference)
            yield Used(step, name, version, resolve(settings), uploaded, sure, plugin_of(reference), idle)


def _distinct(plugins: Sequence[Used]) -> list[Used]:
    """Steps that use the same text make the same build; it runs when one of them does."""
    out: dict[tuple[int, str], Used] = {}
    for used in plugins:
        key = (used.settings.start, used.name)
        out[key] = out[key]._replace(idle=out[key].idle and used.idle) if key in out else used
    return [u for u in out.values() if u.plugin is not None]


def read_plugins(file: CallerFile, plugins: Sequence[Used], top: str) -> list[Build]:
    """The images that plugins build."""
    out = []
    for number, used in enumerate(_distinct(plugins)):
        assert used.plugin is not None
        settings = fields(used.settings)
        if "dockerfile-inline" in settings:
            continue
        dockerfile = _known(text_of(settings.get("dockerfile")), used) or "Dockerfile"
        folder = posixpath.dirname(dockerfile) if used.plugin.inside else ""
        context = _known(text_of(settings.get(used.plugin.context)), used) or folder or "."
        secrets = ids(used.settings, used.plugin.secrets) if used.plugin.secrets else ()
        extra = _SECRET.findall(text_of(settings.get("additional-build-args")))
        secrets = tuple(dict.fromkeys((*secrets, *(i for i in map(secret_id, extra) if i))))
        where = joined(top, context) if "*" not in context else None
        out.append(
            Build(
                file.path, file.kind, used.settings.line, place(top, context, dockerfile), where, top, passed(_rows(used), used.sure),
                secrets, (), text_of(settings.get("target")), "buildx", used.step, _refusal(used, secrets), number, idle=used.idle,
            )
        )  # fmt: skip
    return out


def _rows(used: Used) -> list[Given]:
    return list(given(used.settings, used.plugin.args)) if used.plugin is not None else []


def _known(text: str, used: Used) -> str:
    """A path with the pipeline's own variables in it; `*` for others."""

    def value(found: re.Match[str]) -> str:
        known = used.uploaded.get(plain_name(found[0]), "$")
        return known if "$" not in known else "*"

    return _UNKNOWN.sub(value, text)


def _refusal(used: Used, secrets: Sequence[str]) -> Refused | None:
    assert used.plugin is not None
    if not used.plugin.secrets and not secrets:
        return Refused("caller-builder", used.plugin.why, 0, used.plugin.instead)
    if too_old(used.plugin, used.version):
        since = ".".join(map(str, used.plugin.since))
        detail = f"{used.name}#{used.version} may have no setting for secrets yet"
        return Refused("caller-builder-old", detail, 0, (f"{used.name}#v{since}.0:", "  secrets:", "    - id=ID,env=NAME"))
    return None


def leftover_settings(plugins: Sequence[Used]) -> Iterator[Unread]:
    """Build args that go to a plugin of which nothing is known, or to Compose."""
    way = next(b.instead for b in BUILDERS if b.words[:1] == ("docker-compose",))
    for used in plugins:
        if used.plugin is not None:
            continue
        for _, name, line, _ in given(used.settings, ("args",) if used.name == COMPOSE else _ANY_ARGS):
            why = Refused("caller-elsewhere", f"{used.name} is no plugin that is known", line)
            if used.name == COMPOSE:
                why = Refused("caller-builder", "the plugin passes it to Compose, whose build has no --secret option", line, way)
            yield Unread(line, why, name)


def old_compose(plugins: Sequence[Used]) -> tuple[OldDocker, ...]:
    """Steps in which Compose 1 builds: it does not know `build.secrets`."""
    out = []
    for used in plugins:
        cli = text_of(fields(used.settings).get("cli-version"))
        if used.name == COMPOSE and not used.idle and runs_old_compose(used.version, cli):
            why = f"{COMPOSE}#{used.version} starts Compose 1, which builds without secrets"
            out.append(OldDocker(used.settings.line, ("docker-compose",), why, never=True))
    return tuple(dict.fromkeys(out))


# -- rewriting -------------------------------------------------------------------------------------------------------------------------


def rewrite_plugins(plugins: Sequence[Used], file: CallerFile, jobs: Sequence[Job]) -> Rewritten:
    """The moves of every job, each in the settings of its own plugin."""
    every = _distinct(plugins)
    edits: list[FileEdit] = []
    refused: list[JobRefused] = []
    for number, job in enumerate(jobs):
        assert isinstance(job.build.key, int)
        used = every[job.build.key]
        items = {m.spec.id: _item(used, m, job.build) for m in job.moves}
        why = [JobRefused(number, m.spec.id, r) for m in job.moves if isinstance(r := items[m.spec.id], Refused)]
        new = [i for m in job.moves if isinstance(i := items[m.spec.id], str) and not m.supplied]
        gone = {m.arg for m in job.moves if m.arg}
        refused += why
        try:
            if not why and used.plugin is not None:
                edits += [FileEdit(file.path, e) for e in moved(file.data, used.settings, used.plugin.args, gone, used.plugin.secrets, new)]
        except FormatError as error:
            refused += [JobRefused(number, m.spec.id, Refused("caller-format", error.message, job.build.line)) for m in job.moves]
    return Rewritten(() if refused else tuple(edits), tuple(refused))


def _item(used: Used, move: Move, build: Build) -> str | Refused:
    """The item of `secrets:`, or why there can be none."""
    assert used.plugin is not None
    line = next((a.line for a in build.args if a.name == move.arg), build.line)
    by_hand = ("secrets:", f"  - id=ID,{f'src={move.source}' if move.source else 'env=NAME'}")
    if move.ssh:
        return Refused("caller-key", "the plugin has no setting for it", line, ("additional-build-args: --ssh default",))
    if not used.plugin.secrets and not move.supplied:
        return Refused("caller-builder", used.plugin.why, line, used.plugin.instead)
    keys = (*used.plugin.args, used.plugin.secrets)
    why = against(used.settings, [k for k in keys if k], line, by_hand)
    if why is not None:
        return why
    if move.source:
        found = by_path(move, build.folder)
        return found if isinstance(found, str) else found._replace(line=line)
    names = {_variable(row, used) for row in _rows(used) if row[1] == move.arg}
    if names - {""} != names or len(names) > 1:
        detail = f"the value of {move.arg} stands in the pipeline that Buildkite keeps, and the job may not have that variable"
        return Refused("caller-value", detail, line, by_hand)
    return f"id={move.spec.id},env={names.pop() if names else move.spec.name}"


def _variable(row: Given, used: Used) -> str:
    """The variable from which the plugin takes the value: its own name where none is written, or one that the pipeline's `env:` has."""
    _, name, _, value = row
    if value is None:
        return name
    variable = plain_name(value)
    return variable if variable in used.sure else ""

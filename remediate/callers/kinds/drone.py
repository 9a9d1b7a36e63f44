"""Drone and Woodpecker: steps with `commands` are shell scripts, steps with `settings` hand them to a plugin that may build.

Both replace `${NAME}` in the whole file before anything runs (`$${NAME}` is the shell's), and know only their own variables there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.callers.kinds import ci_docker
from remediate.callers.kinds.ci_rewrite import rewrite_scripts
from remediate.callers.kinds.ci_script import CiHost, Part, Script, distinct, read_scripts, unread_whole
from remediate.callers.kinds.ci_yaml import commands, fields, leftovers, listed, read_yaml, text_of, texts
from remediate.callers.kinds.drone_settings import Plugged, leftover_settings, plugged, read_plugin, rewrite_plugins
from remediate.callers.model import CallerFile, Job, JobRefused, Reading, Refused, Rewritten, Told, Unread
from remediate.callers.places import joined as joined_path
from remediate.callers.repository import Repository
from remediate.formats.embedded import Embedded, FormatError
from remediate.formats.yaml import Node, resolve
from remediate.text import LogicalText, Piece, late

_OURS = late(rb"\$\$(?=[{A-Za-z_])|\$\{[^}\n]*\}")
_MASKED = late(rb"\x02\x02([^\x02]*)\x02")
_BRACE = late(rb"\$(?=\{)")
_PASSES = late(rb"build_args|buildArgs|--build-arg")
MAX_STEPS = 20_000
ELSEWHERE = "it goes to a plugin that is not known"


def read(file: CallerFile, repository: Repository) -> Reading:
    """The builds of commands and of plugins."""
    del repository
    if not file.path.lower().endswith((".yml", ".yaml")):
        return _program(file)
    try:
        roots = read_yaml(file.data)
        scripts, plugins = _both(file, roots)
        reading = read_scripts(scripts, file)
        covered = {p.start for s in scripts for p in s.parts}
        more = (*leftovers(roots, covered, "caller-elsewhere", ELSEWHERE), *leftover_settings(_steps(roots)))
    except FormatError as error:
        return unread_whole(error)
    builds = (*reading.builds, *(read_plugin(file, p, n) for n, p in enumerate(plugins)))
    return Reading(tuple(sorted(builds, key=lambda b: b.line)), (*reading.unread, *more), reading.old)


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    """Commands and plugins of one file in one go."""
    del repository
    scripts, plugins = _both(file, read_yaml(file.data))
    shell = [n for n, j in enumerate(jobs) if isinstance(j.build.key, tuple)]
    others = [n for n in range(len(jobs)) if n not in set(shell)]
    first = rewrite_scripts(scripts, file, [jobs[n] for n in shell], {file.path: file.data})
    second = rewrite_plugins(plugins, file, [jobs[n] for n in others])
    refused = [JobRefused(shell[r.job], r.spec_id, r.refused) for r in first.refused]
    refused += [JobRefused(others[r.job], r.spec_id, r.refused) for r in second.refused]
    told = [Told(shell[t.job], t.text) for t in first.told] + [Told(others[t.job], t.text) for t in second.told]
    return Rewritten(() if refused else (*first.edits, *second.edits), tuple(refused), tuple(told))


def _program(file: CallerFile) -> Reading:
    """Starlark and Jsonnet make the pipeline when it starts: what they pass cannot be told."""
    found = _PASSES.search(file.data)
    if found is None:
        return Reading()
    line = file.data.count(b"\n", 0, found.start()) + 1
    return Reading(unread=(Unread(line, Refused("caller-format", "the pipeline is made by a program", line)),))


def _steps(roots: Sequence[Node]) -> Iterator[tuple[str, Node]]:
    """(name, mapping) of every step: a list of them, or one entry each (`steps:` of Woodpecker, `pipeline:` of older ones)."""
    count = 0
    for root in roots:
        top = fields(root)
        for key in ("steps", "pipeline", "services"):
            if key not in top:
                continue
            found = resolve(top[key])
            named = [("", n) for n in listed(top[key])] if found.kind == "sequence" else list(fields(found).items())
            for name, node in named:
                count += 1
                if count > MAX_STEPS:
                    raise FormatError("it has too many steps")
                yield text_of(fields(node).get("name")) or name, node


def _both(file: CallerFile, roots: Sequence[Node]) -> tuple[list[Script], list[Plugged]]:
    scripts: list[Script] = []
    plugins: list[Plugged] = []
    for name, node in _steps(roots):
        step = fields(node)
        parts = [_unescaped(p) for p in commands(file.path, step.get("commands"))]
        if parts:
            values = {k: (v,) for k, v in texts(step.get("environment")).items() if "$" not in v}
            folder = joined_path(".", text_of(step.get("directory")) or ".")
            builder = ci_docker.of_image(text_of(step.get("image"))).given(values.get("DOCKER_BUILDKIT", ("",))[0])
            scripts.append(Script(name, tuple(parts), CiHost(folder, values), _MASKED, *builder[:2], files=builder.files))
            continue
        found = plugged(name, node)
        if found is not None:
            plugins.append(found)
    return distinct(scripts), plugins


def _unescaped(part: Part) -> Part:
    """The text as the shell gets it: `$${X}` is `${X}`, and `${X}` is marked as not the shell's, byte for byte."""
    text = part.embedded.text
    ranges: list[tuple[int, int, bytes]] = []
    at = 0
    for found in _OURS.finditer(text.data):
        ranges.append((at, found.start(), text.data[at : found.start()]))
        new = b"$" if found[0] == b"$$" else b"\x02\x02" + found[0][2:-1] + b"\x02"
        ranges.append((found.start(), found.end(), new))
        at = found.end()
    ranges.append((at, len(text), text.data[at:]))
    changed = LogicalText([p for r in ranges if r[0] < r[1] for p in _pieces(text, r)] or [Piece(b"", part.start, part.start)])

    def written(new: bytes) -> bytes | None:
        return part.embedded.written(_MASKED.sub(rb"${\1}", _BRACE.sub(b"$$", new)))

    return part._replace(embedded=Embedded(changed, written))


def _pieces(text: LogicalText, part: tuple[int, int, bytes]) -> tuple[Piece, ...]:
    start, end, new = part
    if text.data[start:end] == new:
        return text.slice(start, end).pieces
    where = text.span(start, end)
    return (Piece(new, where.start, where.end),)

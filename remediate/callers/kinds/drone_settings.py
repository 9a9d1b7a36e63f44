"""The settings of a plugin that builds: which build args and secrets it gets, and how they are moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from remediate.callers.kinds.ci_yaml import fields, listed, text_of
from remediate.callers.kinds.drone_plugins import Plugin, mounts_files_only, plugin_of, too_old
from remediate.callers.model import Build, CallerFile, FileEdit, Job, JobRefused, Move, Passed, Refused, Rewritten, Unread
from remediate.callers.places import any_of, joined, place
from remediate.formats.embedded import FormatError
from remediate.formats.node import Node, resolve
from remediate.formats.yaml_edit import add_entry, add_item, entry_lines, habits, remove_entries, remove_items
from remediate.model import Delivery, Edit, NamedTuple, Span
from remediate.text import late

_ID = late(r"(?:^|,)id=([^,\\]+)")
_WAY = ("commands:", "  - buildah bud --secret id=ID,env=NAME -t IMAGE .")
_FROM_ENV, _ARGS, _VARIABLE = "build_args_from_env", "build_args", "PLUGIN_BUILD_ARGS"


class Plugged(NamedTuple):
    """A step that builds by a plugin. `settings`: the mapping with its settings; `own`: that it stands in the step itself.

    `variables` are the environment that the step names; `hidden` are build args in variables that are settings (`PLUGIN_BUILD_ARGS`).
    """

    name: str
    image: str
    plugin: Plugin
    settings: Node
    own: bool
    line: int
    variables: frozenset[str] = frozenset()
    hidden: tuple[Passed, ...] = ()


def plugged(name: str, node: Node) -> Plugged | None:
    """The step as a build, when its image is a plugin that builds."""
    step = fields(node)
    image = text_of(step.get("image"))
    plugin = plugin_of(image)
    if plugin is None:
        return None
    where = resolve(node)
    inner = step.get("settings")
    own = node.kind == "mapping" and (inner is None or (inner.kind == "mapping" and where.entry("settings") is not None))
    names = {*fields(step.get("environment")), *(text_of(n).upper() for n in listed(step.get("secrets")))}
    settings = resolve(inner) if inner is not None else where
    return Plugged(name, image, plugin, settings, own, where.line, frozenset(names), tuple(_hidden(step)))


def _hidden(step: Mapping[str, Node]) -> Iterator[Passed]:
    """A setting is the variable `PLUGIN_` and its name, which `environment:` may set, and a secret (`target:`) in older files."""
    variables = {k.upper(): v for k, v in fields(step.get("environment")).items()}
    yield from _from_args(variables.get(_VARIABLE))
    yield from _from_env(variables.get(f"{_VARIABLE}_FROM_ENV"))
    for item in listed(step.get("secrets")):
        if text_of(fields(item).get("target")).upper() == _VARIABLE:
            yield Passed("", item.line)


def read_plugin(file: CallerFile, step: Plugged, number: int) -> Build:
    """Which Dockerfile it builds, with which args. The Dockerfile is looked up in the workspace, not in the context."""
    given = fields(step.settings)
    context = text_of(given.get("context")) or "."
    named = text_of(given.get("dockerfile")) or text_of(given.get("containerfile"))
    args = (*_from_env(given.get(_FROM_ENV)), *_from_args(given.get(_ARGS)), *step.hidden)
    known = "$" not in context
    files = (named,) if named else ("Dockerfile", "Containerfile") if "wp-docker" in step.image else ("Dockerfile",)
    where = any_of(place(".", context if known else "*", f if "$" not in f else "*") for f in files)
    refused = _refusal(step)
    if refused is None and any(not a.name for a in args):
        refused = Refused("caller-arguments", "the build args come from a secret", step.line)
    return Build(
        file.path, file.kind, step.line, where, joined(".", context) if known else None, ".", tuple(a for a in args if a.name),
        tuple(_ids(step)), (), text_of(given.get("target")), "buildx" if step.plugin.dialect != "none" else "kaniko", step.name, refused,
        number,
    )  # fmt: skip


def _refusal(step: Plugged) -> Refused | None:
    if step.plugin.dialect == "none":
        return Refused("caller-builder", step.plugin.why, step.line, _WAY)
    if too_old(step.plugin, step.image):
        newest = (f"image: {step.image.rpartition(':')[0]}",)
        return Refused("caller-builder-old", f"{step.image} has no setting for secrets yet", step.line, newest)
    return None


def _from_env(node: Node | None) -> Iterator[Passed]:
    for item in listed(node):
        for name in text_of(item).split(","):
            if name.strip():
                yield Passed(name.strip(), item.line, f"env:{name.strip()}")


def _from_args(node: Node | None) -> Iterator[Passed]:
    """`build_args` as a list of `NAME=value`, a mapping, a list of mappings, or one text with commas; a name of "" is not known."""
    if node is None:
        return
    found = resolve(node)
    if "from_secret" in fields(found):
        yield Passed("", found.line)
        return
    for item in listed(node):
        if text_of(item):
            for text in text_of(item).split(",") if found.kind == "scalar" else [text_of(item)]:
                name, equals, value = text.partition("=")
                origin = "" if "$" in value else "literal" if equals else f"env:{name.strip()}"
                yield Passed(name.strip(), item.line, origin)
            continue
        for key, given in fields(item).items():
            secret = text_of(fields(given).get("from_secret"))
            entry = resolve(item).entry(key)
            line = (entry.key if entry is not None else given).line
            yield Passed(key, line, f"ci:{secret}" if secret else "" if "$" in text_of(given) else "literal")


def _ids(step: Plugged) -> Iterator[str]:
    given = fields(step.settings)
    if step.plugin.dialect == "pairs":
        yield from _ID.findall(text_of(given.get("secret")))
        for key in ("secrets_from_env", "secrets_from_file"):
            for item in listed(given.get(key)):
                yield from (pair.partition("=")[0].strip() for pair in text_of(item).split(",") if "=" in pair)
        return
    for item in listed(given.get("secrets")):
        yield from _ID.findall(text_of(item).replace("\\\\,", ",").replace("\\,", ","))


def leftover_settings(steps: Iterable[tuple[str, Node]]) -> Iterator[Unread]:
    """Build args that go to an image of which nothing is known."""
    for name, node in steps:
        step = fields(node)
        given = {**step, **fields(step.get("settings"))}
        if plugged(name, node) is not None:
            detail = "the plugin passes it in upper case, too"
            for passed in _from_env(given.get(_FROM_ENV)):
                if passed.name != passed.name.upper():
                    yield Unread(passed.line, Refused("caller-arguments", detail, passed.line), passed.name.upper())
            continue
        for passed in (*_from_env(given.get(_FROM_ENV)), *_from_args(given.get(_ARGS))):
            detail = f"{text_of(step.get('image')) or name} is no plugin that is known"
            yield Unread(passed.line, Refused("caller-elsewhere", detail, passed.line), passed.name)


# -- rewriting -------------------------------------------------------------------------------------------------------------------------


def rewrite_plugins(steps: Sequence[Plugged], file: CallerFile, jobs: Sequence[Job]) -> Rewritten:
    """The moves of every job, each in the settings of its own step."""
    edits: list[FileEdit] = []
    refused: list[JobRefused] = []
    for number, job in enumerate(jobs):
        assert isinstance(job.build.key, int)
        step = steps[job.build.key]
        against = [(m, why) for m in job.moves if (why := _against(step, m, job.build)) is not None]
        refused += [JobRefused(number, m.spec.id, why) for m, why in against]
        try:
            edits += [FileEdit(file.path, e) for e in _moved(file.data, step, job)] if not against else []
        except FormatError as error:
            why = Refused("caller-format", error.message, job.build.line)
            refused += [JobRefused(number, m.spec.id, why._replace(by_hand=_by_hand(step, m))) for m in job.moves]
    return Rewritten(() if refused else tuple(edits), tuple(refused))


def _by_hand(step: Plugged, move: Move) -> tuple[str, ...]:
    name = move.spec.name if not move.source else "NAME"
    lines = ["environment:", f"  {name}:", f"    from_secret: {move.spec.id}", "settings:"]
    if step.plugin.dialect == "pairs":
        return (*lines, "  secrets_from_env:", f"    - {move.spec.id}={name}")
    return (*lines, "  secrets:", f"    - {_option(move.spec.id, 'env', name)}")


def _against(step: Plugged, move: Move, build: Build) -> Refused | None:
    line = next((a.line for a in build.args if a.name == move.arg), build.line)
    if move.ssh:
        return Refused("caller-key", "", line, ("settings:", "  ssh_agent_key:", f"    from_secret: {move.spec.id}"))
    if move.spec.delivery is Delivery.ENV and mounts_files_only(step.plugin, step.image):
        detail = f"{step.image} may bring Docker 20.10, whose BuildKit mounts secrets as files, not as variables"
        return Refused("caller-builder-old", detail, line, ("remediate fix --delivery file",))
    if not step.own:
        return Refused("caller-shared", "the settings stand elsewhere, and are used by more than this step", line, _by_hand(step, move))
    if step.settings.flow:
        return Refused("caller-arguments", "the settings are on one line", line, _by_hand(step, move))
    if move.arg:
        node = step.settings.get(_FROM_ENV)
        if node is None or node.kind not in ("sequence", "scalar") or (node.flow and node.kind != "sequence"):
            return Refused("caller-value", f"the value of {move.arg} stands in {_ARGS}", line, _by_hand(step, move))
        if move.arg not in {t.strip() for i in listed(node) for t in text_of(i).split(",")}:
            return Refused("caller-value", f"the value of {move.arg} stands in {_ARGS}", line, _by_hand(step, move))
        twice = any(a.name == move.arg and not a.origin.startswith("env:") for a in build.args)
        if twice or (node.kind == "scalar" and "," in text_of(node)):
            return Refused("caller-arguments", f"{_FROM_ENV} is one text", line, _by_hand(step, move))
    if move.arg and not _variable(step, move.arg):
        return Refused("caller-value", f"it cannot be told whether {move.arg} or {move.arg.upper()} is set", line, _by_hand(step, move))
    for key in _keys(step, move):
        known = step.settings.get(key)
        if (known is not None and known.kind not in ("sequence", "scalar")) or (key in fields(step.settings) and known is None):
            return Refused("caller-shared", f"{key} stands elsewhere", line, _by_hand(step, move))
    return None


def _variable(step: Plugged, name: str) -> str:
    """The variable that `build_args_from_env` takes: that name, else the same in upper case. "" when it cannot be told which."""
    if name == name.upper() or name in step.variables:
        return name
    return name.upper() if name.upper() in step.variables else ""


def _keys(step: Plugged, move: Move) -> tuple[str, ...]:
    if move.supplied:
        return ()
    if step.plugin.dialect != "pairs":
        return ("secrets",)
    return ("secrets_from_file",) if move.source else ("secrets_from_env",)


def _option(id: str, key: str, value: str) -> str:
    """An item of `secrets:`; a comma in it is escaped for the plugin, which splits there, once more for what replaces variables."""
    return f"'id={id}\\\\,{key}={value}'" if id != value or key != "env" else f"id={id}"


def _item(step: Plugged, move: Move, build: Build) -> str:
    origin = next((a.origin for a in build.args if a.name == move.arg), "")
    name = _variable(step, origin.removeprefix("env:")) or move.spec.name
    if step.plugin.dialect == "pairs":
        return f"{move.spec.id}={move.source or name}"
    return _option(move.spec.id, "src" if move.source else "env", move.source or name)


def _moved(data: bytes, step: Plugged, job: Job) -> list[Edit]:
    """The args leave their list, the secrets join theirs; a list that is new takes the place of one that is empty then."""
    new: dict[str, list[str]] = {}
    for move in job.moves:
        for key in _keys(step, move):
            new.setdefault(key, []).append(_item(step, move, job.build))
    gone = {m.arg for m in job.moves if m.arg}
    node = step.settings.get(_FROM_ENV)
    edits: list[Edit] = []
    emptied = False
    if node is not None and gone:
        indexes = [n for n, i in enumerate(node.items) if text_of(i.value).strip() in gone]
        emptied = node.kind == "scalar" or len(indexes) == len(node.items)
        if not emptied:
            edits += remove_items(data, node, indexes)
    fresh = [k for k in new if step.settings.get(k) is None]
    if emptied and fresh:
        edits.append(_instead(data, step.settings, fresh[0], new.pop(fresh.pop(0))))
    elif emptied:
        edits += remove_entries(data, step.settings, [_FROM_ENV])
    for key, items in new.items():
        known = step.settings.get(key)
        if known is None:
            edits.append(add_entry(data, step.settings, key, [f"- {i}" for i in items], after="" if emptied or node is None else _FROM_ENV))
        elif known.kind == "sequence":
            edits += _items(data, known, items)
        else:
            text = known.text.written(("," + ",".join(i.strip("'") for i in items)).encode())
            end = known.text.text.pieces[-1].end
            edits.append(Edit(Span(end, end), text or b""))
    return edits


def _items(data: bytes, sequence: Node, items: Sequence[str]) -> list[Edit]:
    made = [add_item(data, sequence, i) for i in items]
    return [Edit(made[0].span, b"".join(e.text for e in made))]


def _instead(data: bytes, settings: Node, key: str, items: Sequence[str]) -> Edit:
    """The new entry in the very place of the old one."""
    entry = settings.entry(_FROM_ENV)
    assert entry is not None
    style = habits(data)
    column = data[entry.span.start : entry.key.start]
    pad = column if not column.strip() else b""
    lines = entry_lines(key, [f"- {i}" for i in items], style)
    newline = b"\r\n" if data[entry.span.start : entry.span.end].endswith(b"\r\n") else b"\n"
    text = newline.join((pad if n else column) + line.encode() for n, line in enumerate(lines))
    return Edit(entry.span, text + (newline if data[entry.span.end - 1 : entry.span.end] == b"\n" else b""))

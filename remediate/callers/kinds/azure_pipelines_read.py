"""Azure Pipelines: the steps of a pipeline or a template, with the variables, the pool and the checkouts around them.

`$(NAME)` is replaced by the agent before a step starts, `${{ ... }}` when the pipeline is compiled. Variables that are no secrets are in
the environment of every step (upper case, dots as underscores), secret ones only where `env:` maps them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from types import MappingProxyType

from remediate.callers.kinds.ci_yaml import fields, listed, text_of
from remediate.callers.words import MOST
from remediate.formats.node import Node, resolve
from remediate.model import NamedTuple
from remediate.text import late

TEMPLATE = late(
    rb"\$\{\{[^\n]{0,300}?\}\}|\$\((?!(?:pwd|date|whoami|hostname|nproc|id|uname|arch|ls|env|tty|groups|logname|users|tput)\))[A-Za-z_][\w.-]*\)"
)
MACRO = late(r"\$\(([A-Za-z_][\w.-]*)\)")
_TOKEN = late(
    r"\$\(([A-Za-z_][\w.-]*)\)|\$\{\{\s*(parameters|variables)(?:\.([\w.-]+)|\[\s*'([^']+)'\s*\])\s*\}\}"
    r"|\$\{\{[^\n]{0,300}?\}\}|\$\([^()]*+\)"
)
# What names the folder into which the repository is checked out.
_ROOTS = late(
    r"\$\((?:Build\.SourcesDirectory|System\.DefaultWorkingDirectory|Build\.Repository\.LocalPath)\)"
    r"|\$\((?:Agent\.BuildDirectory|Pipeline\.Workspace)\)/s(?![\w.-])",
    2,  # re.IGNORECASE
)
_VARIABLE_ROOTS = ("BUILD_SOURCESDIRECTORY", "SYSTEM_DEFAULTWORKINGDIRECTORY", "BUILD_REPOSITORY_LOCALPATH")
_WINDOWS = ("windows", "vs20", "win")
# The task library takes variables with these prefixes away from the task, and so from what it starts (task-lib, node/internal.ts).
WITHHELD = ("INPUT_", "ENDPOINT_AUTH_", "SECUREFILE_TICKET_", "SECRET_", "VSTS_TASKVARIABLE_")
STEP_KEYS = ("script", "bash", "pwsh", "powershell", "task")

Values = Mapping[str, tuple[str, ...]]


class Around(NamedTuple):
    """What holds for a step. `variables`: lower-case names; `parameters`: of the template; `many`: several repositories are checked out.

    `image`: the job's container; `idle`: a condition says that it never runs.
    """

    variables: Values = MappingProxyType({})
    parameters: Values = MappingProxyType({})
    windows: bool = False
    many: bool = False
    job: str = ""
    image: str = ""
    idle: bool = False

    def expand(self, text: str) -> tuple[str, ...]:
        """The possible texts of a path; `*` stands for what is not known."""
        rooted = _ROOTS.sub(".", text)
        if self.many and rooted != text:
            rooted = "**/" + "/".join(rooted.split("/")[2:])
        out = self._once(rooted)
        again = [t for one in out for t in self._once(_ROOTS.sub(".", one))]
        return tuple(dict.fromkeys(again))[:MOST] or ("*",)

    def _once(self, text: str) -> tuple[str, ...]:
        parts: list[tuple[str, ...]] = []
        at = 0
        for found in _TOKEN.finditer(text):
            parts += [(text[at : found.start()],), self._value(found[1], found[2], found[3] or found[4])]
            at = found.end()
        parts.append((text[at:],))
        total = 1
        for part in parts:
            total *= len(part)
        if total > MOST:
            return ("*",)
        return tuple("".join(p) for p in product(*parts))

    def _value(self, macro: str | None, kind: str | None, name: str | None) -> tuple[str, ...]:
        if macro is not None:
            return self.variables.get(macro.lower(), ("*",))
        if kind == "parameters" and name is not None:
            return self.parameters.get(name.lower(), ("*",))
        if kind == "variables" and name is not None:
            return self.variables.get(name.lower(), ("*",))
        return ("*",)

    def environment(self, name: str) -> tuple[str, ...] | None:
        """What `$NAME` is in the environment of a step."""
        if name in _VARIABLE_ROOTS:
            return ("**",) if self.many else (".",)
        found = next((v for k, v in self.variables.items() if k.replace(".", "_").upper() == name), None)
        return tuple(t for v in found for t in self.expand(v)) if found is not None else None


class Step(NamedTuple):
    """A step as it stands; `inputs` have lower-case names."""

    node: Node
    number: int
    around: Around
    keys: Mapping[str, Node]
    inputs: Mapping[str, Node]

    @property
    def task(self) -> tuple[str, str]:
        """(name in lower case, version)"""
        name, _, version = text_of(self.keys.get("task")).partition("@")
        return name.lower().rpartition(".")[2], version.partition(".")[0]

    @property
    def name(self) -> str:
        return text_of(self.keys.get("displayName")) or self.around.job or f"step {self.number + 1}"

    def input(self, *names: str, default: str = "") -> str:
        return next((text_of(self.inputs[n]) for n in names if n in self.inputs), default) or default

    def environment(self) -> dict[str, str | None]:
        found = fields(self.keys.get("env"))
        return {k: text_of(v) if resolve(v).kind == "scalar" else None for k, v in found.items()}

    def folder(self) -> str | None:
        """Where its command runs, relative to the repository's root."""
        text = text_of(self.keys.get("workingDirectory")) or self.input("workingdirectory", "cwd", "currentworkingdirectory")
        if not text:
            return None if self.around.many else "."
        found = self.around.expand(text)
        only = posixpath.normpath(found[0]) if len(found) == 1 else "*"
        return None if "*" in only or only.startswith(("/", "..")) else only


def steps_of(root: Node, parameters: Values) -> Iterator[Step]:
    """All steps below `root`, in the order of the file: also those that are handed to a template."""
    todo: list[tuple[Node, Around, bool]] = [(root, Around(parameters=parameters), False)]
    number = 0
    seen: set[int] = set()
    while todo:
        found, around, item = todo.pop()
        node = resolve(found)
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.kind == "sequence":
            checkouts = sum(1 for i in node.items if text_of(i.value.get("checkout")) not in ("", "none"))
            inside = around._replace(many=True) if checkouts > 1 else around
            todo += reversed([(i.value, inside, True) for i in node.items])
        elif node.kind == "mapping":
            keys = fields(node)
            if item and any(key in keys for key in STEP_KEYS):
                inputs = {k.lower(): v for k, v in fields(keys.get("inputs")).items()}
                yield Step(node, number, around._replace(idle=around.idle or never(keys)), keys, inputs)
                number += 1
            else:
                inside = _inside(keys, around)
                todo += reversed([(e.value, inside, False) for e in node.entries])


def never(keys: Mapping[str, Node]) -> bool:
    return text_of(keys.get("condition")).strip().lower() in ("false", "${{ false }}")


def _inside(keys: Mapping[str, Node], around: Around) -> Around:
    """What the keys of a pipeline, a stage or a job bring for all below."""
    if "variables" in keys:
        around = around._replace(variables={**around.variables, **variables_of(keys["variables"])})
    matrix = fields(fields(keys.get("strategy")).get("matrix"))
    if matrix:
        legs: dict[str, tuple[str, ...]] = {}
        for leg in matrix.values():
            for name, value in fields(leg).items():
                legs[name.lower()] = (*legs.get(name.lower(), ()), text_of(value))
        around = around._replace(variables={**around.variables, **legs})
    if "pool" in keys:
        image = text_of(fields(keys["pool"]).get("vmImage")) or text_of(keys["pool"])
        found = around.expand(image) if image else ()
        around = around._replace(windows=bool(found) and all(t.lower().startswith(_WINDOWS) for t in found))
    if "container" in keys:
        around = around._replace(image=text_of(keys["container"]) or text_of(fields(keys["container"]).get("image")))
    if never(keys):
        around = around._replace(idle=True)
    job = next((text_of(keys[k]) for k in ("job", "deployment") if k in keys), "")
    return around._replace(job=job) if job else around


def variables_of(node: Node) -> dict[str, tuple[str, ...]]:
    """`variables:` as a mapping or a list, also below `${{ if }}`: each possible value of a name."""
    out: dict[str, tuple[str, ...]] = {}
    todo = [resolve(node)]
    while todo:
        found = todo.pop(0)
        keys = fields(found)
        if "name" in keys and "value" in keys:
            _add(out, text_of(keys["name"]), text_of(keys["value"]))
            continue
        for key, value in keys.items():
            inner = resolve(value)
            if key.startswith("${{") or inner.kind != "scalar":
                todo.append(inner)
            elif key not in ("group", "template", "readonly"):
                _add(out, key, inner.value)
        todo += [resolve(i.value) for i in found.items]
    return out


def _add(out: dict[str, tuple[str, ...]], name: str, value: str) -> None:
    out[name.lower()] = tuple(dict.fromkeys((*out.get(name.lower(), ()), value)))


def defaults_of(root: Node) -> dict[str, tuple[str, ...]]:
    """What the parameters of a template are when nobody says otherwise."""
    node = fields(root).get("parameters")
    out: dict[str, tuple[str, ...]] = {}
    if node is None:
        return out
    found = resolve(node)
    if found.kind == "mapping":
        return {k.lower(): (text_of(v),) for k, v in fields(found).items() if resolve(v).kind == "scalar"}
    for item in listed(found):
        keys = fields(item)
        if "default" in keys and resolve(keys["default"]).kind == "scalar":
            out[text_of(keys.get("name")).lower()] = (text_of(keys["default"]),)
        elif "values" in keys:
            out[text_of(keys.get("name")).lower()] = tuple(text_of(v) for v in listed(keys["values"]))
    return out


def calls_of(roots: Sequence[Node]) -> Iterator[tuple[str, Mapping[str, Node]]]:
    """The templates that a file uses, with what it hands to them."""
    todo = list(roots)
    while todo:
        node = todo.pop()
        if node.kind == "mapping":
            keys = fields(node)
            if "template" in keys and text_of(keys["template"]):
                yield text_of(keys["template"]), {k.lower(): v for k, v in fields(keys.get("parameters")).items()}
        todo += [e.value for e in node.entries]
        todo += [i.value for i in node.items]

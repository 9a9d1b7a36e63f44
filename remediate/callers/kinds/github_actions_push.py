"""docker/build-push-action and its forks: what a step builds, and the step with secrets in the place of build args.

build-args: |                                  build-args: |
  NPM_TOKEN=${{ secrets.NPM_TOKEN }}     ->      MODE=production
  MODE=production                              secrets: |
                                                 npm_token=${{ secrets.NPM_TOKEN }}
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from remediate.callers.kinds.github_actions_expr import context_name, contexts, expressions, is_plain_reference, sole
from remediate.callers.kinds.github_actions_list import Item, items
from remediate.callers.kinds.github_actions_place import Where
from remediate.callers.kinds.github_actions_rows import Action, major
from remediate.callers.kinds.github_actions_tree import Step, workspace
from remediate.callers.model import Build, CallerFile, Passed, Refused
from remediate.callers.places import UNKNOWN
from remediate.formats.yaml import Node
from remediate.text import late

SECRET_INPUTS = ("secrets", "secret-envs", "secret-files")
_NAME = late(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")  # what begins with `#` is meant as a comment
# What can hold no secret: GitHub drops outputs of jobs that do, and gives `secrets` to none of the others.
_HARMLESS = frozenset(("matrix", "needs", "vars", "github", "runner", "strategy", "job"))


class Push:
    """One step. `args` is the node of its build args, `own` the items that stand in it; `forwarded` the inputs that bring more."""

    def __init__(self, step: Step, action: Action, version: str) -> None:
        self.step, self.action, self.version = step, action, version
        self.inputs: Mapping[str, Node] = step.inputs
        self.old = _is_first(action, version, self.inputs)
        self.args_name = "build_args" if self.old or ("build-args" not in self.inputs and "build_args" in self.inputs) else action.args
        self.args = self.inputs.get(self.args_name)
        self.own: tuple[Item, ...] = items(text_of(self.args), commas=self.old) if self.args is not None else ()

    @property
    def composite(self) -> bool:
        return not self.step.job

    @property
    def opaque(self) -> bool:
        """Whether some build args come out of an expression."""
        return any(i.dynamic for i in self.own)

    @property
    def line(self) -> int:
        return self.step.fields["uses"].line

    @property
    def where(self) -> Where:
        if self.old:
            return Where(self.step, self.step.value("path") or ".", self.step.value("dockerfile"), git=False)
        return Where(self.step, self.step.value("context"), self.step.value("file"))

    def forwarded(self, name: str) -> tuple[tuple[str, str], ...]:
        """(context, name) of the whole lists that an input takes from its caller: `${{ inputs.build-args }}`."""
        node = self.inputs.get(name)
        found = [context_name(sole(i.name)) for i in items(text_of(node)) if i.dynamic] if node is not None else []
        return tuple(f for f in found if f[0] in ("inputs", "secrets"))

    @property
    def secrets(self) -> tuple[str, ...]:
        found = [i for n in SECRET_INPUTS if n in self.inputs for i in items(text_of(self.inputs[n]), commas=n == "secret-envs")]
        return tuple(i.name for i in found if not i.dynamic)

    @property
    def ssh(self) -> tuple[str, ...]:
        node = self.inputs.get("ssh")
        return tuple(i.name for i in items(text_of(node), commas=True)) if node is not None else ()

    def build(self, file: CallerFile, called: bool) -> Build:
        """The build of this step. `called`: what `inputs` bring is told at the callers."""
        passed = [Passed(i.name, line_of(self.args, i), i.origin, i.lax) for i in self.own if _NAME.match(i.name) and self.args is not None]
        more, refused = self._dynamic(called)
        targets = self.step.values(self.step.value("target"))
        return Build(
            file.path, file.kind, self.line, self.where.place, self.where.folder, "." if workspace(self.step.checkouts) == "." else None,
            (*passed, *more), self.secrets, self.ssh, targets[0] if len(targets) == 1 and UNKNOWN not in targets[0] else "",
            "buildx", self.step.job, self._refused(passed), more=refused, open=called and bool(self.forwarded(self.args_name)),
            idle=self.step.idle,
        )  # fmt: skip

    def _refused(self, passed: Sequence[Passed]) -> Refused | None:
        if self.old:
            detail = (
                "version 1 of the action has no secrets: ask for docker/build-push-action@v6, with context, file, build-args and secrets"
            )
            return Refused("caller-builder-old", detail, self.line, suggested(self.own))
        if passed and self.args_name != self.action.args:
            detail = f"the action has no input {self.args_name}, so nothing of it reaches the build; its name is {self.action.args}"
            return Refused("caller-arguments", detail, self.line, suggested(self.own))
        if any(n in self.inputs and self.inputs[n].kind not in ("scalar", "null") for n in (self.args_name, *SECRET_INPUTS, "ssh")):
            return Refused("caller-format", "an input of an action is a text, not a list or a mapping", self.line)
        return None

    def _dynamic(self, called: bool) -> tuple[list[Passed], Refused | None]:
        """Build args that come out of an expression: what it can be is listed; what could be anything, a secret too, is refused."""
        passed: list[Passed] = []
        for item in self.own:
            if not item.dynamic or self.args is None:
                continue
            text = item.name if item.value is None else f"{item.name}={item.value}"
            line = line_of(self.args, item)
            context, name = context_name(sole(text))
            if context == "inputs" and called:
                continue
            values = self.step.values(text)
            known = [v for v in values if UNKNOWN not in v]
            passed += [Passed(i.name, line) for v in known for i in items(v.encode()) if i.name and not i.dynamic]
            used = contexts(text)
            if len(known) < len(values) and not used <= _HARMLESS and not (context == "secrets" and called and name):
                detail = f"the build args come from {', '.join(sorted(used)) or 'an expression'}"
                return passed, Refused("caller-arguments", detail, line, suggested(()))
        return passed, None


def _is_first(action: Action, version: str, inputs: Mapping[str, Node]) -> bool:
    """Version 1 of docker/build-push-action; of a commit or a branch its inputs tell."""
    if action.name != "docker/build-push-action":
        return False
    number = major(version)
    if number is not None:
        return number == 1
    return (
        bool({"build_args", "dockerfile", "repository"} & inputs.keys())
        and not {"build-args", "context", "file", "tags_list"} & inputs.keys()
    )


def text_of(node: Node | None) -> bytes:
    """The decoded text of an input; empty for what is no text."""
    return node.text.text.data if node is not None and node.kind == "scalar" else b""


def line_of(node: Node | None, item: Item) -> int:
    """The line of the file on which an item stands."""
    if node is None:
        return 0
    return bisect_right(node.lines, node.text.text.span(item.name_start, item.name_end).start)


def suggested(found: Sequence[Item]) -> tuple[str, ...]:
    """What to write by hand: the items whose value is a reference, as secrets."""
    lines = [shown(i, i.name.lower()) for i in found if i.origin.startswith(("ci:", "env:")) and not i.dynamic][:10]
    return ("secrets: |", *(f"  {line}" for line in lines or ["ID=${{ secrets.NAME }}"]))


def shown(item: Item, id: str) -> str:
    """A line of `secrets:` for people: a value that is no plain reference is named, not shown."""
    if item.value is None:
        return f"{id}=${{{{ env.{item.name} }}}}"
    value = item.value.strip("\"' ")
    return f"{id}={value}" if expressions(value) and is_plain_reference(value) else f"{id}=<the value of {item.name}>"

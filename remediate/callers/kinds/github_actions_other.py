"""What builds and cannot be rewritten here: actions without secrets, actions and workflows of other repositories, GitHub's own builds."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from remediate.callers.kinds.github_actions_list import items
from remediate.callers.kinds.github_actions_place import Where
from remediate.callers.kinds.github_actions_push import line_of, suggested, text_of
from remediate.callers.kinds.github_actions_rows import CONTEXTS, FILES, Action
from remediate.callers.kinds.github_actions_tree import Step
from remediate.callers.kinds.github_actions_unit import Unit
from remediate.callers.model import Build, CallerFile, Passed, Place, Refused
from remediate.callers.places import place
from remediate.formats.yaml import Node
from remediate.text import late

_ARGS_KEY = late(r"(?:docker[-_]?)?(?:image[-_]?)?build[-_]?(?:time[-_]?)?arg(?:ument)?s?(?:[-_]?(?:list|file))?", 2)  # 2: re.IGNORECASE
_FLAG = late(r"--build-arg[=\s]+[\"']?([A-Za-z_][A-Za-z0-9_]*)")
_NAMED = late(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def known(file: CallerFile, step: Step, action: Action) -> Unit:
    """An action that builds, and has no way for a secret."""
    where = Where(step, step.value(action.context), step.value(action.file), git=False, inside=action.inside)
    node = step.inputs.get(action.args)
    passed, hand = _passed({action.args: node} if node is not None else {}, commas=action.commas)
    refused = Refused(action.code, action.detail, step.fields["uses"].line, _advice(action, hand))
    targets = step.values(step.value(action.target)) if action.target else ("",)
    target = targets[0] if len(targets) == 1 else ""
    return Unit(file, step, [_build(file, step, where.place, passed, refused)._replace(context=where.folder, target=target)])


def _advice(action: Action, hand: tuple[str, ...]) -> tuple[str, ...]:
    if action.name == "redhat-actions/buildah-build":
        return ("extra-args: |", "  --secret=id=ID,env=NAME", "env:", "  NAME: ${{ secrets.NAME }}")
    return ("uses: docker/build-push-action@v6", "with:", *(f"  {line}" for line in hand))


def unknown(file: CallerFile, step: Step, detail: str, more: Mapping[str, Node], code: str = "caller-elsewhere") -> Unit | None:
    """Something that is not at hand, and is given build args; None when it is given none."""
    found = {**step.inputs, **more}
    given = {k: v for k, v in found.items() if v.kind == "scalar" and (_ARGS_KEY.fullmatch(k) or _FLAG.search(v.value[:10_000]))}
    passed, hand = _passed(given, commas=True)
    if not passed:
        return None
    file_name = next((step.value(k) for k in FILES if step.value(k)), "")
    context = next((step.value(k) for k in CONTEXTS if step.value(k)), "")
    where = Where(step, context or ".", file_name, git=False).place if file_name or context else Place(pattern="**")
    return Unit(file, step, [_build(file, step, where, passed, Refused(code, detail, step.fields["uses"].line, hand))])


def _passed(given: Mapping[str, Node], *, commas: bool) -> tuple[tuple[Passed, ...], tuple[str, ...]]:
    out: dict[str, Passed] = {}
    hand: tuple[str, ...] = ()
    for node in given.values():
        flags = list(_FLAG.finditer(node.value[:10_000]))
        for flag in flags:
            out.setdefault(flag[1], Passed(flag[1], node.line))
        listed = () if flags else tuple(i for i in items(text_of(node), commas=commas) if _NAMED.match(i.name))
        for one in listed:
            out.setdefault(one.name, Passed(one.name, line_of(node, one), one.origin))
        hand = hand or (suggested(listed) if listed else ())
    return tuple(out.values()), hand


def _build(file: CallerFile, step: Step, where: Place, passed: tuple[Passed, ...], refused: Refused) -> Build:
    line = step.fields["uses"].line
    return Build(file.path, file.kind, line, where, None, None, passed, engine="docker", name=step.job, refused=refused)


def own_image(file: CallerFile, runs: Mapping[str, Node], step: Step) -> Unit | None:
    """`runs: {using: docker, image: Dockerfile}`: GitHub builds this Dockerfile, with nothing passed to it."""
    image = runs.get("image")
    if image is None or image.value.startswith("docker://") or not image.value:
        return None
    folder = posixpath.dirname(file.path) or "."
    hand = (f"build {image.value} in a workflow with its secrets, push it, and name it here:", "image: docker://HOST/IMAGE:TAG")
    refused = Refused(
        "caller-builder", "GitHub builds the image of an action by itself, without build args and without secrets", image.line, hand
    )
    return Unit(file, step, [Build(file.path, file.kind, image.line, place(folder, ".", image.value), folder, folder, refused=refused)])

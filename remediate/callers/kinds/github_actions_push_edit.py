"""The edits on a step of docker/build-push-action: lines of `build-args:` become lines of `secrets:`, with the same value."""

from __future__ import annotations

from collections.abc import Sequence

from remediate.callers.kinds.github_actions_list import Item, items, renamed
from remediate.callers.kinds.github_actions_push import Push, shown, text_of
from remediate.callers.kinds.github_actions_rows import major
from remediate.callers.kinds.github_actions_tree import workspace
from remediate.callers.model import Move, Refused
from remediate.formats.embedded import FormatError
from remediate.formats.yaml import Node, resolve
from remediate.formats.yaml_edit import add_entry, add_line, remove_entry, remove_lines
from remediate.model import Edit, NamedTuple, Span


class New(NamedTuple):
    """A line for the input `into`; `item` is the build arg that it takes the place of, `name` what that one's name becomes."""

    into: str
    line: str
    item: Item | None = None
    name: str = ""


class Done(NamedTuple):
    edits: tuple[Edit, ...] = ()
    refused: tuple[tuple[str, Refused], ...] = ()
    told: tuple[str, ...] = ()


class Unwritable(Exception):
    """This move cannot be done here: `refused` says why."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.detail)
        self.refused = refused


def edits(data: bytes, push: Push, moves: Sequence[Move], forks: bool) -> Done:
    """All edits for the moves of one step. `forks`: the workflow also runs where its secrets are empty."""
    new: list[New] = []
    gone: list[Item] = []
    refused: list[tuple[str, Refused]] = []
    told: list[str] = []
    for move in moves:
        try:
            item = _item(push, move) if move.arg else None
            if item is not None:
                gone.append(item)
            if not move.supplied:
                new.append(_new(push, move, item, told))
        except Unwritable as error:
            refused.append((move.spec.id, error.refused))
        else:
            if forks and move.spec.required and item is not None and item.origin.startswith("ci:"):
                told.append(
                    f"on a pull request from a fork {item.origin[3:]} is empty: the action then passes no secret {move.spec.id},"
                    " and the build stops, since the secret is required"
                )
    if refused:
        return Done(refused=tuple(refused))
    try:
        return Done(tuple(_written(data, push, new, gone)), told=tuple(told))
    except FormatError as error:
        refusal = Refused(
            "caller-format", error.message, push.line, tuple(f"{n.into}: {n.line}" for n in new if n.item is None or n.item.value is None)
        )
        return Done(refused=tuple((m.spec.id, refusal) for m in moves))


def _item(push: Push, move: Move) -> Item:
    """The one item that passes the build arg."""
    found = [i for i in push.own if i.name == move.arg and not i.dynamic]
    by_hand = ("secrets: |", f"  {move.spec.id}=<the value of {move.arg}>")
    if not found:
        raise Unwritable(Refused("caller-arguments", f"{move.arg} comes out of an expression", push.line, by_hand))
    if len(found) > 1 or found[0].odd:
        detail = f"{move.arg} is passed twice" if len(found) > 1 else f"{move.arg} is not written as a plain name"
        raise Unwritable(Refused("caller-arguments", detail, push.line, ("secrets: |", f"  {shown(found[0], move.spec.id)}")))
    return found[0]


def _new(push: Push, move: Move, item: Item | None, told: list[str]) -> New:
    """The line that supplies the secret."""
    id = move.spec.id
    if any(c in id for c in "=,\"' \n"):
        raise Unwritable(Refused("caller-format", "the id has characters that end it in this list", push.line))
    if move.ssh:
        return _ssh(push, move, item)
    if item is None:
        return _file(push, move)
    if item.value is None:
        if knows_envs(push):
            return New("secret-envs", f"{id}={item.name}", item, f"{id}={item.name}")
        return New("secrets", f"{id}=${{{{ env.{item.name} }}}}")
    if not item.value.strip():
        raise Unwritable(Refused("caller-value", f"{item.name} is passed without a value, which is no secret for the action", push.line))
    if item.origin == "literal":
        told.append(f"the value of {item.name} stands in the file: it is burnt, rotate it and keep it in the secrets of the repository")
    return New("secrets", renamed(text_of(push.args), item, id), item, id)


def _file(push: Push, move: Move) -> New:
    folder = workspace(push.step.checkouts)
    if not push.composite and not push.step.checkouts:
        hand = ("- uses: actions/checkout@v4", "secret-files: |", f"  {move.spec.id}={move.source}")
        raise Unwritable(
            Refused("caller-value", f"{move.source} is not in the workspace: no actions/checkout comes before", push.line, hand)
        )
    if folder is None or not move.source:
        raise Unwritable(Refused("caller-value", "it cannot be told where the repository lies in the workspace", push.line))
    path = move.source if folder == "." else f"{folder}/{move.source}"
    if any(c in path for c in '"\n') or path != path.strip():
        raise Unwritable(Refused("caller-value", "the path has characters that this list cannot carry", push.line))
    return New("secret-files", f"{move.spec.id}={path}")


def _ssh(push: Push, move: Move, item: Item | None) -> New:
    """An SSH key needs an agent that holds this very key, started by a step before."""
    value = item.value.strip("\"' ") if item is not None and item.value else ""
    if value and any(value in agent for agent in push.step.agents):
        return New("ssh", move.spec.id)
    shown_value = shown(item, "")[1:] if item is not None and item.value else "${{ secrets.SSH_PRIVATE_KEY }}"
    hand = ("- uses: webfactory/ssh-agent@v0.9.0", "  with:", f"    ssh-private-key: {shown_value}", f"ssh: {move.spec.id}")
    raise Unwritable(Refused("caller-key", "no step before starts an SSH agent with this key", push.line, hand))


def knows_envs(push: Push) -> bool:
    """`secret-envs` came with v5.1 of the action."""
    number = major(push.version)
    if push.action.name != "docker/build-push-action" or number is None:
        return True
    return number > 5 or (number == 5 and not push.version.startswith("v5.0"))


# -- writing ---------------------------------------------------------------------------------------------------------------------------


def _written(data: bytes, push: Push, new: Sequence[New], gone: Sequence[Item]) -> list[Edit]:
    found = push.step.fields.get("with")
    with_ = resolve(found) if found is not None else None
    if with_ is None:
        into = dict.fromkeys(n.into for n in new)
        body = [line for name in into for line in (f"{name}: |", *(f"  {n.line}" for n in new if n.into == name))]
        return [add_entry(data, push.step.node, "with", body, after="uses")]
    keys = {e.key.value.lower(): e.key for e in with_.entries}
    if any(name in push.inputs and name not in keys for name in (push.args_name, *{n.into for n in new})):
        raise FormatError("the inputs come through a merge key", line=with_.line)
    if in_place := _in_place(push, keys, new, gone):
        return in_place
    out = _removed(data, push, with_, keys, gone)
    at_end = any(e.span.end == len(data) for e in out)
    for name in dict.fromkeys(n.into for n in new):
        lines = [line for n in new if n.into == name for line in n.line.split("\n")]
        if name in keys:
            out.append(add_lines(data, push.inputs[name], lines))
            continue
        after = keys[push.args_name].value if push.args_name in keys else ""
        out.append(
            _unbroken(data, add_entry(data, with_, name, ["|", *lines] if name != "ssh" or len(lines) > 1 else lines, after=after), at_end)
        )
    return out


def _unbroken(data: bytes, edit: Edit, at_end: bool) -> Edit:
    """At the end of a file without a last line break, the lines that went took the break before them along."""
    if at_end and edit.span.start == len(data):
        return Edit(edit.span, edit.text.lstrip(b"\r\n"))
    return edit


def _in_place(push: Push, keys: dict[str, Node], new: Sequence[New], gone: Sequence[Item]) -> list[Edit]:
    """When every build arg becomes a line of one other input that is not there yet: only the names change."""
    into = {n.into for n in new}
    if len(into) != 1 or into & push.inputs.keys() or len(gone) != len(push.own) or len(new) != len(gone) or push.args is None:
        return []
    if any(n.item is None or not n.name for n in new):
        return []
    return renamed_list(keys[push.args_name], push.args, [(n.item, n.name) for n in new if n.item is not None], into.pop())


def renamed_list(key: Node, node: Node, new: Sequence[tuple[Item, str]], name: str) -> list[Edit]:
    """The same list under another key, its items with other names; nothing where its text cannot carry them."""
    out = [Edit(key.span, name.encode())]
    for item, text in new:
        written = node.text.written(text.encode())
        if written is None:
            return []
        out.append(Edit(node.text.text.span(item.name_start, item.name_end), written))
    return out


def _removed(data: bytes, push: Push, with_: Node, keys: dict[str, Node], gone: Sequence[Item]) -> list[Edit]:
    if not gone or push.args is None:
        return []
    if len(gone) == len(push.own):
        return [remove_entry(data, with_, keys[push.args_name].value)]
    text = text_of(push.args)
    lines: set[int] = set()
    for item in gone:
        first = text.count(b"\n", 0, item.start)
        lines.update(range(first, first + text.count(b"\n", item.start, item.end) + 1))
    return list(remove_lines(data, push.args, lines))


def add_lines(data: bytes, scalar: Node, lines: Sequence[str]) -> Edit:
    """Several new last lines, as one edit. Raises FormatError where a quote that stays open would take them in."""
    if any(i.odd for i in items(text_of(scalar)) if not i.dynamic):
        raise FormatError("the quotes of the list are not understood", line=scalar.line)
    first = add_line(data, scalar, lines[0])
    ending = b"\r\n" if b"\r\n" in data else b"\n"
    body = first.text.rstrip(b"\r\n")
    pad = body[body.rfind(b"\n") + 1 :].removesuffix(lines[0].encode())
    more = b"".join(ending + pad + line.encode() for line in lines[1:])
    return Edit(Span(first.span.start, first.span.end), body + more + first.text[len(body) :])

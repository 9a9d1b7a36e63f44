"""What a build arg's value is, and how the same value reaches the builder another way."""

from __future__ import annotations

from remediate.callers.shell.options import Arg
from remediate.callers.shell.shells import Mask
from remediate.callers.shell.tokens import Part, Token, parts_of
from remediate.model import NamedTuple
from remediate.shell.nested import wrapper_assignments
from remediate.shell.view import Assignment, Command
from remediate.text import late

_CAT = late(rb"(?:\$\(\s*(?:cat\s+|<\s*)(?P<a>[^;|&()<>`\n]+?)\s*\)|`\s*cat\s+(?P<b>[^;|&()<>`\n]+?)\s*`)")
_PATH = late(rb"(?:[A-Za-z0-9_./@%+:=-]|~(?=/)|\$[A-Za-z_][A-Za-z0-9_]*|\$\{[A-Za-z_][A-Za-z0-9_]*\})+")


class Value(NamedTuple):
    """`kind`: "through" (taken from the environment), "name" (one variable, `name`), "file" (the text of `path`, as written),
    "template" (`name` is the template), "literal", "other". `raw` is the value as a word of the shell, for an assignment;
    None when it cannot be taken out of its word. `outer`: the shell around expands it. `templates` are those inside.
    """

    kind: str
    raw: bytes | None
    name: str = ""
    path: bytes = b""
    outer: bool = False
    templates: tuple[tuple[int, int, str], ...] = ()


def value_of(arg: Arg, command: Command) -> Value:
    """The value of a build arg. `sudo T=x docker build --build-arg T` gives it before the builder."""
    if arg.through:
        given = [a for a in wrapper_assignments(command) if a.name == arg.name]
        if given and given[-1].value is not None:
            return value_behind(arg.token, given[-1])
        return Value("through", b"", arg.name)
    skip = f"{arg.skip}{arg.name}=".encode("utf-8", "surrogateescape")
    return _behind(arg.token, skip)


def value_behind(token: Token, given: Assignment) -> Value:
    """The value of an assignment in the same text."""
    shell = token.shell
    whole = Token(shell, given.start, given.end, "u", parts_of(shell, given.start, given.end, "u"))
    return _behind(whole, f"{given.name}=".encode())


def _behind(token: Token, skip: bytes) -> Value:
    """The value behind `skip`, which is the start of the argument after quote removal."""
    parts = _cut(token, len(skip.decode("utf-8", "surrogateescape")))
    kinds = [p.kind for p in parts]
    raw, start = _raw(token, skip)
    hidden = _hidden(token, parts)
    if raw is not None:
        for a, b, text in hidden:
            raw = raw[: a - start] + text.encode("utf-8", "surrogateescape") + raw[b - start :]
    templates = tuple([(p.start - start, p.end - start, p.text) for p in parts if p.kind == "mask"])
    outer = any(p.expansion is not None and p.expansion.outer for p in parts)
    if all(k == "text" for k in kinds):
        return Value("literal", raw)
    if kinds == ["mask"]:
        return Value("template", raw, parts[0].text, templates=templates)
    if hidden:
        return Value("other", raw, outer=outer, templates=templates)
    one = parts[0].expansion if len(parts) == 1 else None
    if one is not None and one.outer and one.name == "_":
        return Value("other", raw, outer=True)  # a substitution of the shell around
    if one is not None and not (one.op or one.length or one.indirect) and b"[" not in token.shell.data[one.start : one.end]:
        return Value("name", raw, one.name, outer=one.outer)
    if len(parts) == 1 and parts[0].kind == "sub" and not outer:
        match = _CAT.fullmatch(token.shell.data, parts[0].start, parts[0].end)
        path = (match["a"] or match["b"]) if match else b""
        if path and (bare := _plain(path)) is not None:
            return Value("file", raw, path=bare)
    return Value("other", raw, outer=outer, templates=templates)


def _hidden(token: Token, parts: list[Part]) -> list[Mask]:
    """Templates inside expansions and substitutions (`${${{ inputs.name }}}`): what was put in their place for parsing means nothing."""
    shown = {p.start for p in parts if p.kind == "mask"}
    return [m for m in token.shell.masks if token.start <= m[0] and m[1] <= token.end and m[0] not in shown]


def _plain(path: bytes) -> bytes | None:
    """The path without its quotes, when nothing in it is special."""
    if path[:1] in (b'"', b"'") and path[-1:] == path[:1] and len(path) > 2:
        if path[:1] == b"'" and b"$" in path:
            return None
        path = path[1:-1]
        if path.startswith(b"~"):
            return None
    elif b"'" not in path and path.count(b'"') % 2 == 0 and not path.startswith(b'"~'):
        path = path.replace(b'"', b"")  # `"$HOME"/.ssh/id_rsa`
    return path if _PATH.fullmatch(path) else None


def _cut(token: Token, left: int) -> list[Part]:
    out: list[Part] = []
    for part in token.parts:
        if part.kind == "text" and left:
            cut = min(left, len(part.text))
            left -= cut
            if cut == len(part.text):
                continue
            part = part._replace(text=part.text[cut:], start=part.start + cut)
        out.append(part)
    return out


def _raw(token: Token, skip: bytes) -> tuple[bytes | None, int]:
    """(the value as a shell word, the offset in this shell that its first byte would have)."""
    raw = token.raw
    if token.state == "d":
        return (b'"' + raw[len(skip) :] + b'"', token.start + len(skip) - 1) if raw.startswith(skip) else (None, 0)
    if token.state == "s":
        return (b"'" + raw[len(skip) :] + b"'", token.start + len(skip) - 1) if raw.startswith(skip) else (None, 0)
    if raw.startswith(skip):
        return raw[len(skip) :], token.start + len(skip)
    option, equals, name = skip.partition(b"=")
    heads = (b"", option + equals) if option.startswith(b"-") and name else (b"",)
    for head in heads:
        rest = skip[len(head) :]
        quote = raw[len(head) : len(head) + 1]
        if raw.startswith(head) and quote in (b'"', b"'") and raw.startswith(rest, len(head) + 1):
            at = len(head) + 1 + len(rest)
            return quote + raw[at:], token.start + at - 1
    return None, 0


def origin(value: Value, exported: bool) -> str:
    """`Passed.origin`."""
    if value.kind in ("through", "name") and exported:
        return f"env:{value.name}"
    if value.kind == "file":
        return f"file:{value.path.decode('utf-8', 'surrogateescape')}"
    return "literal" if value.kind == "literal" else ""

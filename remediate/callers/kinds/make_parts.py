"""Parts of a command that make chooses or repeats: `$(if ...)`, `$(foreach ...)`, either-or definitions; and how new text is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from remediate.callers import perhaps
from remediate.formats.make_lines import continues, references
from remediate.model import Edit, NamedTuple, Span
from remediate.text import LogicalText, late

COMMA = b"$(comma)"

_COMMAND = late(rb"(?:^|[\s;&|@(])(?:docker|podman|buildah|nerdctl)[\s]|[Cc][Oo][Nn][Tt][Aa][Ii][Nn][Ee][Rr]|DOCKER|PODMAN|BUILD")
_ENGINE = late(
    rb"(?i)(?:[\w.]*_)?(docker|podman|nerdctl|buildah|container|oci|cri)(?:[_-]?(?:cmd|bin|tool|engine|cli|exec|runtime|command))?"
)
_COMPOSE = late(rb"(?i)[\w.-]*compose[\w.-]*")
_AFTER_ENGINE = late(rb"[ \t]+(?:\$[({]\w*(?i:buildx)\w*[)}][ \t]+)?(?:buildx[ \t]|image[ \t]|builder[ \t]|build\b|bud\b|compose[ \t])")
_WHICH = late(rb"\$[({]shell[ \t]+(?:which|command -v|type -p)[ \t]+(docker|podman|nerdctl|buildah)[ \t]*(?:2>[ \t]*/dev/null[ \t]*)?[)}]")
_AWAY = late(rb"(?:^|[\s;&|(])(?:cd|pushd|popd|exit|exec)(?![\w-])")
_REPEATED = late(rb"(?:;|&&)\s*$")


class Said(NamedTuple):
    """A text as the shell sees it. `taken`: values that stand in it, from elsewhere. `hidden`: references whose text holds build args.

    `sudo`: a variable that runs the build may hold `sudo`. `commas`: where a comma must be written `$(comma)`. `local`: the values of
    `$(s)` in `$(foreach s,...)`. `walked`: the functions whose text was put in. `placed`: one that was not may say which Dockerfile it is.
    """

    text: LogicalText
    masks: tuple[tuple[int, int], ...]
    taken: tuple[Span, ...]
    names: frozenset[str]
    hidden: tuple[tuple[int, bytes], ...]
    sudo: bool = False
    commas: tuple[Span, ...] = ()
    local: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    walked: frozenset[bytes] = frozenset()
    placed: bool = False


class Argument(NamedTuple):
    """An argument of a function: its range in the text that holds the reference."""

    start: int
    end: int


def arguments(data: bytes, start: int, end: int, name: bytes, most: int) -> tuple[Argument, ...]:
    """The arguments of `$(name a,b,c)` at `start`..`end`; the last of `most` takes all that is left, commas as well. () for another one."""
    begin = start + 2
    if not data.startswith(name, begin) or data[begin + len(name) : begin + len(name) + 1] not in (b" ", b"\t"):
        return ()
    at = begin + len(name)
    opening, close, depth = data[start + 1], data[end - 1], 0
    out: list[Argument] = []
    first = at
    while at < end - 1:
        char = data[at]
        if char == opening:
            depth += 1
        elif char == close:
            depth -= 1
        elif char == 44 and depth == 0 and len(out) < most - 1:
            out.append(Argument(first, at))
            first = at + 1
        at += 1
    out.append(Argument(first, end - 1))
    return tuple(out)


def only_options(data: bytes) -> bool:
    """The same of a text of make, whatever its references are."""
    bare, at = b"", 0
    for found in references(data):
        bare += data[at : found.start] + (b"$" if found.is_dollar else b"")
        at = found.end
    return perhaps.only_options(bare + data[at:])


def places(inner: bytes) -> bool:
    """Whether a function of make may say which Dockerfile is built: `$(if $(CI),-f ci.Dockerfile)`."""
    return inner.startswith((b"if ", b"or ", b"and ", b"foreach ", b"addprefix ")) and perhaps.placed(inner)


def repeats(body: bytes) -> bool:
    """Whether the body of a `$(foreach ...)` is a command of its own for each word, which leaves the folder as it is."""
    return _COMMAND.search(body) is not None and _REPEATED.search(body) is not None and not _AWAY.search(body)


def program_of(value: bytes) -> bytes:
    """`$(shell which docker)` is `docker`."""
    found = _WHICH.fullmatch(value)
    return found[1] if found else value


def engine_of(name: bytes, data: bytes, at: int) -> bytes:
    """The builder that a variable of that name holds when `build` follows at `at`; b"" for anything else."""
    if not _AFTER_ENGINE.match(data, at):
        return b""
    if _COMPOSE.fullmatch(name):
        return b"docker compose"
    match = _ENGINE.fullmatch(name)
    if match is None:
        return b""
    word = match.group(1).lower()
    return word if word in (b"podman", b"nerdctl", b"buildah") else b"docker"


def with_commas(edit: Edit, where: tuple[Span, ...]) -> Edit | None:
    """An edit in an argument of a function of make, where a comma would end the argument. None when it cannot be written."""
    if b"," not in edit.text or not any(s.start <= edit.span.start <= edit.span.end <= s.end for s in where):
        return edit
    return None if b"$(" in edit.text or b"${" in edit.text else Edit(edit.span, edit.text.replace(b",", COMMA))


def first_statement(data: bytes) -> int:
    """Where the first line stands that is neither blank nor a comment."""
    at = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    while at < len(data):
        stop = at
        while True:
            end = data.find(b"\n", stop)
            end = len(data) if end < 0 else end
            if end >= len(data) or not continues(data, at, end - (data[end - 1 : end] == b"\r")):
                break
            stop = end + 1
        line = data[at:end].strip()
        if line and not line.startswith(b"#"):
            return at
        at = end + 1
    return len(data)


def writer(in_value: bool, masks: frozenset[bytes], known: frozenset[bytes]) -> Callable[[bytes], bytes | None]:
    """How shell text is written in a recipe, or in a variable's value (where `#` would begin a comment).

    What make puts in (`masks`) may only be written again when its value is `known`: another one would come before the command.
    """

    def written(new: bytes) -> bytes | None:
        if b"\n" in new or (in_value and b"#" in new) or any(m in new for m in masks - known):
            return None
        parts = [new]
        for mask in sorted(known, key=len, reverse=True):
            parts = [q for p in parts for q in (_split(p, mask) if p not in known else [p])]
        return b"".join(p if p in known else p.replace(b"$", b"$$") for p in parts)

    return written


def _split(text: bytes, mask: bytes) -> list[bytes]:
    out: list[bytes] = []
    for number, part in enumerate(text.split(mask)):
        out += [mask, part] if number else [part]
    return out

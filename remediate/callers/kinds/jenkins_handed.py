"""Build args that a pipeline hands to a step of a shared library, or keeps in a map: `buildArgs: [T: env.T]`, `buildArgs: "T=$T"`."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from remediate.callers.kinds.jenkins_scope import statement_end
from remediate.formats.groovy import Groovy, plain_text, string_text
from remediate.text import late

MOST = 200
_LABEL = late(r"(?:[a-z_]*?[_-]?)?(?:build_?arg(?:ument)?s?)(?:_?(?:list|map|string|str))?", 2)  # re.IGNORECASE
_NAMED = late(rb"(?:^|[\s,;])([A-Za-z_]\w*)=")
_NAME = late(r"[A-Za-z_]\w*")


def handed(groovy: Groovy, seen: Collection[int]) -> Iterator[tuple[int, str]]:
    """(token, name of the build arg); strings that are in `seen`, or say `--build-arg` themselves, are told of elsewhere."""
    tokens = groovy.tokens
    left = MOST
    for index, token in enumerate(tokens[:-2]):
        if token.kind != "name" or tokens[index + 1].text not in (":", "=") or _LABEL.fullmatch(token.text) is None:
            continue
        for at in range(index + 2, _end(groovy, index + 2)):
            for name in _names(groovy, at) if at not in seen else ():
                left -= 1
                if left >= 0:
                    yield at, name


def _end(groovy: Groovy, start: int) -> int:
    """Behind the value: at the comma that ends it, or where the statement does."""
    tokens, at = groovy.tokens, start
    end = statement_end(groovy, start)
    while at < end and tokens[at].text != ",":
        at = groovy.partner[at] + 1 if tokens[at].kind == "sign" and tokens[at].text in ("(", "[", "{") else at + 1
    return at


def _names(groovy: Groovy, at: int) -> list[str]:
    """The names in one token: a key of a map, `NAME=value`, or the name alone."""
    token, key = groovy.tokens[at], groovy.tokens[at + 1].text == ":"
    if token.kind == "name":
        return [token.text] if key else []
    if token.kind != "string":
        return []
    plain = plain_text(groovy.data, token)
    if plain is not None and _NAME.fullmatch(plain):
        return [plain]
    data = string_text(groovy.data, token)[0].text.data
    return [] if b"build-arg" in data else [n.decode() for n in _NAMED.findall(data)]

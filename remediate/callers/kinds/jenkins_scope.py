"""What a place in a pipeline knows: its working directory, the variables in its environment, and those that only Groovy knows."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from remediate.formats.embedded import FormatError
from remediate.formats.groovy import Groovy, Token, plain_text
from remediate.model import NamedTuple

BINDINGS = frozenset("variable usernameVariable passwordVariable keyFileVariable passphraseVariable keystoreVariable aliasVariable".split())
MOST_STEPS = 400_000
_RETURNS = frozenset("def void String boolean int Object Map List private public static".split())
_TYPES = frozenset("def String var Map List boolean int Object final".split())


class Argument(NamedTuple):
    """One argument of a call: its label (`script` in `sh(script: x)`), and the indexes of its tokens, without line ends."""

    label: str
    tokens: tuple[int, ...]


class Definition(NamedTuple):
    """`name = <tokens>` of a Groovy variable; `adds` for `+=`, `declared` with `def` or a type: it is known in its block only."""

    name: str
    tokens: tuple[int, ...]
    adds: bool = False
    block: int = -1
    declared: bool = False


def arguments(groovy: Groovy, index: int) -> tuple[Argument, ...]:
    """The arguments of the call whose name is token `index`: in brackets, or up to the end of the statement."""
    tokens = groovy.tokens
    first = index + 1
    if first < len(tokens) and tokens[first].text == "(":
        return _split(groovy, range(first + 1, groovy.partner[first]))
    return _split(groovy, range(first, statement_end(groovy, first)))


def statement_end(groovy: Groovy, start: int) -> int:
    """The index behind the expression that begins at `start`: it goes on behind an operator, a comma, or in brackets."""
    tokens, index = groovy.tokens, start
    while index < len(tokens):
        token = tokens[index]
        if token.kind == "sign" and token.text in ("(", "[", "{"):
            index = groovy.partner[index] + 1
            continue
        if token.text in (")", "]", "}", ";"):
            break
        if token.kind == "newline" and not _goes_on(tokens, index, start):
            break
        index += 1
    return index


def _goes_on(tokens: tuple[Token, ...], newline: int, start: int) -> bool:
    if newline > start and tokens[newline - 1].text in (",", "+", "=", ":", "?", "&&", "||"):
        return True
    following = newline + 1
    while following < len(tokens) and tokens[following].kind == "newline":
        following += 1
    return following < len(tokens) and tokens[following].text in (".", "?.")


def _split(groovy: Groovy, where: range) -> tuple[Argument, ...]:
    out: list[Argument] = []
    mine: list[int] = []
    index = where.start
    while index < where.stop:
        token = groovy.tokens[index]
        end = groovy.partner[index] if token.kind == "sign" and token.text in ("(", "[", "{") else index
        if token.text == "," and token.kind == "sign":
            out.append(_argument(groovy, mine))
            mine = []
        elif token.kind != "newline":
            mine += [i for i in range(index, end + 1) if groovy.tokens[i].kind != "newline"]
        index = end + 1
    if mine:
        out.append(_argument(groovy, mine))
    return tuple(out)


def _argument(groovy: Groovy, mine: list[int]) -> Argument:
    if len(mine) > 1 and groovy.tokens[mine[0]].kind == "name" and groovy.tokens[mine[1]].text == ":":
        return Argument(groovy.tokens[mine[0]].text, tuple(mine[2:]))
    return Argument("", tuple(mine))


class Scopes:
    """All of one file; asked for one token at a time."""

    def __init__(self, groovy: Groovy, library: bool) -> None:
        self.groovy, self.library = groovy, library
        self.headers: dict[int, int] = {}
        self.inside: dict[int, list[int]] = {}
        for index, token in enumerate(groovy.tokens):
            if token.text == "{" and token.kind == "sign":
                head = self._header(index)
                self.headers[index] = head
                if head >= 0 and groovy.tokens[head].text == "environment":
                    self.inside.setdefault(groovy.parent[index], []).append(index)
        self.definitions, self.own = self._definitions()
        self.parameters = frozenset(self._named_parameters())
        self.set_env = frozenset(self._set_env())
        self._bound = {i: frozenset(self._bindings(i)) for i in self.headers}
        self.bound = frozenset(n for names in self._bound.values() for n in names)

    def name(self, block: int) -> str:
        head = self.headers.get(block, -1)
        return self.groovy.tokens[head].text if head >= 0 else ""

    def blocks(self, index: int) -> Iterator[int]:
        """The braces around a token, from inside out."""
        at = self.groovy.parent[index]
        while at >= 0:
            if at in self.headers:
                yield at
            at = self.groovy.parent[at]

    def defined(self, name: str, index: int) -> list[Definition]:
        """The assignments that a place sees: where each is declared in its block, only those of the blocks around."""
        found = self.definitions.get(name, [])
        if len(found) > 1 and all(d.declared for d in found):
            around = {-1, *self.blocks(index)}
            found = [d for d in found if d.block in around and d.tokens and d.tokens[0] < index]
            return found[-1:]
        return found

    def grown(self, name: str, index: int) -> tuple[tuple[int, ...], ...]:
        """The parts of a text that grows (`def x = 'a'`, `x += 'b'`, `x = x + 'c'`) up to token `index`; () when it is not known."""
        found = self.definitions.get(name, [])
        if len(found) == 1:
            return () if found[0].adds else (found[0].tokens,)
        around = {-1, *self.blocks(index)}
        bases = [d for d in found if d.declared and d.block in around and d.tokens and d.tokens[0] < index]
        if not bases:
            return ()
        base, tokens = bases[-1], self.groovy.tokens
        end = self.groovy.partner[base.block] if base.block >= 0 else len(tokens)
        parts = [base.tokens]
        for one in found:
            if one.tokens and base.tokens[-1] < one.tokens[0] < end:
                start = 0 if one.adds else 2
                itself = one.adds or [tokens[i].text for i in one.tokens[:2]] == [name, "+"]
                if one.declared or not itself or one.tokens[0] > index or len(one.tokens) <= start:
                    return ()
                parts.append(one.tokens[start:])
        return tuple(parts)

    def folder(self, index: int) -> str | None:
        """Where `sh` runs: the workspace, which holds the repository, and `dir(...)` in it."""
        if self.library:
            return None
        steps: list[str] = []
        for block in self.blocks(index):
            if self.name(block) in ("dir", "ws"):
                found = arguments(self.groovy, self.headers[block])
                text = plain_text(self.groovy.data, self.groovy.tokens[found[0].tokens[0]]) if found and len(found[0].tokens) == 1 else None
                if text is None or self.name(block) == "ws" or text.startswith("/"):
                    return None
                steps.append(text)
        return posixpath.normpath(posixpath.join(".", *reversed(steps)))

    def inherited(self, name: str, index: int) -> bool:
        """Whether a token stands in a method that binds `name` nowhere: what binds it is around the call, for all of the method."""
        tokens = self.groovy.tokens
        for block in self.blocks(index):
            head = self.headers[block]
            if head > 0 and tokens[head - 1].text in _RETURNS and tokens[head + 1].text == "(":
                inside = (b for b, names in self._bound.items() if name in names and block < b < self.groovy.partner[block])
                return next(inside, None) is None and not self._mentioned_outside(name, block)
        return False

    def _mentioned_outside(self, name: str, block: int) -> bool:
        """Whether a variable that is set outside of the block holds the value of `name`."""
        definitions = (d for found in self.definitions.values() for d in found if d.tokens)
        outside = (d for d in definitions if not block < d.tokens[0] < self.groovy.partner[block])
        word = re.compile(rb"\b" + re.escape(name.encode()) + rb"\b")
        tokens = self.groovy.tokens
        return any(word.search(self.groovy.data, tokens[d.tokens[0]].start, tokens[d.tokens[-1]].end) for d in outside)

    def environment(self, index: int) -> frozenset[str]:
        """The variables that are set around a token, by `environment`, `withCredentials` or `withEnv`."""
        out: set[str] = set()
        for block in self.blocks(index):
            out |= self._bound[block]
        return frozenset(out)

    def _bindings(self, block: int) -> Iterator[str]:
        for environment in self.inside.get(block, ()):
            for name, tokens in self._entries(environment):
                yield name
                if tokens and self.groovy.tokens[tokens[0]].text == "credentials":
                    yield from (f"{name}_USR", f"{name}_PSW")
        head = self.headers[block]
        if self.name(block) == "withCredentials":
            yield from self._credentials(head)
        elif self.name(block) == "withEnv":
            for token in self._inner(head):
                text = self.groovy.data[token.start + len(token.quote) : token.end] if token.kind == "string" else b""
                if b"=" in text:
                    yield text.partition(b"=")[0].decode("utf-8", "replace")

    def _credentials(self, head: int) -> Iterator[str]:
        tokens = self._inner(head)
        for at, token in enumerate(tokens[:-2]):
            if token.text in BINDINGS and tokens[at + 1].text == ":" and (text := plain_text(self.groovy.data, tokens[at + 2])):
                yield text

    def _inner(self, head: int) -> tuple[Token, ...]:
        return tuple(self.groovy.tokens[i] for a in arguments(self.groovy, head) for i in a.tokens)

    def _entries(self, block: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        """`NAME = value` of an environment block."""
        tokens = self.groovy.tokens
        for index in range(block + 1, self.groovy.partner[block]):
            if tokens[index].text == "=" and self.groovy.parent[index] == block and tokens[index - 1].kind == "name":
                end = statement_end(self.groovy, index + 1)
                yield tokens[index - 1].text, tuple(i for i in range(index + 1, end) if tokens[i].kind != "newline")

    def environment_text(self, index: int, name: str) -> str | None:
        """The plain text that an environment block around a token gives to a variable."""
        for block in self.blocks(index):
            for environment in self.inside.get(block, ()):
                for entry, tokens in self._entries(environment):
                    if entry == name:
                        return plain_text(self.groovy.data, self.groovy.tokens[tokens[0]]) if len(tokens) == 1 else None
        return None

    def _header(self, brace: int) -> int:
        """The name before a block: `dir` of `dir('x') {`, `environment` of `environment {`."""
        at = brace - 1
        while at >= 0 and self.groovy.tokens[at].kind == "newline":
            at -= 1
        if at >= 0 and self.groovy.tokens[at].text == ")":
            at = self.groovy.partner[at] - 1
        return at if at >= 0 and self.groovy.tokens[at].kind == "name" else -1

    def _definitions(self) -> tuple[dict[str, list[Definition]], frozenset[str]]:
        """The assignments of Groovy variables, and all names that Groovy itself knows: parameters of methods and closures too."""
        tokens, out, own = self.groovy.tokens, {}, set()  # type: tuple[Token, ...], dict[str, list[Definition]], set[str]
        left = MOST_STEPS
        for index, token in enumerate(tokens):
            if token.kind != "sign":
                if token.text in _TYPES and index + 1 < len(tokens) and tokens[index + 1].kind == "name":
                    own.add(tokens[index + 1].text)
                    own |= self._method_parameters(index + 2)
                continue
            before = tokens[index - 1] if index else token
            if token.text in ("=", "+=") and before.kind == "name" and tokens[index - 2].text not in (".", "?."):
                if self.name(self.groovy.parent[index]) == "environment":
                    continue
                end = statement_end(self.groovy, index + 1)
                left -= end - index
                if left < 0:
                    raise FormatError("the expressions are too long", line=self.groovy.line(token))
                mine = tuple(i for i in range(index + 1, end) if tokens[i].kind != "newline")
                declared = tokens[index - 2].text in _TYPES
                one = Definition(before.text, mine, token.text == "+=", self.groovy.parent[index], declared)
                out.setdefault(before.text, []).append(one)
                own.add(before.text)
            elif token.text == "->" and self.groovy.parent[index] >= 0:
                own |= {t.text for t in tokens[self.groovy.parent[index] + 1 : index] if t.kind == "name"}
            elif token.text in (":", "in") and before.kind == "name" and tokens[self.groovy.parent[index] - 1].text == "for":
                own.add(before.text)
        own |= {tokens[i + 1].text for i, t in enumerate(tokens[:-2]) if t.text == "(" and tokens[i + 2].text == "in"}
        return out, frozenset(own)

    def _method_parameters(self, opening: int) -> set[str]:
        tokens = self.groovy.tokens
        if opening >= len(tokens) or tokens[opening].text != "(":
            return set()
        return {t.text for t in tokens[opening + 1 : self.groovy.partner[opening]] if t.kind == "name"}

    def _named_parameters(self) -> Iterator[str]:
        """The names in `parameters { string(name: 'T') }`."""
        tokens = self.groovy.tokens
        for index, token in enumerate(tokens[:-2]):
            if token.text == "name" and tokens[index + 1].text == ":" and any(self.name(b) == "parameters" for b in self.blocks(index)):
                yield plain_text(self.groovy.data, tokens[index + 2]) or ""

    def _set_env(self) -> Iterator[str]:
        tokens = self.groovy.tokens
        for index in range(3, len(tokens)):
            if tokens[index].text == "=" and tokens[index - 2].text == "." and tokens[index - 3].text == "env":
                yield tokens[index - 1].text

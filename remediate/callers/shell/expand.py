"""The arguments that a command gets: its words, and what comes out of variables, arrays, calls and `${T:+...}`."""

from __future__ import annotations

from collections.abc import Sequence

from remediate.callers.shell.definitions import Definition
from remediate.callers.shell.positional import positional
from remediate.callers.shell.shells import Shell
from remediate.callers.shell.tokens import Frame, Part, Token, default, live, parts_of, shifted
from remediate.shell.lex import inert, substitution_end
from remediate.shell.parse import parse_shell
from remediate.shell.view import Command, Expansion, Word
from remediate.shell.words import read
from remediate.text import LogicalText, Piece

DEEPEST = 8


class Expander:
    """Makes the arguments of one command in one frame."""

    def __init__(self, shell: Shell, frame: Frame | None) -> None:
        self.shell, self.frame = shell, frame

    def command(self, command: Command) -> list[Token]:
        words = command.argv
        out: list[Token] = []
        for at, word in enumerate(words):
            before = words[at - 1].end if at else -1
            after = words[at + 1].start if at + 1 < len(words) else -1
            out += self.word(word.start, word.end, before, after, (), command, 0)
        return out

    def unknown(self, start: int, end: int, name: str, holder: tuple[object, ...], before: int = -1, after: int = -1) -> Token:
        return Token(self.shell, start, end, "u", (), before, after, holder, True, name)

    def word(
        self, start: int, end: int, before: int, after: int, holder: tuple[object, ...], use: Command, depth: int
    ) -> list[Token]:  # fmt: skip
        """The arguments that one word becomes."""
        parts = parts_of(self.shell, start, end, "u")
        self.shell.left -= 1
        plain = [Token(self.shell, start, end, "u", parts, before, after, holder)]
        if len(parts) != 1 or parts[0].kind != "var" or depth > DEEPEST or self.shell.left < 0:
            return plain
        one = parts[0].expansion
        assert one is not None
        found = self._variable(one, holder, use, depth, quoted=one.quoted)
        return plain if found is None else found

    def _variable(self, one: Expansion, holder: tuple[object, ...], use: Command, depth: int, quoted: bool) -> list[Token] | None:
        """The arguments of a word that is one expansion; None when it stays one argument."""
        raw = self.shell.data[one.start : one.end]
        many = b"[@]" in raw or b"[*]" in raw or one.name in ("@", "*")
        if one.length or one.indirect or one.outer:
            return None if quoted else [self.unknown(one.start, one.end, "", holder)]
        if one.op in (":+", "+"):
            return self._operand(one, holder, use, depth)
        if any(loop.name == one.name and loop.start <= use.start < loop.end for loop in self.shell.script.loops):
            return None
        if one.name in ("@", "*"):
            return self._arguments(one, holder, use)
        if one.name.isdigit():
            return self._argument(one, holder, quoted, use)
        if quoted and not many:
            return self._one_of(one, holder, use)
        return self._held(one, holder, use, depth, many)

    def _operand(self, one: Expansion, holder: tuple[object, ...], use: Command, depth: int) -> list[Token]:
        """`${T:+--build-arg T=$T}`: words that are there when T is."""
        holder = holder or ("operand", one.start)
        size = len(one.operand.encode("utf-8", "surrogateescape"))
        start = one.end - 1 - size
        if one.quoted:
            return self._fields(start, one.end - 1, "d", holder, use, depth)
        return self._list(start, one.end - 1, holder, use, depth)

    def _arguments(self, one: Expansion, holder: tuple[object, ...], use: Command) -> list[Token]:
        """`"$@"` behind `set --`, or in a function that is looked at for one call."""
        if not one.op and (found := positional(self, one, holder, use)) is not None:
            return found
        return self.given(one, holder, use)

    def given(self, one: Expansion, holder: tuple[object, ...], use: Command) -> list[Token]:
        """The arguments of the call."""
        start = one.operand.strip()
        skip = int(start) - 1 if one.op == ":" and start.isdigit() and len(start) < 4 and start != "0" else 0
        gone = shifted(self.shell, use) if self.frame is not None else None
        if self.frame is None or gone is None or (one.op and start != "1" and not skip):
            return [self.unknown(one.start, one.end, "@", holder)]
        call = self.frame.command
        words = call.argv[1 + skip + gone :]
        return self._called(call, words)

    def _called(self, call: Command, words: tuple[Word, ...]) -> list[Token]:
        assert self.frame is not None
        inner = Expander(self.shell, self.frame.up)
        out: list[Token] = []
        for word in words:
            at = call.argv.index(word)
            after = call.argv[at + 1].start if at + 1 < len(call.argv) else -1
            found = inner.word(word.start, word.end, call.argv[at - 1].end, after, ("call", call.index), call, 1)
            out += [token._replace(called=True) for token in found]
        return out

    def _argument(self, one: Expansion, holder: tuple[object, ...], quoted: bool, use: Command) -> list[Token] | None:
        """`$1` in a function that is looked at for one call."""
        call = self.frame.command if self.frame else None
        gone = shifted(self.shell, use) if call is not None else None
        number = int(one.name) + gone if gone is not None and len(one.name) < 4 else 0
        plain = call is not None and 0 < number < len(call.argv) and not one.op
        if call is None or not plain or any(w.value is None and not w.prefix for w in call.argv[1:number]):
            return None if quoted else [self.unknown(one.start, one.end, one.name, holder)]
        return self._called(call, (call.argv[number],))

    def _one_of(self, one: Expansion, holder: tuple[object, ...], use: Command) -> list[Token] | None:
        """A quoted variable: one argument; its text when that is known."""
        texts = self.texts(one, use)
        if texts is None:
            return None
        parts = (Part("text", one.start, one.end, texts[0]),)
        return [Token(self.shell, one.start, one.end, "u", parts, -1, -1, (*holder, "variable", one.name), choices=texts)]

    def texts(self, one: Expansion, use: Command) -> tuple[str, ...] | None:
        """The plain texts that a variable can have; None when that is not known."""
        found = live(self.shell, one.name, use)
        if any(loop.name == one.name for loop in self.shell.script.loops):
            return None
        if not found:
            text = default(one)
            return (text,) if text else None
        indexed = b"[" in self.shell.data[one.start : one.end]
        texts = [t for d in found for t in (self._elements(d) if indexed else (self._plain(d),))]
        return None if self.shell.masks or None in texts else tuple(dict.fromkeys([t for t in texts if t is not None])) or None

    def _elements(self, each: Definition) -> list[str | None]:
        """The texts of an array (`( [api]=services/api )`), one of which an index picks; [None] when not all are known."""
        word = each.word
        if word is None and each.command.name in ("declare", "typeset", "local"):
            return []
        found = list_words(self.shell, word.start + 1, word.end - 1) if word is not None and word.raw.startswith("(") else None
        out: list[str | None] = []
        for start, end in found or ():
            parts = parts_of(self.shell, start, end, "u")
            text = "".join([p.text for p in parts])
            if any(p.kind != "text" for p in parts):
                return [None]
            out.append(text.partition("]=")[2] if text.startswith("[") and "]=" in text else text)
        return out or [None]

    def _plain(self, each: Definition) -> str | None:
        """The text that a definition gives, also `X=${X:-text}`."""
        if each.word is None or each.append or each.word.raw.startswith("("):
            return None
        if each.word.value is not None:
            return each.word.value
        parts = parts_of(self.shell, each.word.start, each.word.end, "u")
        one = parts[0].expansion if len(parts) == 1 else None
        if one is None or one.name != each.name:
            return None
        return one.operand if default(one) or (one.op in (":-", "-") and not one.operand) else None

    def _held(self, one: Expansion, holder: tuple[object, ...], use: Command, depth: int, many: bool) -> list[Token]:
        """The arguments that a variable or an array holds."""
        found = live(self.shell, one.name, use)
        if not found:
            if texts := self.texts(one, use):
                return [
                    Token(
                        self.shell,
                        one.start,
                        one.end,
                        "u",
                        (Part("text", one.start, one.end, texts[0]),),
                        holder=(*holder, "variable", one.name),
                    )
                ]
            return [self.unknown(one.start, one.end, one.name, holder)]
        texts = self.texts(one, use) if not many else None
        if texts is not None and len(texts) > 1 and _one_word(texts):
            first = next((t for t in texts if t and " " not in t), texts[0])
            parts = (Part("text", one.start, one.end, first),)
            return [Token(self.shell, one.start, one.end, "u", parts, -1, -1, (*holder, "variable", one.name), choices=texts)]
        out: list[Token] = []
        for each in found:
            where = ("variable", one.name, each.command.index)
            if each.word is None or self.shell.left < 0 or depth > DEEPEST:
                if each.command.name not in ("local", "declare", "typeset", "unset"):
                    out.append(self.unknown(one.start, one.end, one.name, holder))
            elif each.word.raw.startswith("("):
                out += self._list(each.word.start + 1, each.word.end - 1, where, each.command, depth + 1)
            else:
                out += self._scalar(each, where, one.name, depth + 1)
        return out

    def _scalar(self, each: Definition, where: tuple[object, ...], name: str, depth: int) -> list[Token]:
        word = each.word
        assert word is not None
        raw = self.shell.data[word.start : word.end]
        for quote, state in ((b'"', "d"), (b"'", "s")):
            if raw[:1] == quote and raw[-1:] == quote and len(raw) > 1 and self._closes(word, quote):
                return self._fields(word.start + 1, word.end - 1, state, where, each.command, depth, name)
        if b'"' in raw or b"'" in raw:
            return [self.unknown(word.start, word.end, name, where)]
        return self._fields(word.start, word.end, "u", where, each.command, depth, name)

    def _closes(self, word: Word, quote: bytes) -> bool:
        """Whether the first quote of the word is closed by its last byte."""
        if quote == b"'":
            return self.shell.data.find(b"'", word.start + 1) == word.end - 1
        parts = read(
            self.shell.data, word.start, word.end, "u", lambda at: substitution_end(self.shell.data, at, len(self.shell.data))
        ).parts
        quotes = [a for a, b, text in parts if text == b"" and self.shell.data[a:b] == b'"']
        return quotes == [word.start, word.end - 1]

    def _fields(self, start: int, end: int, state: str, holder: tuple[object, ...], use: Command, depth: int, own: str = "") -> list[Token]:
        """The fields of a text that is split at white space when it is expanded."""
        fields: list[list[Part]] = [[]]
        for part in parts_of(self.shell, start, end, state):
            text = self.shell.data[part.start : part.end]
            if part.kind != "text" or not any(c in text for c in b" \t\n"):
                fields[-1].append(part)
                continue
            at = part.start
            for piece in text.replace(b"\t", b" ").replace(b"\n", b" ").split(b" "):
                if at != part.start:
                    fields.append([])
                if piece and piece != b"\\":
                    fields[-1].append(Part("text", at, at + len(piece), piece.decode("utf-8", "surrogateescape")))
                at += len(piece) + 1
        full = [f for f in fields if f]
        out: list[Token] = []
        for at, field in enumerate(full):
            self.shell.left -= 1
            first, last = field[0].start, field[-1].end
            before = full[at - 1][-1].end if at else -1
            after = full[at + 1][0].start if at + 1 < len(full) else -1
            one = field[0].expansion if len(field) == 1 else None
            if one is not None and one.name == own and not one.op.endswith("+"):
                if plain := default(one):
                    parts = (Part("text", first, last, plain),)
                    out.append(Token(self.shell, first, last, state, parts, before, after, holder, choices=(plain,)))
                continue
            deeper = one is not None and depth < DEEPEST and self.shell.left > 0
            inner = self._variable(one, holder, use, depth + 1, quoted=False) if one is not None and deeper else None
            out += inner if inner is not None else [Token(self.shell, first, last, state, tuple(field), before, after, holder)]
        return out

    def _list(self, start: int, end: int, holder: tuple[object, ...], use: Command, depth: int) -> list[Token]:
        """The words of an array, or of the text behind `:+`."""
        words = list_words(self.shell, start, end)
        if words is None:
            return [self.unknown(start, end, "", holder)]
        out: list[Token] = []
        for at, (a, b) in enumerate(words):
            before = words[at - 1][1] if at else -1
            after = words[at + 1][0] if at + 1 < len(words) else -1
            out += self.word(a, b, before, after, holder, use, depth + 1)
        return out


def _one_word(texts: Sequence[str]) -> bool:
    """Whether the texts stand for one word each, or all for the same kind of builder."""
    split = [t.split() for t in texts]
    compose = (["docker", "compose"], ["docker-compose"])
    return all(" " not in t for t in texts) or all(_starts(words) for words in split) or all(words in compose for words in split)


def _starts(words: list[str]) -> bool:
    """`docker` or `sudo docker`: what may stand in a variable for the builder."""
    return words[:1] == ["sudo"] or words in ([], ["docker"], ["podman"], ["nerdctl"], ["buildah"])


def list_words(shell: Shell, start: int, end: int) -> list[tuple[int, int]] | None:
    """The words between two offsets as ranges, comments and line ends left out; None when that is no plain list of words."""
    body = bytearray(shell.data[start:end])
    hidden = inert(bytes(body))
    for a, b in hidden:
        if body[a : a + 1] == b"#":
            body[a:b] = b" " * (b - a)
    quiet = bytes(body)
    for at, byte in enumerate(quiet):
        if byte == 0x0A and not any(a <= at < b for a, b in hidden):
            body[at] = 0x20
    script = parse_shell(LogicalText([Piece(b"x " + bytes(body), 0, len(body) + 2)]))
    commands = [c for c in script.commands if "substitution" not in c.scopes]
    if script.damaged or len(commands) != 1 or commands[0].redirects or commands[0].assignments:
        return None
    shift = start - 2
    return [(w.start + shift, w.end + shift) for w in commands[0].argv[1:]]

"""The edits for a build that is an argument list."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from remediate.callers.model import Build, Job, Move, Refused, Unread
from remediate.callers.over_words import over_args, set_arg
from remediate.callers.python.argv import Found, Unknown
from remediate.callers.python.cuts import cut
from remediate.callers.python.literals import literal, quote_of, text_of
from remediate.callers.python.moving import movable
from remediate.callers.python.names import Frame, called
from remediate.callers.python.origins import origin_of, source_of
from remediate.callers.python.runners import Started, forwarded
from remediate.callers.python.site import TELLING, Answer, Claim, Context, hand
from remediate.callers.python.turn_moves import moved_entry
from remediate.callers.python.unknown_names import pattern
from remediate.callers.python.values import HOLE
from remediate.callers.python.word import Word
from remediate.callers.words import Flag, by_path
from remediate.model import Edit, Span

_BURNT = "the value of {} that stands in the file is burnt: rotate it"


class ArgvSite:
    """One call that runs an argument list. `start` is None when what runs it is not followed."""

    def __init__(
        self,
        context: Context,
        found: Found,
        call: cst.CSTNode,
        starts: Sequence[tuple[Started, Frame | None]],
        key: object,
        refused: Refused | None = None,
    ) -> None:
        self.context, self.found, self.call, self.starts = context, found, call, starts
        self.at = context.tree.span(call).start
        start, frame = starts[0] if starts else (None, None)
        cwd, inner = forwarded(start, frame, start.runner.cwd) if start is not None else (None, None)
        homes = start.runner.homes if start is not None and cwd is None else None
        folders = homes or context.folders.of(context.values.parts(cwd, inner) if cwd is not None else None)
        if refused is None and start is not None and start.runner.remote:
            refused = Refused("caller-remote", "it runs on another machine", context.line(call))
        self.build, self.unknown = context.argv.build(found, call, folders, key, self.inherits, refused or self._classic())
        self.builds: tuple[Build, ...] = (self.build,)
        self.unread: tuple[Unread, ...] = tuple(_unread(context, u) for u in self.unknown)
        if found.command.builder.style == "none" and not found.command.builder.over:  # it reads a file of its own, which is not followed
            self.builds = ()
            why = self.build.refused or Refused("caller-builder", line=self.build.line)
            self.unread = tuple(Unread(self.build.line, why, name) for name in found.overridden if HOLE not in name)

    def _classic(self) -> Refused | None:
        """`env={..., "DOCKER_BUILDKIT": "0"}` asks for the builder without secret mounts."""
        for start, _ in self.starts:
            env = start.given("env") if start.runner.env else None
            if isinstance(env, cst.Dict) and any(
                isinstance(e, cst.DictElement) and text_of(e.key) == "DOCKER_BUILDKIT" and text_of(e.value) == "0" for e in env.elements
            ):
                return Refused(
                    "caller-builder", "DOCKER_BUILDKIT=0 asks for the classic builder", self.context.line(env), ('"DOCKER_BUILDKIT": "1"',)
                )
        return None

    def inherits(self, name: str) -> bool:
        return bool(self.starts) and all(self.context.environments.inherits(s, f, name) for s, f in self.starts)

    def reads(self) -> frozenset[cst.CSTNode]:
        return frozenset({*(w.node for w in self.found.words), *(w.entry.member for w in self.found.words if w.entry is not None)})

    def rewrite(self, jobs: Sequence[tuple[int, Job]]) -> Answer:
        answer = Answer()
        extra: dict[str, tuple[str, int, Move]] = {}
        for number, job in jobs:
            for move in job.moves:
                refused = self._move(number, move, answer, extra)
                if refused is not None:
                    answer.refuse(
                        number, move, refused._replace(line=refused.line or self.build.line, by_hand=refused.by_hand or self._hand(move))
                    )
        if extra and not answer.refused:
            self._extend(answer, extra)
        return answer

    def _hand(self, move: Move) -> tuple[str, ...]:
        builder = self.found.command.builder
        if not builder.over:
            return hand(move)
        name = move.hand or move.arg or move.spec.name
        return (*builder.instead, f'env={{**os.environ, "{name}": ...}}  # with the value of {move.arg or name}')

    def _extend(self, answer: Answer, extra: dict[str, tuple[str, int, Move]]) -> None:
        edits: list[Edit] | None = None
        if len(self.starts) == 1 and len(answer.inside) == 1:
            start, frame = self.starts[0]
            edits = self.context.environments.extended(
                start, None if True in answer.inside else frame, {name: source for name, (source, _, _) in extra.items()}, self._quote()
            )
        for _, number, move in extra.values():
            if edits is None:
                detail = f"the environment of this command cannot be given the value of {move.arg}"
                answer.refuse(number, move, Refused("caller-value", detail, self.build.line, self._hand(move)))
            else:
                answer.claims += [Claim(number, move.spec.id, e) for e in edits]

    def _quote(self) -> str:
        """The quote of the words: that of what comes to them, too."""
        return next((quote_of(w.node) for w in self.found.words if text_of(w.node) is not None), '"')

    def _move(self, number: int, move: Move, answer: Answer, extra: dict[str, tuple[str, int, Move]]) -> Refused | None:
        if self.build.refused is not None:
            return self.build.refused
        flags = [f for name, f in over_args(self.found.command) if name == move.arg] if move.arg else []
        builder = self.found.command.builder
        if builder.over == "compose" and not (move.hand or move.supplied):
            return Refused(builder.code, builder.why, by_hand=builder.instead)
        if move.arg and not flags:
            return Refused("caller-arguments", f"the name {move.arg} is put together while the program runs")
        if len(flags) > 1:
            return Refused("caller-arguments", f"{move.arg} is passed twice")
        if not flags:
            return self._add(number, move, answer)
        flag = flags[0]
        option, word = self.found.words[flag.at], self.found.word(flag)
        if option.repeated or word.repeated:
            return Refused("caller-arguments", f"{move.arg} is passed in a loop")
        if word.entry is not None or option.entry is not None:
            return self._from_loop(number, move, flag, answer, extra)
        if move.supplied:
            return self._remove(number, move, flag, answer)
        given = self._given(number, move, flag, word, answer, extra)
        if isinstance(given, Refused) or move.hand:
            return given if isinstance(given, Refused) else self._remove(number, move, flag, answer)
        name = "--ssh" if move.ssh else "--secret"
        if targets := set_arg(flag)[0]:
            name, given = "--set", f"{targets}.secrets={given}"
        quote = quote_of(word.node)
        if flag.joined:
            self._replace(number, move, word, literal(f"{name}={given}", quote), answer)
        else:
            self._replace(number, move, option, literal(name, quote_of(option.node)), answer)
            self._replace(number, move, word, literal(given, quote), answer)
        return None

    def _from_loop(
        self, number: int, move: Move, flag: Flag, answer: Answer, extra: dict[str, tuple[str, int, Move]]
    ) -> Refused | None:
        option, word = self.found.words[flag.at], self.found.word(flag)
        if word.entry is None or option.entry != word.entry or move.hand or set_arg(flag)[0]:
            return Refused("caller-arguments", f"{move.arg} is passed in a loop")
        same = [w for w in self.found.words if w.entry is not None and w.entry.member is word.entry.member]
        if len(same) != (1 if flag.joined else 2):
            return Refused("caller-arguments", f"{move.arg} gives more words than its build arg")
        given = "" if move.supplied else self._given(number, move, flag, word, answer, extra)
        if word.sometimes and isinstance(given, str) and ",src=" in given:
            return Refused("caller-value", f"the file is not always there when {move.arg} is not passed")
        return given if isinstance(given, Refused) else moved_entry(self, number, move, word.entry, given, answer)

    def _replace(self, number: int, move: Move, word: Word, new: str, answer: Answer) -> None:
        answer.claims.append(Claim(number, move.spec.id, Edit(self.context.tree.span(word.node), new.encode()), word.node))

    def _given(
        self, number: int, move: Move, flag: Flag, word: Word, answer: Answer, extra: dict[str, tuple[str, int, Move]]
    ) -> str | Refused:
        """What `--secret` (or `--ssh`) says instead of the build arg."""
        id = move.spec.id
        through = "=" not in (flag.value or "")
        parts = () if through else self.context.argv.value(word, flag)
        origin = origin_of(self.context.scopes, self.context.values, parts)
        if move.ssh:
            if origin.kind == "file":
                return f"{id}={origin.name}"
            return Refused("caller-key", f"the key is the value of {move.arg}")
        if through and move.hand not in ("", move.arg):
            return Refused("caller-value", f"the file that it builds by takes the secret from {move.hand}")
        if through:
            return f"id={id},env={move.arg}"
        if origin.kind == "env" and self.inherits(origin.name) and move.hand in ("", origin.name):
            return f"id={id},env={origin.name}"
        exact = origin.stripped == ("newline" if move.by_file else "") and "," not in origin.name
        if origin.kind == "file" and exact and not move.hand and not any(s.given("cwd") is not None for s, _ in self.starts):
            return f"id={id},src={origin.name}"
        return self._by_environment(number, move, word, answer, extra, origin.kind == "literal", flag)

    def _by_environment(
        self, number: int, move: Move, word: Word, answer: Answer, extra: dict[str, tuple[str, int, Move]], burnt: bool, flag: Flag
    ) -> str | Refused:
        parts = self.context.argv.value(word, flag)
        scopes = self.context.scopes
        if move.arg in TELLING or move.hand in TELLING:
            return Refused("caller-value", f"{move.arg} means something to the builder itself")
        source = source_of(scopes, parts, quote_of(word.node))
        start, frame = self.starts[0] if self.starts else (None, None)
        frames = [called(p.frame) for p in parts if p.hole is not None or p.via is not None] or [called(word.frame)]
        inside = start is not None and all(f is frame for f in frames)
        call = start.call if inside and start is not None else frame.call if frame is not None else self.call
        local = inside or (frame is not None and all(f is frame.outer for f in frames))
        holder = word.holder if word.holder in scopes.where else word.node
        known_call = isinstance(call, cst.Call) and call in scopes.where
        if source is None or not local or not known_call or not movable(scopes, parts, holder, call, word.sometimes):
            return Refused("caller-value", f"the value of {move.arg} cannot be made elsewhere and stay surely the same")
        name = move.hand or move.arg
        known = extra.get(name)
        if known is not None and known[0] != source:
            return Refused("caller-value", f"{name} has two values here")
        extra[name] = (source, number, move)
        answer.inside.add(inside)
        if burnt:
            answer.told.append((number, _BURNT.format(move.arg)))
        return f"id={move.spec.id},env={move.arg}"

    # without a build arg
    def _add(self, number: int, move: Move, answer: Answer) -> Refused | None:
        if move.supplied:
            return None
        if move.ssh:
            given: str | Refused = move.spec.id
        elif move.source:
            given = by_path(move, self.build.folder)
        else:
            given = f"id={move.spec.id},env={move.spec.name}"
            if not self.inherits(move.spec.name):
                return Refused("caller-value", f"{move.spec.name} does not reach this command")
        if isinstance(given, Refused):
            return given
        return self.insert(number, move, given, answer)

    def insert(self, number: int, move: Move, given: str, answer: Answer) -> Refused | None:
        """More words behind the one that starts the build."""
        verb = self.found.words[self.found.command.start - 1]
        if verb.repeated or verb.sometimes or not _takes_more(verb):
            return Refused("caller-arguments", "the word that starts the build stands by itself")
        span, quote = self.context.tree.span(verb.node), quote_of(verb.node)
        words = [literal("--ssh" if move.ssh else "--secret", quote), literal(given, quote)]
        data = self.context.tree.data
        line = data.rfind(b"\n", 0, span.start) + 1
        indent = data[line : span.start]
        alone = not indent.strip() and data[span.end :].lstrip(b" \t,").startswith((b"\n", b"\r\n", b"#"))
        gap = self.context.tree.source.newline + indent if alone else b" "
        text = b"".join(b"," + gap + w.encode() for w in words)
        answer.claims.append(Claim(number, move.spec.id, Edit(Span(span.end, span.end), text), verb.node))
        return None

    # supplied already
    def _remove(self, number: int, move: Move, flag: Flag, answer: Answer) -> Refused | None:
        option, word = self.found.words[flag.at], self.found.word(flag)
        elements = _elements(word.holder)
        places = [n for n, e in enumerate(elements) if e.value in (option.node, word.node)]
        if option.holder is not word.holder or len(places) != (1 if flag.joined else 2) or places[-1] - places[0] != len(places) - 1:
            return Refused("caller-arguments", f"the words that pass {move.arg} do not stand side by side")
        if (isinstance(word.holder, cst.Tuple) and len(elements) - len(places) < 2) or (
            len(elements) == len(places) and isinstance(word.holder, cst.Call)
        ):
            return Refused("caller-arguments", f"the words that pass {move.arg} stand by themselves")
        gone = cut(self.context.tree, elements, places[0], places[-1])
        answer.claims.append(Claim(number, move.spec.id, Edit(gone, b""), word.node))
        return None


def _takes_more(word: Word) -> bool:
    """Whether more words can be written behind this one."""
    if isinstance(word.holder, cst.Call):
        return any(a.value is word.node for a in word.holder.args) and not _is_append(word.holder)
    return isinstance(word.holder, (cst.List, cst.Tuple, cst.Subscript))


def _is_append(call: cst.Call) -> bool:
    return isinstance(call.func, cst.Attribute) and call.func.attr.value in ("append", "insert", "extend")


def _elements(holder: cst.CSTNode) -> Sequence[cst.BaseElement | cst.Arg]:
    if isinstance(holder, (cst.List, cst.Tuple)):
        return holder.elements
    return holder.args if isinstance(holder, cst.Call) and not _is_append(holder) else ()


def _unread(context: Context, unknown: Unknown) -> Unread:
    line = context.line(unknown.word.node)
    why = Refused("caller-arguments", "the name of a build arg is put together while the program runs", line)
    return Unread(line, why, pattern(context.scopes, unknown.parts))

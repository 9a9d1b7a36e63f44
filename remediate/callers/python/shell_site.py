"""The edits for builds in shell text that a program runs: the shell reader does them, values come by the environment of the call."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from remediate.callers.model import Build, Job, Reading, Refused, Unread
from remediate.callers.python.literals import quote_of, text_of
from remediate.callers.python.moving import movable
from remediate.callers.python.names import Frame, argument
from remediate.callers.python.origins import Origin, expression_origin, source_of
from remediate.callers.python.runners import Started, forwarded
from remediate.callers.python.shelltext import ShellText
from remediate.callers.python.site import TELLING, Answer, Claim, Context, hand
from remediate.callers.python.values import HOLE, ROOT, shown
from remediate.callers.shell import read_shell, rewrite_shell

_OPERATORS = frozenset("$`;&|<>()*?~#")


class _Host:
    """What the program knows of the shell text that it runs. `carried`: variable -> the expression to put in its environment."""

    def __init__(self, site: ShellSite, folder: str | None) -> None:
        self.site = site
        self.folder: str | None = folder
        self.carried: dict[str, str] = {}

    def exported(self, name: str) -> bool:
        return self.site.inherits(name)

    def carry(self, name: str, template: str) -> str | None:
        site = self.site
        hole = next((h for h in site.text.holes if h.template == template), None)
        if hole is None or hole.part.hole is None or not hole.removable or name in TELLING:
            return None
        origin = expression_origin(site.context.scopes, site.context.values, hole.part.hole) if hole.part.how != "spec" else Origin()
        if origin.kind == "env" and site.inherits(origin.name):
            return origin.name
        call = site.target()
        source = source_of(site.context.scopes, (hole.part,))
        if source is None or call is None or hole.part.frame is not None:
            return None
        literal = next((n for n in site.text.literals if n in site.context.scopes.where), call)
        if not movable(site.context.scopes, (hole.part,), literal, call, False):
            return None
        if self.carried.get(name, source) != source:
            return None
        self.carried[name] = source
        return name

    def resolve(self, text: str) -> tuple[str, ...] | None:
        if text == "$DOCKER_BUILDKIT":
            value = self.site.buildkit()
            return (value,) if value is not None else None
        hole = next((h for h in self.site.text.holes if h.template == text), None)
        if hole is None or hole.part.hole is None:
            return None
        known = shown(self.site.context.values.parts(hole.part.hole, hole.part.frame))
        if HOLE in known:
            return None
        return (known.removeprefix(ROOT).strip("/") or ".",) if known.startswith(ROOT) else (known,)


class ShellSite:
    """One call that runs a shell line. `words`: no shell sees the text, it is only split (`shlex.split`)."""

    def __init__(
        self,
        context: Context,
        text: ShellText,
        call: cst.CSTNode,
        starts: Sequence[tuple[Started, Frame | None]],
        key: int,
        words: bool = False,
        refused: Refused | None = None,
    ) -> None:
        self.context, self.text, self.call, self.starts, self.words = context, text, call, starts, words
        self.at = context.tree.span(call).start
        start, frame = starts[0] if starts else (None, None)
        cwd, inner = forwarded(start, frame, start.runner.cwd) if start is not None else (None, None)
        homes = start.runner.homes if start is not None and cwd is None else None
        options = homes or context.folders.of(context.values.parts(cwd, inner) if cwd is not None else None)
        if start is not None and start.runner.remote:
            refused = Refused("caller-remote", "it runs on another machine", context.line(call))
        elif words and any(set(p) & _OPERATORS for p in self._known()):
            refused = refused or Refused("caller-shell", "the text is split without a shell", context.line(call))
        self.folder, reading = self._best(options)
        self.builds: tuple[Build, ...] = tuple(
            b._replace(key=(key, b.key), refused=refused._replace(line=b.line) if refused is not None else b.refused)
            for b in reading.builds
        )
        self.unread: tuple[Unread, ...] = reading.unread

    def _known(self) -> list[str]:
        data, at, out = self.text.embedded.text.data, 0, []
        for start, end in self.text.masks:
            out.append(data[at:start].decode("utf-8", "replace"))
            at = end
        return [*out, data[at:].decode("utf-8", "replace")]

    def _best(self, options: Sequence[str | None]) -> tuple[str | None, Reading]:
        """Of the possible folders the one in which the Dockerfiles are."""
        best: tuple[int, str | None, Reading] | None = None
        for folder in options:
            reading = read_shell(
                self.text.embedded,
                _Host(self, folder),
                path=self.context.tree.path,
                kind=self.context.kind,
                masks=self.text.masks,
                data=self.context.tree.data,
            )
            exists = self.context.repository
            count = sum(exists.exists(p) or exists.read(p) is not None for b in reading.builds for p in b.place.paths)
            if best is None or count > best[0]:
                best = count, folder, reading
        return (best[1], best[2]) if best is not None else (None, Reading())

    def inherits(self, name: str) -> bool:
        return bool(self.starts) and all(self.context.environments.inherits(s, f, name) for s, f in self.starts)

    def target(self) -> cst.Call | None:
        """The call whose environment can be extended."""
        if len(self.starts) != 1:
            return None
        start, frame = self.starts[0]
        return frame.call if frame is not None else start.call

    def buildkit(self) -> str | None:
        for start, _ in self.starts:
            env = argument(start.call, "env")
            for element in env.value.elements if env is not None and isinstance(env.value, cst.Dict) else ():
                if isinstance(element, cst.DictElement) and text_of(element.key) == "DOCKER_BUILDKIT":
                    return text_of(element.value)
        return None

    def reads(self) -> frozenset[cst.CSTNode]:
        return frozenset(self.text.literals)

    def rewrite(self, jobs: Sequence[tuple[int, Job]]) -> Answer:
        answer = Answer()
        wanted: list[tuple[int, Job]] = []
        for number, job in jobs:
            if job.build.refused is not None:
                for move in job.moves:
                    answer.refuse(number, move, job.build.refused)
            else:
                key = job.build.key
                wanted.append((number, job._replace(build=job.build._replace(key=key[1] if isinstance(key, tuple) else key))))
        host = _Host(self, self.folder)
        done = rewrite_shell(self.text.embedded, host, wanted, path=self.context.tree.path, masks=self.text.masks)
        answer.refused += done.refused
        answer.told += [(t.job, t.text) for t in done.told]
        if not wanted or answer.refused:
            return answer
        first = wanted[0][0], wanted[0][1].moves[0]
        for one in done.edits:
            answer.claims.append(Claim(first[0], first[1].spec.id, one.edit, self._literal(one.edit.span.start)))
        self._extend(answer, wanted, host)
        if self.words and any(b"=" in e.edit.text and not e.edit.text.lstrip().startswith(b"--") for e in done.edits):
            for number, job in wanted:
                for move in job.moves:
                    answer.refuse(number, move, Refused("caller-value", "no shell reads this text", job.build.line, hand(move)))
        return answer

    def _extend(self, answer: Answer, wanted: Sequence[tuple[int, Job]], host: _Host) -> None:
        if not host.carried:
            return
        start, frame = self.starts[0]
        edits = self.context.environments.extended(start, frame, host.carried, quote_of(self.text.literals[0]))
        for number, job in wanted:
            for move in job.moves:
                if edits is None:
                    detail = f"the environment of this command cannot be given the value of {move.arg or move.spec.name}"
                    answer.refuse(number, move, Refused("caller-value", detail, job.build.line, hand(move)))
                else:
                    answer.claims += [Claim(number, move.spec.id, e) for e in edits]

    def _literal(self, offset: int) -> cst.CSTNode | None:
        """The literal that an edit is made in: others may use it, too."""
        for node in self.text.literals:
            span = self.context.tree.span(node)
            if span.start <= offset <= span.end:
                return node
        return None

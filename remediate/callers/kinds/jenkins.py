"""Jenkins pipelines: `sh` steps, `docker.build(...)`, and agents made from a Dockerfile, in Jenkinsfiles and shared libraries.

Groovy puts `${T}` of a double-quoted string in before the shell starts: the value stands in the shell's argument list and in the log.
What `withCredentials`, `environment`, `withEnv` and parameters give is in the environment of the step as well: `env=T` reads it there.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence

from remediate.callers.kinds.jenkins_handed import handed
from remediate.callers.kinds.jenkins_host import JenkinsHost
from remediate.callers.kinds.jenkins_scope import Argument, Scopes, arguments, statement_end
from remediate.callers.kinds.jenkins_text import Said, Speaker, Taken, text_of, written
from remediate.callers.model import CallerFile, Job, JobRefused, Reading, Refused, Rewritten, Unread
from remediate.callers.repository import Repository
from remediate.callers.scripts import (
    BUILDS,
    SHELLS,
    Operand,
    Script,
    assigned,
    closing,
    read_scripts,
    rewrite_scripts,
    unread,
)
from remediate.formats.embedded import Embedded
from remediate.formats.groovy import Groovy, Token, plain_text, read_groovy
from remediate.model import Edit, NamedTuple, Span
from remediate.text import Piece, late

_OTHER_SHELLS = frozenset({"bat", "powershell", "pwsh"})
_PRINTING = frozenset("echo println print error description unstable input displayName label name message".split())
_VARIABLES = late(r"--build-arg[ =]['\"]?(\w+)=((?:\$\w+|\$\{[\w.]+\})(?:[:@/](?:\$\w+|\$\{[\w.]+\}))+)(?![^\s'\"])")
_OPTIONS = late(rb" ?(?:--(?:secret|ssh)[ =][^\s'\"\\$]+ ?)+")


def read(file: CallerFile, repository: Repository) -> Reading:
    return _Jenkins(file).read()


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    jenkins = _Jenkins(file)
    done = rewrite_scripts([s.script for s in jenkins.steps], jobs, file.path)
    failed = tuple(f for s in jenkins.steps for f in s.host.failed)
    return done._replace(refused=tuple(_with_advice(r, jobs, (*failed, *_computed(file, jobs))) for r in done.refused))


def _computed(file: CallerFile, jobs: Sequence[Job]) -> list[tuple[str, str]]:
    """(build arg, value) of values that are put together of nothing but variables: `$USER:$TOKEN`."""
    lines = file.data.decode("utf-8", "replace").split("\n")
    named = dict.fromkeys((a.name, a.line) for job in jobs for a in job.build.args)
    found = ((name, m) for name, line in named for m in _VARIABLES.finditer(lines[line - 1]) if m[1] == name)
    return [(name, m[2]) for name, m in found]


def _with_advice(refused: JobRefused, jobs: Sequence[Job], failed: tuple[tuple[str, str], ...]) -> JobRefused:
    """A Groovy value that is not in the environment: `withEnv` around the step puts it there."""
    move = next((m for m in jobs[refused.job].moves if m.spec.id == refused.spec_id), None)
    template = next((t for n, t in failed if move is not None and n == move.arg), "")
    if move is None or not template or refused.refused.code not in ("caller-value", "caller-arguments"):
        return refused
    value = template if template.startswith("$") else "${" + template + "}"
    step = f"    // the step, with --secret id={move.spec.id},env={move.arg} for --build-arg {move.arg}"
    lines = (f'withEnv(["{move.arg}={value}"]) {{', step, "}")
    why = refused.refused._replace(code="caller-value", by_hand=lines)
    if why.code != refused.refused.code:
        why = why._replace(detail=f"the step has no place for the value of {move.arg} before its command")
    return refused._replace(refused=why)


class _Step(NamedTuple):
    script: Script
    host: JenkinsHost


class _Jenkins:
    def __init__(self, file: CallerFile) -> None:
        self.file = file
        self.groovy: Groovy = read_groovy(file.data)
        self.scopes = Scopes(self.groovy, file.path.startswith(("vars/", "src/")) or "/vars/" in file.path)
        self.speaker = Speaker(self.scopes)
        self.seen: set[int] = set()
        self.unread: list[Unread] = []
        self.steps = list(self._steps())

    def read(self) -> Reading:
        found = read_scripts([s.script for s in self.steps], self.file.path, self.file.kind, data=self.file.data)
        return found._replace(unread=(*found.unread, *self.unread, *self._left()))

    def _steps(self) -> Iterator[_Step]:
        tokens = self.groovy.tokens
        for index, token in enumerate(tokens):
            if token.kind != "name" or index + 1 >= len(tokens):
                continue
            if token.text == "sh" and _is_call(tokens, index):
                yield from self._shell(index)
            elif token.text in _OTHER_SHELLS and _is_call(tokens, index):
                self._other_shell(index)
            elif token.text == "build" and [t.text for t in tokens[max(index - 2, 0) : index]] == ["docker", "."]:
                yield from self._docker_build(index)
            elif token.text == "dockerfile" and (tokens[index + 1].text in ("{", "true")) and self._in_agent(index):
                yield self._agent(index)

    def _shell(self, index: int) -> Iterator[_Step]:
        found = arguments(self.groovy, index)
        script = next((a for a in found if a.label == "script"), None) or next((a for a in found if not a.label), None)
        said = self.speaker.say(script.tokens) if script is not None else None
        if said is None:
            return
        self.seen |= said.strings
        data = b"".join(p.data for p in said.pieces)
        if _foreign(data):
            if BUILDS.search(data):
                line = self._line(index)
                self.unread += unread(data, line, Refused("caller-shell", "the step is not run by a POSIX shell", line))
            return
        yield self._step(index, said, said.pieces, self._adapting(said.operands, said.taken, -1))

    def _step(
        self, index: int, said: Said, pieces: Sequence[Piece], adapt: Callable[[Edit], Edit | None], shift: int = 0,
        refused: Refused | None = None,
    ) -> _Step:  # fmt: skip
        text = text_of(pieces)
        host = JenkinsHost(self.scopes, index, self.scopes.folder(index), assigned(text.data))
        masks = tuple((a + shift, b + shift) for a, b in said.masks)
        holes = tuple(dict.fromkeys(text.data[a:b] for a, b in masks))

        def write(new: bytes) -> bytes | None:
            """A value that Groovy puts in may be written again where the shell has the same under the same name."""
            for hole in holes:
                if hole in new and host.carry("", hole.decode("utf-8", "replace")) != hole.decode("utf-8", "replace").strip("${}"):
                    return None
            return written(said.quotes, new)

        return _Step(Script(Embedded(text, write), host, masks, "", tuple(t.span for t in said.taken), refused, adapt), host)

    def _adapting(self, operands: Sequence[Operand], taken: Sequence[Taken], start: int) -> Callable[[Edit], Edit | None]:
        """An edit lies in the step's own strings or in one definition. At `start` (of the arguments of `docker.build`) the command's
        own words would stand: only an option can be put there."""

        def adapt(edit: Edit) -> Edit | None:
            if edit.span == Span(start, start):
                return edit._replace(text=edit.text.strip() + b" ") if _OPTIONS.fullmatch(edit.text) else None
            for one in taken:
                if one.span.start <= edit.span.start <= edit.span.end <= one.span.end:
                    return closing(edit, one.operands)
            return closing(edit, operands)

        return adapt

    def _docker_build(self, index: int) -> Iterator[_Step]:
        """`docker.build(image, arguments)` runs `docker build -t image arguments` in a shell."""
        found = [a for a in arguments(self.groovy, index) if not a.label]
        if len(found) == 1:
            yield self._bare(index)
        if len(found) != 2:
            return
        said = self.speaker.say(found[1].tokens)
        if said is None:
            line = self._line(index)
            data = self._source(found[1])
            self.unread += unread(data, line, Refused("caller-arguments", "the arguments of docker.build are not followed", line))
            self.seen |= set(found[1].tokens)
            return
        self.seen |= said.strings
        head = b"docker build -t x "
        start = said.pieces[0].start if said.pieces else 0
        pieces = (Piece(head, start, start), *said.pieces)
        yield self._step(index, said, pieces, self._adapting(said.operands, said.taken, start), len(head))

    def _bare(self, index: int) -> _Step:
        """`docker.build(image)`: the context is the working directory; arguments come as a second one."""
        bracket = self.groovy.tokens[index + 1].text == "("
        last = self.groovy.partner[index + 1] if bracket else statement_end(self.groovy, index + 1)
        end = self.groovy.tokens[last - 1].end
        pieces = (Piece(b"docker build", end, end), Piece(b" .", end, end))
        quote = b"'"

        def adapt(edit: Edit) -> Edit | None:
            text = edit.text.strip()
            return edit._replace(text=b", " + quote + text + b" ." + quote) if _OPTIONS.fullmatch(text) else None

        return self._step(index, Said(pieces, (), (), (), frozenset(), frozenset({"'"})), pieces, adapt)

    def _in_agent(self, index: int) -> bool:
        return any(self.scopes.name(b) == "agent" for b in self.scopes.blocks(index))

    def _agent(self, index: int) -> _Step:
        """`agent { dockerfile { ... } }` runs `docker build <additionalBuildArgs> -f dir/filename dir`."""
        tokens = self.groovy.tokens
        opening = index + 1 if tokens[index + 1].text == "{" else -1
        inside = [i for i in range(index + 2, self.groovy.partner[opening])] if opening > 0 else []
        mine = [i for i in inside if tokens[i].kind == "name" and self.groovy.parent[i] == opening]
        file = self._setting(mine, "filename", "Dockerfile")
        folder = self._setting(mine, "dir", ".")
        extra = next((i for i in mine if tokens[i].text == "additionalBuildArgs"), None)
        found = arguments(self.groovy, extra) if extra is not None else ()
        said = self.speaker.say(found[0].tokens) if found else None
        path = posixpath.join(folder, file)
        tail = f" -f '{path}' '{folder}'".encode("utf-8", "replace")
        line = self._line(index)
        if said is None:
            if found:
                why = Refused("caller-arguments", "additionalBuildArgs is not followed", line)
                self.unread += unread(self._source(found[0]), line, why)
            by_hand = ("additionalBuildArgs '--secret id=ID,env=NAME'",)
            why = Refused("caller-arguments", "the agent's Dockerfile is built without arguments so far", line, by_hand)
            end = tokens[index].end
            bare = (Piece(b"docker build", end, end), Piece(tail, end, end))
            return self._step(index, Said(bare, (), (), (), frozenset(), frozenset({"'"})), bare, lambda edit: None, refused=why)
        self.seen |= said.strings
        head = b"docker build "
        start = said.pieces[0].start if said.pieces else tokens[index].end
        end = said.pieces[-1].end if said.pieces else tokens[index].end
        pieces = (Piece(head, start, start), *said.pieces, Piece(tail, end, end))
        return self._step(index, said, pieces, self._adapting(said.operands, said.taken, start), len(head))

    def _setting(self, mine: Sequence[int], name: str, default: str) -> str:
        """The plain text of `filename 'x'`; `*` when it is computed."""
        for index in mine:
            if self.groovy.tokens[index].text == name:
                found = arguments(self.groovy, index)
                text = plain_text(self.groovy.data, self.groovy.tokens[found[0].tokens[0]]) if found and len(found[0].tokens) == 1 else None
                return text if text is not None and "'" not in text else "*"
        return default

    def _other_shell(self, index: int) -> None:
        for argument in arguments(self.groovy, index):
            self.seen |= set(argument.tokens)
            data = self._source(argument)
            if BUILDS.search(data):
                line = self._line(index)
                why = Refused("caller-shell", f"the step is one of {self.groovy.tokens[index].text}", line)
                self.unread += unread(data, line, why)

    def _left(self) -> Iterator[Unread]:
        """Every string with a build arg that no step was found to run."""
        for index, token in enumerate(self.groovy.tokens):
            if token.kind != "string" or index in self.seen or b"build-arg" not in self.file.data[token.start : token.end]:
                continue
            if self._printed(index):
                continue
            line = self._line(index)
            why = Refused("caller-arguments", "what gets these arguments is not followed", line)
            yield from unread(self.file.data[token.start : token.end], line, why)
        for index, name in handed(self.groovy, self.seen):
            line = self._line(index)
            yield Unread(line, Refused("caller-arguments", "what gets these arguments is not followed", line), name)

    def _printed(self, index: int) -> bool:
        """Whether the string is only shown to people."""
        tokens = self.groovy.tokens
        before = index - 1
        while before >= 0 and (tokens[before].text in ("(", "+", ":") or tokens[before].kind == "string"):
            before -= 1
        return before >= 0 and tokens[before].text in _PRINTING

    def _source(self, argument: Argument) -> bytes:
        first, last = self.groovy.tokens[argument.tokens[0]], self.groovy.tokens[argument.tokens[-1]]
        return self.file.data[first.start : last.end]

    def _line(self, index: int) -> int:
        return self.groovy.line(self.groovy.tokens[index])


def _is_call(tokens: tuple[Token, ...], index: int) -> bool:
    """Whether a name is a step that is run here: not a label (`sh: x`), not a method of something else than the pipeline."""
    following = tokens[index + 1]
    if following.text not in ("(",) and following.kind not in ("string", "name"):
        return False
    if index and tokens[index - 1].text in (".", "?."):
        return tokens[index - 2].text in ("script", "steps", "this", "pipeline", "ctx", "context", "jenkins", "dsl")
    return not (index and tokens[index - 1].kind == "name" and tokens[index - 1].text in ("def", "void", "String"))


def _foreign(data: bytes) -> bool:
    """A text with a `#!` line for something else than a POSIX shell."""
    if not data.startswith(b"#!"):
        return False
    words = data[2 : data.find(b"\n") if b"\n" in data else len(data)].decode("utf-8", "replace").split()
    return not any(w.rpartition("/")[2] in SHELLS for w in words)

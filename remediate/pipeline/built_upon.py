"""Images of the repository that other Dockerfiles of it build on: what a fix takes out of the one may be what the other lives on.

`ENV NPM_TOKEN`, or the `.npmrc` that a RUN writes, reaches every `FROM acme/base`. So the two are tried as stages of one file: if the
lower half then changes with the secret, or the secret cannot be fixed there, it has to stay until a person has changed both.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from remediate.dockerfile.expand import expand
from remediate.dockerfile.nodes import Stage
from remediate.dockerfile.parser import parse
from remediate.dockerfile.stages import global_args
from remediate.dockerfile.tree import Dockerfile
from remediate.model import FileOutcome, NamedTuple, Refusal, RemediateError, Span
from remediate.text import LogicalText

Trial = Callable[[str, bytes], FileOutcome]  # what becomes of a text that stands where that Dockerfile stands
_LASTING = frozenset({"secret-in-env", "secret-persisted", "secret-in-copy"})  # an ARG ends with its build
_MARK = b"#.-- built upon it --.\n"
_NAME = b"base-image-of-both"
MAX_LINES = 100_000
MAX_CHAIN = 4  # images built on each other
MAX_TRIED = 50  # Dockerfiles that are tried on top of one


class Around(NamedTuple):
    """The repository: `dockerfiles` by path, `read` gives their content; `builds` of them."""

    dockerfiles: Sequence[str]
    read: Callable[[str], bytes | None]
    builds: Sequence[Built]
    trial: Trial
    known: dict[tuple[str, ...], frozenset[str]]

    def named(self, parts: tuple[str, ...]) -> frozenset[str]:
        """The Dockerfiles that may be built as an image of that name: the command itself says so, or the lines around it, or its file."""
        if parts not in self.known:
            found: frozenset[str] = frozenset()
            for before, behind in ((0, 0), (10, 25), (MAX_LINES, MAX_LINES)):
                texts: dict[bytes, bool] = {}
                for built in self.builds if not found else ():
                    text = built.lines(before, behind)
                    if text not in texts:
                        texts[text] = _names(text, parts)
                    found |= frozenset(built.paths) if texts[text] else frozenset()
            self.known[parts] = found
        return self.known[parts]


class Built(NamedTuple):
    """A build of some of the Dockerfiles: the lines of its file, and its own line and target."""

    paths: Sequence[str]
    text: Sequence[bytes]
    line: int
    target: str

    def lines(self, before: int, behind: int) -> bytes:
        """Its lines and those around it; a line that goes on has the next one, too."""
        start, end = max(self.line - 1 - before, 0), self.line + behind
        while end < len(self.text) and end < self.line + MAX_LINES and self.text[end - 1].rstrip().endswith(b"\\"):
            end += 1
        return b"\n".join(self.text[start:end])


class _Use(NamedTuple):
    """A place in a Dockerfile that names an image: a FROM, or the `--from` of a COPY."""

    line: int
    span: Span
    image: LogicalText


def needed_above(path: str, file: FileOutcome, around: Around) -> dict[str, Refusal]:
    """Secret -> why its fix waits: a Dockerfile that builds on the image of this one needs it there."""
    if not any(f.applied and f.rule in _LASTING for f in file.findings):
        return {}
    below = _parsed(file.before)
    out: dict[str, Refusal] = {}
    tried = 0
    named = _Named(path, around)
    for other in around.dockerfiles if below is not None and below.stages else ():
        data = around.read(other) or b"" if other != path else b""
        if not any(named.by(parts) for parts in _images(data)):
            continue
        above = _parsed(data)
        uses = [u for u in _uses(above) if named.by(_image(above, u))] if above is not None else []
        if above is None or below is None or not uses or above.escape != below.escape or tried >= MAX_TRIED:
            continue
        tried += 1
        for stage in _built(below, [b for b in around.builds if path in b.paths]):
            for name in {n for where in (other, path) for n in _needs(where, file, _texts(below, stage, above, uses), around.trial)}:
                out.setdefault(name, _refusal(f"{other}:{uses[0].line}"))
    return out


def _built(below: Dockerfile, builds: Sequence[Built]) -> list[Stage]:
    """The stages that end in an image: the last one, and those that some build asks for."""
    asked = {b.target.lower() for b in builds}
    named = [s for s in below.stages[:-1] if s.name in asked and s.name]
    return [below.stages[-1], *named] if not named or "" in asked or len(asked) > len(named) else named


def _uses(above: Dockerfile) -> Iterator[_Use]:
    names = {s.name for s in above.stages}
    for stage in above.stages:
        for index in stage.instructions:
            one = above.instructions[index]
            if one.keyword == "FROM" and one.words and stage.parent is None:
                yield _Use(one.start_line, one.words[0].span, one.words[0].text)
            for flag in one.flags if one.keyword == "COPY" else ():
                value = flag.value or ""
                if flag.name == "from" and flag.value_span and value.lower() not in names and not value.isdecimal():
                    yield _Use(one.start_line, flag.value_span, LogicalText.of(value.encode("utf-8", "surrogateescape")))


def _refusal(detail: str) -> Refusal:
    from remediate.fixers.reasons import refuse

    return refuse("built-upon", detail=detail)


def _parsed(data: bytes) -> Dockerfile | None:
    try:
        return parse(data)
    except RemediateError:
        return None


class _Named:
    """Which images may be that of the Dockerfile at `path`: by its folder, or by the tag that is given where it is built."""

    def __init__(self, path: str, around: Around) -> None:
        self._paths, self._own, self._around = {path}, _own_names(path), around
        for _ in range(MAX_CHAIN):  # what is built on an image that is built on this one
            others = (o for o in around.dockerfiles if o not in self._paths)
            more = {o for o in others if any(self._surely(p) for p in _images(around.read(o) or b""))}
            if not more:
                break
            self._paths |= more
            self._own |= {name for other in more for name in _own_names(other)}

    def by(self, parts: tuple[str, ...]) -> bool:
        return not parts or "$" in parts[-1] or self._surely(parts)

    def _surely(self, parts: tuple[str, ...]) -> bool:
        if not parts or "$" in parts[-1]:
            return False
        return (len(parts) > 1 and parts[-1] in self._own) or not self._paths.isdisjoint(self._around.named(parts))


@lru_cache(maxsize=20_000)  # asked of every Dockerfile of a repository, for each that leaves something in its image
def _images(data: bytes) -> tuple[tuple[str, ...], ...]:
    above = _parsed(data)
    return tuple(dict.fromkeys(_image(above, use) for use in _uses(above))) if above is not None else ()


def _image(above: Dockerfile, use: _Use) -> tuple[str, ...]:
    values = global_args(above.instructions[: above.stages[0].instructions[0]], above.escape)
    image = expand(use.image, above.escape, values)
    return tuple(_parts(use.image.text if image is None else image))


def _parts(image: str) -> list[str]:
    """The image's path without host's port, tag and digest; a variable is a part of its own."""
    parts = re.sub(r"\$\{[^}]*\}", "$", image).strip("\"'").split("@")[0].split("/")
    parts[-1] = parts[-1].split(":")[0]
    return [p for p in parts if p]


def _own_names(path: str) -> set[str]:
    folder, name = posixpath.split(path)
    head, _, ending = name.rpartition(".")
    return {posixpath.basename(folder), ending if head else "", head if ending.lower() in ("dockerfile", "containerfile") else ""} - {""}


def _names(text: bytes, parts: Sequence[str]) -> bool:
    """Whether the text names an image of that path; what is a variable on either side may be anything."""
    last = parts[-1].encode("utf-8", "surrogateescape")
    for found in re.finditer(rb"(?<![\w.-])" + re.escape(last) + rb"(?![\w-]|\.\w|/)", text):
        front = re.split(rb"[\s\"'=,]", text[max(found.start() - 200, 0) : found.start()])[-1]
        before = [p for p in front.split(b"/") if p]
        mine = parts[-2].encode("utf-8", "surrogateescape") if len(parts) > 1 else b""
        if not before:
            if not mine or "$" in parts[-2]:
                return True
        elif any(c in before[-1] for c in b"$}){") or b"$" in mine or before[-1].split(b":")[-1] == mine:
            return True
    return False


def _needs(where: str, file: FileOutcome, texts: tuple[bytes, bytes, bytes], trial: Trial) -> Iterator[str]:
    """The secrets of the lower file that the upper one lives on, seen from the build context of one of them."""
    from remediate.fixers.sink_place import MOUNTED_OVER  # who mounts the file over takes it from there

    both, alone, neither = texts
    try:
        tried, upper, lower = trial(where, both), trial(where, alone), trial(where, neither)
    except RemediateError:
        return
    ends = both.count(b"\n", 0, both.find(_MARK)) + 1
    left = [f for f in tried.findings if not f.applied and f.line <= ends and MOUNTED_OVER not in f.advice]
    refused = {f.name for f in left} - {f.name for f in lower.findings if not f.applied}
    mine, other = _rest(tried.after), _rest(upper.after)
    more = b"\n".join(line for line in mine if line not in other)
    gone = mine != other
    for spec in file.secrets:
        words = {spec.id, spec.name, *spec.env_names}
        if words & refused or (gone and any(w.encode("utf-8", "surrogateescape") in more for w in words)):
            yield spec.name


def _texts(below: Dockerfile, stage: Stage, above: Dockerfile, uses: Sequence[_Use]) -> tuple[bytes, bytes, bytes]:
    """Both as one file, the upper one with the same beginning, and the lower one with a stage on top that does nothing."""
    data, start = below.source.data, below.instructions[0].span.start
    end = below.instructions[stage.instructions[0]].words[-1].span.end
    name = stage.name.encode("utf-8", "surrogateescape") or _NAME
    body = data[start:] if stage.name else data[start:end] + b" AS " + _NAME + data[end:]
    text, first = above.source.data, above.instructions[above.stages[0].instructions[0]].span.start
    globals_ = text[above.instructions[0].span.start : first]
    on_top = text[first:]
    for use in reversed(uses):
        on_top = on_top[: use.span.start - first] + name + on_top[use.span.end - first :]
    head = data[:start] + globals_
    return head + body + b"\n" + _MARK + on_top, head + _MARK + text[first:], head + body + b"\n" + _MARK + b"FROM " + name + b"\n"


def _rest(after: bytes) -> list[bytes]:
    """The lines of the upper half; those that name images differ in any case."""
    return [line for line in after.partition(_MARK)[2].split(b"\n") if line.split(b" ")[0].upper() not in (b"FROM", b"COPY")]

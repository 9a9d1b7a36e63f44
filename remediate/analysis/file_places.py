"""What instructions other than RUN do with a file of the image: a COPY that brings it or carries it on, a container that needs it."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from remediate.analysis.stages import parents
from remediate.analysis.surroundings import Surroundings
from remediate.dockerfile.tree import Dockerfile, Instruction
from remediate.knowledge.globs import matches
from remediate.model import NamedTuple

_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".txz", ".tbz2", ".tar.zst")


class Copied(NamedTuple):
    """A COPY or ADD: where from (None: the context), its sources, and its destination made absolute."""

    index: int  # type: ignore[assignment]  # hides tuple.index
    origin: str | None
    sources: tuple[str, ...]
    target: str
    folder: bool  # the destination is surely a folder
    adds: bool


class Places:
    """Answers for one Dockerfile."""

    def __init__(self, tree: Dockerfile, around: Surroundings) -> None:
        self.tree, self.around = tree, around
        self.names = {s.name: s.index for s in tree.stages if s.name}
        self.copies: dict[int, Copied] = {}
        self.ends: list[tuple[str, str]] = []  # USER and WORKDIR at the end of each stage
        for stage in tree.stages:
            built_on = parents(tree, stage)
            user, workdir = self.ends[built_on[0]] if built_on else ("", "/")
            for index in stage.instructions:
                instruction = tree.instructions[index]
                if instruction.keyword == "WORKDIR":
                    workdir = posixpath.join(workdir, instruction.rest.text.strip().strip("\"'"))[:4096]
                elif instruction.keyword == "USER":
                    user = instruction.rest.text.strip().split(":", 1)[0]
                elif instruction.keyword in ("COPY", "ADD"):
                    copied = _copied(index, instruction, workdir)
                    if copied is not None:
                        self.copies[index] = copied
            self.ends.append((user, workdir))

    def stages_named(self, origin: str) -> tuple[int, ...]:
        """The stages that `--from=` may mean."""
        low = origin.lower()
        if "$" in low:
            return tuple(range(len(self.tree.stages)))
        if low in self.names:
            return (self.names[low],)
        return (int(low),) if low.isdigit() and int(low) < len(self.tree.stages) else ()

    def may_bring(self, index: int, path: str) -> bool:
        """The COPY or ADD may put a file at that very path."""
        copied = self.copies.get(index)
        if copied is None or not (path == copied.target or copied.target == "/" or path.startswith(copied.target.rstrip("/") + "/")):
            return False
        rest = path[len(copied.target.rstrip("/")) :].strip("/")
        if not rest:
            return not copied.folder
        return any(self._holds(copied, source, rest) for source in copied.sources)

    def _holds(self, copied: Copied, source: str, rest: str) -> bool:
        """What is copied from the source has, below the destination, a file of the relative name `rest`."""
        base = source.rstrip("/").rsplit("/", 1)[-1]
        if "/" not in rest and base and matches(rest, base):
            return base not in ("*", "**") or self._in_context(copied, source, rest)
        if "://" in source or (copied.adds and source.endswith(_ARCHIVES)):
            return source.endswith(_ARCHIVES)
        if copied.origin is not None or "$" in source:
            return _may_be_folder(source)
        return self._in_context(copied, source, rest)

    def _in_context(self, copied: Copied, source: str, rest: str) -> bool:
        if copied.origin is None and source in (".", "./", "*") and copied.target == "/" and rest.startswith(("root/", "home/")):
            # `COPY . .` where no WORKDIR is known: a project has no home folders in it, unless it can be seen there.
            return self.around.at_hand and self.around.read(rest) is not None
        if copied.origin is not None or not self.around.at_hand:
            return _may_be_folder(source)
        clean = posixpath.normpath(source.strip("/") or ".")
        if any(c in clean for c in "*?["):
            return any(f == rest or f.endswith("/" + rest) for f in self.around.files())
        return self.around.read(posixpath.normpath(f"{clean}/{rest}")) is not None

    def carries(self, index: int, path: str, stages: frozenset[int]) -> bool:
        """The instruction takes the file, or a folder above it, from one of the stages into another place."""
        instruction = self.tree.instructions[index]
        copied = self.copies.get(index)
        if copied is not None and copied.origin is not None and stages & set(self.stages_named(copied.origin)):
            return any(_covers(source, path) for source in copied.sources)
        for flag in instruction.flags if instruction.keyword == "RUN" else ():
            options = dict(part.partition("=")[::2] for part in (flag.value or "").split(","))
            held = flag.name == "mount" and "from" in options and stages & set(self.stages_named(options["from"]))
            if held and _covers(options.get("source") or options.get("src") or "/", path):
                return True
        return False


def before(tree: Dockerfile, start: int) -> list[int]:
    """Instructions that came before `start` in its line of stages, in file order."""
    stage = tree.stage_of(start)
    if stage is None:
        return []
    found = [i for i in stage.instructions if i < start]
    waiting, seen = list(parents(tree, stage)), set[int]()
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            found += tree.stages[at].instructions
            waiting += parents(tree, tree.stages[at])
    return sorted(found)


def _covers(source: str, path: str) -> bool:
    """The source is the path or a folder above it, or may be one of them."""
    clean = "/" + source.strip("/")
    if clean == "/" or path == clean or path.startswith(clean + "/"):
        return True
    if "$" in clean:
        return path.startswith(clean.partition("$")[0])
    parts, wanted = path.split("/"), clean.split("/")
    return len(wanted) <= len(parts) and all(matches(p, g) for p, g in zip(parts, wanted, strict=False))


def _may_be_folder(source: str) -> bool:
    """A source whose name has no ending, or is a pattern of everything."""
    base = source.rstrip("/").rsplit("/", 1)[-1]
    return source.endswith("/") or base in ("", ".", "..", "*", "**") or base.startswith("$") or "." not in base.lstrip(".")


def _copied(index: int, instruction: Instruction, workdir: str) -> Copied | None:
    if instruction.exec_form is not None:
        words: Sequence[str] = [s.value for s in instruction.exec_form]
    else:
        words = [w.text.text.strip("\"'") for w in instruction.words]
    if len(words) < 2:
        return None
    docs = {h.name for h in instruction.heredocs}
    sources = tuple(w for w in words[:-1] if not (w.startswith("<<") and w.lstrip("<-").strip("\"'") in docs))
    origin = next((f.value for f in instruction.flags if f.name == "from"), None)
    target = posixpath.normpath(posixpath.join(workdir, words[-1]))
    folder = words[-1].endswith("/") or words[-1] in (".", "./") or len(words) > 2
    heredocs = tuple(h.name for h in instruction.heredocs) if folder else ()
    return Copied(index, origin, (*sources, *heredocs), "/" + target.lstrip("/"), folder, instruction.keyword == "ADD")

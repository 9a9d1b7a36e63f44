"""Credential files that a COPY brings in unnamed: `COPY . .` with an `.env` that no `.dockerignore` leaves out.

What is known of the build context comes in as `ContextFiles`, made by the pipeline; nothing is read here but through it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import islice

from remediate.analysis.copies import CopiedFile, copy_sources
from remediate.dockerfile.tree import Dockerfile, Instruction
from remediate.knowledge.files_carried import judge_carried, may_be_carried
from remediate.knowledge.names import Judge
from remediate.model import IgnoreLines, NamedTuple
from remediate.repo.ignore import go_match
from remediate.repo.sources import clean_source

MAX_READ = 200  # candidates of one context whose content is looked at
MAX_FOUND = 2_000  # places of one Dockerfile that bring such files
_WHOLE = ("", ".", "/")


class ContextFiles(NamedTuple):
    """What may be known of the files beside a Dockerfile. `named`: paths of the context (not ignored) whose names may be credentials'.

    `beside`: there is a folder, so that a `.dockerignore` can be written; `ignored(path)` whether it is left out already;
    `needed(path)` which other Dockerfile takes the file ("" when none does); `ignore(lines)` the change of the file in force, empty when it
    cannot be changed.
    """

    beside: bool = False
    at_hand: bool = False
    named: tuple[str, ...] = ()
    read: Callable[[str], bytes | None] = lambda path: None
    ignored: Callable[[str], bool] = lambda path: False
    needed: Callable[[str], str] = lambda path: ""
    ignore: Callable[[Sequence[str]], tuple[IgnoreLines, ...]] = lambda lines: ()


NO_FILES = ContextFiles()


def carried_files(tree: Dockerfile, files: ContextFiles, judge: Judge = Judge()) -> list[CopiedFile]:  # noqa: B008  frozen
    """Files that surely hold a credential and that a folder or pattern of a COPY or ADD brings along; each once an instruction."""
    candidates = list(islice(filter(may_be_carried, files.named), MAX_READ)) if files.at_hand else []
    if not candidates:
        return []
    verdicts: dict[str, CopiedFile | None] = {}
    found: list[CopiedFile] = []
    for index, instruction in enumerate(tree.instructions):
        if not takes_folders(instruction):
            continue
        seen: set[str] = set()
        for number, (source, span, _) in enumerate(copy_sources(instruction)):
            for path in candidates:
                if path in seen or not brought_below(source, path):
                    continue
                seen.add(path)
                if path not in verdicts:
                    verdicts[path] = _judged(path, files, judge)
                held = verdicts[path]
                if held is not None and len(found) < MAX_FOUND:
                    found.append(held._replace(instruction=index, span=span, source=number))
    return found


def without_folders(copied: Sequence[CopiedFile], carried: Sequence[CopiedFile]) -> list[CopiedFile]:
    """All findings in the order of the file; a folder that is one by its name gives way to the files that were found in it."""
    told = {(c.instruction, c.source) for c in carried}
    kept = [c for c in copied if (c.instruction, c.source) not in told]
    return sorted([*kept, *carried], key=lambda c: (c.instruction, c.source))


def _judged(path: str, files: ContextFiles, judge: Judge) -> CopiedFile | None:
    content = files.read(path)
    if content is None:
        return None
    verdict = judge_carried(path, content, judge)
    if not verdict.secret:
        return None
    from remediate.model import Span

    return CopiedFile(0, path, Span(0, 0), verdict.why, True, 0, True, verdict.use, verdict.kind)


def takes_folders(instruction: Instruction) -> bool:
    """A COPY or ADD from the context whose sources can be told; not with `--exclude`, which leaves out what is not worked out here."""
    return instruction.keyword in ("COPY", "ADD") and not any(f.name in ("from", "exclude") for f in instruction.flags)


def brought_below(source: str, path: str) -> bool:
    """The source brings the file along without being its very name."""
    clean = clean_source(source)
    return clean is not None and clean != path and rest_of(source, path) is not None


def rest_of(source: str, path: str) -> str | None:
    """The file's path below the destination when `source` brings it (of a folder its contents come, of a file its name), else None."""
    clean = clean_source(source)
    if clean is None:
        return None
    if clean in _WHOLE:
        return path
    if not re.search(r"[*?\[\\]", clean):
        if clean == path:
            return path.rpartition("/")[2]
        return path[len(clean) + 1 :] if path.startswith(clean + "/") else None
    names = path.split("/")
    match = go_match(clean)
    for count in range(1, len(names) + 1):
        if match("/".join(names[:count])):
            return "/".join(names[count:]) or names[-1]
    return None

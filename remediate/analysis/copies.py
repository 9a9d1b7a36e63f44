"""Credential files that COPY or ADD brings into a layer, and credentials that stand in the text of instructions.

Both are found here and refused by name: the remedies for copied files need the file's readers to be proved.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from remediate.analysis.bindings import declaring
from remediate.analysis.runs import Runs
from remediate.dockerfile.tree import Dockerfile, Instruction
from remediate.knowledge.files import FileUses, judge_copy
from remediate.knowledge.names import Judge
from remediate.knowledge.values import find_literals
from remediate.model import NamedTuple, Span

_LITERALS_IN = frozenset({"RUN", "LABEL", "CMD", "ENTRYPOINT", "HEALTHCHECK", "ADD", "COPY", "FROM"})


class CopiedFile(NamedTuple):
    """A source of a COPY or ADD that holds a secret. `certain` is False when its content was not at hand.

    `source` is its index among the sources. With `carried` nobody names the file: a folder or pattern brings `name`, its path in the
    context, along. `use` and `kind` as its row has them.
    """

    instruction: int
    name: str
    span: Span
    why: str
    certain: bool
    source: int = 0
    carried: bool = False
    use: str = ""
    kind: str = ""


class LiteralInText(NamedTuple):
    """A credential's value in an instruction that is neither ARG nor ENV.

    `kind` names its shape or the variable; the value is kept nowhere.
    """

    instruction: int
    keyword: str
    span: Span
    kind: str


def copied_files(tree: Dockerfile, kinds: frozenset[str], read: Callable[[str], bytes | None]) -> list[CopiedFile]:
    """Sources of COPY and ADD that are credential files, by name and, where `read` gives it, by content.

    `kinds` are those of the secrets that the file takes by ARG and ENV: beside one of them a file of settings only refers to it.
    """
    found = []
    beside = bool(kinds & {"registry-token", "git-token"})
    runs = b"\n".join(i.args.data for i in tree.instructions if i.keyword == "RUN").decode("utf-8", "replace")
    sources = [name for i in tree.instructions if i.keyword in ("COPY", "ADD") for name, _, _ in copy_sources(i)]
    key_beside = any(s.endswith((".key", "key.pem")) for s in sources)
    for index, outer in enumerate(tree.instructions):
        instruction = declaring(outer)
        if instruction.keyword not in ("COPY", "ADD") or any(f.name == "from" for f in instruction.flags):
            continue
        for number, (name, span, target) in enumerate(copy_sources(instruction)):
            base = re.escape(name.rpartition("/")[2])
            removed = bool(base) and re.search(rf"\brm\s+(?:-\w+\s+)*\S*{base}(?:\s|$)", runs) is not None
            verdict = judge_copy(name, target, read(name), FileUses(beside, removed, key_beside))
            if verdict.secret:
                found.append(CopiedFile(index, name, span, verdict.why, verdict.certain, number, use=verdict.use, kind=verdict.kind))
    return found


def copy_sources(instruction: Instruction) -> Iterator[tuple[str, Span, str]]:
    """(source, its span, destination) of each file that is copied, heredocs left out."""
    if instruction.exec_form is not None:
        strings = instruction.exec_form
        for item in strings[:-1]:
            yield item.value, item.span, strings[-1].value
        return
    words = instruction.words
    if len(words) < 2:
        return
    target = words[-1].text.text.strip("\"'")
    docs = {h.word_span for h in instruction.heredocs}
    for word in words[:-1]:
        if word.span not in docs and not word.text.data.startswith(b"<<"):
            yield word.text.text.strip("\"'"), word.span, target


def assigned_literals(runs: Runs, judge: Judge) -> list[LiteralInText]:
    """`RUN DB_PASSWORD=hunter2 ./x`, `RUN export API_TOKEN=...`: a secret's name that a RUN sets to a literal."""
    found = []
    for index, run in runs.views.items():
        for script, command in run.commands():
            for a in command.assignments:
                if a.value is None or not a.value.value:
                    continue
                verdict = judge.judge(a.name, a.value.value, "ENV")
                if verdict.secret and verdict.literal:
                    found.append(LiteralInText(index, "RUN", script.text.span(a.start, a.start + len(a.name)), a.name))
    return found


def literals(tree: Dockerfile) -> list[LiteralInText]:
    """Values with the shape of a credential in instructions that hold no variables."""
    if not find_literals(tree.source.data):
        return []
    found = []
    for index, instruction in enumerate(tree.instructions):
        if instruction.keyword not in _LITERALS_IN:
            continue
        for text in (instruction.args, *(h.body for h in instruction.heredocs)):
            for start, end, row in find_literals(text.data):
                found.append(LiteralInText(index, instruction.keyword, text.span(start, end), row.id))
    return found

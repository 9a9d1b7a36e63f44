"""docker/bake-action: build args that its `set` input gives to targets. The targets themselves are in the bake file, which is read as such.

    set: |                                            set: |
      *.args.NPM_TOKEN=${{ secrets.NPM_TOKEN }}  ->     *.secrets=id=npm_token,env=NPM_TOKEN
                                                    env:
                                                      NPM_TOKEN: ${{ secrets.NPM_TOKEN }}

`TARGET.secrets=` takes the place of all secrets that the bake file gives the target (docker/buildx issue 2912), so it is only written
where the bake file has none; and Bake takes its own variables from the environment, so none of them may have the new one's name.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from remediate.callers.kinds.github_actions_list import Item, items
from remediate.callers.kinds.github_actions_place import Where
from remediate.callers.kinds.github_actions_push import line_of, text_of
from remediate.callers.kinds.github_actions_run import StepHost
from remediate.callers.kinds.github_actions_tree import Step, in_repository
from remediate.callers.kinds.github_actions_unit import Unit
from remediate.callers.model import Build, CallerFile, FileEdit, Job, JobRefused, Move, Passed, Place, Refused, Rewritten, Told
from remediate.callers.repository import Repository
from remediate.formats.embedded import FormatError
from remediate.formats.yaml import Node
from remediate.formats.yaml_edit import replace_line
from remediate.text import late

# https://docs.docker.com/build/bake/overrides/#default-file-lookup
DEFAULT_FILES = (
    "compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml", "docker-bake.json", "docker-bake.hcl",
    "docker-bake.override.json", "docker-bake.override.hcl",
)  # fmt: skip
_ARG = late(r"([^=\s]+)\.args\.([A-Za-z_][A-Za-z0-9_]*)")
_SECRET = late(rb"\bsecrets?\b")


class Bake(Unit):
    """A step of docker/bake-action with build args or secrets in its `set`."""

    @classmethod
    def of(cls, file: CallerFile, repository: Repository, step: Step) -> Bake | None:
        node = step.inputs.get("set")
        listed = items(text_of(node)) if node is not None else ()
        found = [i for i in listed if _ARG.fullmatch(i.name)]
        secrets = any(i.name.endswith(".secrets") for i in listed)
        return cls(file, repository, step, node, found) if node is not None and (found or secrets) else None

    def __init__(self, file: CallerFile, repository: Repository, step: Step, node: Node, found: Sequence[Item]) -> None:
        self.node, self.found = node, tuple(found)
        self.bake_files = _bake_files(step, repository)
        passed = tuple(Passed(self._arg(i)[1], line_of(node, i), i.origin.replace(i.name, self._arg(i)[1])) for i in found)
        secrets = tuple(v for i in items(text_of(node)) if i.name.endswith(".secrets") for v in _ids(i.value or ""))
        build = Build(
            file.path, file.kind, step.fields["uses"].line, Place(pattern="**"), None, None, passed, secrets, engine="buildx", name=step.job
        )  # fmt: skip
        super().__init__(file, step, [build], nodes=frozenset((node.span.start,)))

    @staticmethod
    def _arg(item: Item) -> tuple[str, str]:
        match = _ARG.fullmatch(item.name)
        assert match is not None
        return match[1], match[2]

    def rewrite(self, jobs: Sequence[tuple[int, Job]]) -> Rewritten:
        number, job = jobs[0]
        host = StepHost(self.step, "")
        edits: list[FileEdit] = []
        told: list[Told] = []
        try:
            for move in job.moves:
                item, line = self._line(move, host)
                index = text_of(self.node).count(b"\n", 0, item.start)
                edits.append(FileEdit(self.file.path, replace_line(self.file.data, self.node, index, line)))
                if item.origin == "literal":
                    told.append(Told(number, f"the value of {move.arg} stands in the file: it is burnt, rotate it"))
            edits += [FileEdit(self.file.path, e) for e in host.edits(self.file.data, "with")]
        except FormatError as error:
            refused = [
                JobRefused(number, m.spec.id, Refused("caller-arguments", error.message, self.line, self._by_hand(m))) for m in job.moves
            ]
            return Rewritten(refused=tuple(refused))
        return Rewritten(tuple(edits), (), tuple(told))

    def _by_hand(self, move: Move) -> tuple[str, ...]:
        name = move.arg or "NAME"
        bake = f'secret = ["id={move.spec.id},env={name}"]'
        return ("in the bake file, at the target:", bake, "in the step:", "env:", f"  {name}: <the value of {name}>")

    def _line(self, move: Move, host: StepHost) -> tuple[Item, str]:
        """The line of `set` for a secret; raises FormatError, with what stands against it."""
        found = [i for i in self.found if self._arg(i)[1] == move.arg]
        if move.ssh or not move.arg or len(found) != 1 or found[0].odd or found[0].quoted or move.supplied:
            raise FormatError("this cannot be said in `set`")
        target = self._arg(found[0])[0]
        others = [i.name for i in items(text_of(self.node)) if i.name.rstrip("+").endswith(".secrets") and i.name != f"{target}.secrets"]
        if others:
            raise FormatError(f"{others[0]} stands beside it")
        if not self.bake_files:
            raise FormatError("the bake file is not found in this repository")
        if any(_SECRET.search(data) for data in self.bake_files):
            raise FormatError("the bake file gives secrets of its own, which `set` would take the place of")
        return found[0], f"{target}.secrets=id={move.spec.id},env={self._variable(found[0], move, host)}"

    def _variable(self, item: Item, move: Move, host: StepHost) -> str:
        if item.value is None:
            return move.arg
        clash = any(move.arg.encode() in data for data in self.bake_files)
        name = host.carry(f"SECRET_{move.arg}" if clash else move.arg, item.value)
        if name is None or any(name.encode() in data and clash for data in self.bake_files if name != move.arg):
            raise FormatError(f"no variable of the step is free for {move.arg}")
        return name


def _ids(value: str) -> tuple[str, ...]:
    return tuple(p[3:] for p in value.split(",") if p.startswith("id="))


def _bake_files(step: Step, repository: Repository) -> tuple[bytes, ...]:
    """The definitions that the step reads, as far as they are in this repository; none when one of them is not."""
    source = Where(step, step.value("source") or step.value("workdir"), "").folder
    if source is None:
        return ()
    node = step.inputs.get("files")
    names = [v for i in items(text_of(node), commas=True) for v in step.values(i.name)] if node is not None else []
    paths = [in_repository(posixpath.join(source, n.removeprefix("cwd://")), step.checkouts) for n in names]
    if not names:
        paths = [
            p for n in DEFAULT_FILES if repository.exists(p := posixpath.normpath(posixpath.join(source, n))) or p in repository.paths()
        ]
    found = [repository.read(p) if p is not None else None for p in paths]
    return tuple(d for d in found if d is not None) if all(d is not None for d in found) else ()

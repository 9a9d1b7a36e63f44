"""devcontainer.json: `build.args` become `--secret` in `build.options`, which go to `docker build` as they are.

`${localEnv:T}` is a variable of the environment in which that command runs, so `env=T` gives the same value. Compose files that it
names are callers of their own. Its commands are read as shell: `initializeCommand` on the host, the others in the container.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from remediate.callers.listed import Word, list_edits, words_in
from remediate.callers.model import Build, CallerFile, FileEdit, Job, JobRefused, Move, Passed, Reading, Refused, Rewritten, Unread
from remediate.callers.places import joined, place
from remediate.callers.plain_host import PlainHost
from remediate.callers.repository import Repository
from remediate.callers.scripts import BUILDS, Key, Script, assigned, read_scripts, rewrite_scripts, unread
from remediate.callers.words import Command, command_of, supplied, swaps
from remediate.formats.json import add_entry, add_item, document, quoted, remove_entries
from remediate.formats.node import Node
from remediate.model import Edit
from remediate.text import late

_LOCAL = late(r"\$\{localEnv:([A-Za-z_]\w*)\}")
_HEAD = ("docker", "build")
COMMANDS = ("initializeCommand", "onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand", "postAttachCommand")


class _Image:
    """The image that the file builds; `words` are those of the docker command that comes of it."""

    def __init__(self, file: CallerFile) -> None:
        self.file = file
        self.root = document(file.data, comments=True)
        self.build = self.root.get("build")
        self.args = self.root.get("build", "args")
        self.options = self.root.get("build", "options")
        head = tuple(Word(w, 1) for w in _HEAD)
        self.words = (*head, *words_in(self.options), Word(".", 1))
        found = command_of(tuple(w.text for w in self.words))
        assert found is not None
        self.command: Command = found

    @property
    def dockerfile(self) -> str:
        node = self.root.get("build", "dockerfile") or self.root.get("dockerFile")
        return node.value if node is not None else ""

    @property
    def context(self) -> str:
        node = self.root.get("build", "context") or self.root.get("context")
        return node.value if node is not None and node.value else "."

    @property
    def folder(self) -> str:
        """The workspace: where the command runs, and what `${localWorkspaceFolder}` is."""
        parts = self.file.path.split("/")
        return "/".join(parts[: parts.index(".devcontainer")] if ".devcontainer" in parts else parts[:-1]) or "."

    def passed(self) -> Iterator[tuple[Passed, str | None]]:
        """Each build arg with its text, None when it is passed through."""
        for entry in self.args.entries if self.args is not None else ():
            yield Passed(entry.key.value, entry.key.line, origin(entry.value.value)), entry.value.value
        for flag in self.command.build_args():
            name, equals, value = (flag.value or "").partition("=")
            yield Passed(name, self.words[flag.at].line, origin(value) if equals else f"env:{name}"), value if equals else None


def origin(value: str) -> str:
    found = _LOCAL.fullmatch(value)
    return f"env:{found[1]}" if found is not None else "" if "${" in value else "literal"


def read(file: CallerFile, repository: Repository) -> Reading:
    del repository
    image = _Image(file)
    scripts, more = _scripts(image)
    reading = read_scripts(scripts, file.path, file.kind, data=file.data)
    builds = [_build(image)] if image.dockerfile else []
    return Reading((*builds, *reading.builds), (*reading.unread, *more))


def _build(image: _Image) -> Build:
    base = posixpath.dirname(image.file.path) or "."
    context = joined(base, image.context) if "${" not in image.context else None
    dockerfile = "*" if "${" in image.dockerfile else image.dockerfile
    secrets, ssh = supplied(image.command)
    target = image.root.get("build", "target")
    line = image.build.line if image.build is not None else 1
    return Build(
        image.file.path, image.file.kind, line, place(base, ".", dockerfile), context, image.folder, tuple(p for p, _ in image.passed()),
        secrets, ssh, target.value if target is not None else "", "docker", "", None, "image",
    )  # fmt: skip


def _scripts(image: _Image) -> tuple[list[Script], list[Unread]]:
    out: list[Script] = []
    more: list[Unread] = []
    for name in COMMANDS:
        node = image.root.get(name)
        for each in [e.value for e in node.entries] or [node] if node is not None else ():
            words = [i.value for i in each.items]
            if len(words) == 3 and words[0].value.rpartition("/")[2] in ("sh", "bash") and words[1].value in ("-c", "-lc", "-ec"):
                each = words[2]
            data = each.text.text.data if each.kind == "scalar" else b" ".join(w.text.text.data for w in words)
            if BUILDS.search(data) is None:
                continue
            if each.kind == "scalar":
                out.append(Script(each.text, PlainHost(image.folder, assigned(data)), (), name, argued=True))
            else:
                more += unread(data, each.line, Refused("caller-arguments", "it is a list of words, not a shell text", each.line))
    return out, more


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    del repository
    image = _Image(file)
    shell = [n for n, j in enumerate(jobs) if isinstance(j.build.key, Key)]
    done = rewrite_scripts(_scripts(image)[0], [jobs[n] for n in shell], file.path)
    refused = [r._replace(job=shell[r.job]) for r in done.refused]
    told = tuple(t._replace(job=shell[t.job]) for t in done.told)
    edits: list[Edit] = []
    for number, job in enumerate(jobs):
        if number not in shell:
            made = [_given(image, m, job.build) for m in job.moves]
            why = [JobRefused(number, m.spec.id, g) for m, g in zip(job.moves, made, strict=True) if isinstance(g, Refused)]
            refused += why
            if not why:
                edits += _edits(image, [(m, g) for m, g in zip(job.moves, made, strict=True) if isinstance(g, str)])
    return Rewritten((*done.edits, *(FileEdit(file.path, e) for e in edits)), tuple(refused), told)


def _given(image: _Image, move: Move, build: Build) -> str | Refused:
    """The value of `--secret` (of `--ssh`), "" when the build has it already."""
    spec = move.spec
    if move.supplied:
        return ""
    if move.ssh:
        return Refused("caller-key", "", build.line, (f'"options": ["--ssh={spec.id}"]',)) if move.arg else spec.id
    if move.source:
        path = posixpath.relpath(move.source, image.folder)
        if any(c in path for c in ",\"'$ "):
            return Refused("caller-value", f"the path {move.source} cannot stand in a --secret option as it is", build.line)
        return f"id={spec.id},src=${{localWorkspaceFolder}}/{path}"
    if not move.arg:
        return f"id={spec.id},env={spec.name}"
    passed = [(p, v) for p, v in image.passed() if p.name == move.arg]
    by_hand = (f'"options": ["--secret=id={spec.id},env={move.arg}"]',)
    if len(passed) > 1:
        return Refused("caller-arguments", f"{move.arg} is passed twice", passed[1][0].line, by_hand)
    found = passed[0][0]
    if not found.origin.startswith("env:"):
        why = "stands in the file" if found.origin == "literal" else "is not one variable of the environment"
        return Refused("caller-value", f"the value of {move.arg} {why}", found.line, by_hand)
    return f"id={spec.id},env={found.origin.removeprefix('env:')}"


def _edits(image: _Image, moves: Sequence[tuple[Move, str]]) -> list[Edit]:
    data, args = image.file.data, image.args
    listed = {e.key.value for e in args.entries} if args is not None else set()
    edits: list[Edit] = []
    new: list[str] = []
    for move, given in moves:
        wanted = swaps(image.command, move, given) if move.arg and move.arg not in listed else []
        if wanted:
            edits += list_edits(data, image.words, wanted) or ()
        elif given:
            new.append(f"--{'ssh' if move.ssh else 'secret'}={given}")
    gone = [m.arg for m, _ in moves if m.arg in listed]
    entry = image.build.entry("args") if image.build is not None else None
    whole = args is not None and gone and len(gone) == len(args.entries)
    text = f'"options": [{", ".join(quoted(n) for n in new)}]'
    if args is not None and gone and not whole:
        edits += remove_entries(data, args, gone)
    elif whole and entry is not None and image.build is not None:
        if new and image.options is None:
            return [*edits, Edit(entry.span, text.encode())]
        edits += remove_entries(data, image.build, ["args"])
    return edits + _added(image, new)


def _added(image: _Image, new: Sequence[str]) -> list[Edit]:
    data = image.file.data
    if not new:
        return []
    options: Node | None = image.options
    if options is not None and options.items:
        return [add_item(data, options, quoted(n)) for n in new]
    text = "[" + ", ".join(quoted(n) for n in new) + "]"
    if options is not None:
        return [Edit(options.span, text.encode())]
    if image.build is not None:
        return [add_entry(data, image.build, "options", text, after="args")]
    return [add_entry(data, image.root, "build", '{ "options": ' + text + " }", after="dockerFile")]

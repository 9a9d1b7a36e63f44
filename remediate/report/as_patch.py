"""`Outcome` as a patch: above it the build command and its notes, as `#` lines that `git apply` and `patch -p1` pass over."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from remediate.callers.reasons import REASONS
from remediate.model import CallerChange, FileOutcome, IgnoreLines, NamedTuple, Outcome
from remediate.patch import unified
from remediate.report.callers import told
from remediate.report.excerpt import Excerpts
from remediate.report.mask import Masker
from remediate.report.terminal import visible


def as_patch(outcome: Outcome, given: Sequence[str] = (), *, redact: bool = False) -> bytes:
    """The whole patch, empty when nothing changes. `given` are the PATHs of the command line.

    With `redact` the values are masked, and the first line says that the patch does not apply any more.
    """
    place = _place(outcome, given)
    parts = [_file_patch(file, place, redact) for file in outcome.files if file.after != file.before]
    parts += _ignore_patches(outcome, place)
    parts += [_caller_patch(change, place, redact) for change in outcome.changes]
    return preamble(outcome, redacted=redact, place=place) + b"".join(parts) if parts else b""


class Place(NamedTuple):
    """Where a patch is applied: its paths are relative to `folder`. `git`: `git apply` there takes Git's own header as it is meant."""

    folder: str
    git: bool = True

    def name(self, path: str) -> str:
        if path == "-":
            return "Dockerfile"
        return os.path.relpath(_full(path), self.folder).replace(os.sep, "/")


def _place(outcome: Outcome, given: Sequence[str]) -> Place:
    """The working directory when all that changes lies below it, else the repository's root, without one what was given.

    Neither `git apply` nor `patch` follows `..` or an absolute path. In a folder of a repository `git apply` would pass over each file
    with Git's header that lies outside of it, and half a fix would be applied in silence: there the patch does without.
    """
    paths = [file.path for file in outcome.files if file.after != file.before and file.path != "-"]
    paths += [beside.path for file in outcome.files for beside in file.ignore]
    paths += [change.path for change in outcome.changes]
    return place_of(paths, given)


def place_of(paths: Sequence[str], given: Sequence[str] = ()) -> Place:
    """Where a patch of these files is applied."""
    here = os.getcwd()
    full = [_full(path) for path in paths] or [os.path.join(here, "Dockerfile")]
    common = os.path.commonpath([os.path.dirname(path) for path in full])
    wanted = (here, *_repositories(common), *(os.path.realpath(g) for g in given if os.path.isdir(g)))
    folder = next((w for w in wanted if _below(common, w)), common)
    root = next(_repositories(folder), folder)
    return Place(folder, git=root == folder and (folder == here or not _below(here, folder)))


def _full(path: str) -> str:
    """The file's own place: a linked folder has one name only."""
    folder, name = os.path.split(os.path.abspath(path))
    return os.path.join(os.path.realpath(folder), name)


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _file_patch(file: FileOutcome, place: Place, redact: bool) -> bytes:
    before, after = file.before, file.after
    if redact:
        masker = Excerpts(file).masker
        before, after = _masked(before, masker), _masked(after, masker)
    return unified(place.name(file.path), before, after, git=place.git)


def _ignore_patches(outcome: Outcome, place: Place) -> Iterator[bytes]:
    """One patch for each `.dockerignore`, however many Dockerfiles add to it."""
    from remediate.repo.ignore_edit import with_lines

    joined: dict[str, IgnoreLines] = {}
    for file in outcome.files:
        for beside in file.ignore:
            held = joined.get(beside.path)
            joined[beside.path] = beside if held is None else held._replace(lines=(*held.lines, *beside.lines))
    for path, beside in joined.items():
        yield unified(place.name(path), beside.before, with_lines(beside.before, beside.lines), git=place.git)


def _caller_patch(change: CallerChange, place: Place, redact: bool) -> bytes:
    before, after = change.before, change.after
    if redact:
        masker = Masker(text=before.decode("utf-8", "surrogateescape"))
        before, after = _masked(before, masker), _masked(after, masker)
    return unified(place.name(change.path), before, after, git=place.git)


def _masked(data: bytes, masker: Masker) -> bytes:
    return masker.mask(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _repositories(folder: str) -> Iterator[str]:
    while True:
        if os.path.lexists(os.path.join(folder, ".git")):
            yield folder
            return
        parent = os.path.dirname(folder)
        if parent == folder:
            return
        folder = parent


def preamble(outcome: Outcome, *, redacted: bool = False, place: Place | None = None) -> bytes:
    """Lines that start with `# ` and end with a line feed; empty when there is nothing to say.

    Every line begins with the mark, whatever stands in it, so that no file name can pass for a patch header.
    """
    lines = [*(_where(place) if not redacted else ()), *_lines(outcome, redacted)]
    return "".join(f"# {visible(line)}".rstrip() + "\n" for line in lines).encode("utf-8", "backslashreplace")


def _where(place: Place | None) -> Iterator[str]:
    """Where to apply it, when that is not the working directory."""
    if place is None or place.folder == os.getcwd():
        return
    from shlex import quote

    folder = quote(os.path.relpath(place.folder))
    yield f"apply it in {folder}, to which its paths are relative: git -C {folder} apply, or patch -p1 -d {folder}"


def _lines(outcome: Outcome, redacted: bool) -> Iterator[str]:
    if redacted:
        yield "redacted: values are masked, so this patch is for reading and does not apply"
    with_callers = {path for change in outcome.changes for path in change.dockerfiles}
    changed = {file.path for file in outcome.files if file.changed} | with_callers
    said: dict[tuple[str, ...], str] = {}
    listed: set[str] = set()
    for command in outcome.commands:
        if command.path in changed:
            yield f"build {command.path} with:"
            yield f"  {command.shell}"
            yield from (f"note: {note}" for note in command.notes)
    for file in outcome.files:
        names = dict.fromkeys(f.name for f in file.findings if f.reason in REASONS and not f.applied)
        if file.shown and names:
            yield f"not in this patch: {', '.join(names)} of {file.path}: waits for a caller, see the report"
        if file.path not in changed:
            continue
        for _, (head, *more) in told(file, "rewritten here", said):
            if head not in listed:
                listed.add(head)
                yield f"caller: {head}"
                yield from more
        if file.notes:
            masker = Excerpts(file).masker
            yield from (f"note: {file.path}: {masker.mask_values(note)}" for note in file.notes)

"""The Python interface: text, bytes, paths or a `dockerfile_parse.DockerfileParser` in, typed results out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol, runtime_checkable

from remediate.dockerfile.parser import parse as _parse
from remediate.dockerfile.tree import Dockerfile
from remediate.model import FileOutcome, Options, Outcome
from remediate.pipeline.command import command_for
from remediate.pipeline.many import run
from remediate.pipeline.one import process


@runtime_checkable
class HasContent(Protocol):
    """What is used of a `dockerfile_parse.DockerfileParser`: its text, which can be set."""

    content: str


Given = bytes | str | os.PathLike[str] | HasContent


def parse(data: bytes | str) -> Dockerfile:
    """The lossless tree of a Dockerfile's text: `bytes(parse(data)) == data`. RemediateError with the line when it cannot be parsed."""
    return _parse(data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data)


def check(source: Given, options: Options = Options()) -> Outcome:  # noqa: B008  frozen
    """Find the secrets. `source` is text (bytes, or a str with a line break), a path (file or folder), or a DockerfileParser.

    A path's neighbours are read as the build context; text has none. Files that cannot be read or parsed stand in `Outcome.errors`;
    text that cannot be parsed raises RemediateError. Every finding has `applied == False`.
    """
    done = _done(source, options)
    files = tuple(
        f._replace(
            after=f.before, secrets=(), ignore=(), shown=b"", findings=tuple(x._replace(applied=False) for x in f.findings),
            callers=tuple(c._replace(applied=False) for c in f.callers),
        )
        for f in done.files
    )
    return done._replace(files=files, commands=(), changes=())


def fix(source: Given, options: Options = Options()) -> Outcome:  # noqa: B008  frozen
    """Find the secrets and take them out: `Outcome.files[i].after` holds the new bytes, `Outcome.commands` the build commands.

    Takes what `check` takes. Files are not written; a DockerfileParser gets the new text as its content. Lines that a `.dockerignore` gets
    with the fix are in `Outcome.files[i].ignore`: a file that is mounted but not left out of the context is copied as before.
    For a path, `Outcome.changes` holds the callers that change with the Dockerfiles, each with its bytes before and after: whoever writes
    one half writes the other. What waits for a caller is in `Outcome.files[i].shown`, and `Outcome.files[i].callers` says why.
    """
    done = _done(source, options)
    if isinstance(source, HasContent) and not isinstance(source, (bytes, str)) and done.files:
        after = done.files[0].after
        if after != done.files[0].before:
            source.content = after.decode("utf-8", "surrogateescape")
    return done


def _done(source: Given, options: Options) -> Outcome:
    if isinstance(source, bytes):
        return _of_text(source, options)
    if isinstance(source, str):
        if "\n" in source or not os.path.exists(source):
            return _of_text(source.encode("utf-8", "surrogateescape"), options)
        return run([source], options)
    if isinstance(source, os.PathLike):
        return run([str(Path(source))], options)
    return _of_text(source.content.encode("utf-8", "surrogateescape"), options)


def _of_text(data: bytes, options: Options) -> Outcome:
    chosen = options._replace(engine="docker") if options.engine == "auto" else options
    file: FileOutcome = process(data, "Dockerfile", chosen)
    return Outcome((file,), (command_for(file, chosen),) if file.secrets or file.mounted or file.after != file.before else ())

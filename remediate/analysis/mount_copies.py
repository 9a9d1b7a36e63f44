"""Commands that make an ordinary file of a mounted one: `cp`, `install`, `tar`, and tools that keep what stands in a file."""

from __future__ import annotations

from remediate.analysis.references import tool_name
from remediate.analysis.secret_files import FilesIn
from remediate.shell.view import Command, Word
from remediate.text import late

_DIRECTORIES = ("", ".", "..", "~", "/", "$HOME", "${HOME}")
_COPIERS = frozenset({"cp", "mv", "install", "rsync", "ln", "scp", "zip"})
_ARCHIVE = late(r"\.t[a-z]*(?:\.\w+)?$")
_CREATES = late(r"-?[a-zA-Z]*c[a-zA-Z]*|--create")
# Tools that keep the content of a file which they are given by its path, and a word that must be there.
_TAKE_FILES: dict[str, tuple[str, ...]] = {"gcloud": ("auth",), "gpg": (), "debconf": (), "crontab": (), "sfdx": (), "jf": ("import",)}


def takes_file(files: FilesIn | None, tool: str, command: Command) -> bool:
    """`gpg --import /run/secrets/x`: the tool keeps what stands in the file."""
    words = _TAKE_FILES.get(tool)
    if files is None or words is None or (words and not any(w.value in words for w in command.argv)):
        return False
    return any(files.in_option(w, command) for w in command.argv[1:])


def copies_mount(files: FilesIn, command: Command, argv: tuple[str | None, ...]) -> list[tuple[str, str]]:
    """(tool, path) of `cp /run/secrets/x /app/`, also of a folder that the mount stands in: the copy is an ordinary file."""
    name = tool_name(argv)
    words = [w for w in command.argv[1:] if not w.raw.startswith("-")]
    if name == "dd":
        given = any(w.raw.startswith("if=") and files.in_option(w, command) for w in words)
        return [(name, w.raw[3:].strip("\"'")) for w in words if given and w.raw.startswith("of=")]
    if name == "tar":
        return _archived(files, command, words)
    linked = name == "ln" and any("s" in w.raw for w in command.argv[1:] if w.raw[:1] == "-")
    if name not in _COPIERS or linked:
        return []
    into = next((_written(command.argv[i + 1]) for i, w in enumerate(command.argv[:-1]) if w.value in ("-t", "--target-directory")), None)
    sources = words if into is not None or name == "zip" else words[:-1]
    taken = [w for w in sources if files.named(w, command) or files.carried(w, command)]
    if not taken or len(words) < 2:
        return []
    if name == "zip":
        return [(name, _written(words[0]))]
    return [(name, _target(into + "/" if into is not None else _written(words[-1]), files.path(taken[0])))]


def _archived(files: FilesIn, command: Command, words: list[Word]) -> list[tuple[str, str]]:
    created = any(_CREATES.fullmatch(w.raw) for w in command.argv[1:3])
    archive = next((w for w in words if _ARCHIVE.search(w.raw)), None)
    taken = created and archive is not None and any(files.named(w, command) or files.carried(w, command) for w in words)
    return [("tar", _written(archive))] if taken and archive is not None else []


def _target(target: str, source: str) -> str:
    """The copy itself, where the target is seen to be a folder."""
    base = source.rsplit("/", 1)[-1]
    if target in (".", "./", ""):
        return base
    if target in _DIRECTORIES or target.endswith(("/", "/.")):
        return f"{target.removesuffix('/.').rstrip('/')}/{base}"
    return target


def _written(word: Word) -> str:
    return word.value if word.value is not None else word.raw.strip("\"'")

"""Which words of a shell text name a file that a secret mount shows: `/run/secrets/x`, `$F` that was set to it, a folder above it.

The mounts of one RUN are the only files whose content is known to be a secret from the start; what is made of them is for `taint`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Mapping

from remediate.analysis.removals import normal_path
from remediate.analysis.runs import RunView
from remediate.knowledge.globs import matches
from remediate.model import NamedTuple
from remediate.shell.view import Command, Script, Word
from remediate.text import late

_HOLDER = late(r"[\"']?\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::?[-=]([^{}$]*))?\})[\"']?")
_LOOP = late(rb"\bfor[ \t]+([A-Za-z_]\w*)[ \t]+in[ \t]+([^;\n]*)")
_WHOLE = frozenset({"-r", "-R", "-a", "-rf", "-ra", "-rp", "-ar", "-av", "-Rp", "-rL", "-aL", "--recursive", "--archive"})
_BY_FOLDER = frozenset({"tar", "rsync", "zip", "7z", "mv"})
_LARGE = 2_000_000


class MountedFiles(NamedTuple):
    """The targets of the secret mounts of one RUN, absolute. `holders`: paths in variables that ARG or ENV set; `adopts`: variables that
    nobody is seen to set, and that a file of settings may.
    """

    paths: frozenset[str]
    holders: Mapping[str, str] = {}
    adopts: frozenset[str] = frozenset()


class FilesIn:
    """The mounted files as one script names them. `folders` are the working directories of its commands."""

    def __init__(self, mounted: MountedFiles, script: Script, run: RunView, folders: list[str]) -> None:
        self._mounted, self._run, self._folders = mounted, run, folders
        self._ends = tuple(p.rsplit("/", 1)[-1] for p in mounted.paths)
        self.adopts = mounted.adopts
        self._holders = dict(mounted.holders)
        for command in script.commands:
            for a in command.assignments:
                if a.value is not None and a.value.value:
                    self._holders[a.name] = a.value.value
        for name, words in _LOOP.findall(script.text.data[:_LARGE]):
            for word in words.decode("utf-8", "replace").split():
                if self._any(word.strip("\"'"), run.workdir):
                    self._holders[name.decode()] = word.strip("\"'")

    def named(self, word: Word, command: Command) -> bool:
        """The word is the path of a mounted file, or a glob that fits one."""
        return self._any(self.path(word), self._folders[command.index])

    def named_by(self, words: Collection[Word], command: Command) -> bool:
        return any(self.named(w, command) for w in words)

    def in_option(self, word: Word, command: Command) -> bool:
        """`--key-file=/run/secrets/x`, `if=/run/secrets/x`, `@/run/secrets/x`, or the path alone."""
        path = self.path(word)
        folder = self._folders[command.index]
        return self._any(path, folder) or self._any(path.partition("=")[2], folder) or (path[:1] == "@" and self._any(path[1:], folder))

    def carried(self, word: Word, command: Command) -> bool:
        """A copy of the word, a folder with all that is in it, carries a mounted file along."""
        options = {w.raw for w in command.argv}
        path = self.path(word)
        if not path or not (options & _WHOLE or command.name in _BY_FOLDER):
            return False
        above = normal_path(path, self._run, self._folders[command.index])
        above = posixpath.dirname(above) if above.endswith("/*") else above
        return any(p.startswith(above.rstrip("/") + "/") for p in self._mounted.paths)

    def text_names(self, text: str) -> bool:
        """Program text in another language mentions the path."""
        return any(p in text for p in self._mounted.paths)

    def is_mount(self, path: str) -> bool:
        """Writing there reaches the mount, which no layer keeps."""
        return path in self._mounted.paths

    def path(self, word: Word) -> str:
        """The word's text, or what the variable holds that it consists of."""
        if word.value is not None:
            return word.value
        match = _HOLDER.fullmatch(word.raw)
        if match is None:
            raw = word.raw.strip("\"'")
            return raw if raw.startswith(("$HOME/", "${HOME}/")) else ""
        return self._holders.get(match[1] or match[2], match[3] or "")

    def _any(self, path: str, folder: str) -> bool:
        if not path:
            return False
        glob = "*" in path or "?" in path
        if not glob and not path.endswith(self._ends):
            return False
        whole = normal_path(path, self._run, folder)
        return whole in self._mounted.paths or (glob and any(matches(p, whole) for p in self._mounted.paths))

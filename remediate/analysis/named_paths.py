"""One path, and how shell words name it: as it is, from the home or the working directory, by a pattern, by a folder above."""

from __future__ import annotations

import re

from remediate.analysis.removals import normal_path
from remediate.analysis.runs import RunView
from remediate.knowledge.globs import matches
from remediate.shell.view import Word
from remediate.text import late

_GLOB = late(r"[*?\[]")
_GLUED = late(r"^-[A-Za-z](?=[/~.$])|^[\w.+-]*[=:@]|^--?[\w.-]+=@?|^@")


def text_of(word: Word) -> str:
    """The word without its quotes; what expands in it stands as it is written."""
    return word.value if word.value is not None else word.raw.replace('"', "").replace("'", "")


class NamedPath:
    """Answers for one absolute path; `base` is its last part, which every exact naming holds."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.folder, _, self.base = path.rpartition("/")
        self._token = re.compile(rf"(?<![\w./~}}-]){re.escape(path)}(?![\w/-]|\.\w)")
        self._homes: dict[str, re.Pattern[str] | None] = {}

    def is_(self, text: str, run: RunView, folder: str) -> bool:
        """The text is a name of the file and nothing else."""
        return text.endswith(self.base) and normal_path(text, run, folder) == self.path

    def names(self, text: str, run: RunView, folder: str) -> bool:
        """The word names the file, alone or behind an option, or somewhere in it (`ssh -i /key`)."""
        if self.base not in text:
            return False
        if self.is_(text, run, folder):
            return True
        glued = _GLUED.match(text)
        if glued and self.is_(text[glued.end() :], run, folder):
            return True
        return self.within(text, run)

    def within(self, text: str, run: RunView) -> bool:
        """Some part of a longer text is the path in full, or as seen from the home."""
        if self.base not in text:
            return False
        home = normal_path("~", run, "/")
        if home not in self._homes:
            rest = self.path[len(home) :] if self.path.startswith(home + "/") else ""
            pattern = rf"(?<![\w./-])(?:~|\$HOME|\$\{{HOME\}}){re.escape(rest)}(?![\w/-]|\.\w)"
            self._homes[home] = re.compile(pattern) if rest else None
        from_home = self._homes[home]
        return self._token.search(text) is not None or (from_home is not None and from_home.search(text) is not None)

    def above(self, text: str, run: RunView, folder: str) -> bool:
        """The word names a folder above the file."""
        if not text or text.startswith("-"):
            return False
        place = normal_path(text, run, folder)
        return place == "/" or self.path.startswith(place.rstrip("/") + "/")

    def fits(self, text: str, run: RunView, folder: str) -> bool:
        """A pattern that the shell expands to the file, or to a folder above it; names with a leading dot only when it is written."""
        if not _GLOB.search(text):
            return False
        wanted = normal_path(text, run, folder).split("/")
        parts = self.path.split("/")
        if len(wanted) > len(parts) or not wanted[-1]:
            return False
        return all(_part(part, glob) for part, glob in zip(parts, wanted, strict=False))


def _part(part: str, glob: str) -> bool:
    return matches(part, glob) and (not part.startswith(".") or glob.startswith((".", "[")))

"""The commands of two builds side by side: which one of the old build is which of the new, and whether all came in the same order."""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher

from .case import Case
from .records import MARK, Call

_USERINFO = re.compile(r"(?<=://)[^/@\s]*\{\{\w+\}\}[^/@\s]*@")


def without_user(text: str) -> str:
    """Text with a planted user or password taken out of its URLs."""
    return _USERINFO.sub("", text)


def _starts(call: Call, starts: tuple[str, ...]) -> bool:
    return any((call.text + " ").startswith(start.rstrip() + " ") for start in starts)


def named(case: Case, call: Call) -> frozenset[str]:
    """The secrets that this command needs by its own, as the case says; they must come by the same variable or file."""
    return frozenset(name for name, starts in case.consumers.items() if _starts(call, starts))


def by_agent(case: Case, call: Call) -> frozenset[str]:
    """The keys that this command needs, and in the fixed build uses by an agent."""
    return frozenset(name for name, starts in case.ssh.items() if _starts(call, starts))


def consumed(case: Case, call: Call) -> frozenset[str]:
    """The secrets that it needs in any way: also those in its arguments or its input."""
    return named(case, call) | by_agent(case, call) | set(MARK.findall(call.stdin + " " + call.text))


def table(rows: dict[str, dict[str, str]], call: Call) -> dict[str, str]:
    """What the case's table `reads` or `environment` says of this command."""
    return {key: value for start, row in rows.items() if _starts(call, (start,)) for key, value in row.items()}


class Lines:
    """Both lists of commands, without those that the case lets go, come or move, and the text by which they are matched."""

    def __init__(self, case: Case, old: tuple[Call, ...], new: tuple[Call, ...]) -> None:
        self.case = case
        self.all_old = [(self._old_text(call), call) for call in old if call.text not in case.gone]
        self.all_new = [(without_user(call.text), call) for call in new if call.text not in case.added]
        self.moving = frozenset(without_user(case.argv.get(text) or text) for text in case.moved)
        self.old = [row for row in self.all_old if row[0] not in self.moving]
        self.new = [row for row in self.all_new if row[0] not in self.moving]

    def _old_text(self, call: Call) -> str:
        """The command line that the fixed build may show for a command of the old one, beside the same."""
        return without_user(self.case.argv.get(call.text) or call.text)

    def pairs(self) -> list[tuple[Call, Call]]:
        """Each command of the old build with itself in the new one; a moved one with the next of its text."""
        first, second = [text for text, _ in self.old], [text for text, _ in self.new]
        blocks = SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks()
        found = [(self.old[block.a + i][1], self.new[block.b + i][1]) for block in blocks for i in range(block.size)]
        for text in sorted(self.moving):
            was, now = ([call for t, call in rows if t == text] for rows in (self.all_old, self.all_new))
            found += list(zip(was, now, strict=False))
        return found

    def differences(self) -> list[tuple[str, str]]:
        """Kind and detail of everything that is out of place."""
        return self._moved() + self._kept()

    def _moved(self) -> list[tuple[str, str]]:
        """A moved command must still run, as often as before, and come on the same side of every consumer and every other moved one."""
        if not self.moving:
            return []
        was, now = (Counter(text for text, _ in rows if text in self.moving) for rows in (self.all_old, self.all_new))
        found = [("missing_command", f"{text} (moved)") for text in (was - now).elements()]
        found += [("extra_command", f"{text} (moved)") for text in (now - was).elements()]
        if found:
            return found
        first, second = ([text for text, call in rows if text in self.moving or self._fixed_point(call)] for rows in (self.all_old, self.all_new))
        return [] if first == second else [("changed_order", f"of moved commands: {first} became {second}")]

    def _fixed_point(self, call: Call) -> bool:
        return bool(named(self.case, call) or by_agent(self.case, call)) or _starts(call, (*self.case.reads, *self.case.environment))

    def _kept(self) -> list[tuple[str, str]]:
        first, second = [text for text, _ in self.old], [text for text, _ in self.new]
        if first == second:
            return []
        if Counter(first) == Counter(second):
            return [("changed_order", f"{first} became {second}")]
        found: list[tuple[str, str]] = []
        for op, a1, a2, b1, b2 in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
            if op == "equal":
                continue
            width = min(a2 - a1, b2 - b1)
            for i in range(max(a2 - a1, b2 - b1)):
                if i < width and self.old[a1 + i][1].program == self.new[b1 + i][1].program:
                    found.append(("changed_argv", f"{first[a1 + i]} became {second[b1 + i]}"))
                    continue
                found += [("missing_command", first[a1 + i])] if a1 + i < a2 else []
                found += [("extra_command", second[b1 + i])] if b1 + i < b2 else []
        return found

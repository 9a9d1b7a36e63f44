"""Reads the recorder's log: what each tool was called with, and which planted values it could see."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MARK = re.compile(r"\{\{([A-Za-z0-9_]+)\}\}")


@dataclass(slots=True)
class Call:
    """One call of one tool. `run` counts the layers of the stage, so calls with the same number share one RUN."""

    run: int = 0
    program: str = ""
    args: tuple[str, ...] = ()
    cwd: str = ""
    uid: str = ""
    stdin: str = ""
    env: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)  # those that hold something planted, and files of credentials
    modes: dict[str, tuple[int, int]] = field(default_factory=dict)  # their mode and owner
    agent: str = ""  # the public keys that an ssh agent answered with, in hex

    @property
    def text(self) -> str:
        """The command as one line, planted values as `{{NAME}}`."""
        return " ".join((self.program, *self.args))

    def channels(self) -> dict[str, str]:
        """Every place in which this call could see something planted, by name, with what stood there."""
        seen = {f"env:{name}": value for name, value in self.env.items()}
        seen |= {f"file:{path}": text for path, text in self.files.items()}
        seen |= {f"arg:{i}": text for i, text in enumerate(self.args)}
        seen["stdin"] = self.stdin
        return {place: text for place, text in seen.items() if planted(text)}

    def sees(self) -> frozenset[str]:
        """The names of the planted secrets that are visible in the clear."""
        return frozenset(name for text in self.channels().values() for name in MARK.findall(text))


def planted(text: str) -> bool:
    """Does recorded text hold a planted value, in the clear or (as a hash) in base64?"""
    return bool(MARK.search(text)) or text.startswith("hash:")


def _field(text: str) -> str:
    return text.replace("\x01", "\n").replace("\x02", "\t")


def parse_log(log: str, run: int = 0) -> tuple[Call, ...]:
    """The calls of a log, or of the part of it that one layer added."""
    calls: list[Call] = []
    call = Call(run)
    for line in log.split("\n"):
        key, *rest = line.rstrip("\t").split("\t") if line.count("\t") else [line]
        values = [_field(value) for value in rest] + ["", "", ""]
        if key == "call":
            call = Call(run)
        elif key == "end":
            calls.append(call)
        elif key == "prog":
            call.program = values[0]
        elif key == "cwd":
            call.cwd = values[0]
        elif key == "uid":
            call.uid = values[0]
        elif key == "arg":
            call.args += (values[0],)
        elif key == "stdin":
            call.stdin = values[0]
        elif key == "env":
            call.env[values[0]] = values[1]
        elif key == "file":
            mode, _, owner = values[1].partition(":")
            call.modes[values[0]] = (int(mode, 8), int(owner))
            call.files[values[0]] = values[2]
        elif key == "agent":
            call.agent = values[0]
    return tuple(calls)

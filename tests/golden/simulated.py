"""A build in miniature: what the RUNs of a Dockerfile would do, with real shells and programs that only note how they were called.

On purpose without the parser and the scopes under test: BuildKit's parser gives the instructions, and ARG and ENV are followed here by the
few rules of the Dockerfile reference. Nothing of a RUN can touch the machine: its PATH holds the noting programs alone.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import dockerfile as buildkit

PROGRAMS = (
    "npm", "yarn", "pip", "git", "curl", "go", "bundle", "make", "apt-get", "mkdir", "python",
)  # fmt: skip
# What npm, yarn and pip read without being told is noted with the call.
NOTE = """#!/bin/dash
line=${0##*/}
for a; do line="$line <$a>"; done
case "${0##*/}" in npm|yarn) line="$line NPM_TOKEN=${NPM_TOKEN-} $(cat .npmrc "$HOME/.npmrc" 2>&- | tr '\\n' '~')" ;; pip) line="$line PIP_INDEX_URL=${PIP_INDEX_URL-}" ;; esac
printf '%s\\n' "$line" >> "$NOTES"  # in one piece: the two ends of a pipe note at the same time
echo "output of ${0##*/}"
"""
# Really removes, but nothing outside of the build's own two folders; what it was called with shows in what is left.
REMOVE = """#!/bin/dash
for a; do case "$a" in -*|*..*) ;; "$HOME"/*) /bin/rm -f "$a" ;; */*) ;; *) /bin/rm -f "./$a" ;; esac; done
"""
_WORD = re.compile(r"\\(.)|'([^']*)'|(\")|\$\{(\w+)(?:(:?[-+?])([^}]*))?\}|\$(\w+)|(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Ended:
    """One RUN as it ended: the stage, the exit status, what was printed."""

    stage: int
    status: int
    output: str


@dataclass(slots=True)
class _Stage:
    args: dict[str, str] = field(default_factory=dict)
    envs: dict[str, str] = field(default_factory=dict)
    shell: tuple[str, ...] = ("/bin/dash", "-c")

    def scope(self) -> dict[str, str]:
        return {**self.args, **self.envs}


def expand(text: str, scope: dict[str, str], escape: str) -> str:
    """Quotes and variables as the frontend takes them out; `${X:?}` is left to the tests that need none."""
    out, text = [], text.replace(escape, "\\")
    for escaped, single, quote, name, op, operand, plain, other in _WORD.findall(text):
        key = name or plain
        if key:
            value = scope.get(key)
            there = value is not None and not (op.startswith(":") and not value)
            if op.endswith("+"):
                out.append(operand if there else "")
            else:
                out.append((value or "") if there or not op else operand)
        elif not quote:
            out.append(escaped or single or other)
    return "".join(out)


class Build:
    """One build in `folder`; `given` are build args, `secrets` id -> value of what --secret passes."""

    def __init__(self, folder: Path, given: dict[str, str], secrets: dict[str, str]) -> None:
        self.folder, self.given, self.secrets = folder, given, secrets
        self.work, self.notes = folder / "work", folder / "notes"
        self.ended: list[Ended] = []
        self.calls: list[str] = []
        (folder / "bin").mkdir()
        self.work.mkdir()
        (folder / "secrets").mkdir()
        (folder / "home").mkdir()
        for name, value in secrets.items():
            (folder / "secrets" / name).write_text(value)
        for name in (*PROGRAMS, "build.sh"):
            path = (self.work if name == "build.sh" else folder / "bin") / name
            path.write_text(NOTE)
            path.chmod(0o755)
        (folder / "bin" / "rm").write_text(REMOVE)
        (folder / "bin" / "rm").chmod(0o755)
        for real in ("sh", "bash", "cat", "tr"):
            (folder / "bin" / real).symlink_to("/bin/dash" if real == "sh" else f"/bin/{real}")

    def run(self, text: str) -> None:
        """Go through all stages. A RUN that fails does not end it: the rest is compared, too."""
        escape = "`" if re.match(r"(?:\ufeff)?(?:#[^\n]*\n)*# escape=`", text) else "\\"
        stages: list[_Stage] = []
        named: dict[str, int] = {}
        outer: dict[str, str] = {}
        for command in buildkit.parse_string(text):
            keyword = command.cmd.upper()
            if keyword == "FROM":
                base = named.get(command.value[0].lower())
                stages.append(_Stage() if base is None else _Stage(dict(stages[base].args), dict(stages[base].envs), stages[base].shell))
                if len(command.value) == 3:
                    named[command.value[2].lower()] = len(stages) - 1
            elif not stages:
                self._arg(command, outer, {}, escape, outer)
            else:
                self._step(keyword, command, stages[-1], outer, escape, len(stages) - 1)

    def _step(self, keyword: str, command: buildkit.Command, stage: _Stage, outer: dict[str, str], escape: str, number: int) -> None:
        if keyword == "ARG":
            self._arg(command, stage.args, outer, escape, stage.scope())
        elif keyword == "ENV":
            scope = stage.scope()
            pairs = list(zip(command.value[::2], command.value[1::2], strict=True)) if len(command.value) % 2 == 0 else _threes(command.value)
            stage.envs.update({name: expand(value, scope, escape) for name, value in pairs})
        elif keyword == "SHELL":
            stage.shell = command.value
        elif keyword == "RUN":
            self._run(command, stage, number)

    def _arg(self, command: buildkit.Command, into: dict[str, str], outer: dict[str, str], escape: str, scope: dict[str, str]) -> None:
        for word in command.value:
            name, equals, default = word.partition("=")
            if name in self.given:
                into[name] = self.given[name]
            elif equals:
                into[name] = expand(default, {**scope, **into}, escape)
            elif name in outer:
                into[name] = outer[name]

    def _run(self, command: buildkit.Command, stage: _Stage, number: int) -> None:
        environment = stage.scope()
        for flag in command.flags:
            options = dict(part.partition("=")[::2] for part in flag.removeprefix("--mount=").split(","))
            if options.get("type") == "secret" and "env" in options:
                environment[options["env"]] = self.secrets.get(options["id"], "")
        text = command.value[0]
        if command.heredocs and re.fullmatch(r"<<-?\S+", text.strip()):
            text = command.heredocs[0].content
        elif command.heredocs:
            text += "\n" + "".join(f"{h.content}{h.name}\n" for h in command.heredocs)
        argv = list(command.value) if command.json else [*stage.shell, text]
        if argv[0].startswith("powershell"):
            return
        argv = [part.replace("/run/secrets/", f"{self.folder}/secrets/") for part in argv]
        path = {"PATH": str(self.folder / "bin"), "NOTES": str(self.notes), "HOME": str(self.folder / "home")}
        if "/" not in argv[0]:
            argv[0] = str(self.folder / "bin" / argv[0])
        done = subprocess.run(argv, env={**environment, **path}, cwd=self.work, capture_output=True, timeout=20, check=False, stdin=subprocess.DEVNULL)
        self.ended.append(Ended(number, done.returncode, done.stdout.decode("utf-8", "replace")))
        self._end_of_run()

    def _end_of_run(self) -> None:
        """The calls of one RUN in a fixed order: the two ends of a pipe start in any."""
        if self.notes.exists():
            self.calls.append("\n".join(sorted(self.notes.read_text().splitlines())))
            self.notes.unlink()
        self.calls.append(f"end of RUN {len(self.ended)}")

    def result(self) -> tuple[list[Ended], str, dict[str, bytes]]:
        """How the RUNs ended, the calls that were noted, and the files that are left."""
        files = {p.name: p.read_bytes() for p in sorted(self.work.iterdir()) if p.is_file()}
        files |= {f"~/{p.name}": p.read_bytes() for p in sorted((self.folder / "home").iterdir()) if p.is_file()}
        return self.ended, "\n".join(self.calls), files


def _threes(value: tuple[str, ...]) -> list[tuple[str, str]]:
    """Older versions of the module give (name, value, separator) for every pair."""
    return list(zip(value[::3], value[1::3], strict=True))


def environment_is_shown(data: bytes) -> bool:
    """Commands whose output is the environment itself show the mount's own change."""
    return re.search(rb"(?:^|[\s;&|])(?:env|export)(?=\s*(?:$|[;&|\r\n]))", data, re.MULTILINE) is not None


assert os.path.exists("/bin/dash"), "the shell of the simulation"

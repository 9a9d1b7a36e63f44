"""What each command of a RUN has to do with an SSH key: it serves the key alone, uses SSH, stays as it is, or cannot be judged.

echo "$K" > ~/.ssh/id_rsa && chmod 600 ~/.ssh/id_rsa     key       eval $(ssh-agent) && ssh-add           key
git clone git@github.com:acme/app.git                    use       ssh-keyscan github.com >> known_hosts   stay
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from enum import StrEnum

from remediate.analysis.references import all_words, static_argv, tool_name
from remediate.analysis.removals import normal_path, working_folders
from remediate.analysis.runs import POSIX_SHELLS, RunView
from remediate.analysis.taint import Taint
from remediate.knowledge import commands, ssh, tools
from remediate.knowledge.globs import matches
from remediate.model import NamedTuple
from remediate.shell.view import Command, Script, Word

_FILTERS = frozenset("echo printf cat tr base64 sed awk cut tee fold".split())
_ASKS = frozenset({"[", "[[", "test"})
_TALKS = frozenset("echo printf true false : exit set".split())
_TOUCHES = frozenset("chmod chown chgrp touch rm unlink shred dos2unix truncate ls stat sed".split())
_PLURAL = frozenset("chmod chown chgrp touch rm".split())
_OTHER_USER = frozenset("sudo su doas gosu su-exec setuser runuser chroot".split())
_NAMES_IT = frozenset("echo printf export git cat tee".split())  # what may write the key's path into a setting, if it has no key to write
_COPIES_KEYS = frozenset({"scp", "sftp", "rsync", "sshfs"})
_OUTPUTS = (">", ">>", ">|", "&>", "&>>")
_LOG = ("/dev/null", "/dev/stdout", "/dev/stderr")


class Job(StrEnum):
    """`asks`: tests the key, and goes only with what it decides on. `talk`: prints a message or ends the RUN. `unknown`: a program that
    may read the key's file; `unsure`: does something with the key that is not understood.
    """

    KEY = "key"
    ASKS = "asks"
    TALK = "talk"
    USE = "use"
    STAY = "stay"
    UNKNOWN = "unknown"
    UNSURE = "unsure"


class Key(NamedTuple):
    """The key as a file knows it. `names`: variables that hold it; `code(run)`: whether project code that a RUN starts may use SSH,
    None when that cannot be known; `rewritten`: https addresses become SSH ones.
    """

    path: str
    names: frozenset[str]
    code: Callable[[RunView], bool | None]
    rewritten: bool = False


class KeyRun:
    """Judgements on one RUN. `jobs`: those of its own text by command; `inner`: of the shells inside. `words`: paths that go out of a
    command which stays. `writes` and `removes`: first command that writes the key and first that takes it away, if any.
    """

    def __init__(self, run: RunView, key: Key) -> None:
        self.run, self.key = run, key
        self.words: list[tuple[int, int, str]] = []
        self.jobs: dict[int, Job] = {}
        self.inner: set[Job] = set()
        self.writes: int | None = None
        self.removes: int | None = None
        self.evident = False  # some command tells why the build has the key
        self._others = False
        self._base = re.compile(rf"(?<![\w.-]){re.escape(posixpath.basename(key.path))}(?![\w.-])")
        if run.damaged or not run.scripts:
            self.inner = {self._exec()}
            return
        names = set(key.names)
        for number, script in enumerate(run.scripts):
            self._script, self._taint = script, Taint(script, names)
            self._folders = working_folders(script, run)
            found = {c.index: self._job(c) for c in script.commands}
            if number == 0:
                self.jobs = found
            elif [w.raw for c in script.commands for w in c.argv] != ["${_}"]:  # what `eval $(...)` runs is judged with the eval
                self.inner |= set(found.values())
            names |= self._taint.names

    def _exec(self) -> Job:
        if self.run.damaged or not self.run.argv or any(self._base.search(a) for a in self.run.argv):
            return Job.UNSURE if self.run.damaged else Job.UNKNOWN
        return self._program(self.run.argv, self.run.argv[0])

    def _path(self, word: Word | None, command: Command) -> str:
        if word is None:
            return ""
        text = word.value if word.value is not None else word.raw.strip("\"'")
        return normal_path(text, self.run, self._folders[command.index])

    def _named(self, command: Command) -> list[int]:
        return [i for i, w in enumerate(command.argv) if i and self._path(w, command) == self.key.path]

    def _job(self, command: Command) -> Job:
        targets = [self._path(r.target, command) for r in command.redirects if r.target is not None and r.op in _OUTPUTS]
        key_written = self.key.path in targets
        if key_written:
            self._note_write(command)
        elif any(posixpath.dirname(t) == posixpath.dirname(self.key.path) for t in targets):
            self._others = True
        strange = any(t not in (self.key.path, *_LOG) for t in targets)
        if not command.argv:
            tainted = any(a.value is not None and self._taint.word(a.value) for a in command.assignments)
            if key_written:
                return Job.UNSURE if strange else Job.KEY
            return Job.KEY if tainted and not command.redirects else Job.STAY
        argv = static_argv(command)
        name = tool_name(argv)
        if name in self._script.functions:
            return Job.STAY if not self._tainted(command) else Job.UNSURE
        if ssh.serves_agent(argv) or self._starts_agent(command) or any("SSH_AGENT_PID" in w.raw for w in command.argv[1:]):
            return self._agent(command, name, strange)
        if self._tainted(command):
            return self._with_the_value(command, argv, name, strange)
        if key_written:
            return Job.KEY if not strange and name in _FILTERS else Job.UNSURE
        return self._with_the_file(command, argv, name)

    def _note_write(self, command: Command) -> None:
        self.writes = command.index if self.writes is None else self.writes

    def _tainted(self, command: Command) -> bool:
        t = self._taint
        values = [*command.argv[1:], *(a.value for a in command.assignments if a.value is not None)]
        return any(t.word(w) for w in values) or t.input(command)

    def _starts_agent(self, command: Command) -> bool:
        if command.name != "eval" or len(command.argv) != 2:
            return False
        word = command.argv[1]
        inside = [self._script.commands[i] for i in word.substitutions]
        return (word.value or "").startswith("ssh-agent") or (bool(inside) and all(ssh.serves_agent(static_argv(c)) for c in inside))

    def _agent(self, command: Command, name: str, strange: bool) -> Job:
        if strange or command.background:
            return Job.UNSURE
        if name == "ssh-add":
            self._note_write(command)
            for word in command.argv[1:]:
                given = word.value if word.value is not None else word.raw
                if not (given.startswith("-") or given.isdigit() or self._path(word, command) == self.key.path or self._taint.word(word)):
                    return Job.UNSURE  # another key
        return Job.KEY

    def _with_the_value(self, command: Command, argv: tuple[str | None, ...], name: str, strange: bool) -> Job:
        """A command that gets the key's text."""
        if name in _ASKS:
            return Job.ASKS
        if strange or name not in _FILTERS or command.background:
            return Job.UNSURE
        if name == "tee":
            if any(self._path(w, command) not in (self.key.path, *_LOG) for w in command.argv[1:] if not (w.value or "").startswith("-")):
                return Job.UNSURE
            if self._named(command):
                self._note_write(command)
        inside = {"substitution", "group", "subshell"} & set(command.scopes)
        ends = command.pipe_to_next or bool(command.redirects) or name == "tee" or bool(inside)
        return Job.KEY if ends else Job.UNSURE  # else it is printed

    def _with_the_file(self, command: Command, argv: tuple[str | None, ...], name: str) -> Job:
        named = self._named(command)
        if name in _TOUCHES:
            touched = self._touch(command, name, named)
            if touched is not None:
                return touched
        if name in _ASKS and (named or any(self._base.search(w.raw) for w in command.argv)):
            return Job.ASKS
        texts = [w.raw for w in all_words(command)] + [r.body.text for r in command.redirects if r.body is not None]
        if any(self._base.search(t) for t in texts) and not self._may_name(command, argv, name):
            return Job.UNSURE
        if name in _TALKS and not command.redirects and not command.pipe_to_next:
            return Job.TALK
        if any(w.value in _OTHER_USER for w in command.argv[:1]) and ssh.may_use_ssh(argv, rewritten=self.key.rewritten):
            return Job.UNSURE  # sudo takes SSH_AUTH_SOCK out of the environment
        return self._program(argv, name)

    def _may_name(self, command: Command, argv: tuple[str | None, ...], name: str) -> bool:
        """The key's path as an option of a client or in a setting: a file that is not there is passed over (measured)."""
        if any(r.op == "<" and self._path(r.target, command) == self.key.path for r in command.redirects):
            return False
        if name in _COPIES_KEYS or name == "ssh":
            return all(command.argv[i - 1].value == "-i" for i in self._named(command))
        if name in ("cat", "tee"):
            return not any(self._base.search(w.raw) for w in command.argv[1:])
        return name in _NAMES_IT or (name == "sed" and not self._named(command)) or ssh.may_use_ssh(argv)

    def _touch(self, command: Command, name: str, named: list[int]) -> Job | None:
        folder = posixpath.dirname(self.key.path)
        plain = [i for i, w in enumerate(command.argv) if i and not (w.value or w.raw).startswith("-")]
        if name in ("chmod", "chown", "chgrp", "sed", "truncate"):
            plain = plain[1:]
        paths = {i: self._path(command.argv[i], command) for i in plain}
        globs = [i for i, p in paths.items() if any(c in p for c in "*?[") and i not in named and matches(self.key.path, p)]
        flags = "".join(w.value or "" for w in command.argv[1:] if (w.value or "").startswith("-"))
        removes = name in ("rm", "unlink") or (name == "shred" and "u" in flags)
        above = removes and any(self.key.path.startswith(p.rstrip("/") + "/") for p in paths.values())
        if removes and (named or globs or above) and self._certain(command):
            self.removes = command.index if self.removes is None else self.removes
        if globs and not (self._others or (removes and "f" in flags)):
            return Job.KEY if len(plain) == 1 else Job.UNSURE
        if not named:
            return Job.STAY if globs or above or any(p in (folder, folder + "/") for p in paths.values()) else None
        if len(named) == len(plain):
            return Job.KEY
        if name not in _PLURAL:
            return Job.UNSURE
        data = self._script.text.data
        for i in named:
            word = command.argv[i]
            start = word.start
            while data[start - 1 : start] in (b" ", b"\t"):
                start -= 1
            self.words.append((start, word.end, ""))
        return Job.STAY

    def _certain(self, command: Command) -> bool:
        return not command.scopes and not command.stage and command.connector in ("", ";", "&&") and not command.background

    def _program(self, argv: Sequence[str | None], name: str) -> Job:
        """A program that is told neither the key nor its file."""
        if name in ("", "eval"):
            return Job.UNKNOWN
        words = tuple(argv)
        if name in POSIX_SHELLS and len(self.run.scripts) > 1 and any(w is not None and w.startswith("-") and "c" in w for w in words[1:]):
            return Job.STAY  # what it runs is judged by itself
        if ssh.may_use_ssh(words, rewritten=self.key.rewritten):
            self.evident = self.evident or self.key.rewritten or ssh.tells_of_use(words)
            return Job.USE
        reads = tools.reads(words)
        if reads is None and commands.inert(words):
            return Job.STAY
        if reads is None and not commands.runs_file(words):
            return Job.UNKNOWN
        started = commands.runs_file(words) or (reads.starts if reads is not None else ())
        if reads is not None and not reads.opaque and not started:
            return Job.STAY
        code = self.key.code(self.run)
        if code is None:
            return Job.UNKNOWN
        self.evident = self.evident or code
        return Job.USE if code else Job.STAY


def script_of(run: RunView) -> Script | None:
    return run.scripts[0] if run.scripts and not run.damaged else None

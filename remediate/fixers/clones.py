"""A token in the address that Git is given: Git uses it, and writes the address without it (SPEC 4, remedy 2).

git clone https://$T@github.com/acme/lib
->  git -c "url.https://$T@github.com/.insteadOf=https://github.com/" clone https://github.com/acme/lib

What Git asks the server for is byte for byte the old address, submodules with relative addresses included; what it keeps in .git/config,
.gitmodules and the reflog is the clean one. Commands that talk to that remote later get the same `-c`. All that is measured by
tests/e2e/git_leaves.py.
"""

from __future__ import annotations

from remediate.analysis.git_calls import GitCall, git_call
from remediate.analysis.mounted import mounted_files
from remediate.analysis.removals import working_folders
from remediate.analysis.residue import Residue
from remediate.analysis.runs import Form, RunView
from remediate.analysis.secret_files import FilesIn
from remediate.analysis.taint import Taint
from remediate.fixers import git_settings
from remediate.fixers.addresses import Address, address
from remediate.fixers.clone_uses import NETWORK, Clone, Reused, later_uses
from remediate.fixers.reasons import refuse
from remediate.fixers.remedy import Remedy, RunEdit, Situation
from remediate.model import NamedTuple, Refusal
from remediate.shell.view import Assignment, Command, Script, Word

_MINE = frozenset({"clone", "remote add", "remote set-url", "submodule add", "submodule set-url", "pull", "fetch", "config"})
# Hosts whose tokens hold a `=`, at which `git -c key=value` would split the key: there the environment gives it (Git 2.31).
_EQUALS_IN_TOKENS = ("bitbucket.org",)
_NO_ENVIRONMENT = "a token of this host may hold a `=`, so Git must get it by its environment, which a program before git may not hand on"
_WORDS = tuple[int, int, str]


class Setting(NamedTuple):
    """What gives Git the credential for one command. `text`: shell text behind `git`, or before it when `environment`."""

    text: str
    environment: bool = False

    def put(self, command: Command, call: GitCall) -> _WORDS | None:
        """The insertion into that command, None when it is started in a way that takes no environment."""
        if not self.environment:
            at = command.argv[call.git].end
            return (at, at, f" {self.text}")
        at = command.argv[0].start
        return (at, at, f"{self.text} ") if call.git == 0 else None


def propose(s: Situation) -> Remedy | Refusal | None:
    """The remedy for addresses with a credential in Git commands; None when something else keeps the secret."""
    residues = list(dict.fromkeys((r.run, r.script, r.command) for r in s.kept.residues))
    if all(_is_setting(s, r) for r in s.kept.residues):
        return git_settings.propose(s)
    if not all(_is_mine(s, r) for r in s.kept.residues):
        return None
    runs: dict[int, list[_WORDS]] = {}
    opaque = ""
    for run, number, command in residues:
        found = _One(s, s.trace.runs.views[run], number, command).build()
        if isinstance(found, Refusal):
            return found
        for index, words in found.words.items():
            runs.setdefault(index, []).extend(words)
        opaque = opaque or found.opaque
    line = s.kept.residues[0].line
    how = f"git gets the credential for the one command in line {line} and writes the address without it"
    if opaque:
        how += f"; {opaque} gets it no more, should it fetch from that remote by itself"
    return Remedy(runs={i: RunEdit(words=tuple(dict.fromkeys(w))) for i, w in runs.items()}, mends=s.kept.residues, how=how)


def _is_setting(s: Situation, rest: Residue) -> bool:
    if rest.tool != "git" or rest.script != 0 or rest.command < 0:
        return False
    call = git_call(s.trace.runs.views[rest.run].scripts[0].commands[rest.command])
    return call is not None and call.name == "config" and not _sets_address(call)


def _is_mine(s: Situation, rest: Residue) -> bool:
    if rest.tool != "git" or rest.script < 0 or rest.command < 0:
        return False
    call = git_call(s.trace.runs.views[rest.run].scripts[rest.script].commands[rest.command])
    return call is not None and call.name in _MINE and (call.name != "config" or _sets_address(call))


def _sets_address(call: GitCall) -> bool:
    """`git config remote.origin.url https://...`, `git config -f .gitmodules submodule.a.url https://...`."""
    if any(call.option(name) is not None for name in ("--global", "--system")):
        return False
    key = call.operands[0] if len(call.operands) == 2 else None
    return key is not None and key.prefix.startswith(("remote.", "submodule.")) and key.raw.strip("\"'").endswith("url")


class _One:
    """One command that is given a credential which it writes down."""

    def __init__(self, s: Situation, run: RunView, script: int, command: int) -> None:
        self.s, self.run, self.number = s, run, script
        self.script: Script = run.scripts[script]
        self.command = self.script.commands[command]
        self.line = s.trace.tree.source.line_of(self.script.text.start_of(self.command.start))
        carried = {s.trace.binding(n).name for flow in s.trace.flows for n in flow.carriers}
        self.secret = {*carried, *(r.name for r in s.kept.residues)}
        mounted = mounted_files(run, s.trace.bindings.at(run.index))
        files = FilesIn(mounted, self.script, run, working_folders(self.script, run)) if mounted is not None else None
        self.taint = Taint(self.script, self.secret, files)
        self.words: dict[int, list[_WORDS]] = {run.index: []}
        self.settings: list[tuple[Setting, Address | None]] = []

    def build(self) -> Reused | Refusal:
        call = git_call(self.command)
        assert call is not None
        problem = self._form() or self._take_out(call) or self._counted_already()
        if problem is not None:
            return problem
        if not self.settings:
            return refuse("clone-address", detail=f"line {self.line}", line=self.line)
        if call.name in NETWORK or (call.name == "remote add" and call.option("-f", "--fetch") is not None):
            problem = self._put(self.command, call)
        return problem or self._later(call)

    def _form(self) -> Refusal | None:
        if self.number != 0 or self.run.form is Form.EXEC:
            return refuse("clone-nested", detail=f"line {self.line}", line=self.line)
        if self.script.damaged:
            return refuse("shell-not-understood", detail=f"line {self.line}", line=self.line)
        data = self.script.text.slice(self.command.start, self.command.end).data
        if "substitution" in self.command.scopes and b"`" in self.script.text.data.replace(data, b""):
            return self._refuse("it stands within backquotes")
        return None

    def _counted_already(self) -> Refusal | None:
        """GIT_CONFIG_COUNT would replace the settings that the file gives Git by its environment."""
        given = "GIT_CONFIG_COUNT" in self.s.trace.bindings.at(self.run.index) or b"GIT_CONFIG_COUNT" in self.script.text.data
        if given and any(setting.environment for setting, _ in self.settings):
            return self._refuse("a token of this host may hold a `=`, so Git must get it by GIT_CONFIG_COUNT, which the file uses already")
        return None

    def _refuse(self, why: str) -> Refusal:
        return refuse("clone-address", detail=f"{why} (line {self.line})", line=self.line)

    def _take_out(self, call: GitCall) -> Refusal | None:
        """The words that hold the credential become clean; what they held becomes settings."""
        own = self.words[self.run.index]
        for option, value in call.options:
            word = value if value is not None else option
            if not self.taint.word(word):
                continue
            moved = self._moved_config(call, option, value)
            if moved is None:
                return self._refuse(f"the option {option.prefix.partition('=')[0]} holds it")
            own.append((option.start - 1, word.end, ""))
            self.settings.append((Setting(moved), None))
        for word in call.operands:
            if self.taint.word(word):
                problem = self._address(word)
                if problem is not None:
                    return problem
        return None

    def _moved_config(self, call: GitCall, option: Word, value: Word | None) -> str | None:
        """`clone -c key=value` as `-c key=value` before the subcommand, where it is for this command alone."""
        if call.name != "clone" or self.script.text.data[option.start - 1 : option.start] not in (b" ", b"\t"):
            return None
        if value is not None and option.value in ("-c", "--config"):
            return f"-c {value.raw}"
        return f"-c {option.raw.removeprefix('--config=')}" if option.raw.startswith("--config=") else None

    def _address(self, word: Word) -> Refusal | None:
        found = address(self.script, word, self.taint.names)
        if not isinstance(found, str):
            self.words[self.run.index].append((word.start, word.end, found.clean))
            self.settings.append((_setting(found), found))
            return None
        name = word.raw.strip('"').removeprefix("$").removeprefix("{").removesuffix("}")
        if word.raw.strip('"') not in (f"${name}", f"${{{name}}}") or not name.isidentifier():
            return self._refuse(found)
        return self._assigned(name)

    def _assigned(self, name: str) -> Refusal | None:
        """`URL=https://$T@host/o/r; git clone "$URL"`: the assignment becomes clean, when only Git commands read it."""
        made = [(c, a) for c in self.script.commands for a in c.assignments if a.name == name]
        if not made:
            whole = any(r.name == name for r in self.s.flow.roots)
            return refuse("clone-address-secret" if whole else "clone-address", detail=f"${name} in line {self.line}", line=self.line)
        setter, value = made[0]
        if len(made) > 1 or not _plainly(setter, value) or setter.index > self.command.index or value.value is None:
            return self._refuse(f"${name} is not simply set before")
        found = address(self.script, value.value, self.taint.names)
        if isinstance(found, str):
            return self._refuse(found)
        if not self._only_git_reads(name):
            return self._refuse(f"${name} is used by other commands, too")
        self.words[self.run.index].append((value.value.start, value.value.end, found.clean))
        self.settings.append((_setting(found), found))
        return None

    def _only_git_reads(self, name: str) -> bool:
        """Every use of the variable is a whole word of the commands that are mended here, or will be."""
        for script in self.run.scripts:
            if any(e.name == name for e in script.loose):
                return False
            for command in script.commands:
                call = git_call(command)
                mine = script is self.script and call is not None and call.name in _MINE
                words = [w for w in command.argv if any(e.name == name for e in w.expansions)]
                words += [a.value for a in command.assignments if a.value and any(e.name == name for e in a.value.expansions)]
                words += [r.target for r in command.redirects if r.target and any(e.name == name for e in r.target.expansions)]
                if any(e.name == name for r in command.redirects for e in r.expansions):
                    return False
                whole = {f"${name}", f"${{{name}}}"}
                if any(not mine or w.raw.strip('"') not in whole for w in words):
                    return False
        return True

    def _put(self, command: Command, call: GitCall) -> Refusal | None:
        for setting, _ in self.settings:
            words = setting.put(command, call)
            if words is None or (setting.environment and len(self.settings) > 1):
                return self._refuse(_NO_ENVIRONMENT)
            self.words[self.run.index].append(words)
        return None

    def _later(self, call: GitCall) -> Reused | Refusal:
        """The same settings for what talks to that remote later."""
        held = [w for w in self.command.argv[call.verb + 1 :] if self.taint.word(w)]
        given = frozenset(e.name for _, found in self.settings if found for e in found.given)
        given = given or frozenset(e.name for w in held for e in w.expansions)
        substitutes = any(found.substitutes for _, found in self.settings if found) or any(w.substitutions for w in self.command.argv)
        clone = Clone(self.run, self.command, call, given, substitutes, self.line)
        uses = later_uses(self.s.trace, clone)
        if isinstance(uses, Refusal):
            return uses
        for index, command, other in uses.commands:
            for setting, _ in self.settings:
                words = setting.put(command, other)
                if words is None:
                    return self._refuse(_NO_ENVIRONMENT)
                self.words.setdefault(index, []).append(words)
        return Reused(self.words, uses.opaque)


def _setting(found: Address) -> Setting:
    if found.host.endswith(_EQUALS_IN_TOKENS):
        count = 'GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="url.'
        return Setting(f'{count}{found.use}.insteadOf" GIT_CONFIG_VALUE_0="{found.base}"', environment=True)
    return Setting(f'-c "url.{found.use}.insteadOf={found.base}"')


def _plainly(setter: Command, value: Assignment) -> bool:
    """The assignment surely runs, once."""
    sure = not setter.scopes and not setter.background and not setter.pipe_to_next and setter.connector in ("", ";", "&&")
    return sure and not value.append and (not setter.argv or setter.name == "export")

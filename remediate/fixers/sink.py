"""Write, use and remove in one RUN: the commands that write a credential file move into each RUN that reads it (SPEC 4, remedy 3).

RUN echo //npm.example.com/:_authToken=$T > ~/.npmrc
COPY package*.json ./                                   ->  COPY package*.json ./
RUN npm ci                                                  RUN echo //npm.example.com/:_authToken=$T > ~/.npmrc && npm ci && rm -f ~/.npmrc
RUN rm ~/.npmrc
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from typing import NamedTuple

from remediate.analysis.flows import Trace
from remediate.analysis.life import Did, Life, Reading, life_of
from remediate.analysis.references import static_argv, tool_name
from remediate.analysis.removals import Removals, normal_path, working_folders
from remediate.analysis.runs import RunView, secret_mount
from remediate.analysis.stages import parents
from remediate.fixers.moving import MOVABLE, expansions, moved_text, statement_of
from remediate.fixers.reasons import refuse
from remediate.fixers.remedy import Kept, Remedy, RunEdit, Situation
from remediate.fixers.shell_words import quote
from remediate.knowledge.settings import undo_of
from remediate.model import Refusal
from remediate.shell.statements import Statement, statements

_SPELT = re.compile(r"^(?:~|\$HOME|\$\{HOME\})?[A-Za-z0-9_./@+-]+$")

# Files of which nothing is of use without the secret.
_ALL_SECRET = frozenset({".netrc", "_netrc", ".git-credentials", ".pypirc", "auth.json", "id_rsa", "id_ed25519", "id_ecdsa"})


class Writer(NamedTuple):
    """A statement that writes the file, or changes it before it is read. `cut`: it does nothing else, so it leaves its RUN."""

    run: int
    statement: Statement
    did: Did
    cut: bool


def propose(s: Situation) -> Remedy | Refusal | None:
    """The remedy, or why what is kept cannot be written and removed within the RUNs that read it."""
    plain = _plain_target(s.kept)
    if plain is not None:
        return plain
    first = s.kept.residues[0]
    life = life_of(s.trace, s.kept.path, first.run)
    refusal = _needed_elsewhere(s, life)
    if refusal is not None:
        return refusal
    earlier = _from_the_start(s) if life.earlier else None
    if earlier is not None and (any(t.did is Did.REMOVE for t in life.touches) or s.kept.path.rsplit("/", 1)[-1] in _ALL_SECRET):
        return _Sink(s, earlier).build()  # nothing of the file is wanted in the end: it moves as a whole
    return _Sink(s, life, stood=earlier is not None).build()


def _from_the_start(s: Situation) -> Life | None:
    """The file's life from the beginning of its stages, when commands before the first secret one have put something into it."""
    first = s.kept.residues[0]
    stage = s.trace.tree.stage_of(first.run)
    while stage is not None and parents(s.trace.tree, stage):
        stage = s.trace.tree.stages[parents(s.trace.tree, stage)[0]]
    if stage is None or not stage.instructions:
        return None
    whole = life_of(s.trace, s.kept.path, stage.instructions[0])
    there = False
    for touch in whole.touches:
        if (touch.run, touch.command) >= (first.run, first.command):
            break
        there = touch.did is not Did.REMOVE
    return whole if there else None


def _plain_target(kept: Kept) -> Refusal | None:
    """The file must be known, and be written by a command of the RUN's own text."""
    rest = kept.residues[0]
    detail = f"line {rest.line}: {rest.tool or 'a redirect'}" + (f" to {rest.target}" if rest.target and "$" not in rest.target else "")
    if not kept.path.startswith("/") or any(c in kept.path for c in "$*?["):
        return refuse("persisted", detail=detail, line=rest.line)
    if any(r.script != 0 for r in kept.residues):
        return refuse("persisted", detail=detail, line=rest.line)
    return None


def _needed_elsewhere(s: Situation, life: Life) -> Refusal | None:
    line = s.kept.residues[0].line
    if life.run_time:
        return refuse("kept-for-run-time", detail=f"{s.kept.path}: {life.run_time}", line=line)
    for index in life.hidden[:1]:
        at = s.trace.tree.instructions[index].start_line
        return refuse("sink-order", detail=f"line {at} does something to {s.kept.path} that cannot be followed", line=line)
    for index in life.carried:
        if read_there(s.trace, s.kept.path, index):
            taker = s.trace.tree.instructions[index]
            return refuse("kept-carried", detail=f"{taker.keyword} in line {taker.start_line}", line=line)
    return None


def read_there(trace: Trace, path: str, index: int) -> bool:
    """The instruction takes over the file itself, or a folder with it to where some command reads it."""
    taker = trace.tree.instructions[index]
    if taker.keyword not in ("COPY", "ADD") or len(taker.words) < 2:
        return True
    sources = [posixpath.normpath("/" + w.text.text.strip("\"'").lstrip("/")) for w in taker.words[:-1]]
    if any(source == path or any(c in source for c in "*?[$") for source in sources):
        return True
    target = taker.words[-1].text.text.strip("\"'")
    for source in sources:
        if not (path + "/").startswith(source.rstrip("/") + "/") or not target.startswith("/"):
            continue
        moved = posixpath.normpath(f"{target}/{path[len(source.rstrip('/')) :]}")
        life = life_of(trace, moved, index)
        if life.run_time or any(r.sure for r in life.readings):
            return True
    return not target.startswith("/") and any(r.sure for r in life_of(trace, path, index).readings)


class _Sink:
    def __init__(self, s: Situation, life: Life, *, stood: bool = False) -> None:
        self.s, self.life, self.trace, self.stood = s, life, s.trace, stood
        self.views = s.trace.runs.views
        self.line = s.kept.residues[0].line
        self.writers: list[Writer] = []

    def build(self) -> Remedy | Refusal:
        readings = [r for r in self.life.readings if r.sure] or list(self.life.readings)
        written = min((t.run, t.command) for t in self.life.touches) if self.life.touches else (self.s.kept.residues[0].run, -1)
        readers = sorted({r.run for r in readings if (r.run, r.command) > written})
        if not readers:
            return refuse("kept-unread", detail=f"{self.s.kept.path}, line {self.line}", line=self.line)
        problem = self._collect(readers[-1]) or self._between(readers)
        if problem is not None:
            return problem
        runs: dict[int, RunEdit] = {}
        for index in readers:
            edit = self._reader(index, readings)
            if isinstance(edit, Refusal):
                return edit
            runs[index] = edit
        for writer in self.writers:
            if writer.run not in readers and writer.cut:
                _cut(runs, writer.run, writer.statement.index)
        for index, cut, words in self._removals(readers):
            edit = runs.get(index, RunEdit())
            runs[index] = edit._replace(cut=edit.cut | cut, words=(*edit.words, *words))
        lines = ", ".join(str(self.views[i].instruction.start_line) for i in readers)
        how = f"{self.s.kept.path} is written, read and removed within the RUN that needs it (line {lines})"
        return Remedy(runs=runs, mends=self.s.kept.residues, how=how)

    def _collect(self, last: int) -> Refusal | None:
        """The statements that make the file what it is, each with whether it can leave its RUN."""
        seen: set[tuple[int, int]] = set()
        wanted = {(r.run, r.command) for r in self.s.kept.residues}
        touched = {(t.run, t.command): t for t in self.life.touches if t.did is not Did.REMOVE and t.run <= last}
        for run, command in sorted(wanted | set(touched)):
            view = self.views[run]
            statement = statement_of(view, command)
            if statement is None:
                return self._persisted(run)
            if (run, statement.index) in seen:
                continue
            seen.add((run, statement.index))
            touch = touched.get((run, command))
            did = touch.did if touch is not None else Did.APPEND
            only = self._only(view, statement, run)
            if not only and did is not Did.CHANGE:
                return self._persisted(run)
            self.writers += [w for w in self._needed(view, statement) if w not in self.writers]
            self.writers.append(Writer(run, statement, did, only))
        return None

    def _needed(self, view: RunView, statement: Statement) -> list[Writer]:
        """Earlier statements of the RUN that do nothing but set the variables which this one expands: `T="$(cat /run/secrets/t)"`."""
        script = view.scripts[0]
        names = {e.name for i in statement.commands for e in expansions(script.commands[i])}
        found: list[Writer] = []
        for earlier in reversed(statements(script)[: statement.index]):
            commands = [script.commands[i] for i in earlier.commands if script.commands[i].parent is None]
            sets = {a.name for c in commands for a in c.assignments}
            if not sets & names or not all(not c.argv or c.name == "export" for c in commands):
                continue
            names |= {e.name for i in earlier.commands for e in expansions(script.commands[i])}
            others = (s for s in statements(script)[earlier.index + 1 :] if s.index != statement.index)
            free = not any(e.name in sets for s in others for i in s.commands for e in expansions(script.commands[i]))
            found.insert(0, Writer(view.index, earlier, Did.CHANGE, free and "export" not in {c.name for c in commands}))
        return found

    def _only(self, view: RunView, statement: Statement, run: int) -> bool:
        """Everything in the statement serves the file."""
        touching = {t.command: t for t in self.life.touches if t.run == run}
        written = {r.command for r in self.s.kept.residues if r.run == run}
        for index in statement.commands:
            command = view.scripts[0].commands[index]
            touch = touching.get(index)
            if touch is not None and not touch.only:
                return False
            if touch is None and index not in written and command.argv and tool_name(static_argv(command)) not in MOVABLE:
                return False
        return not statement.background

    def _persisted(self, run: int) -> Refusal:
        rest = next((r for r in self.s.kept.residues if r.run == run), self.s.kept.residues[0])
        return refuse("persisted", detail=f"line {rest.line}: {rest.tool or 'a redirect'} to {self.s.kept.path}", line=rest.line)

    def _between(self, readers: list[int]) -> Refusal | None:
        """What stands between the writing and the last reading must not put another file there."""
        for index in self.life.overwritten:
            if any(w.run < index for w in self.writers) and index < readers[-1]:
                where = self.trace.tree.instructions[index]
                detail = f"{where.keyword} in line {where.start_line} may put another {self.s.kept.path} there"
                return refuse("sink-order", detail=detail, line=self.line)
        return None

    def _reader(self, index: int, readings: list[Reading]) -> RunEdit | Refusal:
        """The reading RUN: the writers of earlier RUNs come first, and the file goes at the end."""
        to = self.views[index]
        earlier = [w for w in self.writers if w.run < index]
        enter: list[str] = []
        flags: list[str] = []
        restore = self._restore(earlier)
        enter += restore[:1]
        along = frozenset(
            a.name for w in earlier for i in w.statement.commands for a in self.views[w.run].scripts[0].commands[i].assignments
        )
        for writer in earlier:
            view = self.views[writer.run]
            text = moved_text(self.trace, view, writer.statement, to, along)
            if isinstance(text, Refusal):
                return text
            enter.append(text)
            flags += [f for f in _mounts_of(view, writer.statement) if f not in flags and f not in _flags_of(to)]
        return RunEdit(enter=tuple(enter), leave=self._leave(to, earlier, restore), flags=tuple(flags))

    def _restore(self, earlier: list[Writer]) -> list[str]:
        """The commands that keep and bring back what stood at that place before, when something did."""
        stood = (self.life.brought is not None and self.life.brought >= 0) or self.stood
        if not stood or any(w.did is Did.WRITE for w in earlier):
            return []
        path = quote(self.s.kept.path)
        return [f"cp -p {path} {path}.before", f"mv -f {path}.before {path}"]

    def _leave(self, to: RunView, earlier: list[Writer], restore: list[str]) -> tuple[str, ...]:
        """What takes the secret out of the file's place again; nothing where the RUN surely does so already."""
        own = [w for w in self.writers if w.run == to.index]
        removals = Removals(to.scripts[0], to, working_folders(to.scripts[0], to))
        last = own[-1].statement.commands.stop - 1 if own else 0
        held = bool(to.scripts[0].commands)
        along = {r.path for r in self.s.kept.residues if r.beside}
        along = {p for p in along if not (held and removals.covers(p, to.scripts[0].commands[last]))}
        gone = held and (
            removals.covers(self.s.kept.path, to.scripts[0].commands[last])
            or removals.undoes(self.s.kept.tool, to.scripts[0].commands[last])
        )
        undone = self._undone([*earlier, *own]) if along or not (gone or restore) else ()
        if undone:
            return undone
        more = tuple(f"rm -rf {_home_spelt(p, to)}" for p in sorted(along))
        first = () if gone else (restore[1],) if restore else (f"rm -f {self._spelt(to)}",)
        return (*first, *more)

    def _spelt(self, to: RunView) -> str:
        """The path as the file itself spells it where that means the same at the end of the RUN, else the absolute path."""
        moves = any(c.name in ("cd", "pushd", "popd", "chdir") for c in to.scripts[0].commands)
        for rest in self.s.kept.residues:
            settled = rest.target.startswith(("/", "~/", "$HOME/", "${HOME}/")) or not moves
            if settled and _SPELT.match(rest.target) and normal_path(rest.target, to, to.workdir) == self.s.kept.path:
                return rest.target
        return quote(self.s.kept.path)

    def _undone(self, writers: list[Writer]) -> tuple[str, ...]:
        """The tools' own commands that take their settings back, when every writer is such a tool."""
        out: list[str] = []
        for writer in writers:
            script = self.views[writer.run].scripts[0]
            commands = [script.commands[i] for i in writer.statement.commands if script.commands[i].argv]
            undo = undo_of(tuple(w.raw for w in commands[-1].argv)) if len(commands) == 1 else None
            if undo is None:
                return ()
            out += undo.split(" && ")
        return tuple(dict.fromkeys(out))

    def _removals(self, readers: list[int]) -> list[tuple[int, frozenset[int], tuple[tuple[int, int, str], ...]]]:
        """What goes from later RUNs, and from those that only wrote: `rm` of a file that is no longer there."""
        cuts: dict[int, set[int]] = defaultdict(set)
        words: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
        for touch in self.life.touches:
            if touch.did is not Did.REMOVE or touch.run in readers or not touch.words:
                continue
            view = self.views[touch.run]
            statement = statement_of(view, touch.command)
            command = view.scripts[0].commands[touch.command]
            operands = [i for i, w in enumerate(command.argv) if i and not (w.value or "").startswith("-")]
            if statement is None or not statement.plain:
                continue
            if set(operands) <= set(touch.words):
                cuts[touch.run].add(statement.index)
            else:
                words[touch.run] += [(command.argv[i - 1].end, command.argv[i].end, "") for i in touch.words]
        return [(i, frozenset(cuts[i]), tuple(words[i])) for i in sorted(set(cuts) | set(words))]


def _flags_of(view: RunView) -> list[str]:
    return [f"--{f.name}={f.value}" for f in view.instruction.flags]


def _mounts_of(view: RunView, statement: Statement) -> list[str]:
    """The secret mounts of the RUN that the statement reads, by their variable or their path."""
    script = view.scripts[0]
    text = script.text.slice(statement.start, statement.end).text
    names = {e.name for i in statement.commands for e in expansions(script.commands[i])}
    out = []
    for flag in view.instruction.flags:
        held = secret_mount(flag.value) if flag.name == "mount" else None
        if held is not None and ((held.env and held.env in names) or (held.target and held.target in text)):
            out.append(f"--{flag.name}={flag.value}")
    return out


def _home_spelt(path: str, to: RunView) -> str:
    """The path below the home folder with its tilde, as people write it."""
    home = normal_path("~", to, "/")
    return f"~{path[len(home) :]}" if path.startswith(home + "/") and " " not in path else path


def _cut(runs: dict[int, RunEdit], run: int, statement: int) -> None:
    edit = runs.get(run, RunEdit())
    runs[run] = edit._replace(cut=edit.cut | {statement})

"""Write, use and remove in one RUN: the commands that write a credential file move into each RUN that reads it (SPEC 4, remedy 3).

RUN echo //npm.example.com/:_authToken=$T > ~/.npmrc
COPY package*.json ./                                   ->  COPY package*.json ./
RUN npm ci                                                  RUN echo //npm.example.com/:_authToken=$T > ~/.npmrc && npm ci && rm -f ~/.npmrc
RUN rm ~/.npmrc
"""

from __future__ import annotations

from remediate.analysis.life import Did, Life, Reading, consuming, life_of
from remediate.analysis.references import static_argv, tool_name
from remediate.analysis.removals import Removals, normal_path, working_folders
from remediate.analysis.runs import RunView, secret_mount
from remediate.fixers.moving import MOVABLE, expansions, moved_text, statement_of
from remediate.fixers.own_part import OwnPart, own_part
from remediate.fixers.reasons import at_lines, refuse
from remediate.fixers.remedy import Remedy, RunEdit, Situation, joined
from remediate.fixers.shell_words import quote
from remediate.fixers.sink_inputs import changed_input
from remediate.fixers.sink_lives import lives_apart, together, until_overwritten
from remediate.fixers.sink_needs import from_the_start, is_a_source, needed_elsewhere, plain_target
from remediate.fixers.sink_place import unfit
from remediate.fixers.sink_rest import leftovers
from remediate.fixers.sink_tools import taken_back
from remediate.model import NamedTuple, Refusal
from remediate.shell.statements import Statement, or_list, statements
from remediate.text import late

_SPELT = late(r"^(?:~|\$HOME|\$\{HOME\})?[A-Za-z0-9_./@+-]+$")

# Files of which nothing is of use without the secret.
_ALL_SECRET = frozenset({".netrc", "_netrc", ".git-credentials", ".pypirc", "auth.json", "id_rsa", "id_ed25519", "id_ecdsa"})


# Commands that only the commands behind them in the same shell can tell.
_FOR_WHAT_FOLLOWS = frozenset("cd umask set export : true".split())


class Writer(NamedTuple):
    """A statement that writes the file, or changes it before it is read. `cut`: it does nothing else, so it leaves its RUN.

    `part`: what of it is about the file, when it does the same to others.
    """

    run: int
    statement: Statement
    did: Did
    cut: bool
    part: OwnPart | None = None


def propose(s: Situation) -> Remedy | Refusal | None:
    """The remedy, or why what is kept cannot be written and removed within the RUNs that read it."""
    apart = lives_apart(s)
    return apart if isinstance(apart, Refusal) else together([_one_life(part, s) for part in apart])


def _one_life(s: Situation, whole: Situation) -> Remedy | Refusal | None:
    """The same for one life of the file, of which `whole` may have more."""
    plain = plain_target(s.kept)
    if plain is not None:
        return plain
    first = s.kept.residues[0]
    life = until_overwritten(whole, life_of(s.trace, s.kept.path, first.run), first)
    refusal = needed_elsewhere(s, life)
    if refusal is not None:
        return refusal
    if is_a_source(s, life):
        return refuse("kept-unread", detail=f"{s.kept.shown}, line {first.line}", line=first.line)
    earlier = from_the_start(s) if life.earlier else None
    if earlier is not None and (any(t.did is Did.REMOVE for t in life.touches) or s.kept.path.rsplit("/", 1)[-1] in _ALL_SECRET):
        return _Sink(s, earlier).build()  # nothing of the file is wanted in the end: it moves as a whole
    return _Sink(s, life, stood=earlier is not None).build()


class _Sink:
    def __init__(self, s: Situation, life: Life, *, stood: bool = False) -> None:
        self.s, self.life, self.trace, self.stood = s, life, s.trace, stood
        self.views = s.trace.runs.views
        self.line = s.kept.residues[0].line
        self.writers: list[Writer] = []
        self.by_tool: tuple[str, ...] = ()  # the tools' own commands that take back all that the writers set

    def build(self) -> Remedy | Refusal:
        readings = consuming(self.trace, self.life)
        written = min((t.run, t.command) for t in self.life.touches) if self.life.touches else (self.s.kept.residues[0].run, -1)
        readers = sorted({r.run for r in readings if (r.run, r.command) > written})
        if not readers:
            return refuse("kept-unread", detail=f"{self.s.kept.shown}, line {self.line}", line=self.line)
        problem = self._collect(readers) or self._between(readers) or self._leave_settings()
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
                self._cut(runs, writer)
            elif writer.run not in readers and writer.part is not None:
                edit = runs.get(writer.run, RunEdit())
                runs[writer.run] = edit._replace(words=(*edit.words, *writer.part.words))
        away = {(w.run, i) for w in self.writers if w.cut for i in w.statement.commands}
        left = leftovers(self.trace, self.life, readers, self.by_tool, away)
        if isinstance(left, Refusal):
            return left
        for index, edit in left.items():
            runs[index] = joined(runs.get(index, RunEdit()), edit)
        lines = at_lines(self.views[i].instruction.start_line for i in readers)
        how = f"{self.s.kept.shown} is written, read and removed within the RUN that needs it ({lines})"
        return Remedy(runs=runs, mends=self.s.kept.residues, how=how)

    def _collect(self, readers: list[int]) -> Refusal | None:
        """The statements that make the file what it is, each with whether it can leave its RUN (where only that RUN reads, it need not)."""
        last = readers[-1]
        seen: set[tuple[int, int]] = set()
        wanted = {(r.run, r.command) for r in self.s.kept.residues}
        touched = {(t.run, t.command): t for t in self.life.touches if t.did is not Did.REMOVE and t.run <= last}
        for run, command in sorted(wanted | set(touched)):
            view = self.views[run]
            statement = self._unit(view, command)
            if statement is None:
                return self._persisted(run)
            if (run, statement.index) in seen:
                continue
            seen.add((run, statement.index))
            touch = touched.get((run, command))
            did = touch.did if touch is not None else Did.APPEND
            only = self._only(view, statement, run)
            if not only and did is not Did.CHANGE and readers != [run]:
                return self._persisted(run)
            self.writers += [w for w in self._needed(view, statement) if w not in self.writers]
            part = own_part(view, statement, touch, self.s.kept.path) if touch is not None and not only and run != last else None
            if not only and run != last and part is None:
                shared = f"a command in line {view.instruction.start_line} changes {self.s.kept.shown} together with other files"
                return refuse("sink-order", detail=shared, line=self.line)
            self.writers.append(Writer(run, statement, did, only, part))
        return None

    def _leave_settings(self) -> Refusal | None:
        """Where the tools take their settings back, key by key, those that are no secret stay where they are."""
        undone = [taken_back(self.views[w.run], w.statement) for w in self.writers]
        if not all(undone):
            return None
        if all(t.did is not Did.REMOVE for t in self.life.touches):
            secret = {(r.run, r.command) for r in self.s.kept.residues}
            held = [any((w.run, i) in secret for i in w.statement.commands) for w in self.writers]
            keys = {u for u, h in zip(undone, held, strict=True) if h}
            again = next((w for w, u, h in zip(self.writers, undone, held, strict=True) if not h and u in keys), None)
            if again is not None:
                line = self.views[again.run].instruction.start_line
                return refuse("sink-order", detail=f"line {line} sets the same setting to another value", line=line)
            self.writers = [w for w, h in zip(self.writers, held, strict=True) if h]
        self.by_tool = tuple(dict.fromkeys(t for w in self.writers for t in taken_back(self.views[w.run], w.statement)))
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

    def _unit(self, view: RunView, command: int) -> Statement | None:
        """The statement with the command, or the list of `||` around it when that is for nothing but the file."""
        one = statement_of(view, command)
        whole = or_list(statements(view.scripts[0]), one) if one is not None else None
        return whole if whole is not None and self._only(view, whole, view.index) else one

    def _only(self, view: RunView, statement: Statement, run: int) -> bool:
        """Everything in the statement serves the file."""
        touching = {t.command: t for t in self.life.touches if t.run == run}
        written = {r.command for r in self.s.kept.residues if r.run == run}
        for index in statement.commands:
            command = view.scripts[0].commands[index]
            touch = touching.get(index)
            if touch is not None and not touch.only:
                return False
            words = static_argv(command) if command.argv else ()
            helper = words[:2] == ("git", "config") and words[-2:] == ("credential.helper", "store")  # only tells git to look into the file
            if touch is None and index not in written and command.argv and tool_name(words) not in MOVABLE and not helper:
                return False
        return not statement.background

    def _persisted(self, run: int) -> Refusal:
        rest = next((r for r in self.s.kept.residues if r.run == run), self.s.kept.residues[0])
        return refuse("persisted", detail=f"line {rest.line}: {rest.tool or 'a redirect'} to {self.s.kept.shown}", line=rest.line)

    def _between(self, readers: list[int]) -> Refusal | None:
        """What stands between the writing and the last reading must not put another file there."""
        for writer in self.writers:
            view = self.views[writer.run]
            why = changed_input(self.trace, view, writer.statement, readers[-1], self.s.kept.path) if writer.run < readers[-1] else ""
            if why:
                return refuse("sink-order", detail=why, line=view.instruction.start_line)
        for index in self.life.overwritten:
            if any(w.run < index for w in self.writers) and index < readers[-1]:
                where = self.trace.tree.instructions[index]
                detail = f"{where.keyword} in line {where.start_line} may put another {self.s.kept.shown} there"
                return refuse("sink-order", detail=detail, line=self.line)
        return None

    def _reader(self, index: int, readings: list[Reading]) -> RunEdit | Refusal:
        """The reading RUN: the writers of earlier RUNs come first, and the file goes at the end."""
        to = self.views[index]
        earlier = [w for w in self.writers if w.run < index]
        enter: list[str] = []
        flags: list[str] = []
        restore = self._restore(earlier, to)
        enter += restore[:1]
        along = frozenset(
            a.name for w in earlier for i in w.statement.commands for a in self.views[w.run].scripts[0].commands[i].assignments
        )
        problem = unfit(self.trace, self.life.path, to, [(self.views[w.run], w.statement) for w in earlier])
        if problem is not None:
            return problem
        for writer in earlier:
            view = self.views[writer.run]
            text = moved_text(self.trace, view, writer.statement, to, along)
            if isinstance(text, Refusal):
                return text
            enter.append(writer.part.text if writer.part is not None else text)
            flags += [f for f in _mounts_of(view, writer.statement) if f not in flags and f not in _flags_of(to)]
        leave = self._leave(to, earlier, restore)
        return leave if isinstance(leave, Refusal) else RunEdit(enter=tuple(enter), leave=leave, flags=tuple(flags))

    def _restore(self, earlier: list[Writer], to: RunView) -> list[str]:
        """The commands that keep and bring back what stood at that place before, when something did."""
        stood = (self.life.brought is not None and self.life.brought >= 0) or self.stood
        if not stood or self.by_tool or any(w.did is Did.WRITE and w.statement.plain for w in earlier):
            return []
        path = self._spelt(to)
        keep, back = f"cp -p {path} {path}.before", f"mv -f {path}.before {path}"
        if self._surely_stood():
            return [keep, back]
        return [f"{{ [ ! -e {path} ] || {keep}; }}", f"rm -f {path}", f"{{ [ ! -e {path}.before ] || {back}; }}"]

    def _surely_stood(self) -> bool:
        """Something surely put a file there, not just a `COPY . .` that may bring one from a context which is not at hand."""
        at = self.life.brought
        if at is not None and at >= 0:
            copy = self.trace.tree.instructions[at]
            named = {w.text.text.strip("\"'").rsplit("/", 1)[-1] for w in copy.words}
            seen = self.trace.around.at_hand and not any(f.name == "from" for f in copy.flags)
            return self.s.kept.path.rsplit("/", 1)[-1] in named or seen
        first = self.s.kept.residues[0]
        made = [(t.run, t.command) for t in (*self.life.earlier, *self.life.touches) if t.did is not Did.REMOVE]
        found = (statement_of(self.views[run], command) for run, command in made if (run, command) < (first.run, first.command))
        return any(s is not None and s.plain and s.connector in ("", ";", "&&") for s in found)

    def _leave(self, to: RunView, earlier: list[Writer], restore: list[str]) -> tuple[str, ...] | Refusal:
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
        if self.by_tool and (along or not gone):
            return self.by_tool
        brought = {p: life_of(self.trace, p, to.index).brought for p in sorted(along)}
        other = next((p for p, at in brought.items() if at is not None and at >= 0), None)
        if other is not None:  # a file of the project may lie there, which no `rm` is to take
            return refuse("persisted", detail=f"line {self.line}: {self.s.kept.tool} to {self.s.kept.shown} or {other}", line=self.line)
        more = tuple(f"rm -rf {_home_spelt(p, to)}" for p in sorted(along))
        first = () if gone else tuple(restore[1:]) if restore else (f"rm -f {self._spelt(to)}",)
        return (*first, *more)

    def _spelt(self, to: RunView) -> str:
        """The path as the file itself spells it where that means the same at the end of the RUN, else the absolute path."""
        moves = any(c.name in ("cd", "pushd", "popd", "chdir") for c in to.scripts[0].commands)
        for rest in self.s.kept.residues:
            settled = rest.target.startswith(("/", "~/", "$HOME/", "${HOME}/")) or not moves
            if settled and _SPELT.match(rest.target) and normal_path(rest.target, to, to.workdir) == self.s.kept.path:
                return rest.target
        return quote(self.s.kept.path)

    def _cut(self, runs: dict[int, RunEdit], writer: Writer) -> None:
        """Takes the statement out of its RUN, and all of the RUN where what is left would be for nothing: `cd /src`."""
        edit = runs.get(writer.run, RunEdit())
        cut = edit.cut | {writer.statement.index, *range(writer.statement.index, writer.statement.upto + 1)}
        script = self.views[writer.run].scripts[0]
        left = [s for s in statements(script) if s.index not in cut]
        if all(s.plain and script.commands[s.commands[0]].name in _FOR_WHAT_FOLLOWS for s in left):
            cut |= {s.index for s in left}
        runs[writer.run] = edit._replace(cut=cut)


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

"""`rewrite_shell`: the edits that turn build args into secrets, for several builds of one shell text at once."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Sequence

from remediate.callers.model import FileEdit, Job, JobRefused, Move, Refused, Rewritten, Told
from remediate.callers.reasons import MAY_LACK
from remediate.callers.shell.environment import Keep, way
from remediate.callers.shell.find import Site, sites
from remediate.callers.shell.host import Host
from remediate.callers.shell.names import names_of
from remediate.callers.shell.nest import shells
from remediate.callers.shell.options import Arg
from remediate.callers.shell.read import in_words
from remediate.callers.shell.shared import unshared
from remediate.callers.shell.shells import Shell
from remediate.callers.shell.supply import Supply, handed, supply
from remediate.callers.shell.written import front, in_array, is_itself, merged, under_condition, worded
from remediate.formats.embedded import Embedded
from remediate.model import Edit, Span
from remediate.shell.nested import wrapper_assignments
from remediate.text import late

_NAMES = late(rb"\$\{?([A-Za-z_][A-Za-z0-9_]*)")
FIRST = "docker-compose has to be version 2: the first one takes no build.secrets"
SUDO = "sudo must be allowed to keep {} (SETENV in sudoers, or env_keep)"


def rewrite_shell(
    embedded: Embedded, host: Host, jobs: Sequence[tuple[int, Job]], *, path: str, masks: Sequence[tuple[int, int]] = ()
) -> Rewritten:  # fmt: skip
    """All edits for the jobs (number of the job, job). The keys of their builds are those that `read_shell` gave for this text."""
    found = sites(shells(embedded, masks), host)
    plan = Plan(found, host)
    for number, job in jobs:
        site = next((s for s in found if s.key == job.build.key), None)
        for move in job.moves:
            if site is None:
                plan.refuse(number, move, Refused("caller-unproved", "the build is not there any more"), job.build.line)
            else:
                plan.move(number, site, move, job)
    plan.judge()
    edits = plan.edits() if not plan.refused else None
    if edits is None:
        return Rewritten(refused=tuple(dict.fromkeys(plan.refused)))
    return Rewritten(tuple([FileEdit(path, e) for e in edits]), (), tuple(dict.fromkeys(plan.told)))


class Plan:
    """Changes wanted of each shell, and who wants them."""

    def __init__(self, found: list[Site], host: Host) -> None:
        self.sites, self.host = found, host
        self.refused: list[JobRefused] = []
        self.told: list[Told] = []
        self.moved: dict[tuple[int, int], dict[bytes, list[tuple[int, Move, Site]]]] = defaultdict(lambda: defaultdict(list))
        self.replaced: dict[tuple[int, int, int], bytes] = {}
        self.cut: dict[int, set[tuple[int, int]]] = defaultdict(set)
        self.inserted: dict[tuple[int, int], list[bytes]] = defaultdict(list)
        self.assigned: dict[tuple[int, int], dict[str, bytes]] = defaultdict(dict)
        self.firsts: set[tuple[int, int]] = set()
        self.taken: dict[tuple[int, int], set[str]] = defaultdict(set)
        self.kept: dict[tuple[int, int, bool, str], list[str]] = defaultdict(list)
        self.shells: dict[int, Shell] = {}
        self.wants: list[tuple[int, Move, Site, Arg | None, bytes]] = []
        self.lines: dict[int, int] = {}

    def refuse(self, number: int, move: Move, why: Refused, line: int = 0) -> None:
        line = why.line or line or self.lines.get(number, 0)
        self.refused.append(JobRefused(number, move.spec.id, why._replace(line=line)))

    def move(self, number: int, site: Site, move: Move, job: Job) -> None:
        self.lines[number] = job.build.line
        builder = site.builder
        able = builder.secrets or builder.over == "bake" or move.hand or move.supplied
        refused = site.problem or (None if able else Refused(builder.code, builder.why, by_hand=builder.instead))
        if refused is not None:
            self.refuse(number, move, in_words(refused, move.arg or move.spec.name, move.spec.id))
            return
        args = [a for a in site.line.args if a.name == move.arg] if move.arg else []
        others = [names_of(a, site) for a in site.line.args if not a.name]
        if any(names is None or move.arg in names for names in others):
            self.refuse(number, move, Refused("caller-arguments", "the name of a build arg is put together", by_hand=_hand(site, move)))
        elif move.arg and not args:
            self.refuse(number, move, Refused("caller-arguments", f"{move.arg} is not passed in words", by_hand=_hand(site, move)))
        elif len([a for a in args if not a.token.holder]) > len({a.targets for a in args}):
            self.refuse(number, move, Refused("caller-arguments", f"{move.arg} is passed twice", by_hand=_hand(site, move)))
        elif not move.arg:
            self._add(number, site, move, job)
        else:
            for arg in args:
                self._change(number, site, move, arg)

    def _add(self, number: int, site: Site, move: Move, job: Job) -> None:
        """A secret for a build that passes none yet."""
        if move.supplied:
            return
        head = site.line.head
        field = b"env=" + move.spec.name.encode()
        variable = move.spec.name
        if move.source:
            if job.build.folder is None:
                self.refuse(
                    number, move, Refused("caller-which-file", "the folder in which the build runs is not known", by_hand=_hand(site, move))
                )
                return
            field, variable = b"src=" + posixpath.relpath(move.source, job.build.folder).encode("utf-8", "surrogateescape"), ""
        if move.ssh:
            field, variable = (b"=" + field[4:] if move.source else b""), "SSH_AUTH_SOCK"
        keeps = way(site, variable, None) if variable else []
        if isinstance(keeps, Refused) or head.holder[:1] not in ((), ("variable",)) or head.choices or b"," in field:
            why = keeps if isinstance(keeps, Refused) else Refused("caller-arguments", "the build command comes out of a variable")
            self.refuse(number, move, why._replace(by_hand=_hand(site, move)))
            return
        self._keep(number, keeps, variable)
        new = b" " + self._option(move, field, b" ", "u")
        self.wants.append((number, move, site, None, new))
        self._know(head.shell)
        place = (head.shell.number, head.end)
        if new not in self.inserted[place]:
            self.inserted[place].append(new)

    def _change(self, number: int, site: Site, move: Move, arg: Arg) -> None:
        """`--build-arg T=...` becomes `--secret id=t,...`, or goes."""
        shell = arg.option.shell
        self._know(shell)
        if move.supplied:
            if arg.token.holder != arg.option.holder or arg.token.choices:
                self.refuse(number, move, Refused("caller-arguments", f"--build-arg {arg.name} is put together from several places"))
                return
            self._remove(number, site, move, arg)
            return
        found = self._supply(site, arg, move)
        keeps = way(site, found.variable, found.before) if isinstance(found, Supply) and found.variable else []
        if isinstance(found, Refused) or isinstance(keeps, Refused):
            why = found if isinstance(found, Refused) else keeps
            assert isinstance(why, Refused)
            self.refuse(number, move, why._replace(by_hand=why.by_hand or _hand(site, move)))
            return
        if move.hand:
            self._remove(number, site, move, arg)
            if site.builder.words[0] == "docker-compose":
                self.told.append(Told(number, FIRST))
        else:
            joint = b"=" if arg.option is arg.token else b" "
            state = "a" if arg.token.state == "u" and in_array(arg.token) else arg.token.state
            new = self._option(move, found.field, joint, state, arg.targets)
            self.wants.append((number, move, site, arg, new))
            self.replaced[shell.number, arg.option.start, arg.token.end] = new
        self._keep(number, keeps, found.variable)
        self.told += [Told(number, text) for text in found.told]
        if move.spec.required and not move.ssh and under_condition(arg.option, site.command):
            self.told.append(Told(number, MAY_LACK))
        if found.assign is not None and found.before is not None:
            self._know(found.before[0])
            self.assigned[found.before[0].number, front(found.before[1])][found.assign[0]] = found.assign[1]
        self._unassign(site, arg)

    def _supply(self, site: Site, arg: Arg, move: Move) -> Supply | Refused:
        """How the value gets there, when that leaves what the other secrets of the command see as it is."""
        found = (handed if move.hand else supply)(site, arg, move, self.host)
        if not isinstance(found, Refused) and found.assign is None and found.variable:
            if any(
                n == found.variable and not is_itself(n, raw) for n, raw in self.assigned[site.shell.number, front(site.command)].items()
            ):
                found = Refused("caller-value", f"{found.variable} would change for another value")
            else:
                self.taken[site.shell.number, site.command.index].add(found.variable)
        if not isinstance(found, Refused) and found.assign is not None:
            found = self._assignable(found, site, arg)
        return found

    def _unassign(self, site: Site, arg: Arg) -> None:
        """`sudo T=x docker build --build-arg T`: that is an argument of sudo's."""
        if not arg.through:
            return
        words = site.command.argv
        for each in wrapper_assignments(site.command):
            if each.name == arg.name:
                at = next(i for i, w in enumerate(words) if w.start == each.start)
                self._know(site.shell)
                self.cut[site.shell.number].add((words[at - 1].end, each.end))

    def _assignable(self, found: Supply, site: Site, arg: Arg) -> Supply | Refused:
        """The assignment must not change what other words of the command, or other assignments, see."""
        assert found.assign is not None and found.before is not None
        name, raw = found.assign
        shell, command = found.before
        if any(a.name == name for a in wrapper_assignments(command)):
            return Refused("caller-value", f"{name} is set before the command already")
        others = dict(self.assigned[shell.number, front(command)])
        before = {a.name: a for a in command.assignments}
        same = is_itself(name, raw)
        if not same and name in self.taken[site.shell.number, site.command.index]:
            return Refused("caller-value", f"{name} would change for another value")
        if name in before or (name in others and others[name] != raw):
            return Refused("caller-value", f"{name} is set before the command already")
        uses = {n.decode() for n in _NAMES.findall(raw)}
        if not same and any(name in {n.decode() for n in _NAMES.findall(o)} for o in others.values()):
            return Refused("caller-value", f"{name} would change for another value")
        if any(n in uses and not is_itself(n, o) for n, o in others.items()) or uses & set(before):
            return Refused("caller-value", f"what {name} is made of is set before the command, too")
        if not same and any(a.through and a.name == name and a is not arg for a in site.line.args):
            return Refused("caller-value", f"{name} is passed on to the build, too")
        return found

    def _remove(self, number: int, site: Site, move: Move, arg: Arg) -> None:
        """`--build-arg T=...` goes."""
        shell = arg.option.shell
        self.wants.append((number, move, site, arg, b""))
        start = arg.option.before if arg.option.before >= 0 else arg.option.start
        end = arg.token.after if arg.option.before < 0 <= arg.token.after else arg.token.end
        self.cut[shell.number].add((start, end))
        if arg.option.before < 0:
            self.firsts.add((shell.number, start))

    def _option(self, move: Move, field: bytes, joint: bytes, state: str, targets: str = "") -> bytes:
        id = move.spec.id.encode("utf-8", "surrogateescape")
        if targets:
            return b"--set" + joint + worded(targets.encode("utf-8", "surrogateescape") + b".secrets=id=" + id + b"," + field, state)
        if move.ssh:
            return b"--ssh" + joint + worded(id + field, state)
        return b"--secret" + joint + worded(b"id=" + id + b"," + field, state)

    def _keep(self, number: int, keeps: list[Keep], variable: str) -> None:
        for keep in keeps:
            self._know(keep.shell)
            names = self.kept[keep.shell.number, keep.at, keep.listed, keep.when]
            if variable not in names:
                names.append(variable)
            self.told.append(Told(number, SUDO.format(variable)))

    def _know(self, shell: Shell) -> None:
        self.shells[shell.number] = shell

    def judge(self) -> None:
        """Refuse what is shared with a build that does not want the same."""
        for number, move, site, why in unshared(self.sites, self.wants):
            self.refuse(number, move, why._replace(by_hand=_hand(site, move)))

    def edits(self) -> list[Edit] | None:
        """The edits of the file; None, and refusals, where the text around cannot hold what would have to stand there."""
        out: dict[tuple[int, int], list[bytes]] = {}
        for number, start, end, text in self._changes():
            edit = self.shells[number].edit(start, end, text)
            if edit is None:
                for job, move, site, _, _ in self.wants:
                    why = Refused("caller-shell", "the command stands inside quotes that cannot hold the change", by_hand=_hand(site, move))
                    self.refuse(job, move, why)
                return None
            out.setdefault((edit.span.start, edit.span.end), []).append(edit.text)
        return [Edit(Span(a, b), b"".join(dict.fromkeys(texts))) for (a, b), texts in sorted(out.items())]

    def _changes(self) -> list[tuple[int, int, int, bytes]]:
        out = [(n, a, b, text) for (n, a, b), text in self.replaced.items()]
        for number, ranges in self.cut.items():
            for start, end in merged(ranges):
                data = self.shells[number].data
                while (number, start) in self.firsts and data[end : end + 1] in (b" ", b"\t"):
                    end += 1
                out.append((number, start, end, b""))
        for (number, at), texts in self.inserted.items():
            out.append((number, at, at, b"".join(texts)))
        for (number, at), values in self.assigned.items():
            out.append((number, at, at, b"".join([n.encode() + b"=" + raw + b" " for n, raw in values.items()])))
        for (number, at, listed, when), names in self.kept.items():
            text = ",".join(names).encode()
            option = b"--preserve-env=" + text
            if when:
                option = b"${" + when.encode() + b":+" + option + b"}"
            out.append((number, at, at, b"," + text if listed else b" " + option))
        return out


def _hand(site: Site, move: Move) -> tuple[str, ...]:
    """The lines to write instead, when the place cannot be changed."""
    words = " ".join(site.builder.words)
    if site.builder.over:
        name = move.hand or move.arg or move.spec.name
        lines = in_words(Refused("caller-builder", by_hand=site.builder.instead), name, move.spec.id).by_hand
        return (f"export {name}   # with the value that the build arg had", *lines)
    if move.ssh:
        return (f"{words} --ssh {move.spec.id} ...",)
    if move.source:
        return (f"{words} --secret id={move.spec.id},src={move.source} ...",)
    name = move.arg or move.spec.name
    return (f"export {name}   # with the value that the build arg had", f"{words} --secret id={move.spec.id},env={name} ...")

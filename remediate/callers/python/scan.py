"""Every place of a Python file that builds an image: what is followed to the process it starts, and what is only seen."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from remediate.callers.model import Refused, Unread
from remediate.callers.python.argv import Found, found_in
from remediate.callers.python.argv_site import ArgvSite
from remediate.callers.python.elsewhere import used_elsewhere
from remediate.callers.python.events import Where
from remediate.callers.python.left import Left
from remediate.callers.python.library_site import LibrarySite
from remediate.callers.python.literals import text_of
from remediate.callers.python.names import Frame, argument, callers_of, dotted, frame_of, function_around, only_called
from remediate.callers.python.rows import LIBRARIES, TILT, library
from remediate.callers.python.runners import Runner, Started
from remediate.callers.python.scopes import Scopes
from remediate.callers.python.shell_site import ShellSite
from remediate.callers.python.shelltext import ShellText, shell_text
from remediate.callers.python.site import Context, Site
from remediate.callers.python.tree import children
from remediate.callers.python.unsettled import unnamed, unsettled
from remediate.callers.python.values import Part
from remediate.callers.python.word import Gap, Items, Word
from remediate.formats.embedded import FormatError

MOST_SITES = 500
_MOST_CALLS = 20  # of one function
_DEEPEST = 3  # functions of this file that hand a command on to each other
_TOOLS = ("docker", "podman", "buildah", "nerdctl")
_SH = Runner(
    "sh", "varargs", env="_env", cwd="_cwd", source="sh.readthedocs.io: _env replaces", example='sh.docker.build(".")', counter="sh.ls()"
)
_PLUMBUM = Runner(
    "plumbum", "varargs", env="", cwd="", source="plumbum.readthedocs.io", example='docker["build", "."]()', counter='local["ls"]'
)
_NOT_FOLLOWED = "what runs these words is not followed"

Starts = list[tuple[Started, Frame | None]]


class Scan:
    """All sites of one file."""

    def __init__(self, context: Context) -> None:
        self.context, self.rows = context, TILT if context.kind == "tilt" else LIBRARIES
        self.sites: list[Site] = []
        self.used: set[cst.CSTNode] = set()  # lists, texts and dicts that belong to a site
        self.lent: dict[cst.CSTNode, int] = {}  # words that go to another program, and the line where
        self.argvs: dict[cst.CSTNode, tuple[Found, Starts]] = {}
        self.texts: dict[cst.CSTNode, tuple[ShellText, Starts, bool]] = {}
        for call in sorted(context.scopes.calls, key=lambda c: context.tree.span(c).start):
            self._call(call)
        self._subscripts()
        for place, (found, starts) in self.argvs.items():
            self._add(ArgvSite(context, found, place, starts, 0))
        for place, (text, starts, words) in self.texts.items():
            self._add(ShellSite(context, text, place, starts, 0, words))
        left = Left(context, self.used)
        for found, node in left.lists():
            self._add(ArgvSite(context, found, node, (), 0, self._refused(node)))
            self.used.add(node)
        for text, node in left.texts():
            self._add(ShellSite(context, text, node, (), 0, refused=self._refused(node)))
        self.sites.sort(key=lambda s: s.at)
        self._number()
        self.unread: tuple[Unread, ...] = tuple(left.flags())

    def _refused(self, node: cst.CSTNode) -> Refused:
        by_hand = ('"--secret", "id=ID,env=NAME"  # in place of "--build-arg", "NAME=...", with NAME in the environment of the command',)
        return Refused("caller-arguments", _NOT_FOLLOWED, self.context.line(node), by_hand)

    def _add(self, site: ArgvSite | ShellSite | LibrarySite) -> None:
        if site.builds or site.unread:
            self.sites.append(site)
        if len(self.sites) > MOST_SITES:
            raise FormatError("it has more builds than are looked at", line=1)

    def _number(self) -> None:
        for number, site in enumerate(self.sites):
            site.builds = tuple(b._replace(key=(number, b.key[1] if isinstance(b.key, tuple) else b.key)) for b in site.builds)

    def _call(self, call: cst.Call) -> None:
        context = self.context
        name = dotted(context.scopes, call.func, context.scopes.where[call])
        row = library(name, self.rows) if name else None
        if row is not None:
            given = argument(call, row.args)
            site = LibrarySite(context, row, call, 0)
            self.used |= {
                call,
                *([given.value] if given is not None else []),
                *([site.entries.holder] if site.entries.holder is not None else []),
            }
            self._add(site)
            return
        if name.startswith("sh.") and name.split(".")[1] in _TOOLS:
            self._sh(call, name.split(".")[1:])
            return
        start = context.started(call)
        if start is not None:
            self._attempt(start, [])

    # commands that are followed
    def _attempt(self, start: Started, chain: list[tuple[cst.FunctionDef, cst.Call]]) -> None:
        frame: Frame | None = None
        for function, call in reversed(chain):
            frame = frame_of(function, call, frame)
            if frame is None:
                return
        top = chain[-1][1] if chain else start.call
        self.context.lists.idle.clear()
        kind, items, text = self._command(start, frame)
        inner = _shell_option(items) if items is not None else None
        if inner is not None:
            kind, items, text = "text", None, shell_text(self.context.values, inner.node, inner.frame)
        if items is not None:
            found = found_in(items, self.context.tree)
            if found is not None and self._by_callers(found, start, chain, top):
                return
            if found is not None:
                known = self.argvs.setdefault(top, (found, []))
                known[1].append((start, frame))
                self._use(found)
                return
            self.lent |= {w.node: self.context.line(top) for w in items if isinstance(w, Word)}
        elif text is not None:
            site = ShellSite(self.context, text, top, [(start, frame)], 0, kind == "words")
            if site.builds or site.unread:
                entry = self.texts.setdefault(top, (text, [], kind == "words"))
                entry[1].append((start, frame))
                self.used |= set(text.literals)
                return
        self._lift(start, chain, top)

    def _by_callers(self, found: Found, start: Started, chain: list[tuple[cst.FunctionDef, cst.Call]], top: cst.Call) -> bool:
        """Names, or a Dockerfile, that depend on a parameter: every call of the function is a build of its own, if all are known."""
        function = function_around(self.context.scopes, top)
        if function is None or len(chain) >= _DEEPEST or any(function is f for f, _ in chain) or not unsettled(found, function):
            return False
        calls = list(callers_of(self.context.scopes, function))
        if not 0 < len(calls) <= _MOST_CALLS or not only_called(self.context.scopes, function):
            return False
        if used_elsewhere(self.context.repository, self.context.tree.path):
            return False
        self.context.lists.idle.clear()
        each = [(call, *self._called_by([*chain, (function, call)], start)) for call in calls]
        if any(f is None or unnamed(f) for _, f, _ in each):
            self.context.lists.idle.clear()
            return False
        for call, one, frame in each:
            if one is not None:
                self.argvs.setdefault(call, (one, []))[1].append((start, frame))
                self._use(one)
        return True

    def _use(self, found: Found) -> None:
        """The lists, words and dicts that a build is made of are no builds, and no build args, of their own."""
        self.used |= {w.node for w in found.words} | {w.holder for w in found.words} | self.context.lists.idle
        self.used |= {w.entry.holder for w in found.words if w.entry is not None and w.entry.holder is not None}

    def _called_by(self, chain: list[tuple[cst.FunctionDef, cst.Call]], start: Started) -> tuple[Found | None, Frame | None]:
        frame: Frame | None = None
        for function, call in reversed(chain):
            frame = frame_of(function, call, frame)
            if frame is None:
                return None, None
        _, items, _ = self._command(start, frame)
        return (found_in(items, self.context.tree) if items is not None else None), frame

    def _lift(self, start: Started, chain: list[tuple[cst.FunctionDef, cst.Call]], top: cst.Call) -> None:
        """The command is a parameter of the function around: its callers say what it is."""
        function = function_around(self.context.scopes, top)
        if (
            function is None
            or len(chain) >= _DEEPEST
            or any(function is f for f, _ in chain)
            or not self._takes_parameter(start.call if not chain else top, function)
        ):
            return
        for call in callers_of(self.context.scopes, function):
            self._attempt(start, [*chain, (function, call)])

    def _takes_parameter(self, call: cst.Call, function: cst.FunctionDef) -> bool:
        params = {p.name.value for p in (*function.params.posonly_params, *function.params.params, *function.params.kwonly_params)}
        if isinstance(function.params.star_arg, cst.Param):
            params.add(function.params.star_arg.name.value)
        stack: list[cst.CSTNode] = [a.value for a in call.args]
        while stack:
            node = stack.pop()
            if isinstance(node, cst.Name) and node.value in params:
                return True
            stack.extend(children(node))
        return False

    def _command(self, start: Started, frame: Frame | None) -> tuple[str, Items | None, ShellText | None]:
        """The words, or the text, that a process is started with."""
        runner, context = start.runner, self.context
        before: Items = [Word((Part(t),), start.call.func, start.call.func) for t in runner.prefix]
        if runner.form == "varargs":
            return "argv", before + context.lists.arguments(start.call, runner.at, frame), None
        node = start.command()
        if node is None:
            return "", None, None
        kind, items, text = self._read(node, frame, shell=runner.form == "string" or start.shell(), start=start)
        return kind, before + items if items is not None else None, text

    def _read(
        self, node: cst.BaseExpression, frame: Frame | None, shell: bool, start: Started
    ) -> tuple[str, Items | None, ShellText | None]:
        context = self.context
        leaves = context.values.leaves(node, frame)
        leaf, inner = leaves[0] if len(leaves) == 1 else (node, frame)
        if isinstance(leaf, cst.Call):
            name = dotted(context.scopes, leaf.func, context.scopes.where[leaf])
            method = leaf.func.attr.value if isinstance(leaf.func, cst.Attribute) else ""
            if name == "shlex.split" and leaf.args:
                return "words", None, shell_text(context.values, leaf.args[0].value, inner)
            if method == "split" and isinstance(leaf.func, cst.Attribute) and _at_spaces(leaf) and name != "shlex.split":
                return "words", None, shell_text(context.values, leaf.func.value, inner)
            joins = name in ("shlex.join", "subprocess.list2cmdline") or (
                method == "join" and isinstance(leaf.func, cst.Attribute) and text_of(leaf.func.value) == " "
            )
            if joins and leaf.args:
                return "argv", context.lists.words(leaf.args[0].value, inner), None
        text = shell_text(context.values, node, frame)
        if text is not None:
            return ("text" if shell or start.runner.form == "either" else "words"), None, text
        return "argv", context.lists.words(node, frame), None

    def _sh(self, call: cst.Call, tail: Sequence[str]) -> None:
        """`sh.docker.build("-t", "x", ".")`: the names behind `sh` are the first words."""
        head: Items = [Word((Part(t),), call.func, call.func) for t in tail]
        flags = [
            Word((Part(f"--{a.keyword.value.replace('_', '-')}"),), a.value, call.func, repeated=True)
            for a in call.args
            if a.keyword and a.keyword.value == "build_arg"
        ]
        values = [
            self.context.lists.word(a.value, call.func, None)._replace(repeated=True)
            for a in call.args
            if a.keyword and a.keyword.value == "build_arg"
        ]
        keyword: Items = [w for pair in zip(flags, values, strict=True) for w in pair]
        found = found_in([*head, *keyword, *self.context.lists.arguments(call, 0, None)], self.context.tree)
        if found is not None:
            self.argvs[call] = (found, [(Started(_SH, call), None)])
            self.used |= {w.node for w in found.words}

    def _subscripts(self) -> None:
        """plumbum: `docker["build", "-t", "x", "."]`, `local["docker"]["build", "."]`."""
        scopes = self.context.scopes
        for node, where in scopes.where.items():
            if not isinstance(node, cst.Subscript) or not all(isinstance(e.slice, cst.Index) for e in node.slice):
                continue
            program = _program(scopes, node.value, where) if b"plumbum" in self.context.tree.data else ""
            if program not in _TOOLS:
                continue
            items: Items = [Word((Part(program),), node.value, node.value)]
            for element in node.slice:
                if isinstance(element.slice, cst.Index):
                    starred = element.slice.star is not None
                    items.append(Gap(element) if starred else self.context.lists.word(element.slice.value, node, None))
            found = found_in(items, self.context.tree)
            if found is not None:
                call = cst.Call(node)
                self.argvs[node] = (found, [(Started(_PLUMBUM, call), None)])
                self.used |= {w.node for w in found.words}


def _at_spaces(split: cst.Call) -> bool:
    """`text.split()`, `text.split(" ")`"""
    return not split.args or (len(split.args) == 1 and split.args[0].keyword is None and text_of(split.args[0].value) == " ")


def _shell_option(items: Items) -> Word | None:
    """The script in `["bash", "-c", script]`."""
    words = [i for i in items if isinstance(i, Word)]
    if len(words) < 3 or len(words) != len(items) or words[0].text.rpartition("/")[2] not in ("sh", "bash", "dash", "ash", "zsh"):
        return None
    options = [n for n, w in enumerate(words) if w.text.startswith("-") and not w.text.startswith("--") and "c" in w.text]
    return words[options[0] + 1] if options and options[0] + 1 < len(words) else None


def _program(scopes: Scopes, node: cst.CSTNode, where: Where) -> str:
    name = dotted(scopes, node, where)
    if name.startswith("plumbum.cmd."):
        return name.rpartition(".")[2]
    if (
        isinstance(node, cst.Subscript)
        and dotted(scopes, node.value, where) == "plumbum.local"
        and isinstance(node.slice[0].slice, cst.Index)
    ):
        return text_of(node.slice[0].slice.value) or ""
    return ""

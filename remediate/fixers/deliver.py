"""How one RUN gets what it consumes: mount flags, and the shell text before its command (SPEC 5).

env:         RUN --mount=type=secret,id=t,env=T,required=true npm ci
file:        RUN --mount=type=secret,id=t,required=true T="$(cat /run/secrets/t)" && export T && npm ci
transition:  RUN --mount=type=secret,id=t [ ! -s /run/secrets/t ] || export T="$(cat /run/secrets/t)"; npm ci
"""

from __future__ import annotations

from collections.abc import Mapping

from remediate.analysis.bindings import Binding, declaring
from remediate.analysis.flows import Flow, Root, Trace
from remediate.analysis.runs import Form, RunView
from remediate.emit.mounts import fits_in_mount, mount_flag
from remediate.fixers.reasons import refuse
from remediate.fixers.shell_words import quote, shell_word
from remediate.knowledge.bases import nonroot_base
from remediate.model import Delivery, NamedTuple, Refusal


class RunChange:
    """What is put into one RUN: mount flags, and statements without their joiner. `guarded` statements already end their own way."""

    __slots__ = ("flags", "mounted", "statements")

    def __init__(self) -> None:
        self.flags: list[str] = []
        self.statements: list[str] = []
        self.mounted: list[tuple[str, str, str]] = []  # (delivery, root, variable)

    def add_flag(self, flag: str) -> None:
        if flag not in self.flags:
            self.flags.append(flag)

    def add_statement(self, statement: str) -> None:
        if statement not in self.statements:
            self.statements.append(statement)


class Manner(NamedTuple):
    """The choices that hold for a whole file. `ids`: root name -> mount id; `optional`: roots that may be missing, and of these `empty`
    leave an empty variable.
    """

    delivery: Delivery
    ids: Mapping[str, str]
    optional: frozenset[str]
    transition: bool = False
    empty: frozenset[str] = frozenset()


class Deliver:
    """Builds the RunChange for one RUN and one flow. `mounted` collects (root, variable) that a RUN gets."""

    def __init__(self, trace: Trace, flow: Flow, manner: Manner, run: RunView) -> None:
        self.trace, self.flow, self.manner, self.run = trace, flow, manner, run
        self.scope = trace.bindings.at(run.index)
        self.roots: dict[str, Root] = {r.name: r for r in flow.roots}
        self.change = RunChange()
        self._done: set[str] = set()

    def build(self, names: list[str]) -> RunChange | Refusal:
        """The change that gives the RUN these variables, or why it can't be given."""
        for name in names:
            problem = self._give(self.scope[name])
            if problem is not None:
                return problem
        return self._check_form() or self.change

    def _check_form(self) -> Refusal | None:
        line = self.run.instruction.start_line
        if not self.change.statements:
            return None
        if self.run.form is Form.EXEC:
            return refuse("exec-form", detail=f"line {line}", line=line)
        if self.run.form is Form.FOREIGN:
            return refuse("foreign-shell", detail=f"line {line}", line=line)
        if self.run.damaged:
            return refuse("shell-not-understood", detail=f"line {line}", line=line)
        if self.run.prints_all:
            return refuse("shell-trace", line=line)
        odd = next((n for n in sorted(self._done) if not (n.isascii() and n.isidentifier())), None)
        return refuse("not-a-variable", name=odd, line=line) if odd is not None else None

    def _give(self, binding: Binding) -> Refusal | None:
        """Make the variable of this binding visible to the RUN's commands."""
        if binding.name in self._done:
            return None
        if len(self._done) > 200:
            return refuse("derived-value", detail=f"{binding.keyword} {binding.name}, at the end of a long chain,")
        self._done.add(binding.name)
        if not fits_in_mount(binding.name):
            return refuse("not-a-variable", name=binding.name)
        found = self._root_of(binding)
        if found is not None:
            return self._give_root(binding.name, *found)
        return self._give_derived(binding)

    def _root_of(self, binding: Binding) -> tuple[Root, str | None] | None:
        """The root whose value this variable holds unchanged, through any number of plain copies, and the default that it has here."""
        for _ in range(len(self.trace.bindings.all) + 1):
            default = self.flow.default_of(binding.number)
            if binding.keyword == "ARG" and binding.name in self.roots and default and "$" in default:
                return self.roots[binding.name], default  # a build arg of its own; `_give_root` refuses such a default
            copied = binding.plain_copy_of
            if copied is None or not self._carries_by_reference(binding):
                break
            binding = self.trace.bindings.of(binding)[copied]
        if self._carries_by_reference(binding):
            return None
        root = self.roots.get(binding.name)
        return (root, None if root.literal else self.flow.default_of(binding.number)) if root is not None else None

    def _carries_by_reference(self, binding: Binding) -> bool:
        scope = self.trace.bindings.of(binding)
        return any(r.name in scope and scope[r.name].number in self.flow.carriers for r in binding.refs)

    def _give_root(self, name: str, root: Root, default: str | None) -> Refusal | None:
        if default and "$" in default:
            return refuse("default-value", name=root.name)
        identity = self.manner.ids[root.name]
        required = root.name not in self.manner.optional and not self.manner.transition
        self.change.mounted.append((self.manner.delivery.value, root.name, name))
        if self.manner.delivery is Delivery.ENV and not self.manner.transition:
            held = next((m for m in self.run.mounts if m.env == name), None)
            if held is not None and held.id != identity:
                return refuse("mount-in-use", detail=f"line {self.run.instruction.start_line}", line=self.run.instruction.start_line)
            if held is None:
                self.change.add_flag(mount_flag(identity, env=name, required=required))
            if default or root.name in self.manner.empty:
                self.change.add_statement(f'export {name}="${{{name}:-{_operand(default) if default else ""}}}"')
            return None
        path = self._file(identity, required)
        if isinstance(path, Refusal):
            return path
        if self.manner.transition:
            self.change.add_statement(f'[ ! -s {path} ] || export {name}="$(cat {path})";')
        elif required:
            self.change.add_statement(f'{name}="$(cat {path})"\nexport {name}')
        else:
            value = f"${{{name}:-{_operand(default)}}}" if default else ""
            exported = f'export {name}="{value}"' if value else f"export {name}"
            self.change.add_statement(f'{name}="$(cat {path} 2>/dev/null || true)"\n{exported}')
        return None

    def _file(self, identity: str, required: bool) -> str | Refusal:
        """The path at which the RUN finds the secret's file; adds the mount when it has none yet."""
        user = self.run.user
        root = user in ("root", "0") or (not user and not nonroot_base(self.run.base))
        for held in self.run.mounts:
            if held.id == identity and held.target and (root or held.readable):
                return held.target
        uid = int(user) if user.isdigit() and user != "0" else None
        mode = 0o444 if not root and uid is None else None
        path = f"/run/secrets/{identity}"
        if path in self.run.targets:
            line = self.run.instruction.start_line
            return refuse("mount-in-use", detail=f"line {line}", line=line)
        self.change.add_flag(mount_flag(identity, required=required, mode=mode, uid=uid))
        return path

    def _give_derived(self, binding: Binding) -> Refusal | None:
        tree = self.trace.tree
        instruction = tree.instructions[binding.instruction]
        raw = declaring(instruction).pairs[binding.pair].value
        text = shell_word(raw, tree.escape) if raw is not None else None
        detail = f"{binding.keyword} {binding.name}"
        line = instruction.start_line
        if text is None:
            return refuse("derived-value", detail=detail, line=line)
        scope = self.trace.bindings.of(binding)
        for ref in binding.refs:
            source = scope.get(ref.name)
            if source is None:
                return refuse("derived-value", detail=f"{detail}, with {ref.name} of the base image", line=line)
            if source.number in self.flow.carriers and ref.op in ("-", "?"):
                return refuse("derived-value", detail=f"{detail}, which asks whether {ref.name} is set at all", line=line)
            if source.number in self.flow.carriers:
                problem = self._give_support(binding, source)
                if problem is not None:
                    return problem
            elif self.scope.get(ref.name) != source:
                return refuse("derived-value", detail=f"{detail}, with {ref.name} set again later", line=line)
        self.change.add_statement(f"export {binding.name}={text}")
        return None

    def _give_support(self, binding: Binding, source: Binding) -> Refusal | None:
        """A variable that only serves to make another one. `ENV T=${T:-x}` is made of the T before it."""
        if source.name != binding.name:
            seen = self.scope.get(source.name)
            if seen is not None and seen.number not in self.flow.carriers:
                return refuse("derived-value", detail=f"{binding.keyword} {binding.name}, with {source.name} set again later")
            return self._give(source)
        found = self._root_of(source)
        if found is None:
            return refuse("derived-value", detail=f"{binding.keyword} {binding.name}")
        return self._give_root(source.name, *found)


def _operand(default: str) -> str:
    """The default inside `"${T:-...}"`, where a `}` would end the expansion."""
    quoted = quote(default)
    return (quoted[1:-1] if quoted.startswith('"') else quoted).replace("}", "\\}")


def joined(change: RunChange, run: RunView) -> list[str]:
    """The statements with the joiner that keeps the command's own meaning: `&&` before a plain `&&` chain, else `;`."""
    chain = run.form is Form.SHELL and bool(run.scripts) and run.scripts[0].and_chain
    out: list[str] = []
    for statement in change.statements:
        if statement.endswith(";"):
            out.append(statement if run.form is Form.SHELL else statement[:-1])
            continue
        first, _, second = statement.partition("\n")
        if run.form is Form.HEREDOC:
            out += [f"{first} || exit 1", second] if second else [first]
        elif chain:
            out.append(f"{first} && {second} &&" if second else f"{first} &&")
        else:
            out.append(f"{first} || exit 1; {second};" if second else f"{first};")
    return out

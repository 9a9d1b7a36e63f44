"""Which bindings carry a secret: by their own name and value, by what they are made of, or because a secret is made of them.

ARG T                                  a secret by use: it is all that NPM_TOKEN is made of
ENV NPM_TOKEN=$T                       a secret by name, a copy of T
ENV PIP_INDEX_URL=https://u:${T}@h/    a secret by what it is made of
"""

from __future__ import annotations

from collections.abc import Mapping

from remediate.analysis.bindings import GLOBAL, Binding, Bindings, declaring
from remediate.analysis.flows import Root
from remediate.analysis.uses import Uses
from remediate.dockerfile.expand import unquote
from remediate.knowledge.names import Judge, Verdict, judge_name
from remediate.knowledge.values import placeholder


class Origins:
    """`carried[number]` is the set of root names whose value the binding with that number holds (empty: no secret)."""

    def __init__(self, bindings: Bindings, judge: Judge, uses: Uses, ignored: frozenset[int]) -> None:
        self.bindings = bindings
        self.judge = judge
        self.uses = uses
        self.ignored = ignored
        self.carried: dict[int, frozenset[str]] = {}
        self.roots: dict[str, Root] = {}
        self.defaults: dict[int, str] = {}
        promoted = self._promoted()
        known: frozenset[str] = frozenset()
        for _ in range(2):
            # A build arg fills every ARG of its name: one that is a secret somewhere is one in each stage, whatever its default there.
            for binding in bindings.all:
                self.carried[binding.number] = self._carry(binding, promoted | known)
            known = frozenset(b.name for b in bindings.all if b.keyword == "ARG" and self.carried[b.number] == {b.name})

    def _verdict(self, binding: Binding) -> Verdict:
        uses = self.uses.of(binding.name)
        scope = self.bindings.of(binding)
        if binding.keyword == "ENV" and binding.refs and not any(ref.name in scope for ref in binding.refs):
            uses = uses._replace(unresolved=True)  # an ARG's default gives way to what is passed, an ENV's value does not
        if binding.refs and all(self._harmless(binding, ref.name) for ref in binding.refs):
            uses = uses._replace(derived_from_secret=False)
        return self.judge.judge(binding.name, self._value(binding), binding.keyword, uses)

    def _harmless(self, binding: Binding, name: str) -> bool:
        """The variable that the value refers to has a value of its own here, and it is no secret."""
        source = self.bindings.of(binding).get(name)
        return source is not None and bool(source.value) and not source.refs and not self.carried.get(source.number)

    def _value(self, binding: Binding) -> str | None:
        """The value to judge: a reference to a variable that nobody sets is empty, as the frontend expands it."""
        if binding.value is None:
            outer = self.bindings.all[binding.outer] if binding.outer is not None else None
            return self._value(outer) if outer is not None else None
        copied = binding.plain_copy_of
        if copied is not None and copied not in self.bindings.of(binding):
            return "" if binding.keyword == "ENV" else None
        if copied is not None:
            source = self.bindings.of(binding)[copied]
            if source.keyword == "ENV" and source.value is not None and not source.refs:
                return self._value(source)
        tree = self.bindings.tree
        pair = declaring(tree.instructions[binding.instruction]).pairs[binding.pair]
        static = unquote(pair.value, tree.escape) if pair.value is not None else None
        return static if static is not None else binding.value

    def _promoted(self) -> frozenset[str]:
        """Build args that are nothing but the value of a variable which is a secret by its name."""
        names: set[str] = set()
        for binding in reversed(self.bindings.all):
            copied = binding.plain_copy_of
            if copied is None or binding.number in self.ignored:
                continue
            source = self.bindings.of(binding).get(copied)
            if source is None or source.keyword != "ARG" or source.number in self.ignored:
                continue
            if source.value and not placeholder(source.value):
                continue
            if binding.name in names or self._verdict(binding).secret:
                names.add(copied)
        return frozenset(names)

    def _carry(self, binding: Binding, promoted: frozenset[str]) -> frozenset[str]:
        if binding.number in self.ignored:
            return frozenset()
        roots = self._from_references(binding, self.bindings.of(binding))
        if roots and binding.keyword == "ARG" and judge_name(binding.name).secret == "yes":
            roots |= {self._entered(binding, self._verdict(binding)).name}  # the caller may pass it itself
        if not roots and binding.outer is not None:
            held = self.carried.get(binding.outer, frozenset())
            if held - {binding.name}:
                roots = held
                if binding.outer in self.defaults:
                    self.defaults[binding.number] = self.defaults[binding.outer]
        if roots:
            return roots
        verdict = self._verdict(binding)
        if not verdict.secret and not (binding.name in promoted and binding.keyword == "ARG"):
            return frozenset()
        return frozenset((self._entered(binding, verdict).name,))

    def _entered(self, binding: Binding, verdict: Verdict) -> Root:
        """The root that this binding declares; of several of one name, one whose value stands in the file goes first."""
        root = self._root(binding, verdict)
        if root.default is not None:
            self.defaults[binding.number] = root.default
        held = self.roots.get(root.name)
        if held is None or (root.literal and not held.literal):
            self.roots[root.name] = root
        return root

    def _from_references(self, binding: Binding, scope: Mapping[str, Binding]) -> frozenset[str]:
        roots: frozenset[str] = frozenset()
        for ref in binding.refs:
            source = scope.get(ref.name)
            if source is not None and ref.op not in (":+", "+"):
                roots |= self.carried.get(source.number, frozenset())
        return roots

    def _root(self, binding: Binding, verdict: Verdict) -> Root:
        value = self._value(binding)
        if binding.keyword == "ARG" and len(binding.refs) == 1 and binding.refs[0].op in (":-", "-") and value == binding.value:
            ref = binding.refs[0]
            whole = (binding.value or "").strip('"') == f"${{{ref.name}{ref.op}{ref.operand}}}"
            if whole and ref.name not in self.bindings.of(binding):
                value = ref.operand  # `ARG T=${T:-none}`: nothing sets the inner T
        literal = bool(verdict.literal and value)
        default = None if literal or value is None or (binding.keyword == "ENV" and binding.stage == GLOBAL) else value
        return Root(binding.name, verdict.kind, verdict.use, verdict.why, literal, default)

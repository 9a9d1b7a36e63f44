"""An SSH key that is written down (or copied) only for SSH clients: the builder's agent offers it instead.

ARG SSH_KEY                                                       (gone)
RUN mkdir -p ~/.ssh && echo "$SSH_KEY" > ~/.ssh/id_rsa     ->     RUN mkdir -p ~/.ssh
RUN git clone git@github.com:acme/app.git                         RUN --mount=type=ssh,required=true git clone git@github.com:acme/app.git

Right only if whatever may read the key asks an agent too. An agent offers all its keys in its own order, so two keys in one file are not
for it; nor are `IdentitiesOnly yes`, `sudo`, a program that is not known, or a variable SSH_AUTH_SOCK of the file's own.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping

from remediate.analysis.copies import CopiedFile
from remediate.analysis.flows import Flow, Trace
from remediate.analysis.life import Life, life_of
from remediate.analysis.runs import RunView, view_runs
from remediate.analysis.stages import descends, parents
from remediate.dockerfile.tree import Dockerfile
from remediate.emit.mounts import mount_flag
from remediate.fixers.identity import optional_roots
from remediate.fixers.reasons import refuse
from remediate.fixers.remedy import Remedy, RunEdit, Situation
from remediate.fixers.ssh_code import code_may_use_ssh
from remediate.fixers.ssh_cuts import cuts_of, names_in_rest
from remediate.fixers.ssh_identities import keys_of, other_identities, unseen_configuration
from remediate.fixers.ssh_runs import Job, Key, KeyRun
from remediate.knowledge import ssh
from remediate.knowledge.bases import nonroot_base
from remediate.model import Delivery, NamedTuple, Refusal, SecretSpec
from remediate.shell.statements import statements
from remediate.text import late

_BASE64 = late(r"\bbase64\s+(?:-\w+\s+)*(?:-[diw0-9]*[dD]\w*|--decode)\b|\bopenssl\s+(?:enc\s+-)?base64\b[^|;&]*\s-d\b")
_ESCAPES = late(r"\becho\s+-\w*e|\bprintf\s+[\"']?%b|\bprintf\s+[\"']?\$")
_REFORMS = frozenset("tr sed awk gawk perl python python3 xargs gpg gzip gunzip xxd rev cut fold jq sh bash".split())
_REWRITES = late(rb"(?i)insteadof")


def propose(s: Situation) -> Remedy | Refusal | None:
    """The agent for a key that a RUN writes with a variable's value."""
    flow, path = s.flow, s.kept.path
    if not path.startswith("/") or "$" in path or "?" in path:
        return None
    if not ssh.is_key_path(path) and not any(r.kind == "ssh-key" for r in flow.roots):
        return None
    if path.endswith(".pub") or posixpath.basename(path) in ("known_hosts", "config", "authorized_keys"):
        return None
    runs = s.trace.runs.views
    starts = sorted({r.run for r in s.kept.residues})
    if any(runs[i].windows for i in starts):
        return refuse("windows", line=s.kept.residues[0].line)
    other = [r for r in flow.residue if not r.printed and r.path != path]
    if flow.elsewhere or other or flow.planted is not None or flow.unread or len(keys_of(s.trace, path)) > 1:
        return None
    if any(u.how.value in ("context", "tool") for u in flow.uses):
        return None
    names = frozenset({s.trace.binding(n).name for n in flow.carriers} | {r.name for r in flow.roots})
    may_lack = optional_roots(s.trace, flow) | frozenset(s.options.optional)
    optional = any(r.default is not None or r.name in may_lack for r in flow.roots)
    found = _without_key(s.trace, runs, starts, path, names, optional)
    if found is None or not _named_nowhere_else(s.trace, runs, flow, found):
        return None
    spec = SecretSpec("default", flow.roots[0].name, Delivery.SSH, required=not optional, consumers=found.users, encoded=_encoded(runs, s))
    return Remedy(found.edits, found.gone, mends=s.kept.residues, secrets=(spec,), how=_HOW)


def _encoded(runs: Mapping[int, RunView], s: Situation) -> str:
    """In what form the variable holds the key, by the command that writes it: `echo "$K" > f` writes it as it is."""
    made = ""
    for rest in s.kept.residues:
        script = runs[rest.run].scripts[rest.script] if rest.script >= 0 else None
        statement = next((x for x in statements(script) if rest.command in x.commands), None) if script is not None else None
        names = {script.commands[i].name for i in statement.commands} if script is not None and statement is not None else {""}
        text = script.text.slice(statement.start, statement.end).text if script is not None and statement is not None else ""
        if _BASE64.search(text) and not names & _REFORMS:
            made = made or "base64"
        elif names & _REFORMS or _ESCAPES.search(text) or not names & {"echo", "printf", "cat", "tee", "ssh-add"}:
            made = "otherwise"
    return made


_HOW = "the key is offered by the builder's SSH agent instead of being written"


def propose_copied_key(trace: Trace, copied: CopiedFile, path: str) -> Remedy | Refusal | None:
    """The agent for a key that COPY or ADD brings to `path`; its file in the context is what the build command hands to the agent."""
    instruction = trace.tree.instructions[copied.instruction]
    if not ssh.is_key_path(path) or instruction.keyword not in ("COPY", "ADD") or instruction.heredocs or "://" in copied.name:
        return None
    base = posixpath.basename(path)
    if copied.name.endswith("/") or base.startswith(".") or any(c in copied.name for c in "*?[$") or len(keys_of(trace, path)) > 1:
        return None
    trace = trace if trace.runs.views else trace._replace(runs=view_runs(trace.tree))
    runs = trace.runs.views
    stage = trace.tree.stage_of(copied.instruction)
    if stage is None:
        return None
    if any(v.windows for i, v in runs.items() if i in stage.instructions):
        return refuse("windows", line=instruction.start_line)
    listed = instruction.exec_form
    sources = [x.value for x in listed[:-1]] if listed is not None else [w.text.text for w in instruction.words[:-1]]
    if sources.count(copied.name) != 1:
        return None
    found = _without_key(trace, runs, [copied.instruction], path, frozenset())
    if found is None:
        return None
    if not found.evident:
        return refuse("copied-for-run-time", detail="no command of the build is seen to need the key", line=instruction.start_line)
    edits = dict(found.edits)
    if len(sources) == 1:
        _with_folder(trace.tree, runs, edits, found.gone, copied.instruction, posixpath.dirname(path))
    spec = SecretSpec("default", copied.name, Delivery.SSH, target=path, consumers=found.users)
    last = len(sources) == 1
    return Remedy(
        edits,
        found.gone | ({copied.instruction} if last else set()),
        {} if last else {copied.instruction: frozenset({sources.index(copied.name)})},
        ignore=(posixpath.normpath(copied.name),),
        secrets=(spec,),
        how="the key is offered by the builder's SSH agent instead of being copied into a layer",
    )


class _Found(NamedTuple):
    edits: Mapping[int, RunEdit]
    gone: frozenset[int]
    cut: Mapping[int, frozenset[int]]
    users: tuple[int, ...]
    evident: bool


def _without_key(
    trace: Trace, runs: Mapping[int, RunView], starts: Collection[int], path: str, names: frozenset[str], optional: bool = False
) -> _Found | None:
    """The RUNs without what serves the key, its users with the mount; None where that is not provably the same."""
    tree = trace.tree
    data = tree.source.data
    if ssh.forbids_agent(data) or other_identities(tree, path) or unseen_configuration(trace):
        return None
    lives = [life_of(trace, path, start) for start in starts]
    if any(x.carried or x.run_time or x.hidden or x.overwritten or (names and x.brought is not None) for x in lives):
        return None
    key = Key(path, names, lambda run: code_may_use_ssh(trace.around, run, path), _REWRITES.search(data) is not None)
    asking = {i for i in runs if i < max(starts) and any(names_in_rest(x, names, ()) for x in runs[i].scripts)}
    judged = {i: KeyRun(runs[i], key) for i in sorted(asking | _scope(tree, runs, starts))}
    edits: dict[int, RunEdit] = {}
    gone: set[int] = set()
    cut: dict[int, frozenset[int]] = {}
    users: list[int] = []
    there: dict[int, bool] = {}
    for index, view in judged.items():
        stage = tree.stage_of(index)
        assert stage is not None  # every RUN in scope stands in one
        if stage.index not in there:
            copied = any(s < index and s in stage.instructions and s not in runs for s in starts)
            there[stage.index] = copied or any(there.get(p, False) for p in parents(tree, stage))
        needs, there[stage.index] = _judge(view, there[stage.index])
        cuts = cuts_of(view)
        if needs is None or cuts is None or _read_otherwise(view, lives):
            return None
        has_one = any("type=ssh" in (f.value or "") for f in view.run.instruction.flags)
        flags = (_flag(view.run, not optional),) if needs and not has_one else ()
        users += [index] if needs else []
        cut[index] = cuts.statements
        if cuts.all_gone:
            gone.add(index)
        elif cuts.statements or cuts.words or flags:
            edits[index] = RunEdit(cut=cuts.statements, words=cuts.words, flags=flags)
    evident = any(judged[i].evident for i in users)
    return _Found(edits, frozenset(gone), cut, tuple(users), evident) if users else None


def _judge(view: KeyRun, there: bool) -> tuple[bool | None, bool]:
    """(whether the RUN uses SSH while the key is there, None when that cannot be told; whether the key is there after it)."""
    needs = False
    for index, job in view.jobs.items():
        if view.writes is not None and index == view.writes:
            there = True
        if view.removes is not None and index == view.removes:
            there = False
        if job is Job.UNSURE or (job is Job.UNKNOWN and there):
            return None, there
        needs = needs or (job is Job.USE and there)
    if view.inner & {Job.UNSURE, Job.KEY, Job.ASKS} or (Job.UNKNOWN in view.inner and there):
        return None, there
    return needs or (there and Job.USE in view.inner), there


def _read_otherwise(view: KeyRun, lives: Collection[Life]) -> bool:
    """A command that stays, and that is no SSH client, is known to read the key's file."""
    mine = {r.command for x in lives for r in x.readings if r.run == view.run.index and (r.sure or r.copies)}
    return any(view.jobs.get(i) is Job.STAY for i in mine)


def _scope(tree: Dockerfile, runs: Mapping[int, RunView], starts: Collection[int]) -> set[int]:
    """RUNs from a start on, in its stage and in those that are built on it."""
    found: set[int] = set()
    for start in starts:
        stage = tree.stage_of(start)
        if stage is None:
            continue
        for index in runs:
            own = tree.stage_of(index)
            if own is not None and (descends(tree, own.index, stage.index) or stage.index in parents(tree, own)):
                found |= {index} if index >= start or own.index != stage.index else set()
    return found


def _flag(run: RunView, required: bool) -> str:
    """The agent's socket belongs to root (0600) unless the mount says otherwise; only a number can be written as its owner (measured)."""
    root = run.user in ("root", "0") or (not run.user and not nonroot_base(run.base))
    uid = int(run.user) if run.user.isdigit() and run.user != "0" else None
    return mount_flag("default", kind="ssh", required=required, uid=uid, mode=0o666 if not root and uid is None else None)


def _named_nowhere_else(trace: Trace, runs: Mapping[int, RunView], flow: Flow, found: _Found) -> bool:
    """No command that stays names a variable which holds the key."""
    held = set(flow.carriers)
    for index, run in runs.items():
        names = [n for n, b in trace.bindings.at(index).items() if b.number in held]
        cut = found.cut.get(index, frozenset())
        for script in run.scripts if names and index not in found.gone else ():
            if names_in_rest(script, names, cut if script is run.scripts[0] else frozenset()):
                return False
    return True


def _with_folder(
    tree: Dockerfile, runs: Mapping[int, RunView], edits: dict[int, RunEdit], gone: Collection[int], copy: int, folder: str
) -> None:
    """COPY made the key's folder; where nothing else does before a RUN that needs it, that RUN makes it. `gone`: RUNs that are no more."""
    short = posixpath.basename(folder)
    stage = tree.stage_of(copy)
    if not folder.strip("/") or stage is None:
        return
    for index in stage.instructions:
        text = tree.instructions[index].args.text
        if index == copy or index in gone or short not in text:
            continue
        if index in runs:
            if re.search(rf"mkdir[^;&|]*{re.escape(short)}", text):
                return
            if index > copy:
                edit = edits.get(index, RunEdit())
                edits[index] = edit._replace(enter=(f"mkdir -p {folder}", *edit.enter))
                return
        elif tree.instructions[index].keyword in ("COPY", "WORKDIR", "ADD"):
            return

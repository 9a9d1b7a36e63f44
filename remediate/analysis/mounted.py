"""What a RUN leaves of the secrets that it mounts: a mount itself is in no layer, what is copied out of it is (SPEC 2, 7).

RUN --mount=type=secret,id=x cat /run/secrets/x > /app/.npmrc            stays in the layer
RUN --mount=type=secret,id=x T="$(cat /run/secrets/x)" npm ci            goes with the command
"""

from __future__ import annotations

from collections.abc import Mapping

from remediate.analysis.bindings import Bindings, Scope
from remediate.analysis.references import all_words, static_argv, tool_name
from remediate.analysis.removals import normal_path, working_folders
from remediate.analysis.residue import Residue, file_residue
from remediate.analysis.runs import Runs, RunView, SecretMount
from remediate.analysis.secret_files import MountedFiles
from remediate.dockerfile.tree import Dockerfile
from remediate.knowledge import commands
from remediate.knowledge.names import judge_name
from remediate.knowledge.names_prefilter import name_pattern
from remediate.model import NamedTuple
from remediate.shell.view import Command
from remediate.text import late

_NOT_SECRET = ("_URL", "_FILE", "_PATH", "_DIR", "_NAME", "_ID", "_USER", "_HOST", "_TYPE", "_VERSION", "_PUBLIC_KEY", "_PUB", "_AUTHOR")
_MOST = 20_000  # commands that are looked at in one file, and pairs of a mount and a command in one RUN


class MountTrouble(NamedTuple):
    """Something that will not do what its author meant: `kind` is `rm-mount`, `late-mount`, `early-expansion`,
    `unset-variable`, `lost-variable` or `not-followed`.
    """

    run: int
    line: int
    kind: str
    name: str
    message: str


def mounted_residue(tree: Dockerfile, runs: Runs, bindings: Bindings | None = None) -> list[Residue]:
    """What the RUNs leave of the secrets that they mount. `name` is the variable that the mount fills, else the path that it shows."""
    out: list[Residue] = []
    bindings = bindings or Bindings(tree)
    for run in _within_budget(runs):
        mounts = [m for m in run.mounts if (m.env or m.target) and not _public(m)]
        if not mounts:
            continue
        scope = bindings.at(run.index)
        together = _of(tree, run, tuple(mounts), scope)
        if together and 1 < len(mounts) <= _MOST // (1 + _size(run)):
            each = [r for m in mounts for r in _of(tree, run, (m,), scope)]
            together = each or together
        out += together
    return list(dict.fromkeys(out))


def _size(run: RunView) -> int:
    return sum(len(s.commands) for s in run.scripts)


def _within_budget(runs: Runs) -> list[RunView]:
    """The RUNs with mounts that are followed: all, but for files that no person writes."""
    out: list[RunView] = []
    budget = _MOST
    for run in runs.views.values():
        if run.mounts:
            budget -= _size(run)
            if budget >= 0 and not any(s.bounded for s in run.scripts):
                out.append(run)
    return out


_PUBLIC = late(r"(?:^|[^a-z])(?:ca|cas|cacerts?|ca_?bundle|certs?|certificates?|crt|known_?hosts|pub|public_?key)(?:[^a-z]|$)")
_PRIVATE = late(r"private|token|pass|secret_key|p12|pfx|client|(?<!public)(?<!public_)(?:^|[^a-z])key")


def _public(mount: SecretMount) -> bool:
    """A certificate of an authority, a list of known hosts: mounted as a secret to keep it out of the image, and none."""
    name = (mount.env or f"{mount.id} {mount.target.removeprefix('/run/secrets/')}").lower()
    return _PUBLIC.search(name) is not None and _PRIVATE.search(name.replace("public-key", "public_key")) is None


def mounted_files(run: RunView, scope: Scope) -> MountedFiles | None:
    """The files that the secret mounts of the RUN show, None when there are none."""
    mounts = tuple(m for m in run.mounts if m.target and not _public(m))
    return _files(run, mounts, scope) if mounts else None


def _files(run: RunView, mounts: tuple[SecretMount, ...], scope: Scope) -> MountedFiles:
    paths = frozenset(normal_path(m.target, run, run.workdir) for m in mounts if m.target)
    held = {n: b.value.strip("\"'") for n, b in scope.items() if b.value and not b.refs}
    return MountedFiles(paths, held, _adopted(run, scope) if paths else frozenset())


def _of(tree: Dockerfile, run: RunView, mounts: tuple[SecretMount, ...], scope: Scope) -> list[Residue]:
    files = _files(run, mounts, scope)
    paths = files.paths
    name = mounts[0].env or mounts[0].target
    if run.argv and not run.scripts:
        return _of_words(run, name, mounts, paths)
    return file_residue(tree.source, run, name, files, [m.env for m in mounts if m.env])


def _of_words(run: RunView, name: str, mounts: tuple[SecretMount, ...], paths: frozenset[str]) -> list[Residue]:
    """The exec form has no shell: only what the program itself copies or prints."""
    line, argv = run.instruction.start_line, run.argv
    tool = tool_name(argv)
    if tool in ("cp", "mv", "install") and any(a in paths for a in argv[1:-1]):
        return [Residue(run.index, name, line, tool, argv[-1], path=argv[-1])]
    variables = {m.env for m in mounts if m.env}
    dumps = bool(variables) and (commands.dumps_environment(argv) or (tool == "printenv" and variables & set(argv)))
    if dumps or (tool in ("cat", "head", "tail") and any(a in paths for a in argv[1:])):
        return [Residue(run.index, name, line, tool, "", True)]
    return []


def _adopted(run: RunView, scope: Mapping[str, object]) -> frozenset[str]:
    """Variables with a secret's name that nothing in sight sets: a file of settings that is read in may."""
    used: set[str] = set()
    made: set[str] = set()
    for _, command in run.commands():
        made |= {a.name for a in command.assignments if a.value is not None}
        used |= {e.name for w in all_words(command) for e in w.expansions}
        used |= {e.name for r in command.redirects for e in r.expansions}
    return frozenset(n for n in used - made if n not in scope and _may_be_secret(n))


def _may_be_secret(name: str) -> bool:
    """More generous than the rows, since the file that the variable comes from is a secret: `CRIU_AUTH_HEADER`."""
    told = judge_name(name).secret
    if told == "maybe" and name.upper().endswith(("DATABASE_URL", "DB_URL", "MONGO_URL", "REDIS_URL", "_DSN")):
        return True  # of an address in a file of secrets, the one that has a password in it
    if told == "yes" or name.upper().endswith(_NOT_SECRET):
        return told == "yes"
    return told == "maybe" or name_pattern().search(name.lower().encode("utf-8", "surrogateescape")) is not None


def mount_troubles(tree: Dockerfile, runs: Runs, bindings: Bindings | None = None) -> list[MountTrouble]:
    """What fails or does nothing: `rm` of a mount, a mount flag that is no flag, a variable that is read before it is set or never set."""
    out: list[MountTrouble] = []
    bindings = bindings or Bindings(tree)
    known = {run.index for run in _within_budget(runs)}
    for run in runs.views.values():
        paths = {normal_path(m.target, run, run.workdir): m.target for m in run.mounts if m.target}
        if run.mounts and run.index not in known:
            says = "the command is too long to be followed: what it does with the mounted secret is not known"
            out.append(MountTrouble(run.index, run.instruction.start_line, "not-followed", run.mounts[0].id, says))
        start = run.instruction.start_line
        out += [MountTrouble(run.index, start, "unset-variable", *found) for found in _unset(run, bindings.at(run.index))]
        out += [MountTrouble(run.index, start, "lost-variable", *found) for found in _lost(run)]
        for script in run.scripts[:1]:
            folders = working_folders(script, run)
            for command in script.commands:
                line = tree.source.line_of(script.text.start_of(command.start))
                out += [MountTrouble(run.index, line, *found) for found in _troubles(run, paths, command, folders[command.index])]
    return list(dict.fromkeys(out))


def _unset(run: RunView, scope: Scope) -> list[tuple[str, str]]:
    """`--mount=type=secret,id=token` and `$token`, which nothing sets: the mount shows a file, it fills no variable."""
    files = {m.id: m.target for m in run.mounts if m.target and not m.env}
    if not files or any(s.damaged for s in run.scripts) or any(c.name in (".", "source", "eval", "read") for _, c in run.commands()):
        return []
    asked = {e.name for _, c in run.commands() for w in all_words(c) for e in w.expansions if not e.op and not e.length}
    values = [(a.name, a.value) for _, c in run.commands() for a in c.assignments if a.value is not None]
    made = {name for name, value in values if all(e.name != name for e in value.expansions)}
    text = run.instruction.args.data
    return [
        (name, f"nothing sets ${name}: the mount shows the secret as the file {target}; add env={name} to it, or read the file")
        for name, target in files.items()
        if name in asked and name not in made and name not in scope and target.encode("utf-8", "surrogateescape") not in text
    ]


def _lost(run: RunView) -> list[tuple[str, str]]:
    """A RUN that does nothing but set variables from its mounts: they are gone with it."""
    commands_ = [c for c in run.scripts[0].commands if "substitution" not in c.scopes] if run.scripts and run.mounts else []
    if not commands_ or not all(_only_sets(c) for c in commands_):
        return []
    files = [m.target for m in run.mounts if m.target and m.target.encode("utf-8", "surrogateescape") in run.instruction.args.data]
    return [(files[0], f"what is read from {files[0]} is lost: variables end with their RUN")] if files else []


def _only_sets(command: Command) -> bool:
    if command.name in ("export", "set", "readonly", "declare"):
        return not command.redirects
    return not command.argv and bool(command.assignments) and not command.redirects


def _troubles(run: RunView, paths: Mapping[str, str], command: Command, folder: str) -> list[tuple[str, str, str]]:
    out: list[tuple[str, str, str]] = []
    for removed in commands.removes(static_argv(command)):
        target = paths.get(normal_path(removed, run, folder))
        if target is not None:
            out.append(("rm-mount", target, f"rm of {target} fails (Device or resource busy): the mount goes by itself"))
    late_flag = next((a.name for a in command.assignments if a.name.startswith("--")), "")
    if late_flag in ("--mount", "--network", "--security"):
        out.append(("late-mount", late_flag, "a mount flag stands first behind RUN; here the shell takes it for a command"))
    if command.argv and command.assignments and paths:
        for a in command.assignments:
            late = a.value is not None and not a.exported and any(p in a.value.raw for p in paths.values())
            if late and any(e.name == a.name for w in command.argv[1:] for e in w.expansions):
                says = f"the shell puts ${a.name} in before the command's own {a.name}=... counts: it gets something else there"
                out.append(("early-expansion", a.name, says))
    return out

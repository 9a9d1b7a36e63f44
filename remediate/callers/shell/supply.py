"""How one secret reaches one build: from the environment, from a file, or by an assignment before the command."""

from __future__ import annotations

from remediate.callers.model import Move, Refused
from remediate.callers.shell.definitions import function_of
from remediate.callers.shell.find import Site
from remediate.callers.shell.host import Host
from remediate.callers.shell.options import Arg
from remediate.callers.shell.shells import Shell, certain
from remediate.callers.shell.values import Value, value_behind, value_of
from remediate.model import NamedTuple
from remediate.shell.nested import wrapper_assignments
from remediate.shell.view import Command

# Variables that a shell sets for itself, and does not put into the environment of what it runs.
OF_THE_SHELL = frozenset(
    "_ BASHPID BASH_SOURCE BASH_VERSION COLUMNS DIRSTACK EUID FUNCNAME GROUPS HOSTNAME HOSTTYPE IFS LINENO LINES MACHTYPE OPTARG OPTIND"
    " OSTYPE PPID PS1 PS2 PS4 RANDOM REPLY SECONDS SHELLOPTS UID".split()
)
_EXPORTERS = ("export", "declare", "typeset")  # `export -n T`, `declare +x T`
_MOVES = ("cd", "pushd", "popd")
BURNT = "the value of {} that stands in the file is burnt: rotate it"


class Supply(NamedTuple):
    """`field` is what stands behind `id=...,` (or behind `ID` for SSH). `assign` is (name, value as a shell word) for the command
    `before` (a shell and one of its commands). `variable` is the variable that has to reach the builder, "" for none.
    """

    field: bytes
    variable: str = ""
    assign: tuple[str, bytes] | None = None
    before: tuple[Shell, Command] | None = None
    told: tuple[str, ...] = ()


def surely(shell: Shell, name: str, site: Site, host: Host) -> bool:
    """Whether the variable, if it is set, is in the environment of the build command."""
    if not name.isidentifier() or name in OF_THE_SHELL:
        return False
    command = _seen_from(shell, site)
    if command is not None and shell.exports(name, command):
        return True
    function = function_of(command) if command is not None else ""
    if any(d.local and function_of(d.command) == function for d in shell.definitions.get(name, ())):
        return False
    if any(
        d.command.name == "unset" or (d.command.name in _EXPORTERS and d.word is None and not d.exported and not d.local)
        for d in shell.definitions.get(name, ())
    ):
        return False
    if shell.up is None:
        if shell.takes_in or (hasattr(host, "own") and shell.assigns(name)):
            return False  # that host knows what surrounds the text, and of the text itself only what it seems to assign
        return host.exported(name) and not any(loop.name == name for loop in shell.script.loops)
    return not shell.assigns(name) and not shell.takes_in


def _seen_from(shell: Shell, site: Site) -> Command | None:
    """The command of `shell` in which the build runs."""
    if shell is site.shell:
        return site.command
    here = site.shell
    while here.up is not None:
        if here.up[0] is shell:
            return here.up[1]
        here = here.up[0]
    return None


def supply(site: Site, arg: Arg, move: Move, host: Host) -> Supply | Refused:
    """How the value of `arg` reaches the build as the secret of `move`."""
    if arg.token.choices or "template" in arg.token.holder or arg.token.unknown or arg.option.holder != arg.token.holder:
        return Refused("caller-arguments", f"--build-arg {arg.name} is put together from several places")
    value = value_of(arg, site.command)
    if move.ssh:
        return _key(site, arg, value, move)
    if value.kind == "through":
        return Supply(b"env=" + value.name.encode(), value.name)
    if value.kind == "file" and move.by_file and not _moves_on(site, arg, value):
        return Supply(b"src=" + _home(value.path))
    if value.kind == "template" and not getattr(host, "shows", False):
        name = host.carry(_variable(arg, move), value.name)
        return (
            Supply(b"env=" + name.encode(), name)
            if name
            else Refused("caller-value", f"the value of {arg.name} cannot be put in a variable here")
        )
    shell = arg.token.shell
    if (
        value.kind == "name"
        and not _set_before(site, value.name)
        and surely(_evaluating(shell, value), value.name, site, host)
        and not _changes(site, arg, value)
    ):
        return Supply(b"env=" + value.name.encode(), value.name)
    return _assigned(site, arg, move, value, host)


def handed(site: Site, arg: Arg, move: Move, host: Host) -> Supply | Refused:
    """The value in the environment of the command, in the variable from which the file that it builds by takes the secret."""
    found = supply(site, arg, move._replace(by_file=False), host)
    if isinstance(found, Refused) or found.variable == move.hand:
        return found
    if found.assign is not None:
        return Refused("caller-value", f"{move.hand} cannot be set before the command")
    if _assignable(move.hand, site.shell, host) != move.hand or getattr(host, "argued", False):
        return Refused("caller-value", f"{move.hand} is set in the script, and cannot be set before the command")
    raw = b"${" + found.variable.encode() + b"-}" if site.shell.strict else b"$" + found.variable.encode()
    return found._replace(variable=move.hand, assign=(move.hand, b'"' + raw + b'"'), before=(site.shell, site.command))


def _set_before(site: Site, name: str) -> bool:
    """Whether the command itself sets the variable to something else: `T=x docker build --build-arg A=$T` hands on the T of before."""
    for each in (*site.command.assignments, *wrapper_assignments(site.command)):
        if each.name == name and (each.value is None or each.value.raw.strip('"').strip("${}") != name):
            return True
    return False


def _evaluating(shell: Shell, value: Value) -> Shell:
    return shell.up[0] if value.outer and shell.up is not None else shell


def _variable(arg: Arg, move: Move) -> str:
    names = [*([move.hand] if move.hand else []), arg.name, *move.spec.env_names, move.spec.name, move.spec.id]
    return next((n for n in names if n.isascii() and n.isidentifier()), "SECRET")


def _assignable(name: str, shell: Shell, host: Host) -> str:
    """A variable that the script has made read-only cannot be set before the command: then one of another name."""
    while name in shell.fixed or name in getattr(host, "fixed", ()) or (name.startswith("BUILD_") and shell.assigns(name)):
        name = f"BUILD_{name}"
    return name


def _home(path: bytes) -> bytes:
    """No shell expands a tilde behind `src=`."""
    return b"$HOME" + path[1:] if path.startswith(b"~/") else path


def _assigned(site: Site, arg: Arg, move: Move, value: Value, host: Host) -> Supply | Refused:
    """`T="$X" docker build`: the value in the environment of that one command."""
    name = _variable(arg, move)
    raw = _filled(value, arg, move, host)
    if raw is None or raw.startswith(b"~") or b":~" in raw:
        return Refused("caller-value", f"the value of {arg.name} cannot be taken out of its word")
    holder = arg.token.holder
    before = (site.shell, site.command)
    if value.outer:
        if value.kind != "name" or site.shell.up is None:
            return Refused("caller-value", f"the value of {arg.name} is put in by the shell around")
        before, raw = site.shell.up, b'"$' + value.name.encode() + b'"'
    elif holder[:1] == ("call",):
        if site.frame is None:
            return Refused("caller-value", f"the value of {arg.name} comes from a call that is not followed")
        before = (site.shell, site.frame.command if site.frame.command.index == holder[1] else site.command)
        if before[1] is site.command:
            return Refused("caller-value", f"the value of {arg.name} comes from a call of a call")
    elif holder and (value.kind not in ("name", "literal") or _changes(site, arg, value)):
        return Refused("caller-value", f"the value of {arg.name} is worked out before the build")
    name = _assignable(name, before[0], host)
    if value.kind == "name" and holder and before[0].strict:
        raw = b'"${' + value.name.encode() + b'-}"'  # what stands under a condition is now looked at without it
    elif value.kind == "name" and raw[:1] == b"$":
        raw = b'"' + raw + b'"'
    if value.kind == "literal" and any(site.shell.place(0) >= s.place(c.start) and not c.redirects for s, c in _around(site)):
        return Refused("caller-value", f"the value of {arg.name} stands in an argument of a shell")
    told = (BURNT.format(arg.name),) if value.kind == "literal" else ()
    if value.kind == "name" and value.name.isdigit() and site.frame is None:
        told = (*told, f"the value of {arg.name} is still an argument of this script: better take it from the environment")
    if before[0].traced:
        told = (*told, f"set -x prints the value of {name}, as it did before")
    return Supply(b"env=" + name.encode(), name, (name, raw), before, told)


def _around(site: Site) -> list[tuple[Shell, Command]]:
    out = []
    shell = site.shell
    while shell.up is not None:
        out.append(shell.up)
        shell = shell.up[0]
    return out


def _filled(value: Value, arg: Arg, move: Move, host: Host) -> bytes | None:
    """The value as a shell word, with a variable in place of each template in it."""
    raw = value.raw
    if raw is None or not value.templates:
        return raw
    if raw[:1] == b"'" or arg.token.state == "s":
        return None
    out = raw
    for start, end, template in reversed(value.templates):
        if getattr(host, "shows", False):
            out = out[:start] + template.encode("utf-8", "surrogateescape") + out[end:]
            continue
        name = host.carry(_variable(arg, move), template)
        if name is None or not 0 <= start < end <= len(raw):
            return None
        out = out[:start] + b"${" + name.encode() + b"}" + out[end:]
    return out


def _changes(site: Site, arg: Arg, value: Value) -> bool:
    """Whether the variable gets another value between where the argument is put together and the build."""
    holder = arg.token.holder
    if not holder or holder[0] != "variable" or value.kind != "name":
        return False
    index = holder[2] if len(holder) > 2 and isinstance(holder[2], int) else 0
    shell = arg.token.shell
    function = function_of(shell.script.commands[index])
    if value.name.isdigit():  # an argument of the script or function
        return function != function_of(site.command) or any(c.name in ("shift", "set") for c in shell.script.commands[index:])
    if not value.name.isidentifier() or any(loop.name == value.name for loop in shell.script.loops):
        return True
    own = [d for d in shell.definitions.get(value.name, ()) if not (d.word is None and d.exported)]
    if any(d.local for d in own) and function != function_of(site.command):
        return True
    return any(d.command.index > index and (not d.local or function_of(d.command) == function) for d in own)


def _moves_on(site: Site, arg: Arg, value: Value) -> bool:
    """Whether a file that is read when the arguments are put together is another one when the build runs."""
    if not arg.token.holder:
        return False
    return b"$" in value.path or any(c.name in _MOVES for c in arg.token.shell.script.commands)


def _key(site: Site, arg: Arg, value: Value, move: Move) -> Supply | Refused:
    """A key goes by its file, or by an agent that is there already."""
    value = _from_file(site, arg, value)
    if value.kind == "file" and not value.outer:
        return Supply(b"=" + _home(value.path))
    top = site.shell
    while top.up is not None:
        top = top.up[0]
    if b"ssh-add" in top.data:
        return Supply(b"", "SSH_AUTH_SOCK")
    name = value.name or move.spec.name
    by_hand = (
        'eval "$(ssh-agent -s)"',
        f"printf '%s\\n' \"${name}\" | ssh-add -",
        f"{' '.join(site.builder.words)} --ssh {move.spec.id} ...",
    )
    return Refused("caller-key", f"the build needs the key of {name} through an agent", by_hand=by_hand)


def _from_file(site: Site, arg: Arg, value: Value) -> Value:
    """`KEY=$(cat FILE)` once, surely before the build, and never anything else: the variable's value is the file's."""
    shell = arg.token.shell
    own = shell.definitions.get(value.name, ()) if value.kind == "name" and not (value.outer or arg.token.holder) else ()
    if len(own) != 1 or own[0].word is None or own[0].append or own[0].local or shell is not site.shell or shell.takes_in:
        return value
    if own[0].command.index > site.command.index or not certain(shell, own[0].command, site.command):
        return value
    if any(loop.name == value.name for loop in shell.script.loops):
        return value
    found = next(value_behind(arg.token, a) for a in own[0].command.assignments if a.name == value.name)
    stays = found.path.startswith((b"/", b"~/", b"$HOME/", b"${HOME}/")) or not any(c.name in _MOVES for c in shell.script.commands)
    return found if found.kind == "file" and stays and b"$" not in found.path.replace(b"$HOME/", b"").replace(b"${HOME}/", b"") else value

"""How a variable gets past what stands between the shell and the builder: `sudo`, `env -i`, a function that runs its arguments."""

from __future__ import annotations

from collections.abc import Sequence

from remediate.callers.model import Refused
from remediate.callers.shell.builders import EMPTIES, KEEPS
from remediate.callers.shell.expand import Expander
from remediate.callers.shell.find import Site
from remediate.callers.shell.passing import passing
from remediate.callers.shell.shells import Shell
from remediate.callers.shell.tokens import Token
from remediate.model import NamedTuple
from remediate.shell.nested import WRAPPERS
from remediate.shell.view import Command

_LOGIN = ("-i", "--login")
DEEPEST = 3


class Keep(NamedTuple):
    """A `sudo` that has to keep variables: text goes to `at` (behind `sudo`, or behind a list it has already).

    `when`: the variable in which `sudo` stands, when it may be empty.
    """

    shell: Shell
    at: int
    listed: bool
    when: str = ""


def way(site: Site, variable: str, start: tuple[Shell, Command] | None) -> list[Keep] | Refused:
    """What must be added so that the variable arrives; a refusal where it cannot. `start`: the command before which it is assigned."""
    out: list[Keep] = []
    shell, command = site.shell, site.command
    tokens: Sequence[Token] = site.tokens[: site.first + 1]
    while True:
        found = _passes(shell, command, tokens, variable, 0)
        if isinstance(found, Refused):
            return found
        out += found
        if shell.up is None or (start is not None and start[0] is shell):
            return out
        shell, command = shell.up
        tokens = Expander(shell, None).command(command)


def _passes(shell: Shell, command: Command, tokens: Sequence[Token], variable: str, depth: int) -> list[Keep] | Refused:
    out: list[Keep] = []
    for at, token in enumerate(tokens):
        name = (token.value or "").rsplit("/", 1)[-1]
        if name == "doas" and at <= 1:
            return Refused("caller-remote", "doas resets the environment")
        if why := _emptied(tokens, at, name, variable):
            return Refused("caller-remote", why)
        found: list[Keep] | Refused = []
        if name in shell.functions:
            found = _through(shell, name, variable, depth)
        elif _is_sudo(token):
            found = _sudo(shell, command, tokens, at, variable)
        if isinstance(found, Refused):
            return found
        out += found
        known = name in WRAPPERS or name in KEEPS or name in shell.functions or bool(token.choices)
        if not known and at and not token.raw.startswith(b"-"):
            break
    return out


def _through(shell: Shell, name: str, variable: str, depth: int) -> list[Keep] | Refused:
    """What a function puts before the arguments that it runs."""
    out: list[Keep] = []
    for command, words in passing(shell, name) if depth < DEEPEST else ():
        tokens = Expander(shell, None).command(command)[: len(words) + 1]
        found = _passes(shell, command, [t for t in tokens if not t.unknown], variable, depth + 1)
        if isinstance(found, Refused):
            return found
        out += found
    return out


def _is_sudo(token: Token) -> bool:
    return any(t.split()[:1] == ["sudo"] for t in token.choices or ((token.value or "").rsplit("/", 1)[-1],))


def _sudo(shell: Shell, command: Command, tokens: Sequence[Token], at: int, variable: str) -> list[Keep] | Refused:
    token = tokens[at]
    if any(" " in t for t in token.choices):
        return _defined(shell, token)
    options = _options(tokens, at)
    if any(o.value in _LOGIN for o in options):
        return Refused("caller-remote", "sudo -i starts with an environment of its own")
    listed = next((o for o in options if o.raw.startswith(b"--preserve-env=")), None)
    if listed is not None:
        return [] if variable in (listed.value or "").partition("=")[2].split(",") else [Keep(listed.shell, listed.end, True)]
    if any(_keeps(o.value or "") for o in options):
        return []
    held = token.holder[:1] == ("variable",)
    if not held or token.state in ("d", "s") or token.before >= 0 or token.after >= 0:
        return [Keep(token.shell, token.end, False)]
    # `$SUDO docker build`: where the variable is used, since its text may be a bare word
    for word in command.argv:
        one = word.expansions[0] if len(word.expansions) == 1 and word.value is None and not word.prefix else None
        if one is not None and one.name == token.holder[1] and (one.start, one.end) == (word.start, word.end):
            if one.op not in ("", ":-"):
                break
            return [Keep(shell, word.end, False, "" if one.op else one.name)]
    return Refused("caller-remote", "sudo takes the environment away, and comes out of a variable")


def _defined(shell: Shell, token: Token) -> list[Keep] | Refused:
    """`DOCKER="sudo docker"` in one branch, `DOCKER=docker` in the other."""
    out = []
    for each in shell.definitions.get(str(token.holder[-1]), ()):
        text = each.word.value if each.word is not None else None
        if text is None or text.split()[:1] != ["sudo"]:
            continue
        assert each.word is not None
        options = [w for w in text.split() if w.startswith("-")]
        if any(_keeps(w) for w in options):
            continue
        if each.word.raw[:1] not in "\"'" or not each.word.raw[1:].startswith("sudo ") or any(w in _LOGIN for w in options):
            return Refused("caller-remote", "sudo takes the environment away, and comes out of a variable")
        out.append(Keep(shell, each.word.start + len('"sudo'), False))
    return out


def _keeps(option: str) -> bool:
    return option == "--preserve-env" or (option.startswith("-") and not option.startswith("--") and "E" in option)


def _options(tokens: Sequence[Token], at: int) -> list[Token]:
    out: list[Token] = []
    for token in tokens[at + 1 :]:
        if token.value == "--" or not (token.prefix.startswith("-") or (out and (out[-1].value or "") in WRAPPERS["sudo"].valued)):
            break
        out.append(token)
    return out


def _emptied(tokens: Sequence[Token], at: int, name: str, variable: str) -> str:
    """Why the variable does not get past the program at `at`."""
    if name in EMPTIES:
        found = next((t.value for t in tokens[at + 1 :] if t.value in EMPTIES[name]), None)
        return f"{name} {found} empties the environment" if found else ""
    if name != "env":
        return ""
    for number, token in enumerate(tokens[at + 1 :], at + 1):
        value = token.value or ""
        if value in ("-i", "-", "--ignore-environment"):
            return "env -i empties the environment"
        if value in ("-u", "--unset") and number + 1 < len(tokens) and tokens[number + 1].value == variable:
            return f"env -u takes {variable} away"
        if value in (f"-u{variable}", f"--unset={variable}"):
            return f"env -u takes {variable} away"
        if not value.startswith("-") and b"=" not in token.raw:
            break
    return ""

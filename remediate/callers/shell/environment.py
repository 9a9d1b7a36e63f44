"""How a variable gets past what stands between the shell and the builder (`sudo`, `env -i`)."""

from __future__ import annotations

from remediate.callers.model import Refused
from remediate.callers.shell.find import Site
from remediate.callers.shell.shells import Shell
from remediate.model import NamedTuple
from remediate.shell.nested import WRAPPERS
from remediate.shell.view import Command, Word

_LOGIN = ("-i", "--login")


class Keep(NamedTuple):
    """A `sudo` of the shell's command that has to keep variables: text goes to `at` (behind `sudo`, or behind a list it has already)."""

    shell: Shell
    at: int
    listed: bool


def way(site: Site, variable: str, start: tuple[Shell, Command] | None) -> list[Keep] | Refused:
    """What must be added so that the variable arrives; a refusal where it cannot. `start`: the command before which it is assigned."""
    out: list[Keep] = []
    shell, command = site.shell, site.command
    while True:
        found = _passes(shell, command, variable)
        if isinstance(found, Refused):
            return found
        out += found
        if shell.up is None or (start is not None and start[0] is shell):
            return out
        shell, command = shell.up


def _passes(shell: Shell, command: Command, variable: str) -> list[Keep] | Refused:
    words = command.argv
    out: list[Keep] = []
    for at, word in enumerate(words):
        name = (word.value or "").rsplit("/", 1)[-1]
        if name == "doas" and at <= 1:
            return Refused("caller-remote", "doas resets the environment")
        if name == "env" and (why := _emptied(words, at, variable)):
            return Refused("caller-remote", why)
        if name == "sudo":
            options = _options(words, at)
            if any(o.value in _LOGIN for o in options):
                return Refused("caller-remote", "sudo -i starts with an environment of its own")
            listed = next((o for o in options if o.raw.startswith("--preserve-env=")), None)
            if listed is not None:
                if variable not in (listed.value or "").partition("=")[2].split(","):
                    out.append(Keep(shell, listed.end, True))
            elif not any(_keeps(o.value or "") for o in options):
                out.append(Keep(shell, word.end, False))
        if name not in WRAPPERS and at and not word.raw.startswith("-"):
            break
    return out


def _keeps(option: str) -> bool:
    return option == "--preserve-env" or (option.startswith("-") and not option.startswith("--") and "E" in option)


def _options(words: tuple[Word, ...], at: int) -> list[Word]:
    out: list[Word] = []
    for word in words[at + 1 :]:
        if word.value == "--" or not (word.prefix.startswith("-") or (out and (out[-1].value or "") in WRAPPERS["sudo"].valued)):
            break
        out.append(word)
    return out


def _emptied(words: tuple[Word, ...], at: int, variable: str) -> str:
    for number, word in enumerate(words[at + 1 :], at + 1):
        value = word.value or ""
        if value in ("-i", "-", "--ignore-environment"):
            return "env -i empties the environment"
        if value in ("-u", "--unset") and number + 1 < len(words) and words[number + 1].value == variable:
            return f"env -u takes {variable} away"
        if value in (f"-u{variable}", f"--unset={variable}"):
            return f"env -u takes {variable} away"
        if not value.startswith("-") and "=" not in word.raw:
            break
    return ""

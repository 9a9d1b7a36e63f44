"""Variable names that stand in the text of arguments, for whoever runs there: `printenv T`, `node -e 'process.env.T'`."""

from __future__ import annotations

import re

from remediate.knowledge.commands_shape import Call
from remediate.text import late

_NAME = r"([A-Za-z_][A-Za-z0-9_]*)"
_QUOTE = r"""\\?["']"""
# (programs, pattern): how each language spells a look-up in the environment. Every pattern is anchored by literal text, so it is linear.
_LOOKUPS: tuple[tuple[str, str], ...] = (
    ("python", rf"environ(?:\.get|\.pop|\.setdefault)?[\[(] ?{_QUOTE}{_NAME}"),
    ("python", rf"getenv\( ?{_QUOTE}{_NAME}"),
    ("node deno bun ts-node tsx npx", rf"process\.env\.{_NAME}"),
    ("node deno bun ts-node tsx npx", rf"env\[{_QUOTE}{_NAME}"),
    ("node deno bun", rf"env\.get\({_QUOTE}{_NAME}"),
    ("perl", r"\$ENV\{ ?" + rf"(?:{_QUOTE})?{_NAME}"),
    ("ruby rails rake", rf"ENV(?:\.fetch)?[\[(] ?{_QUOTE}{_NAME}"),
    ("php", rf"getenv\( ?{_QUOTE}{_NAME}"),
    ("php", rf"_(?:ENV|SERVER)\[ ?{_QUOTE}{_NAME}"),
    ("R Rscript r", rf"Sys\.getenv\( ?{_QUOTE}{_NAME}"),
    ("awk gawk mawk nawk", rf"ENVIRON\[ ?{_QUOTE}{_NAME}"),
    ("jq yq gojq jaq", rf"(?:\$ENV|\benv)\.{_NAME}"),
    ("jq yq gojq jaq", rf"(?:\$ENV|\benv)\[{_QUOTE}{_NAME}"),
    ("yq", rf"(?:strenv|env)\( ?{_NAME}"),
    ("openssl", rf"\Aenv:{_NAME}\Z"),
    ("mvn", r"\$\{env\." + _NAME),
    ("envsubst", r"\$\{?" + _NAME),
    ("elixir mix iex", rf"get_env\( ?{_QUOTE}{_NAME}"),
    ("lua luajit luarocks", rf"getenv\( ?{_QUOTE}{_NAME}"),
    ("pwsh powershell", r"\$[Ee][Nn][Vv]:" + _NAME),
    ("cmd", rf"%{_NAME}%"),
    ("julia", rf"ENV\[ ?{_QUOTE}{_NAME}"),
    ("ansible ansible-playbook", rf"env['\"] ?, ?{_QUOTE}{_NAME}"),
    ("sh bash dash ash zsh ksh su runuser eval xargs parallel watch find script git ssh", r"(?<!\\)\$\{?" + _NAME),
)
_BY_PROGRAM: dict[str, tuple[str, ...]] = {}
for _programs, _pattern in _LOOKUPS:
    for _program in _programs.split():
        _BY_PROGRAM[_program] = (*_BY_PROGRAM.get(_program, ()), _pattern)
_IDENTIFIER = late(_NAME)


def _words_as_names(command: Call) -> tuple[str, ...]:
    return tuple(word for word in command.words if word is not None and _IDENTIFIER.fullmatch(word))


def _after_option(command: Call, options: tuple[str, ...]) -> tuple[str, ...]:
    """Values of `-e NAME`, `--build-arg NAME`, `--env=NAME` that name a variable to be passed on."""
    found: list[str] = []
    for index, arg in enumerate(command.args):
        if arg is None:
            continue
        option, equals, value = arg.partition("=")
        if option in options:
            following = command.args[index + 1] if index + 1 < len(command.args) else None
            name = value if equals else following
            if name is not None and _IDENTIFIER.fullmatch(name):
                found.append(name)
    return tuple(found)


def _secret_origins(command: Call) -> tuple[str, ...]:
    """`docker build --secret id=x,env=NAME`."""
    fields = (field for arg in command.args if arg is not None and "id=" in arg for field in arg.split(","))
    return tuple(field[4:] for field in fields if field.startswith("env=") and _IDENTIFIER.fullmatch(field[4:]))


def names_in_code(command: Call) -> tuple[str, ...]:
    """Names in order of appearance, each once."""
    found: list[str] = []
    if command.program == "printenv":
        found.extend(_words_as_names(command))
    if command.program in ("docker", "podman", "nerdctl", "buildah", "docker-compose"):
        found.extend((*_after_option(command, ("-e", "--env", "--build-arg")), *_secret_origins(command)))
    if command.program == "keytool":
        found.extend(_keytool(command))
    if command.program == "curl":
        found.extend(arg[1:].split("=", 1)[0] for arg in command.args if arg is not None and arg.startswith("%"))
    for pattern in _BY_PROGRAM.get(command.program, ()):
        for arg in command.args:
            if arg is not None:
                found.extend(match.group(1) for match in re.finditer(pattern, arg))
    return tuple(dict.fromkeys(found))


def _keytool(command: Call) -> tuple[str, ...]:
    pairs = zip(command.args, command.args[1:], strict=False)
    return tuple(value for option, value in pairs if option is not None and option.endswith(":env") and value is not None)

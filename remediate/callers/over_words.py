"""Lists of words that build by another file: `["docker", "compose", "-f", "ci.yml", "build", "--build-arg", "T=x"]`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from remediate.callers.model import Over
from remediate.callers.words import Command, Flag

_FILES = ("-f", "--file")


def set_arg(flag: Flag) -> tuple[str, str]:
    """(pattern of targets, name) of `--set PATTERN.args.NAME=VALUE`; two empty texts for anything else."""
    targets, found, rest = (flag.value or "").partition(".args.")
    known = flag.name == "--set" and found and not set(targets) & set(".= ")
    return (targets, rest.partition("=")[0]) if known else ("", "")


def over_args(command: Command) -> tuple[tuple[str, Flag], ...]:
    """The build args that the command passes over those of its file, with their names."""
    given = [((f.value or "").partition("=")[0], f) for f in command.build_args()]
    return (*given, *((name, f) for f in command.named("--set") if (name := set_arg(f)[1])))


def over_of(command: Command, words: Sequence[str], shown: Callable[[str], str], hole: str) -> Over:
    """What it builds by. `shown` makes a path of a word; `hole` stands for parts of it that are not known."""
    tool, why = command.builder.over, ""
    ends = {w for f in command.flags for w in range(f.at, f.end + 1)}
    names = [w for n, w in enumerate(words) if n >= command.start and n not in ends]
    if any(hole in n for n in names) or "--with-dependencies" in words:
        names = []
    if any("://" in n or n.startswith(("git@", "cwd://")) for n in names):
        why = "what it builds by is fetched"
    given = [shown(w) for w in _values(words, _FILES)]
    files = [f for f in given if hole not in f and f not in ("", "-")]
    if len(files) < len(given):
        why = why or "which file it builds by is not known"
    if tool == "compose" and _values(words, ("--project-directory",)):
        why = why or "--project-directory moves every path of the file"
    patterns = dict.fromkeys((name, targets) for f in command.flags for targets, name in [set_arg(f)] if name)
    return Over(tool, tuple(dict.fromkeys(files)), tuple(dict.fromkeys(names)), tuple(patterns), why)


def _values(words: Sequence[str], names: Sequence[str]) -> list[str]:
    out: list[str] = []
    for at, word in enumerate(words):
        for name in names:
            if word == name:
                out += words[at + 1 : at + 2]
            elif word.startswith(name + "="):
                out.append(word[len(name) + 1 :])
    return out


def secret_ids(command: Command) -> tuple[str, ...]:
    """The ids that `--set PATTERN.secrets=id=...` gives."""
    found = [(f.value or "").partition("=") for f in command.named("--set")]
    fields = [v for key, _, v in found if key.rstrip("+").endswith(".secrets")]
    return tuple(dict.fromkeys(p[3:] for v in fields for p in v.split(",") if p.startswith("id=")))

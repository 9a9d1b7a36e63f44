"""Commands that build by another file: `docker compose -f ci.yml build --build-arg T`, `docker buildx bake --set '*.args.T=x'`."""

from __future__ import annotations

from collections.abc import Sequence

from remediate.callers.model import Build, Over, Place
from remediate.callers.shell.find import Site
from remediate.callers.shell.options import behind
from remediate.callers.shell.paths import OUTSIDE, Where, values
from remediate.callers.shell.tokens import Token
from remediate.shell.nested import wrapper_assignments

_FILES = ("-f", "--file")
_VARIABLE = "COMPOSE_FILE"


def over_build(site: Site, where: Where, build: Build) -> Build:
    """The build as it is without knowing what the file says. One that passes nothing is only known, to be told of."""
    over = _over(site, where)
    args = tuple(a._replace(origin="") if a.origin.startswith("file:") else a for a in build.args)
    refused = build.refused if args else None
    if refused is not None and not refused.by_hand:
        refused = refused._replace(by_hand=site.builder.instead)
    secrets = tuple(dict.fromkeys(i for t in site.line.sets if (i := _secret_id(t.prefix))))
    place = Place(pattern="**") if args else Place()
    return build._replace(place=place, context=None, args=args, secrets=secrets, ssh=(), target="", refused=refused, over=over)


def _secret_id(text: str) -> str:
    """`*.secrets=id=a,env=B` -> a."""
    key, _, value = text.partition("=")
    if not key.rstrip("+").endswith(".secrets"):
        return ""
    return next((f[3:] for f in value.split(",") if f.startswith("id=")), "")


def _over(site: Site, where: Where) -> Over:
    tool, tokens = site.builder.over, site.tokens[site.first + 1 :]
    why = ""
    names: tuple[str, ...] = ()
    known = [t.value for t in site.line.contexts]
    if not site.line.unknown and None not in known and not any(t.choices for t in site.line.contexts):
        names = tuple(dict.fromkeys(n for n in known if n))
    if any("://" in n or n.startswith(("git@", "cwd://")) for n in names):
        why = "what it builds by is fetched"
    values_of = {t.value for t in tokens}
    if "--with-dependencies" in values_of:
        names = ()
    files, unknown = _files(site, where, tokens)
    if unknown:
        why = why or "which file it builds by is not known"
    if tool == "compose" and _option(tokens, ("--project-directory",)):
        why = why or "--project-directory moves every path of the file"
    if tool == "compose" and not files:
        files, found = _by_variable(site, where)
        why = why or found
    patterns = tuple(dict.fromkeys((a.name, a.targets) for a in site.line.args if a.targets))
    return Over(tool, files, names, patterns, why)


def _files(site: Site, where: Where, tokens: Sequence[Token]) -> tuple[tuple[str, ...], bool]:
    """What `-f` names, and whether something of it is not known."""
    out: list[str] = []
    for token in _option(tokens, _FILES):
        found = values(where, token, site.command, site.frame)
        if len(found) != 1 or "*" in found[0] or found[0] in ("", "-") or OUTSIDE in found[0] or token.choices:
            return (), True
        out.append(found[0])
    return tuple(dict.fromkeys(out)), False


def _option(tokens: Sequence[Token], names: Sequence[str]) -> list[Token]:
    """The values of an option, wherever it stands in the command."""
    out: list[Token] = []
    for at, token in enumerate(tokens):
        for name in names:
            if token.value == name:
                out += tokens[at + 1 : at + 2]
            elif token.prefix.startswith(name + "="):
                out.append(behind(token, name + "="))
            elif len(name) == 2 and token.prefix.startswith(name) and token.prefix[:2] != "--":
                out.append(behind(token, name))
    return out


def _by_variable(site: Site, where: Where) -> tuple[tuple[str, ...], str]:
    """The files of COMPOSE_FILE, or why they are not known."""
    not_known = f"what {_VARIABLE} holds is not known"
    own = [a for a in (*site.command.assignments, *wrapper_assignments(site.command)) if a.name == _VARIABLE]
    if own:
        text = own[-1].value.value if own[-1].value is not None else None
        return (tuple(text.split(":")), "") if text else ((), not_known)
    shell = site.shell
    found = shell.definitions.get(_VARIABLE, ())
    if found:
        word = found[0].word
        only = len(found) == 1 and word is not None and found[0].command.index < site.command.index
        text = word.value if only and word is not None else None
        return (tuple(text.split(":")), "") if text and shell.exports(_VARIABLE, site.command) else ((), not_known)
    given = where.host.resolve("$" + _VARIABLE)
    if not given or given == ("$" + _VARIABLE,):
        return (), ""
    return (tuple(given[0].split(":")), "") if len(given) == 1 and "*" not in given[0] else ((), not_known)

"""`read_shell`: the builds of a shell text, and what passes a build arg there without being understood."""

from __future__ import annotations

import posixpath
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache

from remediate.callers.model import Build, Passed, Place, Reading, Refused, Unread
from remediate.callers.places import any_of, fetched, is_remote, place
from remediate.callers.shell.builders import NO_RUN
from remediate.callers.shell.definitions import function_of
from remediate.callers.shell.find import MOST_SITES, SHELL_NAMES, Site, sites
from remediate.callers.shell.host import Host
from remediate.callers.shell.names import names_of
from remediate.callers.shell.nest import MOST_SHELLS, shells
from remediate.callers.shell.over import over_build
from remediate.callers.shell.paths import OUTSIDE, ROOT, Where, at, folders, name_of, values
from remediate.callers.shell.shells import Shell
from remediate.callers.shell.supply import surely
from remediate.callers.shell.tokens import Token, parts_of
from remediate.callers.shell.values import origin, value_of
from remediate.formats.embedded import Embedded
from remediate.shell.lex import inert
from remediate.shell.view import Word
from remediate.text import Source, late

_ANY_BUILD = late(
    rb"\b(?:docker|podman|buildah|nerdctl|DOCKER|PODMAN)\b[^\n;|&]{0,120}?\b(?:build|bud)\b|--build-arg\b(?!-)|--set\b[^\n]{1,90}\.args\."
)
_FLAG = late(rb"(?:--build-arg(?![A-Za-z0-9_-])|\bbuild-arg:)(?:[ \t=\"',\\\n]{0,12}([A-Za-z_][A-Za-z0-9_]*)(?=[\s=\"',;)`]|$))?")
_SET = late(rb"--set[ \t=\"',\\\n]{1,12}[^\s\"'=.]{1,80}[\"']?\.args\.([A-Za-z_][A-Za-z0-9_]*)")
_OWN_WORDS = late(r"\b(?:ID|NAME)\b")
MOST_UNREAD = 200
_KEEPING = frozenset({"export", "local", "readonly", "declare", "typeset", "set", "read"})


def read_shell(
    embedded: Embedded,
    host: Host,
    *,
    path: str,
    kind: str,
    masks: Sequence[tuple[int, int]] = (),
    name: str = "",
    data: bytes | None = None,
) -> Reading:
    """The builds of the text. Templates (`masks`, ranges of the text) are taken for parts of words.

    Lines are those of the text itself, or those of the file when its content is given as `data`.
    """
    found = shells(embedded, masks)
    lines = Lines(embedded, data)
    if found[0].script.damaged:
        return _damaged(found[0], lines)
    where = Where(host, posixpath.dirname(path) or ".")
    builds: list[Build] = []
    unread: list[Unread] = []
    seen: set[tuple[int, int]] = set()
    all_sites = sites(found, host)
    if len(all_sites) >= MOST_SITES or len(found) >= MOST_SHELLS or any(shell.left <= 0 for shell in found):
        unread.append(Unread(1, Refused("caller-shell", "there is more than is looked at", 1)))
    for site in all_sites:
        if site.builder.style == "none" and not site.builder.over:
            unread += _of_no_file(site, lines)
        else:
            builds.append(_build(site, where, path, kind, name, lines))
        seen |= {_range(arg.token) for arg in site.line.args} | {_range(token) for token in site.line.sets}
        seen |= {_range(arg.option) for arg in site.line.args}
    unread += _left(found, seen, lines)
    return Reading(tuple(builds), tuple(unread))


def _damaged(top: Shell, lines: Lines) -> Reading:
    """A text that is no shell, or of which the grammar sees only parts."""
    comments = [(a, b) for a, b in inert(top.data) if top.data[a : a + 1] == b"#"]
    for match in _ANY_BUILD.finditer(top.data):
        if not any(a <= match.start() < b for a, b in comments):
            line = lines.of(top, match.start())
            return Reading(unread=(Unread(line, Refused("caller-shell", "the shell text is not understood", line)),))
    return Reading()


def _range(token: Token) -> tuple[int, int]:
    where = token.shell.script.text.span(token.start, token.end)
    return where.start, where.end


@lru_cache(maxsize=4)
def _source(data: bytes) -> Source:
    """One line index for all texts of a file."""
    return Source(data)


class Lines:
    """Line numbers (1-based) of places in a shell text."""

    def __init__(self, embedded: Embedded, data: bytes | None) -> None:
        self.text = embedded.text
        self.source = _source(data) if data is not None else None

    def of(self, shell: Shell, offset: int) -> int:
        if self.source is not None:
            return self.source.line_of(shell.place(offset))
        while shell.up is not None:
            shell, command = shell.up
            offset = command.start
        return self.text.data.count(b"\n", 0, offset) + 1


def _of_no_file(site: Site, lines: Lines) -> list[Unread]:
    """What reads a file of its own, and is not followed there: what is passed over it is named, the file itself is another caller."""
    line = lines.of(site.shell, site.command.start)
    refused = Refused(site.builder.code, site.builder.why, line, site.builder.instead)
    names = dict.fromkeys(a.name for a in site.line.args)
    return [Unread(line, in_words(refused, name), name) for name in names]


def in_words(why: Refused, name: str, id: str = "") -> Refused:
    """The refusal with the secret's own names in the lines to write."""
    if not name:
        return why
    words = {"ID": id or name.lower(), "NAME": name}
    return why._replace(by_hand=tuple([_OWN_WORDS.sub(lambda m: words[m[0]], line) for line in why.by_hand]))


def _build(site: Site, where: Where, path: str, kind: str, name: str, lines: Lines) -> Build:
    line = lines.of(site.shell, site.command.start)
    refused = site.problem
    args: dict[str, Passed] = {}
    for arg in site.line.args:
        if arg.name:
            value = value_of(arg, site.command)
            known = value.kind == "through" or surely(arg.token.shell, value.name, site, where.host)
            where_from = origin(value, known)
            args.setdefault(arg.name, Passed(arg.name, lines.of(arg.token.shell, arg.token.start), where_from))
            continue
        names = names_of(arg, site)
        if names is None and refused is None:
            refused = Refused("caller-arguments", "the name of a build arg is put together")
        for each in names or ():
            args.setdefault(each, Passed(each, lines.of(arg.token.shell, arg.token.start)))
    if refused is None and not site.builder.secrets and not site.builder.over:
        refused = Refused(site.builder.code, site.builder.why, by_hand=site.builder.instead)
    if refused is not None:
        refused = refused._replace(line=line)
    folder, context, file = _places(site, where)
    build = Build(
        path, kind, line, file, context, folder, tuple(args.values()), site.line.secrets, site.line.ssh, site.line.target,
        site.builder.engine, name, refused, site.key, _from_file(site, line),
    )  # fmt: skip
    return build if not site.builder.over else over_build(site, where, build)


def _from_file(site: Site, line: int) -> Refused | None:
    """Podman and Buildah take build args out of a file, too."""
    if not any(w.prefix.startswith("--build-arg-file") for w in site.command.argv):
        return None
    return Refused("caller-arguments", "--build-arg-file names a file with build args", line)


def _places(site: Site, where: Where) -> tuple[str | None, str | None, Place]:
    """(working directory, context, Dockerfile) of the build; the first two only when there is one possibility."""
    now = folders(where, site.shell, site.command, site.frame)
    contexts: tuple[str, ...] = (".",)
    if site.line.contexts:
        contexts = values(where, site.line.contexts[-1], site.command, site.frame)
    elif site.line.unknown:
        contexts = values(where, site.line.unknown[-1], site.command, site.frame) if len(site.line.unknown) == 1 else ("*",)
    files = values(where, site.line.file, site.command, site.frame) if site.line.file is not None else ("",)
    if any(t.value == "xargs" for t in site.wrappers):
        contexts, files = ("*",), tuple([f.replace("{}", "*") for f in files])
    if files == ("-",) or (not site.line.file and contexts == ("-",)):
        files = _standard_input(site, where)
    if site.builder.style == "kaniko":
        contexts = tuple([c.removeprefix("dir://") for c in contexts])
    found = any_of([_place(f, c, n) for f in now for c in contexts for n in files])
    folder = now[0] if len(now) == 1 and "*" not in now[0] and now[0] != OUTSIDE else None
    context = None
    if len(contexts) == 1 and not is_remote(contexts[0]) and (folder is not None or contexts[0].startswith(ROOT)):
        context = at(folder or ".", contexts[0])
        context = None if "*" in context or contexts[0].startswith(("/", "~")) else context
    return folder, context, found


def _standard_input(site: Site, where: Where) -> tuple[str, ...]:
    """The Dockerfile that a build reads from its standard input: `docker build - < Dockerfile`, `cat Dockerfile | docker build -`."""
    shell, command = site.shell, site.command
    for redirect in command.redirects:
        if redirect.op == "<" and redirect.target is not None:
            return values(where, _token(shell, redirect.target), command, site.frame)
        if redirect.op.startswith("<<"):
            return ("-",)
    for each in shell.script.commands:
        if each.pipeline == command.pipeline and each.stage == command.stage - 1 and each.pipe_to_next:
            if each.name == "cat" and len(each.argv) == 2:
                return values(where, _token(shell, each.argv[1]), command, site.frame)
            return ("**",)
    return ("-",)


def _token(shell: Shell, word: Word) -> Token:
    return Token(shell, word.start, word.end, "u", parts_of(shell, word.start, word.end, "u"))


def _place(folder: str, context: str, file: str) -> Place:
    if OUTSIDE in (at(folder, name_of(file)) if file else at(folder, context)):
        return Place()
    base = None if folder == "**" else folder
    if file in ("*", "**"):
        return Place(pattern="**")
    if (file or context).startswith("*/"):  # also the folder itself
        return Place(pattern="**/" + (file or f"{context}/Dockerfile")[2:])
    if not file and context in ("*", "**"):
        return Place(pattern="**/Dockerfile")
    chosen = file or context
    if is_remote(context) and context != "-":
        return fetched(context, file)
    if chosen.startswith(ROOT):
        base = "."
    if file:
        return place(base, ".", name_of(file))
    return place(base, name_of(context))


def _left(found: Sequence[Shell], seen: set[tuple[int, int]], lines: Lines) -> list[Unread]:
    """Every `--build-arg`, and `--set` of Bake, that no build was found to have. A text that is only printed passes nothing."""
    top = found[0]
    data = top.data
    comments = [(a, b) for a, b in inert(data) if data[a : a + 1] == b"#"]
    quiet = _printed(top)
    read_again = any(
        c.name in ("eval", "xargs") or (c.name in SHELL_NAMES and "-c" in [w.value for w in c.argv]) for c in top.script.commands
    )
    out: list[Unread] = []
    for match in sorted((*_FLAG.finditer(data), *_SET.finditer(data)), key=lambda m: m.start()):
        start, end = top.place(match.start()), top.script.text.end_of(match.end())
        name = "" if any(a < match.end() and match.start() < b for a, b, _ in top.masks) else (match.group(1) or b"").decode()
        if not match.group(1) and not read_again and not _adds(top, match.end()):
            continue  # what gets it has arguments that are not known, and is refused
        if any(a < end and start < b for a, b in seen) or any(a <= match.start() < b for a, b in (*comments, *quiet)):
            continue
        line = lines.of(top, match.start())
        refused = Refused("caller-arguments", "what gets this build arg is not followed", line)
        out.append(Unread(line, refused, name))
        if len(out) >= MOST_UNREAD:
            break
    return list(dict.fromkeys(out))


def _adds(shell: Shell, at: int) -> bool:
    """`add() { ARGS="$ARGS --build-arg $1=$2"; }`: a script that takes this one in can call it, and build with `$ARGS`."""
    if shell.data[at : at + 8].lstrip(b"= \t\"'")[:1] != b"$":
        return False
    held = held_in_functions(shell)
    last = bisect_right(held, (at, len(shell.data))) - 1
    return last >= 0 and at <= held[last][1]


@lru_cache(maxsize=4)
def held_in_functions(shell: Shell) -> list[tuple[int, int]]:
    """The ranges of values that functions assign."""
    all_ = (d for several in shell.definitions.values() for d in several)
    return sorted((d.word.start, d.word.end) for d in all_ if d.word is not None and function_of(d.command))


def _printed(shell: Shell) -> list[tuple[int, int]]:
    """The ranges of commands that only print (usage texts), with the bodies of their heredocs."""
    out: list[tuple[int, int]] = []
    for command in shell.script.commands:
        if command.name not in NO_RUN - _KEEPING or command.pipe_to_next or "substitution" in command.scopes:
            continue
        calls = shell.calls.get(function_of(command), ())
        if function_of(command) and (not calls or any("substitution" in c.scopes or c.pipe_to_next for c in calls)):
            continue  # `docker build $(arguments)`
        if any(r.op.startswith(">") and r.fd in (-1, 1) and r.target is not None and r.target.value not in ("/dev/stderr", "/dev/null") and
               not (r.target.value or "").isdigit() for r in command.redirects):  # fmt: skip
            continue
        out.append((command.start, command.end))
        for redirect in command.redirects:
            if redirect.body is not None and redirect.body.pieces:
                first = shell.data.find(redirect.body.data, command.end)
                if first >= 0:
                    out.append((first, first + len(redirect.body)))
    return out

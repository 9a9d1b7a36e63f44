"""Does this command read that file: by name, with the folder above it, by itself as a known tool does, or because it may read anything?"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from remediate.analysis.named_paths import NamedPath, text_of
from remediate.analysis.removals import normal_path
from remediate.analysis.run_facts import Fact
from remediate.analysis.touches import Touch
from remediate.knowledge import commands, tools
from remediate.knowledge.credential_readers import Lies, takes_unknown_file, where_it_lies
from remediate.knowledge.globs import matches
from remediate.model import NamedTuple
from remediate.shell.view import Word


class Target(NamedTuple):
    """A file to look for: the one asked for, or one that only points to it (`via`). `unknown`: some tool's own row names it."""

    named: NamedPath
    lies: tuple[Lies, ...]
    unknown: bool = False
    via: str = ""

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(x.id for x in self.lies)


class Known(NamedTuple):
    """What holds for a RUN besides its text. `variables` hold the file's path, `homes` are what HOME may be besides the user's own.

    `rewrites`: the file sets up `insteadOf`, so that no address tells how git really goes.
    """

    variables: frozenset[str] = frozenset()
    homes: tuple[str, ...] = ()
    rewrites: bool = False


class Found(NamedTuple):
    """`copies`: it puts the content somewhere else."""

    sure: bool
    why: str
    copies: bool = False


def target(path: str, via: str = "", settings: bool = True) -> Target:
    """`settings`: what reads only the settings of the file counts, too."""
    lies = tuple(x for x in where_it_lies(path) if settings or not x.id.endswith("-settings"))
    unknown = not lies and any(
        matches(path, glob if glob.startswith("/") else "*/" + glob) for row in tools.rows() for glob in row.credentials
    )
    return Target(NamedPath(path), lies, unknown, via)


# What they are given they remove, change or only mention.
_SILENT = frozenset(
    "rm rmdir unlink chmod chown chgrp touch truncate mkdir cd pushd export readonly unset true : exit trap basename dirname".split()
)
_SAYS = frozenset({"echo", "printf"})
_SETTERS = frozenset("git npm pip yarn pnpm conda bundle composer".split())
_NOTES = _SETTERS | {"ln", "echo", "printf", "cat", "tee"}
_MOVES = frozenset("cp mv install tar rsync zip 7z scp cpio gzip".split())
_LAST_IS_TARGET = frozenset({"cp", "mv", "install", "rsync", "scp", "ln"})
_MAY_LIE_ELSEWHERE = frozenset({"pip-conf", "composer", "condarc"})  # in the prefix or the home of the tool, which a variable moves


def reading(goal: Target, fact: Fact, touch: Touch | None, known: Known) -> Found | None:
    """How the command reads the file, None when it does not. `touch` is what it does to it."""
    found = _by_name(goal, fact, touch, known.variables) or _by_folder(goal, fact)
    if found is None and fact.argv and touch is None:
        found = _by_variable(fact, known.variables) or _by_itself(goal, fact, known)
    if found is not None and (goal.via or fact.via):
        return found._replace(why=f"{found.why}, by way of {goal.via or fact.via}")
    return found


def _by_name(goal: Target, fact: Fact, touch: Touch | None, variables: Collection[str]) -> Found | None:
    place, named = fact.place, goal.named
    tool = place.tool or "a command"
    for redirect in place.command.redirects:
        if redirect.target is None:
            continue
        if redirect.op == "<" and named.is_(text_of(redirect.target), place.run, place.folder):
            return Found(True, f"{tool} takes it as input", _writes_on(fact))
        if redirect.body is not None and tool not in ("cat", "tee", "sh", "bash") and named.within(redirect.body.text, place.run):
            return Found(True, f"{tool} is given its name")
    given = [text_of(a.value) for a in place.command.assignments if a.value is not None] if touch is None else []
    if fact.argv and tool not in _SILENT and any(named.names(text, place.run, place.folder) for text in given):
        return Found(True, f"{tool} is given its name")
    if not fact.argv or tool in _SILENT or _notes_down(fact):
        return None
    used = set(touch.words) if touch is not None else set()
    if touch is not None and tool not in ("mv", "cp", "cat"):
        return None
    words = place.arguments()
    if tool in _LAST_IS_TARGET and len(words) > 1:
        used.add(words[-1][0])
    for index, word in words:
        if index in used:
            continue
        text = text_of(word)
        if fact.shell and not named.is_(text, place.run, place.folder):
            continue  # the text that it gives to the shell is asked for itself
        if named.names(text, place.run, place.folder) or any(e.name in variables for e in word.expansions):
            if tool in _SAYS:
                return Found(True, f"{tool} hands its name on") if place.command.pipe_to_next else None
            return Found(True, f"{tool} names it", tool in _MOVES or _writes_on(fact))
        if tool not in _SAYS and named.fits(text, place.run, place.folder) and not _hides(named, text, place.run, place.folder):
            return Found(True, f"{tool} is given a pattern that takes it in", tool in _MOVES or _writes_on(fact))
    return None


def _hides(named: NamedPath, text: str, run: object, folder: str) -> bool:
    """A pattern of folders: only what goes into folders sees the file, and that is asked elsewhere."""
    return text.count("/") < named.path.count("/") and text.startswith("/")


def _writes_on(fact: Fact) -> bool:
    outputs = [path for path in _outputs(fact) if path != "/dev/null"]
    return bool(outputs or fact.place.command.pipe_to_next) and commands.passes_input(fact.argv)


def _notes_down(fact: Fact) -> bool:
    """A setting command or `echo ... > file`: the path becomes part of another file, see `noted_in`."""
    place = fact.place
    if place.tool == "ln" or (place.tool in ("echo", "printf") and _outputs(fact)):
        return True
    row = place.row if place.tool in _SETTERS else None
    return row is not None and row.kind == "config" and row.writes != ("*",)


def _outputs(fact: Fact) -> list[str]:
    return [text_of(r.target) for r in fact.place.command.redirects if r.target is not None and r.op in (">", ">>", ">|")]


def noted_in(goal: Target, fact: Fact) -> list[str]:
    """Other files that from now on lead to this one: a link, a setting that names it, a configuration with its path in the text."""
    place, named = fact.place, goal.named
    if place.tool not in _NOTES:
        return []
    texts: list[Word] = [w for _, w in place.arguments()]
    body = any(r.body is not None and named.within(r.body.text, place.run) for r in place.command.redirects)
    if not body and not any(named.names(text_of(w), place.run, place.folder) for w in texts):
        return []
    files: list[str] = []
    if place.tool == "ln" and len(texts) > 1:
        files = [text_of(texts[-1])]
    elif place.tool in ("echo", "printf", "cat"):
        files = _outputs(fact) if body or place.tool != "cat" else []
    elif place.tool == "tee" and body:
        files = [text_of(w) for w in texts if not w.raw.startswith("-")]
    elif _notes_down(fact):
        row = place.row
        files = [w for w in row.writes if "*" not in w and not w.startswith("$")] if row is not None else []
    paths = (normal_path(f, place.run, place.folder) for f in files)
    return [p for p in paths if p.startswith("/") and p != named.path]


def _by_folder(goal: Target, fact: Fact) -> Found | None:
    """`cp -r . /out`, `tar cz /root`, `grep -r token .`: all that lies in a folder above the file."""
    place, named = fact.place, goal.named
    tool = place.tool
    words = place.plain()
    deep = place.has("raR", "--recursive", "--archive")
    match tool:
        case "cp" | "scp" | "rsync" | "grep" if not deep:
            return None
        case "tar":
            first = place.arguments()[0][1].raw if place.arguments() else ""
            if any(c in first.lstrip("-").split("=")[0] for c in "xt") and not first.startswith("--"):
                return None
            if any(w.raw in ("--extract", "-x", "--list") for _, w in place.arguments()):
                return None
        case "cp" | "scp" | "rsync" | "grep" | "mv" | "zip" | "7z" | "cpio":
            pass
        case _:
            return None
    sources = words[:-1] if tool in _LAST_IS_TARGET else words
    if not any(named.above(text_of(w), place.run, place.folder) for _, w in sources):
        return None
    return Found(True, f"{tool} takes all of a folder above it", tool != "grep")


def _by_variable(fact: Fact, variables: Collection[str]) -> Found | None:
    """`NPM_CONFIG_USERCONFIG`, `PIP_CONFIG_FILE`, `GIT_SSH_COMMAND`: the tool finds the file by a variable."""
    found = tools.reads(fact.argv) if variables else None
    for name in variables if found is not None else ():
        if found is not None and (
            any(matches(name, glob) for glob in found.names) or ("gitconfig" in fact.files and name.startswith("GIT_"))
        ):
            return Found(True, f"{found.tool} finds it by {name}")
    return None


def _by_itself(goal: Target, fact: Fact, known: Known) -> Found | None:
    tool = fact.place.tool or "a command"
    best: Found | None = None
    for lies in goal.lies:
        if lies.id in fact.files and (known.rewrites or not _other_way(fact, lies.id)):
            sure = _in_place(lies, fact, known.homes)
            if sure:
                return Found(True, f"{tool} reads it by itself")
            if sure is False:
                best = Found(False, f"{tool} reads such a file, perhaps this one")
    if goal.unknown and takes_unknown_file(fact.argv, goal.named.path):
        return Found(True, f"{tool} reads it by itself")
    if best is None and fact.opaque and not goal.via:
        best = Found(False, f"{tool} may read any file")
    return best


def _other_way(fact: Fact, file: str) -> bool:
    """`git clone https://...` needs no ssh key, `git clone git@...` no password."""
    if fact.place.tool != "git" or "clone" not in fact.argv:
        return False
    urls = [a for a in fact.argv if a and ("://" in a or a.startswith("git@"))]
    if len(urls) != 1 or any(a and a.startswith(("--recurs", "--shallow-sub")) for a in fact.argv):
        return False
    by_ssh = urls[0].startswith(("git@", "ssh://", "git+ssh://"))
    return by_ssh if file in ("netrc", "git-credentials") else file == "ssh" and not by_ssh


def _in_place(lies: Lies, fact: Fact, homes: Sequence[str]) -> bool | None:
    """The file lies where this command looks: True, False when that cannot be told, None when it does not."""
    place = fact.place
    if lies.place == "system":
        return True
    if lies.place == "maybe":
        return False if lies.id in _MAY_LIE_ELSEWHERE else None
    if lies.place == "home":
        return _at_home(lies.folder, fact, homes)
    if "?" in place.folder or ("$" in place.folder and place.folder != lies.folder):
        return False
    if any(_below(folder, lies.folder) for folder in (place.folder, *_folders_given(fact))):
        return None if lies.folder == "/" and place.folder != "/" and lies.id == "npmrc" else True
    return None


def _at_home(folder: str, fact: Fact, homes: Sequence[str]) -> bool | None:
    run = fact.place.run
    if folder == normal_path("~", run, "/") or folder in homes:
        return True
    words = [w.value for w in fact.place.command.argv]
    if any(w in ("sudo", "doas", "gosu", "su-exec", "setuser") for w in words):
        return folder == "/root"
    if run.user in ("", "root", "0") or folder == "/root":
        return None
    numeric = run.user.isdigit() or "$" in run.user
    return False if numeric or not folder.startswith("/home/") else None


def _below(folder: str, top: str) -> bool:
    return folder == top or top == "/" or folder.startswith(top + "/")


_FOLDER_OPTIONS = frozenset(
    "--prefix -C --cwd --dir --directory --working-dir -d --project --project-dir -p -f --file -w --workspace".split()
)


def _folders_given(fact: Fact) -> list[str]:
    """Folders that the command is told to work in, or in which the files lie that it is given."""
    place = fact.place
    out = []
    words = [text_of(w) for _, w in place.arguments()]
    for at, text in enumerate(words):
        value = text.partition("=")[2] if text.startswith("--") else text
        given = at > 0 and words[at - 1] in _FOLDER_OPTIONS
        if not value or "://" in value or value.startswith("-"):
            continue
        if given or "/" in value or value.endswith("proj") or text.startswith("--"):
            path = normal_path(value, place.run, place.folder)
            out += [path, path.rpartition("/")[0] or "/"] if path.startswith("/") else []
    return out

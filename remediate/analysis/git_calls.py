"""A `git` command taken apart: its subcommand, its operands, and the repository that it works on.

git -C lib fetch --depth 1 origin       fetch, (origin), repository ./lib
sudo git clone -b v1 https://... dir    clone, (https://..., dir), repository ./dir
"""

from __future__ import annotations

from remediate.model import NamedTuple
from remediate.shell.nested import program
from remediate.shell.view import Command, Word

_GLOBAL = frozenset({"-C", "-c", "--git-dir", "--work-tree", "--namespace", "--exec-path", "--config-env", "--super-prefix"})
_TRANSFER = (
    "--upload-pack --depth --deepen --shallow-since --shallow-exclude -j --jobs -o --server-option --filter --refmap --negotiation-tip"
)
_VALUED = {
    "clone": "-b --branch --origin -u --reference --reference-if-able --separate-git-dir -c --config --template --bundle-uri --revision "
    "--ref-format " + _TRANSFER,
    "fetch": _TRANSFER,
    "pull": "-s --strategy -X --strategy-option --log " + _TRANSFER,
    "push": "--repo --receive-pack --exec --push-option -o",
    "ls-remote": "--upload-pack --exec --sort -o --server-option",
    "remote": "-t -m",
    "submodule": "-b --branch --name --reference --depth -j --jobs",
    "config": "-f --file --blob --type --default --comment --value",
}  # fmt: skip
_GROUPS = frozenset({"remote", "submodule", "lfs"})


class GitCall(NamedTuple):
    """`git` and `verb` are indexes in `Command.argv`. `name` is the subcommand, with its second word for remote, submodule and lfs.

    `operands` are the words behind it that are no options, `options` those that are, with their values; `folders` the values of `-C`.
    `elsewhere`: `--git-dir` or `--work-tree` says where the repository is.
    """

    git: int
    verb: int
    name: str
    operands: tuple[Word, ...]
    options: tuple[tuple[Word, Word | None], ...]
    folders: tuple[Word, ...] = ()
    elsewhere: bool = False

    def option(self, *names: str) -> str | None:
        """The value of an option as text, "" when it stands without one, None when it is not there."""
        for word, value in self.options:
            head, equals, tail = text_of(word).partition("=")
            if head in names:
                return tail if equals else (text_of(value) if value is not None else "")
        return None


def git_call(command: Command) -> GitCall | None:
    """The command as a call of git, None when it is another program or its subcommand is not static."""
    name, args = program(command)
    if name != "git":
        return None
    base = len(command.argv) - len(args)
    folders: list[Word] = []
    elsewhere, at = False, 0
    while at < len(args) and args[at].prefix.startswith("-"):
        option = args[at].prefix.partition("=")[0]
        elsewhere = elsewhere or option in ("--git-dir", "--work-tree", "--namespace")
        if args[at].value == "-C" and at + 1 < len(args):
            folders.append(args[at + 1])
        at += 2 if args[at].value in _GLOBAL else 1
    if at >= len(args) or not args[at].value:
        return None
    verb = args[at].value or ""
    operands, options = _behind(args[at + 1 :], frozenset(_VALUED.get(verb, "").split()))
    name = verb
    if verb in _GROUPS and operands:
        name, operands = f"{verb} {operands[0].value or '?'}", operands[1:]
    return GitCall(base - 1, base + at, name, tuple(operands), tuple(options), tuple(folders), elsewhere)


def _behind(words: tuple[Word, ...], valued: frozenset[str]) -> tuple[list[Word], list[tuple[Word, Word | None]]]:
    operands: list[Word] = []
    options: list[tuple[Word, Word | None]] = []
    at = 0
    while at < len(words):
        word = words[at]
        if word.value == "--":
            return operands + list(words[at + 1 :]), options
        if not word.prefix.startswith("-") or word.value == "-":
            operands.append(word)
        elif word.value in valued and at + 1 < len(words):
            at += 1
            options.append((word, words[at]))
        else:
            options.append((word, None))
        at += 1
    return operands, options


def text_of(word: Word) -> str:
    """The word's text; with its variables as written when it has any."""
    return word.value if word.value is not None else word.raw.strip("\"'")


def repository(call: GitCall) -> str:
    """The folder of the repository that the call makes or works on, relative to the working directory; "" is that directory."""
    place = ""
    for word in call.folders:
        place = _under(place, text_of(word))
    if call.name == "clone" and call.operands:
        place = _under(place, text_of(call.operands[1]) if len(call.operands) > 1 else _own_name(call))
    return place


def _own_name(call: GitCall) -> str:
    """The folder that `git clone` makes by itself: the last part of the address."""
    name = text_of(call.operands[0]).rstrip("/").removesuffix("/.git").rstrip("/")
    name = name.rsplit("/", 1)[-1].rsplit(":", 1)[-1].removesuffix(".git")
    bare = call.option("--bare", "--mirror") is not None
    return f"{name}.git" if bare and name else name


def _under(place: str, path: str) -> str:
    if path.startswith(("/", "~", "$")) or not place:
        return path
    return f"{place.rstrip('/')}/{path}" if path else place


def kept_in(call: GitCall, written: str) -> str:
    """A file that a row names (`$clone/.git/config`, `.git/config`, `$file`) as a path from the working directory."""
    if written == "$file":
        return call.option("-f", "--file") or written
    inside = written.removeprefix("$clone/")
    if call.name == "clone" and inside.startswith(".git/"):
        apart = call.option("--separate-git-dir")
        if apart:
            return _under(apart, inside.removeprefix(".git/"))
        if call.option("--bare", "--mirror") is not None:
            inside = inside.removeprefix(".git/")
    return _under(repository(call), inside)


def config_keys(call: GitCall) -> frozenset[str]:
    """What a `git config` sets or takes back: keys, and sections as `section:NAME`; a setting command counts for both."""
    words = [w.raw.replace('"', "").replace("'", "") for w in call.operands]
    words = words[1:] if words[:1] in (["set"], ["unset"], ["remove-section"]) else words
    if not words:
        return frozenset()
    section = f"section:{words[0].rpartition('.')[0]}"
    if call.option("--remove-section") is not None or (call.operands[0].value == "remove-section"):
        return frozenset({f"section:{words[0]}"})
    takes_back = call.option("--unset", "--unset-all") is not None or call.operands[0].value == "unset"
    return frozenset({words[0]}) if takes_back else frozenset({words[0], section})

"""The paths that a word of a build can stand for, and the working directory of a command."""

from __future__ import annotations

import posixpath

from remediate.callers.places import joined
from remediate.callers.shell.clones import is_cloned
from remediate.callers.shell.definitions import function_of
from remediate.callers.shell.host import Host
from remediate.callers.shell.shells import CONDITIONAL, Shell, crosses
from remediate.callers.shell.tokens import Frame, Part, Token, live, parts_of, shifted
from remediate.model import NamedTuple
from remediate.shell.nested import program
from remediate.shell.view import Command, Expansion, Word
from remediate.text import late

OUTSIDE = "\x02"  # a folder of another repository
ROOT = "\x01"  # stands before a path that begins at the repository's root
MOST = 32
MOST_MOVES = 200
DEEPEST = 6
UNKNOWN = ("*",)
ANYWHERE = ("**",)
_OWN_FOLDER = late(
    rb"\$\(\s*dirname\s+(?:--\s+)?[\"']?(?:\$\(\s*(?:readlink\s+-[ef]+|realpath)\s+)?[\"']?\$\{?(?:0|BASH_SOURCE(?:\[0\])?(?::-\$0)?)\}?[\"']?\)?[\"']?\s*\)"
)
_INNER_CD = late(
    rb"(?:\$\(|`)\s*(?:CDPATH=\s*)?cd\s+(?:-P\s+|--\s+)*(.+?)\s*(?:>\s*/dev/null\s*(?:2>&1\s*)?)?(?:&&|;)\s*pwd(?:\s+-P)?\s*(?:\)|`)", 16
)
_INNER_DIR = late(rb"(?:\$\(|`)\s*dirname\s+(?:--\s+)?(.+?)\s*(?:\)|`)", 16)
_INNER_REAL = late(rb"\$\(\s*(?:readlink\s+-[ef]+|realpath)\s+(.+?)\s*\)", 16)
_TOPLEVEL = late(rb"\$\(\s*git\s+rev-parse\s+--show-toplevel\s*(?:2>\s*/dev/null\s*)?\)")
_PWD = late(rb"(?:\$\(\s*pwd(?:\s+-P)?\s*\)|`pwd`)")
# Where CI systems say that they have checked the repository out. Each from the system's own list of variables.
ROOT_VARIABLES = frozenset(
    "GITHUB_WORKSPACE CI_PROJECT_DIR WORKSPACE BITBUCKET_CLONE_DIR CODEBUILD_SRC_DIR BUILD_SOURCESDIRECTORY SYSTEM_DEFAULTWORKINGDIRECTORY"
    " TRAVIS_BUILD_DIR DRONE_WORKSPACE CIRCLE_WORKING_DIRECTORY CI_WORKSPACE BUILDKITE_BUILD_CHECKOUT_PATH APPVEYOR_BUILD_FOLDER".split()
)


class Where(NamedTuple):
    """What is needed to look a path up. `script` is the folder of the file that holds the shell text, relative to the root."""

    host: Host
    script: str


def values(where: Where, token: Token, use: Command, frame: Frame | None) -> tuple[str, ...]:
    """What the argument can be, as a path: `*` for parts that are not known."""
    if token.choices:
        return token.choices
    if token.unknown:
        return _given(where, token)
    if is_cloned(where.host, token.shell, token.start, token.end, use):
        return (OUTSIDE,)
    return _all(where, token.shell, token.parts, use, frame, 0)


def _given(where: Where, token: Token) -> tuple[str, ...]:
    """A variable of the environment that is a word of its own."""
    if not token.name.isidentifier() or token.shell.assigns(token.name):
        return UNKNOWN
    return _outside(where, Expansion(token.name, token.start, token.end))


def _all(where: Where, shell: Shell, parts: tuple[Part, ...], use: Command, frame: Frame | None, depth: int) -> tuple[str, ...]:
    out = [""]
    for part in parts:
        texts = (part.text,) if part.kind == "text" else _part(where, shell, part, use, frame, depth)
        out = [a + b for a in out for b in texts]
        if len(out) > MOST:
            return UNKNOWN
    return tuple(dict.fromkeys(["*" if ROOT in text[1:] else text for text in out]))


def _part(where: Where, shell: Shell, part: Part, use: Command, frame: Frame | None, depth: int) -> tuple[str, ...]:
    if part.kind == "mask":
        return where.host.resolve(part.text) or UNKNOWN
    raw = shell.data[part.start : part.end]
    if part.expansion is not None:
        return _variable(where, shell, part.expansion, use, frame, depth)
    return _substitution(where, shell, part, raw, use, frame, depth)


def _substitution(
    where: Where, shell: Shell, part: Part, raw: bytes, use: Command, frame: Frame | None, depth: int
) -> tuple[str, ...]:  # fmt: skip
    if _PWD.fullmatch(raw):
        return (".",)
    if _TOPLEVEL.fullmatch(raw):
        return (ROOT,)
    if _OWN_FOLDER.fullmatch(raw):
        return (ROOT + where.script,)
    above = _INNER_DIR.fullmatch(raw)
    match = above or _INNER_CD.fullmatch(raw) or _INNER_REAL.fullmatch(raw)
    if match is None or depth > DEEPEST:
        return UNKNOWN
    inner = parts_of(shell, part.start + match.start(1), part.start + match.end(1), "u")
    found = _all(where, shell, inner, use, frame, depth + 1)
    return tuple([_above(text) if above else _real(text) for text in found])


def _above(text: str) -> str:
    """`dirname`."""
    root, path = (ROOT, text[1:].strip("/")) if text.startswith(ROOT) else ("", text.rstrip("/"))
    head, _, last = path.rpartition("/")
    if "*" in last or (root and path in ("", ".")):
        return "**" if root else "*"
    return root + (head or ("" if root else "."))


def _real(text: str) -> str:
    """A path of which `..` has been worked out."""
    return ROOT + posixpath.normpath(text[1:].strip("/") or ".") if text.startswith(ROOT) and "*" not in text else text


def _variable(where: Where, shell: Shell, one: Expansion, use: Command, frame: Frame | None, depth: int) -> tuple[str, ...]:
    if one.length or one.indirect or depth > DEEPEST:
        return UNKNOWN
    if one.op in ("%", "%%") and one.name in ("0", "BASH_SOURCE") and one.operand == "/*":
        return (ROOT + where.script,)
    if one.op == "%" and one.operand == "/*" and depth <= DEEPEST:
        return tuple([_above(t) for t in _variable(where, shell, one._replace(op="", operand=""), use, frame, depth + 1)])
    if one.op not in ("", ":-", "-"):
        return UNKNOWN
    if one.name in ("0", "BASH_SOURCE"):
        return (f"{ROOT}{where.script}/.",)
    for loop in shell.script.loops:
        if loop.name == one.name and loop.start <= use.start < loop.end:
            return _looped(where, shell, loop.words, use, frame, depth)
    if one.name.isdigit():
        return _argument(where, shell, one.name, use, frame, depth)
    found: list[str] = []
    for each in live(shell, one.name, use):
        if each.word is None and each.command.name in ("local", "declare", "typeset"):
            continue
        if each.word is None or each.append or any(e.name == one.name and e.op not in (":-", "-") for e in each.word.expansions):
            return UNKNOWN
        found += _word(where, shell, each.word, each.command, frame, depth, skip=one.name)
    if not found:
        found += _outside(where, one)
    return tuple(dict.fromkeys(found)) or UNKNOWN


def _outside(where: Where, one: Expansion) -> tuple[str, ...]:
    """A variable that the text never assigns."""
    if one.name in ROOT_VARIABLES:
        return (ROOT,)
    if one.name == "PWD":
        return (".",)
    known = where.host.resolve("$" + one.name)
    if known:
        return known
    if one.op and one.operand and not set(one.operand) & set("$`\"'\\*"):
        return (one.operand,)
    return UNKNOWN


def _word(
    where: Where, shell: Shell, word: Word, use: Command, frame: Frame | None, depth: int, skip: str = ""
) -> tuple[str, ...]:  # fmt: skip
    if word.raw.startswith("("):
        return UNKNOWN
    if is_cloned(where.host, shell, word.start, word.end, use):
        return (OUTSIDE,)
    parts = parts_of(shell, word.start, word.end, "u")
    if skip and len(parts) == 1 and parts[0].expansion is not None and parts[0].expansion.name == skip:
        return _outside(where, parts[0].expansion)
    return _all(where, shell, parts, use, frame, depth + 1)


def _looped(
    where: Where, shell: Shell, words: tuple[tuple[int, int], ...], use: Command, frame: Frame | None, depth: int
) -> tuple[str, ...]:  # fmt: skip
    out: list[str] = []
    for start, end in words[:MOST]:
        parts = parts_of(shell, start, end, "u")
        if any(p.kind == "text" and set(p.text) & set("*?[{") for p in parts) or any(p.kind == "sub" for p in parts):
            return UNKNOWN if not all(p.kind == "text" for p in parts) else tuple(dict.fromkeys([*out, _globbed(parts)]))
        one = parts[0].expansion if len(parts) == 1 else None
        masked = len(parts) == 1 and parts[0].kind == "mask" and shell.data[start : start + 1] not in (b'"', b"'")
        split = masked or (one is not None and not one.quoted)
        for text in _all(where, shell, parts, use, frame, depth + 1):
            out += text.split() if split and "*" not in text else [text]
    return tuple(dict.fromkeys(out)) or UNKNOWN


def _globbed(parts: tuple[Part, ...]) -> str:
    text = "".join([p.text for p in parts])
    return "/".join(["*" if set(step) & set("*?[{") else step for step in text.rstrip("/").split("/")])


def _argument(where: Where, shell: Shell, name: str, use: Command, frame: Frame | None, depth: int) -> tuple[str, ...]:
    gone = shifted(shell, use) if frame is not None and len(name) < 4 else None
    number = int(name) + gone if gone is not None else 0
    if frame is None or not 0 < number < len(frame.command.argv):
        return UNKNOWN
    if any(word.raw.startswith(("$@", '"$@', '"${', "${")) and "@" in word.raw for word in frame.command.argv[1 : number + 1]):
        return UNKNOWN
    return _word(where, shell, frame.command.argv[number], frame.command, frame.up, depth + 1)


def at(folder: str, path: str) -> str:
    """`path` as seen from `folder`, relative to the root; `**` when it may be anywhere."""
    if path.startswith(OUTSIDE) or (folder.startswith(OUTSIDE) and not path.startswith((ROOT, "/", "~", ".."))):
        return OUTSIDE
    if folder.startswith(OUTSIDE):
        folder = "**"
    if path.startswith(ROOT):
        return joined(".", path[1:].lstrip("/") or ".") or "**"
    if path.startswith(("/", "~")):
        return "**"
    return "**" if path == "*" else joined(folder, path) or "**"


def folders(where: Where, shell: Shell, command: Command, frame: Frame | None, depth: int = 0) -> tuple[str, ...]:
    """The working directories that the command can have, relative to the root."""
    function = function_of(command)
    if shell.remote or depth > DEEPEST:
        return ANYWHERE
    if function and frame is not None:
        now = folders(where, shell, frame.command, frame.up, depth + 1)
    elif function:
        calls = shell.calls.get(function, ())
        now = folders(where, shell, calls[0], None, depth + 1) if calls else _start(where)
    elif shell.up is not None:
        now = folders(where, shell.up[0], shell.up[1], None, depth + 1)
    else:
        now = _start(where)
    return _walked(where, shell, command, frame, now, function)


def _start(where: Where) -> tuple[str, ...]:
    folder = where.host.folder
    return ANYWHERE if folder is None else (folder,)


def _walked(
    where: Where, shell: Shell, command: Command, frame: Frame | None, now: tuple[str, ...], function: str
) -> tuple[str, ...]:  # fmt: skip
    stack: list[tuple[str, ...]] = []
    last = now
    if len(shell.moves) > MOST_MOVES:
        return ANYWHERE
    for each in shell.moves:
        name, args = program(each)
        if each.index >= command.index or function_of(each) != function or not _reaches(shell, each, command):
            continue
        old = now
        if name == "popd":
            now = stack.pop() if stack else ANYWHERE
        else:
            if name == "pushd":
                stack.append(now)
            words = [w for w in args if w.raw not in ("--", "-P", "-L", "-e", "-n")]
            if not words:
                now = ANYWHERE
            elif words[0].raw == "-":
                now = last
            else:
                targets = _word(where, shell, words[0], each, frame, 0)
                now = tuple(dict.fromkeys([at(a, b) for a in now for b in targets]))
        if _perhaps(shell, each, command):
            now = tuple(dict.fromkeys([*old, *now]))
        if len(now) > MOST:
            now = ANYWHERE
        last = old
    return now


def _reaches(shell: Shell, each: Command, command: Command) -> bool:
    """Whether a `cd` is one of the shell that `command` runs in."""
    if each.pipe_to_next or each.background or (each.stage and each.pipeline != command.pipeline):
        return each.pipeline == command.pipeline and each.stage == command.stage
    if any(a <= each.start < b and not a <= command.start < b for a, b in shell.script.subshells):
        return False
    return each.parent == command.parent or "substitution" not in each.scopes


def _perhaps(shell: Shell, each: Command, command: Command) -> bool:
    """Whether the `cd` may not have been run: it stands in a branch, or behind a test."""
    before = shell.script.commands[each.index - 1] if each.index else None
    if each.connector == "&&" and before is not None and before.name in ("[", "[[", "test"):
        return True
    if each.connector == "||":
        return True
    if not CONDITIONAL & set(each.scopes):
        return False
    return each.scopes != command.scopes[: len(each.scopes)] or crosses(shell, each, command)


def name_of(text: str) -> str:
    """A path without what stands for its start at the root."""
    return posixpath.normpath(text[1:].lstrip("/") or ".") if text.startswith(ROOT) else text

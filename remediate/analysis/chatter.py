"""What network tools show of a secret that they are given: `curl -v` its headers, `wget` its address; to the log, or to a file for it."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.analysis.references import static_argv, tool_name
from remediate.analysis.taint import Taint
from remediate.shell.view import Command, Word
from remediate.text import late

_VERBOSE = late(r"-[sSLfkgiNnOJRGI#0-9]*v[sSLfkgiNnOJRGIv#0-9]*|--verbose")
_CURL_TRACE = ("--trace", "--trace-ascii")
_CURL_BODY = frozenset("-d --data --data-raw --data-binary --data-urlencode --data-ascii --json -F --form -T -o -E -K".split())
_WGET_LOG = ("-o", "--output-file", "-a", "--append-output")
_WGET_QUIET = late(r"-[ncNSxr]*q[a-zA-Z]*|--quiet|-nv")
# wget stars out a password in an address; not a user name, a path or a query.
_SHOWN_IN_ADDRESS = late(r"://\$|://[^\s\"'/]*@[^\s\"']*\$|://[^\s\"'@]*/[^\s\"'@]*\$")


def chatter(taint: Taint, command: Command) -> Iterator[str]:
    """Where the command shows the secret beside its output: paths, and "" for the build log."""
    tool = tool_name(static_argv(command))
    if tool == "curl" and _sends_it(taint, command):
        options = [w.raw for w in command.argv[1:]]
        traced = [_value(command, at, option) for at, word in enumerate(command.argv) for option in _CURL_TRACE if _is(word, option)]
        yield from (path for path in traced if path not in ("", "-", "%"))
        if any(path in ("-", "%") for path in traced) or any(_VERBOSE.fullmatch(o) for o in options):
            yield from _errors_go_to(command)
    elif tool == "wget" and _address_shows(taint, command) and not any(_WGET_QUIET.fullmatch(w.raw) for w in command.argv[1:]):
        files = [_value(command, at, option) for at, word in enumerate(command.argv) for option in _WGET_LOG if _is(word, option)]
        yield from files or _errors_go_to(command)


def _sends_it(taint: Taint, command: Command) -> bool:
    """A header, a user or an address holds the secret; what is sent as a body is not shown."""
    before = ""
    for word in command.argv[1:]:
        body = before in _CURL_BODY or word.raw.startswith(("-d", "--data", "-F", "--form"))
        if not body and taint.word(word):
            return True
        before = word.raw
    return False


def _address_shows(taint: Taint, command: Command) -> bool:
    return any(taint.word(w) and not w.raw.startswith("-") and _SHOWN_IN_ADDRESS.search(w.raw) for w in command.argv[1:])


def _is(word: Word, option: str) -> bool:
    return word.raw == option or word.raw.startswith(f"{option}=" if option.startswith("--") else option + "/")


def _value(command: Command, at: int, option: str) -> str:
    raw = command.argv[at].raw
    if raw != option:
        return raw[len(option) :].removeprefix("=").strip("\"'")
    following = command.argv[at + 1] if at + 1 < len(command.argv) else None
    return "" if following is None else following.value or following.raw.strip("\"'")


def _errors_go_to(command: Command) -> list[str]:
    """The file behind `2>`, "" for the log; nothing when it goes nowhere or into a pipe."""
    out, errors = "", ""
    for r in command.redirects:
        target = r.target.value if r.target is not None and r.target.value is not None else (r.target.raw if r.target is not None else "")
        if r.op in ("&>", "&>>"):
            out = errors = target
        elif r.op in (">", ">>", ">|") and r.fd == 2:
            errors = target
        elif r.op in (">", ">>", ">|") and r.fd in (-1, 1):
            out = target
        elif r.op == ">&" and r.fd == 2 and target == "1":
            errors = out or ("|" if command.pipe_to_next or "substitution" in command.scopes else "")
    return [] if errors in ("/dev/null", "|") else ["" if errors in ("/dev/stderr", "/dev/stdout") else errors]

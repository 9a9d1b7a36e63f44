"""What a statement reads besides variables, and whether that is still the same where the statement is moved to.

RUN sed "s/@TOKEN@/$T/" /tmp/npmrc.tpl > ~/.npmrc && rm /tmp/npmrc.tpl      (moved behind the rm, it would find nothing)
"""

from __future__ import annotations

from collections.abc import Iterator

from remediate.analysis.file_places import Places, before
from remediate.analysis.flows import Trace
from remediate.analysis.life import life_of
from remediate.analysis.references import static_argv, tool_name
from remediate.analysis.removals import normal_path, working_folders
from remediate.analysis.runs import RunView
from remediate.shell.statements import Statement
from remediate.shell.view import Command, Word

# Programs whose words are files that they read; of the others only `<` is known to be one.
_READS = frozenset("cat cp install sed awk gawk jq head tail sort base64 openssl fold cut xxd tac".split())
_ELSEWHERE = ("/run/secrets/", "/dev/", "/proc/", "/sys/")
_MOST = 12


def changed_input(trace: Trace, run: RunView, statement: Statement, last: int, kept: str) -> str:
    """Why what the statement reads may be another thing in the RUN `last`, "" when it is the same. `kept`: the file that it writes."""
    places: Places | None = None
    paths = {p: None for i in statement.commands for p in _inputs(run, run.scripts[0].commands[i]) if p != kept}
    if len(paths) > _MOST:
        return "it reads many files"
    for path in paths:
        if path.startswith(_ELSEWHERE):
            continue
        if "$" in path or "?" in path:
            return "it reads a file whose name only the shell knows"
        life = life_of(trace, path, run.index)
        after = (run.index, statement.commands.stop - 1)
        changed = [t.run for t in life.touches if (t.run, t.command) > after and t.run <= last]
        changed += [i for i in life.hidden if run.index < i <= last]
        places = places or Places(trace.tree, trace.around)
        changed += [i for i in before(trace.tree, last) if i > run.index and places.may_bring(i, path)]
        if changed:
            at = trace.tree.instructions[min(changed)]
            return f"{at.keyword} in line {at.start_line} changes {path}, which it reads"
    return ""


def _inputs(run: RunView, command: Command) -> Iterator[str]:
    """The absolute paths of the files that the command may read."""
    folder = working_folders(run.scripts[0], run)[command.index]
    words = [r.target for r in command.redirects if r.op == "<" and r.target is not None]
    named = {id(w) for w in words}
    if command.argv and tool_name(static_argv(command)) in _READS:
        words += command.argv[1:]
    for word in words:
        text = _spelt(word)
        surely = id(word) in named or (command.name in ("cat", "cp", "install") and not text.startswith("-"))
        if surely or ("$" not in text and "?" not in text and not text.startswith("-")):
            yield normal_path(text, run, folder)


def _spelt(word: Word) -> str:
    """The word's text, "$" where only the shell knows it."""
    raw = word.value if word.value is not None else word.raw.strip("\"")
    bare = raw.removeprefix("$HOME/").removeprefix("${HOME}/")
    return raw if "$" not in bare and "`" not in bare else "$"

"""Build commands in texts for people: README code blocks and console transcripts. Prose is left alone."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Sequence

from remediate.callers.kinds.docs_blocks import DATA, SHELLS, Block, blocks, command_lines, embedded, has_prompts, transcript
from remediate.callers.model import Build, CallerFile, Job, Place, Reading, Refused, Rewritten, Unread
from remediate.callers.repository import MAX_FILE, Repository
from remediate.callers.shell import ScriptHost, read_shell, rewrite_shell
from remediate.formats.embedded import Embedded
from remediate.shell.parse import parse_shell
from remediate.text import late

_PLACEHOLDER = late(rb"<[A-Za-z][^<>\n|&;()]{0,60}>|\[[A-Za-z][A-Za-z _-]{0,40}\](?=[\s/:]|$)")
_FLAG = late(rb"--build-arg[ \t=\"',\\`^\r\n]{1,12}([A-Za-z_][A-Za-z0-9_]*)")
_KEY = late(rb"([ \t]*)(?:-[ \t]+)?(?:build[-_]args|args|buildArgs)[ \t]*[:=]")
_NAME = late(rb"([ \t]*)(?:-[ \t]+)?[\"']?([A-Za-z_][A-Za-z0-9_]*)[\"']?[ \t]*[:=]")


class _Host(ScriptHost):
    """A reader of the text; `shows`: a placeholder may be written down again."""

    shows = True


class _Script:
    """One block as shell text."""

    def __init__(self, number: int, text: Embedded) -> None:
        self.number, self.text = number, text
        self.masks = tuple([m.span() for m in _PLACEHOLDER.finditer(text.text.data)])

    @property
    def understood(self) -> bool:
        from remediate.callers.shell.shells import masked

        return not parse_shell(masked(self.text.text, self.masks)).damaged


def read(file: CallerFile, repository: Repository) -> Reading:
    if len(file.data) > MAX_FILE:
        return Reading()
    scripts, unread = _scripts(file)
    builds: list[Build] = []
    for script in scripts:
        reading = _read(file, script, ".")
        builds += [_placed(b._replace(key=(script.number, b.key)), file, repository) for b in reading.builds]
        unread += [u for u in reading.unread if u.name]
    return Reading(tuple(builds), tuple(dict.fromkeys(unread)))


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    scripts = {s.number: s for s in _scripts(file)[0]}
    wanted: dict[int, list[tuple[int, Job]]] = defaultdict(list)
    for number, job in enumerate(jobs):
        assert isinstance(job.build.key, tuple)
        block, key = job.build.key
        wanted[block].append((number, job._replace(build=job.build._replace(key=key))))
    done = [
        rewrite_shell(scripts[n].text, _host(scripts[n], "."), mine, path=file.path, masks=scripts[n].masks)
        for n, mine in wanted.items()
    ]  # fmt: skip
    refused = tuple([r for d in done for r in d.refused])
    if refused:
        return Rewritten(refused=refused)
    return Rewritten(tuple([e for d in done for e in d.edits]), (), tuple([t for d in done for t in d.told]))


def _read(file: CallerFile, script: _Script, folder: str) -> Reading:
    return read_shell(script.text, _host(script, folder), path=file.path, kind=file.kind, masks=script.masks, data=file.data)


def _host(script: _Script, folder: str) -> _Host:
    from remediate.callers.shell.shells import Shell

    shell = Shell(parse_shell(script.text.text), lambda new: new)
    return _Host(folder, None if shell.takes_in else frozenset(shell.definitions))


def _scripts(file: CallerFile) -> tuple[list[_Script], list[Unread]]:
    out: list[_Script] = []
    unread: list[Unread] = []
    for number, block in enumerate(blocks(file.data)):
        if block.language not in SHELLS and block.language not in ("", "indented"):
            unread += _foreign(file, block)
            continue
        lines = transcript(file.data, block) if has_prompts(file.data, block) else list(block.lines)
        script = _Script(number, embedded(file.data, lines))
        if not script.understood:
            script = _Script(number, embedded(file.data, command_lines(file.data, block)))
        if script.understood:
            out.append(script)
        else:
            unread += _named(file, block, "caller-shell", "the code block is not understood")
    return out, unread


def _foreign(file: CallerFile, block: Block) -> list[Unread]:
    if block.language not in DATA:
        return _named(file, block, "caller-shell", f"the code block is {block.language}")
    why = f"the code block is {block.language}"
    out = [] if block.language in ("dockerfile", "docker") else _keys(file, block, why)
    return out + _named(file, block, "caller-format", why)


def _named(file: CallerFile, block: Block, code: str, why: str) -> list[Unread]:
    """What the block passes, by the words alone."""
    out: list[Unread] = []
    for start, end in ((block.lines[0][0], block.lines[-1][1]),) if block.lines else ():
        for match in _FLAG.finditer(file.data, start, end):
            line = file.data.count(b"\n", 0, match.start()) + 1
            by_hand = (f"--secret id={match[1].decode().lower()},env={match[1].decode()}",)
            out.append(Unread(line, Refused(code, why, line, by_hand), match[1].decode()))
    return out


def _keys(file: CallerFile, block: Block, why: str) -> list[Unread]:
    """The names below `args:` and `build-args:`."""
    out: list[Unread] = []
    deep = -1
    for start, end in block.lines:
        text = file.data[start:end]
        key = _KEY.match(text)
        name = _NAME.match(text)
        if key:
            deep = len(key[1])
        elif deep >= 0 and text.strip() and len(text) - len(text.lstrip()) <= deep:
            deep = -1
        elif deep >= 0 and name:
            line = file.data.count(b"\n", 0, start) + 1
            out.append(Unread(line, Refused("caller-format", why, line), name[2].decode()))
    return out


def _placed(build: Build, file: CallerFile, repository: Repository) -> Build:
    """A reader may stand in the root, in the text's folder, or above a fresh clone (`cd project`)."""

    def there(path: str) -> bool:
        return repository.exists(path) or repository.read(path) is not None

    paths = build.place.paths
    if not paths or any(there(p) for p in paths):
        return build
    own = posixpath.dirname(file.path)
    near = tuple([p for path in paths if there(p := posixpath.normpath(posixpath.join(own, path)))])
    if near:
        return build._replace(place=Place(near), folder=own or ".", context=None)
    below = tuple([p for path in paths for p in [path.partition("/")[2]] if p and there(p)])
    folder = build.folder.partition("/")[2] or "." if build.folder else None
    return build._replace(place=Place(below), folder=folder, context=None) if below else build

"""`run:` steps: shell text in which GitHub replaces `${{ ... }}` before the shell sees it.

A value that came in that way reaches the build by the step's `env:`:

    run: docker build --build-arg T=${{ secrets.T }} .     ->      run: docker build --secret id=t,env=T .
                                                                   env:
                                                                     T: ${{ secrets.T }}
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from remediate.callers.kinds.github_actions_expr import context_name, masks, sole
from remediate.callers.kinds.github_actions_tree import Step, fields, in_repository, plain
from remediate.callers.kinds.github_actions_unit import Unit
from remediate.callers.model import Build, CallerFile, FileEdit, Job, JobRefused, Passed, Place, Refused, Rewritten, Unread
from remediate.callers.places import UNKNOWN
from remediate.formats.embedded import FormatError
from remediate.formats.yaml import Node
from remediate.formats.yaml_edit import add_entry, quoted
from remediate.model import Edit
from remediate.text import late

BUILDS = late(r"build-arg|docker|podman|buildah|nerdctl|buildctl|kaniko|compose|depot|finch|\bbake\b|\bimg\b", 2)  # 2: re.IGNORECASE
_FLAG = late(r"--build-arg[=\s]+[\"']?([A-Za-z_][A-Za-z0-9_]*)")
_FLAG_BYTES = late(rb"--build-arg[=\s]+[\"']?([A-Za-z_][A-Za-z0-9_]*)")
_BUILD = late(r"\b(?:docker|podman|buildah|nerdctl)(?:\.exe)?\b[^\n]{0,200}?\b(?:build|bud|bake)\b", 2)
_SHELLS = frozenset(("", "bash", "sh", "dash", "ksh", "zsh"))
_GIVEN = late(r"(?:GITHUB|RUNNER|ACTIONS|INPUT)_\w+|CI|HOME|PATH|USER|LANG|TMPDIR|NODE_OPTIONS|SHELL|PWD")
_SET = late(r"(?:GITHUB|RUNNER)_\w+|CI|HOME|PATH")
_VARIABLE = late(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")
_DOCKER_IMAGE = late(r"(?:.*/)?docker:(\d{1,4})(?:\.(\d{1,4}))?.*")

_BY_ENV = ("env:", "  NAME: ${{ secrets.NAME }}", "--secret id=ID,env=NAME")


class StepHost:
    """What the workflow knows of a step's shell text."""

    def __init__(self, step: Step, script: str) -> None:
        self.step, self.script = step, script
        self.added: dict[str, str] = {}
        self.folder = self._folder()

    def _folder(self) -> str | None:
        found = self.step.values(self.step.folder.strip() or ".")
        if len(found) != 1 or UNKNOWN in found[0]:
            return None
        return in_repository(found[0], self.step.checkouts) if _is_whole(self.step) else in_repository(found[0], ())

    def exported(self, name: str) -> bool:
        return name in self.step.written or _SET.fullmatch(name) is not None or any(name in plain(env) for env in self.step.env)

    def resolve(self, text: str) -> tuple[str, ...] | None:
        """Values of expressions, and of variables that an `env:` sets."""
        known = {"GITHUB_WORKSPACE": "${{ github.workspace }}"}

        def as_expression(match: object) -> str:
            name = match[1] or match[2]  # type: ignore[index]
            return known.get(name, f"${{{{ env.{name} }}}}")

        found = self.step.values(_VARIABLE.sub(as_expression, text))
        return None if any(UNKNOWN in v for v in found) else found

    def carry(self, name: str, template: str) -> str | None:
        """A variable of the step's `env:` with that value: one that is there, or a new one."""
        context, known = context_name(sole(template))
        if context == "env" and known not in self.added and self.exported(known) and not self._assigns(known):
            return known
        for candidate in (name, f"SECRET_{name}", f"BUILD_SECRET_{name}"):
            if self.added.get(candidate) == template or self._value(candidate) == template:
                return candidate
            if candidate not in self.added and self._is_free(candidate) and self._can_add():
                self.added[candidate] = template
                return candidate
        return None

    def _value(self, name: str) -> str | None:
        for env in reversed(self.step.env):
            if name in plain(env):
                return plain(env)[name]
        return None

    def _is_free(self, name: str) -> bool:
        """Whether no command of the script would see a change: its own variables keep their names."""
        if self._value(name) is not None or name in self.step.written or _GIVEN.fullmatch(name):
            return False
        return not any(name in (m[1], m[2]) for m in _VARIABLE.finditer(self.script)) and not self._assigns(name)

    def _assigns(self, name: str) -> bool:
        at = self.script.find(f"{name}=")
        while at >= 0:
            before = self.script[max(at - 40, 0) : at]
            if not (before[-1:].isalnum() or before[-1:] in ("_", "-")) and not before.rstrip("\"'").rstrip(" =\t").endswith("--build-arg"):
                return True
            at = self.script.find(f"{name}=", at + 1)
        return False

    def _can_add(self) -> bool:
        entry = self.step.node.entry("env")
        if entry is None:
            return "env" not in self.step.fields
        return entry.value.kind == "mapping" and not entry.value.anchor and bool(entry.value.entries)

    def edits(self, data: bytes, after: str) -> list[Edit]:
        """The new entries of `env:`."""
        if not self.added:
            return []
        entry = self.step.node.entry("env")
        if entry is None:
            return [add_entry(data, self.step.node, "env", [f"{n}: {quoted(t)}" for n, t in self.added.items()], after=after)]
        return [add_entry(data, entry.value, n, [quoted(t)]) for n, t in self.added.items()]


def _advised(build: Build) -> Build:
    """The build with lines to write by hand, where nothing better is known."""
    refused = build.refused
    return build._replace(refused=refused._replace(by_hand=refused.by_hand or _BY_ENV)) if refused is not None else build


def _is_whole(step: Step) -> bool:
    """Whether the workspace is this repository, and nothing else."""
    return all(c.own and c.folder == "." for c in step.checkouts)


def _in_checkout(build: Build, step: Step) -> Build:
    """The places of a build as those of the repository, which lies in a folder of the workspace, or beside others."""
    if _is_whole(step):
        return build
    paths = [in_repository(p, step.checkouts) for p in build.place.paths]
    pattern = in_repository(build.place.pattern, step.checkouts) if build.place.pattern else ""
    folder = in_repository(build.folder, step.checkouts) if build.folder is not None else None
    context = in_repository(build.context, step.checkouts) if build.context is not None else None
    return build._replace(place=Place(tuple(p for p in paths if p is not None), pattern or ""), folder=folder, context=context)


class Run(Unit):
    """A step whose text `node` is run by a shell."""

    def __init__(self, file: CallerFile, step: Step, node: Node, key: str) -> None:
        from remediate.callers.shell import read_shell

        self.node, self.key = node, key
        host = StepHost(step, node.value)
        hidden = masks(node.text.text.data)
        found = read_shell(node.text, host, path=file.path, kind=file.kind, masks=hidden, name=step.job, data=file.data)
        builds = [_in_checkout(self._judged(step, _advised(b)), step)._replace(idle=step.idle) for b in found.builds]
        unread = [u._replace(refused=u.refused._replace(by_hand=u.refused.by_hand or _BY_ENV)) for u in found.unread]
        super().__init__(file, step, builds, unread, frozenset((node.span.start,)))

    def _judged(self, step: Step, build: Build) -> Build:
        """A build that the surroundings forbid to have secrets."""
        if build.refused is not None:
            return build
        kit = step.values("${{ env.DOCKER_BUILDKIT }}")
        classic = build.engine == "docker"
        if classic and ("0" in kit or "false" in kit):
            detail = "DOCKER_BUILDKIT turns BuildKit off here"
            return build._replace(refused=Refused("caller-builder", detail, build.line, ('DOCKER_BUILDKIT: "1"',)))
        found = _DOCKER_IMAGE.fullmatch(step.image)
        version = (int(found[1]), int(found[2] or 99)) if found else (99, 0)
        if version < (20, 10) or (version < (23, 0) and classic and kit != ("1",)):
            hand = ("container: docker:27", "(or, with Docker 20.10 and newer:)", "env:", '  DOCKER_BUILDKIT: "1"')
            detail = f"the job runs in Docker {version[0]}, which builds without BuildKit"
            return build._replace(refused=Refused("caller-builder-old", detail, build.line, hand))
        return build

    def rewrite(self, jobs: Sequence[tuple[int, Job]]) -> Rewritten:
        from remediate.callers.shell import rewrite_shell

        host = StepHost(self.step, self.node.value)
        done: Rewritten = rewrite_shell(self.node.text, host, jobs, path=self.file.path, masks=masks(self.node.text.text.data))
        try:
            more = host.edits(self.file.data, self.key) if not done.refused else []
        except FormatError as error:
            refused = Refused("caller-format", error.message, self.line)
            return Rewritten(refused=tuple(JobRefused(n, m.spec.id, refused) for n, job in jobs for m in job.moves))
        return done._replace(edits=(*done.edits, *(FileEdit(self.file.path, e) for e in more)))


def run_unit(file: CallerFile, step: Step, node: Node, key: str = "run", shell: str | None = None) -> Unit | None:
    """The unit of a shell text; None when it builds nothing."""
    text = node.value
    if not BUILDS.search(text):
        return None
    if not _is_posix(step.shell if shell is None else shell):
        return _foreign(file, step, node)
    unit = Run(file, step, node, key)
    return unit if unit.builds or unit.unread else None


def held_args(file: CallerFile, step: Step, seen: set[int]) -> Unit | None:
    """Build args that an `env:` holds, for whatever command of the step uses them: `ARGS: --build-arg T=...`. Each `env:` counts once."""
    unread: dict[Unread, None] = {}
    for env in step.env:
        if env.span.start in seen or b"--build-arg" not in env.data[env.span.start : env.span.end]:
            continue
        seen.add(env.span.start)
        for key, node in fields(env).items():
            for name in _FLAG.findall(node.value):
                refused = Refused("caller-arguments", f"the build args are held by the variable {key}", node.line, _BY_ENV)
                unread[Unread(node.line, refused, name)] = None
    return Unit(file, step, (), tuple(unread)) if unread else None


def remote_unit(file: CallerFile, step: Step, node: Node) -> Unit | None:
    """A text that runs on another machine, or in a container of its own: the step's `env:` does not reach it."""
    unit = run_unit(file, step, node, shell="")
    if unit is None:
        return None
    detail = "the command runs on another machine, or in a container of its own"
    builds = [b._replace(refused=b.refused or Refused("caller-remote", detail, b.line)) for b in unit.builds]
    return Unit(file, step, builds, unit.unread, frozenset((node.span.start,)))


def _is_posix(shell: str) -> bool:
    words = shell.split()
    return (words[0].rsplit("/", 1)[-1] if words else "") in _SHELLS


def _foreign(file: CallerFile, step: Step, node: Node) -> Unit | None:
    """PowerShell, cmd, Python: the build args that can be seen are named, nothing is changed."""
    text = node.text.text
    found = {m[1].decode(): bisect_right(node.lines, text.span(m.start(1), m.end(1)).start) for m in _FLAG_BYTES.finditer(text.data)}
    if not found and not _BUILD.search(node.value):
        return None
    shell = step.shell.split()[0]
    refused = Refused("caller-shell", f"the step runs in {shell[:40]}", node.line, _BY_ENV)
    args = tuple(Passed(name, line) for name, line in found.items())
    build = Build(file.path, file.kind, node.line, Place(pattern="**"), None, None, args, name=step.job, refused=refused)
    return Unit(file, step, [build], (), frozenset((node.span.start,)))

"""`fly.toml`: `fly deploy` builds the Dockerfile, with the values of `[build.args]`; build secrets stand on its command line only.

`--build-secret ID=VALUE` takes no variable and no file (superfly/flyctl internal/command/deploy/deploy_build.go), so there is nothing that
could be written here: what has to be added to the command is shown.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from remediate.callers.model import Build, CallerFile, Job, JobRefused, Passed, Reading, Refused, Rewritten, Unread
from remediate.callers.places import joined, place
from remediate.callers.repository import Repository
from remediate.text import late

WHY = Refused(
    "caller-value", "fly takes a build secret only with its value, on the command line of fly deploy", 0,
    ('fly deploy --build-secret ID="$NAME" ...', '(of a file: fly deploy --build-secret ID="$(cat FILE)" ...)'),
)  # fmt: skip
_TABLE = late(rb"^[ \t]*\[[ \t]*build\b|^[ \t]*build\b", 8)  # re.MULTILINE
_SECRET = late(rb"--build-secret[= \t]+[\"']?([\w.-]+)=")
_KEY = late(rb"(?<![\w.-])[\"']?([\w-]+)[\"']?[ \t]*=")
MAX_FILES = 2000


def read(file: CallerFile, repository: Repository) -> Reading:
    """The one build that the file describes, unless it names an image, or a builder that reads no Dockerfile."""
    import tomllib

    try:
        found = tomllib.loads(file.data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return Reading(unread=(Unread(1, Refused("caller-format", f"it is no TOML: {error}", 1)),))
    table = found.get("build", {})
    build = table if isinstance(table, dict) else {}
    if any(build.get(key) for key in ("image", "builder", "builtin", "buildpacks")):
        return Reading()
    args = build.get("args", {})
    start = _TABLE.search(file.data)
    line = file.data.count(b"\n", 0, start.start()) + 1 if start is not None else 1
    known = _lines(file.data, start.start() if start is not None else 0)
    rows = tuple(Passed(n, known.get(n, line), "literal") for n in (args if isinstance(args, dict) else ()))
    folder = posixpath.dirname(file.path) or "."
    dockerfile = build.get("dockerfile")
    where = place(folder, ".", dockerfile if isinstance(dockerfile, str) else "")
    target = build.get("build-target")
    return Reading((
        Build(
            file.path, file.kind, line, where, joined(folder, "."), folder, rows, _passed(repository), (),
            target if isinstance(target, str) else "", "fly", "", WHY,
        ),
    ))  # fmt: skip


def _lines(data: bytes, start: int) -> dict[str, int]:
    """The line of each key behind `start`."""
    found: dict[str, int] = {}
    line, at = data.count(b"\n", 0, start) + 1, start
    for key in _KEY.finditer(data, start):
        line, at = line + data.count(b"\n", at, key.start()), key.start()
        found.setdefault(key[1].decode("utf-8", "replace"), line)
    return found


def _passed(repository: Repository) -> tuple[str, ...]:
    """The ids that a command in the repository hands over to `fly deploy` already."""
    found: dict[str, None] = {}
    for path in repository.paths()[:MAX_FILES]:
        data = repository.read(path) or b""
        if b"--build-secret" in data:
            found.update(dict.fromkeys(m.decode() for m in _SECRET.findall(data)))
    return tuple(found)


def rewrite(file: CallerFile, repository: Repository, jobs: Sequence[Job]) -> Rewritten:
    del file, repository
    return Rewritten(refused=tuple(JobRefused(n, m.spec.id, j.build.refused or WHY) for n, j in enumerate(jobs) for m in j.moves))

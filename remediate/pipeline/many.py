"""All that a user named, each file by itself: one bad file never stops the others."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from remediate.model import BuildCommand, CallerChange, FileOutcome, Options, Outcome, Refusal, RemediateError
from remediate.pipeline.one import Neighbourhood, process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from remediate.dockerfile.tree import Dockerfile
    from remediate.knowledge.names import Judge
    from remediate.model import CallerUse
    from remediate.pipeline.near import Beside
    from remediate.repo.caller_files import CallerSource
    from remediate.repo.config import Config
    from remediate.repo.context import ContextCache
    from remediate.repo.discover import Found
    from remediate.repo.listing import Listing

PARALLEL_FROM = 200  # files; below this, starting workers costs more than it saves
STDIN = "-"


class Worker:
    """What one process needs for its share of the files."""

    def __init__(self, options: Options, config: Config | None | None, named: Sequence[str] = ()) -> None:
        self.options, self.config = options, config
        excludes = config.excludes if config is not None else lambda path: False
        self.meant = tuple(os.path.realpath(n) for n in named if excludes(n))
        self.cache: ContextCache | None = None
        self.callers: dict[tuple[str, tuple[str, ...]], tuple[CallerUse, ...]] = {}
        self.listings: dict[str, Listing] = {}

    def do(self, found: Found) -> FileOutcome | RemediateError:
        if found.error is not None:
            return found.error
        return guarded(lambda: self.one(found, self.options), found.display)

    def one(self, found: Found, options: Options, held: Mapping[str, Refusal] = MappingProxyType({})) -> FileOutcome:
        """One Dockerfile by itself. `held`: secrets whose edit waits for a caller."""
        from remediate.repo.reading import read_bytes

        data = read_bytes(found.path, display=found.display)
        if self.config is None:
            done = process(
                data, found.display, options, near=lambda: self._near(found, held), carries=lambda tree: self._carries(found, tree)
            )
        else:
            rows = self.config.for_file(found.path)
            judge = _judge(rows.secret, rows.not_secret)
            done = process(
                data, found.display, options, judge=judge, ignore=rows.ignore,
                near=lambda: self._near(found, held), carries=lambda tree: self._carries(found, tree),
            )  # fmt: skip
        return done if done.findings or done.mounted else done._replace(before=b"", after=b"")

    def trial(self, root: str, path: str, data: bytes) -> FileOutcome:
        """What would become of a text that stood where that Dockerfile of the repository stands."""
        from remediate.repo.discover import Found

        found = Found(Path(root) / path, path, Path(root))
        rows = self.config.for_file(found.path) if self.config is not None else None
        judge = _judge(rows.secret, rows.not_secret) if rows is not None else None
        options = self.options._replace(unsafe=True, transition=False)
        return process(data, path, options, judge=judge, ignore=rows.ignore if rows is not None else (), near=lambda: self._near(found, {}))

    def _near(self, found: Found, held: Mapping[str, Refusal]) -> Neighbourhood:
        return self._beside(found).neighbourhood()._replace(held=held)

    def sources(self, root: str) -> list[CallerSource]:
        """The files of a repository that may build images, without those that the configuration leaves out."""
        from remediate.repo.caller_files import caller_sources
        from remediate.repo.context import ContextCache

        if self.cache is None:
            self.cache = ContextCache(self.listings)
        found = caller_sources(root, self.cache.sources)
        return [s for s in found if not self._left_out(Path(root) / s.path)]

    def _left_out(self, path: Path) -> bool:
        """A folder that is left out itself, but was named, is meant."""
        if self.config is None or not self.config.excludes(path):
            return False
        return not any(str(path).startswith(folder + os.sep) for folder in self.meant)

    def dockerfiles(self, root: str) -> list[str]:
        """All of a repository, as far as a bounded search finds them."""
        from remediate.knowledge.files import stem_pattern
        from remediate.repo.listing import listed

        found = listed(self.listings, root, stem_pattern()).dockerfiles
        return [d for d in found if not self._left_out(Path(root) / d)] if self.config is not None else found

    def _beside(self, found: Found) -> Beside:
        from remediate.pipeline.near import Beside
        from remediate.repo.context import ContextCache

        if self.cache is None:
            self.cache = ContextCache(self.listings)
        return Beside(found.path, found.root, self.cache, self.callers, self._left_out)

    def _carries(self, found: Found, tree: Dockerfile) -> bool:
        """A folder that is copied may bring a credential file: most repositories have none, and then nothing else is asked."""
        from remediate.knowledge.files import stem_pattern
        from remediate.repo.listing import listed

        return bool(listed(self.listings, os.fspath(found.root), stem_pattern()).named) and self._beside(found).carries(tree)


def run(paths: Sequence[str], options: Options, *, stdin: bytes | None = None, warn: Callable[[str], None] = lambda text: None) -> Outcome:
    """Look at every Dockerfile of `paths` ("-" for `stdin`). Nothing is written. RemediateError for a bad configuration only."""
    from remediate.repo.discover import find_dockerfiles

    named = [p for p in paths if p != STDIN]
    config = _config(_start(named))
    options = _with_config(options, config)
    worker = Worker(options, config, named)
    results: list[FileOutcome | RemediateError] = []
    if STDIN in paths:
        results.append(_standard_input(stdin or b"", options, config))
    found = [f for f in find_dockerfiles(named, warn=warn) if not _excluded(f, config, named)]
    alone = _parallel(worker, found) if len(found) >= PARALLEL_FROM else [worker.do(f) for f in found]
    changes: tuple[CallerChange, ...] = ()
    if any(isinstance(r, FileOutcome) and (r.secrets or r.mounted or (r.changed and r.callers)) for r in alone):
        from remediate.pipeline.together import together

        alone, changes = together(worker, found, alone, warn)
    results += alone
    files = tuple(r for r in results if isinstance(r, FileOutcome))
    errors = tuple(r for r in results if isinstance(r, RemediateError))
    return Outcome(files, _commands(files, options, config), errors, changes)


def _judge(secret: tuple[str, ...], not_secret: tuple[str, ...]) -> Judge | None:
    if not secret and not not_secret:
        return None
    from remediate.knowledge.names import Judge

    return Judge(secret, not_secret)


def _excluded(found: Found, config: Config | None, named: Sequence[str]) -> bool:
    if config is None or found.display in named or not config.excludes(found.path):
        return False
    # A folder that is left out itself, but was named, is meant.
    return not any(config.excludes(n) and str(found.path).startswith(os.path.realpath(n) + os.sep) for n in named)


def _start(named: Sequence[str]) -> Path:
    first = Path(named[0]) if named else Path()
    return first if os.path.isdir(first) else first.parent


def _with_config(options: Options, config: Config | None | None) -> Options:
    """The configuration's choices where the command line makes none."""
    engine, version, delivery = (config.engine, config.engine_version, config.delivery) if config is not None else ("", "", "")
    if options.delivery == "auto" and delivery:
        options = options._replace(delivery=delivery)
    if options.engine == "auto":
        options = options._replace(engine=engine or "docker", engine_version=options.engine_version or version)
    return options


def _config(start: Path) -> Config | None:
    """The configuration for what is looked at, None when no file may hold one (its reader is only loaded where one is)."""
    folder = os.path.realpath(start)
    while True:
        if any(os.path.lexists(os.path.join(folder, name)) for name in ("remediate.toml", "pyproject.toml")):
            from remediate.pipeline.command import checked
            from remediate.repo.config import load_config

            return checked(load_config(start))
        above = os.path.dirname(folder)
        if above == folder or os.path.lexists(os.path.join(folder, ".git")):
            return None
        folder = above


def _standard_input(data: bytes, options: Options, config: Config | None | None) -> FileOutcome | RemediateError:
    judge = _judge(config.secret, config.not_secret) if config is not None else None
    ignore = config.ignore if config is not None else ()
    return guarded(lambda: process(data, "Dockerfile", options, judge=judge, ignore=ignore), "<stdin>")


def guarded(work: Callable[[], FileOutcome], path: str) -> FileOutcome | RemediateError:
    """The work's result; what goes wrong with this file is said of this file, and the others are still done."""
    try:
        return work()
    except RemediateError as error:
        return RemediateError(error.message, path, error.line)
    except (RecursionError, MemoryError):
        return RemediateError("is too large or nested too deeply", path)
    except Exception as error:  # noqa: BLE001  a defect of the tool must not take the report on all other files with it
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f"{os.path.basename(place.tb_frame.f_code.co_filename)}:{place.tb_lineno}" if place is not None else "?"
        return RemediateError(f"a defect of remediate ({type(error).__name__} at {where}); nothing of this file is changed", path)


_shared: Worker | None = None


def _start_worker(worker: Worker) -> None:
    global _shared
    _shared = worker


def _do_shared(found: Found) -> FileOutcome | RemediateError:
    assert _shared is not None
    return _shared.do(found)


def _warm_up() -> None:
    """What every worker would load and compile for itself is there before they are made."""
    process(b"FROM a\nARG NPM_TOKEN\nENV API_KEY=x\nCOPY .npmrc a /a/\nRUN echo $NPM_TOKEN | tee ~/.npmrc && npm ci && rm ~/.npmrc\n")


def _parallel(worker: Worker, found: Sequence[Found]) -> list[FileOutcome | RemediateError]:
    from multiprocessing import get_context

    count = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 16)
    if count < 2:
        return [worker.do(f) for f in found]
    _warm_up()
    method = "fork" if hasattr(os, "fork") else "spawn"
    with get_context(method).Pool(count, _start_worker, (worker,)) as pool:
        return pool.map(_do_shared, found, chunksize=max(1, min(100, len(found) // (count * 4))))


def _commands(files: Sequence[FileOutcome], options: Options, config: Config | None | None) -> tuple[BuildCommand, ...]:
    wanted = [f for f in files if f.secrets or f.mounted or f.changed]
    if not wanted:
        return ()
    from remediate.pipeline.command import command_for

    return tuple(command_for(f, options, config) for f in wanted)

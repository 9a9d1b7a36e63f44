"""What is said of a caller: the other half of the fix, rewritten, or how it is done by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.model import CallerUse, Delivery, FileOutcome


def told(file: FileOutcome, rewritten: str, said: dict[tuple[str, ...], str]) -> Iterator[tuple[CallerUse, tuple[str, ...]]]:
    """Each caller with its lines. Those that only wait for another one share a line, and what was said of another Dockerfile is not
    said again at length: `said` remembers it (lines -> that Dockerfile).
    """
    waiting: dict[str, list[CallerUse]] = {}
    for caller in file.callers:
        if caller.reason == "caller-waits" and not caller.applied:
            waiting.setdefault(caller.name, []).append(caller)
            continue
        same = [c for c in file.callers if _head(c) == _head(caller)]
        if caller.reason and caller.message and not caller.applied and len(same) > 1:
            if same[0] is not caller:
                continue
            lines = _together(file, same, rewritten)
        else:
            lines = tuple(caller_lines(file, caller, rewritten))
        if len(lines) > 1 and said.setdefault(lines, file.path) != file.path:
            lines = (f"{lines[0]}: see {said[lines]}",)
        yield caller, lines
    for name, uses in waiting.items():
        yield uses[0], (_waiting(name, uses),)


def _head(caller: CallerUse) -> tuple[object, ...]:
    return caller.path, caller.line, caller.kind, caller.applied, caller.reason, caller.message


def _together(file: FileOutcome, uses: Sequence[CallerUse], rewritten: str) -> tuple[str, ...]:
    """What stands in the way of several secrets at one place is said once."""
    heads, rests = zip(*(tuple((lines[0], lines[1:])) for use in uses if (lines := list(caller_lines(file, use, rewritten)))), strict=True)
    return (f"{heads[0]}: {', '.join(use.name for use in uses)}", *dict.fromkeys(line for rest in rests for line in rest))


def _waiting(name: str, uses: Sequence[CallerUse]) -> str:
    places = ", ".join(dict.fromkeys(f"{place(use)}:{use.line}" for use in uses))
    return f"{places}: {'goes' if len(uses) == 1 else 'go'} on passing {name} until the caller that is refused is changed [caller-waits]"


def place(caller: CallerUse) -> str:
    """The caller's path as people read it."""
    return caller.display or caller.path


def _origin(caller: CallerUse) -> str:
    """Where the value comes from, where the name does not say it."""
    kind, _, rest = caller.origin.partition(":")
    told = {"env": f" (from {rest})", "file": f" (from the file {rest})", "ci": f" (from the store's {rest})", "literal": " (a literal)"}
    return told.get(kind, "") if rest != caller.name else ""


def caller_lines(file: FileOutcome, caller: CallerUse, rewritten: str = "rewritten") -> Iterator[str]:
    """One sentence, and below it what to write there by hand. `rewritten`: the word for one that the patch has."""
    where = f"{place(caller)}:{caller.line}"
    if caller.applied or (caller.id and not caller.reason):
        yield f"{where}: {rewritten}: {caller.name}{_origin(caller)} is handed over as {_kept(file, caller)} ({caller.kind})"
        if caller.message:
            yield f"  note: {caller.message}"
    elif caller.reason == "caller-without":
        yield f"{where}: passes nothing for {caller.name}: it needs {_kept(file, caller)} from now on ({caller.kind}) [{caller.reason}]"
        yield from (f"  by hand: {line}" for line in caller.by_hand)
    elif caller.reason:
        yield f"{where}: not rewritten [{caller.reason}]: {caller.message or 'passes ' + caller.name} ({caller.kind})"
        if caller.advice:
            yield f"  next: {caller.advice}"
        yield from (f"  by hand: {line}" for line in caller.by_hand)
    else:
        yield caller_line(file, caller)


def _kept(file: FileOutcome, caller: CallerUse) -> str:
    agent = any(s.id == caller.id and s.delivery is Delivery.SSH for s in (*file.secrets, *file.mounted))
    return f"ssh {caller.id}" if agent else f"secret {caller.id}"


def caller_line(file: FileOutcome, caller: CallerUse) -> str:
    """A caller of which no more is known than that it passes the build arg."""
    said = f"{place(caller)}:{caller.line}: still passes {caller.name} as a build arg ({caller.kind})"
    if any(f.applied and f.rule == "secret-in-arg" and f.name == caller.name for f in file.findings) and not file.secrets:
        return f"{said}, and nothing takes it any more: take it out there"
    spec = next((s for s in file.secrets if caller.name in (s.name, *s.env_names)), None)
    if spec is None or spec.delivery is Delivery.SSH or file.after == file.before:
        return said
    return f"{said}; this is half a fix: pass --secret id={spec.id} there in the same commit, or use --transition"


def counted(files: Sequence[FileOutcome], rewritten: str) -> str:
    """How many places of callers are rewritten, and how many a person has to change; empty when there are none."""
    uses = {(c.path, c.line, c.name): c for f in files for c in f.callers}.values()
    done = sum(c.applied or bool(c.id and not c.reason) for c in uses)
    settled = [c for c in uses if c.reason == "caller-waits" or (c.reason == "caller-without" and not c.by_hand)]
    left = sum(bool(c.reason) and c not in settled and not c.applied for c in uses)
    wait = sum(c.reason == "caller-waits" and not c.applied for c in uses)
    parts = ((done, rewritten), (left, "for a person to change"), (wait, "waiting for these"))
    said = ", ".join(f"{number} {words}" for number, words in parts if number)
    return f"; callers: {said}" if said else ""

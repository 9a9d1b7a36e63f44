"""What is said of a caller: the other half of the fix, rewritten, or how it is done by hand."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.model import CallerUse, Delivery, FileOutcome


def caller_lines(file: FileOutcome, caller: CallerUse, rewritten: str = "rewritten") -> Iterator[str]:
    """One sentence, and below it what to write there by hand. `rewritten`: the word for one that the patch has."""
    place = f"{caller.path}:{caller.line}"
    if caller.applied or (caller.id and not caller.reason):
        yield f"{place}: {rewritten}: {caller.name} is handed over as secret {caller.id} ({caller.kind})"
        if caller.message:
            yield f"  note: {caller.message}"
    elif caller.reason == "caller-without":
        yield f"{place}: passes nothing for {caller.name}: it needs secret {caller.id} from now on ({caller.kind}) [{caller.reason}]"
        yield from (f"  by hand: {line}" for line in caller.by_hand)
    elif caller.reason:
        yield f"{place}: not rewritten [{caller.reason}]: {caller.message or 'passes ' + caller.name} ({caller.kind})"
        if caller.advice:
            yield f"  next: {caller.advice}"
        yield from (f"  by hand: {line}" for line in caller.by_hand)
    else:
        yield caller_line(file, caller)


def caller_line(file: FileOutcome, caller: CallerUse) -> str:
    """A caller of which no more is known than that it passes the build arg."""
    said = f"{caller.path}:{caller.line}: still passes {caller.name} as a build arg ({caller.kind})"
    spec = next((s for s in file.secrets if caller.name in (s.name, *s.env_names)), None)
    if spec is None or spec.delivery is Delivery.SSH or file.after == file.before:
        return said
    return f"{said}; this is half a fix: pass --secret id={spec.id} there in the same commit, or use --transition"

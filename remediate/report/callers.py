"""What is said of a caller that still passes a build arg: the other half of the fix, and how it is done."""

from __future__ import annotations

from remediate.model import CallerUse, Delivery, FileOutcome


def caller_line(file: FileOutcome, caller: CallerUse) -> str:
    """One sentence; with the option to pass instead when the secret of that name is fixed in this file."""
    said = f"{caller.path}:{caller.line}: still passes {caller.name} as a build arg ({caller.kind})"
    spec = next((s for s in file.secrets if caller.name in (s.name, *s.env_names)), None)
    if spec is None or spec.delivery is Delivery.SSH or file.after == file.before:
        return said
    return f"{said}; this is half a fix: pass --secret id={spec.id} there in the same commit, or use --transition"

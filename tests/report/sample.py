"""An outcome by hand, with a planted value in every place that a report could show."""

from __future__ import annotations

from remediate.emit.commands import build_command
from remediate.model import Applicability, CallerUse, Delivery, FileOutcome, Finding, Mark, Outcome, RemediateError, SecretSpec

PLANTED = "pl4nted-Value.77"
BEFORE = f"""\
FROM node:20 AS build
ARG NPM_TOKEN={PLANTED}
ENV API_KEY {PLANTED}x
COPY . .
RUN npm ci && echo {PLANTED}
RUN curl -u ci:{PLANTED} https://files.example.com
""".encode()
AFTER = BEFORE.replace(f"ARG NPM_TOKEN={PLANTED}\n".encode(), b"").replace(b"RUN npm", b"RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN,required=true npm")
SPEC = SecretSpec("npm_token", "NPM_TOKEN", Delivery.ENV, consumers=(4,), env_names=("NPM_TOKEN",))
SAFE = Finding(
    "secret-in-arg", "NPM_TOKEN", "ARG", 2, 2, 5, 2, 14, "build", f"the build arg NPM_TOKEN (default {PLANTED}) stays in the history",
    Applicability.SAFE, True, marks=(Mark("enters here", 2, 2), Mark("used here", 5, 5)),
)  # fmt: skip
UNSAFE = Finding(
    "secret-in-env", "API_KEY", "ENV", 3, 3, 5, 3, 12, "build", "API_KEY is in the image's configuration", Applicability.UNSAFE,
    False, "runtime-env", f"start it with docker run -e API_KEY, not {PLANTED}", (Mark("enters here", 3, 3),),
)  # fmt: skip
REFUSED = Finding(
    "secret-in-run", "curl -u", "RUN", 6, 6, 13, 6, 13 + len(f"ci:{PLANTED}"), "build", "a password stands in the RUN", Applicability.REFUSED,
    False, "literal-in-place", "", (Mark("stays here", 6, 6),),
)  # fmt: skip
CALLER = CallerUse("ci.yml", 7, "NPM_TOKEN", "github-actions", "Dockerfile")
REASONS = {"runtime-env": ("a container may need {name}", "use {name}"), "literal-in-place": ("the value itself stands there ({detail})", "rotate it")}


def outcome(path: str = "Dockerfile") -> Outcome:
    """One changed file with a finding of each kind, one that is clean, one that could not be read."""
    file = FileOutcome(path, BEFORE, AFTER, (SAFE, UNSAFE, REFUSED), (SPEC,), ("VERSION",), ("build",), (CALLER,), (f"left: {PLANTED}",))
    clean = FileOutcome("clean/Dockerfile", b"FROM scratch\n", b"FROM scratch\n")
    return Outcome((file, clean), (build_command(path, [SPEC]),), (RemediateError("unknown instruction", "bad/Dockerfile", 3),))

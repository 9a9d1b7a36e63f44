"""From paths to an `Outcome`: `one` does one Dockerfile, `many` all that a user named."""

from remediate.pipeline.many import run

__all__ = ["run"]

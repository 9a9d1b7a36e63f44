"""Is this ARG or ENV a secret? Judged by name, value and use together, from rows of words (names_rows) and shapes (values).

`GPG_KEY` in `gpg --recv-keys "$GPG_KEY"` is a fingerprint, `TOKEN_PATH` a path, `MYSQL_ALLOW_EMPTY_PASSWORD` a switch; `DB_PASS`,
`BUNDLE_GEMS__EXAMPLE__COM` and a `DATABASE_URL` with a password are secrets. A name alone is `yes`, `no` or `maybe`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from remediate.knowledge import names_prefilter, values
from remediate.knowledge.names_alone import NOTHING, globs, judge_name
from remediate.knowledge.names_model import NO_USES, NameUses, NameVerdict, Verdict
from remediate.knowledge.names_together import REF, judge
from remediate.model import NamedTuple

__all__ = ["NO_USES", "Judge", "NameUses", "NameVerdict", "Verdict", "judge", "judge_name", "may_hold", "prefilter", "with_user_rows"]

may_hold = names_prefilter.may_hold


def prefilter() -> re.Pattern[bytes]:
    """One pattern over lower-case bytes that every name judged a secret by itself matches; `may_hold` is the whole, sharper test of a file."""
    return names_prefilter.name_pattern()


class Judge(NamedTuple):
    """The rows with a user's own globs before them: `secret` and `not_secret` override everything else."""

    secret: tuple[str, ...] = ()
    not_secret: tuple[str, ...] = ()

    def judge(self, name: str, value: str | None, instruction: str, uses: NameUses = NO_USES) -> Verdict:
        """Name, value and use together. `value` is static or raw text, may hold `$REFS`; None means none was given."""
        if self.not_secret and _matches(self.not_secret, name):
            return Verdict(False, "", "", "configured as no secret")
        if self.secret and _matches(self.secret, name):
            told = judge_name(name)
            literal = bool(value) and not REF.search(value or "")
            return Verdict(True, told.kind or "generic", told.use or "either", "configured as a secret", literal, bool(value) and values.placeholder(value or ""))
        return judge(name, value, instruction, uses)

    def may_hold(self, data: bytes) -> bool:
        """False only where this judge finds no secret in the Dockerfile `data`, whatever its uses."""
        stems = tuple(max(re.split(r"[*?\[\]]+", g), key=len).lower().encode() for g in self.secret)
        return names_prefilter.may_hold(data, stems)

    def judge_name(self, name: str) -> NameVerdict:
        """What the name alone says, the user's globs first."""
        if self.not_secret and _matches(self.not_secret, name):
            return NOTHING
        told = judge_name(name)
        if self.secret and _matches(self.secret, name):
            return told._replace(secret="yes", kind=told.kind or "generic", use=told.use or "either", bare=True)
        return told


def with_user_rows(secret: Sequence[str], not_secret: Sequence[str]) -> Judge:
    """A judge that puts globs from a configuration (any case) before the rows."""
    return Judge(tuple(secret), tuple(not_secret))


@lru_cache(maxsize=64)
def _user_pattern(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return globs([g.upper()[:200] for g in patterns])


def _matches(patterns: tuple[str, ...], name: str) -> bool:
    return bool(_user_pattern(patterns).match(name.upper()))

"""What the judgement of a variable is told and what it answers: verdict on a name, uses, verdict on the variable."""

from __future__ import annotations

from remediate.knowledge.names_rows import NameRow
from remediate.model import NamedTuple


class NameVerdict(NamedTuple):
    """What a name says by itself. `bare`: an ARG of this name without a value is a secret. `url`: the value is a URL."""

    secret: str
    kind: str
    use: str
    row: NameRow | None
    is_username: bool = False
    bare: bool = False
    url: bool = False


class NameUses(NamedTuple):
    """How a Dockerfile uses a variable; the analysis fills it, everything unknown stays at its default.

    Against: `gpg_key_argument` (`gpg --recv-keys "$X"`, `apt-key adv ... $X`), `checksum` (`echo "$X  file" | sha256sum -c`),
    `used_as_path` (`cat $X`, `COPY $X`, `--key-file $X`), `as_user_name` (`https://$X:...@`, `-u "$X"` before a `:`, `--username $X`),
    `downloaded` (the value is a URL or part of one that is fetched without credentials), `unresolved` (the value only refers to variables
    that nothing in the file declares: it is empty). For: `in_url_userinfo` (the password or only part before `@`), `in_auth_header`
    (`Authorization: ... $X`), `as_password_arg` (`--password=$X`, `... | chpasswd`; `-p $X` is no proof for an innocent name), `derived_from_secret` (its value holds a secret
    variable's; False: the variables that it refers to are known to hold none; None: not looked at), `feeds` (names that receive its value: `ENV DATABASE_URL=$database`).
    """

    gpg_key_argument: bool = False
    checksum: bool = False
    used_as_path: bool = False
    as_user_name: bool = False
    downloaded: bool = False
    unresolved: bool = False
    in_url_userinfo: bool = False
    in_auth_header: bool = False
    as_password_arg: bool = False
    derived_from_secret: bool | None = None
    feeds: tuple[str, ...] = ()


class Verdict(NamedTuple):
    """The judgement of one variable. `literal`: the file itself holds the value. `placeholder`: a default that stands for nothing."""

    secret: bool
    kind: str
    use: str
    why: str
    literal: bool = False
    placeholder: bool = False


NO_USES = NameUses()

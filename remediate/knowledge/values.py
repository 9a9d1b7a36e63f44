"""What a value tells by its own shape: credentials that vendors made recognisable, placeholders, paths, switches.

Rows are found by their literal stem first (a plain byte search), and only then by pattern, so that a file without any stem costs
a few searches. Every pattern starts at a word boundary and is bounded: the time is linear in the input, whatever it holds.
"""

from __future__ import annotations

import re
from functools import cache

from remediate.model import NamedTuple
from remediate.text import late


class ValueRow(NamedTuple):
    """One of `stems` occurs in every match, in this very case; examples are written in two halves so that no scanner takes them for real."""

    id: str
    stems: tuple[bytes, ...]
    pattern: bytes
    kind: str
    source: str
    example: tuple[str, str]
    counter_example: str


_B = rb"(?<![A-Za-z0-9_-])"
_FAKE = "0123456789abcdefghijklmnopqrstuvwxyzABCD"

ROWS: tuple[ValueRow, ...] = (
    ValueRow("github-token", (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_"), _B + rb"gh[pousr]_[A-Za-z0-9]{36,255}", "git-token", "github.blog: token formats", ("gh" "p_", _FAKE), "ghp_short"),
    ValueRow("github-fine-grained", (b"github_pat_",), _B + rb"github_pat_[A-Za-z0-9_]{22,255}", "git-token", "github.blog: token formats", ("github_" "pat_", _FAKE), "github_pat_name"),
    ValueRow("gitlab-token", (b"glpat-", b"gldt-", b"glrt-", b"glcbt-", b"glptt-", b"glft-", b"glsoat-", b"glagent-", b"glimt-"), _B + rb"gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|imt)-[A-Za-z0-9_.-]{20,255}", "git-token", "docs.gitlab.com: token prefixes", ("gl" "pat-", _FAKE[:20]), "glpat-abc"),
    ValueRow("npm-token", (b"npm_",), _B + rb"npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])", "registry-token", "github.blog: npm token format", ("np" "m_", _FAKE[:36]), "npm_config_registry"),
    ValueRow("pypi-token", (b"pypi-",), _B + rb"pypi-AgE[A-Za-z0-9_-]{40,400}", "registry-token", "PyPI documentation: API tokens", ("py" "pi-AgE", _FAKE), "pypi-server"),
    ValueRow("rubygems-key", (b"rubygems_",), _B + rb"rubygems_[a-f0-9]{48}(?![a-f0-9])", "registry-token", "RubyGems guides: API keys", ("ruby" "gems_", "0123456789abcdef" * 3), "rubygems_version"),
    ValueRow("docker-token", (b"dckr_pat_", b"dckr_oat_"), _B + rb"dckr_(?:pat|oat)_[A-Za-z0-9_-]{27,64}", "registry-token", "docs.docker.com: access tokens", ("dckr_" "pat_", _FAKE[:27]), "dckr_name"),
    ValueRow("huggingface-token", (b"hf_",), _B + rb"hf_[A-Za-z]{34}(?![A-Za-z0-9])", "registry-token", "huggingface.co: user access tokens", ("h" "f_", "abcdefghijklmnopqrstuvwxyzABCDEFGH"), "hf_home"),
    ValueRow("aws-key-id", (b"AKIA", b"ASIA"), _B + rb"(?:AKIA|ASIA)(?!IOSFODNN7EXAMPLE)[A-Z2-7]{16}(?![A-Za-z0-9])", "cloud", "docs.aws.amazon.com: IAM identifiers", ("AK" "IA", "ABCDEFGHIJKLMNOP"), "AKIAIOSFODNN7" "EXAMPLE"),
    ValueRow("google-api-key", (b"AIza",), _B + rb"AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])", "cloud", "cloud.google.com: API keys", ("AI" "za", _FAKE[:35]), "AIza"),
    ValueRow("google-oauth", (b"GOCSPX-",), _B + rb"GOCSPX-[A-Za-z0-9_-]{28}(?![A-Za-z0-9_-])", "cloud", "Google OAuth client secrets", ("GOC" "SPX-", _FAKE[:28]), "GOCSPX-x"),
    ValueRow("stripe-key", (b"sk_live_", b"rk_live_"), _B + rb"[sr]k_live_[A-Za-z0-9]{16,247}", "app-runtime", "docs.stripe.com: keys", ("sk" "_live_", _FAKE[:24]), "pk_live_key"),
    ValueRow("slack-token", (b"xox",), _B + rb"xox[abeoprs]-[A-Za-z0-9-]{10,250}", "app-runtime", "api.slack.com: token types", ("xo" "xb-", "123456789012-abcdefghij"), "xoxb-"),
    ValueRow("slack-webhook", (b"hooks.slack.com/",), rb"hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9]{6,16}/[A-Za-z0-9/]{8,80}", "url-with-credentials", "api.slack.com: incoming webhooks",
             ("hooks.slack.com/" "services/", "T0FAKE000/B0FAKE000/abcdefghijklmnop"), "hooks.slack.com/services"),
    ValueRow("sendgrid-key", (b"SG.",), _B + rb"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}", "app-runtime", "sendgrid.com: API keys", ("S" "G.", _FAKE[:22] + "." + _FAKE + "abc"), "SG.name"),
    ValueRow("openai-key", (b"sk-",), _B + rb"sk-(?:proj-|ant-|svcacct-)?[A-Za-z0-9_-]{40,200}", "app-runtime", "platform.openai.com, docs.anthropic.com: keys", ("s" "k-", _FAKE + "00000000"), "sk-learn"),
    ValueRow("vault-token", (b"hvs.",), _B + rb"hvs\.[A-Za-z0-9_-]{24,255}", "cloud", "developer.hashicorp.com: token prefixes", ("hv" "s.", _FAKE), "hvs.x"),
    ValueRow("digitalocean-token", (b"dop_v1_", b"doo_v1_", b"dor_v1_"), _B + rb"do[opr]_v1_[a-f0-9]{64}", "cloud", "docs.digitalocean.com: token format", ("do" "p_v1_", "0123456789abcdef" * 4), "dop_v1"),
    ValueRow("sentry-token", (b"sntr",), _B + rb"sntr[yu]s?_[A-Za-z0-9+/=_-]{40,300}", "cloud", "docs.sentry.io: auth tokens", ("sn" "trys_", _FAKE), "sntrys"),
    ValueRow("sonar-token", (b"sqp_", b"squ_", b"sqa_"), _B + rb"sq[pua]_[a-f0-9]{40}(?![a-f0-9])", "cloud", "docs.sonarsource.com: token types", ("sq" "p_", "0123456789abcdef" * 2 + "01234567"), "sqp_x"),
    ValueRow("jwt", (b"eyJ",), rb"(?<![A-Za-z0-9_.-])eyJ[A-Za-z0-9_-]{15,2000}\.eyJ[A-Za-z0-9_-]{15,4000}\.[A-Za-z0-9_-]{20,1000}", "generic", "RFC 7519", ("ey" "J", _FAKE + ".eyJ" + _FAKE + "." + _FAKE), "eyJhbGciOi"),
    ValueRow("private-key", (b"PRIVATE KEY",), rb"-----BEGIN [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----(?:[^-]{1,16384}-----END[A-Z ]{0,40}-----)?", "ssh-key", "RFC 7468; OpenSSH",
             ("-----BEGIN RSA " "PRIVATE KEY-----", "MIIfake"), "-----BEGIN PUBLIC KEY-----"),
    ValueRow("go-dsn", (b"@tcp(", b"@unix("), rb"(?<![^\s\"'=])[A-Za-z0-9_.-]{1,64}:([^\s:@/$<]{1,100})@(?:tcp|unix)\(", "url-with-credentials", "go-sql-driver/mysql: DSN", ("app:" "hunter2", "@tcp(db:3306)/app"), "db@tcp(db:3306)"),
    ValueRow("connection-string", (b"assword=", b"ASSWORD=", b"Pwd=", b"pwd="), rb"(?:[?&;])\s?(?:[Pp]assword|PASSWORD|[Pp]wd)=([^\s&;\"'$<{]{2,100})", "url-with-credentials",
             "JDBC, ADO.NET: connection strings", ("Server=db;User=app;" "Password=", "hunter2;"), "Server=db;Password=$PASSWORD"),
    ValueRow("url-userinfo", (b"@",), rb"://[^\s/:@\"'<>${}\[\]*|\\]{0,80}:([^\s/:@\"'<>${}\[\]*|\\]{1,200})@[A-Za-z0-9$\[{%_.-]", "url-with-credentials", "RFC 3986: userinfo",
             ("postgres://app:" "hunter2", "@db.example/app"), "https://db.example:5432/app"),
)


@cache
def _compiled(row_id: str) -> re.Pattern[bytes]:
    return re.compile(next(r.pattern for r in ROWS if r.id == row_id))


# All stems but the URL's in one pattern: one pass instead of forty searches. The tests hold it to the rows.
_GATE = late(
    rb"g(?:h[pousr]_|ithub_pat_|l(?:pat|dt|rt|cbt|ptt|ft|soat|agent|imt)-)|npm_|pypi-|r(?:ubygems_|k_live_)|d(?:ckr_|o[por]_v1_)|h(?:f_|ooks\.slack\.com/|vs\.)"
    rb"|A(?:KIA|SIA|Iza)|GOCSPX-|s(?:k-|k_live_|ntr|q[pua]_)|xox|SG\.|eyJ|PRIVATE KEY|@tcp\(|@unix\(|(?:assword|ASSWORD|[Pp]wd)="
)
_STEMS = tuple((stem, row) for row in ROWS for stem in row.stems)


def find_literals(data: bytes) -> list[tuple[int, int, ValueRow]]:
    """Where credentials stand in `data` by their shape, in order and without overlaps: (start, end, row).

    For a URL the range is the password alone. Placeholders in a URL (`user:password@`, `user:pass@`) count: they may work.
    """
    found: list[tuple[int, int, ValueRow]] = []
    stems = _STEMS if _GATE.search(data) else _STEMS[-1:]
    for row in dict.fromkeys([row for stem, row in stems if stem in data]):
        for match in _compiled(row.id).finditer(data):
            start, end = match.span(1) if match.re.groups else match.span()
            if not _sample(data[start:end]):
                found.append((start, end, row))
    found.sort(key=lambda f: (f[0], -f[1]))
    out: list[tuple[int, int, ValueRow]] = []
    for item in found:
        if not out or item[0] >= out[-1][1]:
            out.append(item)
    return out


def _sample(value: bytes) -> bool:
    """A documentation sample: one letter over and over, or the word EXAMPLE."""
    tail = value[-12:].lower()
    return b"example" in tail or (len(value) > 8 and len(set(tail)) <= 2) or placeholder(value.decode("utf-8", "replace"))


# Words that stand for "put your own here". A row is a pattern over the whole value in lower case.
class PlaceholderRow(NamedTuple):
    """`weak`: holds for keys and tokens only; a password of that kind works as it stands. `dummy`: meant to be used as it is, not replaced."""

    id: str
    pattern: str
    source: str
    example: str
    counter_example: str
    weak: bool = False
    dummy: bool = False


PLACEHOLDERS: tuple[PlaceholderRow, ...] = (
    PlaceholderRow("nothing", r"|none|null|nil|undefined|unset|notset|not[-_ ]?set|n/?a|empty|blank|tbd|todo|fixme", "seen in ENV defaults", "none", "nonesuch"),
    PlaceholderRow("switch", r"false|true|yes|no|off|on|disabled?|enabled?", "seen in ENV defaults", "false", "falsehood", dummy=True),
    PlaceholderRow("one-character", r".|[_.*#?!-]{1,}", "seen in ENV defaults", "_", "ab"),
    PlaceholderRow("starred", r"\*{2}.{0,80}|.{0,80}\*{2}|\*+", "tutum images: **Random**, **ChangeMe**", "**None**", "a*b"),
    PlaceholderRow("bracketed", r"<.{0,80}>|\[.{0,80}\]|\{\{.{0,80}|%[a-z_]{1,60}%|__[a-z_]{1,60}__|\.{3,}|@[a-z_.-]{1,60}@|\(.{0,80}\)", "documentation habit", "<your-token>", "a<b"),
    PlaceholderRow("filled", r"[xyz]{2,}|x{3,}[-_x0]{0,80}|0{4,}|\.+|-+|.{0,30}[-_]x{4,}|(?:x{4,}-?){1,8}", "documentation habit", "xxxx", "xkcd", dummy=True),
    PlaceholderRow("one-letter-over", r"(.)\1{3,}|(?:0+-){1,6}0+", "documentation habit", "AAAAAAA", "AAAB", weak=True, dummy=True),
    PlaceholderRow("your", r".{0,40}\b_?(?:your|my-own|some[-_ ]?random)(?:[-_ ].{0,60}|[a-z]{0,40}(?:key|token|secret|password|here|id).{0,20})", "documentation habit", "your_token_here", "yours4ever"),
    PlaceholderRow("here", r".{0,60}(?:[-_ ]?here)[!.]?", "documentation habit", "putsafepasswordhere", "heretic"),
    PlaceholderRow("set-me", r".{0,30}(?:set[-_ ]?me|fill[-_ ]?me|set[-_ ]your|setyour|replace[-_ ]?(?:me|this|with|by)|to[-_ ]?be[-_ ]?(?:set|replaced|filled|defined)|override[-_ ]?(?:me|this)?|insert[-_ ]|fill[-_ ]?in|"
                   r"please[-_ ]?(?:set|replace|provide|fill)|provide[-_ ]|set_[a-z_]{1,40}|enter[-_ ]).{0,60}", "documentation habit", "**setme**", "settled"),
    PlaceholderRow("made-up", r"(?:a[-_ ]|some[-_ ])?(?:dummy|fake|mock|placeholder|deadbeef|redacted|masked|hidden)(?:[-_ .!0-9].{0,60}|[a-z]{0,20})", "test and documentation habit", "dummy-key", "fakir-of-the-road", dummy=True),
    PlaceholderRow("sample-word", r"(?:a[-_ ]|some[-_ ])?(?:example|sample|foo|bar|baz|foo-?bar|foo-?bar-?baz|secure|something|whatever|random|value|string|text|abc|abcd|abcxyz)(?:[-_ .!0-9].{0,40})?|(?:random|some)[a-z]{0,30}", "documentation habit",
                   "example", "bareos", weak=True, dummy=True),
    PlaceholderRow("made-up-end", r".{0,40}[-_ ](?:dummy|fake|placeholder|example|xxx+)", "test and documentation habit", "key-placeholder", "placeholders4all", dummy=True),
    PlaceholderRow("placeholder-within", r".{0,40}[-_ .]placeholder[-_ .].{0,60}", "Next.js, Canvas: a value to let the build run", "build-time-placeholder-min-32-chars", "placeholders-4-all", dummy=True),
    PlaceholderRow("says-unused", r".{0,60}[-_ ](?:(?:but[-_ ])?(?:not|never)[-_ ]?(?:used|needed|required|real)|unused|throw-?away)|throw-?away[-_ ].{0,60}", "Rails: a value to let the build run", "required-to-run-but-not-used", "not-used-2-it",
                   weak=True, dummy=True),
    PlaceholderRow("for-the-build", r"(?:only[-_ ]?)?(?:for[-_ ]?)?(?:the[-_ ]?)?(?:build|builder|building|buildtime|build[-_ ]time|collectstatic|compile|precompile|assets?)(?:[-_ ]?(?:only|time|key|secret|dummy|phase))?|"
                   r"(?:not|un|never)[-_ ]?(?:needed|used|required|necessary|important|relevant|real|a[-_ ]real)[a-z_ -]{0,40}|temp|temporary|skip|bogus|nothing|irrelevant|ignored?", "Django, Rails: a value to let the build run", "notneededforbuild", "builtin4u", weak=True, dummy=True),
    PlaceholderRow("template", r"\$?\{?\{\{?.{0,120}\}?\}\}?|\$\(.{0,200}\)|`.{0,200}`|<%.{0,80}%>|\$\{\{.{0,120}", "un-rendered templates; a command substitution that ENV does not run", "{{ token }}", "a{b}"),
)
# Passwords that say "change me" and work as they stand; a key or token of that name works nowhere.
CHANGE_ME = late(r"[-_! .]*(?:please[-_ ]?)?change[-_ ]?(?:this|it|me|in|the|by|to|for)?.{0,40}|changme.{0,10}|.{0,20}[-_ ]change[-_ ]?me.{0,20}")


@cache
def _dummy_pattern() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{r.pattern})" for r in PLACEHOLDERS if r.dummy), re.DOTALL)


def dummy(value: str) -> bool:
    """Whether a placeholder is meant to be used as it stands (`dummy`, `notneededforbuild`), rather than replaced (`null`, `<token>`)."""
    text = unquote(value)
    return len(text) <= 128 and bool(_dummy_pattern().fullmatch(text.lower()))


@cache
def _placeholder_pattern(weak: bool) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{r.pattern})" for r in PLACEHOLDERS if weak or not r.weak), re.DOTALL)


def unquote(value: str) -> str:
    """The value without surrounding blanks and quotes (it may come as raw text of the file)."""
    text = value.strip()
    while len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
    return text


def placeholder(value: str, password: bool = False) -> bool:
    """Whether a value only holds the place of a real one: empty, `none`, `<token>`, `your-token-here`, `xxxx`, `dummy`.

    A `password` may be `example` or `foobar` and open a door.
    """
    text = unquote(value)
    if len(text) > 128:
        return False
    return bool(_placeholder_pattern(not password).fullmatch(text.lower()))


def works_unchanged(value: str) -> bool:
    """`changeme` and `changeit` in small letters: default passwords of real products that work as they stand."""
    return bool(re.fullmatch(r"chang(?:e(?:me|it|this)|me)\d{0,4}!?", unquote(value)))


def change_me(value: str) -> bool:
    """`ChangeMe`, `CHANGE_ME`, `change-this`: a value that asks to be replaced."""
    text = unquote(value)
    return len(text) <= 80 and bool(CHANGE_ME.fullmatch(text.lower()))


_PATH = late(
    r"(?:(?:~|\.{1,2}|[A-Za-z]:|\$[A-Za-z_]\w*|\$\{[A-Za-z_]\w*\}|file:)[\\/].{0,300}|/[\w./@ ${}:~*-]{0,300})"
    r"|[\w.@ $/{}-]{1,200}\.(?:pem|key|crt|cer|cert|p12|pfx|jks|keystore|truststore|json|ya?ml|xml|txt|conf|cfg|ini|toml|env|gpg|asc|pub|rsa|properties|htpasswd|kdbx?|bks|der|csr|list|py|sh|php|so)"
    r"|[\w./$-]{0,100}(?:^|/|\b)(?:id_rsa|id_dsa|id_ecdsa|id_ed25519)|/", re.DOTALL)
_NUMBER = late(r"[-+]?\d+(?:\.\d+)*(?:ms|s|m|h|d|sec|min|k|kb|mb|gb|%)?(?:\s+(?:s|sec|min|hours?|days?))?")
_URL = late(r"[A-Za-z][A-Za-z0-9+.:-]{1,30}://.{0,2000}|(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,10}(?::\d+)?(?:/\S{0,500})?", re.DOTALL)
_FINGERPRINT = late(r"(?:0x)?(?:[0-9A-F]{8}|[0-9A-F]{16}|[0-9A-F]{40})(?:[\s,]+(?:0x)?[0-9A-F]{8,40}){0,40}|0x[0-9a-fA-F]{8,40}|(?:[0-9A-Fa-f]{4}[\s:]+){4,10}[0-9A-Fa-f]{4}")
_CHECKSUM = late(r"(?:sha(?:1|256|512):|md5:).{0,140}|[0-9a-f]{64}|[0-9a-f]{128}|[0-9A-F]{64}")
_PUBLIC = late(r"\s*(?:ssh-(?:rsa|ed25519|dss)|ecdsa-sha2-\S{1,30}|-----BEGIN (?:CERTIFICATE|[A-Z ]{0,10}PUBLIC KEY)).{0,8000}|(?:pk_(?:live|test)_).{0,200}", re.DOTALL)
_USERINFO = late(r"[A-Za-z][A-Za-z0-9+.:-]{1,60}://([^\s/@]{1,300})@")
_SHAPE_TESTS = (("path", _PATH), ("fingerprint", _FINGERPRINT), ("public", _PUBLIC), ("number", _NUMBER), ("checksum", _CHECKSUM), ("url", _URL))


def shape(value: str) -> str:
    """What a value looks like: `path`, `number`, `url`, `fingerprint`, `checksum`, `public` (a public key), or `text`."""
    text = unquote(value)
    for name, pattern in _SHAPE_TESTS:
        if pattern.fullmatch(text[:2000]):
            return name
    return "text"


def userinfo(value: str) -> str:
    """The `user:password` part of a URL in the value, or an empty string."""
    match = _USERINFO.search(value[:4000])
    return match[1] if match else ""


def random_looking(value: str) -> bool:
    """Long and mixed enough that nobody typed it as a word or setting."""
    text = unquote(value)
    if len(text) < 16 or any(c.isspace() for c in text):
        return False
    kinds = (any(c.isdigit() for c in text), any(c.islower() for c in text), any(c.isupper() for c in text))
    return sum(kinds) >= 2 and kinds[0] and len(set(text)) >= 8

"""Every row's example is a secret and its counter-example is none; names, values and uses are judged together."""

from __future__ import annotations

import pytest

from remediate.knowledge import buildkit_rule, names, names_rows
from remediate.knowledge.names import NameUses, judge, judge_name
from remediate.knowledge.names_rows import NameRow
from remediate.knowledge.names_words import words

SUSPECT = [r for table in (names_rows.NOUNS, names_rows.QUALIFIERS, names_rows.OWNERS) for r in table]
SUSPECT += [r for r in names_rows.WHOLE if r.strength == "yes"]
CLEARING = [r for table in (names_rows.TAILS, names_rows.CLEARED, names_rows.KEY_CLEARED) for r in table]
CLEARING += [r for r in names_rows.WHOLE if r.strength == "no"]


def secret_by_name(name: str) -> bool:
    """A build arg of this name without a default, or a `maybe` that a use confirms."""
    told = judge_name(name)
    return told.secret == "yes" or (told.secret == "maybe" and judge(name, None, "ARG", NameUses(in_auth_header=True)).secret)


@pytest.mark.parametrize("row", SUSPECT, ids=lambda r: r.id)
def test_example_of_a_suspect_row_is_a_secret(row: NameRow) -> None:
    assert secret_by_name(row.example)


@pytest.mark.parametrize("row", SUSPECT, ids=lambda r: r.id)
def test_counter_example_of_a_suspect_row_is_none(row: NameRow) -> None:
    assert judge_name(row.counter_example).secret == "no" or judge_name(row.counter_example).url
    assert not judge(row.counter_example, None, "ARG").secret


@pytest.mark.parametrize("row", CLEARING, ids=lambda r: r.id)
def test_example_of_a_clearing_row_is_no_secret(row: NameRow) -> None:
    told = judge_name(row.example)
    assert told.secret == "no" or (told.url and not told.bare)


@pytest.mark.parametrize("row", [r for r in SUSPECT if r.use], ids=lambda r: r.id)
def test_a_row_says_kind_and_use(row: NameRow) -> None:
    told = judge_name(row.example)
    assert told.kind and told.use in ("build", "runtime", "either")
    assert row.source


NOT_SECRETS = ["GPG_KEY", "GPG_KEYS", "TINI_GPG_KEY", "APT_KEY_DONT_WARN_ON_DANGEROUS_USAGE", "ANSIBLE_HOST_KEY_CHECKING", "SSH_AUTH_SOCK", "GOOGLE_APPLICATION_CREDENTIALS", "KMS_KEY_ALIAS", "KEY_NAME", "AUTH_MODE", "SSH_KEY_DIR", "JENKINS_USERNAME", "AWS_WEB_IDENTITY_TOKEN_FILE", "GOPRIVATE", "TOKEN_PATH", "PASSWORD_FILE", "SECRET_NAME", "KEY_VERSION", "AUTH_URL", "SSH_PUBLIC_KEY", "NEXT_PUBLIC_API_KEY", "VITE_TOKEN", "REACT_APP_SECRET", "TOKENIZERS_PARALLELISM", "MYSQL_ALLOW_EMPTY_PASSWORD", "ALLOW_EMPTY_PASSWORD", "MYSQL_RANDOM_ROOT_PASSWORD", "PROFTPD_PASSIVE_MIN", "KEYBOARD", "KEYCLOAK_VERSION", "PASSENGER_VERSION", "MLDONKEY_DIR", "OAUTH2_PROXY_VERSION", "BYPASS_LOGIN", "COMPASS_VERSION", "ENCRYPTION_KEY_SIZE", "JWT_PUBLIC_KEY", "SECRET_KEY_BASE_DUMMY", "PWD", "OLDPWD", "AUTHOR", "XDEBUG_IDEKEY", "RELEASE_KEY", "PARTITION_KEY", "SONAR_PROJECT_KEY", "BUNDLE_PATH", "BUNDLE_BUILD__NOKOGIRI", "DB_PASSWORD_SECRET", "SALT_VERSION", "SENTRY_DSN", "PIP_INDEX_URL", "KEYSTORE_PATH"]
SECRETS = ["DATABASE_URL", "DB_PASS", "MYSQL_PASS", "PASS", "PGPASSWORD", "FTP_PASS", "SMTP_PASS", "ADMINPASSWORD", "ACCESSTOKEN", "GITHUB_PAT", "ARTIFACTORY_PSW", "NPMTOKEN", "ID_RSA", "NETRC", "AUTHED_ARTIFACT_REG_URL", "BUNDLE_GEMS__EXAMPLE__COM", "bundle_gems__example__com", "NPM_TOKEN", "NODE_AUTH_TOKEN", "COMPOSER_AUTH", "CARGO_REGISTRIES_ACME_TOKEN", "SENTRY_AUTH_TOKEN", "POETRY_HTTP_BASIC_ACME_PASSWORD", "UV_INDEX_ACME_PASSWORD", "JWT_SECRET", "SECRET_KEY", "MYSQL_ROOT_PASSWORD", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "RAILS_MASTER_KEY", "faToken", "TOKENBOT", "KEYSTOREPASS", "AuthLDAPBindPassword", "ssh_prv_key", "ACTIVATION_KEY", "ASPNETCORE_Kestrel__Certificates__Default__Password", "SSH_PRIVATE_KEY", "GPG_PRIVATE_KEY", "GPG_PASSPHRASE", "PIP_EXTRA_INDEX_URL", "VAULT_SECRET_ID"]


@pytest.mark.parametrize("name", NOT_SECRETS)
def test_look_alikes_are_no_secrets(name: str) -> None:
    assert not judge(name, None, "ARG").secret


@pytest.mark.parametrize("name", SECRETS)
def test_known_secrets_are_found(name: str) -> None:
    assert judge(name, None, "ARG").secret


@pytest.mark.parametrize(
    ("name", "use"),
    [("NPM_TOKEN", "build"), ("NODE_AUTH_TOKEN", "build"), ("PIP_INDEX_URL", "build"), ("PIP_EXTRA_INDEX_URL", "build"), ("POETRY_HTTP_BASIC_ACME_PASSWORD", "build"),
     ("UV_INDEX_ACME_PASSWORD", "build"), ("BUNDLE_GEMS__EXAMPLE__COM", "build"), ("COMPOSER_AUTH", "build"), ("CARGO_REGISTRIES_ACME_TOKEN", "build"), ("SENTRY_AUTH_TOKEN", "build"),
     ("NUGET_TOKEN", "build"), ("GH_TOKEN", "either"), ("GITHUB_TOKEN", "either"), ("DB_PASSWORD", "runtime"), ("SECRET_KEY", "runtime"), ("JWT_SECRET", "runtime"),
     ("MYSQL_ROOT_PASSWORD", "runtime")],
)
def test_who_reads_it(name: str, use: str) -> None:
    assert judge_name(name).use == use


@pytest.mark.parametrize("name", ["JENKINS_USERNAME", "DB_USER", "PAT_NAME", "USER_NAME"])
def test_user_names(name: str) -> None:
    assert judge_name(name).is_username


def test_a_bundled_variable_is_said_not_fixed() -> None:
    assert judge_name("NEXT_PUBLIC_API_KEY").kind == "public-bundle"
    assert judge_name("NEXT_PUBLIC_TITLE").kind == ""


@pytest.mark.parametrize(
    ("name", "parts"),
    [("KEYSTOREPASS", ("keystore", "pass")), ("faToken", ("fa", "token")), ("TOKENIZERS", ("tokenizers",)), ("PASSIVE", ("passive",)), ("GITHUB_USER2_TOKEN", ("github", "user", "2", "token")),
     ("PASSWDFILE", ("passwd", "file")), ("MLDONKEY", ("mldonkey",)), ("AuthLDAPBindPassword", ("auth", "ldap", "bind", "password")), ("APIKEY", ("api", "key"))],
)
def test_words_of_a_name(name: str, parts: tuple[str, ...]) -> None:
    assert words(name) == parts


VALUES = [
    ("ENV", "DB_PASSWORD", "", False), ("ENV", "DB_PASSWORD", "root", True), ("ENV", "DB_PASSWORD", "changeme", True), ("ENV", "API_TOKEN", "changeme", False), ("ENV", "DB_PASSWORD", "**None**", False),
    ("ENV", "CUPS_PASSWD", "false", False), ("ENV", "ROOT_PASSWORD", "123456", True), ("ENV", "SSL_KEY", "/etc/ssl/server.key", False), ("ENV", "PRIVATE_KEY", "/root/.ssh/id_rsa", False),
    ("ENV", "SSH_KEY", "id_rsa", False), ("ENV", "JWT_SECRET_KEY", "config/jwt/private.pem", False), ("ENV", "DATABASE_URL", "sqlite:////app/db.sqlite3", False),
    ("ENV", "DATABASE_URL", "postgres://app@db/app", False), ("ENV", "DATABASE_URL", "postgres://app:app@db/app", True), ("ENV", "MONGO_URL", "mongodb://mongo:27017/app", False),
    ("ENV", "INTERNAL_HOST", "amqp://guest:guest@mq", True), ("ENV", "GOSU_KEY", "B42F6819007F00F88E364FD4036A9C25BF357DD4", False), ("ENV", "SECRET_KEY", "stripe_secret_key", False),
    ("ENV", "NEXTAUTH_SECRET", "secret", True), ("ENV", "AWS_ACCESS_KEY_ID", "accesskey", False), ("ENV", "GITHUB_SECRET", "XXXXXXXXXXXX", False), ("ENV", "TOKEN", "<your token>", False),
    ("ENV", "ROOT_PWD", "${ROOT_PWD:-toor}", True), ("ENV", "STATS_AUTH", "stats:stats", True), ("ENV", "AUTH", "yes", False), ("ENV", "RANDOM_ROOT_PASSWORD", "yes", False),
    ("ARG", "DJANGO_SECRET_KEY", "notneededforbuilds", False), ("ARG", "DJANGO_SECRET_KEY", "build", False), ("ARG", "NPM_TOKEN", "xxxx", True), ("ARG", "NPM_TOKEN", "{$NPM_TOKEN}", True),
    ("ARG", "NPM_TOKEN", "", True), ("ARG", "API_KEY", "null", True), ("ARG", "MOUNT_SECRET", "false", False), ("ARG", "API_KEY", "API_KEY", True), ("ARG", "API_KEY", "xxxx", False), ("ENV", "LDAP_PASS", "PASS", False),
    ("ENV", "DB_PASSWORD", "CHANGE_ME", False), ("ENV", "DB_PASSWORD", "ChangeMe", False), ("ENV", "KEYSTORE_PASSWORD", "changeit", True), ("ARG", "SSH_PUBLIC_KEY", "", False), ("ENV", "NODE_AUTH_TOKEN", "${{ secrets.GH }}", True), ("ARG", "MYSQL_DSN", "app:hunter2@tcp(db:3306)/app", True),
    ("ENV", "ConnectionStrings__Default", "Server=db;User=sa;Password=" "hunter2;", True), ("ENV", "MYSQL_ROOT_PASSWORD", "example", True), ("ENV", "MASTER_KEY", "example", False),
]


@pytest.mark.parametrize(("instruction", "name", "value", "expected"), VALUES)
def test_name_and_value_together(instruction: str, name: str, value: str, expected: bool) -> None:
    assert judge(name, value, instruction).secret is expected


@pytest.mark.parametrize(
    ("name", "value", "uses", "expected"),
    [("VENDOR_KEY", None, NameUses(gpg_key_argument=True), False), ("VENDOR_KEY", None, NameUses(), True), ("DEPLOY_TOKEN", None, NameUses(used_as_path=True), False),
     ("WHO", None, NameUses(in_url_userinfo=True), True), ("GIT_USER", None, NameUses(as_user_name=True, in_url_userinfo=True), False), ("database", None, NameUses(feeds=("DATABASE_URL",)), True),
     ("origin", None, NameUses(feeds=("DATABASE_URL",)), True), ("PIP_INDEX_URL", "https://x:$T@npm.example.com/", NameUses(derived_from_secret=True), True),
     ("MONGODB_URL", "$MONGODB_URL", NameUses(unresolved=True), False), ("DB_PASSWORD", "$DB_PASSWORD", NameUses(unresolved=True), False), ("DB_PASSWORD", "$DB_PASSWORD", NameUses(), True),
     ("PIP_EXTRA_INDEX_URL", "$PIP_EXTRA_INDEX_URL", NameUses(derived_from_secret=False), False), ("DIST_KEY", None, NameUses(checksum=True), False), ("HEADER", None, NameUses(in_auth_header=True), True),
     ("DB_PASSWORD", None, NameUses(used_as_path=True), True)],
)
def test_use_decides(name: str, value: str | None, uses: NameUses, expected: bool) -> None:
    assert judge(name, value, "ARG" if value is None else "ENV", uses).secret is expected


def test_literal_and_placeholder_are_told_apart() -> None:
    assert judge("DB_PASSWORD", "root", "ENV").literal
    assert judge("NPM_TOKEN", "xxxx", "ARG").placeholder
    assert not judge("NPM_TOKEN", None, "ARG").literal


def test_user_rows_override_everything() -> None:
    judged = names.with_user_rows(secret=["ACME_*"], not_secret=["ACME_NAME", "DB_PASSWORD"])
    assert judged.judge("acme_thing", "x", "ENV").secret
    assert not judged.judge("ACME_NAME", None, "ARG").secret
    assert not judged.judge("DB_PASSWORD", "root", "ENV").secret
    assert judged.judge("NPM_TOKEN", None, "ARG").secret
    assert judged.judge_name("ACME_X").secret == "yes"
    assert judged.may_hold(b"FROM a\nARG ACME_X\n")


@pytest.mark.parametrize(
    ("name", "flagged"),
    [("NPM_TOKEN", True), ("GPG_KEY", True), ("GITHUB_PAT", False), ("NPMTOKEN", False), ("PUBLIC_KEY", False), ("TOKEN_FILE", False), ("KEY_VERSION", False), ("apikey", True), ("DB_PASS", False)],
)
def test_buildkits_own_rule(name: str, flagged: bool) -> None:
    assert buildkit_rule.flags(name) is flagged

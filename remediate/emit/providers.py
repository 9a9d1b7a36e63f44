"""Where a secret comes from: the environment, a file, or a secret store, and the command that prints its value.

    origins = { NPM_TOKEN = "vault:secret/ci/npm#token" }
    ->  vault kv get -mount=secret -field=token ci/npm

A reference names a secret, it never holds one.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping

from remediate.model import NamedTuple, RemediateError

Fields = Mapping[str, str]


class Provider(NamedTuple):
    """One store. `reference` is the shape behind `name:`; `fetch` gives the command that prints the value; `counter` is no reference."""

    name: str
    title: str
    reference: str
    fetch: Callable[[Fields], str]
    example: str
    command: str
    counter: str
    source: str


class Reference(NamedTuple):
    """A configured origin, read: the row and what it names."""

    provider: Provider
    fields: Fields
    text: str

    @property
    def fetch(self) -> str:
        """The command that prints the value on its standard output."""
        return self.provider.fetch(self.fields)


def _words(*words: str) -> str:
    return " ".join(map(shlex.quote, words))


def _vault(f: Fields) -> str:
    return _words("vault", "kv", "get", f"-mount={f['mount']}", f"-field={f['field']}", f["path"])


def _aws(f: Fields) -> str:
    command = _words("aws", "secretsmanager", "get-secret-value", "--secret-id", f["id"], "--query", "SecretString", "--output", "text")
    return f"{command} | jq -er {shlex.quote('.[' + _json(f['key']) + ']')}" if f.get("key") else command


def _json(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _gcp(f: Fields) -> str:
    project = [f"--project={f['project']}"] if f.get("project") else []
    return _words("gcloud", "secrets", "versions", "access", f.get("version") or "latest", f"--secret={f['name']}", *project)


def _azure(f: Fields) -> str:
    version = ["--version", f["version"]] if f.get("version") else []
    return _words(
        "az", "keyvault", "secret", "show", "--vault-name", f["vault"], "--name", f["name"], *version, "--query", "value", "--output", "tsv"
    )


def _op(f: Fields) -> str:
    return _words("op", "read", "--no-newline", f"op://{f['path']}")


def _doppler(f: Fields) -> str:
    where = ["--project", f["project"], "--config", f["config"]] if f.get("project") else []
    return _words("doppler", "secrets", "get", f["name"], "--plain", *where)


def _sops(f: Fields) -> str:
    if not f.get("key"):
        return _words("sops", "decrypt", f["path"])
    keys = "".join(f"[{_json(k)}]" for k in f["key"].split("."))
    return _words("sops", "decrypt", "--extract", keys, f["path"])


_NAME = r"[\w.-]+"
PROVIDERS: tuple[Provider, ...] = (
    Provider(
        "vault", "HashiCorp Vault", rf"(?P<mount>{_NAME})/(?P<path>[\w./@+-]+)#(?P<field>{_NAME})", _vault,
        "vault:secret/ci/npm#token", "vault kv get -mount=secret -field=token ci/npm", "vault:secret/ci/npm",
        "https://developer.hashicorp.com/vault/docs/commands/kv/get",
    ),
    Provider(
        "aws", "AWS Secrets Manager", r"(?P<id>[\w/+=.@:-]+)(?:#(?P<key>[\w.-]+))?", _aws,
        "aws:prod/npm#token",
        "aws secretsmanager get-secret-value --secret-id prod/npm --query SecretString --output text | jq -er '.[\"token\"]'", "aws:",
        "https://docs.aws.amazon.com/cli/latest/reference/secretsmanager/get-secret-value.html",
    ),
    Provider(
        "gcp", "Google Cloud Secret Manager", r"(?:(?P<project>[a-z][a-z0-9-]+)/)?(?P<name>[\w-]+)(?:@(?P<version>\w+))?", _gcp,
        "gcp:acme-ci/npm-token", "gcloud secrets versions access latest --secret=npm-token --project=acme-ci", "gcp:a/b/c",
        "https://cloud.google.com/sdk/gcloud/reference/secrets/versions/access",
    ),
    Provider(
        "azure", "Azure Key Vault", r"(?P<vault>[A-Za-z0-9-]+)/(?P<name>[A-Za-z0-9-]+)(?:@(?P<version>\w+))?", _azure,
        "azure:acme-ci/npm-token", "az keyvault secret show --vault-name acme-ci --name npm-token --query value --output tsv", "azure:npm-token",
        "https://learn.microsoft.com/cli/azure/keyvault/secret#az-keyvault-secret-show",
    ),
    Provider(
        "op", "1Password", r"(?://)?(?P<path>[^/#?\n]+/[^/#?\n]+(?:/[^/#?\n]+){1,2})", _op,
        "op:ci/npm/token", "op read --no-newline op://ci/npm/token", "op:token",
        "https://developer.1password.com/docs/cli/reference/commands/read",
    ),
    Provider(
        "doppler", "Doppler", rf"(?:(?P<project>{_NAME})/(?P<config>{_NAME})/)?(?P<name>[A-Z_][A-Z0-9_]*)", _doppler,
        "doppler:web/ci/NPM_TOKEN", "doppler secrets get NPM_TOKEN --plain --project web --config ci", "doppler:web/ci",
        "https://docs.doppler.com/docs/cli",
    ),
    Provider(
        "sops", "SOPS", r"(?P<path>[^#\n]+)(?:#(?P<key>[\w.-]+))?", _sops,
        "sops:ci/secrets.enc.yaml#npm.token", "sops decrypt --extract '[\"npm\"][\"token\"]' ci/secrets.enc.yaml", "sops:",
        "https://getsops.io/docs/#extract-a-sub-part-of-a-document-tree",
    ),
)  # fmt: skip
BY_NAME = {row.name: row for row in PROVIDERS}


def reference(origin: str) -> Reference | None:
    """The store that `origin` names; None for `env:` and `file:`, which the builder reads by itself.

    RemediateError for a store that is not known, or a reference that is not of its shape.
    """
    kind, colon, rest = origin.partition(":")
    if kind in ("env", "file") and colon and rest:
        return None
    row = BY_NAME.get(kind)
    if row is None or not colon:
        raise RemediateError(f"an origin is env:NAME, file:PATH or one of {', '.join(f'{p.name}:...' for p in PROVIDERS)}")
    found = re.fullmatch(row.reference, rest)
    if found is None or len(rest) > 1000 or any(part.startswith("-") for part in found.groupdict(default="").values()):
        raise RemediateError(f"an origin in {row.title} looks like {row.example}")
    return Reference(row, found.groupdict(default=""), origin)

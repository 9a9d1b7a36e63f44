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
LONGEST = 1000


class Provider(NamedTuple):
    """One store. `reference` is the shape behind `name:`; `counter` is no reference, though it looks like one.

    `fetch` gives the command that prints the value, for a variable: a shell drops line breaks at its end. `exact` gives the one for a
    file, where every byte counts; None when it is the same. `tools` are the programs that they start.
    """

    name: str
    title: str
    reference: str
    fetch: Callable[[Fields], str]
    exact: Callable[[Fields], str] | None
    tools: tuple[str, ...]
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

    @property
    def exact(self) -> str:
        """The command that prints the value and not a byte more."""
        return (self.provider.exact or self.provider.fetch)(self.fields)


def _words(*words: str) -> str:
    return " ".join(map(shlex.quote, words))


def _json(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _vault(f: Fields) -> str:
    return _words("vault", "kv", "get", f"-mount={f['mount']}", f"-field={f['field']}", f["path"])


def _aws(f: Fields, options: str = "-er") -> str:
    # Not `--query SecretString --output text`: for a secret that is binary that prints the word None, and calls it a success.
    command = _words("aws", "secretsmanager", "get-secret-value", "--secret-id", f["id"], "--output", "json")
    key = f" | fromjson | .[{_json(f['key'])}]" if f.get("key") else ""
    return f"{command} | {_words('jq', options, '.SecretString' + key)}"


def _aws_exact(f: Fields) -> str:
    return _aws(f, "-ej")


def _gcp(f: Fields) -> str:
    project = [f"--project={f['project']}"] if f.get("project") else []
    return _words("gcloud", "secrets", "versions", "access", f.get("version") or "latest", f"--secret={f['name']}", *project)


def _gcp_exact(f: Fields) -> str:
    # What it prints by itself is decoded as UTF-8, which breaks a binary secret.
    return f"{_gcp(f)} --out-file=/dev/stdout"


def _azure(f: Fields, *output: str) -> str:
    version = ["--version", f["version"]] if f.get("version") else []
    where = ["--vault-name", f["vault"], "--name", f["name"], *version]
    return _words("az", "keyvault", "secret", "show", *where, "--query", "value", "--output", *(output or ("tsv",)))


def _azure_exact(f: Fields) -> str:
    return f"{_azure(f, 'json')} | jq -ej ."


def _op(f: Fields) -> str:
    return _words("op", "read", "--no-newline", f"op://{f['path']}")


def _doppler(f: Fields, form: str = "--plain") -> str:
    where = ["--project", f["project"], "--config", f["config"]] if f.get("project") else []
    return _words("doppler", "secrets", "get", f["name"], form, *where)


def _doppler_exact(f: Fields) -> str:
    return f"{_doppler(f, '--json')} | {_words('jq', '-ej', '.' + f['name'] + '.computed')}"


def _sops(f: Fields) -> str:
    if not f.get("key"):
        return _words("sops", "decrypt", f["path"])
    keys = "".join(f"[{k if k.isdigit() else _json(k)}]" for k in f["key"].split("."))
    return _words("sops", "decrypt", "--extract", keys, f["path"])


_NAME = r"[\w.-]+"
PROVIDERS: tuple[Provider, ...] = (
    Provider(
        "vault", "HashiCorp Vault", rf"(?P<mount>{_NAME})/(?P<path>[\w./@+-]*[\w.@+-])#(?P<field>{_NAME})", _vault, None, ("vault",),
        "vault:secret/ci/npm#token", "vault kv get -mount=secret -field=token ci/npm", "vault:secret/ci/npm",
        "https://developer.hashicorp.com/vault/docs/commands/kv/get",
    ),
    Provider(
        # An id with `://` would be read by the tool as the address of a file or a page that holds the id.
        "aws", "AWS Secrets Manager",
        r"(?P<id>arn:aws[\w-]*:secretsmanager:[\w-]+:\d+:secret:[\w/+=.@-]+|[\w/+=.@-]+)(?:#(?P<key>[\w.-]+))?",
        _aws, _aws_exact, ("aws", "jq"),
        "aws:prod/npm#token",
        "aws secretsmanager get-secret-value --secret-id prod/npm --output json | jq -er '.SecretString | fromjson | .[\"token\"]'",
        "aws:file://prod/npm",
        "https://docs.aws.amazon.com/cli/latest/reference/secretsmanager/get-secret-value.html",
    ),
    Provider(
        "gcp", "Google Cloud Secret Manager", r"(?:(?P<project>[a-z0-9][a-z0-9.:-]*)/)?(?P<name>[\w-]+)(?:@(?P<version>[\w-]+))?",
        _gcp, _gcp_exact, ("gcloud",),
        "gcp:acme-ci/npm-token", "gcloud secrets versions access latest --secret=npm-token --project=acme-ci", "gcp:a/b/c",
        "https://cloud.google.com/sdk/gcloud/reference/secrets/versions/access",
    ),
    Provider(
        "azure", "Azure Key Vault", r"(?P<vault>[A-Za-z0-9-]+)/(?P<name>[A-Za-z0-9-]+)(?:@(?P<version>\w+))?",
        _azure, _azure_exact, ("az",),
        "azure:acme-ci/npm-token",
        "az keyvault secret show --vault-name acme-ci --name npm-token --query value --output tsv", "azure:npm-token",
        "https://learn.microsoft.com/cli/azure/keyvault/secret#az-keyvault-secret-show",
    ),
    Provider(
        # The characters that 1Password allows in a reference; what has others is named there by its id.
        "op", "1Password", r"(?://)?(?P<path>[\w. @-]+(?:/[\w. @-]+){2,3}(?:\?[\w-]+=[\w-]+)?)", _op, None, ("op",),
        "op:ci/npm/token", "op read --no-newline op://ci/npm/token", "op:token",
        "https://developer.1password.com/docs/cli/secret-reference-syntax",
    ),
    Provider(
        "doppler", "Doppler", rf"(?:(?P<project>{_NAME})/(?P<config>{_NAME})/)?(?P<name>[A-Z_][A-Z0-9_]*)",
        _doppler, _doppler_exact, ("doppler",),
        "doppler:web/ci/NPM_TOKEN", "doppler secrets get NPM_TOKEN --plain --project web --config ci", "doppler:web/ci",
        "https://docs.doppler.com/docs/accessing-secrets",
    ),
    Provider(
        # `${{` would be an expression in a workflow.
        "sops", "SOPS", r"(?P<path>(?:(?!\$\{\{)[^#])+)(?:#(?P<key>[\w-]+(?:\.[\w-]+)*))?", _sops, None, ("sops",),
        "sops:ci/secrets.enc.yaml#npm.token", "sops decrypt --extract '[\"npm\"][\"token\"]' ci/secrets.enc.yaml", "sops:#npm",
        "https://getsops.io/docs/#extract-a-sub-part-of-a-document-tree",
    ),
)  # fmt: skip
BY_NAME = {row.name: row for row in PROVIDERS}


def reference(origin: str) -> Reference | None:
    """The store that `origin` names; None for `env:` and `file:`, which the builder reads by itself.

    RemediateError for a store that is not known, or a reference that is not of its shape; never with what was given.
    """
    kind, colon, rest = origin.partition(":")
    if kind in ("env", "file") and colon and rest:
        return None
    row = BY_NAME.get(kind)
    if row is None or not colon:
        raise RemediateError(f"an origin is env:NAME, file:PATH or one of {', '.join(f'{p.name}:...' for p in PROVIDERS)}")
    found = re.fullmatch(row.reference, rest, re.ASCII | re.DOTALL) if len(rest) <= LONGEST and rest.isprintable() else None
    fields = {name: text or "" for name, text in found.groupdict().items()} if found is not None else {}
    if not fields or any(text.startswith("-") or text != text.strip() for text in fields.values()):
        raise RemediateError(f"an origin in {row.title} looks like {row.example}")
    return Reference(row, fields, origin)

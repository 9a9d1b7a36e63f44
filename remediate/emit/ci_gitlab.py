"""The build as a job of GitLab CI: `secrets:` with `id_tokens:` where GitLab has them for the store, else the shell form.

https://docs.gitlab.com/ci/secrets/ (HashiCorp Vault, AWS Secrets Manager, GCP Secret Manager, Azure Key Vault)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from remediate.emit.ci import Build, Secret, Snippet, agent, needed, scalar, secrets_of
from remediate.emit.commands import held_in
from remediate.emit.providers import Fields
from remediate.model import NamedTuple

Lines = list[str]
_POOL = "${GCP_WORKLOAD_IDENTITY_FEDERATION_POOL_ID}/providers/${GCP_WORKLOAD_IDENTITY_FEDERATION_PROVIDER_ID}"


class Native(NamedTuple):
    """How GitLab itself asks a store: the token, its audience, the variables that it reads, and the lines below the secret's name."""

    token: str
    audience: str
    needs: tuple[str, ...]
    lines: Callable[[Fields], Lines]


def _vault(f: Fields) -> Lines:
    where = [f"    name: {scalar('kv-v2')}", f"    path: {scalar(f['mount'])}"]
    return ["vault:", "  engine:", *where, f"  path: {scalar(f['path'])}", f"  field: {scalar(f['field'])}"]


def _aws(f: Fields) -> Lines:
    return ["aws_secrets_manager:", f"  secret_id: {scalar(f['id'])}", *([f"  field: {scalar(f['key'])}"] if f["key"] else [])]


def _gcp(f: Fields) -> Lines:
    return ["gcp_secret_manager:", f"  name: {scalar(f['name'])}", *([f"  version: {scalar(f['version'])}"] if f["version"] else [])]


def _azure(f: Fields) -> Lines:
    return ["azure_key_vault:", f"  name: {scalar(f['name'])}", *([f"  version: {scalar(f['version'])}"] if f["version"] else [])]


NATIVE = {
    "vault": Native("VAULT_ID_TOKEN", "$VAULT_SERVER_URL", ("VAULT_SERVER_URL", "VAULT_AUTH_ROLE"), _vault),
    "aws": Native("AWS_ID_TOKEN", "sts.amazonaws.com", ("AWS_REGION", "AWS_ROLE_ARN"), _aws),
    "gcp": Native(
        "GCP_ID_TOKEN",
        f"https://iam.googleapis.com/projects/${{GCP_PROJECT_NUMBER}}/locations/global/workloadIdentityPools/{_POOL}",
        ("GCP_PROJECT_NUMBER", "GCP_WORKLOAD_IDENTITY_FEDERATION_POOL_ID", "GCP_WORKLOAD_IDENTITY_FEDERATION_PROVIDER_ID"),
        _gcp,
    ),
    "azure": Native("AZURE_ID_TOKEN", "$CI_SERVER_URL", ("AZURE_CLIENT_ID", "AZURE_TENANT_ID"), _azure),
}
# A job has one server of each kind: what lies in another vault or project is fetched by the shell.
_ONE_OF = {"azure": "vault", "gcp": "project"}
_TOKENS = {"op": ("OP_SERVICE_ACCOUNT_TOKEN",), "doppler": ("DOPPLER_TOKEN",)}


def gitlab(build: Build) -> Snippet:
    """One job, named build-image."""
    secrets = secrets_of(build)
    native = _native(secrets)
    lines: Lines = ["build-image:"]
    lines += _tokens(native)
    vaults = [s.store.fields["vault"] for s in native if s.kind == "azure" and s.store is not None]
    if vaults:
        lines += ["  variables:", f"    AZURE_KEY_VAULT_SERVER_URL: {scalar(f'https://{vaults[0]}.vault.azure.net')}"]
    if native:
        lines.append("  secrets:")
    for s in native:
        assert s.store is not None
        own = [*NATIVE[s.kind].lines(s.store.fields), f"token: ${NATIVE[s.kind].token}", *([] if s.whole else ["file: false"])]
        lines += [f"    {s.variable}:", *(f"      {line}" for line in own)]
    lines += ["  script:", "    - |-", f"      {build.line(_origins(secrets, native))}"]
    return "\n".join(lines), _notes(secrets, native)


def _native(secrets: Sequence[Secret]) -> list[Secret]:
    found: list[Secret] = []
    for s in secrets:
        if s.kind not in NATIVE or s.store is None:
            continue
        field = _ONE_OF.get(s.kind, "")
        first = next((o.store.fields.get(field) for o in found if o.kind == s.kind and o.store is not None), None)
        if not field or first is None or first == s.store.fields.get(field):
            found.append(s)
    return found


def _tokens(native: Sequence[Secret]) -> Lines:
    kinds = dict.fromkeys(s.kind for s in native)
    lines = [line for k in kinds for line in (f"    {NATIVE[k].token}:", f"      aud: {scalar(NATIVE[k].audience)}")]
    return ["  id_tokens:", *lines] if lines else []


def _origins(secrets: Sequence[Secret], native: Sequence[Secret]) -> Mapping[str, str]:
    """GitLab's own are in variables already, or in files that variables name; the others are as configured."""
    origins: dict[str, str] = {}
    for s in secrets:
        if s in native:
            origins[s.id] = held_in(s.variable) if s.whole else f"env={s.variable}"
        elif s.store is not None:
            origins[s.id] = s.store.text
        elif not agent(s):
            origins[s.id] = s.origin
    return origins


def _notes(secrets: Sequence[Secret], native: Sequence[Secret]) -> tuple[str, ...]:
    needs = [n for s in native for n in NATIVE[s.kind].needs]
    needs += [s.variable for s in secrets if s.origin.startswith("env=")]
    others = [s for s in secrets if s.store is not None and s not in native]
    needs += [n for s in others for n in _TOKENS.get(s.kind, ())]
    tools = dict.fromkeys(t for s in others if s.store is not None for t in s.store.provider.tools)
    projects = dict.fromkeys(s.store.fields["project"] for s in native if s.kind == "gcp" and s.store is not None)
    return (
        *needed(needs, "as CI/CD variables of the project"),
        *(f"GCP_PROJECT_NUMBER is that of {p}" for p in projects if p),
        *((f"the job's image needs {', '.join(tools)}",) if tools else ()),
        *(("the job needs an SSH agent with the key (`ssh-add`)",) if any(map(agent, secrets)) else ()),
        *(("`secrets:` needs GitLab Premium",) if native else ()),
    )

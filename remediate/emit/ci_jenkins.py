"""The build as steps of a Jenkins pipeline: the block of each store's plugin around one `sh` in single quotes, so that the shell expands.

https://plugins.jenkins.io/: credentials-binding, hashicorp-vault-plugin, aws-secrets-manager-credentials-provider,
gcp-secrets-manager-credentials-provider, azure-keyvault, onepassword-secrets, ssh-agent. SOPS and Doppler have the shell form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from remediate.emit.ci import Build, Secret, Snippet, agent, secrets_of
from remediate.emit.providers import Fields
from remediate.model import NamedTuple

Lines = list[str]


def jenkins(build: Build) -> Snippet:
    """Steps for a `node`, or for `steps` of a declarative pipeline."""
    secrets = secrets_of(build)
    native = [s for s in secrets if _native(s)]
    heads = [block.head([s for s in native if s.kind == block.kind]) for block in BLOCKS if any(s.kind == block.kind for s in native)]
    bound = [_bound(s.variable, s.variable) for s in secrets if s.origin.startswith("env=")]
    bound += [_bound(s.store.fields["id"], s.variable) for s in native if s.kind == "aws" and s.store is not None]
    bound += [_bound(s.store.fields["name"], s.variable) for s in native if s.kind == "gcp" and s.store is not None]
    others = [s for s in secrets if s.store is not None and s not in native]
    bound += [_bound(t, t) for t in dict.fromkeys(_TOKENS[s.kind] for s in others if s.kind in _TOKENS)]
    if bound:
        heads.insert(0, _call("withCredentials", ["[", *(f"    {one}," for one in bound), "]"]))
    if keys := [s.variable if s.variable != "DEFAULT" else "SSH_PRIVATE_KEY" for s in secrets if agent(s)]:
        heads.append([f"sshagent(credentials: [{', '.join(map(_text, keys))}]) {{"])
    lines = _sh(build.line(_origins(secrets, native)))
    for head in reversed(heads):
        lines = [*head, *(f"    {line}" for line in lines), "}"]
    return "\n".join(lines), _notes(secrets, native, bound)


class Block(NamedTuple):
    """The step of a plugin that asks one kind of store."""

    kind: str
    plugin: str
    head: Callable[[Sequence[Secret]], Lines]


def _fields(secrets: Sequence[Secret]) -> list[tuple[Secret, Fields]]:
    return [(s, s.store.fields) for s in secrets if s.store is not None]


def _vault(secrets: Sequence[Secret]) -> Lines:
    rows: list[str] = []
    for s, f in _fields(secrets):
        value = f"[envVar: {_text(s.variable)}, vaultKey: {_text(f['field'])}]"
        rows.append(f"    [path: {_text(f['mount'] + '/' + f['path'])}, engineVersion: 2, secretValues: [{value}]],")
    return _call("withVault", ["vaultSecrets: [", *rows, "]"])


def _azure(secrets: Sequence[Secret]) -> Lines:
    rows: list[str] = []
    for s, f in _fields(secrets):
        version = f", version: {_text(f['version'])}" if f["version"] else ""
        rows.append(f"    [secretType: 'Secret', name: {_text(f['name'])}{version}, envVariable: {_text(s.variable)}],")
    where = _text(f"https://{_fields(secrets)[0][1]['vault']}.vault.azure.net")
    return _call("withAzureKeyvault", [f"keyVaultURLOverride: {where}, azureKeyVaultSecrets: [", *rows, "]"])


def _op(secrets: Sequence[Secret]) -> Lines:
    rows = [f"    [envVar: {_text(s.variable)}, secretRef: {_text('op://' + f['path'])}]," for s, f in _fields(secrets)]
    return _call("withSecrets", ["secrets: [", *rows, "]"])


BLOCKS = (
    Block("vault", "hashicorp-vault-plugin", _vault),
    Block("azure", "azure-keyvault", _azure),
    Block("op", "onepassword-secrets", _op),
)
_PROVIDERS = {"aws": "aws-secrets-manager-credentials-provider", "gcp": "gcp-secrets-manager-credentials-provider"}
_TOKENS = {"doppler": "DOPPLER_TOKEN"}


def _native(secret: Secret) -> bool:
    """Whether a plugin brings the secret as it is. A key for the agent has to be a file, and the providers of credentials know whole
    secrets in their newest version."""
    if secret.store is None or secret.ssh:
        return False
    fields = secret.store.fields
    if secret.kind == "aws":
        return not fields["key"] and not fields["id"].startswith("arn:")
    if secret.kind == "gcp":
        return not fields["version"] or fields["version"] == "latest"
    return any(secret.kind == block.kind for block in BLOCKS)


def _bound(credential: str, variable: str) -> str:
    return f"string(credentialsId: {_text(credential)}, variable: {_text(variable)})"


def _call(step: str, argument: Lines) -> Lines:
    return [f"{step}({argument[0]}", *argument[1:-1], f"{argument[-1]}) {{"]


def _sh(command: str) -> Lines:
    """Groovy takes nothing but backslashes and the quotes themselves out of a text in single quotes."""
    text = command.replace("\\", "\\\\")
    if "'" not in text:
        return [f"sh '{text}'"]
    return ["sh '''", "    " + text.replace("'''", "\\'\\'\\'"), "'''"]


def _text(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _origins(secrets: Sequence[Secret], native: Sequence[Secret]) -> Mapping[str, str]:
    origins = {s.id: f"env={s.variable}" if s in native else s.store.text if s.store is not None else s.origin for s in secrets}
    return {id: origin for id, origin in origins.items() if id not in {s.id for s in secrets if agent(s)}}


def _notes(secrets: Sequence[Secret], native: Sequence[Secret], bound: Sequence[str]) -> tuple[str, ...]:
    plugins = ["credentials-binding"] if bound else []
    plugins += [p for kind, p in _PROVIDERS.items() if any(s.kind == kind for s in native)]
    plugins += [b.plugin for b in BLOCKS if any(s.kind == b.kind for s in native)]
    plugins += ["ssh-agent"] if any(map(agent, secrets)) else []
    tools = dict.fromkeys(t for s in secrets if s.store is not None and s not in native for t in s.store.provider.tools)
    return (
        *((f"needs the plugins {', '.join(plugins)}",) if plugins else ()),
        *((f"needs {', '.join(tools)} on the agent",) if tools else ()),
    )

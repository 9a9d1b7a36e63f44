"""The snippets for CI systems: readers of the formats, the systems' schemas, and the shell parts executed."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from remediate.emit.ci import SYSTEMS, Build, snippet
from remediate.emit.providers import PROVIDERS
from remediate.formats.groovy import read_groovy
from remediate.model import Delivery, RemediateError, SecretSpec

TOKEN = SecretSpec("npm_token", "NPM_TOKEN", Delivery.ENV, env_names=("NPM_TOKEN",))
NPMRC = SecretSpec("npmrc", ".npmrc", Delivery.FILE, "/app/.npmrc")
KEY = SecretSpec("default", "SSH_KEY", Delivery.SSH)
SPECS = (TOKEN, NPMRC, KEY)
ORIGINS = (
    *(row.example for row in PROVIDERS), "vault:a/b#c.d", "aws:plain", "aws:arn:aws:secretsmanager:us-east-1:123456789012:secret:x-AbCdEf", "gcp:x@7",
    "azure:v/x@0a1", "op:My Vault/it em/private key?ssh-format=openssh", "doppler:X", "sops:a b/it's $(id) \\ \"x\".yaml", "sops:x.json#a.0",
)  # fmt: skip


def build(told: Mapping[str, str], specs: tuple[SecretSpec, ...] = SPECS, **more: Any) -> Build:
    return Build("Dockerfile", ".", specs, told, **more)


def workflow(text: str) -> dict[str, Any]:
    """The snippet as a job; what the schema of workflows has against it is an error."""
    from check_jsonschema.builtin_schemas import get_builtin_schema
    from jsonschema.validators import validator_for

    whole = "on: push\njobs:\n  image:\n    runs-on: ubuntu-latest\n" + "".join(f"    {line}\n" for line in text.split("\n"))
    read = yaml.load(whole, yaml.BaseLoader)
    schema = get_builtin_schema("vendor.github-workflows")
    assert [e.message for e in validator_for(schema)(schema).iter_errors(yaml.safe_load(whole.replace("on: push", "'on': push")))] == []
    return read["jobs"]["image"]


def job(text: str) -> dict[str, Any]:
    from tests.callers.ci_proof import fits

    assert fits("gitlab", text) == []
    return yaml.load(text, yaml.BaseLoader)["build-image"]


def texts_in_groovy(text: str) -> list[str]:
    """Each string as Groovy reads it; one that would expand something is an error."""
    found = read_groovy(text.encode())
    strings = [t for t in found.tokens if t.kind == "string"]
    assert all(t.quote in ("'", "'''") and not t.holes for t in strings)
    raw = [text.encode()[t.start : t.end].decode().removeprefix(t.quote).removesuffix(t.quote) for t in strings]
    return [r.replace("\\'", "'").replace("\\\\", "\\") for r in raw]


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_each_store_in_each_system(system: str, origin: str, engine: str) -> None:
    for told in ({s.id: origin for s in SPECS}, {"npm_token": origin}, {"npmrc": origin, "npm_token": "env:CI_TOKEN"}, {"default": origin}):
        text, _ = snippet(system, build(told, engine=engine, build_args=("VERSION",), target="app", tag="acme/app:1"))
        assert all(line.isprintable() for line in text.split("\n"))
        if system == "github":
            steps = workflow(text)["steps"]
            assert sum("build-push-action" in s.get("uses", "") or " build " in s.get("run", "") for s in steps) == 1
        elif system == "gitlab":
            assert " build " in job(text)["script"][0]
        else:
            assert any(" build " in t for t in texts_in_groovy(text))


GITHUB: dict[str, tuple[str, str, str]] = {
    "vault": ("hashicorp/vault-action@v3", "secret/data/ci/npm token | NPM_TOKEN ;\n", "steps.vault.outputs.NPM_TOKEN"),
    "aws": ("aws-actions/aws-secretsmanager-get-secrets@v2", "NPM_TOKEN, prod/npm\n", "env.NPM_TOKEN_TOKEN"),
    "gcp": ("google-github-actions/get-secretmanager-secrets@v2", "NPM_TOKEN:acme-ci/npm-token\n", "steps.gcp.outputs.NPM_TOKEN"),
    "op": ("1password/load-secrets-action@v4", "op://ci/npm/token", "steps.op.outputs.NPM_TOKEN"),
    "doppler": ("dopplerhq/secrets-fetch-action@v2.0.0", "web", "steps.doppler.outputs.NPM_TOKEN"),
}


@pytest.mark.parametrize("row", PROVIDERS, ids=lambda row: row.name)
def test_github_hands_the_value_to_the_build_step_alone(row: Any) -> None:
    read = workflow(snippet("github", build({"npm_token": row.example}, (TOKEN,)))[0])
    steps = read["steps"]
    (last,) = [s for s in steps if s.get("uses", "").startswith("docker/build-push-action@")]
    assert ("id-token" in read["permissions"]) == (row.name in ("vault", "aws", "gcp", "azure"))
    if row.name not in GITHUB:
        assert last["with"]["secret-files"] == "npm_token=${{ runner.temp }}/npm_token\n"
        assert steps[-1]["if"] == "always()" and "$RUNNER_TEMP/npm_token" in steps[-1]["run"]
        return
    uses, wanted, value = GITHUB[row.name]
    (step,) = [s for s in steps if s.get("uses") == uses]
    assert wanted in (*step.get("with", {}).values(), *step.get("env", {}).values())
    assert last["env"] == {"NPM_TOKEN": f"${{{{ {value} }}}}"}
    assert last["with"]["secret-envs"] == "npm_token=NPM_TOKEN\n"
    assert sum(value in json.dumps(s) for s in steps) == 1


def test_github_without_a_store() -> None:
    text, notes = snippet("github", build({"npm_token": "env:CI_TOKEN", "npmrc": "file:ci/npmrc"}))
    steps = workflow(text)["steps"]
    assert steps[-1]["env"] == {"CI_TOKEN": "${{ secrets.CI_TOKEN }}"}
    assert steps[-1]["with"]["secret-envs"] == "npm_token=CI_TOKEN\n"
    assert steps[-1]["with"]["secret-files"] == "npmrc=ci/npmrc\n"
    assert steps[-1]["with"]["ssh"] == "default\n"
    assert steps[-2]["uses"].startswith("webfactory/ssh-agent@")
    assert notes == ("set in the repository: secrets.SSH_KEY, secrets.CI_TOKEN",)


def test_no_expression_out_of_a_path() -> None:
    for path in ("a${{ secrets.X }}/Dockerfile", "Dockerfile"):
        told = {"npm_token": "sops:${{ secrets.X }}.yaml" if path == "Dockerfile" else "sops:x"}
        with pytest.raises(RemediateError):
            snippet("github", Build(path, ".", (TOKEN,), told))


def run(command: str, folder: Path, tools: Mapping[str, str], **env: str) -> subprocess.CompletedProcess[str]:
    (folder / "bin").mkdir(exist_ok=True)
    for name, text in tools.items():
        (folder / "bin" / name).write_text(text)
        (folder / "bin" / name).chmod(0o755)
    environ = {**env, "PATH": f"{folder}/bin:{os.environ['PATH']}", "RUNNER_TEMP": str(folder), "LOG": str(folder)}
    return subprocess.run(["bash", "-e", "-c", command], env=environ, cwd=folder, capture_output=True, text=True, check=False, timeout=30)


MANY_LINES = "one 100%\n\ntwo $(id)\n"


@pytest.mark.parametrize(("spec", "kept"), [(TOKEN, MANY_LINES.rstrip("\n")), (NPMRC, MANY_LINES)], ids=["variable", "file"])
def test_the_command_steps_of_github_mask_each_line(spec: SecretSpec, kept: str, tmp_path: Path) -> None:
    steps = workflow(snippet("github", build({spec.id: "sops:x"}, (spec,)))[0])["steps"]
    (fetch,) = [s["run"] for s in steps if "sops" in s.get("run", "")]
    (tmp_path / "value").write_text(MANY_LINES)
    done = run(fetch, tmp_path, {"sops": '#!/bin/sh\ncat "$LOG/value"\n'})
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["::add-mask::one 100%25", "::add-mask::two $(id)"]
    assert (tmp_path / spec.id).read_text() == kept
    assert (tmp_path / spec.id).stat().st_mode & 0o77 == 0
    for bad in ("#!/bin/sh\nexit 3\n", "#!/bin/sh\n", "#!/bin/sh\necho x\nexit 3\n"):
        assert run(fetch, tmp_path, {"sops": bad}).returncode != 0
    run(steps[-1]["run"], tmp_path, {})
    assert not (tmp_path / spec.id).exists()


RECORDER = '#!/bin/sh\nprintf "%s\\0" "$@" > "$LOG/argv"\nenv -0 > "$LOG/env"\nfor w; do case $w in id=*,src=*) cp "${w#*,src=}" "$LOG/${w%%,*}";; default=*) cp "${w#*=}" "$LOG/key";; esac; done\n'


def test_the_script_of_gitlab_takes_variables_files_and_the_shell_form(tmp_path: Path) -> None:
    told = {"npm_token": "vault:secret/ci/npm#token", "npmrc": "sops:x", "default": "aws:keys#ci"}
    read = job(snippet("gitlab", build(told))[0])
    assert read["secrets"]["NPM_TOKEN"]["file"] == "false" and "file" not in read["secrets"]["SSH_KEY"]
    assert read["secrets"]["SSH_KEY"]["aws_secrets_manager"] == {"secret_id": "keys", "field": "ci"}
    assert read["secrets"]["NPM_TOKEN"]["vault"] == {"engine": {"name": "kv-v2", "path": "secret"}, "path": "ci/npm", "field": "token"}
    assert set(read["id_tokens"]) == {"VAULT_ID_TOKEN", "AWS_ID_TOKEN"}
    (tmp_path / "k e y").write_text("the key\n")
    (script,) = read["script"]
    tools = {"sops": "#!/bin/sh\necho of sops\n", "docker": RECORDER}
    done = run(script, tmp_path, tools, NPM_TOKEN="of vault", SSH_KEY=str(tmp_path / "k e y"))
    assert done.returncode == 0, done.stderr
    argv = (tmp_path / "argv").read_text().split("\0")
    assert argv[:2] == ["buildx", "build"] and "id=npm_token,env=NPM_TOKEN" in argv
    assert (tmp_path / "id=npmrc").read_text() == "of sops\n"
    assert (tmp_path / "key").read_text() == "the key\n"
    assert "NPM_TOKEN=of vault" in (tmp_path / "env").read_text().split("\0")


def test_gitlab_asks_one_azure_vault_by_itself_and_the_other_by_the_shell() -> None:
    other = SecretSpec("b", "B", Delivery.ENV, env_names=("B",))
    text, notes = snippet("gitlab", build({"npm_token": "azure:one/x", "b": "azure:two/y"}, (TOKEN, other)))
    read = job(text)
    assert set(read["secrets"]) == {"NPM_TOKEN"}
    assert read["variables"] == {"AZURE_KEY_VAULT_SERVER_URL": "https://one.vault.azure.net"}
    assert "B=$(az keyvault secret show --vault-name two --name y" in read["script"][0]
    assert any("needs az" in n for n in notes)


JENKINS = {
    "vault": "withVault(vaultSecrets: [\n    [path: 'secret/ci/npm', engineVersion: 2, secretValues: [[envVar: 'NPM_TOKEN', vaultKey: 'token']]],\n]) {",
    "aws": "sh '''\n    ( { set +x; } 2> /dev/null; NPM_TOKEN=$(aws ",
    "gcp": "withCredentials([\n    string(credentialsId: 'npm-token', variable: 'NPM_TOKEN'),\n]) {",
    "azure": "withAzureKeyvault(keyVaultURLOverride: 'https://acme-ci.vault.azure.net', azureKeyVaultSecrets: [\n"
             "    [secretType: 'Secret', name: 'npm-token', envVariable: 'NPM_TOKEN'],\n]) {",
    "op": "withSecrets(secrets: [\n    [envVar: 'NPM_TOKEN', secretRef: 'op://ci/npm/token'],\n]) {",
    "doppler": "withCredentials([\n    string(credentialsId: 'DOPPLER_TOKEN', variable: 'DOPPLER_TOKEN'),\n]) {\n    sh '( { set +x; } 2> /dev/null; NPM_TOKEN=$(doppler ",
    "sops": "sh '''\n    ( { set +x; } 2> /dev/null; NPM_TOKEN=$(sops ",
}  # fmt: skip


@pytest.mark.parametrize("row", PROVIDERS, ids=lambda row: row.name)
def test_jenkins(row: Any) -> None:
    text, _ = snippet("jenkins", build({"npm_token": row.example}, (TOKEN,)))
    assert text.startswith(JENKINS[row.name])


@pytest.mark.parametrize("origin", ["sops:it's \\ $(touch broken) \"${x}\".yaml", "vault:secret/ci/npm#token", "aws:x#k"])
def test_the_shell_of_jenkins_gets_what_was_meant(origin: str, tmp_path: Path) -> None:
    from remediate.emit.commands import build_command

    text, _ = snippet("jenkins", build({"npmrc": origin}, (NPMRC,), engine="buildx"))
    meant = build_command("Dockerfile", [NPMRC], engine="buildx", origins={"npmrc": origin}).shell
    native = "withVault" in text
    assert texts_in_groovy(text)[-1].strip() == (meant if not native else "docker buildx build --secret id=npmrc,env=NPMRC .")


def test_two_secrets_do_not_share_a_variable() -> None:
    specs = (SecretSpec("a.b", "x/a.b", Delivery.FILE, "/a"), SecretSpec("a-b", "x/a-b", Delivery.FILE, "/b"))
    read = job(snippet("gitlab", build({"a.b": "vault:s/a#k", "a-b": "vault:s/b#k"}, specs))[0])
    assert list(read["secrets"]) == ["A_B", "A_B_2"]

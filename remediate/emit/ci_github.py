"""The build as steps of a GitHub Actions job.

Each store has its action, whose outputs go to the build step alone; Azure Key Vault and SOPS have a command, which masks the value and
puts it into a file of the job's own folder. Sources of the forms: the README of each action.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from remediate.emit.ci import Build, Secret, Snippet, agent, needed, scalar, secrets_of
from remediate.model import NamedTuple, RemediateError

Lines = list[str]


class Step(NamedTuple):
    """What fetches some of the secrets: lines of YAML, id -> the expression that has the value, what has to be set up."""

    lines: Lines
    values: Mapping[str, str]
    needs: tuple[str, ...] = ()


def _step(uses: str, inputs: Mapping[str, str | Lines], id: str = "", environment: Mapping[str, str] | None = None) -> Lines:
    head = [*([f"id: {id}"] if id else []), f"uses: {uses}"]
    if environment:
        head += ["env:", *(f"  {name}: {scalar(text)}" for name, text in environment.items())]
    if inputs:
        head.append("with:")
    for name, text in inputs.items():
        head += [f"  {name}: {scalar(text)}"] if isinstance(text, str) else [f"  {name}: |", *(f"    {line}" for line in text)]
    return ["- " + head[0], *("  " + line for line in head[1:])]


def _run(commands: Lines, name: str = "", environment: Mapping[str, str] | None = None, always: bool = False) -> Lines:
    head = [f"name: {scalar(name)}"] if name else []
    head += ["if: always()"] if always else []
    if environment:
        head += ["env:", *(f"  {key}: {scalar(text)}" for key, text in environment.items())]
    head += ["run: |", *(f"  {line}" for line in commands)]
    return ["- " + head[0], *("  " + line for line in head[1:])]


def _vault(secrets: Sequence[Secret]) -> Iterator[Step]:
    wanted = [f"{f['mount']}/data/{f['path']} {f['field']} | {s.variable} ;" for s in secrets if s.store for f in [s.store.fields]]
    inputs: dict[str, str | Lines] = {
        "url": "${{ vars.VAULT_ADDR }}", "method": "jwt", "role": "${{ vars.VAULT_ROLE }}", "exportEnv": "false", "secrets": wanted,
    }  # fmt: skip
    values = {s.id: f"steps.vault.outputs.{s.variable}" for s in secrets}
    yield Step(_step("hashicorp/vault-action@v3", inputs, "vault"), values, ("vars.VAULT_ADDR", "vars.VAULT_ROLE"))


def _aws(secrets: Sequence[Secret]) -> Iterator[Step]:
    role = {"role-to-assume": "${{ vars.AWS_ROLE_ARN }}", "aws-region": "${{ vars.AWS_REGION }}"}
    yield Step(_step("aws-actions/configure-aws-credentials@v4", role), {}, ("vars.AWS_ROLE_ARN", "vars.AWS_REGION"))
    for parse in (False, True):
        wanted = [(s, s.store.fields) for s in secrets if s.store is not None and bool(s.store.fields["key"]) is parse]
        if wanted:
            # It takes names in capitals only, and adds that of a key behind them.
            lines = [f"{s.variable.upper()}, {f['id']}" for s, f in wanted]
            inputs: dict[str, str | Lines] = {"secret-ids": lines, **({"parse-json-secrets": "true"} if parse else {})}
            ends = {s.id: f"_{re.sub(r'[^A-Za-z0-9_]', '_', f['key']).upper()}" if parse else "" for s, f in wanted}
            values = {s.id: f"env.{s.variable.upper()}{ends[s.id]}" for s, _ in wanted}
            yield Step(_step("aws-actions/aws-secretsmanager-get-secrets@v2", inputs), values)


def _gcp(secrets: Sequence[Secret]) -> Iterator[Step]:
    login = {
        "workload_identity_provider": "${{ vars.GCP_WORKLOAD_IDENTITY_PROVIDER }}", "service_account": "${{ vars.GCP_SERVICE_ACCOUNT }}",
    }  # fmt: skip
    needs = ("vars.GCP_WORKLOAD_IDENTITY_PROVIDER", "vars.GCP_SERVICE_ACCOUNT")
    yield Step(_step("google-github-actions/auth@v2", login), {}, needs)
    lines = []
    for s in secrets:
        f = s.store.fields if s.store is not None else {}
        lines.append(f"{s.variable}:{f['project'] or '${{ vars.GCP_PROJECT }}'}/{f['name']}" + (f"/{f['version']}" if f["version"] else ""))
    own = ("vars.GCP_PROJECT",) if any(s.store is not None and not s.store.fields["project"] for s in secrets) else ()
    values = {s.id: f"steps.gcp.outputs.{s.variable}" for s in secrets}
    yield Step(_step("google-github-actions/get-secretmanager-secrets@v2", {"secrets": lines}, "gcp"), values, own)


def _op(secrets: Sequence[Secret]) -> Iterator[Step]:
    token = "OP_SERVICE_ACCOUNT_TOKEN"
    places = {s.variable: f"op://{s.store.fields['path']}" for s in secrets if s.store is not None}
    step = _step("1password/load-secrets-action@v4", {"export-env": "false"}, "op", {token: f"${{{{ secrets.{token} }}}}", **places})
    yield Step(step, {s.id: f"steps.op.outputs.{s.variable}" for s in secrets}, (f"secrets.{token}",))


def _doppler(secrets: Sequence[Secret]) -> Iterator[Step]:
    wheres = dict.fromkeys((s.store.fields["project"], s.store.fields["config"]) for s in secrets if s.store is not None)
    for number, (project, config) in enumerate(wheres):
        id = f"doppler_{number + 1}" if number else "doppler"
        of = {"doppler-project": project, "doppler-config": config} if project else {}
        inputs: dict[str, str | Lines] = {"doppler-token": "${{ secrets.DOPPLER_TOKEN }}", **of}
        here = [(s.id, s.store.fields) for s in secrets if s.store is not None]
        values = {key: f"steps.{id}.outputs.{f['name']}" for key, f in here if (f["project"], f["config"]) == (project, config)}
        yield Step(_step("dopplerhq/secrets-fetch-action@v2.0.0", inputs, id), values, ("secrets.DOPPLER_TOKEN",))


ACTIONS: dict[str, Callable[[Sequence[Secret]], Iterator[Step]]] = {
    "vault": _vault, "aws": _aws, "gcp": _gcp, "op": _op, "doppler": _doppler,
}  # fmt: skip
_OIDC = ("vault", "aws", "gcp", "azure")
_AZURE = {name: f"${{{{ vars.AZURE_{name.replace('-', '_').upper()} }}}}" for name in ("client-id", "tenant-id", "subscription-id")}
# A line break ends a workflow command, so that each line is masked by itself; `%` would begin an escape there.
_MASK = "sed -e '/./!d' -e 's/%/%25/g' -e 's/^/::add-mask::/'"


def _by_command(secret: Secret) -> Lines:
    """A step that fetches into a file of the job; standard error of the store's tool is all that is seen of it."""
    assert secret.store is not None
    to = f'"$RUNNER_TEMP/{secret.id}"'
    if secret.whole:
        fetch = [f"{{ {secret.store.exact}; }} > {to}", f"[ -s {to} ]", f"{_MASK} < {to}"]
    else:
        # Without the line break that the tool puts behind it, which would be one of the value.
        fetch = [f"value=$({secret.store.fetch})", '[ -n "$value" ]']
        fetch += [f"printf '%s\\n' \"$value\" | {_MASK}", f"printf '%s' \"$value\" > {to}"]
    return _run(["set -o pipefail", "umask 077", *fetch], f"Fetch {secret.id} from {secret.store.provider.title}")


def github(build: Build) -> Snippet:
    """`permissions:` and `steps:` of a job."""
    secrets = secrets_of(build)
    by_action = [s for s in secrets if _has_action(s)]
    by_command = [s for s in secrets if s.store is not None and s not in by_action]
    lines: Lines = _step("actions/checkout@v4", {})
    values: dict[str, str] = {}
    needs: list[str] = []
    for kind, steps in ACTIONS.items():
        if own := [s for s in by_action if s.kind == kind]:
            for step in steps(own):
                lines += step.lines
                values |= step.values
                needs += step.needs
    if any(s.kind == "azure" for s in by_command):
        lines += _step("azure/login@v2", _AZURE)
        needs += [text[4:-3] for text in _AZURE.values()]
    for s in by_command:
        lines += _by_command(s)
    needs += _agents(secrets, lines)
    written = [s.id for s in by_command]
    for s in by_action:
        if s.ssh:
            key = ["umask 077", f"printf '%s\\n' \"$KEY\" > \"$RUNNER_TEMP/{s.id}\""]
            lines += _run(key, f"Write the key {s.id}", {"KEY": f"${{{{ {values[s.id]} }}}}"})
            written.append(s.id)
    needs += [f"secrets.{s.variable}" for s in secrets if s.origin.startswith("env=")]
    lines += _build(build, secrets, values, written)
    if written:
        lines += _run(["rm -f " + " ".join(f'"$RUNNER_TEMP/{id}"' for id in written)], "Remove the secrets", always=True)
    oidc = ["  id-token: write"] if any(s.kind in _OIDC for s in secrets) else []
    text = "\n".join(["permissions:", "  contents: read", *oidc, "steps:", *("  " + line for line in lines)])
    tools = [f"{s.store.provider.tools[0]} on the runner" for s in by_command if s.store is not None]
    return text, (*needed(needs, "in the repository"), *(f"needs {tool}" for tool in dict.fromkeys(tools)))


def _has_action(secret: Secret) -> bool:
    """A dot in the name of a Vault field is a path to that action."""
    return secret.kind in ACTIONS and not (secret.kind == "vault" and secret.store is not None and "." in secret.store.fields["field"])


def _agents(secrets: Sequence[Secret], lines: Lines) -> list[str]:
    keys = [s.variable if s.variable != "DEFAULT" else "SSH_PRIVATE_KEY" for s in secrets if agent(s)]
    if keys:
        lines += _step("webfactory/ssh-agent@v0.9.0", {"ssh-private-key": [f"${{{{ secrets.{k} }}}}" for k in keys]})
    return [f"secrets.{k}" for k in keys]


def _build(build: Build, secrets: Sequence[Secret], values: Mapping[str, str], written: Sequence[str]) -> Lines:
    """The build step: only here the values are in the environment."""
    given = (build.path, build.context, build.target, build.tag, *build.build_args, *(s.origin for s in secrets))
    if any("${{" in text for text in given):
        raise RemediateError("GitHub Actions would replace the ${{ of a path or a name", build.path)
    environment = {s.variable: f"${{{{ {values[s.id]} }}}}" for s in secrets if s.id in values and not s.ssh}
    environment |= {s.variable: f"${{{{ secrets.{s.variable} }}}}" for s in secrets if s.origin.startswith("env=")}
    if not build.buildkit or any(set(s.origin) & set(',"') for s in secrets):
        return _run([build.line(_origins(secrets, values, written))], environment=environment)
    inputs: dict[str, str | Lines] = {"context": build.context}
    if build.path != "-" and posixpath.normpath(build.path) != posixpath.normpath(posixpath.join(build.context, "Dockerfile")):
        inputs["file"] = build.path
    lists = {
        "secret-envs": [f"{s.id}={s.variable}" for s in secrets if s.variable in environment and not s.ssh],
        "secret-files": [f"{s.id}={_file(s, written)}" for s in secrets if not s.ssh and (s.id in written or s.origin.startswith("src="))],
        "ssh": [s.id if agent(s) else f"{s.id}={_file(s, written)}" for s in secrets if s.ssh],
        "build-args": list(dict.fromkeys(build.build_args)),
    }
    inputs |= {name: texts for name, texts in lists.items() if texts}
    inputs |= {name: text for name, text in (("target", build.target), ("tags", build.tag)) if text}
    return _step("docker/build-push-action@v6", inputs, environment=environment)


def _file(secret: Secret, written: Sequence[str]) -> str:
    return f"${{{{ runner.temp }}}}/{secret.id}" if secret.id in written else secret.origin[4:]


def _origins(secrets: Sequence[Secret], values: Mapping[str, str], written: Sequence[str]) -> dict[str, str]:
    from remediate.emit.commands import held_in

    origins = {s.id: f"{held_in('RUNNER_TEMP')}/{s.id}" if s.id in written else s.origin for s in secrets}
    origins |= {s.id: f"env={s.variable}" for s in secrets if s.id in values and not s.ssh}
    return {id: origin for id, origin in origins.items() if origin.startswith(("env=", "src="))}

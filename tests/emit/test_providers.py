"""Each store's row: its example gives its command, its counter-example nothing; no reference gets out of its word."""

from __future__ import annotations

import re
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.emit.providers import LONGEST, PROVIDERS, Provider, reference
from remediate.model import RemediateError
from remediate.repo.config import ORIGINS

ROWS = pytest.mark.parametrize("row", PROVIDERS, ids=lambda row: row.name)


@ROWS
def test_the_example_gives_the_command(row: Provider) -> None:
    found = reference(row.example)
    assert found is not None and found.provider is row and found.text == row.example
    assert found.fetch == row.command
    assert shlex.split(found.fetch)[0] == shlex.split(found.exact)[0] == row.tools[0]
    assert row.source.startswith("https://")


@ROWS
def test_the_counter_example_is_refused_with_the_example(row: Provider) -> None:
    with pytest.raises(RemediateError) as caught:
        reference(row.counter)
    assert row.example in str(caught.value) and row.title in str(caught.value)


def test_the_configuration_knows_the_same_stores() -> None:
    assert set(ORIGINS) == {"env", "file", *(row.name for row in PROVIDERS)}


@pytest.mark.parametrize(
    ("origin", "command"),
    [
        ("vault:secret/npm#token", "vault kv get -mount=secret -field=token npm"),
        ("aws:prod/npm", "aws secretsmanager get-secret-value --secret-id prod/npm --output json | jq -er .SecretString"),
        ("aws:arn:aws:secretsmanager:eu-central-1:123456789012:secret:ci/npm-AbCdEf#a.b", "aws secretsmanager get-secret-value --secret-id "
         "arn:aws:secretsmanager:eu-central-1:123456789012:secret:ci/npm-AbCdEf --output json | jq -er '.SecretString | fromjson | .[\"a.b\"]'"),
        ("gcp:npm-token@7", "gcloud secrets versions access 7 --secret=npm-token"),
        ("gcp:example.com:ci/npm", "gcloud secrets versions access latest --secret=npm --project=example.com:ci"),
        ("azure:v/n@0a1b", "az keyvault secret show --vault-name v --name n --version 0a1b --query value --output tsv"),
        ("op://My Vault/npm login/token", "op read --no-newline 'op://My Vault/npm login/token'"),
        ("op:ci/key/private key?ssh-format=openssh", "op read --no-newline 'op://ci/key/private key?ssh-format=openssh'"),
        ("doppler:NPM_TOKEN", "doppler secrets get NPM_TOKEN --plain"),
        ("sops:ci/npmrc.enc", "sops decrypt ci/npmrc.enc"),
        ("sops:a.json#list.0.x", "sops decrypt --extract '[\"list\"][0][\"x\"]' a.json"),
        ("sops:a b/$(id)'.yaml", "sops decrypt 'a b/$(id)'\"'\"'.yaml'"),
    ],
)  # fmt: skip
def test_other_forms(origin: str, command: str) -> None:
    found = reference(origin)
    assert found is not None and found.fetch == command


@pytest.mark.parametrize(
    ("origin", "command"),
    [
        ("aws:npm", "aws secretsmanager get-secret-value --secret-id npm --output json | jq -ej .SecretString"),
        ("gcp:npm", "gcloud secrets versions access latest --secret=npm --out-file=/dev/stdout"),
        ("azure:v/n", "az keyvault secret show --vault-name v --name n --query value --output json | jq -ej ."),
        ("doppler:T", "doppler secrets get T --json | jq -ej .T.computed"),
        ("sops:x", "sops decrypt x"),
    ],
)
def test_a_file_gets_every_byte(origin: str, command: str) -> None:
    found = reference(origin)
    assert found is not None and found.exact == command


@pytest.mark.parametrize("origin", ["env:X", "file:~/.ssh/id"])
def test_the_builder_reads_these_by_itself(origin: str) -> None:
    assert reference(origin) is None


@pytest.mark.parametrize(
    "origin",
    [
        "", "vault", "env:", "file:", "hunter2", "vault:", "vault:a#b", "vault:a/b", "vault:-a/b#c", "vault:a/-b#c", "vault:a/b#-c", "vault:a/b c#d",
        "vault:a/$(id)#x", "vault:a/b/#x", "aws:", "aws:-x", "aws:file://x", "aws:https://x.example/y", "aws:a#b c", "gcp:", "gcp:-p/x", "gcp:p/-x",
        "azure:a", "azure:a/b/c", "azure:-a/b", "op:a/b", "op:a/b/c/d/e", "op:a/$(id)/c", "op:a/b/'c'", "op:-a/b/c", "op:a/b/ ", "op:a/b/\u00e9",
        "doppler:x", "doppler:a/b", "doppler:-a/b/C", "sops:", "sops:#a", "sops:-x", "sops:a\nb", "sops:a\x1b", "sops:a#b..c", "sops:a#$(id)",
        "sops:a\udc80", "vault:a/b\u202e#c", "sops:" + "x" * (LONGEST + 1),
    ],
)  # fmt: skip
def test_what_is_no_reference_is_not_shown(origin: str) -> None:
    with pytest.raises(RemediateError) as caught:
        reference(origin)
    told = origin.partition(":")[2]
    assert len(told) < 4 or told not in str(caught.value)


KINDS = st.sampled_from([row.name for row in PROVIDERS])


@given(kind=KINDS, rest=st.text(min_size=1, max_size=40) | st.from_regex(r"[\w./#@$()'\"`; -]{1,40}", fullmatch=True))
def test_no_reference_makes_a_word_or_a_command_more(kind: str, rest: str) -> None:
    try:
        found = reference(f"{kind}:{rest}")
    except RemediateError:
        return
    assert found is not None
    for command in (found.fetch, found.exact):
        assert command.isprintable()
        bare = re.sub(r"'[^']*'|\"[^\"]*\"", "", command)
        assert re.fullmatch(r"[\w ./@+:=,%^-]*( \| jq [\w. -]*)?", bare, re.ASCII), bare
        options = {w.partition("=")[0] for w in shlex.split(command) if w.startswith("-")}
        assert options <= {
            "-mount", "-field", "--secret-id", "--output", "-er", "-ej", "--secret", "--project", "--out-file", "--vault-name", "--name", "--version",
            "--query", "--no-newline", "--plain", "--json", "--config", "--extract",
        }  # fmt: skip


@given(rest=st.text(alphabet="a/#-@.$", min_size=200, max_size=1000), kind=KINDS)
def test_a_long_reference_takes_no_time(rest: str, kind: str) -> None:
    try:
        reference(f"{kind}:{rest}")
    except RemediateError as error:
        assert rest not in str(error)

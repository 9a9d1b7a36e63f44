"""The shell form, executed: stand-ins for the stores' tools and for the builder note what they get, in every shell that is at hand."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from remediate.emit.commands import build_command
from remediate.model import Delivery, SecretSpec

VALUE = "s3cret $(touch broken) `id` \"d\" 's' \\n %s *"
TOKEN = SecretSpec("npm_token", "NPM_TOKEN", Delivery.ENV, env_names=("NPM_TOKEN",))
OTHER = SecretSpec("other", "VAULT_TOKEN", Delivery.ENV, env_names=("VAULT_TOKEN",))
NPMRC = SecretSpec("npmrc", ".npmrc", Delivery.FILE, "/app/.npmrc")
ID_RSA = SecretSpec("id_rsa", "id_rsa", Delivery.FILE, "/root/.ssh/id_rsa")
KEY = SecretSpec("default", "SSH_KEY", Delivery.SSH)

# Notes its arguments and what each secret holds; a program of a store prints the file that is named after it.
DOCKER = r"""#!/bin/sh
printf '%s\0' "$0" "$@" >> "$LOG/argv"; tr '\0' '\n' < /proc/$PPID/cmdline >> "$LOG/parent"
env > "$LOG/env"
for word; do
  case $word in
    id=*,env=*) eval "printf %s \"\${${word##*,env=}}\"" > "$LOG/${word%%,*}" ;;
    id=*,src=*) cp "${word#*,src=}" "$LOG/${word%%,*}"; dirname "${word#*,src=}" > "$LOG/folder"; stat -c %a "$(dirname "${word#*,src=}")" > "$LOG/mode" ;;
    default=*) cp "${word#default=}" "$LOG/key"; dirname "${word#default=}" > "$LOG/folder" ;;
  esac
done
[ -z "$WAIT_BUILD" ] || { : > "$LOG/ready"; exec sleep 20; }
exit ${BUILD_CODE:-0}
"""
STORE = r"""#!/bin/sh
printf '%s\0' "${0##*/}" "$@" >> "$LOG/argv"; env > "$LOG/env-${0##*/}"
[ -z "$WAIT_FETCH" ] || { : > "$LOG/ready"; exec sleep 20; }
cat "$VALUES/${0##*/}"; exit ${STORE_CODE:-0}
"""
SHELLS = {"dash": ["dash"], "bash": ["bash"], "bash as sh": ["bash", "--posix"], "zsh": ["zsh", "-f"], "busybox": ["busybox", "sh"], "ksh": ["ksh"]}
AT_HAND = [pytest.param(argv, id=name, marks=pytest.mark.skipif(not shutil.which(argv[0]), reason=f"no {argv[0]}")) for name, argv in SHELLS.items()]
ANY = pytest.mark.parametrize("shell", AT_HAND)
BASIC = "sh cat cp dirname env jq mktemp rm sleep stat tr".split()
NEEDS_JQ = pytest.mark.skipif(not shutil.which("jq"), reason="no jq")


class Desk:
    """A folder with the stand-ins in the PATH; `log` is what they noted, `temporary` where private folders would be left."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log, self.values, self.temporary = folder, folder / "log", folder / "values", folder / "tmp"
        tools = folder / "bin"
        for made in (self.log, self.values, self.temporary, tools):
            made.mkdir()
        for name in ("docker", "podman", "buildah", "nerdctl"):
            (tools / name).write_text(DOCKER)
        for name in ("vault", "aws", "gcloud", "az", "op", "doppler", "sops"):
            (tools / name).write_text(STORE)
            self.hold(name, VALUE + "\n")
        for tool in tools.iterdir():
            tool.chmod(0o755)
        basic = folder / "basic"  # and no store's own tool that may be installed here
        basic.mkdir()
        for name in BASIC:
            if found := shutil.which(name):
                (basic / name).symlink_to(found)
        self.env = {
            "PATH": f"{tools}:{basic}", "LOG": str(self.log), "VALUES": str(self.values), "TMPDIR": str(self.temporary), "HOME": str(folder),
        }  # fmt: skip

    def hold(self, tool: str, value: str | bytes) -> None:
        (self.values / tool).write_bytes(value.encode() if isinstance(value, str) else value)

    def run(self, shell: list[str], text: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        environ = {**self.env, **(env or {})}
        return subprocess.run([shutil.which(shell[0]) or shell[0], *shell[1:], "-c", text], env=environ, cwd=self.folder, capture_output=True, text=True, timeout=30, check=False)

    def got(self, id: str) -> bytes:
        return (self.log / f"id={id}").read_bytes()

    def built(self) -> bool:
        return (self.log / "env").exists()

    def argv(self) -> str:
        return "".join((self.log / name).read_text() for name in ("argv", "parent") if (self.log / name).exists())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def line(*secrets: tuple[SecretSpec, str], engine: str = "docker", **more: str) -> str:
    return build_command("Dockerfile", [s for s, _ in secrets], engine=engine, origins={s.id: o for s, o in secrets}, **more).shell


VAULT = (TOKEN, "vault:secret/ci/npm#token")


@ANY
def test_the_value_arrives_and_is_on_no_command_line(shell: list[str], desk: Desk) -> None:
    done = desk.run(shell, f'{line(VAULT)}; echo "left:${{NPM_TOKEN-nothing}}"')
    assert done.returncode == 0, done.stderr
    assert desk.got("npm_token").decode() == VALUE
    assert "s3cret" not in desk.argv() + done.stderr
    assert done.stdout == "left:nothing\n"
    assert not (desk.folder / "broken").exists()


@ANY
@pytest.mark.parametrize("setting", ["set -e", "set -u", "set -x", "set -v", "set -a", "set -eux", "set -o noglob"])
def test_the_callers_settings(shell: list[str], setting: str, desk: Desk) -> None:
    both = line(VAULT, (NPMRC, "sops:npmrc.enc"))
    done = desk.run(shell, f"{setting}\n{both}\necho after")
    assert done.stdout == "after\n", done.stderr
    assert desk.got("npm_token").decode() == VALUE
    assert "s3cret" not in done.stderr and "s3cret" not in desk.argv()
    assert list(desk.temporary.iterdir()) == []


@ANY
@pytest.mark.parametrize("origin", ["vault:a/b#c", "aws:a", "aws:a#k", "gcp:p/a", "azure:v/a", "op:a/b/c", "doppler:A", "sops:a#b"])
@pytest.mark.parametrize("spec", [TOKEN, NPMRC], ids=lambda s: s.id)
@pytest.mark.parametrize("trouble", ["fails", "is empty", "is not there"])
def test_a_store_in_trouble_stops_before_the_build(shell: list[str], origin: str, spec: SecretSpec, trouble: str, desk: Desk) -> None:
    for tool in desk.values.iterdir():
        if trouble == "is empty":
            desk.hold(tool.name, "")
        if trouble == "is not there":
            (desk.folder / "bin" / tool.name).unlink()
    env = {"STORE_CODE": "7"} if trouble == "fails" else {}
    if trouble == "fails" and origin.startswith("aws"):
        desk.hold("aws", "")
    done = desk.run(shell, line((spec, origin)), env)
    assert done.returncode != 0
    assert not desk.built()
    assert list(desk.temporary.iterdir()) == []


@ANY
def test_the_exit_code_of_the_build_is_kept(shell: list[str], desk: Desk) -> None:
    for secrets in ((VAULT,), ((NPMRC, "sops:npmrc.enc"),)):
        assert desk.run(shell, line(*secrets), {"BUILD_CODE": "42"}).returncode == 42
        assert desk.run(shell, f"{line(*secrets)} && echo yes || echo no $?", {"BUILD_CODE": "42"}).stdout == "no 42\n"
    assert list(desk.temporary.iterdir()) == []


@ANY
def test_a_file_keeps_every_byte_in_a_private_folder(shell: list[str], desk: Desk) -> None:
    data = bytes(range(256)) + b"\n\n"
    desk.hold("sops", data)
    done = desk.run(shell, line((NPMRC, "sops:npmrc.enc")))
    assert done.returncode == 0, done.stderr
    assert desk.got("npmrc") == data
    assert (desk.log / "mode").read_text() == "700\n"
    assert not Path((desk.log / "folder").read_text().strip()).exists()
    assert list(desk.temporary.iterdir()) == []


def test_many_lines_in_a_variable_lose_the_last_break_only(desk: Desk) -> None:
    desk.hold("vault", "-----BEGIN\n\n a b \n-----END\n")
    desk.run(["dash"], line(VAULT))
    assert desk.got("npm_token") == b"-----BEGIN\n\n a b \n-----END"


def test_a_copied_file_with_the_name_of_a_variable_is_a_file(desk: Desk) -> None:
    desk.hold("vault", "-----BEGIN\n-----END\n")
    assert desk.run(["dash"], line((ID_RSA, "vault:a/b#c"))).returncode == 0
    assert desk.got("id_rsa") == b"-----BEGIN\n-----END\n"


@NEEDS_JQ
@ANY
@pytest.mark.parametrize("engine", ["docker", "buildx", "podman", "buildah", "nerdctl"])
def test_each_engine_with_secrets_of_many_stores_and_a_key(shell: list[str], engine: str, desk: Desk) -> None:
    desk.hold("aws", '{"SecretString": "{\\"token\\": \\"of aws\\"}"}')
    desk.hold("op", "key\n")
    version = "20.10" if engine == "docker" else ""
    secrets = ((TOKEN, "aws:npm#token"), (OTHER, "vault:a/b#c"), (NPMRC, "sops:a"), (KEY, "op:a/b/c"))
    text = line(*secrets, engine=engine, engine_version=version)
    assert ("env DOCKER_BUILDKIT=1 docker build" in text) == (engine == "docker")
    done = desk.run(shell, text)
    assert done.returncode == 0, done.stderr
    assert (desk.got("npm_token"), desk.got("other").decode(), desk.got("npmrc").decode()) == (b"of aws", VALUE, VALUE + "\n")
    assert (desk.log / "key").read_bytes() == b"key\n"
    assert ("DOCKER_BUILDKIT=1" in (desk.log / "env").read_text()) == (engine == "docker")
    assert list(desk.temporary.iterdir()) == []


@NEEDS_JQ
@ANY
def test_a_secret_does_not_reach_the_tools_of_other_stores(shell: list[str], desk: Desk) -> None:
    desk.hold("aws", '{"SecretString": "of aws"}')
    first = (SecretSpec("a", "AWS_SECRET_ACCESS_KEY", Delivery.ENV, env_names=("AWS_SECRET_ACCESS_KEY",)), "vault:a/b#c")
    assert desk.run(shell, line(first, (OTHER, "aws:x")), {"AWS_SECRET_ACCESS_KEY": "of the caller"}).returncode == 0
    assert "AWS_SECRET_ACCESS_KEY=of the caller\n" in (desk.log / "env-aws").read_text()
    assert desk.got("a").decode() == VALUE


@ANY
@pytest.mark.parametrize("name", ["INT", "TERM", "HUP"])
@pytest.mark.parametrize("where", ["WAIT_FETCH", "WAIT_BUILD"])
def test_a_signal_leaves_no_folder(shell: list[str], name: str, where: str, desk: Desk) -> None:
    """As from a terminal, or from a CI system that ends a job: to the whole group.

    ksh 93u+m hangs by itself when `exit` in a trap ends a subshell that is all of its script, so a line follows there.
    """
    number = signal.Signals[f"SIG{name}"]
    text = line((NPMRC, "sops:a"), VAULT) + ("\nexit $?" if shell[0] == "ksh" else "")
    process = subprocess.Popen(
        [shutil.which(shell[0]) or shell[0], *shell[1:], "-c", text], env={**desk.env, where: "1"}, cwd=desk.folder, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 10
    while not (desk.log / "ready").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(list(desk.temporary.iterdir())) == 1
    os.killpg(process.pid, number)
    code = process.wait(10)
    assert code in (128 + number, -number)
    deadline = time.monotonic() + 5
    while list(desk.temporary.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert list(desk.temporary.iterdir()) == []
    assert desk.built() == (where == "WAIT_BUILD")


@NEEDS_JQ
def test_a_value_that_aws_holds_as_bytes_is_no_word_none(desk: Desk) -> None:
    desk.hold("aws", '{"SecretBinary": "AAEC"}')
    assert desk.run(["dash"], line((TOKEN, "aws:x"))).returncode != 0
    assert not desk.built()


@NEEDS_JQ
@pytest.mark.parametrize("text", ["not json", '{"SecretString": "no json"}', '{"SecretString": "{}"}', '{"SecretString": "{\\"k\\": null}"}', '{"SecretStri'])
def test_a_key_that_is_not_there_stops(text: str, desk: Desk) -> None:
    desk.hold("aws", text)
    assert desk.run(["dash"], line((TOKEN, "aws:x#k"))).returncode != 0
    assert not desk.built()


def test_secrets_of_the_environment_beside_fetched_ones(desk: Desk) -> None:
    built = build_command("Dockerfile", [TOKEN, OTHER], origins={"npm_token": "vault:a/b#c"})
    assert desk.run(["dash"], built.shell, {"VAULT_TOKEN": "own"}).returncode == 0
    assert desk.got("other") == b"own"
    assert any(n.startswith("VAULT_TOKEN must be exported") for n in built.notes)
    assert any("needs vault, with access to HashiCorp Vault" in n for n in built.notes)
    assert not any("NPM_TOKEN must be" in n for n in built.notes)
    assert dict(built.secrets) == {"npm_token": "vault:a/b#c", "other": "env=VAULT_TOKEN"}
    assert built.argv == ("sh", "-c", built.shell)


def test_a_fetched_key_has_no_note_on_its_place() -> None:
    notes = build_command("Dockerfile", [KEY, NPMRC], origins={"default": "op:a/b/c", "npmrc": "sops:x"}).notes
    assert not any("relative to where" in n for n in notes)
    assert any("without a passphrase" in n for n in notes)


def test_what_stands_around_a_place_for_a_variable_is_quoted(desk: Desk) -> None:
    built = build_command("Dockerfile", [NPMRC], origins={"npmrc": "sops:x"}, tag="a;$(touch broken)", target="\0x;touch broken\0")
    desk.run(["dash"], built.shell)
    assert not (desk.folder / "broken").exists()


def test_one_value_for_two_ids_is_fetched_once(desk: Desk) -> None:
    twice = SecretSpec("again", "NPM_TOKEN", Delivery.ENV, env_names=("NPM_TOKEN",))
    assert desk.run(["dash"], line(VAULT, (twice, VAULT[1]))).returncode == 0
    assert desk.got("again") == desk.got("npm_token") == VALUE.encode()
    assert (desk.log / "argv").read_text().count("vault\0") == 1


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="no shellcheck")
def test_shellcheck_has_nothing_against_it(tmp_path: Path) -> None:
    text = line(VAULT, (OTHER, "aws:a#b"), (NPMRC, "azure:v/n"), (KEY, "op:a b/c/d"))
    (tmp_path / "x.sh").write_text(f"#!/bin/sh\n{text}\n")
    done = subprocess.run(["shellcheck", "-S", "info", tmp_path / "x.sh"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout

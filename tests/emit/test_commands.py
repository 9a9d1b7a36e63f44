"""The build command of each engine."""

from __future__ import annotations

import shlex
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.emit.commands import build_command, quote
from remediate.emit.engines import ENGINE_NAMES
from remediate.emit.trouble import TROUBLE
from remediate.model import Delivery, RemediateError, SecretSpec

ENV = SecretSpec("npm_token", "NPM_TOKEN", Delivery.ENV, env_names=("NPM_TOKEN",))
VARIABLE_AS_FILE = SecretSpec("npm_token", "NPM_TOKEN", Delivery.FILE, "/run/secrets/npm_token")
CREDENTIAL_FILE = SecretSpec("npmrc", ".npmrc", Delivery.FILE, "/app/.npmrc")
KEY_FILE = SecretSpec("id_rsa", "id_rsa", Delivery.FILE, "/root/.ssh/id_rsa")
SSH = SecretSpec("default", "SSH_KEY", Delivery.SSH)


@pytest.mark.parametrize(
    ("engine", "shell"),
    [
        ("docker", "docker build --secret id=npm_token,env=NPM_TOKEN ."),
        ("auto", "docker build --secret id=npm_token,env=NPM_TOKEN ."),
        ("buildx", "docker buildx build --secret id=npm_token,env=NPM_TOKEN ."),
        ("nerdctl", "nerdctl build --secret id=npm_token,env=NPM_TOKEN ."),
        # These two take a Containerfile first when there is one, so the file is always named.
        ("podman", "podman build --secret id=npm_token,env=NPM_TOKEN -f Dockerfile ."),
        ("buildah", "buildah build --secret id=npm_token,env=NPM_TOKEN -f Dockerfile ."),
    ],
)
def test_each_engine(engine: str, shell: str) -> None:
    built = build_command("Dockerfile", [ENV], engine=engine)
    assert built.shell == shell
    assert built.secrets == (("npm_token", "env=NPM_TOKEN"),)
    assert built.notes


def test_everything_at_once() -> None:
    built = build_command(
        "docker/app.Dockerfile", [ENV, CREDENTIAL_FILE, SSH], engine="buildx", build_args=["VERSION", "CHANNEL", "VERSION"], target="app", tag="acme/app:1"
    )
    assert built.shell == (
        "docker buildx build --secret id=npm_token,env=NPM_TOKEN --secret id=npmrc,src=.npmrc --ssh default "
        "--build-arg VERSION --build-arg CHANNEL --target app -t acme/app:1 -f docker/app.Dockerfile ."
    )
    assert dict(built.secrets) == {"npm_token": "env=NPM_TOKEN", "npmrc": "src=.npmrc", "default": "ssh-agent"}


@pytest.mark.parametrize(
    ("path", "context", "end"),
    [
        ("Dockerfile", ".", ["."]),
        ("./Dockerfile", ".", ["."]),
        ("app/Dockerfile", "app", ["app"]),
        ("app/Dockerfile", "./app/", ["./app/"]),
        ("app/Dockerfile", ".", ["-f", "app/Dockerfile", "."]),
        ("Containerfile", ".", ["-f", "Containerfile", "."]),
        ("-", ".", ["-f", "-", "."]),
        ("-odd/Dockerfile", "-odd", ["./-odd"]),
        ("-odd/x.Dockerfile", "-odd", ["-f", "./-odd/x.Dockerfile", "./-odd"]),
    ],
)
def test_the_file_is_named_where_it_has_to_be(path: str, context: str, end: list[str]) -> None:
    argv = build_command(path, [], context=context).argv
    assert list(argv) == ["docker", "build", *end]


@pytest.mark.parametrize(
    ("spec", "origin"),
    [(ENV, "env=NPM_TOKEN"), (VARIABLE_AS_FILE, "env=NPM_TOKEN"), (CREDENTIAL_FILE, "src=sub/.npmrc"), (KEY_FILE, "src=sub/id_rsa")],
)
def test_origin_that_the_secret_implies(spec: SecretSpec, origin: str) -> None:
    assert build_command("sub/Dockerfile", [spec], context="sub").secrets == ((spec.id, origin),)


@pytest.mark.parametrize(
    ("given_origin", "origin"),
    [("env=CI_TOKEN", "env=CI_TOKEN"), ("env:CI_TOKEN", "env=CI_TOKEN"), ("src=/etc/t", "src=/etc/t"), ("file:/etc/t", "src=/etc/t")],
)
def test_configured_origin_goes_before(given_origin: str, origin: str) -> None:
    built = build_command("Dockerfile", [ENV], origins={"npm_token": given_origin})
    assert built.secrets == (("npm_token", origin),)
    assert f"id=npm_token,{origin}" in built.argv


@pytest.mark.parametrize("given_origin", ["vault:kv/x", "env=", "TOKEN", "value-by-mistake"])
def test_an_origin_that_is_none_is_an_error_without_the_value(given_origin: str) -> None:
    with pytest.raises(RemediateError) as caught:
        build_command("Dockerfile", [ENV], origins={"npm_token": given_origin})
    assert "npm_token" in str(caught.value)
    assert given_origin not in str(caught.value)


def test_two_stages_with_one_secret_give_one_flag() -> None:
    assert build_command("Dockerfile", [ENV, ENV]).shell.count("--secret") == 1


def test_a_comma_is_quoted_for_buildkit_and_refused_for_buildah() -> None:
    origins = {"npm_token": "src=a,b"}
    assert 'id=npm_token,"src=a,b"' in build_command("Dockerfile", [ENV], origins=origins).argv
    with pytest.raises(RemediateError, match="comma"):
        build_command("Dockerfile", [ENV], engine="buildah", origins=origins)


@pytest.mark.parametrize(("version", "start"), [("20.10.24", ("env", "DOCKER_BUILDKIT=1", "docker")), ("28.5", ("docker", "build")), ("", ("docker", "build"))])
def test_buildkit_is_turned_on_where_it_is_off(version: str, start: tuple[str, ...]) -> None:
    assert build_command("Dockerfile", [ENV], engine_version=version).argv[: len(start)] == start


def test_notes_say_what_the_engine_needs() -> None:
    def notes(engine: str, version: str = "", **more: bool) -> str:
        return "\n".join(build_command("Dockerfile", [ENV], engine=engine, engine_version=version, **more).notes)

    assert "BuildKit" in notes("docker")
    assert "buildx plugin" in notes("buildx")
    assert "Podman 4.0" in notes("podman")
    assert "fails there" in notes("buildah", "1.19")
    assert "registry" in notes("docker", syntax_line=True)
    assert "registry" not in notes("docker")
    assert "registry" not in notes("buildah", syntax_line=True)
    assert "NPM_TOKEN must be exported" in notes("docker")


def test_a_literal_is_told_to_be_burnt() -> None:
    spec = SecretSpec("t", "T", Delivery.ENV, env_names=("T",), literal=True)
    assert any("rotate" in note for note in build_command("Dockerfile", [spec]).notes)
    assert not any("rotate" in note for note in build_command("Dockerfile", [ENV]).notes)


NAMES = st.text(st.characters(blacklist_characters="\0", blacklist_categories=("Cs",)), min_size=1, max_size=12)


@given(name=NAMES, tag=NAMES, arg=NAMES)
def test_the_shell_line_is_one_line_and_means_argv(name: str, tag: str, arg: str) -> None:
    built = build_command(f"d/{name}", [ENV], tag=tag, target=arg, build_args=[arg])
    assert "\n" not in built.shell and "\r" not in built.shell and "\x1b" not in built.shell
    if built.shell.isprintable() and "$'" not in built.shell:
        assert shlex.split(built.shell) == list(built.argv)


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
@pytest.mark.parametrize("word", ["a b", "a'b", "$HOME", "`id`", "a\nb", "a\x1b[31mb", "\u202ea", "*", "~", "a;b", "\\", "a\udc80b", "\u00e9"])
def test_a_real_shell_reads_the_word_back(word: str) -> None:
    done = subprocess.run(["bash", "-c", f"printf %s {quote(word)}"], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"})
    assert done.stdout == word.encode("utf-8", "surrogateescape")
    assert quote(word).isprintable()


def test_engines_and_trouble_rows_are_complete() -> None:
    assert set(ENGINE_NAMES) == {"docker", "buildx", "podman", "buildah", "nerdctl"}
    assert all(row.says and row.means and row.do and row.source for row in TROUBLE)
    said = " ".join(row.says for row in TROUBLE)
    for message in ("secret mount type not supported", "not found", "Permission denied", "/run/secrets/x", "log"):
        assert message in said


COPIED_KEY = SecretSpec("default", "keys/id_rsa", Delivery.SSH, "/root/.ssh/id_rsa")


@pytest.mark.parametrize("engine", ["docker", "buildx", "podman", "buildah", "nerdctl"])
def test_a_copied_key_is_given_by_its_file(engine: str) -> None:
    built = build_command("Dockerfile", [COPIED_KEY], engine=engine, context="app")
    assert "--ssh default=app/keys/id_rsa" in built.shell
    assert dict(built.secrets) == {"default": "src=app/keys/id_rsa"}
    assert any("passphrase" in note for note in built.notes)


def test_a_configured_key_file_goes_to_ssh_and_not_to_secret() -> None:
    built = build_command("Dockerfile", [SSH], origins={"default": "file:/keys/deploy"})
    assert built.argv == ("docker", "build", "--ssh", "default=/keys/deploy", ".")


def test_the_agent_is_told_where_the_key_was() -> None:
    notes = build_command("Dockerfile", [SSH]).notes
    assert any("SSH_KEY" in note and "ssh-add -" in note for note in notes)
    assert not any("ssh-add -   (" in note for note in build_command("Dockerfile", [SecretSpec("default", "default", Delivery.SSH)]).notes)


@pytest.mark.parametrize("origin", ["env:SSH_KEY", "file:a,b"])
def test_a_key_that_no_command_line_can_give(origin: str) -> None:
    with pytest.raises(RemediateError):
        build_command("Dockerfile", [SSH], origins={"default": origin})


def test_the_key_of_an_agent_is_no_src() -> None:
    notes = build_command("Dockerfile", [SecretSpec("default", "id_rsa", Delivery.SSH, "/root/.ssh/id_rsa")]).notes
    assert not any("src=" in note for note in notes)
    assert any("--ssh default=PATH is relative to where the command runs" in note for note in notes)


def test_a_variable_that_fills_two_secrets_is_named_once() -> None:
    specs = [SecretSpec(i, "NPM_TOKEN", Delivery.ENV, env_names=("NPM_TOKEN",)) for i in ("a", "b")]
    assert any(note.startswith("NPM_TOKEN must be exported, with a value:") for note in build_command("Dockerfile", specs).notes)

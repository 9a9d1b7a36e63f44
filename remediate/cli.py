"""The command line: options and their help. What the commands do is in `actions`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from remediate import actions
from remediate.model import Options
from remediate.version import __version__

ENGINES = ("auto", "docker", "buildx", "podman", "buildah", "nerdctl")

_Command = Callable[..., int]


def _options(*options: Callable[[_Command], _Command]) -> Callable[[_Command], _Command]:
    def apply(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return apply


_paths = click.argument("paths", nargs=-1, metavar="[PATH]...")
_color = click.option(
    "--color", type=click.Choice(("auto", "always", "never")), default="auto", help="auto: on a terminal, without NO_COLOR."
)
_output = _options(
    click.option("--format", "form", type=click.Choice(("text", "json")), default="text", help="For people, or one JSON object."),
    _color,
)
_build = _options(
    click.option("--unsafe-fixes", is_flag=True, help="Apply fixes that may change the running container, too."),
    click.option("--delivery", type=click.Choice(("auto", "env", "file")), default="auto", help="How commands receive a secret."),
    click.option("--engine", type=click.Choice(ENGINES), default="auto", help="What builds; auto: as configured, else docker."),
    click.option("--engine-version", default="", metavar="VERSION", help="Its version, where it decides what is possible."),
    click.option("--optional", multiple=True, metavar="NAME", help="A build may go on without this secret: its mounts are not required."),
    click.option("--target", default="", metavar="STAGE", help="The stage to build, for the build command."),
    click.option("--tag", default="", metavar="NAME", help="The image's name, for the build command."),
    click.option(
        "--origin", "origins", multiple=True, metavar="NAME=ORIGIN",
        help="Where the build command takes a secret from: env:X, file:PATH, vault:, aws:, gcp:, azure:, op:, doppler:, sops:.",
    ),
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="remediate", message="%(prog)s %(version)s")
def cli() -> None:
    """Take secrets out of container builds.

    PATH is a Dockerfile, a folder that is searched for them, or - for standard input; without one, the working directory.

    Exit codes: 0 nothing left to do, 1 something found, 2 wrong usage, 3 a file could not be read or parsed.
    """


@cli.command()
@_paths
@_output
def check(paths: tuple[str, ...], form: str, color: str) -> int:
    """Find secrets in Dockerfiles. Changes nothing; exits with 1 when there are findings."""
    return actions.check(paths, form, color)


@cli.command()
@_paths
@click.option("--diff", is_flag=True, help="Print the patch, with the build command above it; write nothing.")
@click.option("--check", "dry", is_flag=True, help="Write nothing; exit with 1 when something would change.")
@click.option("--strict", is_flag=True, help="Exit with 1 when a finding is left.")
@click.option("--transition", is_flag=True, help="Take the secret from the mount or, while old callers exist, from the build arg.")
@click.option("--dockerfile-only", is_flag=True, help="Leave callers as they are, even those that pass the build arg.")
@click.option("--redact", is_flag=True, help="With --diff: mask values for sharing; the patch then no longer applies.")
@_build
@_output
def fix(paths: tuple[str, ...], form: str, color: str, diff: bool, dry: bool, strict: bool, **chosen: Any) -> int:
    """Rewrite Dockerfiles so that secrets reach only the commands that need them.

    Writes the files. With - as PATH, prints the rewritten file to standard output and the report to standard error.
    """
    if diff and form == "json":
        raise actions.Misuse("--diff prints a patch and --format json an object: choose one (`fix --check --format json` writes nothing)")
    if chosen["redact"] and not diff:
        raise actions.Misuse("--redact masks values in the patch of --diff")
    if chosen["transition"] and chosen["delivery"] == "env":
        raise actions.Misuse("--transition reads the secret from a file, so it excludes --delivery env")
    return actions.fix(paths, _chosen(**chosen), form, color, diff=diff, dry=dry, strict=strict)


@cli.command()
@_paths
@click.option("--ci", type=click.Choice(("github", "gitlab", "jenkins")), default=None, help="Print it as a snippet for that CI system.")
@_build
@_output
def command(paths: tuple[str, ...], form: str, color: str, ci: str | None, **chosen: Any) -> int:
    """Print the command that builds each Dockerfile once it is fixed.

    Standard output has the command alone, notes go to standard error.
    """
    if ci and form == "json":
        raise actions.Misuse("--ci prints a snippet and --format json an object: choose one")
    chosen["ci"] = ci or ""
    return actions.command(paths, _chosen(**chosen), form, color)


@cli.command()
@click.argument("topic", required=False, default="", metavar="[RULE]")
@_color
def explain(topic: str, color: str) -> int:
    """Say what a rule or a reason means, with examples; without one, list them all."""
    return actions.explain(topic, color)


def _chosen(*, unsafe_fixes: bool, origins: tuple[str, ...], **same_name: Any) -> Options:
    return Options(unsafe=unsafe_fixes, origins=tuple(map(actions.origin, origins)), **same_name)


def run(arguments: list[str]) -> int:
    """The exit code of a command line. Raises what is not wrong usage."""
    try:
        code = cli.main(args=arguments, prog_name="remediate", standalone_mode=False)
    except actions.Misuse as error:
        actions.print_error(str(error))
        return actions.USAGE
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return code if isinstance(code, int) else actions.CLEAN

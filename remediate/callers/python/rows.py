"""Libraries that build images: which argument says what, and whether they have secrets. Rows of data."""

from __future__ import annotations

from remediate.model import NamedTuple


class Library(NamedTuple):
    """`names`: the full name of the call, or its end (beginning with a dot). `args`: the keyword of the build args.

    `secrets`: "list" (`["id=x,env=Y"]`), "values" (`{"x": value}`), "suffix" (`{"x": "env=Y"}`), "" for none: then `why` and `instead`.
    `context`, `file`, `target`: keywords, and positions where there are some. `inside`: the Dockerfile is looked up in the context.
    `elsewhere`: the build runs in another process, which has the environment only when it was not set here.
    """

    names: tuple[str, ...]
    args: str = "build_args"
    secrets: str = ""
    keyword: str = ""
    ssh: str = ""
    context: tuple[str, int] = ("context", -1)
    file: str = "file"
    target: str = "target"
    inside: bool = False
    elsewhere: bool = False
    told: str = ""
    why: str = ""
    instead: tuple[str, ...] = ()
    source: str = ""
    example: str = ""
    counter: str = ""


_WHALES = (
    "from python_on_whales import docker",
    'docker.build(CONTEXT, secrets=["id=ID,env=NAME"])',
    '(or: subprocess.run(["docker", "build", "--secret", "id=ID,env=NAME", CONTEXT], check=True))',
)
_COMPOSE = ("services:", "  SERVICE:", "    build:", "      secrets: [ID]", "secrets:", "  ID:", "    environment: NAME")
_CDK_TOLD = "{} must be set where the asset is built (`cdk deploy`, or the publishing step of CDK Pipelines)"

LIBRARIES: tuple[Library, ...] = (
    Library(
        (
            "python_on_whales.docker.build",
            "python_on_whales.docker.buildx.build",
            "python_on_whales.DockerClient.build",
            "python_on_whales.DockerClient.buildx.build",
        ),
        secrets="list",
        keyword="secrets",
        ssh="ssh",
        context=("context_path", 0),
        source="gabrieldemarmiesse.github.io/python-on-whales: buildx.build; utils.run takes os.environ",
        example='docker.build(".", build_args={"T": t})',
        counter='docker.pull("alpine")',
    ),
    Library(
        (".legacy_build",),
        context=("context_path", 0),
        why="legacy_build uses the classic builder, which has no secret mounts",
        instead=_WHALES,
        source="gabrieldemarmiesse.github.io/python-on-whales: image.legacy_build",
        example='docker.legacy_build(".")',
        counter="docker.image.list()",
    ),
    Library(
        ("python_on_whales.docker.compose.build", "python_on_whales.DockerClient.compose.build"),
        context=("", -1),
        file="",
        target="",
        why="compose build has no --secret option",
        instead=_COMPOSE,
        source="python-on-whales: compose.build",
        example="docker.compose.build(build_args={})",
        counter="docker.compose.up()",
    ),
    Library(
        (".images.build", "docker.APIClient.build", "docker.api.build.BuildApiMixin.build"),
        args="buildargs",
        context=("path", 0),
        file="dockerfile",
        inside=True,
        why="the Docker SDK has no secret mounts",
        instead=_WHALES,
        source="docker-py.readthedocs.io images.build: no secrets",
        example='docker.from_env().images.build(path=".", buildargs={"T": t})',
        counter='client.images.pull("alpine")',
    ),
    Library(
        ("testcontainers.core.image.DockerImage", "testcontainers.core.container.DockerImage"),
        args="buildargs",
        context=("path", 0),
        file="dockerfile_path",
        why="testcontainers builds with the Docker SDK, which has no secret mounts",
        instead=_WHALES,
        source="testcontainers-python core/image.py",
        example='DockerImage(path=".", buildargs={})',
        counter='DockerContainer("alpine")',
    ),
    Library(
        ("pulumi_docker_build.Image", "pulumi_docker_build.ImageArgs"),
        secrets="values",
        keyword="secrets",
        file="dockerfile",
        context=("context", -1),
        source="pulumi.com/registry/packages/docker-build: secrets, by value",
        example='docker_build.Image("x", build_args={"T": t})',
        counter='docker_build.Index("x")',
    ),
    Library(
        ("pulumi_docker.DockerBuildArgs", "pulumi_docker.DockerBuild"),
        args="args",
        file="dockerfile",
        why="the docker provider has no secret mounts",
        instead=("import pulumi_docker_build as docker_build", 'docker_build.Image(NAME, secrets={"ID": VALUE}, ...)'),
        source="pulumi.com/registry/packages/docker: DockerBuild",
        example='docker.DockerBuildArgs(args={"T": t})',
        counter="docker.RegistryArgs()",
    ),
    Library(
        ("aws_cdk.aws_ecr_assets.DockerImageAsset", "aws_cdk.aws_ecr_assets.DockerImageAssetProps"),
        secrets="suffix",
        keyword="build_secrets",
        context=("directory", -1),
        inside=True,
        elsewhere=True,
        told=_CDK_TOLD,
        source="docs.aws.amazon.com/cdk DockerImageAsset build_secrets; cdk-assets passes `--secret id=KEY,VALUE`",
        example='DockerImageAsset(self, "x", directory=".", build_args={"T": t})',
        counter='Asset(self, "x", path=".")',
    ),
    Library(
        (
            "aws_cdk.aws_lambda.DockerImageCode.from_image_asset",
            "aws_cdk.aws_ecs.ContainerImage.from_asset",
            "aws_cdk.aws_ecs.AssetImage",
            "aws_cdk.aws_lambda.AssetImageCode",
            "aws_cdk.aws_lambda.Code.from_asset_image",
            "aws_cdk.aws_batch.ContainerImage.from_asset",
        ),
        secrets="suffix",
        keyword="build_secrets",
        context=("directory", 0),
        inside=True,
        elsewhere=True,
        told=_CDK_TOLD,
        source="docs.aws.amazon.com/cdk DockerImageAssetOptions build_secrets",
        example='DockerImageCode.from_image_asset(".", build_args={"T": t})',
        counter='Code.from_asset(".")',
    ),
    Library(
        (
            "aws_cdk.aws_lambda.Code.from_docker_build",
            "aws_cdk.DockerImage.from_build",
            "aws_cdk.BundlingDockerImage.from_asset",
            "aws_cdk.aws_lambda.Code.from_custom_command",
        ),
        context=("path", 0),
        target="target_stage",
        inside=True,
        why="DockerBuildOptions of the CDK has no secrets",
        instead=('aws_ecr_assets.DockerImageAsset(self, NAME, directory=DIRECTORY, build_secrets={"ID": "env=NAME"})',),
        source="docs.aws.amazon.com/cdk DockerBuildOptions",
        example='Code.from_docker_build(".")',
        counter='Code.from_asset(".")',
    ),
)
# Tiltfiles: builtins.
TILT: tuple[Library, ...] = (
    Library(
        ("docker_build",),
        secrets="list",
        keyword="secret",
        ssh="ssh",
        context=("context", 1),
        file="dockerfile",
        elsewhere=True,
        source="docs.tilt.dev/api: docker_build(secret=), the syntax of docker build --secret",
        example="docker_build('app', '.', build_args={'T': t})",
        counter="docker_compose('compose.yml')",
    ),
    Library(
        ("docker_build_with_restart", "docker_build_sub"),
        secrets="list",
        keyword="secret",
        ssh="ssh",
        context=("context", 1),
        file="dockerfile",
        elsewhere=True,
        source="github.com/tilt-dev/tilt-extensions restart_process: **kwargs go to docker_build",
        example="docker_build_with_restart('app', '.')",
        counter="restart_container()",
    ),
)


def library(name: str, rows: tuple[Library, ...] = LIBRARIES) -> Library | None:
    """The row for the full name of a call."""
    for row in rows:
        for known in row.names:
            if name == known or (known.startswith(".") and f".{name}".endswith(known)):
                return row
    return None

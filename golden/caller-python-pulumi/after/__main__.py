import pulumi
import pulumi_docker_build as docker_build

config = pulumi.Config()

image = docker_build.Image(
    "app",
    context={"location": "."},
    secrets={"npm_token": config.require_secret("npmToken")},
    push=False,
)

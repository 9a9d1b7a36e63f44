import os

import aws_cdk as cdk
from aws_cdk import aws_ecr_assets as ecr_assets

app = cdk.App()
stack = cdk.Stack(app, "web")
ecr_assets.DockerImageAsset(
    stack,
    "image",
    directory=".",
    build_args={"NODE_ENV": "production"},
    build_secrets={"npm_token": "env=NPM_TOKEN"},
)
app.synth()

import os

import aws_cdk as cdk
from aws_cdk import aws_ecr_assets as ecr_assets

app = cdk.App()
stack = cdk.Stack(app, "web")
ecr_assets.DockerImageAsset(
    stack,
    "image",
    directory=".",
    build_args={"NPM_TOKEN": os.environ["NPM_TOKEN"], "NODE_ENV": "production"},
)
app.synth()

import os
import subprocess


def build(token: str, *more: str) -> None:
    subprocess.run(
        ["docker", "buildx", "bake", "--set", f"app.args.NPM_TOKEN={token}", "--set", f"app.args.COMMIT={os.environ['COMMIT']}", "app"],
        check=True,
    )

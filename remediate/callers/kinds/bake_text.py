"""What Bake files in both formats write as text: entries of `secret` and `ssh`."""

from __future__ import annotations

PATHS = ("context", "dockerfile", "target")


def secret_id(text: str) -> str:
    """`type=env,id=a,env=B` -> a."""
    for field in text.split(","):
        key, _, value = field.strip().strip('"').partition("=")
        if key.strip().lower() == "id":
            return value.strip()
    return ""


def ssh_id(text: str) -> str:
    """`default`, `key=./id_rsa` -> their id."""
    return text.partition("=")[0].strip()

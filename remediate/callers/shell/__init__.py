"""Builds in shell text, wherever it stands: a script, a block of YAML, a recipe, a string in JSON or Python."""

from __future__ import annotations

from remediate.callers.shell.host import Host, ScriptHost
from remediate.callers.shell.read import read_shell
from remediate.callers.shell.rewrite import rewrite_shell

__all__ = ["Host", "ScriptHost", "read_shell", "rewrite_shell"]

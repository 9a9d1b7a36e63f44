"""Calls that leave what they are given alone: print, a logger, a join."""

from __future__ import annotations

import libcst as cst

from remediate.callers.python.names import dotted
from remediate.callers.python.scopes import LOOKING, Scopes

_SHOWING = frozenset(
    "join debug info warning warn error exception critical log echo secho print_command log_command show display announce pprint trace"
    " append_log".split()
)


def plain_reader(scopes: Scopes, call: cst.Call) -> bool:
    """A call that surely leaves its arguments alone: print, a logger, a join."""
    if isinstance(call.func, cst.Attribute):
        if call.func.attr.value in _SHOWING:
            return True
        return dotted(scopes, call.func, scopes.where[call]).startswith(("logging.", "shlex.", "click.echo", "pprint."))
    return isinstance(call.func, cst.Name) and (call.func.value in LOOKING or call.func.value in _SHOWING)

"""Everything that the tool shows of a tree, by place; what a patch takes out (and the lines around it) is the file's own text."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from .ran import Tree, tool, write_tree


def shown_by(tree: Tree, options: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """(place, text) for each form of report, with and without --unsafe-fixes."""
    unsafe = "--unsafe-fixes"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_tree(tree, folder)
        for more in ((), (unsafe,)):
            chosen = [o for o in options if o != unsafe] + list(more)
            yield "text", tool(folder, "fix", "--check", *chosen, ".")[1]
            yield "json", tool(folder, "fix", "--check", "--format", "json", *chosen, ".")[1]
            yield "redacted", tool(folder, "fix", "--diff", "--redact", *chosen, ".")[1]
            patch = tool(folder, "fix", "--diff", *chosen, ".")[1]
            yield "patch", b"\n".join(line for line in patch.splitlines() if line.startswith((b"+", b"#")))
            yield "command", tool(folder, "command", *[o for o in chosen if o not in ("--transition", "--dockerfile-only")], ".")[1]
        yield "check", tool(folder, "check", ".")[1]

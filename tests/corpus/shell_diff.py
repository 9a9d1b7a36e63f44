"""Compare the shell view with mvdan/sh on the RUN texts of a folder of Dockerfiles.

    python tests/corpus/shell_diff.py FOLDER [--limit 3000] [--shfmt shfmt] [--show 20]

Compared are the number of simple commands and the set of expanded names. Needs `dockerfile` and `shfmt-py`. Texts are shown only on request.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dockerfile

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from remediate.shell.parse import expanded_names, parse_shell
from remediate.shell.view import Script
from remediate.text import LogicalText

_COMMANDS = {"CallExpr", "DeclClause", "TestClause", "ArithmCmd", "LetClause"}


def run_texts(folder: Path, seed: int) -> Iterator[str]:
    """Shell-form RUN texts as BuildKit's parser gives them, files in a random but repeatable order."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    random.Random(seed).shuffle(files)
    for path in files:
        try:
            instructions = dockerfile.parse_string(path.read_bytes().decode("utf-8"))
        except (dockerfile.GoParseError, UnicodeDecodeError):
            continue
        for instruction in instructions:
            if instruction.cmd.upper() == "RUN" and not instruction.json and instruction.value:
                yield instruction.value[0]


def theirs(text: str, shfmt: str) -> tuple[int, frozenset[str]] | None:
    """(simple commands, expanded names) after mvdan/sh, None when it does not read the text."""
    done = subprocess.run([shfmt, "-ln", "bash", "--to-json"], input=text.encode(), capture_output=True, check=False)
    if done.returncode:
        return None
    count, names, stack = 0, set(), [json.loads(done.stdout)]
    while stack:
        node: Any = stack.pop()
        if isinstance(node, list):
            stack += node
        elif isinstance(node, dict):
            count += node.get("Type") in _COMMANDS
            if node.get("Type") == "ParamExp":
                names.add((node.get("Param") or {}).get("Value", ""))
            stack += node.values()
    return count, frozenset(names)


def ours(script: Script) -> tuple[int, frozenset[str]]:
    """The same of the view; commands that are only redirects are none for mvdan/sh."""
    return sum(bool(c.argv or c.assignments) for c in script.commands), expanded_names(script)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("--limit", type=int, default=3000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--shfmt", default="shfmt")
    options.add_argument("--show", type=int, default=0, help="print this many differing texts")
    chosen = options.parse_args()
    total = damaged = unread = wrong_count = wrong_names = missed = 0
    spent = 0.0
    for text in run_texts(chosen.folder, chosen.seed):
        if total >= chosen.limit:
            break
        total += 1
        began = time.perf_counter()
        script = parse_shell(LogicalText.of(text.encode()))
        spent += time.perf_counter() - began
        damaged += script.damaged
        other = theirs(text, chosen.shfmt)
        if other is None:
            unread += 1
            continue
        count, names = ours(script)
        wrong_count += count != other[0]
        wrong_names += names != other[1]
        missed += bool(other[1] - names)
        if (count, names) != other and wrong_count + wrong_names <= chosen.show:
            print(f"{count} {sorted(names - other[1])} | {other[0]} {sorted(other[1] - names)} | damaged={script.damaged}\n  {text[:600]!r}")
    print(f"RUN texts {total}; unread by mvdan/sh {unread}; damaged {damaged}; other number of commands {wrong_count}; "
          f"other names {wrong_names} (missed in {missed}); {spent / max(total, 1) * 1e6:.0f} microseconds a RUN")  # fmt: skip
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Planted secrets: values that can be recognised wherever they turn up.

A value is `PLANTx<NAME>x<16 hex>xTNALP`, all characters that survive URL encoding and quoting, so the search for the core
also finds it inside URLs, JSON and shell text. Shape `hostile` adds a tail of characters that break careless quoting.
"""

from __future__ import annotations

import base64
import re
import secrets
from dataclasses import dataclass

HOSTILE_TAIL = " $HOME `id` \"d\" 's' \\t * &|;%41"
CORE = re.compile(r"PLANTx([A-Za-z0-9_]+)x[0-9a-f]{16}xTNALP")


@dataclass(frozen=True, slots=True)
class Plant:
    """One planted secret: `core` is what is searched for, `value` what the build gets."""

    name: str
    core: str
    value: str

    def needles(self) -> tuple[tuple[str, bytes], ...]:
        """Each spelling under which the core is searched for, with its name."""
        raw = self.core.encode()
        found = [("raw", raw), ("hex", raw.hex().encode()), ("utf-16", self.core.encode("utf-16-le"))]
        for shift in range(3):  # base64 of a text that holds the core at offset 0, 1 or 2 of a group of three bytes
            padded = b"\0" * shift + raw
            whole = len(padded) // 3 * 3
            encoded = base64.b64encode(padded[:whole])
            found.append(("base64", encoded[4 if shift else 0 :]))
        return tuple(found)


def plant(name: str, shape: str = "plain") -> Plant:
    """A fresh plant; `shape` is `plain` or `hostile`."""
    core = f"PLANTx{name}x{secrets.token_hex(8)}xTNALP"
    return Plant(name, core, core + (HOSTILE_TAIL if shape == "hostile" else ""))


def mark(text: str) -> str:
    """Text with every planted core as `{{NAME}}`, as the recorder writes it: safe to print."""
    return CORE.sub(r"{{\1}}", text)

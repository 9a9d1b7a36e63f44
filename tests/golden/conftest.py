"""Makes the other rooms of the tests importable: the golden cases' format belongs to e2e, the comparison with BuildKit to corpus."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = str(Path(__file__).parent.parent)
if TESTS not in sys.path:
    sys.path.append(TESTS)

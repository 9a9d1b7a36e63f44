"""How much slower than on a quiet machine a test that bounds time may be.

The bounds tell a linear algorithm from a quadratic one, no more: speed itself is measured by `tests/bench`. They count processor time,
so that other work on the machine does not count, and are wider by a factor for slow machines, and by more where coverage traces every line.
"""

from __future__ import annotations

import sys

SLOWER = 12 if sys.gettrace() else 4

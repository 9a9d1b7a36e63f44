"""The rows of the small tables, by their own examples and counter-examples."""

from __future__ import annotations

import pytest

from remediate.knowledge.bases import NONROOT, BaseRow, nonroot_base
from remediate.knowledge.lenient import needs_its_config
from remediate.knowledge.libraries import LIBRARIES, LibraryRow, some_library_reads
from remediate.knowledge.tools import reads


@pytest.mark.parametrize("row", LIBRARIES, ids=lambda row: row.library)
def test_libraries(row: LibraryRow) -> None:
    assert some_library_reads(row.example)
    assert not some_library_reads(row.counter)
    assert row.source


@pytest.mark.parametrize("row", NONROOT, ids=lambda row: row.part)
def test_bases(row: BaseRow) -> None:
    assert nonroot_base(row.example)
    assert not nonroot_base(row.counter)
    assert row.source


@pytest.mark.parametrize(
    ("command", "base", "needs"),
    [
        (("npm", "ci"), "node:20", True),
        (("npm", "run", "build"), "node:20", False),
        (("npm", "run", "build"), "node:14-alpine", True),
        (("npm", "run", "build"), "docker.example/library/node:12.1", True),
        (("yarn", "build"), "node:20", True),
    ],
)
def test_who_stops_when_a_variable_of_its_configuration_is_missing(command: tuple[str, ...], base: str, needs: bool) -> None:
    found = reads(command)
    assert found is not None
    assert needs_its_config(found, base) is needs

"""Each row lets its example pass and knows its counter-example for a setting."""

from __future__ import annotations

import pytest

from remediate.knowledge.file_settings import ROWS, SettingsRow, holds_settings


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.names[0])
def test_row(row: SettingsRow) -> None:
    assert row.source.startswith("https://")
    assert not holds_settings("a/" + row.names[0], row.example.encode() + b"\r\n\n")
    assert holds_settings(row.names[0], f"{row.example}\n{row.counter}\n".encode())
    assert holds_settings(row.names[0], None) is row.unknown


@pytest.mark.parametrize("name", ["pip.conf", ".netrc", "settings.xml"])
def test_other_files_have_no_row(name: str) -> None:
    assert not holds_settings(name, b"anything = 1\n")

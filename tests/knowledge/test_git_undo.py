"""What takes a `git config` back, from its words as they are written."""

from __future__ import annotations

import pytest

from remediate.knowledge.git_undo import undo_config

BACK = [
    (("git", "config", "--global", 'url."https://${T}@h/".insteadOf', '"https://h/"'), 'git config --global --remove-section url."https://${T}@h/"'),
    (("git", "config", "--global", '"url.https://$T@h/.insteadOf"', "https://h/"), 'git config --global --remove-section "url.https://$T@h/"'),
    (("git", "config", "--global", "--add", "url.https://$T@h/.insteadof", "git@h:"), "git config --global --remove-section url.https://$T@h/"),
    (("git", "config", "--system", "http.extraheader", '"Authorization: $T"'), "git config --system --unset-all http.extraheader"),
    (("git", "-C", "d", "config", "http.https://h/.extraHeader", "$T"), "git -C d config --unset-all http.https://h/.extraHeader"),
    (("git", "config", "set", "-f", "/f", "a.b", "$T"), "git config -f /f --unset-all a.b"),
]
NOT = [
    ("git", "config", "--list"),
    ("git", "config", "--global", "--unset", "a.b"),
    ("git", "config", "a.b"),
    ("git", "config", "--global", "http.$X.extraheader", "$T"),
    ("git", "clone", "https://$T@h/o/r", "d"),
    ("npm", "config", "set", "a", "b"),
]


@pytest.mark.parametrize(("words", "undo"), BACK)
def test_setting_is_taken_back(words: tuple[str, ...], undo: str) -> None:
    assert undo_config(words) == undo


@pytest.mark.parametrize("words", NOT)
def test_nothing_to_take_back(words: tuple[str, ...]) -> None:
    assert undo_config(words) is None

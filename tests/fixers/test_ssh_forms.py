"""How the build command tells people to give the agent a key that a variable held in some form."""

from __future__ import annotations

import pytest

from remediate.emit.commands import build_command
from tests.fixers.rewriting import outcome

PLAIN = "printf '%s\\n' \"$SSH_KEY\" | ssh-add -"
DECODED = "printf '%s' \"$SSH_KEY\" | base64 -d | ssh-add -"


@pytest.mark.parametrize(
    ("writer", "hint"),
    [
        ('echo "$SSH_KEY" > ~/.ssh/id_rsa', PLAIN),
        ("printf '%s\\n' \"${SSH_KEY}\" > ~/.ssh/id_rsa", PLAIN),
        ('echo "$SSH_KEY" | tee ~/.ssh/id_rsa > /dev/null', PLAIN),
        ('echo "$SSH_KEY" | base64 -d > ~/.ssh/id_rsa', DECODED),
        ('echo $SSH_KEY | base64 --decode > ~/.ssh/id_rsa', DECODED),
        ('echo "$SSH_KEY" | base64 -di > ~/.ssh/id_rsa', DECODED),
        ('echo -e "$SSH_KEY" > ~/.ssh/id_rsa', "holds it in another form"),
        ("echo \"$SSH_KEY\" | tr '_' '\\n' > ~/.ssh/id_rsa", "holds it in another form"),
        ("echo \"$SSH_KEY\" | base64 -d | tr -d '\\r' > ~/.ssh/id_rsa", "holds it in another form"),
    ],
)
def test_the_hint_fits_the_form(writer: str, hint: str) -> None:
    text = f"FROM debian:12\nARG SSH_KEY\nRUN mkdir -p ~/.ssh && {writer} && chmod 600 ~/.ssh/id_rsa\nRUN git clone git@git.example:a/b.git\n"
    done = outcome(text)
    assert b"--mount=type=ssh" in done.after
    notes = build_command("Dockerfile", done.secrets).notes
    assert [hint in note for note in notes].count(True) == 1
    assert len([note for note in notes if "the agent" in note]) == 1

"""Programs behind wrappers, and scripts inside scripts."""

from __future__ import annotations

import pytest

from remediate.shell.nested import nested, program, wrapper_assignments
from remediate.shell.parse import expanded_names, parse_shell
from remediate.shell.view import Script
from remediate.text import LogicalText, Piece


def view(text: str) -> Script:
    return parse_shell(LogicalText.of(text.encode()))


PROGRAMS = [
    (["npm ci", "/usr/bin/npm ci", "sudo npm ci", "sudo -E -u bob npm ci", "env npm ci", "env A=b npm ci", "env -i -u X A=$b npm ci",
      "exec npm ci", "time npm ci", "nice -n 5 npm ci", "timeout 10 npm ci", "timeout -k 5 10s npm ci", "command npm ci", "nohup npm ci",
      "corepack npm ci", "gosu bob npm ci", "sudo -- npm ci", "sudo -E env A=b timeout 9 npm ci", "A=b npm ci", "'npm' ci", "su-exec u:g npm ci"],
     "npm", ["ci"]),
    (["command -v npm"], "command", ["-v", "npm"]),
    (["corepack enable"], "corepack", ["enable"]),
    (["$NPM ci"], "", ["ci"]),
    (["busybox wget x"], "wget", ["x"]),
    (["sudo"], "sudo", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "name", "rest"), [(t, n, r) for ts, n, r in PROGRAMS for t in ts])
def test_program(text: str, name: str, rest: list[str]) -> None:
    found, words = program(view(text).commands[0])
    assert (found, [w.raw for w in words]) == (name, rest)


def test_wrapper_assignments() -> None:
    found = wrapper_assignments(view("sudo -E B=2 env A=$T 'C=x y' npm ci D=4").commands[0])
    assert [(a.name, a.value and a.value.raw) for a in found] == [("B", "2"), ("A", "$T"), ("C", "x y'")]
    assert found[1].value is not None and [e.name for e in found[1].value.expansions] == ["T"]


INNER = [
    (["sh -c 'a $T'", "bash -c 'a $T'", "/bin/sh -ec 'a $T'", "bash -exo pipefail -c 'a $T'", "bash -o pipefail -c 'a $T'", "sh -c 'a ''$T'",
      "env A=b sh -c 'a $T'", "exec sudo -E sh -c 'a $T'", "su bob -c 'a $T'", "su - -c 'a $T'", "eval 'a $T'", "eval a '$T'", "time sh -c 'a $T' x y",
      'sh -c "a \\$T"', 'sh -c "a "\\$T', "bash -c $'a $T'", "sh -c -e 'a $T'", "bash <<< 'a $T'", "zsh -lc 'a $T'"],
     "a $T", {"T"}, set()),
    (["sh <<'E'\na $T\nE", "bash -s x <<'E'\na $T\nE", "bash -ex <<E\na \\$T\nE"], "a $T\n", {"T"}, set()),
    (['sh -c "a $T"', "sh -c a\\ $T", 'eval a "$T"'], "a $T", set(), {"T"}),
    (['sh -c "a $T \\$U"'], "a $T $U", {"U"}, {"T"}),
    (["sh -c \"a '$T'\""], "a '$T'", set(), {"T"}),
    (["sh -c \"a $(b '$T')\""], "a ${_}", set(), {"_"}),
    (["sh -c 'a \"$(b $T)\"'"], 'a "$(b $T)"', {"T"}, set()),
]  # fmt: skip


@pytest.mark.parametrize(("text", "inner", "names", "outer"), [(t, i, n, o) for ts, i, n, o in INNER for t in ts])
def test_nested(text: str, inner: str, names: set[str], outer: set[str]) -> None:
    script = view(text)
    found = nested(script, script.commands[0])
    assert found is not None
    assert (found.text.text, expanded_names(found)) == (inner, names)
    words = [w for c in found.commands for w in c.argv]
    assert {e.name for w in words for e in w.expansions if e.outer} == outer
    assert all(w.value is None for w in words if w.expansions)


@pytest.mark.parametrize("text", ["npm ci", "sh x.sh", "bash", "sh -c", "xargs sh -c 'a'", "echo sh -c a", "sh -e x.sh -c a", "$SHELL -c a", "sh < f"])
def test_nothing_nested(text: str) -> None:
    script = view(text)
    assert nested(script, script.commands[0]) is None


@pytest.mark.parametrize("text", ["x && sh -c 'b \"$T\" c'", 'x && sh -c "b \\$T c"', "x && sh -c 'sh -c \"b \\$T c\"'", "x && bash <<'E'\n$T\nE\n"])
def test_places_lead_back_to_the_file(text: str) -> None:
    head = b"FROM a\nRUN "
    data = head + text.encode()
    script: Script | None = parse_shell(LogicalText((Piece(data[len(head) :], len(head), len(data)),)))
    found: list[bytes] = []
    while script is not None:
        deeper = None
        for command in script.commands:
            for word in command.argv:
                for e in word.expansions:
                    span = script.text.span(e.start, e.end)
                    found.append(data[span.start : span.end])
            deeper = nested(script, command) or deeper
        script = deeper
    assert found and all(each in (b"$T", b"\\$T") for each in found)

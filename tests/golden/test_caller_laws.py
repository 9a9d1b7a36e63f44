"""Laws 3, 5 and 8 for the callers' half: nothing but what moves leaves a caller, JSON tells it, and a refused caller holds everything back."""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from e2e.case import Case

from .callers import CALLERS, EMPTIED, REFUSED, REWRITTEN, beside, changed, endings, hunks, names, said
from .planted import shown_by
from .ran import dockerfiles, flags, lay_out, ran, read_tree, result, tool
from .simulated import Build

each = pytest.mark.parametrize("case", REWRITTEN, ids=lambda case: case.name)
COMMENT = re.compile(rb"^\s*(?:#|//).*$", re.MULTILINE)
# The words that go with a moved argument: its option (`--set` of Bake), and the key of a list that holds nothing any more; f is Python's `f"..."`.
MOVED = re.compile(rb"build[-_]?args?(?:_from_env)?|buildArgs|docker_build_args|args|set|f")
WORD = re.compile(rb"[\w@-]+")
BOM = b"\xef\xbb\xbf"


def subsequence(part: bytes, whole: bytes) -> bool:
    rest = iter(whole)
    return all(byte in rest for byte in part)


@each
def test_law_3_a_line_goes_only_for_what_moves(case: Case) -> None:
    """A line that goes holds the name of a secret, or was only there to hold such a line, or still stands there with more in it."""
    before = read_tree(case.folder / "before")
    for path in changed(case):
        for old, new in hunks(before[path], ran(case.name).tree[path]):
            for line in old:
                text, comment = split(line)
                grown = subsequence(text.rstrip(b",\r\n\t "), b"".join(new)) and comment in b"".join(new)
                assert grown or EMPTIED.match(text.strip(b"\r\n")) or any(name in line for name in names(case)), (path, line, new)


def split(line: bytes) -> tuple[bytes, bytes]:
    """A line and the comment at its end."""
    text, mark, comment = line.rstrip(b"\r\n").partition(b" #")
    return text.rstrip(), mark + comment


@each
def test_law_3_the_words_beside_it_stay(case: Case) -> None:
    """No word goes but those of the moved argument: other arguments of the same line, tags and paths are all still there."""
    before = read_tree(case.folder / "before")
    for path in changed(case):
        after = ran(case.name).tree[path]
        lost = Counter(WORD.findall(before[path])) - Counter(WORD.findall(after))
        gone = [line for old, _ in hunks(before[path], after) for line in old]
        own = {word for line in gone for word in argument_words(line, names(case)) | set(WORD.findall(split(line)[1]))}
        assert not [w for w in lost if w not in own and not MOVED.fullmatch(w.strip(b"-"))], (path, lost)


def argument_words(line: bytes, own: set[bytes]) -> set[bytes]:
    """The words of the arguments (or entries) of a line that name a secret."""
    parts = re.findall(rb"\$\{\{[^}]*\}\}|\"[^\"]*\"|'[^']*'|\$\([^)]*\)|[^\s\"']+", line)
    joined = {b"-"} if parts[:1] == [b"-"] and any(name in line for name in own) else set()  # an item of a list goes with its dash
    for n, part in enumerate(parts):
        if any(name in part for name in own):
            joined |= set(WORD.findall(part))
            for more in parts[n + 1 : n + 3]:  # the value of `NAME: value`, `NAME = value`
                if not more.startswith(b"-"):
                    joined |= set(WORD.findall(more))
    return joined


@each
def test_law_3_comments_anchors_and_line_ends_stay(case: Case) -> None:
    before = read_tree(case.folder / "before")
    for path in changed(case):
        old, new = before[path], ran(case.name).tree[path]
        rest = iter([c.strip() for c in COMMENT.findall(new)])
        prompts = path.endswith((".md", ".rst"))  # `# docker build ...` is a command there
        assert all(c.strip() in rest for c in COMMENT.findall(old) if not (prompts and any(n in c for n in names(case)))), path
        assert old.startswith(BOM) == new.startswith(BOM)
        assert endings(new) <= endings(old) or not endings(old), path
        assert old.endswith(b"\n") == new.endswith(b"\n"), path
        if path.endswith((".yml", ".yaml")):
            assert anchors(old) == anchors(new), path


def anchors(data: bytes) -> list[str]:
    return [t.value for t in yaml.scan(data) if isinstance(t, yaml.AnchorToken)]


@each
def test_json_says_which_callers_are_rewritten(case: Case) -> None:
    """`applied` for exactly the files that change; beside them only what one of them includes or calls (or the one that calls it)."""
    paths, told = set(changed(case)), said(case, applied=True)
    assert told <= paths
    before = read_tree(case.folder / "before")
    for path in paths - told:
        linked = [p for p in told if name_of(path) in before[p] or name_of(p) in before[path]]
        assert linked, f"{path} changes, and nothing is said of it"
    for use in ran(case.name).planned["callers"]:
        assert bool(use["reason"]) != use["applied"], use


def name_of(path: str) -> bytes:
    last = path.rpartition("/")[2]
    return (path.split("/")[-2] if last.startswith("action.") else last).encode()


@each
def test_a_rewritten_caller_is_found_again_as_it_should_be(case: Case) -> None:
    """After the fix no caller passes as a build arg what the Dockerfile mounts, and none is told to be rewritten once more."""
    done = ran(case.name)
    fixed = {use["name"] for use in done.planned["callers"] if use["applied"]}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / case.name
        lay_out(case, folder)
        tool(folder, "fix", *flags(case), ".")
        uses = planned(folder, *flags(case))["callers"]
    held = {(use["path"], use["name"]) for use in done.planned["callers"] if not use["applied"]}
    assert not [u for u in uses if u["name"] in fixed and (u["path"], u["name"]) not in held], uses


def planned(folder: Path, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(tool(folder, "fix", "--check", "--format", "json", *options, ".")[1])
    return found


VALUE = b"vX81kLq0Zr5Tn2Yb7Wc4"
# `NAME=$NAME`, `NAME: ${{ secrets.NAME }}`, `"NAME": "${NAME}"`: where a caller says what the build arg is.
GIVEN = rb"(%s[\"']?[ \t]*[=:][ \t]*[\"']?)(?:\$\{\{[^}\n]*\}\}|\$\{[^}\n]*\}|\$\(\w+\)|\$\w+)"


def with_literals(case: Case) -> dict[str, bytes]:
    tree = read_tree(case.folder / "before")
    for path in beside(tree):
        for name in names(case):
            tree[path] = re.sub(GIVEN % re.escape(name), lambda m: m[1] + VALUE, tree[path])
    return tree


LITERAL = [case for case in CALLERS if names(case) and any(VALUE in data for data in with_literals(case).values())]


@pytest.mark.parametrize("case", LITERAL, ids=lambda case: case.name)
def test_law_8_a_literal_in_a_caller_is_not_shown(case: Case) -> None:
    """Not in a report, JSON, a command or a redacted patch. (A plain patch has the line that keeps the literal off the argument list.)"""
    for place, text in shown_by(with_literals(case), flags(case)):
        if place != "patch":
            assert VALUE not in text, place


def test_literals_are_planted() -> None:
    assert len(LITERAL) >= 60


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_a_refused_caller_holds_everything_back(case: Case) -> None:
    """Every file is as it was; the report has the change to make by hand and the Dockerfile as it would become."""
    done = ran(case.name)
    assert done.tree == read_tree(case.folder / "before")
    refused = [use for use in done.planned["callers"] if use["reason"]]
    assert refused
    assert not said(case, applied=True)
    for use in refused:
        assert use["message"]
        assert use["advice"]
        assert use["by_hand"] or use["reason"] in ("caller-waits",), use
    assert "    by hand: " in done.report
    assert "shown, not written: " in done.report


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
@pytest.mark.parametrize("option", ["--transition", "--dockerfile-only"])
def test_the_ways_out_of_a_refused_caller(case: Case, option: str) -> None:
    """`--transition` writes a Dockerfile that takes the build arg or the secret (and callers that can be); `--dockerfile-only` only one that takes the secret."""
    before = read_tree(case.folder / "before")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / case.name
        lay_out(case, folder)
        # a transition is a file that may be there: `--delivery env` has none
        chosen = flags(case) if option != "--transition" else [f for f in flags(case) if f not in ("--delivery", "env")]
        meant = {use["path"] for use in planned(folder, option, *chosen)["callers"] if use["applied"]}
        tool(folder, "fix", option, *chosen, ".")
        after = result(case, folder)
    assert {p for p in beside(before) if after[p] != before[p]} == meant
    assert not (meant and option == "--dockerfile-only")
    held = {(use["dockerfile"], use["name"], use["id"]) for use in ran(case.name).planned["callers"] if use["reason"].startswith("caller")}
    assert held
    for path, name, ident in held:
        if case.remedy:  # a file, or an agent: there is no build arg beside it
            assert (after[path] == before[path]) == (option == "--transition")
            assert b"type=" in after[path] or option == "--transition"
            continue
        was = calls(before[path], {name: "v-1"}, {})
        assert calls(after[path], {}, {ident: "v-1"}) == was
        assert "v-1" in was
        if option == "--transition":
            assert calls(after[path], {name: "v-1"}, {}) == was


def calls(data: bytes, given: dict[str, str], secrets: dict[str, str]) -> str:
    """What the tools of a Dockerfile's RUNs were called with, and what they saw."""
    with tempfile.TemporaryDirectory() as temporary:
        build = Build(Path(temporary), given, secrets)
        build.run(data.decode())
        return build.result()[1].replace(temporary, "")


# Platforms that build by themselves: what their files say can only be refused.
NEVER = frozenset({"fly", "heroku", "openshift", "render"})


def test_every_kind_has_a_plain_a_nasty_and_a_refused_case() -> None:
    """One case that is rewritten, two of them, and one that is refused: of each kind that the tool reads."""
    from remediate.callers.search import MODULES

    rewritten, refused = Counter[str](), Counter[str]()
    for case in CALLERS:
        uses = ran(case.name).planned["callers"]
        rewritten.update({u["kind"] for u in uses if u["applied"]})
        refused.update({u["kind"] for u in uses if u["reason"] not in ("", "caller-without")})
    assert {kind for kind in MODULES if rewritten[kind] < 2} == NEVER
    assert not {kind for kind in MODULES if refused[kind] < 1}


def test_no_dockerfile_is_a_caller() -> None:
    assert not [(c.name, p) for c in CALLERS for p in said(c, applied=True) if p in dockerfiles(read_tree(c.folder / "before"))]

"""The view of shell texts: rows of equivalent spellings with one expected view, then laws on arbitrary text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remediate.shell.parse import expanded_names, parse_shell
from remediate.shell.view import Command, Script
from remediate.text import LogicalText
from tests.clock import SLOWER


def view(text: str) -> Script:
    return parse_shell(LogicalText.of(text.encode()))


def argv(command: Command) -> list[str]:
    return [word.raw if word.value is None else word.value for word in command.argv]


EXPANDED = [
    # (equivalent spellings, the names that this shell expands)
    (["a $T", "a ${T}", 'a "$T"', 'a "x${T}y"', "a x$T.y", "a $(b $T)", 'a "$(b "$(c "$T")")"', "a `b $T`", "a `b \\$T`"], {"T"}),
    (["a ${T:-x}", "a ${T:+x}", "a ${#T}", "a ${!T}", "a ${T%%.*}", "a ${T//a/b}", "a ${T:0:3}", "a ${T^^}", "a ${T@Q}", "a ${T[0]}"], {"T"}),
    (["a ${T:-$U}", 'a "${T:-"$U"}"', "a ${T:-$(b $U)}", "a ${T[$U]}", "a ${T/$U/x}", "a ${T:$U:2}", "a ${T:-'x'$U}"], {"T", "U"}),
    (["a \\$T", "a '$T'", "a $'$T'", 'a "\\$T"', "a $", 'a "$"', "a # $T", "# $T", "a 'b'\\$T", "a `b \\\\\\$T`", "a $ T", "a '\"'$'\"T'"], set()),
    (["a\n# it's $U\nb $T", "a # don't $U\n$T"], {"T"}),
    (["a '\"' $T '\"'", "a \"'$T'\"", "a \"it's $T\"", "a \\'$T\\'", "a \\\\$T"], {"T"}),
    (["a > $T", "a 2>> $T", "a &> $T", "a < $T", "a <<< $T", 'a <<< "$T"', "a <(b $T)", "a > >(b $T)", "{ a; } > $T", "f() { a; } > $T"], {"T"}),
    (["a <<E\n$T\nE", "a <<-E\n\t$T\n\tE", "a <<E\n$(b $T)\nE", "a <<E\n`b $T`\nE", "a <<E && b\n'$T'\nE", "x=$(a <<E\n$T\nE\n)"], {"T"}),
    (["a <<'E'\n$T\nE", 'a <<"E"\n$T\nE', "a <<\\E\n$T\nE", "a <<E\n\\$T\nE", "a <<E", "a <<E > f"], set()),
    (["a <<E; b <<'F'\n$T\nE\n$U\nF\nc", "a <<'F' && b <<E\n$U\nF\n$T\nE"], {"T"}),
    (["T=$U a", "T=$U", "export T=$U", "export T='x'$U", 'declare -x "T=$U"', "T=(a $U)", "T+=$U a", "T[$U]=x", "local T=$U"], {"U"}),
    (["for x in $T; do a; done", "case $T in a) b;; esac", "case x in $T) b;; esac", "if [ -n $T ]; then a; fi", "while a $T; do b; done"], {"T"}),
    (["[ -n $T ]", '[ "$T" = x ]', '[[ -n "$T" ]]', "[[ $T == y* && -f z ]]", "(( $T > 1 ))", "a $((1 + $T))", "for ((i=0;i<$T;i++)); do a; done"], {"T"}),
    (["! a $T", "(a $T)", "{ a $T; }", "f() { a $T; }", "function f { a $T; }", "a | b $T", "a |& b $T", "a & b $T", "a;b $T", "a\nb $T"], {"T"}),
    (["A=$B-$C.t && a", "A=$B-$C.t a", "A=x A=$B-$C.t", 'A=$B"-$C".t; a'], {"B", "C"}),
    (["a $1", "a ${1}", "a ${1:-x}"], {"1"}),
    (["a $$", 'a "$$"'], {"$"}),
    (['a "$@"', "a $@", "a ${@}"], {"@"}),
]


@pytest.mark.parametrize(("text", "names"), [(text, names) for texts, names in EXPANDED for text in texts])
def test_expanded_names(text: str, names: set[str]) -> None:
    script = view(text)
    assert not script.damaged
    assert expanded_names(script) == names


WORDS = [
    # (spelling, value, prefix, contents of single quotes)
    ("abc", "abc", "abc", ()),
    ("'a b'", "a b", "a b", ("a b",)),
    ('"a b"', "a b", "a b", ()),
    ("a\\ b", "a b", "a b", ()),
    ("a' 'b", "a b", "a b", (" ",)),
    ("$'a\\tb'", "a\tb", "a\tb", ("a\tb",)),
    ('"a\\"\\$b\\n"', 'a"$b\\n', 'a"$b\\n', ()),
    ("-p$X", None, "-p", ()),
    ("\"-p${X}\"'$Y'", None, "-p", ("$Y",)),
    ("'u:'\"$X\"", None, "u:", ("u:",)),
    ("pre$(b)", None, "pre", ()),
    ("$((1+1))", None, "", ()),
    ("''", "", "", ("",)),
]


@pytest.mark.parametrize(("raw", "value", "prefix", "single"), WORDS)
def test_words(raw: str, value: str | None, prefix: str, single: tuple[str, ...]) -> None:
    word = view(f"cmd {raw} z").commands[0].argv[1]
    assert (word.raw, word.value, word.prefix, word.single) == (raw, value, prefix, single)


@pytest.mark.parametrize(
    ("text", "op", "operand", "flags"),
    [
        ("a $T", "", "", ""),
        ('a "$T"', "", "", "q"),
        ("a ${T:-x y}", ":-", "x y", ""),
        ("a ${T-}", "-", "", ""),
        ("a ${T:?no $}", ":?", "no $", ""),
        ("a ${T:+'}'}", ":+", "'}'", ""),
        ("a ${#T}", "", "", "l"),
        ("a ${!T}", "", "", "i"),
        ("a ${T##*/}", "##", "*/", ""),
        ("a ${T//a/b}", "//", "a/b", ""),
        ("a <<E\n${T}\nE", "", "", "q"),
    ],
)
def test_expansion_forms(text: str, op: str, operand: str, flags: str) -> None:
    command = view(text).commands[0]
    found = command.redirects[0].expansions[0] if command.redirects else command.argv[1].expansions[0]
    assert (found.name, found.op, found.operand) == ("T", op, operand)
    assert "".join(f for f, on in zip("qli", (found.quoted, found.length, found.indirect), strict=True) if on) == flags


LISTS = [
    # (equivalent spellings, (argv, connector, stage, pipe_to_next, background) of each command)
    (["a && b", "a &&\nb", "a && \n\n b", "a && b # c"], [("a", "", 0, False, False), ("b", "&&", 0, False, False)]),
    (["a; b", "a\nb", "a;\nb", "a ;b;", "a\n\n# c\nb"], [("a", "", 0, False, False), ("b", ";", 0, False, False)]),
    (["a | b", "a |\nb", "a |& b", "a > f | b"], [("a", "", 0, True, False), ("b", "", 1, False, False)]),
    (["a & b", "a &\nb"], [("a", "", 0, False, True), ("b", "&", 0, False, False)]),
    (
        ["a && b > f 2>&1 | c || d", "a && b | c || d", "a && b <<E | c || d\nx\nE"],
        [("a", "", 0, False, False), ("b", "&&", 0, True, False), ("c", "", 1, False, False), ("d", "||", 0, False, False)],
    ),
    (["a && b &"], [("a", "", 0, False, True), ("b", "&&", 0, False, True)]),
    (["(a; b) | c", "{ a; b; } | c", "{ a\nb\n} | c"], [("a", "", 0, True, False), ("b", ";", 0, True, False), ("c", "", 1, False, False)]),
]


@pytest.mark.parametrize(("text", "expected"), [(text, expected) for texts, expected in LISTS for text in texts])
def test_lists(text: str, expected: list[tuple[str, str, int, bool, bool]]) -> None:
    found = [(" ".join(argv(c)), c.connector, c.stage, c.pipe_to_next, c.background) for c in view(text).commands]
    assert found == expected


@pytest.mark.parametrize(
    ("text", "chain"),
    [("a", True), ("a && b | c && d", True), ("a && b;", True), ("a && (b; c)", True), ("a; b", False), ("a\nb", False), ("a || b", False),
     ("a && b &", False), ("", True), ("a && {{b", False), ("a && )", False)],
)  # fmt: skip
def test_and_chain(text: str, chain: bool) -> None:
    assert view(text).and_chain is chain


def test_pipelines_are_numbered_apart() -> None:
    places = [c.pipeline for c in view("a | b && c | d").commands]
    assert places[0] == places[1] != places[2] == places[3]


def test_scopes_and_parents() -> None:
    text = "if a; then b $(c `d`); else ! e; fi; f() { g; }; while h; do (i); done; case x in y) { j; };; esac"
    found = {argv(c)[0]: (c.scopes, c.parent) for c in view(text).commands}
    assert found["a"] == (("if", "condition"), None)
    assert found["b"] == (("if",), None)
    assert found["c"] == (("if", "substitution"), 1)
    assert found["d"] == (("if", "substitution", "substitution"), 2)
    assert found["e"] == (("if", "negated"), None)
    assert found["g"] == (("function:f",), None)
    assert found["h"] == (("loop", "condition"), None)
    assert found["i"] == (("loop", "subshell"), None)
    assert found["j"] == (("case", "group"), None)
    assert view(text).functions == ("f",)


def test_redirects() -> None:
    command = view("a 2>/dev/null >>f b <<-'E' >&2 {x}>g <&-\n\ty\n\tE").commands[0]
    assert argv(command) == ["a", "b"]
    assert [(r.op, r.fd, r.target and r.target.value) for r in command.redirects] == [
        (">", 2, "/dev/null"), (">>", -1, "f"), ("<<-", -1, "E"), (">&", -1, "2"), (">", -1, "g"), ("<&-", -1, None),
    ]  # fmt: skip
    here = command.redirects[2]
    assert here.body is not None and here.body.data == b"y\n" and not here.expand


def test_redirect_of_a_construct_covers_its_commands() -> None:
    holder, first, second, after = view("{ a; b; } > f; c").commands
    assert not holder.argv and holder.redirects[0].op == ">"
    assert all(holder.start <= c.start and c.end <= holder.end for c in (first, second))
    assert after.start >= holder.end


def test_assignments() -> None:
    one, two, three, four = view("A=$B C+=d cmd; export D=e F; declare -x G=; H=1 I=2").commands
    assert [(x.name, x.append, x.exported) for x in one.assignments] == [("A", False, False), ("C", True, False)]
    assert argv(one) == ["cmd"] and one.assignments[0].value and one.assignments[0].value.value is None
    assert argv(two) == ["export", "D=e", "F"] and [(x.name, x.exported) for x in two.assignments] == [("D", True)]
    assert three.assignments[0].exported and three.assignments[0].value and three.assignments[0].value.value == ""
    assert not four.argv and [x.name for x in four.assignments] == ["H", "I"]


def test_tests_are_commands() -> None:
    one, two, three = view('[ -n "$T" ] && [[ $x == y* ]] && (( a > 1 ))').commands
    assert argv(one) == ["[", "-n", '"$T"', "]"] and one.name == "["
    assert argv(two) == ["[[", "$x", "==", "y*", "]]"]
    assert argv(three) == ["((", " a > 1 ", "))"]


def test_loose_expansions() -> None:
    script = view("for x in $A $(b $C); do d $x; done; case $E in f) ;; esac")
    assert [e.name for e in script.loose] == ["A", "E"]


@pytest.mark.parametrize("text", ["a $T 'x", "if a; then $T", 'a "$T', "$x = {{ $T }} (", "a ) ${T", "((if a; then b $T; fi) && c)", "\0 $T"])
def test_damaged_text_loses_no_name(text: str) -> None:
    script = view(text)
    assert script.damaged and not script.and_chain
    assert "T" in expanded_names(script)


@pytest.mark.parametrize(
    "text",
    ["echo " + "$(a " * 1000 + "$T" + ")" * 1000, "$(" * 60_000 + "$T", " && ".join(["a $T"] * 20_000), "a <<E\n" + "$T\n" * 1_700_000 + "E\n",
     "{ " * 20_000 + "a $T" + "; }" * 20_000, ">" * 200_000 + " $T", "\0" * 200_000 + "$T", "${a:-" * 40_000 + "$T", "`" * 99_999 + "$T"],
    ids=["nested", "open", "commands", "heredoc", "groups", "arrows", "nul", "braces", "backquotes"],
)  # fmt: skip
def test_hostile_text_is_bounded(text: str) -> None:
    began = time.process_time()
    script = view(text)
    assert time.process_time() - began < 20 * SLOWER
    assert script.damaged
    assert "T" in expanded_names(script)


def every(script: Script) -> list[tuple[int, int, str]]:
    """All expansions with their places."""
    found = list(script.loose)
    for command in script.commands:
        words = [*command.argv, *(a.value for a in command.assignments), *(r.target for r in command.redirects)]
        found += [e for word in words if word for e in word.expansions]
        found += [e for r in command.redirects for e in r.expansions]
    return [(e.start, e.end, e.name) for e in found]


SHELLY = st.lists(
    st.sampled_from(
        ["a", " ", "$T", "${T}", "${T:-", "}", "$(", ")", "`", '"', "'", "\\", ";", "&&", "|", "&", "\n", "<<E", "\nE\n", "<", ">", "{ ", "(", "((",
         "if ", "then ", "fi", "for x in ", "do ", "done", "case ", " in ", "esac", "=", "[[ ", "]]", "#", "$'", "\u00e9", "\0", "export T="]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@pytest.mark.parametrize("text", ["{\U000c68a2\u00c3", "}\u00f1\u8cc7\u00b2{\U0010d136\n", "echo {\U0001f511,b}"])
def test_characters_that_crash_the_scanner(text: str) -> None:
    assert parse_shell(LogicalText.of(text.encode())).text.data == text.encode()


@settings(max_examples=600, deadline=None)
@given(st.one_of(SHELLY, st.text(max_size=60)))
def test_never_raises_and_places_are_exact(text: str) -> None:
    script = parse_shell(LogicalText.of(text.encode("utf-8", "surrogatepass")))
    data = script.text.data
    for start, end, name in every(script):
        at = data[start:end]
        assert at[:1] == b"$" and name.encode() in at
    for index, command in enumerate(script.commands):
        assert command.index == index
        for word in command.argv:
            assert data[word.start : word.end].decode("utf-8", "surrogateescape") == word.raw


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(["/a", "$T", "'$U'", '"$V"', "\\$W", "${X:-$Y}", "$(b $Z)"]), min_size=1, max_size=8))
def test_names_are_those_outside_single_quotes(words: list[str]) -> None:
    names = {"$T": "T", '"$V"': "V", "${X:-$Y}": "XY", "$(b $Z)": "Z"}
    expected = {name for word in words for name in names.get(word, "")}
    assert expanded_names(view("cmd " + " ".join(words))) == expected
    assert expanded_names(view("cmd " + "".join(words))) == expected


def test_the_checks_can_fail() -> None:
    """Wrong on purpose: a view that took single quotes, comments or escapes for expansions would differ here."""
    for wrong in ("a '$T'", "a # $T", "a \\$T"):
        assert expanded_names(view(wrong)) != expanded_names(view("a $T"))

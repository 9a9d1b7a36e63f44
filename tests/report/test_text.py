"""The report for people."""

from __future__ import annotations

import io

import pytest

from remediate.model import Delivery, Finding, Mark, Outcome, SecretSpec
from remediate.report.terminal import Style, visible, wants_color
from remediate.report.text import Mode, render

from . import sample

PLAIN = Style(False)


def shown(outcome: Outcome, mode: Mode = Mode.FIX) -> str:
    return "\n".join(render(outcome, mode, PLAIN, sample.REASONS))


def with_finding(finding: Finding, before: bytes = sample.BEFORE) -> Outcome:
    file = sample.outcome().files[0]._replace(before=before, findings=(finding,), notes=(), callers=())
    return Outcome((file,))


def test_whole_report() -> None:
    assert shown(sample.outcome()).split("\n") == [
        "Dockerfile:2:5: the build arg NPM_TOKEN (default ***) stays in the history [secret-in-arg]",
        "  enters here     2 | ARG NPM_TOKEN=***",
        "    used here     5 | RUN npm ci && echo ***",
        "  fixed",
        "Dockerfile:3:5: API_KEY is in the image's configuration [secret-in-env]",
        "  enters here     3 | ENV API_KEY ***",
        "  only with --unsafe-fixes [runtime-env]: start it with docker run -e API_KEY, not ***",
        "Dockerfile:6:13: a password stands in the RUN [secret-in-run]",
        "   stays here     6 | RUN curl -u *** https://files.example.com",
        "  not fixed [literal-in-place]: the value itself stands there",
        "  next: rotate it",
        "  secret npm_token: as the variable NPM_TOKEN, on line 4",
        "caller: ci.yml:7: still passes NPM_TOKEN as a build arg (github-actions); this is half a fix: pass --secret id=npm_token there in the same commit, or use --transition",
        "note: Dockerfile: left: ***",
        "",
        "build Dockerfile with:",
        "  docker build --secret id=npm_token,env=NPM_TOKEN .",
        "  note: needs BuildKit: the default from Docker 23.0, DOCKER_BUILDKIT=1 from 20.10; the classic builder has no secret mounts",
        "  note: NPM_TOKEN must be exported, with a value: newer engines take an unset or empty variable as given, so required=true does not catch it",
        "",
        "error: bad/Dockerfile:3: unknown instruction",
        "3 findings in 2 Dockerfiles: 1 fixed, 1 only with --unsafe-fixes, 1 for a person to fix; 1 error",
    ]


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("color", [False, True])
def test_no_mode_shows_a_planted_value(mode: Mode, color: bool) -> None:
    text = "\n".join(render(sample.outcome(), mode, Style(color), sample.REASONS))
    assert sample.PLANTED not in text
    assert ("\x1b[" in text) is color


def test_tense_follows_what_was_asked() -> None:
    assert "can be fixed" in shown(with_finding(sample.SAFE._replace(applied=False)), Mode.CHECK)
    assert "fixed by the patch" in shown(with_finding(sample.SAFE), Mode.DIFF)
    assert "would be fixed" in shown(with_finding(sample.SAFE), Mode.WOULD_FIX)
    assert "not applied" in shown(with_finding(sample.SAFE._replace(applied=False)), Mode.FIX)
    assert "docker build" not in shown(sample.outcome(), Mode.CHECK)


def test_the_places_and_the_fate_of_one_secret_are_told_once() -> None:
    marks = (Mark("enters here", 2, 2), Mark("stays here", 5, 5))
    first = sample.SAFE._replace(marks=marks, advice="the file is removed (line 5); lines 5 and 6: npm reads it")
    again = sample.SAFE._replace(rule="secret-persisted", line=5, instruction_line=5, marks=marks, advice="the file is removed (line 5)")
    lines = shown(Outcome((sample.outcome().files[0]._replace(findings=(first, again), notes=(), callers=()),))).split("\n")
    assert sum("|" in line for line in lines) == 2
    assert "  fixed: the file is removed (line 5); lines 5 and 6: npm reads it" in lines
    assert "  fixed: see line 2" in lines


def test_another_fate_is_told_though_the_places_are_known() -> None:
    marks = (Mark("enters here", 2, 2), Mark("printed here", 5, 5))
    first = sample.SAFE._replace(marks=marks, advice="done")
    printed = sample.REFUSED._replace(rule="secret-in-log", name="NPM_TOKEN", marks=marks, advice="take the printing out")
    text = shown(Outcome((sample.outcome().files[0]._replace(findings=(first, printed), notes=(), callers=()),)))
    assert "not fixed [literal-in-place]: take the printing out" in text


@pytest.mark.parametrize(
    ("spec", "line"),
    [
        (SecretSpec("default", "DEPLOY_KEY", Delivery.SSH, consumers=(5,)), "ssh default: the keys of the SSH agent, on line 5"),
        (SecretSpec("default", "id_rsa", Delivery.SSH, "/root/.ssh/id_rsa", consumers=(5, 9)), "ssh default: the key id_rsa, on lines 5 and 9"),
        (SecretSpec("npmrc", ".npmrc", Delivery.FILE, "/root/.npmrc", consumers=(6,)), "secret npmrc: the file .npmrc at /root/.npmrc, on line 6"),
        (SecretSpec("t", "T", Delivery.FILE, "/run/secrets/t", False, (3, 4, 8)), "secret t: as the file /run/secrets/t, on lines 3, 4 and 8, optional"),
    ],
)
def test_how_a_secret_is_given(spec: SecretSpec, line: str) -> None:
    copied = sample.SAFE._replace(rule="secret-in-copy", instruction="COPY", name=".npmrc")
    file = sample.outcome().files[0]._replace(findings=(copied,), secrets=(spec,))
    assert f"  {line}" in shown(Outcome((file,))).split("\n")


def test_nothing_found_is_one_line() -> None:
    assert shown(Outcome(sample.outcome().files[1:]), Mode.CHECK) == "no secrets found in 1 Dockerfile"
    assert shown(Outcome(), Mode.CHECK) == "no secrets found in 0 Dockerfiles"


def test_control_characters_do_not_reach_the_terminal() -> None:
    finding = sample.SAFE._replace(message="a\x1b]0;title\x07b", marks=(Mark("enters here", 1, 1),))
    outcome = with_finding(finding, b"ARG NPM_TOKEN # \x1b[2J\x9b \xe2\x80\xae evil \xff\r\n")
    text = shown(Outcome((outcome.files[0]._replace(path="Docker\nfile\x1b[31m"),)))
    assert "\x1b" not in text and "\x9b" not in text and "\u202e" not in text
    assert "Docker\\x0afile\\x1b[31m:2:5: a\\x1b]0;title\\x07b" in text
    assert "\\u202e evil \\xff" in text


def test_long_marks_and_lines_are_cut() -> None:
    before = b"RUN a \\\n" + b" b \\\n" * 50 + b" c\n"
    lines = shown(with_finding(sample.SAFE._replace(marks=(Mark("used here", 1, 52),)), before)).split("\n")
    assert sum("|" in line for line in lines) == 5
    assert any(line.endswith("...") for line in lines)
    long = shown(with_finding(sample.SAFE._replace(marks=(Mark("used here", 1, 1),)), b"RUN " + b"x " * 5_000_000))
    assert len(long) < 2000


def test_a_value_that_the_cut_divides_is_not_shown() -> None:
    value = "Zq9" * 2000
    before = f"RUN NPM_TOKEN={'x' * 4000} login {value}\n".encode()
    assert "Zq9" not in shown(with_finding(sample.SAFE._replace(marks=(Mark("used here", 1, 1),)), before))


def test_of_a_copy_only_the_first_line_is_shown() -> None:
    before = b"COPY <<EOF /x\nmachine files.example.com login a password b-c-d\nEOF\n"
    finding = sample.REFUSED._replace(instruction="COPY", name="/x", marks=(Mark("enters here", 1, 3),))
    assert "machine" not in shown(with_finding(finding, before))


@pytest.mark.parametrize("line", [0, 99])
def test_a_mark_outside_the_file_is_left_out(line: int) -> None:
    assert "|" not in shown(with_finding(sample.SAFE._replace(line=line, marks=(Mark("used here", line, line),))))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("choice", "terminal", "environment", "wanted"),
    [
        ("auto", True, {}, True),
        ("auto", False, {}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", True, {"TERM": "dumb"}, False),
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {}, False),
    ],
)
def test_wants_color(monkeypatch: pytest.MonkeyPatch, choice: str, terminal: bool, environment: dict[str, str], wanted: bool) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert wants_color(choice, Terminal() if terminal else io.StringIO()) is wanted


def test_visible_leaves_what_people_write() -> None:
    assert visible("Größe/Dockerfile – 日本語") == "Größe/Dockerfile – 日本語"
    assert visible("a\tb") == "a    b"
    assert visible("\udcff\ue000\u200b") == "\\xff\\ue000\\u200b"

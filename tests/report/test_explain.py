"""The pages of `remediate explain`."""

from __future__ import annotations

import pytest

from remediate.fixers.reasons import REASONS
from remediate.report.explain import explain, overview, similar
from remediate.report.reasons import filled
from remediate.report.rules import RULES, Rule
from remediate.report.terminal import Style

PLAIN = Style(False)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_each_rule_has_a_whole_page(rule: Rule) -> None:
    page = "\n".join(explain(rule.id, REASONS, PLAIN) or ())
    for part in (rule.what, rule.why, rule.how, "bad:", "good:", f"ignore[{rule.id}]"):
        assert part in page
    assert all(getattr(rule, field) for field in Rule._fields)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_examples_are_dockerfiles(rule: Rule) -> None:
    from remediate.dockerfile.parser import parse

    for example in (rule.bad, rule.good):
        text = f"FROM scratch\n{example}\n".encode()
        assert bytes(parse(text)) == text


@pytest.mark.parametrize("id", ["secret-in-arg", "secret-in-env", "secret-in-copy", "secret-persisted"])
def test_the_good_example_is_what_the_fix_makes_of_the_bad_one(id: str) -> None:
    from remediate.pipeline.one import process

    rule = next(rule for rule in RULES if rule.id == id)
    found = process(f"FROM node:20\n{rule.bad}\n".encode())
    assert found.after.decode().removeprefix("# syntax=docker/dockerfile:1\n") == f"FROM node:20\n{rule.good}\n"


@pytest.mark.parametrize("code", REASONS)
def test_each_reason_has_a_page_without_placeholders(code: str) -> None:
    page = "\n".join(explain(code, REASONS, PLAIN) or ())
    assert code in page and "Next:" in page
    assert "{detail}" not in page and "{name}" not in page


def test_overview_names_everything() -> None:
    page = "\n".join(overview(REASONS, PLAIN))
    assert all(topic in page for topic in (*(rule.id for rule in RULES), *REASONS, "trouble"))


def test_trouble_page() -> None:
    assert "DOCKER_BUILDKIT=1" in "\n".join(explain("trouble", REASONS, PLAIN) or ())


def test_unknown_topics() -> None:
    assert explain("nothing", REASONS, PLAIN) is None
    assert similar("secret-in-args", REASONS)[0] == "secret-in-arg"
    assert similar("zzzz", REASONS) == []


def test_filled() -> None:
    assert filled("a {name} ({detail}) b", "T") == "a T b"
    assert filled("{detail} takes ${{{name}}}", "T") == "another instruction takes ${T}"

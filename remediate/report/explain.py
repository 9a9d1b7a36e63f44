"""`remediate explain`: the rules, the reasons of refusals, and what builders say when secret mounts go wrong."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.report.reasons import Reasons, filled
from remediate.report.rules import RULES, Rule
from remediate.report.terminal import Style

TROUBLE_TOPIC = "trouble"


def overview(reasons: Reasons, style: Style) -> Iterator[str]:
    """All that can be explained, one line each."""
    yield style.bold("rules")
    for rule in RULES:
        yield f"  {style.cyan(f'{rule.id:<18}')} {rule.what}"
    yield ""
    yield style.bold("reasons why something is not rewritten")
    width = max(map(len, reasons), default=0)
    for code, (sentence, _) in reasons.items():
        yield f"  {style.cyan(f'{code:<{width}}')}  {filled(sentence)}"
    yield ""
    yield style.bold("topics")
    yield f"  {style.cyan(TROUBLE_TOPIC)}  what builders say when secret mounts go wrong, and what it means"


def explain(topic: str, reasons: Reasons, style: Style) -> Iterator[str] | None:
    """The lines on one rule, reason or topic; None when there is no such one."""
    for rule in RULES:
        if rule.id == topic:
            return _rule(rule, style)
    if topic in reasons:
        return _reason(topic, *reasons[topic], style)
    return _trouble(style) if topic == TROUBLE_TOPIC else None


def similar(topic: str, reasons: Reasons) -> list[str]:
    """Topics that the user may have meant."""
    from difflib import get_close_matches

    return get_close_matches(topic, [*(rule.id for rule in RULES), *reasons, TROUBLE_TOPIC], n=3, cutoff=0.5)


def _rule(rule: Rule, style: Style) -> Iterator[str]:
    yield style.bold(rule.id)
    yield rule.what
    yield rule.why
    for title, example in (("bad", rule.bad), ("good", rule.good)):
        yield ""
        yield style.bold(f"{title}:")
        yield from (f"  {line}" for line in example.split("\n"))
    yield ""
    yield rule.how
    yield ""
    yield f"To silence one line: # remediate: ignore[{rule.id}] why"


def _reason(code: str, sentence: str, step: str, style: Style) -> Iterator[str]:
    yield style.bold(code)
    yield f"Not rewritten: {filled(sentence)}."
    yield f"Next: {filled(step)}."


def _trouble(style: Style) -> Iterator[str]:
    from remediate.emit.trouble import TROUBLE

    for row in TROUBLE:
        yield style.bold(row.says)
        yield f"  means: {row.means}"
        yield f"  do:    {row.do}"

"""AG106: one name, two decisions."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.policy import TIERS
from agentctl.governance.rules.base import Found, Governed, LintRule, Page, each
from agentctl.governance.rules.wording import line_of, quoted
from agentctl.model.finding import Severity

PAGE = Page(
    why="""The same action cannot both need a person and need nobody. The stricter tier wins here, but a reader who finds the
other line first believes the opposite, and another runtime may too (ASI03 Identity & Privilege Abuse).""",
    bad="""agent:
  name: support
  allowed_tools: [create_ticket]
  decision_authority:
    autonomous: [create_ticket]
    requires_human_review: [create_ticket]
""",
    good="""agent:
  name: support
  allowed_tools: [create_ticket]
  decision_authority:
    requires_human_review: [create_ticket]
""",
    fix="Keep the entry in the tier that is meant and remove the other one.",
)


def _find(one: Governed) -> Iterator[Found]:
    strictest: dict[str, tuple[str, int]] = {}
    for tier in TIERS:  # from the strictest to the loosest
        for name, place in one.policy.positions(tier).items():
            first = strictest.setdefault(name, (tier, place))
            if first[0] == tier:
                continue
            location, other = one.tier_at(tier, place), one.tier_at(*first)
            yield Found(
                f"{quoted(name)} stands under {tier} and, on {line_of(location, other)}, under {first[0]}: the stricter one wins, "
                "and this entry misleads. Remove one of the two.",
                location,
                one.subject,
                f"Remove {quoted(name)} from {tier} or from {first[0]}.",
            )


RULE = LintRule("AG106", "one action in two tiers", Severity.ERROR, ("03",), PAGE, each(_find))
